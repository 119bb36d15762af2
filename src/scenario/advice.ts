/** What a scenario says that its author may not mean: for `rundry validate`, before anything runs. */
import { findModel } from '../model/catalogue.ts';
import type { BucketName, ModelId } from '../model/names.ts';
import type { ClientSpec, LatencySpec, LimitSpec, Rate, Scenario, Trace, TrafficEntry, Warning } from '../model/scenario.ts';
import { DAY_MS, MINUTE_MS, SPEND_WINDOW_MS } from '../model/time.ts';

export function adviseScenario(scenario: Scenario): readonly Warning[] {
  return [
    ...scenario.traffic.flatMap((entry) => timeoutAdvice(scenario, entry)),
    ...scenario.clients.flatMap(retryAdvice),
    ...offeredAdvice(scenario),
    ...unknownLimits(scenario),
  ];
}

function timeoutAdvice(scenario: Scenario, entry: TrafficEntry): readonly Warning[] {
  const { timeoutMs } = scenario.clients[entry.client]!;
  const p95Ms = latencyMsP95(scenario, entry);
  if (entry.lane === 'batch' || timeoutMs === null || p95Ms === null || timeoutMs >= p95Ms) return [];
  const text = `traffic entry "${entry.name}": client.timeout ${seconds(timeoutMs)} is below the p95 latency of ${entry.request.model} at ${entry.request.size}, ${seconds(p95Ms)}: attempts that are given up are billed all the same`;
  return [{ code: 'timeout-below-p95', text }];
}

function retryAdvice({ name, retry }: ClientSpec): readonly Warning[] {
  const retries = retry.attempts > 1 || retry.throttledAttempts === null || retry.throttledAttempts > 1;
  if (!retries || retry.retryOn.length === 0) return [];
  const warnings: Warning[] = [];
  if (retry.jitter === 'none')
    warnings.push({ code: 'no-jitter', text: `${name}: retry.jitter is none: requests refused together come back together` });
  if (!retry.obeyRetryInfo && retry.retryOn.includes(429)) {
    warnings.push({
      code: 'told-delay-ignored',
      text: `${name}: retry.obeyRetryInfo is false: a 429 that says when to come back is retried before that`,
    });
  }
  return warnings;
}

/** Buckets that time refills, with their window and what an entry's request takes from them. */
const DEMANDS: readonly { bucket: BucketName; windowMs: number; per: string; cost: (entry: TrafficEntry) => number }[] = [
  { bucket: 'rpm', windowMs: MINUTE_MS, per: 'in a minute', cost: () => 1 },
  { bucket: 'ipm', windowMs: MINUTE_MS, per: 'in a minute', cost: () => 1 },
  { bucket: 'tpm', windowMs: MINUTE_MS, per: 'in a minute', cost: ({ request }) => request.inputTokens },
  { bucket: 'rpd', windowMs: DAY_MS, per: 'in a day', cost: () => 1 },
  { bucket: 'spend10m', windowMs: SPEND_WINDOW_MS, per: 'in ten minutes', cost: ({ request }) => request.listMicroUsd },
];

function offeredAdvice(scenario: Scenario): readonly Warning[] {
  return scenario.quota.limits.flatMap((limit): Warning[] => {
    const demand = DEMANDS.find(({ bucket }) => bucket === limit.bucket);
    if (!demand || limit.state !== 'known' || limit.limit === null) return [];
    const entries = scenario.traffic.filter(
      ({ lane, request }) => lane === 'interactive' && (limit.model === null || request.model === limit.model),
    );
    const offered = entries.reduce((sum, entry) => sum + requestsMaxWithin(scenario, entry, demand.windowMs) * demand.cost(entry), 0);
    const supply = limit.limit * (limit.model === null ? scenario.quota.accounts : scenario.quota.projects);
    if (offered <= supply) return [];
    const who = limit.model ?? 'the account';
    const text = `${who}: up to ${amount(limit, offered)} may be offered ${demand.per}, ${limit.bucket} allows ${amount(limit, supply)} (${limit.source.from})`;
    return [{ code: 'offered-above-limit', text }];
  });
}

function unknownLimits(scenario: Scenario): readonly Warning[] {
  const buckets = new Map<ModelId | null, BucketName[]>();
  const usesBatch =
    scenario.traffic.some(({ lane }) => lane === 'batch') ||
    scenario.clients.some(({ fallback }) => fallback.some(({ to }) => 'lane' in to));
  for (const { model, bucket, state } of scenario.quota.limits) {
    const matters = usesBatch || !bucket.startsWith('batch');
    if (state === 'unknown' && matters) buckets.set(model, [...(buckets.get(model) ?? []), bucket]);
  }
  return [...buckets].map(([model, names]) => ({
    code: 'limit-unknown',
    text: `${model ?? 'the account'}: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} unknown at tier ${scenario.quota.tier}, so nothing is refused for that here: read the live values in AI Studio and put them under quota.limits`,
  }));
}

