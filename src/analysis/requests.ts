/** Follows each request from its first attempt to its closing row, and each job to its last request. Keeps only what is open. */
import type { AttemptRow, DropRow } from '../model/rows.ts';
import type { ModelId } from '../model/names.ts';

/** One request, closed: a row of requests.csv. Reused. */
export interface ClosedRequest {
  request: number;
  job: number;
  jobImages: number;
  traffic: string;
  /** The model it was offered to. */
  firstModel: ModelId;
  dueMs: number;
  firstSentMs: number | null;
  doneMs: number | null;
  attempts: number;
  outcome: 'delivered' | 'blocked' | 'failed' | 'pending' | DropRow['cause'];
  /** The last attempt; null: never sent. */
  last: AttemptRow | null;
  drop: DropRow | null;
  costMicroUsd: number;
}

interface OpenRequest {
  readonly firstModel: ModelId;
  readonly firstSentMs: number;
  costMicroUsd: number;
  last: AttemptRow;
}

export class Requests {
  private readonly open = new Map<number, OpenRequest>();
  private readonly openJobs = new Map<number, { left: number; delivered: boolean }>();
  private readonly closed: ClosedRequest = {
    request: 0,
    job: 0,
    jobImages: 1,
    traffic: '',
    firstModel: '',
    dueMs: 0,
    firstSentMs: null,
    doneMs: null,
    attempts: 0,
    outcome: 'failed',
    last: null,
    drop: null,
    costMicroUsd: 0,
  };

  /** The model that the request of this row was offered to. */
  firstModelOf(row: AttemptRow): ModelId {
    return row.n === 1 ? row.model : (this.open.get(row.request)?.firstModel ?? row.model);
  }

  /** @returns the request, if this row closes it; valid until the next call */
  attempt(row: AttemptRow): ClosedRequest | null {
    const known = row.n === 1 ? undefined : this.open.get(row.request);
    if (row.outcome === null) {
      if (known) {
        known.costMicroUsd += row.costMicroUsd;
        known.last = { ...row };
      } else this.open.set(row.request, { firstModel: row.model, firstSentMs: row.sentMs, costMicroUsd: row.costMicroUsd, last: { ...row } });
      return null;
    }
    if (known) this.open.delete(row.request);
    const { closed } = this;
    closed.request = row.request;
    closed.job = row.job;
    closed.jobImages = row.jobImages;
    closed.traffic = row.traffic;
    closed.firstModel = known?.firstModel ?? row.model;
    closed.dueMs = row.dueMs;
    closed.firstSentMs = known?.firstSentMs ?? row.sentMs;
    closed.doneMs = row.doneMs;
    closed.attempts = row.n;
    closed.outcome = row.outcome;
    closed.last = row;
    closed.drop = null;
    closed.costMicroUsd = (known?.costMicroUsd ?? 0) + row.costMicroUsd;
    return closed;
  }

  drop(row: DropRow): ClosedRequest {
    const known = this.open.get(row.request);
    this.open.delete(row.request);
    const { closed } = this;
    closed.request = row.request;
    closed.job = row.job;
    closed.jobImages = row.jobImages;
    closed.traffic = row.traffic;
    closed.firstModel = known?.firstModel ?? row.model;
    closed.dueMs = row.dueMs;
    closed.firstSentMs = known?.firstSentMs ?? null;
    closed.doneMs = row.cause === 'pending' ? null : row.atMs;
    closed.attempts = row.attempts;
    closed.outcome = row.cause;
    closed.last = known?.last ?? null;
    closed.drop = row;
    closed.costMicroUsd = known?.costMicroUsd ?? 0;
    return closed;
  }

  /** @returns whether the job is now closed, and if so whether all its images were delivered */
  job(closed: ClosedRequest): { delivered: boolean } | null {
    const delivered = closed.outcome === 'delivered';
    if (closed.jobImages === 1) return delivered ? DELIVERED : NOT_DELIVERED;
    const job = this.openJobs.get(closed.job) ?? { left: closed.jobImages, delivered: true };
    job.left--;
    if (!delivered) job.delivered = false;
    if (job.left > 0) {
      this.openJobs.set(closed.job, job);
      return null;
    }
    this.openJobs.delete(closed.job);
    return job;
  }

  /** Requests without a closing row, as a torn journal leaves them, with the last attempt that was answered. */
  left(): { request: number; last: AttemptRow }[] {
    return [...this.open].map(([request, { last }]) => ({ request, last }));
  }
}

const DELIVERED = { delivered: true };
const NOT_DELIVERED = { delivered: false };
