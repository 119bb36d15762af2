/** Limits of one's own beside those that a profile has. */
import type { BucketName, ModelId, Tier } from '../model/names.ts';
import type { LimitSpec } from '../model/scenario.ts';
import { limitsOf, type Profile } from './profiles.ts';

export interface LimitPair {
  readonly bucket: BucketName;
  /** null: the account's. */
  readonly model: ModelId | null;
  readonly own: LimitSpec;
  readonly profile: LimitSpec;
  readonly judgement: 'same' | 'lower' | 'higher' | 'only-own' | 'only-profile';
}

/** Every limit that one of them knows, of the models that the file names. */
export function limitsDiff(own: Profile, profile: Profile, tier: Tier, models: readonly ModelId[]): LimitPair[] {
  const known = limitsOf(profile, tier, models).limits;
  return limitsOf(own, tier, models).limits.flatMap((mine) => {
    const other = known.find(({ bucket, model }) => bucket === mine.bucket && model === mine.model);
    if (!other || (mine.state === 'unknown' && other.state === 'unknown')) return [];
    return [{ bucket: mine.bucket, model: mine.model, own: mine, profile: other, judgement: judged(mine, other) }];
  });
}

function judged(own: LimitSpec, profile: LimitSpec): LimitPair['judgement'] {
  if (profile.state === 'unknown') return 'only-own';
  if (own.state === 'unknown') return 'only-profile';
  const [mine, theirs] = [own.limit ?? Infinity, profile.limit ?? Infinity];
  return mine === theirs ? 'same' : mine < theirs ? 'lower' : 'higher';
}
