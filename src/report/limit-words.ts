/** How a bucket's limit, window and source are written, in every kind of report. */
import type { BucketSummary } from '../analysis/summary.ts';
import type { LimitSpec } from '../model/scenario.ts';
import { formatDuration } from '../model/time.ts';
import { amount } from './words.ts';

/** The date is left out where the profile's name has it. */
export function sourceText({ state, source: { from, grade, asOf } }: LimitSpec): string {
  const name = from.replace(/^profile /, '');
  if (state === 'unknown') return `not known to ${name}`;
  return [name, grade, asOf !== null && !name.includes(asOf) ? asOf : null].filter(Boolean).join(', ');
}

/** `20`, `$10`, `8..12`; `none` and `unknown` are not the same. */
export function limitText(limit: LimitSpec, { bucket, limit: value }: BucketSummary): string {
  switch (limit.state) {
    case 'known':
      return value === null ? 'unknown' : amount(bucket, value);
    case 'none':
      return 'none';
    case 'unknown':
      return limit.interval ? `${limit.interval[0]}..${limit.interval[1]}` : 'unknown';
    default:
      return limit.state satisfies never;
  }
}

/** `1m`, `10m`, `day`, `month` */
export function windowText({ bucket, windowMs }: BucketSummary): string {
  if (windowMs !== null) return formatDuration(windowMs);
  return bucket === 'monthly' ? 'month' : 'day';
}

/** Whom each bucket belongs to: the account, or a model; with its number, and its project, where there are several. */
export function bucketOwners(buckets: readonly BucketSummary[]): (bucket: BucketSummary) => string {
  const hasProjects = buckets.some(({ project }) => project !== null && project !== 'p1');
  return (bucket) => {
    if (bucket.model !== null) return hasProjects ? `${bucket.model} · ${bucket.project}` : bucket.model;
    const same = buckets.filter((one) => one.model === null && one.bucket === bucket.bucket); // in the order of the accounts
    return same.length === 1 ? 'account' : `account ${same.indexOf(bucket) + 1}`;
  };
}
