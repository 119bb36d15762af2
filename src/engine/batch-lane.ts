/**
 * The second door at work: rows fill jobs, jobs wait first come first served for a place among the account's jobs and for
 * room among the tokens their project and model may have enqueued.
 */
import type { BatchSubmission, Target } from '../model/attempt.ts';
import { type Clock, RANK, type Task } from '../model/clock.ts';
import type { Recorder } from '../model/rows.ts';
import type { Scenario } from '../model/scenario.ts';
import { MINUTE_MS } from '../model/time.ts';
import type { EntryState } from './entry.ts';
import type { EarlierJob } from './past.ts';
import type { Pending, Try } from './pending.ts';

export interface BatchListener {
  /** A row goes with its job, all rows of which belong to one project. */
  assign(pending: Pending, project: number): void;
  /** The first instant at which it may be handed in, or found to be too much for the budget. */
  handInAtMs(pending: Pending): number;
  /** A row is handed in: its attempt begins. null: the budget has no room for it, and it is dropped. */
  submitted(pending: Pending): Try | null;
  rowAnswered(attempt: Try, atMs: number): void;
}

export interface BatchLaneOptions {
  readonly scenario: Scenario;
  readonly clock: Clock;
  readonly target: Target;
  readonly record: Recorder;
  readonly listener: BatchListener;
  /** Whether rows of jobs say which attempts they hold. */
  readonly announces: boolean;
  /** Jobs that an earlier part of the run filled, and handed in. */
  readonly filled: number;
  readonly submitted: number;
}

/** How long rows that fell back from the interactive lane are gathered before their job goes in. Assumed. */
const GATHER_MS = MINUTE_MS;

export class BatchLane {
  private readonly scenario: Scenario;
  private readonly clock: Clock;
  private readonly target: Target;
  private readonly record: Recorder;
  private readonly listener: BatchListener;
  private readonly announces: boolean;
  /** Jobs being filled, by entry, model and whether they are fallbacks. */
  private readonly filling = new Map<string, Job>();
  /** By account, in the order in which they were filled. */
  private readonly waiting: Job[][];
  private readonly running: number[];
  /** Prompt tokens enqueued, by project and model. */
  private readonly enqueuedTokens = new Map<string, number>();
  private filled: number;
  private submitted: number;
  /** Jobs of an earlier part of the run whose rows have not all fallen due again, by their first `seq`. */
  private readonly again = new Map<number, Job>();

  constructor({ scenario, clock, target, record, listener, announces, filled, submitted }: BatchLaneOptions) {
    this.scenario = scenario;
    this.clock = clock;
    this.target = target;
    this.record = record;
    this.listener = listener;
    this.announces = announces;
    this.filled = filled;
    this.submitted = submitted;
    this.waiting = Array.from({ length: scenario.quota.accounts }, () => []);
    this.running = this.waiting.map(() => 0);
  }

  /** A row is due; its job goes in when it is full. */
  add(pending: Pending): void {
    const isFallback = pending.entry.entry.lane !== 'batch';
    const key = `${pending.entry.entry.name}\u0000${pending.spec.model}\u0000${isFallback}`;
    let job = this.filling.get(key);
    if (!job) {
      job = new Job(this, this.filled++, key, pending);
      this.filling.set(key, job);
      if (isFallback) this.clock.at(this.clock.nowMs + GATHER_MS, RANK.timer, new Gathering(this, job));
    }
    this.listener.assign(pending, job.project);
    pending.references++;
    job.pendings.push(pending);
    if (job.pendings.length >= pending.queue.client.rowsPerJob) this.fill(job);
  }

  /** A row of a job that an earlier part of the run handed in: once all are here that have no answer, it is waited for again. */
  rejoin(pending: Pending, attempt: Try, earlier: EarlierJob): void {
    let job = this.again.get(earlier.firstSeq);
    if (!job) {
      job = new Job(this, earlier.batch, '', pending);
      job.earlier = earlier;
      this.again.set(earlier.firstSeq, job);
    }
    job.pendings.push(pending);
    job.rows.push(attempt);
    if (job.rows.length < earlier.rowsOpen) return;
    this.again.delete(earlier.firstSeq);
    job.number = earlier.number;
    job.firstSeq = earlier.firstSeq;
    this.underway(job);
    this.target.submit(job);
  }

  /** The entry sends nothing more: what it has gathered goes in. */
  flush(entry: EntryState): void {
    for (const job of [...this.filling.values()]) if (job.entry === entry && entry.entry.lane === 'batch') this.fill(job);
  }

  /** It waits for its turn; a job that is already on its way is left alone. */
  fill(job: Job): void {
    if (this.filling.get(job.key) !== job) return;
    this.filling.delete(job.key);
    this.tell(job, 'queued');
    this.waiting[this.accountOf(job)]!.push(job);
    this.pump(this.accountOf(job));
  }

