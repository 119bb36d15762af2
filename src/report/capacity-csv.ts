/** capacity.csv: what a scenario delivered, for each model and for all; one file may hold several runs. */
import type { Results } from '../analysis/analysis.ts';
import { BUCKETS, type BucketName, type EnforcedBucket, type ModelId } from '../model/names.ts';
import type { ClientSpec, LimitSpec, QuotaSpec, TrafficEntry } from '../model/scenario.ts';
import { DAY_MS, MINUTE_MS } from '../model/time.ts';
import { type Cell, rowsToCsv } from './csv.ts';

/** Without `schema_version`; sweeps put their varied paths in front. */
export const CAPACITY_COLUMNS = [
  'run_id',
  'scenario',
  'mode',
  'seed',
  'profile',
  'tier',
  'projects',
  'window',
  'model',
  'image_size',
  'concurrency',
  'pace_per_min',
  'offered_per_min',
  'delivered_per_min',
  'delivered_per_day',
  'sustainable_per_min',
  'sustainable_per_day',
  'makespan_ms',
  'success_ratio',
  'latency_ms_p50',
  'latency_ms_p95',
  'latency_ms_p99',
  'first_bucket',
  'first_exhausted_ms',
  'binding_bucket',
  'headroom_ratio',
  'rejected_429',
  'overloaded_503',
  'attempts_sent',
  'attempts_wasted',
  'cost_usd',
  'cost_usd_per_image',
  'recommended_concurrency',
  'recommended_pace_per_min',
  'limit_source',
  'limits_as_of',
  'passed',
  'tool_version',
] as const;

/** What only a search for the highest load can know; left out is unknown. */
export interface CapacityFound {
  readonly sustainablePerMinute?: number | null;
  readonly sustainablePerDay?: number | null;
  readonly recommendedConcurrency?: number | null;
  readonly recommendedPacePerMinute?: number | null;
}

/** By model id, and under `all`. */
export type CapacityFoundByModel = Readonly<Record<ModelId, CapacityFound>>;

export function capacityHeader(): string {
  return rowsToCsv(CAPACITY_COLUMNS).header();
}

/** A row for each model that was offered traffic, then one for `all`. */
export function* capacityRows(results: Results, found: CapacityFoundByModel = {}): Generator<string> {
  const csv = rowsToCsv(CAPACITY_COLUMNS);
  for (const cells of capacityCells(results, found)) yield csv.row(cells);
}

/** The same rows as cells in the order of `CAPACITY_COLUMNS`, for files that put columns of their own in front. */
export function capacityCells(results: Results, found: CapacityFoundByModel = {}): Cell[][] {
  const ofModels = results.models.map(({ model }) => cellsOf(results, model, found[model] ?? {}));
  return [...ofModels, cellsOf(results, null, found['all'] ?? {})];
}

/** @param model null: all of them */
function cellsOf(results: Results, model: ModelId | null, found: CapacityFound): Cell[] {
  const { header, summary } = results;
  const { quota, traffic, clients } = header.resolved;
  const block = model === null ? results.total : results.models.find((candidate) => candidate.model === model)!;
  const entries = model === null ? traffic : traffic.filter((entry) => entry.request.model === model);
  const metric = (name: string): number | string | null => (model === null ? results.metric(name) : results.metric(name, model));
  const first = firstOf(results, model);
  const peak = peakOf(results, model);
  return [
    header.runId,
    header.scenario.name,
    header.mode,
    header.seed,
    quota.profile,
    quota.tier,
    quota.projects,
    quota.window,
    model ?? 'all',
    single(entries.map((entry) => entry.request.size)),
    single(clientsOf(entries, clients).map((client) => client.concurrency)),
    single(clientsOf(entries, clients).map(({ pace }) => (pace === null ? null : (pace.count * MINUTE_MS) / pace.perMs))),
    metric('offered_per_min'),
    metric('delivered_per_min'),
    // A shorter run says nothing about a day: the daily limit may lie just behind its end.
    summary.durationMs >= DAY_MS ? (block.delivered * DAY_MS) / summary.durationMs : null,
    found.sustainablePerMinute ?? null,
    found.sustainablePerDay ?? null,
    metric('makespan_ms'),
    metric('success_ratio'),
    metric('latency_ms_p50'),
    metric('latency_ms_p95'),
    metric('latency_ms_p99'),
    first?.bucket ?? 'none',
    first?.atMs ?? null,
    bindingOf(results, model),
    peak === null ? null : 1 - peak,
    block.throttled,
    block.overloaded,
    block.sent,
    block.wasted,
    metric('cost_usd'),
    metric('cost_usd_per_image'),
    found.recommendedConcurrency ?? null,
    found.recommendedPacePerMinute ?? null,
    sourceOf(quota, entries),
    quota.profileAsOf,
    summary.passed,
    header.tool.version,
  ];
}

