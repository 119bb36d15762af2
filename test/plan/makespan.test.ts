/** The shortest batch against golden, over minutes, ten-minute spend windows and days of 23 and 25 hours. */
import { expect, test } from 'vitest';
import { BUCKETS } from '../../src/model/names.ts';
import { epochMs, isoInstant } from '../../src/model/time.ts';
import { makespan } from '../../src/plan/makespan.ts';
import { Admission } from '../../src/quota/admission.ts';
import { bucket } from '../../src/quota/windows.ts';
import { GOLDEN_BUCKETS, type GoldenLimiter, kindOf, specOf } from '../quota/golden.ts';
import { meetsGolden } from './support.ts';

interface Inputs {
  readonly images: number;
  readonly startUtc: string;
  readonly limiters: Readonly<Record<string, GoldenLimiter>>;
  readonly cost: Readonly<Record<string, number>>;
  readonly serviceMs: number;
  readonly concurrency: number | null;
  readonly projects?: number;
}

meetsGolden<Inputs>('makespan', ({ images, startUtc, limiters, cost, serviceMs, concurrency, projects = 1 }) => {
  const admission = (): Admission =>
    new Admission(
      Object.entries(limiters).map(([name, limiter]) =>
        bucket(specOf(GOLDEN_BUCKETS[name]!, limiter.limit, limiter.windowMs ?? null), kindOf(limiter), {
          ...(limiter.phaseMs === undefined ? {} : { phaseMs: limiter.phaseMs }),
          ...(limiter.capacity === undefined ? {} : { capacity: limiter.capacity }),
        }),
      ),
    );
  const costs = BUCKETS.map((name) => Object.entries(cost).find(([key]) => GOLDEN_BUCKETS[key] === name)?.[1] ?? 0);
  const admissions = Array.from({ length: projects }, admission);
  const found = makespan({ requests: images, startAtMs: epochMs(startUtc), admissions, costs, serviceMs, concurrency })!;
  return {
    lastAdmissionUtc: isoInstant(found.lastAdmittedAtMs),
    completionUtc: isoInstant(found.doneAtMs),
    makespanSeconds: found.makespanMs / 1000,
  };
});

test('a batch behind a limit of 0 never ends', () => {
  const admissions = [new Admission([bucket(specOf('rpd', 0, null), 'day')])];
  expect(makespan({ requests: 1, startAtMs: 0, admissions, costs: [0, 1, 0, 0, 0, 0], serviceMs: 1, concurrency: null })).toBeNull();
});
