/**
 * Batch jobs, whichever API they came by: a job's fate is decided when it is handed in, and told as emulated time passes: pending,
 * running, and how it ended.
 */
import { findModel, type ImageModel } from '../../model/catalogue.ts';
import type { BucketName, ErrorClass, ModelId } from '../../model/names.ts';
import { classOf, httpStatusOf, type Reply } from '../../model/reply.ts';
import { requestSpec } from '../../model/request-spec.ts';
import { SECOND_MS } from '../../model/time.ts';
import type { BatchAnswer } from '../../service/service.ts';
import { encodeReply } from '../../wire/encode.ts';
import { BatchTally } from '../batch-tally.ts';
import type { PlainResponse } from '../plain.ts';
import { type Problem, problem } from '../problems.ts';
import { isOpen, type Job } from './batch-job.ts';
import type { BatchInput, BatchRow } from './batch-rows.ts';
import { type Caller, type Inside, problemAnswer, type RowAnswer } from './call.ts';

/** Share of its turnaround that a job waits before it runs. Assumed. */
const PENDING_RATIO = 0.1;
const JOBS_KEPT_MAX = 10_000;

export interface Entry {
  /** From the number of the job, from 0. */
  readonly nameOf: (number: number) => string;
  readonly caller: Caller;
  readonly id: ModelId;
  readonly model: ImageModel;
  readonly displayName: string | null;
  readonly input: BatchInput;
  readonly asked: object;
}

export class BatchJobs {
  readonly tally: BatchTally;
  private readonly inside: Inside;
  private readonly jobs = new Map<string, Job>();
  /** Forgotten, but what still runs keeps its place: it is no cancellation. */
  private readonly forgotten = new Set<Job>();
  private created = 0;
  private rowsSeen = 0;

  constructor(inside: Inside) {
    this.inside = inside;
    this.tally = new BatchTally(
      (row) => inside.noteBatch(row),
      (atMs) => inside.runMs(atMs),
    );
  }

  /** A job, or why there is none. */
  enter({ nameOf, caller, id, model, displayName, input, asked }: Entry): Job | PlainResponse {
    const atMs = this.inside.nowMs();
    const promptTokens = input.rows.reduce((sum, { spec }) => sum + (spec?.promptTokens ?? 0), 0);
    const limit = this.limitOf(caller, model, promptTokens, atMs);
    if (limit !== null) return this.refuse(caller, id, LIMITED, { bucket: limit, rows: input.rows.length });
    const forced = this.inside.forced(caller, requestSpec(model.id, model.defaultSize, 0, 0));
    if (forced !== null && forced.kind !== 'blocked')
      return this.refusedWhole(caller, id, { afterMs: 0, replies: input.rows.map(() => forced) }, forced);
    // What a filter is to withhold of a batch it withholds of each row.
    const given = forced === null ? input.rows : input.rows.map((row) => withheld(row, forced, id));
    const rows = given.flatMap(({ spec }) => (spec ? [{ spec, request: this.rowsSeen++, n: 1 }] : []));
    const number = this.created++;
    const answer: BatchAnswer =
      rows.length > 0
        ? caller.service.answerBatch({ number, project: caller.project, rows }, atMs)
        : { afterMs: SECOND_MS, state: input.error ? 'failed' : 'succeeded', replies: [] };
    if (rows.length > 0 && answer.state === 'failed') return this.refusedWhole(caller, id, answer, answer.replies[0]!);
    const job: Job = {
      name: nameOf(number),
      caller,
      model: id,
      displayName,
      createdAtMs: atMs,
      runsAtMs: atMs + Math.round(answer.afterMs * PENDING_RATIO),
      endsAtMs: atMs + answer.afterMs,
      ending: ENDINGS[answer.state],
      error: input.error,
      rows: given,
      replies: answer.replies,
      promptTokens,
      asked,
      cancelledAtMs: null,
    };
    this.keep(job);
    return job;
  }

  /** Counts a job that could not be entered, and says why. */
  refuse(
    caller: Caller,
    model: ModelId,
    refusal: Problem,
    beside: { readonly bucket?: BucketName; readonly rows?: number } = {},
  ): PlainResponse {
    const { bucket = null, rows = 0 } = beside;
    this.tally.refused({ caller, model, status: refusal.status, class: refusal.class, bucket, rows, limit: null }, this.inside.nowMs());
    return problemAnswer(refusal);
  }

  find(name: string, { service, project }: Caller): Job | null {
    const job = this.jobs.get(name);
    return job && job.caller.service === service && job.caller.project === project ? job : null;
  }

