/** From what day the tier that a plan needs can be had, and what the tier of today carries until then. */
import type { Tier } from '../model/names.ts';
import type { LimitSpec, Scenario } from '../model/scenario.ts';
import { DAY_MS, MINUTE_MS } from '../model/time.ts';
import { WINDOW_MS } from '../quota/bucket-set.ts';
import { carried, mixOf } from './carried.ts';
import { lanes } from './lanes.ts';
import { offeredRequests } from './offered.ts';
import { type Strain, strains, type Wanted, wantedOf } from './strain.ts';
import { type TierReach, tierReach } from './tier-dates.ts';

export interface TierBridge {
  readonly reach: TierReach;
  /** What one run gets on the interactive lane at the tier of today. */
  readonly today: {
    readonly tier: Tier;
    readonly wanted: number;
    /** Of the wanted, within the run; null: a limit that decides is not known. */
    readonly carried: number | null;
    /** The limit that holds it down; null: none does. */
    readonly limit: LimitSpec | null;
    /** At which nothing refuses; null: not known or not needed. */
    readonly pacePerMinute: number | null;
    /** How long all that is wanted takes at that pace and at the limits of days and months; null: not known. */
    readonly takesMs: number | null;
    /** Images a day over both lanes; null: not known, or nothing limits them. */
    readonly bothLanesPerDay: number | null;
    /** The limits that hold both lanes together down; a month's cap is spread over its days. */
    readonly bothLanesHeldBy: readonly string[];
  };
}

/** @param usdPerRun what one run of the scenario costs at the tier of today; one that is shorter than a day comes once a day (assumed) */
export function bridge(scenario: Scenario, tier: Tier, usdPerRun: number, seed: number): TierBridge | null {
  if (tier === 'free') return null;
  const days = Math.max(1, scenario.clock.durationMs / DAY_MS);
  const counts: Record<string, number> = {};
  for (const { entry } of offeredRequests(scenario, seed)) counts[entry.name] = (counts[entry.name] ?? 0) + 1;
  const { interactive } = wantedOf(scenario, counts);
  const wanted = Object.values(interactive).reduce((sum, { requests }) => sum + requests, 0);
  const found = carried(scenario, mixOf(scenario, counts), null);
  const strained = strains(scenario, wantedOf(scenario, counts));
  const worst = strained.find(({ ratio }) => ratio !== null);
  const held = worst && (worst.ratio ?? 0) > 1 ? worst : null;
  const isKnown = found !== null && found.perDay !== null && found.perMinute !== null;
  const pacePerMinute = found?.pacePerMinute || null; // 0: nothing passes at any pace
  const both = lanes(scenario);
  const areLanesKnown = both !== null && both.leftOut.length === 0 && scenario.quota.tier !== 'free';
  return {
    reach: tierReach(scenario, tier, usdPerRun / days),
    today: {
      tier: scenario.quota.tier,
      wanted,
      carried: held ? carriedWithin(interactive, strained) : isKnown ? wanted : null,
      limit: held?.limit ?? null,
      pacePerMinute,
      takesMs: pacePerMinute === null || !found?.perDay ? null : longest(wanted, pacePerMinute, found.perDay, held?.limit ?? null),
      bothLanesPerDay: areLanesKnown ? both.perDay : null,
      bothLanesHeldBy: both?.prices.filter(({ worth }) => worth > 0).map(({ name }) => name) ?? [],
    },
  };
}

/** Each model within its own limits, then all within those of the account, as they are asked for: nobody is preferred. */
function carriedWithin(interactive: Wanted['interactive'], strained: readonly Strain[]): number {
  const least = (of: (limit: LimitSpec) => boolean): number =>
    strained.reduce((share, { limit, carriedRatio }) => (of(limit) ? Math.min(share, carriedRatio ?? 1) : share), 1);
  const models = Object.entries(interactive).map(([id, { requests, microUsd }]) => ({
    requests,
    microUsd,
    share: least(({ model }) => model === id),
  }));
  const wantedMicroUsd = models.reduce((sum, { microUsd }) => sum + microUsd, 0);
  const leftMicroUsd = models.reduce((sum, { microUsd, share }) => sum + microUsd * share, 0);
  const ofMoney = leftMicroUsd === 0 ? 1 : Math.min(1, (least(({ model }) => model === null) * wantedMicroUsd) / leftMicroUsd);
  const carried = models.reduce((sum, { requests, share }) => sum + requests * share * ofMoney, 0);
  return Math.floor(Number(carried.toPrecision(12))); // 250, not 249.99…
}

/** Days count whole where a day or a month is what holds it down. */
function longest(wanted: number, pacePerMinute: number, perDay: number, limit: LimitSpec | null): number {
  const pacedMs = (wanted / pacePerMinute) * MINUTE_MS;
  const isCalendar = limit !== null && WINDOW_MS[limit.bucket as keyof typeof WINDOW_MS] === null;
  return isCalendar ? Math.max(pacedMs, Math.ceil(wanted / perDay) * DAY_MS) : pacedMs;
}
