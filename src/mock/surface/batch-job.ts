/** A batch job as it is kept: what is known of it at once, and what it is at an instant. */
import type { ModelId } from '../../model/names.ts';
import type { Reply } from '../../model/reply.ts';
import type { BatchRow, RpcError } from './batch-rows.ts';
import type { Caller } from './call.ts';

export type JobState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'EXPIRED' | 'CANCELLED';

export interface Job {
  /** `batches/abc`, `batchPredictionJobs/123`: how its own API knows it. */
  readonly name: string;
  readonly caller: Caller;
  /** As called. */
  readonly model: ModelId;
  readonly displayName: string | null;
  readonly createdAtMs: number;
  readonly runsAtMs: number;
  readonly endsAtMs: number;
  readonly ending: 'SUCCEEDED' | 'FAILED' | 'EXPIRED';
  /** Why the whole job failed. */
  readonly error: RpcError | null;
  readonly rows: readonly BatchRow[];
  /** One for each row that has a spec, in order. */
  readonly replies: readonly Reply[];
  readonly promptTokens: number;
  /** What it was asked with, for the API that tells it again. */
  readonly asked: object;
  cancelledAtMs: number | null;
}

export function stateOf(job: Job, atMs: number): JobState {
  if (job.cancelledAtMs !== null) return 'CANCELLED';
  return atMs >= job.endsAtMs ? job.ending : atMs >= job.runsAtMs ? 'RUNNING' : 'PENDING';
}

export function isOpen(job: Job, atMs: number): boolean {
  return job.cancelledAtMs === null && atMs < job.endsAtMs;
}

/** Rows that ended in an error, once a job has succeeded. */
export function failedRows({ rows, replies }: Job): number {
  return (
    rows.filter(({ answer }) => answer !== null && answer.status !== 200).length + replies.filter(({ kind }) => kind === 'refused').length
  );
}
