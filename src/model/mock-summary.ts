/** The mock's own count of what it answered, as it is told when it ends. */
import type { EnforcedBucket, ModelId } from './names.ts';

export interface MockSummary {
  /** Calls for a picture answered, wrong ones included. */
  readonly attempts: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Quota refusals by the primary bucket. */
  readonly refusedBy: Readonly<Partial<Record<EnforcedBucket, number>>>;
  readonly firstRefusal: {
    readonly bucket: EnforcedBucket;
    /** Model and project: null for buckets of an account. */
    readonly model: ModelId | null;
    readonly project: string | null;
    readonly atMs: number;
    readonly limit: number;
  } | null;
  /** Calls that asked for another service tier than the standard one, whose limits and prices stand in for its own. */
  readonly serviceTiers: Readonly<Record<string, number>>;
  /** Jobs of the Batch API, which are no calls for a picture. */
  readonly batches: BatchSummary;
  /** Calls to paths that the mock does not serve. */
  readonly unrouted: number;
  /** Which, in the order of first calls; at most 100. */
  readonly unroutedPaths: readonly UnroutedCall[];
}

export interface BatchSummary {
  /** Handed in. */
  readonly jobs: number;
  /** As of now. */
  readonly byState: Readonly<Record<'pending' | 'running' | 'succeeded' | 'failed' | 'expired' | 'cancelled', number>>;
  readonly refused: number;
  /** By the limit that had no room, or the class of what was wrong. */
  readonly refusedBy: Readonly<Record<string, number>>;
  readonly rows: {
    readonly asked: number;
    /** Of jobs that have ended. */
    readonly delivered: number;
    /** Answered without a picture: a filter withheld it. */
    readonly blocked: number;
    /** With an error, or of a job that did not succeed. */
    readonly failed: number;
  };
  readonly costMicroUsd: number;
  /** Prompt tokens of jobs that have not ended. */
  readonly enqueuedTokens: number;
}

export interface UnroutedCall {
  readonly method: string;
  /** Without its query, which may hold a key. */
  readonly path: string;
  readonly calls: number;
}
