/** All windows against the golden sequences, and the laws that hold for any stream. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { WINDOW_KINDS, type WindowKind } from '../../src/model/names.ts';
import { MINUTE_MS } from '../../src/model/time.ts';
import type { Bucket } from '../../src/quota/bucket.ts';
import { bucket } from '../../src/quota/windows.ts';
import { type GoldenLimiter, golden, instant, kindOf, specOf } from './golden.ts';

interface SequenceCase {
  readonly id: string;
  readonly inputs: { readonly limiter: GoldenLimiter; readonly events: readonly { readonly t: number; readonly cost?: number }[] };
  readonly expected: readonly { readonly ok: boolean; readonly retryAt: number | null }[];
}
interface EnvelopeCase {
  readonly id: string;
  readonly inputs: GoldenLimiter;
  readonly expected: { readonly maxInHalfOpenWindow: number };
}
interface ApproximateCase {
  readonly id: string;
  readonly inputs: { readonly limiter: GoldenLimiter; readonly refreshMs: number; readonly attempts: readonly number[] };
  readonly expected: { readonly ok: readonly boolean[]; readonly admitted: number };
}

/** A UTC minute. */
const MINUTE_AT = 1_773_999_960_000;

function fromGolden(limiter: GoldenLimiter, refreshMs?: number): Bucket {
  return bucket(specOf('rpm', limiter.limit, limiter.windowMs ?? null), kindOf(limiter), {
    ...(limiter.phaseMs !== undefined && { phaseMs: limiter.phaseMs }),
    ...(limiter.capacity !== undefined && { capacity: limiter.capacity }),
    ...(refreshMs !== undefined && { refreshMs }),
  });
}

function minuteBucket(kind: WindowKind, limit: number): Bucket {
  return bucket(specOf('rpm', limit, MINUTE_MS), kind);
}

/** Asks, and takes when ready. */
function admits(of: Bucket, cost: number, atMs: number): boolean {
  if (of.readyAtMs(cost, atMs) > atMs) return false;
  of.take(cost, atMs);
  return true;
}

const sequences = golden<SequenceCase>('buckets_sequences');
describe.skipIf(!sequences)('golden buckets_sequences', () => {
  test('are all read', () => expect(sequences?.cases.length).toBe(sequences?.count));
  test.each((sequences?.cases ?? []).map((each) => [each.id, each] as const))('%s', (_, { inputs, expected }) => {
    const limiter = fromGolden(inputs.limiter);
    const seen = inputs.events.map(({ t, cost = 1 }) => {
      const retryAt = limiter.readyAtMs(cost, t);
      if (retryAt <= t) limiter.take(cost, t);
      return { ok: retryAt <= t, retryAt };
    });
    expect(seen).toEqual(expected.map(({ ok, retryAt }) => ({ ok, retryAt: instant(retryAt) })));
  });
});

const approximate = golden<ApproximateCase>('buckets_approximate');
describe.skipIf(!approximate)('golden buckets_approximate', () => {
  test.each((approximate?.cases ?? []).map((each) => [each.id, each] as const))('%s', (_, { inputs, expected }) => {
    const limiter = fromGolden(inputs.limiter, inputs.refreshMs);
    expect(inputs.attempts.map((atMs) => admits(limiter, 1, atMs))).toEqual(expected.ok);
  });
});

/** Admissions at the worst: after `wait` from idle, greedily at each instant of the plan; the most in any half-open minute. */
function mostInOneMinute(of: Bucket, instants: readonly number[], burst: (index: number) => number): number {
  const admitted: number[] = [];
  for (const [index, atMs] of instants.entries()) {
    for (let left = burst(index); left > 0 && admits(of, 1, atMs); left -= 1) admitted.push(atMs);
  }
  return Math.max(...admitted.map((from) => admitted.filter((atMs) => atMs >= from && atMs < from + MINUTE_MS).length));
}

/** Everything at once just before a boundary, then greedily; or one early, the rest late. */
function worst(kind: WindowKind): number {
  const everySecond = Array.from({ length: 240 }, (_, index) => MINUTE_AT + index * 1_000 + 999);
  const everyTenth = Array.from({ length: 1_800 }, (_, index) => MINUTE_AT + 59_999 + index * 100);
  const late = [MINUTE_AT, ...Array.from({ length: 1_300 }, (_, index) => MINUTE_AT + 59_999 + index * 50)];
  return Math.max(
    mostInOneMinute(minuteBucket(kind, 10), everySecond, () => 100),
    mostInOneMinute(minuteBucket(kind, 10), everyTenth, () => 100),
    mostInOneMinute(minuteBucket(kind, 10), late, (index) => (index === 0 ? 1 : 100)),
  );
}

