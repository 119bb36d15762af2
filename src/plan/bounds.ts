/** The most that a ground can deliver, whatever its clients do: what falls due against all that its limits let through. */
import { Demand as OfferedDemand } from '../analysis/demand.ts';
import { BUCKETS, type BucketName, type EnforcedBucket, type ModelId } from '../model/names.ts';
import type { LimitSpec, OverloadRule, Scenario, Span } from '../model/scenario.ts';
import { DAY_MS, HOUR_MS } from '../model/time.ts';
import { enforcedLimit, WINDOW_MS } from '../quota/bucket-set.ts';
import { daysTouched, monthsTouched } from '../quota/calendar.ts';
import type { OfferedRequest } from './offered.ts';

export interface Bound {
  readonly limit: LimitSpec;
  /** Of all projects or accounts, over the whole run; requests, tokens or micro-dollars. */
  readonly supply: number;
  /** What every request asks for, sent once. */
  readonly demand: number;
  /** The share of the supply that goes to overload answers (503), at the least. */
  readonly overloadedRatio: number;
  /** The share of what is offered that this limit lets through at most; 1: it is enough. */
  readonly ratio: number;
}

/**
 * Of every known limit, lowest ratio first. Requests may be sent until the run has drained, and where a 503 counts they are
 * sent when it is rarest: the simulation can only do worse.
 */
export function bounds(scenario: Scenario, offered: readonly OfferedRequest[]): Bound[] {
  const { quota, clock } = scenario;
  const endMs = horizonMs(scenario);
  return quota.limits
    .flatMap((limit): Bound[] => {
      const enforced = enforcedLimit(limit);
      const bucket = limit.bucket as EnforcedBucket;
      if (enforced === null || !BUCKETS.includes(bucket)) return [];
      const demand = demandOn(limit, offered);
      if (demand === 0) return [];
      const owners = limit.model === null ? quota.accounts : quota.projects;
      const used = bucket === 'rpd' ? (quota.usedToday[limit.model!] ?? 0) : bucket === 'monthly' ? quota.spentThisMonthMicroUsd : 0;
      const supply = Math.max(0, enforced * windows(bucket, clock.startAtMs, endMs) - used) * owners;
      const overloadedRatio =
        scenario.service.overloadConsumes && (bucket === 'rpd' || bucket === 'rpm') ? rarest(scenario, limit.model!, endMs) : 0;
      return [{ limit, supply, demand, overloadedRatio, ratio: Math.min(1, (supply * (1 - overloadedRatio)) / demand) }];
    })
    .sort((a, b) => a.ratio - b.ratio);
}

/** Whatever is due on the interactive lane against the list of limits, as `binding_bucket` sees it; null: nothing is above 1. */
export function bindingOf(scenario: Scenario, offered: readonly OfferedRequest[]): { bucket: BucketName; model: ModelId | null } | null {
  const demand = new OfferedDemand(scenario);
  for (const [n, { entry, spec }] of offered.entries()) {
    const microUsd = entry.lane === 'batch' ? spec.batchMicroUsd : spec.listMicroUsd;
    demand.offered(`p${1 + (n % scenario.quota.projects)}`, spec.model, entry.lane, spec.inputTokens, microUsd);
  }
  const tightest = demand.tightest();
  return tightest && (tightest.utilisation === null || tightest.utilisation > 1) ? tightest : null;
}

/** Until when something of the run may still be delivered, ms from its start. */
export function horizonMs({ clock, traffic }: Scenario): number {
  const deadlines = traffic.map(({ startMs, durationMs, deadlineMs }) =>
    deadlineMs === null ? 0 : Math.min(clock.durationMs, startMs + durationMs) + deadlineMs,
  );
  return Math.max(clock.durationMs + clock.drainMs, ...deadlines);
}

/** The share of attempts that the first rule that matches answers 503. @param atMs epoch */
export function overloadAt(rules: readonly OverloadRule[], model: ModelId, atMs: number): number {
  return rules.find((rule) => (rule.models?.includes(model) ?? true) && holds(rule.span, atMs))?.errorRatio ?? 0;
}

function holds(span: Span, atMs: number): boolean {
  if (span.kind === 'once') return atMs >= span.fromAtMs && atMs < span.toAtMs;
  const ofDay = ((atMs % DAY_MS) + DAY_MS) % DAY_MS;
  if (span.fromMs < span.toMs) return ofDay >= span.fromMs && ofDay < span.toMs;
  return span.fromMs === span.toMs || ofDay >= span.fromMs || ofDay < span.toMs;
}

/** The lowest share of 503 in any hour of the run. */
function rarest({ service, clock }: Scenario, model: ModelId, endMs: number): number {
  let least = 1;
  for (let atMs = 0; atMs < endMs; atMs += HOUR_MS / 4)
    least = Math.min(least, overloadAt(service.overload, model, clock.startAtMs + atMs));
  return least;
}

function demandOn({ bucket, model }: LimitSpec, offered: readonly OfferedRequest[]): number {
  let demand = 0;
  for (const { entry, spec } of offered) {
    if (model !== null && spec.model !== model) continue;
    if (entry.lane === 'batch') demand += bucket === 'monthly' ? spec.batchMicroUsd : 0;
    else demand += bucket === 'tpm' ? spec.inputTokens : bucket === 'spend10m' || bucket === 'monthly' ? spec.listMicroUsd : 1;
  }
  return demand;
}

function windows(bucket: EnforcedBucket, startAtMs: number, endMs: number): number {
  const windowMs = WINDOW_MS[bucket];
  if (windowMs !== null) return 1 + Math.ceil(endMs / windowMs);
  return (bucket === 'rpd' ? daysTouched : monthsTouched)(startAtMs, startAtMs + endMs);
}
