/** `METRIC OP VALUE`, with or without its unit, to a threshold in the metric's own unit. */
import { BUCKETS } from '../model/names.ts';
import { nearest } from '../model/nearest.ts';
import type { Threshold } from '../model/scenario.ts';
import { MINUTE_MS } from '../model/time.ts';
import { parseCount, parseDuration, parseRate, parseUsd } from './units.ts';

export type MetricUnit = 'ms' | 'ratio' | 'perMinute' | 'count' | 'usd' | 'bucket';

const BUCKET_NAMES = [...BUCKETS, 'tpd', 'batchTokens', 'batchJobs', 'unnamed'];
const STATISTICS = ['mean', 'p50', 'p90', 'p95', 'p99', 'max'];

/** Every metric that a threshold may name, with its unit. Source: contract §4. */
export const METRICS: ReadonlyMap<string, MetricUnit> = new Map([
  ...[
    'success',
    'job_success',
    'error',
    'throttled',
    'overloaded',
    'errored',
    'denied',
    'timeout',
    'blocked',
    'dropped',
    'wasted',
    'breaker_open',
  ].map((name): [string, MetricUnit] => [`${name}_ratio`, 'ratio']),
  ...['latency', 'queue_wait', 'service', 'batch_latency'].flatMap((name) =>
    STATISTICS.map((statistic): [string, MetricUnit] => [`${name}_ms_${statistic}`, 'ms']),
  ),
  ['makespan_ms', 'ms'],
  ['offered_per_min', 'perMinute'],
  ['delivered_per_min', 'perMinute'],
  ['attempts_per_min', 'perMinute'],
  ['attempts_per_request', 'count'],
  ['pending', 'count'],
  ['breaker_openings', 'count'],
  ['cost_usd', 'usd'],
  ['cost_usd_per_image', 'usd'],
  ['peak_utilisation', 'ratio'],
  ...BUCKET_NAMES.map((bucket): [string, MetricUnit] => [`peak_utilisation_${bucket}`, 'ratio']),
  ['first_bucket', 'bucket'],
  ['binding_bucket', 'bucket'],
  ['tightest_bucket', 'bucket'],
]);

export const EXPECTED: Readonly<Record<MetricUnit, string>> = {
  ms: 'ms such as 60000, or a duration such as 60s',
  ratio: 'a share such as 0.99 or 99%',
  perMinute: 'a number per minute such as 9, or a rate such as 9/min',
  count: 'a number',
  usd: 'dollars such as 40',
  bucket: `none or a bucket: ${BUCKET_NAMES.join(', ')}`,
};

/** The threshold, or as a text what is wrong with it. */
export function parseThreshold(expression: string): Threshold | string {
  const match = /^\s*(\S+?)\s*(<=|>=|==|!=|<|>)\s*(.+?)\s*$/.exec(expression);
  if (!match) return 'expected METRIC OP VALUE such as success_ratio >= 0.99';
  const [, metric, op, written] = match as unknown as [string, string, Threshold['op'], string];
  const unit = METRICS.get(metric);
  if (unit === undefined) {
    const meant = nearest(metric, [...METRICS.keys()]);
    return `there is no metric ${metric}${meant === null ? '; see `rundry run --help`' : `, did you mean ${meant}?`}`;
  }
  if (unit === 'bucket' && op !== '==' && op !== '!=') return `${metric} is a name: compare it with == or !=`;
  const value = readValue(written, unit);
  return value === null || (isShare(metric, unit) && (Number(value) < 0 || Number(value) > 1))
    ? `expected ${EXPECTED[unit]} after ${metric} ${op}, found ${JSON.stringify(written)}`
    : { expression, metric, op, value };
}

/** Part of a whole: 99 in place of 99% would be missed, or met, whatever happens. A bucket's demand may well be above its supply. */
function isShare(metric: string, unit: MetricUnit): boolean {
  return unit === 'ratio' && !metric.startsWith('peak_utilisation') && metric !== 'breaker_open_ratio';
}

/** The value in the metric's own unit: ms, a share, a rate per minute, dollars; null: it is none. */
export function readValue(written: string, unit: MetricUnit): number | string | null {
  const plain = /^-?\d+(\.\d+)?(e-?\d+)?$/i.test(written) ? Number(written) : null;
  switch (unit) {
    case 'bucket':
      return written === 'none' || BUCKET_NAMES.includes(written) ? written : null;
    case 'ms':
      return plain ?? parseDuration(written);
    case 'ratio':
      return plain ?? (/^\d+(\.\d+)? ?%$/.test(written) ? Number((Number.parseFloat(written) / 100).toPrecision(12)) : null);
    case 'perMinute': {
      const rate = parseRate(written);
      return plain ?? (rate === null ? null : (rate.count * MINUTE_MS) / rate.perMs);
    }
    case 'count':
      return plain ?? parseCount(written);
    case 'usd': {
      const micro = parseUsd(written);
      return plain ?? (micro === null ? null : micro / 1_000_000);
    }
    default:
      return unit satisfies never;
  }
}
