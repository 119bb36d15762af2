/** Several seeds as one answer: how much of each number is luck. */
import { createColors } from 'picocolors';
import type { Results } from '../analysis/analysis.ts';
import { type Interval, tInterval, wilson } from '../analysis/statistics.ts';
import type { ThresholdResult } from '../analysis/summary.ts';
import { table } from './table.ts';
import { metricText, percent } from './words.ts';

/** What one seed gave; plain data, so that a worker may send it. */
export interface SeedRun {
  readonly seed: number;
  readonly values: Readonly<Record<string, number | string | null>>;
  readonly thresholds: readonly ThresholdResult[];
}

export const SEED_METRICS: readonly string[] = [
  'success_ratio',
  'throttled_ratio',
  'overloaded_ratio',
  'wasted_ratio',
  'attempts_per_request',
  'latency_ms_p50',
  'latency_ms_p95',
  'latency_ms_p99',
  'queue_wait_ms_p95',
  'delivered_per_min',
  'peak_utilisation',
  'makespan_ms',
  'cost_usd',
  'cost_usd_per_image',
  'first_bucket',
  'binding_bucket',
];

export function seedRun({ summary, metric }: Results): SeedRun {
  return {
    seed: summary.seed,
    values: Object.fromEntries(SEED_METRICS.map((name) => [name, metric(name)])),
    thresholds: summary.thresholds,
  };
}

export interface SeedStatistics {
  readonly seeds: number;
  /** 95 % t interval over the seeds that have a value; null bounds with fewer than two. */
  readonly metrics: readonly {
    readonly metric: string;
    readonly n: number;
    readonly mean: number;
    readonly low: number | null;
    readonly high: number | null;
  }[];
  /** How often each name was the answer. */
  readonly names: readonly { readonly metric: string; readonly counts: Readonly<Record<string, number>> }[];
  /** 95 % Wilson interval of the share of seeds that met it. */
  readonly thresholds: readonly {
    readonly traffic: string | null;
    readonly expression: string;
    readonly met: number;
    readonly of: number;
    readonly low: number;
    readonly high: number;
  }[];
}

/** @param runs of one scenario, at least one */
export function seedStatistics(runs: readonly SeedRun[]): SeedStatistics {
  const valuesOf = (metric: string): (number | string)[] => runs.flatMap((run) => run.values[metric] ?? []);
  const metrics = SEED_METRICS.flatMap((metric) => {
    const numbers = valuesOf(metric).filter((value) => typeof value === 'number');
    const interval = tInterval(numbers);
    return interval ? [{ metric, n: numbers.length, ...bounds(interval) }] : [];
  });
  const names = SEED_METRICS.flatMap((metric) => {
    const texts = valuesOf(metric).filter((value) => typeof value === 'string');
    return texts.length === 0 ? [] : [{ metric, counts: tallied(texts) }];
  });
  const thresholds = (runs[0]?.thresholds ?? []).map(({ traffic, expression }, index) => {
    const met = runs.filter((run) => run.thresholds[index]?.passed).length;
    const { low, high } = wilson(met, runs.length)!; // runs.length > 0: there is a first one
    return { traffic, expression, met, of: runs.length, low, high };
  });
  return { seeds: runs.length, metrics, names, thresholds };
}

/** Mean and interval of each metric, then how often each threshold was met. Ends with a line end. */
export function seedsTable(runs: readonly SeedRun[], { colour }: { colour: boolean }): string {
  const { bold, green, red } = createColors(colour);
  const statistics = seedStatistics(runs);
  const rows = statistics.metrics.map(({ metric, n, mean, low, high }) => [
    metric,
    metricText(metric, mean),
    low === null || high === null ? 'one value only' : `${metricText(metric, low)} … ${metricText(metric, high)}`,
    n === statistics.seeds ? '' : `of ${n} seeds`,
  ]);
  const names = statistics.names.map(({ metric, counts }) => {
    const byCount = Object.entries(counts).sort(([, a], [, b]) => b - a);
    return `  ${metric}: ${byCount.map(([name, times]) => `${name} in ${times}`).join(', ')} of ${statistics.seeds}`;
  });
  const thresholds = statistics.thresholds.map(({ traffic, expression, met, of, low, high }) => {
    const text = `${traffic === null ? '' : `${traffic}: `}${expression}  met on ${met} of ${of} (95 %: ${percent(low)} … ${percent(high)})`;
    return `  ${met === of ? green(`✓ ${text}`) : red(`✗ ${text}`)}`;
  });
  const columns = [{ title: '' }, { title: 'mean', align: 'right' }, { title: '95 % interval' }, { title: '' }] as const;
  return [
    bold(`Over ${statistics.seeds} seeds`),
    ...table(columns, rows).map((text) => `  ${text}`.trimEnd()),
    ...names,
    ...thresholds,
    '',
  ].join('\n');
}

function bounds({ mean, low, high }: Interval): { mean: number; low: number | null; high: number | null } {
  return { mean, low: Number.isFinite(low) ? low : null, high: Number.isFinite(high) ? high : null };
}

function tallied(texts: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}
