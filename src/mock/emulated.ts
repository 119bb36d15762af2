/** The service that a mock emulates when nobody hands it a scenario, and a scenario's service made to know the whole catalogue. */
import { findModel, IMAGE_MODELS } from '../model/catalogue.ts';
import { ScenarioError } from '../model/errors.ts';
import { isAccountBucket, type ModelId, type Tier, type WindowKind } from '../model/names.ts';
import type { LimitSpec, QuotaSpec, Scenario, ServiceSpec } from '../model/scenario.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../model/time.ts';
import { findProfile, limitsOf, PROFILE_NAMES } from '../quota/profiles.ts';

export type ModelLimits = Readonly<Partial<Record<'rpm' | 'tpm' | 'ipm' | 'rpd', number | null>>>;

export interface EmulatedOptions {
  /** 1 */
  readonly tier?: Tier;
  /** A built-in profile (best-known). */
  readonly profile?: string;
  /** How minutes refill (fixed). */
  readonly window?: WindowKind;
  /** Number of projects (1). */
  readonly projects?: number;
  /** Limits of your own, by model id; null: none. What is left out keeps the profile's. */
  readonly limits?: Readonly<Record<ModelId, ModelLimits>>;
  /** Faults, overload and latency (none, and the catalogue's). */
  readonly service?: Partial<ServiceSpec>;
  /** 1 */
  readonly seed?: number;
}

/** @throws ScenarioError naming every profile or model that does not exist */
export function emulatedScenario(options: EmulatedOptions, startAtMs: number): Scenario {
  const { tier = '1', profile: name = 'best-known', window = 'fixed', projects = 1, limits = {}, seed = 1 } = options;
  const profile = findProfile(name);
  const strangers = Object.keys(limits).filter((id) => !findModel(id));
  const problems = [
    ...(profile ? [] : [`profile: expected one of ${PROFILE_NAMES.join(', ')}, found "${name}"`]),
    ...strangers.map((id) => `limits: "${id}" is no image model of the catalogue`),
  ];
  if (!profile || problems.length > 0) throw new ScenarioError(problems);
  const known = limitsOf(profile, tier, CATALOGUE);
  return {
    name: 'mock',
    description: null,
    seed,
    clock: { startAtMs, durationMs: HOUR_MS, drainMs: 10 * MINUTE_MS },
    quota: {
      profile: name,
      profileAsOf: known.asOf,
      tier,
      window,
      projects,
      spread: 'round-robin',
      accounts: 1,
      limits: overridden(known.limits, limits),
      usedToday: {},
      spentThisMonthMicroUsd: 0,
    },
    service: { ...SERVICE, ...options.service },
    traffic: [],
    clients: [],
    providers: {},
    budget: { microUsd: null, requests: null },
    thresholds: [],
    goals: null,
    allow: null,
    warnings: known.warnings,
  };
}

/** The same scenario with limits for the models that it does not name, as its profile knows them (none: an own file). */
export function coverCatalogue(scenario: Scenario): Scenario {
  const { quota } = scenario;
  const named = new Set(quota.limits.map(({ model }) => model));
  const missing = CATALOGUE.filter((id) => !named.has(id));
  const profile = findProfile(quota.profile) ?? findProfile('none');
  if (missing.length === 0 || !profile) return scenario;
  const added = limitsOf(profile, quota.tier, missing).limits.filter(({ bucket }) => !isAccountBucket(bucket));
  return { ...scenario, quota: { ...quota, limits: [...quota.limits, ...added] } };
}

const CATALOGUE: readonly ModelId[] = IMAGE_MODELS.map(({ id }) => id);

function overridden(known: readonly LimitSpec[], own: NonNullable<EmulatedOptions['limits']>): QuotaSpec['limits'] {
  const byModel = new Map(
    Object.entries(own).map(([id, values]) => [findModel(id)?.id, values as Readonly<Record<string, number | null | undefined>>]),
  );
  return known.map((spec): LimitSpec => {
    const limit = spec.model === null ? undefined : byModel.get(spec.model)?.[spec.bucket];
    if (limit === undefined) return spec;
    const source = { grade: 'assumed', from: 'mock options', asOf: null } as const;
    return { ...spec, state: limit === null ? 'none' : 'known', limit, interval: null, source };
  });
}

/** What a scenario file that says nothing about its service gets. */
const SERVICE: ServiceSpec = {
  overload: [],
  overloadPreset: null,
  overloadLatencyMs: 2 * SECOND_MS,
  refusalLatencyMs: 0,
  overloadConsumes: true,
  latency: {},
  deadlineMs: 10 * MINUTE_MS,
  blockRatio: 0,
  promptBlockRatio: 0,
  errorRatio: 0,
  faults: [],
  batch: { turnaround: { p50Ms: 2 * HOUR_MS, p95Ms: 6 * HOUR_MS }, expireAfterMs: 48 * HOUR_MS, countsToSpend10m: false },
};
