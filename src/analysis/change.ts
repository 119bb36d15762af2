/**
 * How much a metric changed from one run to another, and how sure that is.
 *
 * Over several seeds that both runs share: the t interval of the differences seed by seed. From one run each: batch means, the
 * minutes of both runs side by side in up to twenty blocks, the ratio of two counts by its linear residuals. Blocks are made
 * longer until neighbours no longer resemble each other (lag-1 below 0.2). Percentiles do not add up over minutes: one run gives
 * them no interval.
 */
import { MINUTE_MS } from '../model/time.ts';
import type { Results } from './analysis.ts';
import { type Interval, tInterval } from './statistics.ts';
import type { TimelineMinute } from './timeline.ts';

export interface Change {
  readonly metric: string;
  /** Means where several seeds ran; null: unknown. */
  readonly base: number | string | null;
  readonly next: number | string | null;
  /** In the metric's own unit; null for names, and where either is unknown. */
  readonly amount: number | null;
  /** As a share of the first; null where that is 0 or unknown. */
  readonly ratio: number | null;
  /** 95 % interval of the amount; null: there is none. */
  readonly interval: { readonly low: number; readonly high: number } | null;
  /** Where the interval comes from. */
  readonly basis: 'seeds' | 'minutes' | null;
}

export type MetricValues = Readonly<Record<string, number | string | null>>;

/** @param pairs the values of both runs under each seed that they share, at least one */
export function changeOverSeeds(metric: string, pairs: readonly { readonly base: MetricValues; readonly next: MetricValues }[]): Change {
  const first = pairs[0]!;
  const [before, after] = [first.base[metric] ?? null, first.next[metric] ?? null];
  if (typeof before === 'string' || typeof after === 'string') return changed(metric, before, after, null, null);
  const known = pairs.flatMap(({ base, next }) => {
    const [a, b] = [base[metric], next[metric]];
    return typeof a === 'number' && typeof b === 'number' ? [{ a, b }] : [];
  });
  // A metric that some seed does not know is unknown: the others would be a choice of the lucky ones.
  if (known.length < pairs.length) return changed(metric, known.length > 0 ? null : before, null, null, null);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const interval = tInterval(known.map(({ a, b }) => b - a));
  return changed(metric, mean(known.map(({ a }) => a)), mean(known.map(({ b }) => b)), interval, 'seeds');
}

/** Of one run each. */
export function changeOverMinutes(metric: string, base: Results, next: Results): Change {
  const [before, after] = [base.metric(metric), next.metric(metric)];
  const parts = PARTS[metric];
  if (!parts || typeof before !== 'number' || typeof after !== 'number') return changed(metric, before, after, null, null);
  const minutes = Math.max(base.timeline.length, next.timeline.length);
  const durationMinutes = next.summary.durationMs / MINUTE_MS;
  const scale = metric === 'cost_usd' ? minutes : metric.endsWith('_per_min') ? minutes / durationMinutes : 1;
  const residuals = difference(residualsOf(parts, base.timeline, minutes), residualsOf(parts, next.timeline, minutes));
  const half = halfWidth(residuals);
  const interval = half === null ? null : { mean: after - before, low: after - before - half * scale, high: after - before + half * scale };
  return changed(metric, before, after, interval, 'minutes');
}

function changed(
  metric: string,
  base: Change['base'],
  next: Change['next'],
  interval: Interval | null,
  basis: 'seeds' | 'minutes' | null,
): Change {
  const isNumbers = typeof base === 'number' && typeof next === 'number';
  const amount = isNumbers ? next - base : null;
  const ratio = isNumbers && base !== 0 ? (next - base) / Math.abs(base) : isNumbers && next === 0 ? 0 : null;
  const isBounded = interval !== null && Number.isFinite(interval.low);
  return {
    metric,
    base,
    next,
    amount,
    ratio,
    interval: isBounded ? { low: interval.low, high: interval.high } : null,
    basis: isBounded ? basis : null,
  };
}

interface Parts {
  readonly of: (minute: TimelineMinute) => number;
  /** What it is a share of; one for what is counted by the minute. */
  readonly by: (minute: TimelineMinute) => number;
}

const one = (): number => 1;

const PARTS: Readonly<Record<string, Parts>> = {
  success_ratio: { of: ({ delivered }) => delivered, by: ({ offered }) => offered },
  throttled_ratio: { of: ({ throttled }) => throttled, by: ({ sent }) => sent },
  overloaded_ratio: { of: ({ overloaded }) => overloaded, by: ({ sent }) => sent },
  errored_ratio: { of: ({ errored }) => errored, by: ({ sent }) => sent },
  attempts_per_request: { of: ({ sent }) => sent, by: ({ offered }) => offered },
  offered_per_min: { of: ({ offered }) => offered, by: one },
  delivered_per_min: { of: ({ delivered }) => delivered, by: one },
  attempts_per_min: { of: ({ sent }) => sent, by: one },
  cost_usd: { of: ({ costMicroUsd }) => costMicroUsd / 1e6, by: one },
  cost_usd_per_image: { of: ({ costMicroUsd }) => costMicroUsd / 1e6, by: ({ delivered }) => delivered },
};

/** By minute, what each adds to the ratio of the sums: their mean is 0, and their spread that of the ratio. */
function residualsOf({ of, by }: Parts, timeline: readonly TimelineMinute[], minutes: number): number[] {
  const whole = timeline.reduce((sum, minute) => sum + of(minute), 0);
  const whole2 = timeline.reduce((sum, minute) => sum + by(minute), 0);
  const ratio = whole2 === 0 ? 0 : whole / whole2;
  const mean = whole2 / minutes;
  return Array.from({ length: minutes }, (_, index) => {
    const minute = timeline[index];
    return minute === undefined || mean === 0 ? 0 : (of(minute) - ratio * by(minute)) / mean;
  });
}

function difference(base: readonly number[], next: readonly number[]): number[] {
  return next.map((value, index) => value - base[index]!);
}

const BLOCKS_MAX = 20;
const BLOCKS_MIN = 5;
const LAG1_MAX = 0.2;

/** Half of the 95 % interval of the mean; null where too few independent blocks are left. */
function halfWidth(values: readonly number[]): number | null {
  for (let blocks = Math.min(BLOCKS_MAX, values.length); blocks >= BLOCKS_MIN; blocks = Math.floor(blocks / 2)) {
    const means = blockMeans(values, blocks);
    if (lag1(means) >= LAG1_MAX) continue;
    const interval = tInterval(means)!; // there are blocks
    return interval.high - interval.mean;
  }
  return null;
}

/** Blocks of as many minutes each as can be; what is left over goes to the last. */
function blockMeans(values: readonly number[], blocks: number): number[] {
  return Array.from({ length: blocks }, (_, block) => {
    const from = Math.floor((block * values.length) / blocks);
    const to = Math.floor(((block + 1) * values.length) / blocks);
    return values.slice(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  });
}

function lag1(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  if (spread === 0) return 0;
  return values.slice(1).reduce((sum, value, index) => sum + (value - mean) * (values[index]! - mean), 0) / spread;
}
