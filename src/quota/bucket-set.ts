/** Every bucket of a scenario that can refuse, and for each model and project those that a request must pass. */
import { BUCKETS, type EnforcedBucket, isAccountBucket, type ModelId } from '../model/names.ts';
import type { LimitSpec, QuotaSpec } from '../model/scenario.ts';
import { MINUTE_MS, SPEND_WINDOW_MS } from '../model/time.ts';
import { Admission } from './admission.ts';
import type { Bucket, BucketSpec } from './bucket.ts';
import { bucket } from './windows.ts';

export interface BucketSet {
  /** Account buckets first, then by project, model and BUCKETS order. */
  readonly all: readonly Bucket[];
  /** By model, an admission for each project. */
  readonly admissions: ReadonlyMap<ModelId, readonly Admission[]>;
}

/** null: a calendar day or month. */
export const WINDOW_MS: Readonly<Record<EnforcedBucket, number | null>> = {
  monthly: null,
  rpd: null,
  spend10m: SPEND_WINDOW_MS,
  ipm: MINUTE_MS,
  tpm: MINUTE_MS,
  rpm: MINUTE_MS,
};

/** The number a limit enforces: what is known, or the lower end of what is not; null: it refuses nothing. */
export function enforcedLimit(limit: LimitSpec): number | null {
  if (limit.state === 'known') return limit.limit;
  return limit.state === 'unknown' && limit.interval ? limit.interval[0] : null;
}

/** Full but for what the scenario says is already used. */
export function bucketSet(quota: QuotaSpec, startAtMs: number): BucketSet {
  const enforced = quota.limits.filter((limit) => isEnforced(limit) && enforcedLimit(limit) !== null);
  const accounts = Array.from({ length: quota.accounts }, () =>
    enforced.filter((limit) => limit.model === null).map((limit) => build(quota, limit, null, startAtMs)),
  );
  const models = [...new Set(quota.limits.flatMap((limit) => limit.model ?? []))];
  const all: Bucket[] = accounts.flat();
  const admissions = new Map<ModelId, Admission[]>(models.map((model) => [model, []]));
  for (let project = 0; project < quota.projects; project++) {
    for (const model of models) {
      const own = enforced.filter((limit) => limit.model === model).map((limit) => build(quota, limit, `p${project + 1}`, startAtMs));
      all.push(...own);
      admissions.get(model)!.push(new Admission([...accounts[project % quota.accounts]!, ...own]));
    }
  }
  return { all, admissions };
}

function isEnforced(limit: LimitSpec): boolean {
  return (BUCKETS as readonly string[]).includes(limit.bucket);
}

function build(quota: QuotaSpec, limit: LimitSpec, project: string | null, startAtMs: number): Bucket {
  const name = limit.bucket as EnforcedBucket;
  const spec: BucketSpec = {
    bucket: name,
    dimension: BUCKETS.indexOf(name),
    model: isAccountBucket(name) ? null : limit.model,
    project,
    limit: enforcedLimit(limit)!,
    windowMs: WINDOW_MS[name],
  };
  const built = bucket(spec, quota.window);
  const used = name === 'rpd' ? (quota.usedToday[limit.model!] ?? 0) : name === 'monthly' ? quota.spentThisMonthMicroUsd : 0;
  if (used > 0) built.take(used, startAtMs);
  return built;
}
