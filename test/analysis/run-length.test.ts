/** Precision and run lengths: every case of golden/stats_ci, and laws. */
import { describe, expect, test } from 'vitest';
import { betaQuantile, betaShare, binomialCdf } from '../../src/analysis/beta.ts';
import {
  clopperPearson,
  jeffreys,
  mm1RunLength,
  mser5,
  quantileOrders,
  replicationsFor,
  steadyMean,
  trialsFor,
} from '../../src/analysis/run-length.ts';
import { meetsGolden } from '../plan/support.ts';

interface Shares {
  readonly successes: number;
  readonly n: number;
  readonly confidence: number;
}
meetsGolden<Shares>(
  'stats_ci',
  ({ successes, n, confidence }) => {
    const pair = ({ low, high }: { low: number; high: number }) => [low, high];
    return {
      clopperPearson: pair(clopperPearson(successes, n, confidence)),
      jeffreys: pair(jeffreys(successes, n, confidence)),
    };
  },
  /^binom_/,
  ['clopperPearson', 'jeffreys'],
);

meetsGolden<{ p: number; halfWidth: number; confidence: number }>(
  'stats_ci',
  ({ p, halfWidth, confidence }) => ({ n: trialsFor(p, halfWidth, confidence) }),
  /^n_for_/,
);

meetsGolden<{ n: number; quantile: number; confidence: number }>(
  'stats_ci',
  ({ n, quantile, confidence }) => {
    const found = quantileOrders(n, quantile, confidence);
    return { ...found, unboundedAbove: found.upperOrder > n, unboundedBelow: found.lowerOrder < 1 };
  },
  /^pctci_/,
);

meetsGolden<{ mean?: number; sd: number; relativeError?: number; halfWidth?: number; confidence: number }>(
  'stats_ci',
  ({ mean = 0, sd, relativeError, halfWidth, confidence }) => {
    const wanted = relativeError === undefined ? { halfWidth: halfWidth! } : { relativeError };
    return { replications: replicationsFor({ mean, sd }, wanted, confidence) };
  },
  /^(rel|abs)_/,
);

meetsGolden<Parameters<typeof mm1RunLength>[0]>('stats_ci', (inputs) => mm1RunLength(inputs), /^mm1_run_/);

meetsGolden<{ series: readonly number[] }>('stats_ci', ({ series }) => ({ ...mser5(series) }), /^mser5_/);

describe('steady states', () => {
  test('what climbs for twenty observations and then swings is cut where it stops climbing', () => {
    const series = Array.from({ length: 200 }, (_, k) => (k < 20 ? k : 20 + (k % 2)));
    expect(mser5(series)).toMatchObject({ batches: 40, truncateBatches: 4, truncateObservations: 20 });
  });

  test('batches that alternate are worse than independent, and say so: 1 3 1 3 has mean 2', () => {
    const series = [0, 2, 2, 4, 0, 2, 2, 4]; // batches of two: 1, 3, 1, 3
    const { mean, lag1 } = steadyMean(series, 4);
    expect([mean, lag1]).toEqual([2, -0.75]);
  });

  test('observations that do not fill a batch are left out at the end', () => {
    expect(steadyMean([1, 1, 3, 3, 100], 2).mean).toBe(2);
  });
});

describe('the beta function', () => {
  test.each([
    [0.5, 1, 1, 0.5], // uniform
    [0.25, 2, 1, 0.0625], // x^2
    [0.25, 1, 2, 1 - 0.75 ** 2],
    [0.5, 30, 30, 0.5], // symmetric
  ])('I_%d(%d, %d) is %d', (x, a, b, expected) => {
    expect(betaShare(x, a, b)).toBeCloseTo(expected, 13);
    expect(betaQuantile(expected, a, b)).toBeCloseTo(x, 12);
  });

  test('binomial counts are what adding them up gives', () => {
    let sum = 0;
    let term = 0.7 ** 12;
    for (let k = 0; k <= 12; k++) {
      sum += term;
      expect(binomialCdf(k, 12, 0.3)).toBeCloseTo(sum, 12);
      term *= ((12 - k) / (k + 1)) * (0.3 / 0.7);
    }
  });
});
