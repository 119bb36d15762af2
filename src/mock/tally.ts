/** The mock's own count of what it answered: who refuses first is said by the one who refused. */
import type { BatchSummary, MockSummary } from '../model/mock-summary.ts';
import { type EnforcedBucket, isAccountBucket } from '../model/names.ts';
import type { BucketSpec } from '../quota/bucket.ts';
import type { ServiceTier } from '../wire/encode.ts';
import type { FirstBatchRefusal } from './batch-tally.ts';
import type { MockAnswerRow } from './rows.ts';
import type { Unrouted } from './unrouted.ts';

export class Tally {
  attempts = 0;
  private readonly byStatus: Record<string, number> = {};
  private readonly refusedBy: Partial<Record<EnforcedBucket, number>> = {};
  private readonly serviceTiers: Partial<Record<ServiceTier, number>> = {};
  private firstRefusal: MockSummary['firstRefusal'] = null;
  private readonly unrouted: Unrouted;

  constructor(unrouted: Unrouted) {
    this.unrouted = unrouted;
  }

  note(row: MockAnswerRow, refusing: BucketSpec | null): void {
    this.attempts += 1;
    this.byStatus[row.status] = (this.byStatus[row.status] ?? 0) + 1;
    if (refusing === null) return;
    const { bucket, limit } = refusing;
    this.refusedBy[bucket] = (this.refusedBy[bucket] ?? 0) + 1;
    const ofAccount = isAccountBucket(bucket);
    this.firstRefusal ??= {
      bucket,
      model: ofAccount ? null : refusing.model,
      project: ofAccount ? null : row.project,
      atMs: row.atMs,
      limit,
    };
  }

  noteTier(tier: ServiceTier): void {
    this.serviceTiers[tier] = (this.serviceTiers[tier] ?? 0) + 1;
  }

  noteUnrouted(method: string, path: string): void {
    this.unrouted.note(method, path);
  }

  /** @param ofBatches the first time that money ran dry over a batch job */
  summary(batches: BatchSummary, ofBatches: FirstBatchRefusal | null): MockSummary {
    const { attempts, unrouted } = this;
    const isEarlier = ofBatches !== null && (this.firstRefusal === null || ofBatches.atMs < this.firstRefusal.atMs);
    const firstRefusal = isEarlier ? { ...ofBatches, model: null, project: null } : this.firstRefusal;
    const { byStatus, refusedBy } = this;
    return {
      attempts,
      byStatus: { ...byStatus },
      refusedBy: { ...refusedBy },
      firstRefusal,
      serviceTiers: { ...this.serviceTiers },
      batches,
      unrouted: unrouted.calls,
      unroutedPaths: unrouted.list(),
    };
  }
}
