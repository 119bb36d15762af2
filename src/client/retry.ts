/** Whether a failed try is tried again, and when. */
import { chance, LABEL } from '../model/chance.ts';
import { ERROR_CLASSES, type ErrorClass } from '../model/names.ts';
import type { Reply, Violation } from '../model/reply.ts';
import type { RequestSpec } from '../model/request-spec.ts';
import type { ProviderSpec, RetrySpec } from '../model/scenario.ts';
import { smallInteger } from '../model/small-integer.ts';
import { backoffMs } from './backoff.ts';
import { isDaily, matches } from './cause.ts';
import type { Candidate } from './gate.ts';

/** Jitter on top of a told delay, so that those who wait together do not come back together. */
const TOLD_JITTER_MAX_MS = 250;

/** Statuses that say the request itself, the key or the money is wrong: waiting cures none of them. */
const HOPELESS_STATUSES: ReadonlySet<number> = new Set([400, 401, 402, 403, 404]);
/** Classes that waiting does not cure, whatever their status; days are `onDailyLimit`'s. A test holds them against the catalogue. */
const HOPELESS_CLASSES: ReadonlySet<ErrorClass> = new Set(
  ERROR_CLASSES.filter((errorClass) => /^(?:auth|request|billing)\.|^quota\.zero-limit$|^safety\.pro|^unknown$/.test(errorClass)),
);

export interface RetryContext {
  readonly seed: number;
  /** Epoch ms of the run's instant 0. */
  readonly startAtMs: number;
  /** The ten-minute allowance as the scenario states it; a spend refusal does not say. null: unknown or none. */
  readonly spend10mMicroUsd: number | null;
  /** Other places to get an image, for fallbacks. */
  readonly providers: Readonly<Record<string, ProviderSpec>>;
  /** The next midnight in the quota zone after an instant, both in ms of the run. */
  nextDailyResetMs(atMs: number): number;
}

export class RetryPolicy {
  constructor(spec: RetrySpec, context: RetryContext) {
    this.spec = spec;
    this.context = context;
    this.throttledMax = spec.throttledAttempts ?? Infinity;
    this.countsTogether = spec.countsTogether ?? false;
    this.retriesThrottled = spec.retryOn.includes(429);
    this.retriesDaily = spec.retryOn.includes('rpd');
    this.knowsBetter = spec.preset === null || spec.preset === 'recommended';
  }
  private readonly spec: RetrySpec;
  private readonly context: RetryContext;
  private readonly throttledMax: number;
  private readonly countsTogether: boolean;
  private readonly retriesThrottled: boolean;
  private readonly retriesDaily: boolean;
  /** Requests whose first answer has come, and retries granted to them: what `budgetRatio` compares. */
  private requests = 0;
  private retries = 0;
  /** Presets copy clients that try again whatever the answer says. */
  private readonly knowsBetter: boolean;

  /** The instant of the next try, or -1: the request ends on this model. Counts the failure on the candidate. */
  nextAtMs(candidate: Candidate, reply: Reply, sentMs: number, atMs: number): number {
    const throttled = reply.kind === 'refused' && reply.httpStatus === 429;
    if (isFirstAnswer(candidate)) this.requests++;
    const apart = throttled && !this.countsTogether;
    const count = apart ? ++candidate.throttled : ++candidate.failures;
    if (count >= (apart ? this.throttledMax : this.spec.attempts)) return -1;
    if (!(throttled ? this.retriesThrottled || (this.retriesDaily && isDaily(reply)) : matches(this.spec.retryOn, reply))) return -1;
    if (reply.kind === 'blocked' && (candidate.failures > 1 || (this.knowsBetter && HOPELESS_CLASSES.has(reply.class)))) return -1;
    if (reply.kind === 'refused') {
      this.look(candidate, reply);
      if (this.isHopeless) return -1;
    }
    const waitMs = throttled ? this.throttledWaitMs(candidate, reply, sentMs, atMs) : this.untoldWaitMs(candidate, reply, false);
    if (waitMs < 0) return -1;
    const nextMs = atMs + waitMs;
    if (this.spec.deadlineMs !== null && nextMs > candidate.firstSentMs + this.spec.deadlineMs) return -1;
    if (this.spec.budgetRatio !== null) {
      if (this.retries + 1 > this.spec.budgetRatio * this.requests) return -1;
      this.retries++;
    }
    return nextMs;
  }

  /** A request that needs no retry: it earns a share of one for the others. */
  succeeded(candidate: Candidate): void {
    if (isFirstAnswer(candidate)) this.requests++;
  }

