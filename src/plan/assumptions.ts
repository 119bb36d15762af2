/**
 * What a limit may be where nobody knows it: an interval with its reasons, or nothing.
 *
 * A limit that is not known refuses nothing in a simulation, so a candidate that rests on one would look better than it may be.
 * What decides is known per minute (rpm or ipm, which count the same) and per day (rpd), on the batch lane by batchTokens.
 */
import { type BucketName, type Lane, type ModelId, TIERS, type Tier } from '../model/names.ts';
import type { LimitSpec, Scenario, Setting } from '../model/scenario.ts';
import { findProfile, limitsOf } from '../quota/profiles.ts';
import type { Assumption } from './result.ts';

/** Where another profile is looked at for an upper end: the last figures that Google published for every tier. */
const PUBLISHED = 'published-2025-11';

export interface Assumed {
  readonly assumptions: readonly Assumption[];
  /** Limits that decide and for which there is not even an interval. */
  readonly unknown: readonly LimitSpec[];
}

/**
 * @param scenario at the tier that is looked at
 * @param file at the tier that the file names, with the limits that were read there
 */
export function assumedLimits(scenario: Scenario, file: Scenario): Assumed {
  const found = undecided(scenario).map((group) => ({ group, assumed: group.flatMap((limit) => assume(limit, scenario, file) ?? []) }));
  return {
    assumptions: found.flatMap(({ assumed }) => assumed),
    unknown: found.flatMap(({ group, assumed }) => (assumed.length > 0 ? [] : group)),
  };
}

/** In the words of the file: `quota.limits."gemini-3.1-flash-image".rpm` is `20..500`. */
export function assumptionSetting({ bucket, model, interval: [low, high] }: Assumption): Setting {
  return { path: `quota.limits.${JSON.stringify(model)}.${bucket}`, value: `${low}..${high}` };
}

/** Groups of limits that decide and of which none is known: those that are not known at all. */
function undecided({ traffic, quota }: Scenario): (readonly LimitSpec[])[] {
  const deciding = new Map<string, readonly LimitSpec[]>();
  for (const { lane, request } of traffic)
    for (const buckets of DECIDING[lane])
      deciding.set(
        `${request.model} ${buckets.join(' ')}`,
        quota.limits.filter((limit) => limit.model === request.model && buckets.includes(limit.bucket)),
      );
  return [...deciding.values()].flatMap((group) => {
    const open = openIn(group);
    return open.length === 0 ? [] : [open];
  });
}

/** Those of a model's interactive lane that decide and are not known at all. */
export function unknownOf(model: ModelId, { quota }: Scenario): readonly LimitSpec[] {
  return DECIDING.interactive.flatMap((buckets) =>
    openIn(quota.limits.filter((limit) => limit.model === model && buckets.includes(limit.bucket))),
  );
}

/** Nothing where one of them is known, or taken as an interval. */
function openIn(group: readonly LimitSpec[]): readonly LimitSpec[] {
  const isSettled = group.some(({ state, interval }) => state === 'known' || interval !== null);
  return isSettled ? [] : group.filter(({ state }) => state === 'unknown');
}

/** Of each group one must be known, or all must be lifted. */
const DECIDING: Readonly<Record<Lane, readonly (readonly BucketName[])[]>> = {
  interactive: [['rpm', 'ipm'], ['rpd']],
  batch: [['batchTokens']],
};

/** At least what the next tier below has that is known: no published table gives less to a higher tier. */
function assume(limit: LimitSpec, scenario: Scenario, file: Scenario): Assumption | null {
  const { tier, profile } = scenario.quota;
  const below = TIERS.slice(0, TIERS.indexOf(tier)).toReversed();
  for (const lower of below) {
    const limits = lower === file.quota.tier ? file.quota.limits : profileLimits(profile, lower, limit.model!);
    const low = knownValue(limits, limit);
    if (low === null || low === 0) continue;
    const published = knownValue(profileLimits(PUBLISHED, tier, limit.model!), limit);
    const high = Math.max(low, published ?? low);
    const top = high > low ? `, ${high} in the table of ${PUBLISHED}` : '';
    return {
      bucket: limit.bucket,
      model: limit.model,
      tier,
      interval: [low, high],
      why: `not known at tier ${tier}; taken as no lower than the ${low} of tier ${lower}${top}`,
    };
  }
  return null;
}

function profileLimits(profile: string, tier: Tier, model: ModelId): readonly LimitSpec[] {
  const found = findProfile(profile);
  return found ? limitsOf(found, tier, [model]).limits : [];
}

function knownValue(limits: readonly LimitSpec[], { bucket, model }: LimitSpec): number | null {
  const limit = limits.find((one) => one.bucket === bucket && one.model === model);
  return limit?.state === 'known' ? limit.limit : (limit?.interval?.[0] ?? null);
}
