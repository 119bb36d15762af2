import { describe, expect, test } from 'vitest';
import { clopperPearson, interpolatedQuantile, jeffreys, studentT, tInterval, wilson } from '../../src/analysis/statistics.ts';
import { golden } from '../traffic/shared.ts';

const cases = golden('stats_ci');
if (cases === null) console.warn('skipped: ../shared/golden/stats_ci.json is absent');
const starting = (prefix: string) => (cases ?? []).filter(({ id }) => id.startsWith(prefix));

describe.skipIf(cases === null)('golden intervals', () => {
  test.each(starting('t_'))('$id: Student t', ({ inputs, expected }) => {
    expect(studentT(inputs['p'], inputs['df']) / expected['t']).toBeCloseTo(1, 8);
  });

  describe.each(Object.entries({ wilson, clopperPearson, jeffreys }))('of a share, %s', (name, intervalOf) => {
    test.each(starting('binom_'))('$id', ({ inputs, expected }) => {
      const interval = intervalOf(inputs['successes'], inputs['n'], inputs['confidence'])!;
      expect(interval.low).toBeCloseTo(expected[name][0], 8);
      expect(interval.high).toBeCloseTo(expected[name][1], 8);
    });
  });
});

describe('intervals', () => {
  test.each([
    [1, 12.706],
    [2, 4.303],
    [4, 2.776],
    [9, 2.262],
    [29, 2.045],
  ])('with %i degrees of freedom t is what tables print', (df, printed) => {
    expect(studentT(0.975, df)).toBeCloseTo(printed, 3);
    expect(studentT(0.025, df)).toBeCloseTo(-printed, 3);
  });

  test('of a mean: 1, 2, 3 give 2 ± 4.303 / sqrt(3)', () => {
    const { mean, low, high } = tInterval([1, 2, 3])!;
    expect(mean).toBe(2);
    expect(high - mean).toBeCloseTo(4.302652729749 / Math.sqrt(3), 9);
    expect(mean - low).toBeCloseTo(high - mean, 12);
  });

  test('one value says nothing about spread, none says nothing', () => {
    expect(tInterval([7])).toEqual({ mean: 7, low: -Infinity, high: Infinity });
    expect(tInterval([])).toBeNull();
    expect(wilson(0, 0)).toBeNull();
  });

  test('values that agree leave no doubt', () => {
    const dollars = 0.409668; // three times as much, a third of it, is 0.40966800000000003
    for (let seeds = 2; seeds <= 12; seeds++)
      expect(tInterval(Array(seeds).fill(dollars))).toEqual({ mean: dollars, low: dollars, high: dollars });
  });

  test('the interpolated quantile of an end is that end', () => {
    expect(interpolatedQuantile([15, 20, 35], 0)).toBe(15);
    expect(interpolatedQuantile([15, 20, 35], 1)).toBe(35);
  });
});