/** The bucket that refused this model first; of the whole run, where it was this model or its account. */
function firstOf({ summary, models }: Results, model: ModelId | null): { bucket: BucketName; atMs: number | null } | null {
  const { firstBucket } = summary;
  if (model === null || models.length === 1) return firstBucket;
  if (models.find((block) => block.model === model)!.throttled === 0) return null;
  if (firstBucket?.model === model) return firstBucket;
  let first: { bucket: BucketName; atMs: number } | null = null;
  for (const { bucket, model: owner, firstExhaustedAtMs } of summary.buckets)
    if ((owner === null || owner === model) && firstExhaustedAtMs !== null && (first === null || firstExhaustedAtMs < first.atMs))
      first = { bucket, atMs: firstExhaustedAtMs };
  return first ?? { bucket: 'unnamed', atMs: null };
}

/** Which bucket binds one of several models is known only where it is the one that binds the run. */
function bindingOf({ summary: { bindingBucket }, models }: Results, model: ModelId | null): BucketName | 'none' | null {
  if (bindingBucket === null) return 'none';
  const isOurs = model === null || models.length === 1 || bindingBucket.model === null || bindingBucket.model === model;
  return isOurs ? bindingBucket.bucket : null;
}

/**
 * The profile, and which limits of these entries nobody knows: what they carry beyond the known ones is not promised by the row.
 * `best-known; unknown: ipm`
 */
function sourceOf({ profile, limits }: QuotaSpec, entries: readonly TrafficEntry[]): string {
  const models = entries.filter(({ lane }) => lane === 'interactive').map(({ request }) => request.model);
  const open = limits.filter(
    ({ bucket, model, state }) =>
      state === 'unknown' && BUCKETS.includes(bucket as EnforcedBucket) && (model === null ? models.length > 0 : models.includes(model)),
  );
  const named = (what: string, some: readonly LimitSpec[]): string[] =>
    some.length === 0 ? [] : [`${what}: ${[...new Set(some.map(({ bucket }) => bucket))].join(' ')}`];
  const unknown = open.filter(({ interval }) => interval === null);
  const within = open.filter(({ interval }) => interval !== null);
  return [profile, ...named('unknown', unknown), ...named('lower end of an interval', within)].join('; ');
}

function peakOf({ summary }: Results, model: ModelId | null): number | null {
  const peaks = summary.buckets.flatMap((bucket) =>
    bucket.peakUtilisation === null || (model !== null && bucket.model !== null && bucket.model !== model) ? [] : [bucket.peakUtilisation],
  );
  return peaks.length === 0 ? null : Math.max(...peaks);
}

function clientsOf(entries: readonly TrafficEntry[], clients: readonly ClientSpec[]): ClientSpec[] {
  return entries.flatMap((entry) => clients[entry.client] ?? []);
}

/** The value that all share; null where they differ. */
function single<Value extends Cell>(values: readonly Value[]): Value | null {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : null;
}
