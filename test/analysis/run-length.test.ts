import { describe, expect, test } from 'vitest';
import {
  batchMeans,
  mm1RunLength,
  quantileInterval,
  relativeHalfWidth,
  runsFor,
  trialsFor,
  warmUp,
} from '../../src/analysis/run-length.ts';
import { meetsGolden } from '../plan/support.ts';

type Inputs = Record<string, number> & { series: number[] };

describe('golden run lengths', () => {
  meetsGolden<Inputs>(
    'stats_ci',
    ({ p, halfWidth, confidence }) => ({ n: trialsFor({ share: p!, halfWidth: halfWidth!, confidence: confidence! }) }),
    /^n_for/,
  );
  meetsGolden<Inputs>(
    'stats_ci',
    ({ n, quantile, confidence }) => ({ ...quantileInterval({ n: n!, quantile: quantile!, confidence: confidence! }) }),
    /^pctci/,
  );
  meetsGolden<Inputs>(
    'stats_ci',
    ({ sd, halfWidth, mean, relativeError, confidence, pilot }) => ({
      replications: runsFor({
        sd: sd!,
        halfWidth: halfWidth ?? relativeHalfWidth(mean!, relativeError!),
        confidence: confidence!,
        pilot: pilot!,
      }),
    }),
    /^(rel|abs)_/,
  );
  meetsGolden<Inputs>(
    'stats_ci',
    ({ rho, mu, relativeHalfWidth: error, confidence }) => ({
      ...mm1RunLength({ rho: rho!, mu: mu!, error: error!, confidence: confidence! }),
    }),
    /^mm1/,
  );
  meetsGolden<Inputs>('stats_ci', ({ series }) => ({ ...warmUp(series) }), /^mser5/);
});

describe('batch means', () => {
  test('1 to 40 in four batches after the first eight: 12.5, 20.5, 28.5, 36.5', () => {
    const series = Array.from({ length: 40 }, (_, i) => i + 1);
    const { mean, halfWidth, lag1 } = batchMeans({ series, truncate: 8, batches: 4, confidence: 0.95 });
    expect(mean).toBe(24.5);
    // t(0.975, 3) = 3.182; their variance is 320 / 3.
    expect(halfWidth).toBeCloseTo(3.182446 * Math.sqrt(320 / 3 / 4), 4);
    // (-12)(-4) + (-4)(4) + (4)(12) = 80 over 320.
    expect(lag1).toBeCloseTo(0.25, 12);
  });

  test('a start that is far from the rest is left out', () => {
    const series = [...Array.from({ length: 20 }, (_, i) => 100 - 5 * i), ...Array.from({ length: 100 }, (_, i) => 1 + (i % 3))];
    expect(warmUp(series).truncateObservations).toBe(20);
  });
});
