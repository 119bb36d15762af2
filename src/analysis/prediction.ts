/** How far what was predicted lies from what happened. */
import type { BucketName } from '../model/names.ts';
import type { Summary } from './summary.ts';

export interface Compared {
  /** A metric by its name, or `throttled_BUCKET`: refusals that named the bucket. */
  readonly metric: string;
  readonly unit: 'ratio' | 'count' | 'ms' | 'usd';
  /** null: there is no such number, as a latency where nothing was delivered. */
  readonly predicted: number | null;
  readonly real: number | null;
  /** real − predicted; null where either is. */
  readonly difference: number | null;
}

/** Both of the same arrivals. */
export function comparePrediction(predicted: Summary, real: Summary): Compared[] {
  const refusals = (summary: Summary): ReadonlyMap<BucketName, number> => {
    const totals = new Map<BucketName, number>();
    for (const { bucket, rejected } of summary.buckets) if (rejected > 0) totals.set(bucket, (totals.get(bucket) ?? 0) + rejected);
    return totals;
  };
  const [before, after] = [refusals(predicted), refusals(real)];
  const buckets = [...new Set([...before.keys(), ...after.keys()])].sort();
  return [
    compared('success_ratio', 'ratio', successRatio(predicted), successRatio(real)),
    compared('delivered', 'count', predicted.requests.delivered, real.requests.delivered),
    compared('attempts', 'count', predicted.attempts.sent, real.attempts.sent),
    compared('throttled', 'count', predicted.attempts.throttled, real.attempts.throttled),
    ...buckets.map((bucket) => compared(`throttled_${bucket}`, 'count', before.get(bucket) ?? 0, after.get(bucket) ?? 0)),
    compared('overloaded', 'count', predicted.attempts.overloaded, real.attempts.overloaded),
    compared('latency_ms_p50', 'ms', predicted.latencyMs.p50, real.latencyMs.p50),
    compared('latency_ms_p95', 'ms', predicted.latencyMs.p95, real.latencyMs.p95),
    compared('cost_usd', 'usd', predicted.costUsd.total, real.costUsd.total),
  ];
}

function successRatio({ requests }: Summary): number | null {
  return requests.offered === 0 ? null : requests.delivered / requests.offered;
}

function compared(metric: string, unit: Compared['unit'], predicted: number | null, real: number | null): Compared {
  return { metric, unit, predicted, real, difference: predicted === null || real === null ? null : real - predicted };
}
