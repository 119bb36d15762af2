/** Two runs of the same traffic: what changed, which bucket changed it, and which rules about change it breaks. */
import type { ChangeRule } from '../model/change-rule.ts';
import { type BucketName, isAccountBucket, type ModelId } from '../model/names.ts';
import type { Results } from './analysis.ts';
import { type Change, changeOverMinutes, changeOverSeeds, type MetricValues } from './change.ts';
import { type Difference, settingsChanged } from './comparable.ts';

/** What is shown of every comparison; rules may name others. */
export const COMPARED_METRICS: readonly string[] = [
  'success_ratio',
  'delivered_per_min',
  'attempts_per_request',
  'throttled_ratio',
  'overloaded_ratio',
  'errored_ratio',
  'wasted_ratio',
  'latency_ms_p50',
  'latency_ms_p95',
  'latency_ms_p99',
  'queue_wait_ms_p95',
  'makespan_ms',
  'cost_usd',
  'cost_usd_per_image',
  'first_bucket',
  'binding_bucket',
];

/** A bucket of all projects, or of the account. Money in dollars. */
export interface BucketChange {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  /** null: unknown, or none. */
  readonly baseLimit: number | null;
  readonly nextLimit: number | null;
  readonly baseRejected: number;
  readonly nextRejected: number;
}

export interface RuleResult {
  readonly expression: string;
  readonly change: Change;
  /** The rule was broken. */
  readonly holds: boolean;
  /**
   * `exact`: the same seed in virtual time, so that nothing but what differs made the change; `told`: the interval excludes no
   * change; `luck`: the measured change is past the bar, but its interval includes none; `one-run`: there is no interval, the
   * measured change decides; `unknown`: the second run has no value where the first had one; `within`: not past the bar.
   */
  readonly why: 'exact' | 'told' | 'luck' | 'one-run' | 'unknown' | 'within';
}

export interface Comparison {
  readonly base: Results;
  readonly next: Results;
  readonly seeds: number;
  readonly changes: readonly Change[];
  /** Of all rules, in their order. */
  readonly rules: readonly RuleResult[];
  readonly buckets: readonly BucketChange[];
  /** The bucket that explains the change best; null: none refuses more or less than before. */
  readonly culprit: BucketChange | null;
  readonly differences: readonly Difference[];
  /** What makes the comparison weaker than it looks. */
  readonly notes: readonly string[];
  /** No rule was broken. */
  readonly passed: boolean;
}

export interface CompareOptions {
  readonly rules: readonly ChangeRule[];
  /** Values of both under each shared seed, the runs' own included; fewer than two: the runs alone. */
  readonly seeds?: readonly { readonly base: MetricValues; readonly next: MetricValues }[];
}

/** @param base and next may be compared, see `incomparable` */
export function compare(base: Results, next: Results, { rules, seeds = [] }: CompareOptions): Comparison {
  const changeOf = (metric: string): Change => (seeds.length > 1 ? changeOverSeeds(metric, seeds) : changeOverMinutes(metric, base, next));
  const isExact = seeds.length < 2 && base.header.mode === 'sim' && next.header.mode === 'sim' && base.header.seed === next.header.seed;
  const judged = rules.map((rule) => judge(rule, changeOf(rule.metric), isExact));
  const buckets = bucketChanges(base, next);
  return {
    base,
    next,
    seeds: Math.max(1, seeds.length),
    changes: COMPARED_METRICS.map(changeOf),
    rules: judged,
    buckets,
    culprit: culpritOf(buckets),
    differences: settingsChanged(base.header.resolved, next.header.resolved),
    notes: notesOn(base, next),
    passed: judged.every(({ holds }) => !holds),
  };
}

function judge(rule: ChangeRule, change: Change, isExact: boolean): RuleResult {
  const result = (holds: boolean, why: RuleResult['why']): RuleResult => ({ expression: rule.expression, change, holds, why });
  if (rule.than.kind === 'name') return change.base === change.next ? result(false, 'within') : result(true, isExact ? 'exact' : 'one-run');
  if (change.next === null && change.base !== null) return result(true, 'unknown');
  if (!isPast(rule, change)) return result(false, 'within');
  if (isExact) return result(true, 'exact');
  if (change.interval === null) return result(true, 'one-run');
  const { low, high } = change.interval;
  return low > 0 || high < 0 ? result(true, 'told') : result(false, 'luck');
}