const envelope = golden<EnvelopeCase>('buckets_envelope');
describe.skipIf(!envelope)('golden buckets_envelope: the most that one half-open minute admits', () => {
  test.each((envelope?.cases ?? []).map((each) => [each.id, each] as const))('%s', (_, { inputs, expected }) => {
    expect(worst(kindOf(inputs) as WindowKind)).toBe(expected.maxInHalfOpenWindow);
  });
});

const MOST: Readonly<Record<WindowKind, (limit: number) => number>> = {
  fixed: (limit) => 2 * limit,
  anchored: (limit) => Math.max(limit, 2 * limit - 1),
  sliding: (limit) => limit,
  'sliding-counter': (limit) => Math.max(limit, 2 * limit - 1),
  'token-bucket': (limit) => 2 * limit - 1,
};

const streams = fc.array(fc.record({ gapMs: fc.nat(20_000), cost: fc.integer({ min: 1, max: 4 }) }), { maxLength: 120 });

describe.each(WINDOW_KINDS)('%s', (kind) => {
  test('admits at most its envelope in any half-open minute', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 12 }), (stream, limit) => {
        const limiter = minuteBucket(kind, limit);
        const log: { readonly atMs: number; readonly cost: number }[] = [];
        let atMs = MINUTE_AT;
        for (const { gapMs, cost } of stream) {
          atMs += gapMs;
          if (admits(limiter, cost, atMs)) log.push({ atMs, cost });
        }
        for (const from of log) {
          const inMinute = log.filter((each) => each.atMs >= from.atMs && each.atMs < from.atMs + MINUTE_MS);
          expect(inMinute.reduce((sum, each) => sum + each.cost, 0)).toBeLessThanOrEqual(MOST[kind](limit));
        }
      }),
    );
  });

  test('the ready instant admits, the ms before it does not', () => {
    fc.assert(
      fc.property(streams, fc.integer({ min: 1, max: 12 }), fc.boolean(), (stream, limit, overdraws) => {
        const limiter = minuteBucket(kind, limit);
        const taken: { readonly atMs: number; readonly cost: number }[] = [];
        let atMs = MINUTE_AT;
        for (const { gapMs, cost } of stream) {
          atMs += gapMs;
          if (overdraws || limiter.readyAtMs(cost, atMs) <= atMs) {
            limiter.take(cost, atMs);
            taken.push({ atMs, cost });
          }
        }
        const readyAtMs = limiter.readyAtMs(1, atMs);
        expect(readyAtMs).toBeGreaterThanOrEqual(atMs);
        expect(replayed(kind, limit, taken).readyAtMs(1, readyAtMs)).toBe(readyAtMs);
        if (readyAtMs > atMs) expect(replayed(kind, limit, taken).readyAtMs(1, readyAtMs - 1)).toBe(readyAtMs);
      }),
    );
  });

  test('asking changes nothing that can be seen', () => {
    fc.assert(
      fc.property(streams, (stream) => {
        const asked = minuteBucket(kind, 7);
        const unasked = minuteBucket(kind, 7);
        let atMs = MINUTE_AT;
        for (const { gapMs, cost } of stream) {
          atMs += gapMs;
          asked.readyAtMs(cost, atMs);
          asked.used(atMs);
          asked.take(cost, atMs);
          unasked.take(cost, atMs);
        }
        expect(asked.used(atMs)).toBe(unasked.used(atMs));
        expect(asked.readyAtMs(3, atMs)).toBe(unasked.readyAtMs(3, atMs));
      }),
    );
  });

  test.each([
    [0, 10, MINUTE_AT], // nothing is always ready
    [10, 10, MINUTE_AT], // the limit fits
    [11, 10, Infinity], // the limit + 1 never does
    [1, 0, Infinity], // limit 0 forbids
    [0, 0, MINUTE_AT],
  ])('a cost of %i against a limit of %i is ready at %d', (cost, limit, readyAtMs) => {
    expect(minuteBucket(kind, limit).readyAtMs(cost, MINUTE_AT)).toBe(readyAtMs);
  });

  test('a cost of 0 is ready in an exhausted bucket too', () => {
    const limiter = minuteBucket(kind, 2);
    limiter.take(5, MINUTE_AT);
    expect(limiter.readyAtMs(0, MINUTE_AT + 1)).toBe(MINUTE_AT + 1);
    expect(limiter.used(MINUTE_AT)).toBe(5);
  });

  test('is exact after very many tokens', () => {
    const limiter = minuteBucket(kind, 4_000_000);
    let atMs = MINUTE_AT;
    for (let n = 0; n < 50_000; n += 1, atMs += 7) limiter.take(3_999_989, atMs);
    const goneMs = atMs + 100_000_000 * MINUTE_MS;
    expect(limiter.used(goneMs)).toBe(0);
    expect(limiter.readyAtMs(4_000_000, goneMs)).toBe(goneMs);
  });
});

