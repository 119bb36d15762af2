/** Measures of a handful of requests, worked out by hand. */
import { expect, test } from 'vitest';
import type { AttemptRow } from '../../src/model/rows.ts';
import { measure } from './measures.ts';
import { Observation, type ObservationOptions } from './observation.ts';

const OPTIONS: ObservationOptions = { fromMs: 100, toMs: 200, unitMs: 10, serviceUnits: 1, servers: 1, population: 4, windowMs: 50 };

function answered(dueMs: number, sentMs: number, doneMs: number, httpStatus = 200): AttemptRow {
  return { kind: 'attempt', n: 1, dueMs, sentMs, doneMs, httpStatus, outcome: httpStatus === 200 ? 'delivered' : 'failed' } as AttemptRow; // all that is read
}

/** Before the window and into it; two within, one refused; one that comes after it. */
function handful(): Observation {
  const seen = new Observation(OPTIONS);
  seen.add(answered(90, 90, 120));
  seen.add(answered(130, 130, 130, 429));
  seen.add(answered(110, 120, 140));
  seen.add(answered(145, 150, 160));
  seen.add(answered(200, 200, 210));
  return seen;
}

test.each([
  ['blocking', 1 / 3], // one of three due within the window
  ['Wq', 0.75], // (10 + 5) / 2 ms
  ['W', 2.25], // (30 + 15) / 2 ms
  ['wP95', 3],
  ['pWait', 1],
  ['pWqGreaterOneService', 0], // 10 ms is one service, not more
  ['throughput', 0.2], // two in ten units
  ['L', 0.65], // 20 + 30 + 15 of 100 ms
  ['Lq', 0.15],
  ['utilisation', 0.5], // 20 + 20 + 10 of 100 ms
  ['p0', 0.45], // 140 to 145 and 160 to 200
  ['pN[1]', 0.45], // 100 to 110, 120 to 140, 145 to 160
  ['pN[2]', 0.1], // 110 to 120
  ['p5plus', 0],
  ['efficiencyF', 1 - 0.15 / 4],
  ['fixedWindowCarryOver', 0.5], // the one due at 145 and sent at 150, over two windows
  ['probNoCarryOver', 0.5],
])('%s is measured', (name, expected) => expect(measure(name)?.from(handful())).toBeCloseTo(expected, 12));
