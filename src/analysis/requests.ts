/** Follows each request from its first attempt to its closing row, and each job to its last request. Keeps only what is open. */

import type { BucketName, ErrorClass, Lane, ModelId, Size } from '../model/names.ts';
import type { AttemptRow, DropRow } from '../model/rows.ts';

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
  /** The row that closed it. */
  row: AttemptRow | DropRow;
  /** Answer to its last attempt; null without one. */
  httpStatus: number | null;
  buckets: readonly BucketName[];
  quotaId: string | null;
  costMicroUsd: number;
  /** When it fell back into the batch lane; null: it ended in the lane it began in. */
  movedAtMs: number | null;
}

/** A request that goes on: who it is, and its last answer. */
export interface OpenRequest {
  readonly request: number;
  readonly job: number;
  readonly jobImages: number;
  readonly traffic: string;
  readonly project: string;
  /** The model it was offered to. */
  readonly model: ModelId;
  readonly lane: Lane;
  readonly size: Size;
  readonly dueMs: number;
  readonly inputTokens: number;
  readonly listMicroUsd: number;
  firstSentMs: number;
  attempts: number;
  costMicroUsd: number;
  httpStatus: number | null;
  buckets: readonly BucketName[];
  quotaId: string | null;
  /** The last answer, as the client had it when it went on. */
  lastDoneMs: number | null;
  lastModel: ModelId;
  lastLane: Lane;
  lastClass: ErrorClass | null;
  lastRetryAtMs: number | null;
}

export class Requests {
  private readonly askedFor: (row: AttemptRow | DropRow) => ModelId;
  private readonly open = new Map<number, OpenRequest>();
  /** Whether a later attempt was ever answered before the first: a hedge. Until then a first attempt need not be looked up. */
  private hasHedges = false;
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
    row: NO_ROW,
    httpStatus: null,
    buckets: [],
    quotaId: null,
    costMicroUsd: 0,
    movedAtMs: null,
  };

  /** @param askedFor the model that a request was offered to, by its first row */
  constructor(askedFor: (row: AttemptRow | DropRow) => ModelId) {
    this.askedFor = askedFor;
  }

  /** The request of this row as its last answer left it; undefined where this is its first. */
  before(row: AttemptRow): OpenRequest | undefined {
    return row.n === 1 && !this.hasHedges ? undefined : this.open.get(row.request);
  }

  /** @param known what `before` says of this row @returns the request, if this row closes it; valid until the next call */
  attempt(row: AttemptRow, known: OpenRequest | undefined): ClosedRequest | null {
    if (row.outcome === null) {
      if (known) follow(known, row);
      else {
        this.open.set(row.request, openRequest(row, this.askedFor(row)));
        if (row.n > 1) this.hasHedges = true;
      }
      return null;
    }
    if (known) this.open.delete(row.request);
    const { closed } = this;
    closed.request = row.request;
    closed.job = row.job;
    closed.jobImages = row.jobImages;
    closed.traffic = row.traffic;
    closed.firstModel = known?.model ?? this.askedFor(row);
    closed.dueMs = row.dueMs;
    closed.firstSentMs = Math.min(known?.firstSentMs ?? row.sentMs, row.sentMs);
    closed.doneMs = row.doneMs;
    closed.attempts = Math.max(known?.attempts ?? row.n, row.n);
    closed.outcome = row.outcome;
    closed.row = row;
    closed.httpStatus = row.httpStatus;
    closed.buckets = row.buckets;
    closed.quotaId = row.quotaId;
    closed.costMicroUsd = (known?.costMicroUsd ?? 0) + row.costMicroUsd;
    closed.movedAtMs = known !== undefined && known.lastLane !== row.lane ? known.lastDoneMs : null;
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
    closed.firstModel = known?.model ?? this.askedFor(row);
    closed.dueMs = row.dueMs;
    closed.firstSentMs = known?.firstSentMs ?? null;
    closed.doneMs = row.cause === 'pending' ? null : row.atMs;
    closed.attempts = row.attempts;
    closed.outcome = row.cause;
    closed.row = row;
    closed.httpStatus = known?.httpStatus ?? null;
    closed.buckets = known?.buckets ?? NO_BUCKETS;
    closed.quotaId = known?.quotaId ?? null;
    closed.costMicroUsd = known?.costMicroUsd ?? 0;
    closed.movedAtMs = known !== undefined && known.lastLane !== row.lane ? known.lastDoneMs : null;
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

  /** Requests without a closing row, as a torn journal leaves them. */
  left(): OpenRequest[] {
    return [...this.open.values()];
  }
}

const DELIVERED = { delivered: true };
const NOT_DELIVERED = { delivered: false };
const NO_BUCKETS: readonly BucketName[] = [];
const NO_ROW = {} as DropRow; // replaced before anybody sees it

function openRequest(row: AttemptRow, model: ModelId): OpenRequest {
  return {
    request: row.request,
    job: row.job,
    jobImages: row.jobImages,
    traffic: row.traffic,
    project: row.project,
    model,
    lane: row.lane,
    size: row.size,
    dueMs: row.dueMs,
    inputTokens: row.inputTokens,
    listMicroUsd: row.listMicroUsd,
    firstSentMs: row.sentMs,
    attempts: row.n,
    costMicroUsd: row.costMicroUsd,
    httpStatus: row.httpStatus,
    buckets: row.buckets,
    quotaId: row.quotaId,
    lastDoneMs: row.doneMs,
    lastModel: row.model,
    lastLane: row.lane,
    lastClass: row.class,
    lastRetryAtMs: row.retryAtMs,
  };
}

function follow(open: OpenRequest, row: AttemptRow): void {
  open.attempts = Math.max(open.attempts, row.n);
  open.firstSentMs = Math.min(open.firstSentMs, row.sentMs);
  open.costMicroUsd += row.costMicroUsd;
  open.httpStatus = row.httpStatus;
  open.buckets = row.buckets;
  open.quotaId = row.quotaId;
  open.lastDoneMs = row.doneMs;
  open.lastModel = row.model;
  open.lastLane = row.lane;
  open.lastClass = row.class;
  open.lastRetryAtMs = row.retryAtMs;
}