/** Requests that an entry may send in any window of this length, first attempts only: an upper bound, 0 where nothing bounds it. */
function requestsMaxWithin(scenario: Scenario, entry: TrafficEntry, windowMs: number): number {
  const leftMs = Math.min(entry.durationMs, scenario.clock.durationMs - entry.startMs);
  if (leftMs <= 0) return 0;
  const requests = jobsMaxWithin(entry, Math.min(windowMs, leftMs)) * entry.images;
  return Math.min(requests, drainedMaxWithin(scenario, entry, windowMs));
}

function jobsMaxWithin({ shape }: TrafficEntry, windowMs: number): number {
  const at = (...rates: readonly Rate[]): number => Math.max(...rates.map(({ count, perMs }) => (count * windowMs) / perMs));
  switch (shape.kind) {
    case 'steady':
    case 'poisson':
    case 'gamma':
      return at(shape.rate);
    case 'ramp':
      return at(shape.from, shape.to);
    case 'stages':
      return at(shape.from, ...shape.stages.map(({ to }) => to));
    case 'stairs':
      return at(shape.from) + at(shape.step) * (shape.times - 1);
    case 'spike':
      return at(shape.base, shape.peak);
    case 'diurnal': {
      const highestHour = Math.max(...shape.weights) / shape.weights.reduce((sum, weight) => sum + weight, 0);
      return Math.min((shape.perDay * windowMs) / DAY_MS, shape.perDay) * (windowMs < DAY_MS ? highestHour * 24 : 1);
    }
    case 'burst':
      return shape.requests * Math.min(shape.times, Math.ceil(windowMs / shape.everyMs));
    case 'flood':
      return shape.requests;
    case 'users':
      return 0;
    case 'replay':
      return shape.trace === null ? 0 : busiest(shape.trace, windowMs * shape.speed) * shape.scale;
    default:
      return shape satisfies never;
  }
}

/** What the client's own slots and pace let through. */
function drainedMaxWithin(scenario: Scenario, entry: TrafficEntry, windowMs: number): number {
  const { concurrency, paceIntervalMs } = scenario.clients[entry.client]!;
  const paced = paceIntervalMs === null ? Infinity : Math.ceil(windowMs / paceIntervalMs);
  const p50Ms = latencyMsP50(scenario, entry);
  const slotted = concurrency === null || p50Ms === null || p50Ms === 0 ? Infinity : concurrency * (1 + Math.floor(windowMs / p50Ms));
  return Math.min(paced, slotted);
}

function busiest({ atMs }: Trace, windowMs: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < atMs.length; last++) {
    while (atMs[last]! - atMs[first]! >= windowMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

function latencyMsP95(scenario: Scenario, entry: TrafficEntry): number | null {
  return quantile(scenario, entry, { lognormal: 'p95Ms', exponential: Math.log(20), erlang2: 2.37193 });
}

function latencyMsP50(scenario: Scenario, entry: TrafficEntry): number | null {
  return quantile(scenario, entry, { lognormal: 'p50Ms', exponential: Math.LN2, erlang2: 0.83917 });
}

/** Of the model's latency at the size asked for; the factors are quantiles over means. null: nobody has measured it. */
function quantile(
  scenario: Scenario,
  { request }: TrafficEntry,
  of: { lognormal: 'p50Ms' | 'p95Ms'; exponential: number; erlang2: number },
): number | null {
  const stated: LatencySpec | undefined = scenario.service.latency[request.model];
  if (stated?.kind === 'fixed') return stated.ms;
  if (stated?.kind === 'lognormal') return stated[of.lognormal];
  if (stated) return stated.meanMs * of[stated.kind];
  const model = findModel(request.model);
  const typical = model?.latencyMs[request.size] ?? model?.latencyMs[model.defaultSize];
  return typical ? typical[of.lognormal === 'p95Ms' ? 'p95' : 'p50'] : null;
}

function amount({ bucket }: LimitSpec, value: number): string {
  if (bucket === 'spend10m') return `$${(value / 1_000_000).toFixed(2)}`;
  return `${Math.ceil(value)} ${bucket === 'tpm' ? 'tokens' : bucket === 'ipm' ? 'images' : 'requests'}`;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10}s`;
}
