/** How much a run asks of each limit, as a share of what the limit allows in that time: above 1, no waiting within the run helps. */
import type { Summary } from '../analysis/summary.ts';
import { BUCKETS, type EnforcedBucket, type ModelId, type Tier } from '../model/names.ts';
import type { LimitSpec, Scenario } from '../model/scenario.ts';
import { enforcedLimit, WINDOW_MS } from '../quota/bucket-set.ts';
import { daysTouched, monthsTouched } from '../quota/calendar.ts';
import { findProfile, limitsOf } from '../quota/profiles.ts';

/** What a run offers, each request counted once at list price: retries are not part of it. */
export interface Wanted {
  readonly interactive: Readonly<Record<ModelId, { readonly requests: number; readonly tokens: number; readonly microUsd: number }>>;
  readonly batchMicroUsd: number;
}

export interface Strain {
  readonly limit: LimitSpec;
  /** Wanted over allowed, all projects or accounts together; Infinity with a limit of 0, null where the limit is not known. */
  readonly ratio: number | null;
  /** The share of what is wanted that it still lets through, beyond what was used before the run; null where it is not known. */
  readonly carriedRatio: number | null;
}

export function wantedBy(scenario: Scenario, { traffic }: Pick<Summary, 'traffic'>): Wanted {
  return wantedOf(scenario, Object.fromEntries(Object.entries(traffic).map(([name, block]) => [name, block.requests.offered])));
}

/** @param offered requests of each traffic entry, by its name */
export function wantedOf(scenario: Scenario, offered: Readonly<Record<string, number>>): Wanted {
  const interactive: Record<ModelId, { requests: number; tokens: number; microUsd: number }> = {};
  let batchMicroUsd = 0;
  for (const { name, request, lane } of scenario.traffic) {
    const requests = offered[name] ?? 0;
    if (lane === 'batch') {
      batchMicroUsd += requests * request.batchMicroUsd;
      continue;
    }
    const sum = interactive[request.model] ?? { requests: 0, tokens: 0, microUsd: 0 };
    interactive[request.model] = {
      requests: sum.requests + requests,
      tokens: sum.tokens + requests * request.inputTokens,
      microUsd: sum.microUsd + requests * request.listMicroUsd,
    };
  }
  return { interactive, batchMicroUsd };
}

/** Of every limit that something is asked of, worst first; those that are not known stand last. Lifted limits are left out. */
export function strains(scenario: Scenario, wanted: Wanted): Strain[] {
  return scenario.quota.limits
    .flatMap((limit): Strain[] => {
      if (limit.state === 'none' || !(BUCKETS as readonly string[]).includes(limit.bucket)) return [];
      const used = usedOf(scenario, limit);
      const asked = demandOn(limit, wanted);
      const demand = asked + used;
      if (demand === 0 || (asked === 0 && limit.model !== null)) return [];
      const enforced = enforcedLimit(limit);
      if (enforced === null) return [{ limit, ratio: null, carriedRatio: null }];
      const supply = supplyOf(scenario, limit, enforced);
      const carriedRatio = asked === 0 ? 1 : Math.min(1, Math.max(0, supply - used) / asked);
      return [{ limit, ratio: demand / supply, carriedRatio }];
    })
    .toSorted((a, b) => (b.ratio ?? -1) - (a.ratio ?? -1));
}

/** The same scenario with the limits of a tier; null where its profile is not built in and is not read again for other tiers. */
export function atTier(scenario: Scenario, tier: Tier): Scenario | null {
  const { quota } = scenario;
  if (tier === quota.tier) return scenario;
  const profile = findProfile(quota.profile);
  if (!profile) return null;
  const models = [...new Set(quota.limits.flatMap(({ model }) => model ?? []))];
  return { ...scenario, quota: { ...quota, tier, limits: limitsOf(profile, tier, models).limits } };
}

function usedOf({ quota }: Scenario, { bucket, model }: LimitSpec): number {
  if (bucket === 'monthly') return quota.spentThisMonthMicroUsd;
  return bucket === 'rpd' ? (quota.usedToday[model ?? ''] ?? 0) : 0;
}

function demandOn({ bucket, model }: LimitSpec, { interactive, batchMicroUsd }: Wanted): number {
  const own = Object.entries(interactive).flatMap(([id, sums]) => (model === null || model === id ? [sums] : []));
  const requests = own.reduce((sum, each) => sum + each.requests, 0);
  switch (bucket) {
    case 'monthly':
      return own.reduce((sum, each) => sum + each.microUsd, batchMicroUsd);
    case 'spend10m':
      return own.reduce((sum, each) => sum + each.microUsd, 0);
    case 'tpm':
      return own.reduce((sum, each) => sum + each.tokens, 0);
    default:
      return requests;
  }
}

function supplyOf({ quota, clock }: Scenario, limit: LimitSpec, enforced: number): number {
  const owners = limit.model === null ? quota.accounts : quota.projects;
  const endAtMs = clock.startAtMs + clock.durationMs;
  const windowMs = WINDOW_MS[limit.bucket as EnforcedBucket]; // strains() asks for no others
  const touched = limit.bucket === 'rpd' ? daysTouched : monthsTouched;
  return enforced * owners * (windowMs === null ? touched(clock.startAtMs, endAtMs) : Math.max(1, clock.durationMs / windowMs));
}