function isPast({ op, than }: ChangeRule, { base, next, amount, ratio }: Change): boolean {
  // From nothing, any growth is more than any share, and there is no way down.
  const grown = base === 0 && typeof next === 'number' && next !== 0 ? Math.sign(next) * Infinity : null;
  const observed = than.kind === 'ratio' ? (ratio ?? grown) : amount;
  if (observed === null || than.kind === 'name') return false;
  switch (op) {
    case '<':
      return observed < than.value;
    case '<=':
      return observed <= than.value;
    case '>':
      return observed > than.value;
    case '>=':
      return observed >= than.value;
    case '!=':
      return observed !== than.value;
    default:
      return op satisfies never;
  }
}

function bucketChanges(base: Results, next: Results): BucketChange[] {
  const [before, after] = [byBucket(base), byBucket(next)];
  return [...new Set([...before.keys(), ...after.keys()])].map((key) => {
    const [a, b] = [before.get(key), after.get(key)];
    const { bucket, model } = (b ?? a)!; // one of them has the key
    return {
      bucket,
      model,
      baseLimit: a?.limit ?? null,
      nextLimit: b?.limit ?? null,
      baseRejected: a?.rejected ?? 0,
      nextRejected: b?.rejected ?? 0,
    };
  });
}

interface Owned {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly limit: number | null;
  readonly rejected: number;
}

/** Projects together: they have the same limits. */
function byBucket({ summary }: Results): Map<string, Owned> {
  const found = new Map<string, Owned>();
  for (const { bucket, model, limit, rejected } of summary.buckets) {
    const key = `${bucket} ${isAccountBucket(bucket) ? '' : model}`;
    found.set(key, { bucket, model, limit, rejected: rejected + (found.get(key)?.rejected ?? 0) });
  }
  return found;
}

/** Of those that refuse more, one whose limit changed, then the one that refuses most more; else of those that refuse less. */
function culpritOf(buckets: readonly BucketChange[]): BucketChange | null {
  const more = buckets.filter(({ baseRejected, nextRejected }) => nextRejected > baseRejected);
  const less = buckets.filter(({ baseRejected, nextRejected }) => nextRejected < baseRejected);
  const by = (few: readonly BucketChange[]): BucketChange | null =>
    few.toSorted((a, b) => Number(isMoved(b)) - Number(isMoved(a)) || shift(b) - shift(a))[0] ?? null;
  return by(more) ?? by(less);
}

function isMoved({ baseLimit, nextLimit }: BucketChange): boolean {
  return baseLimit !== nextLimit;
}

function shift({ baseRejected, nextRejected }: BucketChange): number {
  return Math.abs(nextRejected - baseRejected);
}

function notesOn(base: Results, next: Results): string[] {
  const [a, b] = [base.header, next.header];
  const late = (which: string, { summary }: Results): string[] =>
    summary.warnings.some(({ code }) => code === 'generator-late') ? [`The load generator of ${which} was late: distrust its times.`] : [];
  return [
    ...(a.mode === b.mode ? [] : [`BASE is a ${a.mode} run and NEW a ${b.mode} run: some of the change may come from that.`]),
    ...(a.mode === 'live' && b.mode === 'live' && a.startAt !== b.startAt
      ? [`The live runs began at ${a.startAt} and ${b.startAt}: the hour, and what was used of the day, are not the same.`]
      : []),
    ...(a.seed === b.seed ? [] : [`The seeds are ${a.seed} and ${b.seed}: some of the change is luck.`]),
    ...(a.tool.version === b.tool.version
      ? []
      : [`BASE was made by version ${a.tool.version} and NEW by ${b.tool.version}: some of the change may be the program's.`]),
    ...late('BASE', base),
    ...late('NEW', next),
  ];
}
