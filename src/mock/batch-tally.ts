/** What became of the batch jobs of a mock: counted when they are handed in, and again when they have ended. */
import type { BatchSummary } from '../model/mock-summary.ts';
import { type BucketName, type EnforcedBucket, type ErrorClass, isMoney, type ModelId } from '../model/names.ts';
import type { MockBatchRow } from './rows.ts';
import { failedRows, isOpen, type Job, stateOf } from './surface/batch-job.ts';
import type { Caller } from './surface/call.ts';

export interface JobRefusal {
  readonly caller: Caller;
  readonly model: ModelId;
  readonly status: number;
  readonly class: ErrorClass;
  readonly bucket: BucketName | null;
  /** Of that bucket; null: not known. */
  readonly limit: number | null;
  readonly rows: number;
}

export interface FirstBatchRefusal {
  readonly bucket: EnforcedBucket;
  readonly atMs: number;
  readonly limit: number;
}

export class BatchTally {
  /** The first time that money ran dry over a job. */
  firstRefusal: FirstBatchRefusal | null = null;
  private readonly tell: (row: MockBatchRow) => void;
  private readonly runMs: (atMs: number) => number;
  private readonly open = new Set<Job>();
  private jobs = 0;
  private readonly ended = { succeeded: 0, failed: 0, expired: 0, cancelled: 0 };
  private refusedJobs = 0;
  private readonly refusedBy: Record<string, number> = {};
  private readonly rows = { asked: 0, delivered: 0, blocked: 0, failed: 0 };
  private costMicroUsd = 0;

  /** @param runMs from epoch ms to ms since the mock began */
  constructor(tell: (row: MockBatchRow) => void, runMs: (atMs: number) => number) {
    this.tell = tell;
    this.runMs = runMs;
  }

  entered(job: Job): void {
    const cost = costOf(job);
    this.jobs += 1;
    this.rows.asked += job.rows.length;
    this.costMicroUsd += cost;
    this.open.add(job);
    this.tell({ ...rowOf(job, this.runMs(job.createdAtMs)), state: 'pending' });
  }

  refused({ caller, model, status, class: errorClass, bucket, limit, rows }: JobRefusal, epochMs: number): void {
    const atMs = this.runMs(epochMs);
    const cause = bucket ?? errorClass;
    this.refusedJobs += 1;
    this.refusedBy[cause] = (this.refusedBy[cause] ?? 0) + 1;
    if (limit !== null && bucket !== null && isMoney(bucket)) this.firstRefusal ??= { bucket, atMs, limit };
    const project = caller.name;
    this.tell({ ...NOTHING, atMs, job: null, model, project, state: 'refused', status, class: errorClass, bucket, rows });
  }

  /** Counts the jobs that have ended by now. */
  settle(atMs: number): void {
    for (const job of this.open) {
      if (isOpen(job, atMs)) continue;
      this.open.delete(job);
      this.end(job, atMs);
    }
  }

  summary(atMs: number): BatchSummary {
    this.settle(atMs);
    const { jobs, ended, refusedJobs: refused, refusedBy, rows, costMicroUsd } = this;
    const running = [...this.open].filter((job) => stateOf(job, atMs) === 'RUNNING').length;
    return {
      jobs,
      byState: { pending: this.open.size - running, running, ...ended },
      refused,
      refusedBy: { ...refusedBy },
      rows: { ...rows },
      costMicroUsd,
      enqueuedTokens: [...this.open].reduce((sum, { promptTokens }) => sum + promptTokens, 0),
    };
  }

  private end(job: Job, atMs: number): void {
    const state = stateOf(job, atMs).toLowerCase() as keyof typeof this.ended; // what is not open is none of the others
    this.ended[state] += 1;
    const isAnswered = state === 'succeeded';
    const delivered = isAnswered ? job.replies.filter(({ kind }) => kind === 'image').length : 0;
    const failed = isAnswered ? failedRows(job) : job.rows.length;
    this.rows.delivered += delivered;
    this.rows.failed += failed;
    this.rows.blocked += job.rows.length - delivered - failed;
    this.tell({ ...rowOf(job, this.runMs(job.cancelledAtMs ?? job.endsAtMs)), state, delivered, failed });
  }
}

/** As the month's bucket was charged: pictures alone, at half price. */
function costOf({ rows, replies }: Job): number {
  const asked = rows.flatMap(({ spec }) => spec ?? []);
  return asked.reduce((sum, spec, index) => sum + (replies[index]?.kind === 'image' ? spec.batchMicroUsd : 0), 0);
}

const NOTHING = {
  kind: 'batch',
  status: 200,
  class: null,
  bucket: null,
  delivered: null,
  failed: null,
  promptTokens: 0,
  costMicroUsd: 0,
} as const;

function rowOf(job: Job, atMs: number): Omit<MockBatchRow, 'state'> {
  const { name, model, caller, rows, promptTokens } = job;
  return { ...NOTHING, atMs, job: name, model, project: caller.name, rows: rows.length, promptTokens, costMicroUsd: costOf(job) };
}
