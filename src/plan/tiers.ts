/** Which tier, or how many projects, a demand needs. */

/** null: not known, which is never enough. */
export interface TierLimits<Name extends string> {
  readonly name: Name;
  readonly ipm: number | null;
  readonly rpd: number | null;
  readonly spend10mUsd: number | null;
  readonly monthlyUsd: number | null;
}

export interface DailyDemand {
  readonly imagesPerDay: number;
  readonly peakPerMin: number;
  readonly usdPerImage: number;
}

type Blocker = 'ipm' | 'rpd' | 'spend10m' | 'monthly';

/** The first tier that carries the demand, and for each what stands in the way; a month counts 30 days. */
export function tierFor<Name extends string>(
  tiers: readonly TierLimits<Name>[],
  { imagesPerDay, peakPerMin, usdPerImage }: DailyDemand,
): { tier: Name | null; blockers: Readonly<Record<Name, readonly Blocker[]>> } {
  const blockersOf = (tier: TierLimits<Name>): Blocker[] => {
    const needed: readonly [Blocker, number | null, number][] = [
      ['ipm', tier.ipm, peakPerMin],
      ['rpd', tier.rpd, imagesPerDay],
      ['spend10m', tier.spend10mUsd, peakPerMin * usdPerImage * 10],
      ['monthly', tier.monthlyUsd, imagesPerDay * 30 * usdPerImage],
    ];
    return needed.flatMap(([bucket, limit, demand]) => (limit !== null && limit >= demand ? [] : [bucket]));
  };
  const blockers = Object.fromEntries(tiers.map((tier) => [tier.name, blockersOf(tier)])) as Record<Name, Blocker[]>; // its keys are the names
  return { tier: tiers.find(({ name }) => blockers[name].length === 0)?.name ?? null, blockers };
}

/** Projects that a demand needs, the last resort: the most over all limits of demand / limit, rounded up. */
export function projectsNeeded(needs: readonly { readonly demand: number; readonly limit: number }[]): number {
  return Math.max(...needs.map(({ demand, limit }) => Math.ceil(demand / limit)));
}
