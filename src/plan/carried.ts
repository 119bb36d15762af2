/**
 * What the quota of a scenario carries for the mix of requests that it offers: per minute and per day, and the pace and
 * concurrency that use it without a refusal.
 *
 * A limit that is not known never counts as unlimited. ipm and rpm count the same thing, since the API makes one image a
 * request: one of them must be known for an answer per minute, and rpd as well for an answer per day; otherwise the answer is
 * unknown. The limits that stayed unknown are listed beside every answer.
 */
import type { Results } from '../analysis/analysis.ts';
import { BUCKETS, type BucketName, type EnforcedBucket, type ModelId } from '../model/names.ts';
import type { LatencySpec, LimitSpec, Scenario } from '../model/scenario.ts';
import { DAY_MS, MINUTE_MS } from '../model/time.ts';
import { enforcedLimit, WINDOW_MS } from '../quota/bucket-set.ts';
import { type Binding, binding, type Load } from './capacity.ts';
import { inFlight, safeInterval, usefulWorkers } from './concurrency.ts';
import { meanLatencyMs } from './latency.ts';

/** How far apart the ways of two requests to the service may be. Assumed; golden's examples use it too. */
export const NETWORK_JITTER_MS = 2_000;
/** The month of the analytic layer. */
export const MONTH_DAYS = 30;

/** Mean costs of the interactive requests of one model. */
export interface Mix {
  readonly model: ModelId;
  readonly requests: number;
  readonly tokens: number;
  readonly microUsd: number;
  readonly latencyMs: number;
}

export interface Carried {
  /** null: all models in the mix that is offered. */
  readonly model: ModelId | null;
  /** Over rpm, ipm, tpm and spend10m, requests per minute; null: unknown, Infinity: nothing limits it. */
  readonly perMinute: number | null;
  readonly minute: Binding<string> | null;
  /** Also over rpd and the monthly cap, which is spread over 30 days; null: unknown, Infinity: nothing limits it. */
  readonly perDay: number | null;
  readonly day: Binding<string> | null;
  /** At which no limiter of the minute refuses; null: unknown, unlimited or nothing to pace. */
  readonly pacePerMinute: number | null;
  /** By Little's law at that pace. */
  readonly concurrency: number | null;
  readonly latencyMs: number;
  /** Limits nobody knows; each could be lower than what is said here. */
  readonly unknown: readonly BucketName[];
}

/** @param offered requests of each traffic entry, by its name */
export function mixOf(scenario: Scenario, offered: Readonly<Record<string, number>>): Mix[] {
  const sums = new Map<ModelId, { requests: number; tokens: number; microUsd: number; latencyMs: number }>();
  for (const { name, request, lane } of scenario.traffic) {
    const requests = offered[name] ?? 0;
    if (lane !== 'interactive' || requests === 0) continue;
    const sum = sums.get(request.model) ?? { requests: 0, tokens: 0, microUsd: 0, latencyMs: 0 };
    sums.set(request.model, {
      requests: sum.requests + requests,
      tokens: sum.tokens + requests * request.inputTokens,
      microUsd: sum.microUsd + requests * request.listMicroUsd,
      latencyMs: sum.latencyMs + requests * meanLatencyMs(latencyOf(scenario, request.model), request.model, request.size),
    });
  }
  return [...sums].map(([model, { requests, tokens, microUsd, latencyMs }]) => ({
    model,
    requests,
    tokens: tokens / requests,
    microUsd: microUsd / requests,
    latencyMs: latencyMs / requests,
  }));
}