  /** A job has come back, with a reply for each row. */
  ended(job: Job, atMs: number): void {
    const account = this.accountOf(job);
    this.running[account]!--;
    this.enqueue(job, -job.tokens);
    this.tell(job, job.state);
    for (const attempt of job.rows) this.listener.rowAnswered(attempt, atMs);
    this.pump(account);
  }

  private pump(account: number): void {
    const queue = this.waiting[account]!;
    for (let job = queue[0]; job !== undefined; job = queue[0]) {
      job.pendings = job.pendings.filter((pending) => !pending.closed);
      if (job.pendings.length > 0 && (!this.fits(job, account) || !this.mayGo(job, account))) return;
      queue.shift();
      this.submit(job);
    }
  }

  /** Looks again when it may. */
  private mayGo(job: Job, account: number): boolean {
    const readyMs = this.listener.handInAtMs(job.pendings[0]!);
    if (readyMs <= this.clock.nowMs) return true;
    this.clock.at(readyMs, RANK.timer, { fire: () => this.pump(account) });
    return false;
  }

  private submit(job: Job): void {
    for (const pending of job.pendings) pending.references--;
    job.rows = job.pendings.map((pending) => this.listener.submitted(pending)).filter((attempt) => attempt !== null);
    job.pendings = job.pendings.filter((pending) => !pending.closed);
    if (job.rows.length === 0) return;
    job.number = this.submitted++;
    job.firstSeq = job.rows[0]!.seq;
    this.underway(job);
    this.tell(job, 'running');
    this.target.submit(job);
  }

  /** It takes its place among the account's jobs, and its tokens. */
  private underway(job: Job): void {
    job.tokens = tokensOf(job.pendings);
    this.running[this.accountOf(job)]!++;
    this.enqueue(job, job.tokens);
  }

  private fits(job: Job, account: number): boolean {
    if (this.running[account]! >= this.limit('batchJobs', null)) return false;
    return (this.enqueuedTokens.get(tokenKey(job)) ?? 0) + tokensOf(job.pendings) <= this.limit('batchTokens', job.model);
  }

  /** What is unknown refuses nothing. */
  private limit(bucket: 'batchJobs' | 'batchTokens', model: string | null): number {
    const limit = this.scenario.quota.limits.find((one) => one.bucket === bucket && one.model === model);
    return limit?.limit ?? limit?.interval?.[0] ?? Infinity;
  }

  private enqueue(job: Job, tokens: number): void {
    this.enqueuedTokens.set(tokenKey(job), (this.enqueuedTokens.get(tokenKey(job)) ?? 0) + tokens);
  }

  private accountOf(job: Job): number {
    return job.project % this.scenario.quota.accounts;
  }

  private tell(job: Job, state: 'queued' | 'running' | Job['state']): void {
    this.record({
      kind: 'batch',
      atMs: this.clock.nowMs,
      batch: job.filledAs,
      traffic: job.entry.entry.name,
      project: `p${job.project + 1}`,
      model: job.model,
      rows: job.pendings.length,
      state,
      ...(this.announces && job.firstSeq >= 0 ? { firstSeq: job.firstSeq } : {}),
    });
  }
}

class Job implements BatchSubmission, Task {
  readonly lane: BatchLane;
  readonly filledAs: number;
  readonly key: string;
  readonly entry: EntryState;
  readonly model: string;
  /** That of its first row, for the whole job. */
  readonly project: number;
  pendings: Pending[] = [];
  rows: Try[] = [];
  number = -1;
  firstSeq = -1;
  earlier: EarlierJob | null = null;
  tokens = 0;
  state: 'succeeded' | 'failed' | 'expired' = 'succeeded';

  constructor(lane: BatchLane, filledAs: number, key: string, first: Pending) {
    this.lane = lane;
    this.filledAs = filledAs;
    this.key = key;
    this.entry = first.entry;
    this.model = first.spec.model;
    this.project = first.project;
  }

  /** Its answer has come. */
  fire(atMs: number): void {
    this.lane.ended(this, atMs);
  }
}

/** The time to gather rows is over. A task of its own: the job may have gone in before, and what fires then is no answer. */
class Gathering implements Task {
  private readonly lane: BatchLane;
  private readonly job: Job;

  constructor(lane: BatchLane, job: Job) {
    this.lane = lane;
    this.job = job;
  }

  fire(): void {
    this.lane.fill(this.job);
  }
}

function tokensOf(pendings: readonly Pending[]): number {
  return pendings.reduce((sum, { spec }) => sum + spec.promptTokens, 0);
}

function tokenKey(job: Job): string {
  return `${job.project}\u0000${job.model}`;
}
