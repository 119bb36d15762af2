/** Runs of one candidate over some seeds, as one finding: means with intervals, and how often its constraints held. */

import { type Interval, tInterval, wilson } from '../analysis/statistics.ts';
import type { Summary } from '../analysis/summary.ts';
import type { BucketName } from '../model/names.ts';
import { type Candidate, type Constraint, type Finalist, MEASURES, type Measure, type Measured } from './result.ts';

/** Of one run: only what a search needs, so that thousands of them fit. */
export interface Sample {
  readonly passed: boolean;
  readonly values: Readonly<Record<Measure, number | null>>;
  readonly thresholds: readonly { readonly observed: number | string | null; readonly passed: boolean }[];
  readonly firstBucket: BucketName | null;
  readonly tightest: Finalist['tightestBucket'];
  readonly refused: Finalist['refused'];
}

/** 90 %: each end is a one-sided bound of 95 %. */
const WILSON_CONFIDENCE = 0.9;

export function sampleOf(summary: Summary): Sample {
  const { requests, attempts, tightestBucket } = summary;
  return {
    passed: summary.passed,
    values: {
      success_ratio: requests.offered === 0 ? null : requests.delivered / requests.offered,
      latency_ms_p95: summary.latencyMs.p95,
      cost_usd: summary.costUsd.total,
      makespan_ms: summary.makespanMs,
    },
    thresholds: summary.thresholds.map(({ observed, passed }) => ({ observed, passed })),
    firstBucket: summary.firstBucket?.bucket ?? null,
    tightest: tightestBucket && {
      bucket: tightestBucket.bucket,
      model: tightestBucket.model,
      utilisation: tightestBucket.utilisation,
    },
    refused: {
      throttled: attempts.throttled,
      overloaded: attempts.overloaded,
      dropped: requests.dropped,
      failed: requests.failed,
      blocked: requests.blocked,
      errored: attempts.errored,
    },
  };
}

/** @param isChanceless every seed says the same: a mean is exact, and what held on one seed holds */
export function finalistOf(
  candidate: Candidate,
  samples: readonly Sample[],
  constraints: readonly Constraint[],
  isChanceless: boolean,
): Finalist {
  const held = samples.filter(({ passed }) => passed).length;
  const mean = (of: (sample: Sample) => number): number => samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  return {
    candidate,
    seeds: samples.length,
    measured: measuredOf(
      samples.map(({ values }) => values),
      isChanceless,
    ),
    holds: holdsOf(held, samples.length, isChanceless),
    constraints: constraints.map((constraint, i) => {
      const seen = samples.map(({ thresholds }) => thresholds[i]!);
      const worst = seen.find(({ passed }) => !passed) ?? seen[0];
      const observed = seen.map((one) => one.observed);
      return {
        constraint,
        holdsRatio: seen.filter(({ passed }) => passed).length / seen.length,
        observed: worst?.observed ?? null,
        margin: marginOf(constraint, observed),
      };
    }),
    firstBucket: mostOften(samples.map(({ firstBucket }) => firstBucket)),
    tightestBucket: samples[0]?.tightest ?? null,
    refused: {
      throttled: mean(({ refused }) => refused.throttled),
      overloaded: mean(({ refused }) => refused.overloaded),
      dropped: mean(({ refused }) => refused.dropped),
      failed: mean(({ refused }) => refused.failed),
      blocked: mean(({ refused }) => refused.blocked),
      errored: mean(({ refused }) => refused.errored),
    },
  };
}

export function holdsOf(held: number, seeds: number, isChanceless: boolean): Interval {
  const share = seeds === 0 ? 0 : held / seeds;
  return isChanceless ? { mean: share, low: share, high: share } : (wilson(held, seeds, WILSON_CONFIDENCE) ?? { mean: 0, low: 0, high: 1 });
}

/** Differences of two candidates seed by seed, or values of one; a seed without a value is left out of that measure. */
export function measuredOf(rows: readonly Readonly<Record<Measure, number | null>>[], isChanceless: boolean): Measured {
  const entries = MEASURES.map((measure): [Measure, Interval | null] => {
    const values = rows.flatMap((row) => row[measure] ?? []);
    const interval = tInterval(values);
    return [measure, interval && isChanceless ? { ...interval, low: interval.mean, high: interval.mean } : interval];
  });
  return Object.fromEntries(entries) as Measured; // its keys are MEASURES
}

/** b minus a, seed by seed. */
export function differences(a: readonly Sample[], b: readonly Sample[]): Readonly<Record<Measure, number | null>>[] {
  const count = Math.min(a.length, b.length);
  return Array.from({ length: count }, (_, k) => {
    const minus = (measure: Measure): number | null => {
      const before = a[k]!.values[measure];
      const after = b[k]!.values[measure];
      return before === null || after === null ? null : after - before;
    };
    return Object.fromEntries(MEASURES.map((measure) => [measure, minus(measure)])) as Record<Measure, number | null>;
  });
}

/** Towards holding; a run without a value lies on the wrong side by any measure. */
function marginOf({ op, value }: Constraint, observed: readonly (number | string | null)[]): number | null {
  if (typeof value !== 'number' || op === '==' || op === '!=') return null;
  const numbers = observed.filter((one) => typeof one === 'number');
  if (numbers.length < observed.length || numbers.length === 0) return -Infinity;
  const { mean, deviation } = spreadOf(numbers);
  const distance = op === '<' || op === '<=' ? value - mean : mean - value;
  if (distance === 0) return op === '<' || op === '>' ? -Infinity : 0;
  // A new seed differs from the mean of n by more than from the true one.
  return distance / (deviation * Math.sqrt(1 + 1 / numbers.length));
}

export function spreadOf(values: readonly number[]): { readonly mean: number; readonly deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}

function mostOften(values: readonly (BucketName | null)[]): BucketName | null {
  const counts = new Map<BucketName | null, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? null;
}