  /** The last refusal looked at: refusals of one kind share their violations, and come in crowds. */
  private lastViolations: readonly Violation[] | null = null;
  private lastSpec: RequestSpec | null = null;
  private isHopeless = false;
  private isDaily = false;

  private look(candidate: Candidate, reply: Reply & { kind: 'refused' }): void {
    const { violations } = reply;
    if (violations === this.lastViolations && candidate.spec === this.lastSpec && violations.length > 0) return;
    this.lastViolations = violations;
    this.lastSpec = candidate.spec;
    this.isDaily = isDaily(reply);
    this.isHopeless = this.knowsBetter && this.looksHopeless(candidate, reply);
  }

  /** Limit 0, a cost above the limit, spent money and refused keys: no wait cures them. */
  private looksHopeless(candidate: Candidate, reply: Reply & { kind: 'refused' }): boolean {
    if (HOPELESS_STATUSES.has(reply.httpStatus) || HOPELESS_CLASSES.has(reply.class)) return true;
    for (const violation of reply.violations) if (this.exceeds(candidate, violation)) return true;
    return false;
  }

  private exceeds(candidate: Candidate, violation: Violation): boolean {
    switch (violation.bucket) {
      case 'spend10m': {
        const limit = violation.limit ?? this.context.spend10mMicroUsd;
        return limit !== null && candidate.spec.listMicroUsd > limit;
      }
      case 'tpm':
        return violation.limit !== null && candidate.spec.inputTokens > violation.limit;
      default:
        return violation.limit === 0;
    }
  }

  private throttledWaitMs(candidate: Candidate, reply: Reply & { kind: 'refused' }, sentMs: number, atMs: number): number {
    const { onDailyLimit, obeyRetryInfo, jitter } = this.spec;
    const daily = onDailyLimit !== 'ignore' && this.isDaily;
    if (daily && onDailyLimit === 'giveUp') return -1;
    const toldMs = (obeyRetryInfo ? reply.retryAfterMs : null) ?? this.spendWaitMs(reply);
    if (toldMs === null && !daily) return this.untoldWaitMs(candidate, reply, !this.countsTogether);
    // Refused when it was sent: the day of then is the one that is full.
    const untilResetMs = daily ? this.context.nextDailyResetMs(sentMs) - atMs : 0;
    const waitMs = smallInteger(Math.max(toldMs ?? 0, untilResetMs));
    if (jitter === 'none') return waitMs;
    return (
      waitMs + smallInteger(Math.round(TOLD_JITTER_MAX_MS * chance(this.context.seed, LABEL.toldDelay, candidate.id, candidate.attempts)))
    );
  }

  /** A spend refusal tells no delay: some of its ten minutes must pass, and a second is no part of them worth trying. */
  private spendWaitMs(reply: Reply & { kind: 'refused' }): number | null {
    const { spendWaitMs } = this.spec;
    if (spendWaitMs === undefined) return null;
    return reply.violations.some(isSpend) ? spendWaitMs : null;
  }

  /** @param apart whether 429s have waits of their own, and this is one */
  private untoldWaitMs(candidate: Candidate, reply: Reply, apart: boolean): number {
    const headerMs = this.headerDelayMs(reply);
    if (headerMs !== null) return headerMs;
    const u = chance(this.context.seed, LABEL.backoff, candidate.id, candidate.attempts);
    if (apart) {
      candidate.throttledWaitMs = backoffMs(this.spec, candidate.throttled, candidate.throttledWaitMs, u);
      return candidate.throttledWaitMs;
    }
    candidate.failureWaitMs = backoffMs(this.spec, candidate.failures, candidate.failureWaitMs, u);
    return candidate.failureWaitMs;
  }

  private headerDelayMs(reply: Reply): number | null {
    const { headerDelay } = this.spec;
    if (headerDelay === undefined || reply.kind !== 'refused' || reply.headerDelayMs === undefined) return null;
    if (reply.headerDelayMs <= headerDelay.maxMs) return reply.headerDelayMs;
    return headerDelay.beyond === 'cut' ? headerDelay.maxMs : null;
  }
}

/** Of the request: with a hedge it may be that of the second attempt. */
function isFirstAnswer({ attempts, throttled, failures, step }: Candidate): boolean {
  return attempts === 1 || (attempts === 2 && step === 0 && throttled + failures === 0);
}

function isSpend(violation: Violation): boolean {
  return violation.bucket === 'spend10m';
}