/** null without interactive traffic. @param model null: all of the mix together */
export function carried(scenario: Scenario, mixes: readonly Mix[], model: ModelId | null): Carried | null {
  const members = mixes.filter((mix) => model === null || mix.model === model);
  const total = members.reduce((sum, mix) => sum + mix.requests, 0);
  if (total === 0) return null;
  const shares = members.map((mix) => ({ ...mix, share: mix.requests / total }));
  const latencyMs = shares.reduce((sum, mix) => sum + mix.share * mix.latencyMs, 0);
  const minute: Record<string, Load> = {};
  const day: Record<string, Load> = {};
  const unknown = new Set<BucketName>();
  const isManyModels = members.length > 1;
  const { quota } = scenario;
  const isMinuteKnown = shares.every((mix) => isSettled(quota.limits, mix.model, ['ipm', 'rpm']));
  const isDayKnown = isMinuteKnown && shares.every((mix) => isSettled(quota.limits, mix.model, ['rpd']));
  for (const limit of quota.limits) {
    const bucket = limit.bucket as EnforcedBucket;
    const of = shares.filter((mix) => limit.model === null || limit.model === mix.model);
    if (!BUCKETS.includes(bucket) || of.length === 0) continue;
    const enforced = enforcedLimit(limit);
    if (limit.state === 'unknown' && enforced === null) unknown.add(bucket);
    if (enforced === null) continue;
    const cost = of.reduce((sum, mix) => sum + mix.share * costOf(mix, bucket), 0);
    const owners = limit.model === null ? quota.accounts : quota.projects;
    const windowMs = WINDOW_MS[bucket];
    const name = isManyModels && limit.model !== null ? `${bucket} of ${limit.model}` : bucket;
    const load = { limit: enforced * owners, cost };
    if (windowMs !== null) minute[name] = { ...load, window: windowMs / MINUTE_MS };
    day[name] = { ...load, window: windowMs === null ? (bucket === 'rpd' ? 1 : MONTH_DAYS) : windowMs / DAY_MS };
  }
  const ofMinute = binding(minute);
  const ofDay = binding(day);
  const pacePerMinute = isMinuteKnown ? safePacePerMinute(minute, quota.window === 'sliding-counter') : null;
  return {
    model,
    perMinute: isMinuteKnown ? (ofMinute?.rate ?? Infinity) : null,
    minute: isMinuteKnown ? ofMinute : null,
    perDay: isDayKnown ? (ofDay?.rate ?? Infinity) : null,
    day: isDayKnown ? ofDay : null,
    pacePerMinute,
    concurrency: pacePerMinute === null || pacePerMinute === 0 ? null : usefulWorkers(inFlight(pacePerMinute, latencyMs)),
    latencyMs,
    unknown: [...unknown],
  };
}

/** What capacity.csv says beyond the run itself, by model and under `all`; follows from the journal alone. */
export function foundBy(results: Results): Readonly<
  Record<
    ModelId,
    {
      readonly sustainablePerMinute: number | null;
      readonly sustainablePerDay: number | null;
      readonly recommendedConcurrency: number | null;
      readonly recommendedPacePerMinute: number | null;
    }
  >
> {
  const scenario = results.header.resolved;
  const mixes = offeredMix(results);
  return Object.fromEntries(
    [...results.models.map(({ model }) => model), null].flatMap((model) => {
      const found = carried(scenario, mixes, model);
      if (!found) return [];
      const { perMinute, perDay, concurrency, pacePerMinute } = found;
      return [
        [
          model ?? 'all',
          {
            sustainablePerMinute: perMinute,
            sustainablePerDay: perDay,
            recommendedConcurrency: concurrency,
            recommendedPacePerMinute: pacePerMinute,
          },
        ],
      ];
    }),
  );
}

/** The same with its reasons, for all models together. */
export function carriedBy(results: Results): Carried | null {
  return carried(results.header.resolved, offeredMix(results), null);
}

function offeredMix({ header, summary }: Results): Mix[] {
  return mixOf(header.resolved, Object.fromEntries(Object.entries(summary.traffic).map(([name, block]) => [name, block.requests.offered])));
}

/** At least one of these counters of a model is known, or all of them are lifted. */
function isSettled(limits: readonly LimitSpec[], model: ModelId, buckets: readonly BucketName[]): boolean {
  const own = limits.filter((limit) => limit.model === model && buckets.includes(limit.bucket));
  return own.some((limit) => enforcedLimit(limit) !== null) || own.every((limit) => limit.state === 'none');
}

function costOf(mix: Mix, bucket: EnforcedBucket): number {
  if (bucket === 'tpm') return mix.tokens;
  return bucket === 'spend10m' || bucket === 'monthly' ? mix.microUsd : 1;
}

/** null: no bucket of the minute limits anything. Windows hold whole requests. */
function safePacePerMinute(loads: Readonly<Record<string, Load>>, isSlidingCounter: boolean): number | null {
  const paces = Object.entries(loads).flatMap(([name, { limit, cost, window }]) => {
    if (cost === 0) return [];
    const whole = Math.floor(limit / cost);
    if (whole < 1) return [0];
    const windowMs = window * MINUTE_MS;
    const isCounter = isSlidingCounter && name !== 'spend10m';
    return [MINUTE_MS / safeInterval({ limit: whole, window: windowMs, jitter: NETWORK_JITTER_MS, isSlidingCounter: isCounter })];
  });
  return paces.length === 0 ? null : Math.min(...paces);
}

function latencyOf(scenario: Scenario, model: ModelId): LatencySpec | null {
  return scenario.service.latency[model] ?? null;
}
