/** When the jobs of a traffic entry are due, for every shape but `users`, whose jobs wait for the ones before. */
import { stream } from '../model/chance.ts';
import { InvariantError } from '../model/errors.ts';
import type { RequestSpec } from '../model/request-spec.ts';
import type { TrafficEntry } from '../model/scenario.ts';
import { diurnalRate } from './diurnal.ts';
import { curveTimes, rateCurve } from './rate-curve.ts';
import { Replay } from './replay.ts';
import { gammaTimes, poissonTimes, type Times, thinnedTimes } from './times.ts';

/** The jobs of an entry, one after the other. Keeps no list: only the job just returned. */
export interface Arrivals {
  /** Advances to the next job and returns the instant it is due, in whole ms of the run, ascending; Infinity at the end. */
  next(): number;
  /** Of the job just returned: how many requests it has, and what each asks for. */
  readonly images: number;
  readonly request: RequestSpec;
}

export interface ArrivalContext {
  readonly seed: number;
  /** Where the run begins in real time, epoch ms: wall-clock shapes need it. */
  readonly startAtMs: number;
  /** Arrivals are due before this, ms of the run. */
  readonly endMs: number;
}

/** Arrivals are due in [startMs, startMs + durationMs), cut at the end of the run, and half-open in whole ms. */
export function arrivals(entry: TrafficEntry, context: ArrivalContext): Arrivals {
  const endMs = Math.min(entry.startMs + entry.durationMs, context.endMs);
  if (entry.shape.kind === 'replay') return new Replay(entry, entry.shape, endMs);
  return new Timed(entry, timesOf(entry, context), endMs);
}

/** Equal jobs at the instants of a source, rounded half up to the ms. */
class Timed implements Arrivals {
  readonly images: number;
  readonly request: RequestSpec;
  private readonly times: Times;
  private readonly startMs: number;
  private readonly endMs: number;
  private isOver = false;

  constructor(entry: TrafficEntry, times: Times, endMs: number) {
    this.images = entry.images;
    this.request = entry.request;
    this.times = times;
    this.startMs = entry.startMs;
    this.endMs = endMs;
  }

  next(): number {
    if (this.isOver) return Infinity;
    const dueMs = this.startMs + Math.floor(this.times.next() + 0.5);
    this.isOver = !(dueMs < this.endMs);
    return this.isOver ? Infinity : dueMs;
  }
}

function timesOf(entry: TrafficEntry, context: ArrivalContext): Times {
  const { shape, durationMs } = entry;
  const luck = () => stream(context.seed, `arrivals/${entry.name}`);
  switch (shape.kind) {
    case 'steady':
    case 'ramp':
    case 'stages':
    case 'stairs':
    case 'spike':
      return curveTimes(rateCurve(shape, durationMs));
    case 'poisson':
      return poissonTimes(luck(), shape.rate.perMs / shape.rate.count);
    case 'gamma':
      return gammaTimes(luck(), shape.rate.perMs / shape.rate.count, shape.cv);
    case 'diurnal': {
      const { ratePerMs, highestPerMs } = diurnalRate(shape);
      const originMs = context.startAtMs + entry.startMs;
      return thinnedTimes(luck(), { ratePerMs: (atMs) => ratePerMs(originMs + atMs), highestPerMs, horizonMs: durationMs });
    }
    case 'burst':
      return burstTimes(shape.requests, shape.everyMs, shape.times);
    case 'flood':
      return burstTimes(shape.requests, 0, 1);
    case 'users':
      throw new InvariantError(`invariant broken: jobs of users are due when the ones before end (traffic ${entry.name})`);
    case 'replay':
      throw new InvariantError(`invariant broken: a replay reads its trace (traffic ${entry.name})`);
    default:
      return shape satisfies never;
  }
}

function burstTimes(requests: number, everyMs: number, times: number): Times {
  let job = 0;
  return {
    next() {
      const burst = Math.floor(job / requests);
      job += 1;
      return burst < times ? burst * everyMs : Infinity;
    },
  };
}
