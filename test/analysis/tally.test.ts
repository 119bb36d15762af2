import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearestRank, Tally } from '../../src/analysis/tally.ts';

const QS = [0.01, 0.5, 0.9, 0.95, 0.99, 1] as const;
/** Clustered near edges of pages (1,024) and beyond what is paged (2^30). */
const value = fc.oneof(
  fc.nat(50),
  fc.integer({ min: 1_000, max: 1_050 }),
  fc.nat(600_000),
  fc.integer({ min: 2 ** 30, max: 2 ** 30 + 3 }),
  fc.integer({ min: 2 ** 30, max: 2 ** 40 }),
);

/** With 16, the longer ones become counts. */
function tallyOf(values: readonly number[], listedMax = 16): Tally {
  const tally = new Tally(listedMax);
  for (const each of values) tally.add(each);
  return tally;
}

/** The ceil(q n)-th smallest, with q in whole percent so that nothing is rounded. */
function sortedQuantile(values: readonly number[], percent: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent * sorted.length) / 100) - 1)] ?? null;
}

test('quantiles are those of a sorted array', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 300 }), (values) => {
      const tally = tallyOf(values);
      expect(tally.quantiles(QS)).toEqual(QS.map((q) => sortedQuantile(values, Math.round(q * 100))));
      for (const q of QS) expect(tally.quantile(q)).toBe(sortedQuantile(values, Math.round(q * 100)));
      expect(tally.count).toBe(values.length);
      expect(tally.max).toBe(values.length === 0 ? null : Math.max(...values));
      if (values.length > 0) expect(tally.mean).toBeCloseTo(values.reduce((sum, each) => sum + each, 0) / values.length, 3);
    }),
  );
});

test('the sum of tallies is the tally of all', () => {
  fc.assert(
    fc.property(fc.array(fc.array(value, { maxLength: 40 }), { maxLength: 6 }), (parts) => {
      for (const [own, others] of [
        [16, 16],
        [16, 1024],
        [1024, 16],
        [1024, 1024],
      ] as const) {
        const sum = new Tally(own);
        for (const part of parts) sum.addAll(tallyOf(part, others));
        expect(sum.distribution()).toEqual(tallyOf(parts.flat()).distribution());
      }
    }),
  );
});

test('adding a tally leaves it as it was, and what comes later stays apart', () => {
  const part = tallyOf([1, 2, 2 ** 31]);
  const sum = new Tally();
  sum.addAll(part);
  sum.add(1);
  sum.add(2 ** 31);
  expect(part.distribution()).toEqual(tallyOf([1, 2, 2 ** 31]).distribution());
  part.add(5_000);
  expect(sum.count).toBe(5);
  expect(sum.max).toBe(2 ** 31);
});

describe('edges', () => {
  test('without values everything is null', () => {
    expect(new Tally().distribution()).toEqual({ p50: null, p90: null, p95: null, p99: null, max: null, mean: null });
  });

  test('the last value that is paged and the first that is not', () => {
    const values = [2 ** 30 - 1, 2 ** 30 - 1, 2 ** 30, 3];
    expect(tallyOf(values).quantiles([0.25, 0.5, 0.75, 1])).toEqual([3, 2 ** 30 - 1, 2 ** 30 - 1, 2 ** 30]);
  });

  test('one value is every quantile', () => {
    expect(tallyOf([0]).distribution()).toEqual({ p50: 0, p90: 0, p95: 0, p99: 0, max: 0, mean: 0 });
  });

  test.each([
    [0.95, 20, 19], // 0.95 x 20 is 19.000000000000004 in floating point
    [0.95, 21, 20],
    [0.9, 10, 9],
    [0.07, 100, 7], // 7.000000000000001
    [0.29, 100, 29], // 28.999999999999996
    [0.5, 1, 1],
    [0.5, 2, 1],
    [0.5, 3, 2],
    [1, 7, 7],
    [0.0001, 7, 1],
  ])('the %d-quantile of %d values is the %d-th', (q, n, rank) => {
    expect(nearestRank(q, n)).toBe(rank);
  });

  test('the mean of a distribution is rounded', () => {
    expect(tallyOf([1, 2]).distribution().mean).toBe(2);
    expect(tallyOf([1, 1, 2]).distribution().mean).toBe(1);
  });
});
