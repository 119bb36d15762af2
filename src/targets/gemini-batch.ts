/** The Batch API over the SDK: a job is created once, then looked at until it has ended; its rows carry what each got. */
import { ApiError, type BatchJob, type GoogleGenAI } from '@google/genai';
import type { Attempt, BatchSubmission, HandedIn, Target } from '../model/attempt.ts';
import { type Clock, RANK } from '../model/clock.ts';
import type { Reply } from '../model/reply.ts';
import { decodeReply } from '../wire/decode.ts';
import { repliesOf, UNTOLD } from './batch-replies.ts';
import { type Connection, connect, type Exchange, type Exchanged, imageRequest, isOurs, responseOf, thrown } from './sdk.ts';
import { unrepeated } from './unrepeated.ts';

export interface GeminiBatchOptions {
  readonly connection: Connection;
  readonly exchange: Exchange;
  readonly prompt: (tokens: number, request: number) => string;
  /** Real ms between two looks at a job. */
  readonly pollMs: number;
  /** Of a job of that number: no other job of the key has it. */
  readonly displayName: (number: number) => string;
  /** Told before a job is created, and again when the service has named it: what is written by then a crash does not lose. */
  readonly onJob: (job: CreatedJob) => void;
  /** Told each whole answer that holds an image. */
  readonly onImage?: (attempt: Attempt, bodyText: string) => void;
}

export interface CreatedJob {
  readonly number: number;
  readonly firstSeq: number;
  readonly rows: number;
  readonly displayName: string;
  /** null: about to be created. */
  readonly name: string | null;
}