function replayed(kind: WindowKind, limit: number, taken: readonly { readonly atMs: number; readonly cost: number }[]): Bucket {
  const limiter = minuteBucket(kind, limit);
  for (const { atMs, cost } of taken) limiter.take(cost, atMs);
  return limiter;
}

test('a sliding log holds exactly what a plain list of the last minute holds', () => {
  fc.assert(
    fc.property(streams, (stream) => {
      const limiter = minuteBucket('sliding', 1_000);
      const all: { readonly atMs: number; readonly cost: number }[] = [];
      let atMs = MINUTE_AT;
      for (const { gapMs, cost } of stream) {
        atMs += Math.floor(gapMs / 40);
        limiter.take(cost, atMs);
        all.push({ atMs, cost });
        const expected = all.filter((each) => each.atMs + MINUTE_MS > atMs).reduce((sum, each) => sum + each.cost, 0);
        expect(limiter.used(atMs)).toBe(expected);
      }
    }),
  );
});

test('a sliding log that grew many times still knows when each cost leaves', () => {
  const limiter = minuteBucket('sliding', 5_000);
  for (let n = 0; n < 5_000; n += 1) limiter.take(1, MINUTE_AT + 3 * n);
  const atMs = MINUTE_AT + 15_000;
  expect(limiter.readyAtMs(1, atMs)).toBe(MINUTE_AT + MINUTE_MS);
  expect(limiter.readyAtMs(1_000, atMs)).toBe(MINUTE_AT + 3 * 999 + MINUTE_MS);
  expect(limiter.readyAtMs(5_000, atMs)).toBe(MINUTE_AT + 3 * 4_999 + MINUTE_MS);
});

test('a sliding log of dollars stays exact beyond the totals that a float holds', () => {
  const limiter = bucket(specOf('spend10m', 2 ** 50, 600_000), 'sliding');
  for (let n = 0; n < 100; n += 1) limiter.take(2 ** 47 + 1, MINUTE_AT + n * 100_000);
  expect(limiter.used(MINUTE_AT + 99 * 100_000)).toBe(6 * (2 ** 47 + 1));
});

test('the spend window is a sliding log whatever the kind', () => {
  const limiter = bucket(specOf('spend10m', 10, 600_000), 'fixed');
  limiter.take(10, MINUTE_AT + 599_000);
  expect(limiter.readyAtMs(1, MINUTE_AT + 600_000)).toBe(MINUTE_AT + 1_199_000);
});

test('the daily limit turns at Pacific midnight, the monthly one on the first', () => {
  const day = bucket(specOf('rpd', 1, null), 'fixed');
  const month = bucket(specOf('monthly', 1, null), 'month');
  const atMs = Date.UTC(2026, 10, 30, 12);
  day.take(1, atMs);
  month.take(1, atMs);
  expect(day.readyAtMs(1, atMs)).toBe(Date.UTC(2026, 11, 1, 8));
  expect(month.readyAtMs(1, atMs)).toBe(Date.UTC(2026, 11, 1, 8));
  expect(day.used(Date.UTC(2026, 11, 1, 8))).toBe(0);
});

test('cached enforcement: the ready instant it tells is kept', () => {
  const limiter = bucket(specOf('rpm', 2, MINUTE_MS), 'sliding', { refreshMs: 1_000 });
  expect([0, 1, 2].map((n) => admits(limiter, 1, MINUTE_AT + n))).toEqual([true, true, true]);
  expect(limiter.used(MINUTE_AT + 2)).toBe(3);
  expect(limiter.readyAtMs(3, MINUTE_AT + 3)).toBe(Infinity);
  // What passed is taken when the decision is renewed, so it leaves a minute after that.
  expect(limiter.readyAtMs(1, MINUTE_AT + 1_000)).toBe(MINUTE_AT + 61_000);
  expect(limiter.readyAtMs(1, MINUTE_AT + 61_000)).toBe(MINUTE_AT + 61_000);
});
