/** Every metric by its name in thresholds, tables and CSV columns; definitions in one place. */
import { BUCKETS, type BucketName } from '../model/names.ts';
import { MINUTE_MS } from '../model/time.ts';
import type { Block } from './block.ts';
import type { TightestBucket } from './demand.ts';
import type { FirstBucket } from './levels.ts';
import type { Tally } from './tally.ts';

/** What metrics are computed from: a block of traffic, and what only the whole run has. */
export interface MetricSource {
  readonly block: Block;
  /** Delivered rows of the batch lane. */
  readonly batchLatency: Tally;
  readonly durationMs: number;
  readonly breakerOpenings: number;
  readonly breakerOpenMs: number;
  readonly buckets: readonly { readonly bucket: BucketName; readonly peakUtilisation: number | null }[];
  readonly firstBucket: FirstBucket | null;
  readonly bindingBucket: TightestBucket | null;
  readonly tightestBucket: TightestBucket | null;
}

type Metric = (source: MetricSource) => number | string | null;

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
const perMinute = (count: number, { durationMs }: MetricSource): number => (count * MINUTE_MS) / durationMs;
const bucketName = (found: { readonly bucket: BucketName } | null): string => found?.bucket ?? 'none';
const peak = (source: MetricSource, only?: BucketName): number | null =>
  source.buckets.reduce<number | null>(
    (highest, { bucket, peakUtilisation }) =>
      peakUtilisation === null || (only && bucket !== only) ? highest : Math.max(highest ?? 0, peakUtilisation),
    null,
  );

const STATISTICS: Readonly<Record<string, (tally: Tally) => number | null>> = {
  mean: (tally) => (tally.mean === null ? null : Math.round(tally.mean)),
  p50: (tally) => tally.quantile(0.5),
  p90: (tally) => tally.quantile(0.9),
  p95: (tally) => tally.quantile(0.95),
  p99: (tally) => tally.quantile(0.99),
  max: (tally) => tally.max,
};

const TIMES: Readonly<Record<string, (source: MetricSource) => Tally>> = {
  latency: ({ block }) => block.latency,
  queue_wait: ({ block }) => block.queueWait,
  service: ({ block }) => block.service,
  batch_latency: ({ batchLatency }) => batchLatency,
};

const timeMetrics: Record<string, Metric> = {};
for (const [time, tallyOf] of Object.entries(TIMES))
  for (const [statistic, read] of Object.entries(STATISTICS)) timeMetrics[`${time}_ms_${statistic}`] = (source) => read(tallyOf(source));

/** Those without a level of their own are unknown: they are known to a threshold, and fail it. */
const peakMetrics: Record<string, Metric> = {};
for (const bucket of BUCKETS) peakMetrics[`peak_utilisation_${bucket}`] = (source) => peak(source, bucket);

export const METRICS: Readonly<Record<string, Metric>> = {
  success_ratio: ({ block }) => ratio(block.delivered, block.offered),
  job_success_ratio: ({ block }) => ratio(block.jobsDelivered, block.jobsOffered),
  error_ratio: ({ block }) => ratio(block.failed, block.offered),
  throttled_ratio: ({ block }) => ratio(block.throttled, block.sent),
  overloaded_ratio: ({ block }) => ratio(block.overloaded, block.sent),
  errored_ratio: ({ block }) => ratio(block.errored, block.sent),
  denied_ratio: ({ block }) => ratio(block.denied, block.sent),
  timeout_ratio: ({ block }) => ratio(block.timedOut, block.sent),
  blocked_ratio: ({ block }) => ratio(block.blocked, block.offered),
  dropped_ratio: ({ block }) => ratio(block.droppedTotal, block.offered),
  wasted_ratio: ({ block }) => ratio(block.wasted, block.sent),
  ...timeMetrics,
  makespan_ms: ({ block }) => block.makespanMs,
  offered_per_min: (source) => perMinute(source.block.offered, source),
  delivered_per_min: (source) => perMinute(source.block.delivered, source),
  attempts_per_min: (source) => perMinute(source.block.sent, source),
  attempts_per_request: ({ block }) => ratio(block.sent, block.offered),
  pending: ({ block }) => block.pending,
  cost_usd: ({ block }) => block.costMicroUsd / 1e6,
  cost_usd_per_image: ({ block }) => (block.delivered === 0 ? null : block.costMicroUsd / block.delivered / 1e6),
  breaker_openings: ({ breakerOpenings }) => breakerOpenings,
  breaker_open_ratio: ({ breakerOpenMs, durationMs }) => breakerOpenMs / durationMs,
  peak_utilisation: (source) => peak(source),
  ...peakMetrics,
  first_bucket: ({ firstBucket }) => bucketName(firstBucket),
  binding_bucket: ({ bindingBucket }) => bucketName(bindingBucket),
  tightest_bucket: ({ tightestBucket }) => bucketName(tightestBucket),
};

export type Op = '<' | '<=' | '>' | '>=' | '==' | '!=';

/** Whether `observed op value` holds; a metric that is null fails. */
export function meets(observed: number | string | null, op: Op, value: number | string): boolean {
  if (observed === null) return false;
  switch (op) {
    case '<':
      return observed < value;
    case '<=':
      return observed <= value;
    case '>':
      return observed > value;
    case '>=':
      return observed >= value;
    case '==':
      return observed === value;
    case '!=':
      return observed !== value;
    default:
      return op satisfies never;
  }
}