export interface BatchTarget extends Pick<Target, 'submit' | 'abandon'> {
  /** Creates no more and stops looking; asks for the end of jobs whose rows nobody waits for, and resolves when that was said. */
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

/** A job that nobody knows: its rows may have been billed all the same. */
const LOST: Reply = { kind: 'silence', why: 'network' };

export function geminiBatch(clock: Clock, options: GeminiBatchOptions): BatchTarget {
  return new SdkBatches(clock, options);
}

class SdkBatches implements BatchTarget {
  private readonly clock: Clock;
  private readonly options: GeminiBatchOptions;
  private readonly sdk: GoogleGenAI;
  private readonly underway = new Set<Underway>();
  private readonly followed = new Set<Promise<void>>();
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
    const followed = this.follow(job)
      .then(
        (replies) => {
          if (replies === null) return;
          for (const [index, row] of batch.rows.entries()) row.reply = replies[index]!;
          this.clock.at(this.clock.nowMs, RANK.completion, batch);
        },
        (error: unknown) => this.clock.at(this.clock.nowMs, RANK.completion, thrown(error)),
      )
      .finally(() => {
        this.underway.delete(job);
        this.followed.delete(followed);
      });
    this.followed.add(followed);
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
    // A job that is being created has no name yet to ask for its end.
    await Promise.race([Promise.all(this.followed), new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref())]);
    await Promise.all(this.farewells);
  }

  /** A reply for each row; null: nobody waits for it any more. */
  private async follow(job: Underway): Promise<readonly Reply[] | null> {
    const { earlier } = job.batch;
    const found = earlier === null ? await this.createdOrFound(job) : await this.foundAgain(job, earlier, Infinity);
    if (found === null) return null;
    if ('kind' in found) {
      job.batch.state = 'failed';
      return job.batch.rows.map(() => found);
    }
    job.name = found.name ?? null;
    if (job.name === null) return job.batch.rows.map(() => UNTOLD);
    if (earlier?.name == null) this.tell(job, found.displayName ?? this.options.displayName(job.batch.number));
    let seen: BatchJob = found;
    let isNews = found.state !== undefined;
    for (let missing = 0; missing < LOOKS_MAX; ) {
      if (job.isGivenUp) {
        this.sayFarewell(job); // given up before it had a name
        return null;
      }
      const state = ENDED[seen.state ?? ''];
      if (state !== undefined) {
        job.batch.state = state;
        const replies = repliesOf(job.batch, seen, this.options.onImage);
        return replies.map((reply, index) => unrepeated(reply, [this.promptOf(job.batch.rows[index]!)]));
      }
      if (isNews && !(await this.pause())) return null;
      isNews = true;
      const next = await this.look(job.name);
      missing = next === 'missing' ? missing + 1 : 0;
      if (next !== null && next !== 'missing') seen = next;
    }
    job.batch.state = 'failed';
    return job.batch.rows.map(() => LOST);
  }

  /** Also of a creation that broke off, or that something before the service answered, nobody knows whether it happened. */
  private async createdOrFound(job: Underway): Promise<BatchJob | Reply | null> {
    const created = await this.created(job);
    if (created === null || !('kind' in created) || !isUnsure(created)) return created;
    const displayName = this.options.displayName(job.batch.number);
    const found = await this.foundAgain(job, { name: null, displayName }, LOOKS_MAX);
    return found !== null && 'kind' in found ? created : found;
  }

  /** One at a time, so that a refusal is known to be of this job. */
  private created(job: Underway): Promise<BatchJob | Reply | null> {
    const creation = this.creations.then(() => (job.isGivenUp || this.stopping.signal.aborted ? null : this.create(job)));
    this.creations = creation.then(
      () => {},
      () => {},
    );
    return creation;
  }

  /**
   * A job that an earlier part of the run handed in, by its name or, if nobody heard that, by the display name that no other has.
   * One that is not there was not created, or is gone: nothing is created in its place.
   *
   * @param failuresMax looks that may fail; those that find nothing are LOOKS_MAX
   */
  private async foundAgain(job: Underway, { name, displayName }: HandedIn, failuresMax: number): Promise<BatchJob | Reply | null> {
    if (name !== null) return { name, displayName };
    for (let looks = 0, failures = 0; looks < LOOKS_MAX && failures < failuresMax; ) {
      if (looks + failures > 0 && !(await this.pause())) return null;
      const jobs = await this.named(displayName);
      if (job.isGivenUp && jobs?.length !== 1) return null;
      if (jobs?.length === 1) return { name: jobs[0]!, displayName };
      if (jobs !== null && jobs.length > 1) break;
      if (jobs === null) failures++;
      else looks++;
    }
    return LOST;
  }

  /** Names of the jobs that are called so; null: they cannot be listed now. */
  private async named(displayName: string): Promise<string[] | null> {
    const found: string[] = [];
    let seen = 0;
    try {
      const config = { pageSize: PAGE_SIZE, abortSignal: this.stopping.signal };
      for await (const job of await this.sdk.batches.list({ config })) {
        if (job.displayName === displayName && job.name !== undefined) found.push(job.name);
        if (++seen >= LISTED_MAX) break;
      }
      return found;
    } catch {
      return null;
    }
  }

  private readonly promptOf = ({ spec, request }: Attempt): string => this.options.prompt(spec.promptTokens, request);

  private tell({ batch, name }: Underway, displayName: string): void {
    const { number, firstSeq, rows } = batch;
    this.options.onJob({ number, firstSeq, rows: rows.length, displayName, name });
  }

  /** The job, or what every row of it got instead. A creation that broke off may have happened: it is not tried again. */
  private async create(job: Underway): Promise<BatchJob | Reply> {
    const { batch } = job;
    const displayName = this.options.displayName(batch.number);
    this.tell(job, displayName);
    this.lastFailure = null;
    try {
      return await this.sdk.batches.create({
        model: batch.rows[0]!.spec.model,
        src: batch.rows.map((row) => {
          const { contents, config } = imageRequest(row.spec, this.promptOf(row));
          return { contents, config: config ?? {}, metadata: { key: String(row.seq) } };
        }),
        config: { displayName },
      });
    } catch (error) {
      const failure = this.lastFailure as Exchanged | null; // set inside a callback, which control flow does not see
      if (failure !== null) {
        const reply = decodeReply({ status: failure.status, bodyText: failure.bodyText, headers: failure.headers ?? {} });
        return unrepeated(reply, batch.rows.map(this.promptOf));
      }
      if (isOurs(error)) throw error;
      return { kind: 'silence', why: 'network' };
    }
  }

  /** A look that fails is no news, and the job goes on, unless the service knows none of that name. */
  private async look(name: string): Promise<BatchJob | 'missing' | null> {
    try {
      return await this.sdk.batches.get({ name, config: { abortSignal: this.stopping.signal } });
    } catch (error) {
      return error instanceof ApiError && error.status === 404 ? 'missing' : null;
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

function isUnsure(reply: Reply): boolean {
  return reply.kind === 'silence' || (reply.kind === 'refused' && reply.httpStatus >= 499);
}

const FAREWELL_MS = 10_000;
/** After so many looks in a row that do not find it, a job is not there. */
const LOOKS_MAX = 3;
/** Jobs a page, and how many are looked through: the newest come first. */
const PAGE_SIZE = 100;
const LISTED_MAX = 2_000;
