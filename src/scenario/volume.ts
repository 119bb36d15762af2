/** Whether a run could hold what an entry brings: a slip of the keyboard should not end in a machine without memory. */

import type { Rate, Shape } from '../model/scenario.ts';
import { DAY_MS } from '../model/time.ts';

/** Each waits in memory until it is sent. Assumed: about 300 bytes each, and Node's own limit of 4 GB. */
const AT_ONCE_MAX = 10_000_000;
const IN_ALL_MAX = 1_000_000_000;

/** What is wrong with an entry that is offered for `lengthMs`; null when it is not too much. */
export function tooMuch(shape: Shape, images: number, lengthMs: number): string | null {
  if (jobsAtOnce(shape) * images > AT_ONCE_MAX) return 'brings more than 10M requests at one instant, images counted: no run holds them';
  if (jobsAtMost(shape, lengthMs) * images > IN_ALL_MAX) return 'brings more than 1000M requests, images counted: no run holds them';
  return null;
}

function jobsAtOnce(shape: Shape): number {
  switch (shape.kind) {
    case 'burst':
    case 'flood':
      return shape.requests;
    case 'users':
      return shape.users;
    default:
      return 1;
  }
}

/** The highest rate all the time; 0 where answers or a file decide. */
function jobsAtMost(shape: Shape, lengthMs: number): number {
  switch (shape.kind) {
    case 'steady':
    case 'poisson':
    case 'gamma':
      return jobs(shape.rate, lengthMs);
    case 'ramp':
      return Math.max(jobs(shape.from, lengthMs), jobs(shape.to, lengthMs));
    case 'stages':
      return Math.max(...[shape.from, ...shape.stages.map(({ to }) => to)].map((rate) => jobs(rate, lengthMs)));
    case 'stairs':
      return jobs(shape.from, lengthMs) + jobs(shape.step, lengthMs) * Math.min(shape.times - 1, lengthMs / shape.everyMs);
    case 'spike':
      return jobs(shape.base, lengthMs) + jobs(shape.peak, Math.min(lengthMs, shape.widthMs));
    case 'diurnal':
      return shape.perDay * Math.ceil(lengthMs / DAY_MS);
    case 'burst':
      return shape.requests * Math.min(shape.times, Math.ceil(lengthMs / shape.everyMs));
    case 'flood':
      return shape.requests;
    case 'users':
    case 'replay':
      return 0;
    default:
      return shape satisfies never;
  }
}

function jobs({ count, perMs }: Rate, lengthMs: number): number {
  return (count / perMs) * lengthMs;
}