  /** The newest first. @param prefix of names of one API */
  list(prefix: string, { service, project }: Caller): readonly Job[] {
    return [...this.jobs.values()]
      .filter(({ name, caller }) => name.startsWith(prefix) && caller.service === service && caller.project === project)
      .toReversed();
  }

  cancel(job: Job): void {
    const atMs = this.inside.nowMs();
    if (!isOpen(job, atMs)) return;
    job.cancelledAtMs = atMs;
    this.tally.settle(atMs);
  }

  forget(job: Job): void {
    this.jobs.delete(job.name);
    if (isOpen(job, this.inside.nowMs())) this.forgotten.add(job);
  }

  /** What each row of a job that has succeeded was answered, in order. */
  *results(job: Job): Iterable<{ readonly row: BatchRow; readonly answer: RowAnswer }> {
    let serial = 0;
    for (const row of job.rows) {
      const { spec } = row;
      if (spec === null) {
        yield { row, answer: row.answer! }; // a row is asked or answered
        continue;
      }
      const reply = job.replies[serial]!;
      const picture = reply.kind === 'image' ? this.inside.bodies.picture(spec) : null;
      yield { row, answer: encodeReply(reply, { model: job.model, serial, referenceImages: spec.referenceImages }, picture) };
      serial += 1;
    }
  }

  private keep(job: Job): void {
    this.jobs.set(job.name, job);
    this.tally.entered(job);
    for (const oldest of this.jobs.keys()) {
      if (this.jobs.size <= JOBS_KEPT_MAX) break;
      this.jobs.delete(oldest);
    }
  }

  /** The limit that has no room for one more job; null: all have. What is unknown refuses nothing. */
  private limitOf(caller: Caller, model: ImageModel, promptTokens: number, atMs: number): 'batchJobs' | 'batchTokens' | null {
    const { accounts, limits } = caller.service.scenario.quota;
    const limitOf = (bucket: BucketName, of: ModelId | null): number => {
      const limit = limits.find((one) => one.bucket === bucket && one.model === of);
      return limit?.limit ?? limit?.interval?.[0] ?? Number.POSITIVE_INFINITY;
    };
    for (const job of this.forgotten) if (!isOpen(job, atMs)) this.forgotten.delete(job);
    const open = [...this.jobs.values(), ...this.forgotten].filter(
      (job) => job.caller.service === caller.service && job.caller.project % accounts === caller.project % accounts && isOpen(job, atMs),
    );
    if (open.length >= limitOf('batchJobs', null)) return 'batchJobs';
    const enqueued = open
      .filter((job) => job.caller.project === caller.project && findModel(job.model) === model)
      .reduce((sum, job) => sum + job.promptTokens, promptTokens);
    return enqueued > limitOf('batchTokens', model.id) ? 'batchTokens' : null;
  }

  /** A fault at the door, or a month without room for the job: nothing was taken, and it is not entered. */
  private refusedWhole(
    caller: Caller,
    model: ModelId,
    { replies, afterMs }: Pick<BatchAnswer, 'replies' | 'afterMs'>,
    reply: Reply,
  ): PlainResponse {
    const refusal = {
      caller,
      model,
      status: httpStatusOf(reply) ?? 0,
      class: classOf(reply) as ErrorClass, // a job that failed has no delivered row
      ...bucketOf(reply, caller),
      rows: replies.length,
    };
    this.tally.refused(refusal, this.inside.nowMs());
    const { status, body, headers } = encodeReply(reply, { model }, null);
    return { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body), afterMs };
  }
}

function withheld(row: BatchRow, reply: Reply, model: ModelId): BatchRow {
  if (row.spec === null) return row;
  return { ...row, spec: null, answer: encodeReply(reply, { model, referenceImages: row.spec.referenceImages }, null) };
}

/** Nobody has captured these refusals: the bare sentence is assumed. */
const LIMITED = problem('gemini-429-unspecified');

/** The account's bucket that refused, and its limit. */
function bucketOf(reply: Reply, { service, project }: Caller): { readonly bucket: BucketName | null; readonly limit: number | null } {
  const bucket = (reply.kind === 'refused' && reply.violations[0]?.bucket) || null;
  const { accounts } = service.scenario.quota;
  const ofAccounts = service.buckets.filter(({ spec }) => spec.bucket === bucket);
  return { bucket, limit: ofAccounts[project % accounts]?.spec.limit ?? null };
}

const ENDINGS = { succeeded: 'SUCCEEDED', failed: 'FAILED', expired: 'EXPIRED' } as const;
