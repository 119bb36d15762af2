/** The Batch API over the SDK: a job is created once, then looked at until it has ended; its rows carry what each got. */
import type { BatchJob, GoogleGenAI } from '@google/genai';
import type { Attempt, BatchSubmission, Target } from '../model/attempt.ts';
import { type Clock, RANK } from '../model/clock.ts';
import type { Reply } from '../model/reply.ts';
import { decodeReply } from '../wire/decode.ts';
import { HTTP_OF_GRPC } from '../wire/reading.ts';
import { type Connection, connect, type Exchange, type Exchanged, imageRequest, isOurs, responseOf, thrown } from './sdk.ts';

export interface GeminiBatchOptions {
  readonly connection: Connection;
  readonly exchange: Exchange;
  readonly prompt: (tokens: number, request: number) => string;
  /** Real ms between two looks at a job. */
  readonly pollMs: number;
}

export interface BatchTarget extends Pick<Target, 'submit' | 'abandon'> {
  /** Stops looking, and asks for the end of jobs whose rows nobody waits for; resolves when that was said. */
  close(): Promise<void>;
}

interface Underway {
  readonly batch: BatchSubmission;
  readonly left: Set<Attempt>;
  name: string | null;
  isGivenUp: boolean;
  isCancelled: boolean;
}

const ENDED: Readonly<Record<string, BatchSubmission['state'] | undefined>> = {
  JOB_STATE_SUCCEEDED: 'succeeded',
  JOB_STATE_PARTIALLY_SUCCEEDED: 'succeeded',
  JOB_STATE_FAILED: 'failed',
  JOB_STATE_CANCELLED: 'failed',
  JOB_STATE_EXPIRED: 'expired',
};

/** A row without an answer of its own: whether it is billed nobody says, so it is counted as if. */
const UNTOLD: Reply = { kind: 'refused', httpStatus: 499, class: 'client.cancelled', violations: [], retryAfterMs: null, message: null };

export function geminiBatch(clock: Clock, options: GeminiBatchOptions): BatchTarget {
  return new SdkBatches(clock, options);
}

class SdkBatches implements BatchTarget {
  private readonly clock: Clock;
  private readonly options: GeminiBatchOptions;
  private readonly sdk: GoogleGenAI;
  private readonly underway = new Set<Underway>();
  private readonly farewells: Promise<unknown>[] = [];
  private readonly stopping = new AbortController();
  private creations: Promise<void> = Promise.resolve();
  private lastFailure: Exchanged | null = null;

  constructor(clock: Clock, options: GeminiBatchOptions) {
    this.clock = clock;
    this.options = options;
    this.sdk = connect(options.connection, async (url, init) => {
      const exchanged = await options.exchange(url, init);
      if (exchanged.status >= 400 && url.includes(':batchGenerateContent')) this.lastFailure = exchanged;
      return responseOf(exchanged);
    });
  }

  submit(batch: BatchSubmission): void {
    const job: Underway = { batch, left: new Set(batch.rows), name: null, isGivenUp: false, isCancelled: false };
    this.underway.add(job);
    void this.follow(job)
      .then(
        (replies) => {
          if (replies === null) return;
          for (const [index, row] of batch.rows.entries()) row.reply = replies[index]!;
          this.clock.at(this.clock.nowMs, RANK.completion, batch);
        },
        (error: unknown) => this.clock.at(this.clock.nowMs, RANK.completion, thrown(error)),
      )
      .finally(() => this.underway.delete(job));
  }

