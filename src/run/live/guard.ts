/**
 * Stands between a live run and the money: nothing is sent beyond the budget, and the run stops itself when going on makes no
 * sense. Told the time and every answer; sends nothing and keeps no clock.
 */
import type { Budget } from '../../client/budget.ts';
import type { Account, Candidate } from '../../client/gate.ts';
import type { ErrorClass } from '../../model/names.ts';
import { classOf, type Reply } from '../../model/reply.ts';
import type { EndRow, StopCause } from '../../model/rows.ts';
import { formatDuration, MINUTE_MS } from '../../model/time.ts';

export type Stop = NonNullable<EndRow['stop']>;

export interface GuardOptions {
  readonly budget: Budget;
  /** ms of the run beyond which nothing is sent; null: no bound. */
  readonly wallMs: number | null;
  /** Share of answers that may be errors other than 429, of the last hundred, once there are twenty. */
  readonly errorRatioMax: number;
  /** What the cheapest request of the scenario may cost at most, micro-dollars. */
  readonly cheapestMicroUsd: number;
  /** Rows of the batch lane that an earlier part of the run handed in and that are still under way. */
  readonly batchRows?: number;
  /** Called once, at an instant when nothing is in flight and nothing will be sent; not from within `ended` of the engine. */
  readonly onQuiet: () => void;
}

const ERROR_WINDOW = 100;
const ERROR_WINDOW_MIN = 20;
/** One and the same failure for this long is no spell any more. */
const PERSISTENT_MS = 30 * MINUTE_MS;
/** A wait that ends with the run. */
const WHILE_IT_LASTS_MS = 2 ** 50;

/** No answer to come can be better: the key, the money, the allowance or the model has to be changed first. */
export function isFatal(errorClass: ErrorClass): boolean {
  return (
    /^(?:auth|billing)\./.test(errorClass) ||
    errorClass === 'quota.zero-limit' ||
    (errorClass.startsWith('request.') && errorClass !== 'request.invalid')
  );
}

export class Guard implements Account {
  readonly cause = 'budget';
  private readonly options: GuardOptions;
  private readonly recent: boolean[] = [];
  private recentErrors = 0;
  private answers = 0;
  private streak: { readonly class: ErrorClass; readonly sinceMs: number } | null = null;
  private inFlight = 0;
  private batchRows: number;
  private isHeld = false;
  private isQuiet = false;
  private stopCause: Stop | null = null;

  constructor(options: GuardOptions) {
    this.options = options;
    this.batchRows = options.batchRows ?? 0;
  }

  /** Why the run stopped itself; null: it did not. */
  get stopped(): Stop | null {
    return this.stopCause;
  }

  readyAtMs(candidate: Candidate, atMs: number): number {
    const { budget } = this.options;
    if (this.stopCause === null && !this.isHeld) this.lookAtClock(atMs);
    if (this.stopCause !== null) return Infinity;
    if (this.isHeld) return WHILE_IT_LASTS_MS;
    const readyMs = budget.readyAtMs(candidate, atMs);
    if (readyMs === Infinity && !budget.fits(this.options.cheapestMicroUsd) && this.inFlight + this.batchRows === 0)
      this.stop('budget', null, 'The budget is spent: not even the cheapest request fits at what it may cost at most.');
    return readyMs;
  }

  take(candidate: Candidate): void {
    this.options.budget.take(candidate);
    if (candidate.lane === 'batch') this.batchRows++;
    else this.inFlight++;
  }

  ended(candidate: Candidate, reply: Reply, costMicroUsd: number, atMs: number): void {
    this.options.budget.ended(candidate, reply, costMicroUsd);
    if (candidate.lane === 'batch') this.batchRows--;
    else this.inFlight--;
    this.judge(reply, atMs);
    this.tellIfQuiet();
  }

  /** Nothing is sent any more, and what waits goes on waiting: the run is about to end from outside. */
  hold(): void {
    this.isHeld = true;
    this.tellIfQuiet();
  }

  /** @param atMs now; ends the run when its time is over */
  lookAtClock(atMs: number): void {
    const { wallMs } = this.options;
    if (wallMs !== null && atMs >= wallMs) this.stop('time', null, `The time of the budget, ${formatDuration(wallMs)}, is over.`);
  }

  private judge(reply: Reply, atMs: number): void {
    const errorClass = classOf(reply);
    if (errorClass === 'client.cancelled') return; // what we took back ourselves says nothing about the service
    if (errorClass !== null && reply.kind === 'refused' && isFatal(errorClass)) {
      const said = reply.message === null ? '' : `: ${reply.message}`;
      this.stop('fatal', errorClass, `The service answered ${errorClass} (HTTP ${reply.httpStatus})${said}`);
      return;
    }
    this.countError(reply, errorClass);
    this.followStreak(reply, errorClass, atMs);
  }

  private countError(reply: Reply, errorClass: ErrorClass | null): void {
    const isError = reply.kind === 'silence' || (reply.kind === 'refused' && reply.httpStatus !== 429);
    const slot = this.answers++ % ERROR_WINDOW;
    if (this.recent[slot]) this.recentErrors--;
    this.recent[slot] = isError;
    if (isError) this.recentErrors++;
    const seen = this.recent.length;
    if (!isError || seen < ERROR_WINDOW_MIN || this.recentErrors <= this.options.errorRatioMax * seen) return;
    this.stop(
      'errors',
      errorClass,
      `Of the last ${seen} answers ${this.recentErrors} were errors other than 429, more than the share of ${this.options.errorRatioMax} that is allowed; the last was ${errorClass}.`,
    );
  }

  private followStreak(reply: Reply, errorClass: ErrorClass | null, atMs: number): void {
    if (errorClass === null || reply.kind === 'blocked') this.streak = null;
    else if (this.streak?.class !== errorClass) this.streak = { class: errorClass, sinceMs: atMs };
    else if (atMs - this.streak.sinceMs >= PERSISTENT_MS)
      this.stop('persistent', errorClass, `For ${formatDuration(atMs - this.streak.sinceMs)} every answer was ${errorClass}.`);
  }

  private stop(cause: StopCause, errorClass: ErrorClass | null, text: string): void {
    if (this.stopCause !== null) return;
    this.stopCause = { cause, class: errorClass, text };
    this.tellIfQuiet();
  }

  /** Rows of the batch lane are not waited for: a job may take a day. */
  private tellIfQuiet(): void {
    if (this.isQuiet || this.inFlight > 0 || (this.stopCause === null && !this.isHeld)) return;
    this.isQuiet = true;
    this.options.onQuiet();
  }
}
