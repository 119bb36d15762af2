/** One limit and how it refills: two verbs and a level. All are told the time (epoch ms); none keeps a clock, none allocates per call. */
import type { EnforcedBucket, ModelId } from '../model/names.ts';

export interface BucketSpec {
  readonly bucket: EnforcedBucket;
  /** Index in BUCKETS: which entry of a cost vector this bucket counts. */
  readonly dimension: number;
  /** null: belongs to an account. */
  readonly model: ModelId | null;
  /** `p1`…; null: belongs to an account. */
  readonly project: string | null;
  readonly limit: number;
  /** null: a calendar day or month. */
  readonly windowMs: number | null;
}

export interface Bucket {
  readonly spec: BucketSpec;
  /** The first instant >= atMs at which `cost` would be admitted if nobody else took anything; Infinity: never. */
  readyAtMs(cost: number, atMs: number): number;
  /** Takes without asking. Instants never decrease. */
  take(cost: number, atMs: number): void;
  /** What counts against the limit at this instant. */
  used(atMs: number): number;
}