  abandon(attempt: Attempt): void {
    for (const job of this.underway) {
      if (!job.left.delete(attempt) || job.left.size > 0) continue;
      job.isGivenUp = true;
      this.sayFarewell(job);
    }
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.farewells);
  }

  /** A reply for each row; null: nobody waits for it any more. */
  private async follow(job: Underway): Promise<readonly Reply[] | null> {
    // One at a time, so that a refusal is known to be of this job.
    const creation = this.creations.then(() => this.create(job.batch));
    this.creations = creation.then(
      () => {},
      () => {},
    );
    const created = await creation;
    if ('kind' in created) {
      job.batch.state = 'failed';
      return job.batch.rows.map(() => created);
    }
    job.name = created.name ?? null;
    if (job.name === null) return job.batch.rows.map(() => UNTOLD);
    let seen: BatchJob = created;
    for (;;) {
      if (job.isGivenUp) {
        this.sayFarewell(job); // given up before it had a name
        return null;
      }
      const state = ENDED[seen.state ?? ''];
      if (state !== undefined) {
        job.batch.state = state;
        return repliesOf(job.batch, seen);
      }
      if (!(await this.pause())) return null;
      seen = await this.look(job.name, seen);
    }
  }

  /** The job, or what every row of it got instead. A creation that broke off may have happened: it is not tried again. */
  private async create(batch: BatchSubmission): Promise<BatchJob | Reply> {
    this.lastFailure = null;
    try {
      return await this.sdk.batches.create({
        model: batch.rows[0]!.spec.model,
        src: batch.rows.map((row) => {
          const { contents, config } = imageRequest(row.spec, this.options.prompt(row.spec.promptTokens, row.request));
          return { contents, config: config ?? {}, metadata: { key: String(row.seq) } };
        }),
        config: { displayName: `rundry ${batch.number}` },
      });
    } catch (error) {
      const failure = this.lastFailure as Exchanged | null; // set inside a callback, which control flow does not see
      if (failure !== null) return decodeReply({ status: failure.status, bodyText: failure.bodyText, headers: failure.headers ?? {} });
      if (isOurs(error)) throw error;
      return { kind: 'silence', why: 'network' };
    }
  }

  /** A look that fails is no news: the job goes on. */
  private async look(name: string, before: BatchJob): Promise<BatchJob> {
    try {
      return await this.sdk.batches.get({ name });
    } catch {
      return before;
    }
  }

  /** @returns false: stop looking */
  private pause(): Promise<boolean> {
    const { signal } = this.stopping;
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const stop = (): void => {
        clearTimeout(timer);
        resolve(false);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', stop);
        resolve(true);
      }, this.options.pollMs);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** Asks once for the end of a job, as soon as it has a name to ask for. */
  private sayFarewell(job: Underway): void {
    if (job.name === null || job.isCancelled) return;
    job.isCancelled = true;
    this.farewells.push(this.cancel(job.name));
  }

  /** Rows that are done stay billed; the others are spared. That it fails changes nothing for us. */
  private async cancel(name: string): Promise<void> {
    const abortSignal = AbortSignal.timeout(FAREWELL_MS);
    await this.sdk.batches.cancel({ name, config: { abortSignal } }).catch(() => {});
  }
}

const FAREWELL_MS = 10_000;

/** By the key that each row carries; by position where the service left the keys out. */
function repliesOf(batch: BatchSubmission, job: BatchJob): Reply[] {
  const answers = job.dest?.inlinedResponses ?? [];
  const byKey = new Map(answers.flatMap((answer) => (answer.metadata?.['key'] === undefined ? [] : [[answer.metadata['key'], answer]])));
  return batch.rows.map((row, index) => {
    const answer = byKey.size > 0 ? byKey.get(String(row.seq)) : answers[index];
    if (answer?.response) return decodeReply({ status: 200, bodyText: JSON.stringify(answer.response) });
    if (answer?.error)
      return decodeReply({ status: httpStatusOfCode(answer.error.code), bodyText: JSON.stringify({ error: answer.error }) });
    return UNTOLD;
  });
}

/** What is an HTTP status already stays. */
function httpStatusOfCode(code: number | undefined): number {
  if (code === undefined) return 500;
  return code >= 100 ? code : (HTTP_OF_GRPC[code] ?? 500);
}
