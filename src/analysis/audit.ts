/** What the client did to itself: what retries brought and cost, which were early or hopeless, and what should raise an alarm. */
import { type DropCause, ERROR_CLASSES, type ErrorClass, type Lane } from '../model/names.ts';
import type { AttemptRow } from '../model/rows.ts';
import { adviceFor } from '../wire/error-classes.ts';
import type { Block } from './block.ts';
import type { Failure } from './failures.ts';
import type { ClosedRequest, OpenRequest } from './requests.ts';
import { type Distribution, Tally } from './tally.ts';

/** Requests of the interactive lane that were sent, or of these the ones that were sent again. */
export interface Tries {
  readonly requests: number;
  /** By their first attempt, or by a later one. */
  readonly delivered: number;
  readonly successRatio: number | null;
  /** Of delivered ones, from the instant they were due. */
  readonly latencyMs: Distribution;
}

export interface Alert {
  readonly code: '503-share' | 'error-share' | 'rpd-utilisation' | '403';
  readonly observed: number;
  /** What it should not be above. */
  readonly limit: number;
  readonly recommendedBy: string;
}

export interface Audit {
  /** Attempts for each request offered. */
  readonly attemptsPerRequest: number | null;
  /** Attempts for each request that was sent at all: what retries, fallbacks and hedges make of one. */
  readonly amplification: number | null;
  readonly firstAttempt: Tries;
  readonly afterRetry: Tries;
  /** Sent to a model before the instant its last refusal told. */
  readonly earlyRetries: number;
  /** Sent again after an answer of a class that waiting does not cure, or only the calendar. */
  readonly hopelessRetries: number;
  /** Attempts that delivered nothing by class, most first; null: images that came after their deadline. */
  readonly wastedCalls: readonly { readonly class: ErrorClass | null; readonly calls: number }[];
  readonly wastedUsd: number;
  readonly breaker: {
    readonly openings: number;
    readonly openMs: number;
    /** On the worst UTC day of the worst breaker. */
    readonly openingsADay: number;
    /** More than two openings a day: not the service's bad moment but the client's normal state. Source: community guide of 2026. */
    readonly isSystemic: boolean;
  };
  readonly dropped: Readonly<Record<DropCause, number>>;
  /** From due, or from the fallback into it, to the end; all requests together. */
  readonly lanes: Readonly<Record<Lane, { readonly requests: number; readonly ms: number }>>;
  readonly alerts: readonly Alert[];
}

/** Classes that waiting does not cure. `unknown` only says that nobody could read the answer. */
const HOPELESS: ReadonlySet<ErrorClass | null> = new Set(
  ERROR_CLASSES.filter((errorClass) => errorClass !== 'unknown' && adviceFor(errorClass).retryable === 'no'),
);

const SYSTEMIC_ABOVE_A_DAY = 2;

/** Told every attempt after a first one and every closed request; what first attempts did is the rest of what blocks count. */
export class AuditTally {
  private retried = 0;
  private retriedDelivered = 0;
  private early = 0;
  private hopeless = 0;
  private readonly retriedLatency = new Tally();
  private readonly interactive = { requests: 0, ms: 0 };
  private readonly batch = { requests: 0, ms: 0 };

  /** @param before the request as its last answer left it */
  again(row: AttemptRow, before: OpenRequest | undefined): void {
    if (row.n === 2) this.retried++;
    if (row.outcome === 'delivered' && row.doneMs !== null) {
      this.retriedDelivered++;
      this.retriedLatency.add(row.doneMs - row.dueMs);
    }
    // A hedge is sent while the one before it has no answer: it disobeys none. A fallback asks another model.
    if (before === undefined || before.lastDoneMs === null || before.lastDoneMs > row.sentMs) return;
    if (before.lastModel !== row.model || before.lastLane !== row.lane) return;
    if (before.lastRetryAtMs !== null && row.sentMs < before.lastRetryAtMs) this.early++;
    if (HOPELESS.has(before.lastClass) && !(isDaily(before.lastClass) && row.sentMs >= (before.lastRetryAtMs ?? Infinity))) this.hopeless++;
  }

  closed(request: ClosedRequest): void {
    const { row, dueMs, movedAtMs } = request;
    const endMs = request.doneMs ?? (row.kind === 'drop' ? row.atMs : row.sentMs);
    const lane = row.lane === 'batch' ? this.batch : this.interactive;
    lane.requests++;
    lane.ms += endMs - (movedAtMs ?? dueMs);
    if (movedAtMs !== null) this.interactive.ms += movedAtMs - dueMs;
  }

  summary(seen: {
    readonly total: Block;
    /** Entries of the interactive lane. */
    readonly interactive: Block;
    readonly failures: readonly Failure[];
    readonly dropped: Audit['dropped'];
    readonly breakers: readonly { readonly openings: number; readonly openMs: number; readonly openingsADay: number }[];
    readonly peakUtilisationRpd: number | null;
  }): Audit {
    const { total, interactive, failures, dropped, breakers } = seen;
    const openingsADay = breakers.reduce((most, breaker) => Math.max(most, breaker.openingsADay), 0);
    return {
      attemptsPerRequest: ratio(total.sent, total.offered),
      amplification: ratio(total.sent, total.queueWait.count),
      firstAttempt: tries(
        interactive.queueWait.count,
        interactive.deliveredAttempts - this.retriedDelivered,
        interactive.latency.without(this.retriedLatency),
      ),
      afterRetry: tries(this.retried, this.retriedDelivered, this.retriedLatency),
      earlyRetries: this.early,
      hopelessRetries: this.hopeless,
      wastedCalls: wastedCalls(total, failures),
      wastedUsd: total.wastedMicroUsd / 1e6,
      breaker: {
        openings: breakers.reduce((sum, breaker) => sum + breaker.openings, 0),
        openMs: breakers.reduce((longest, breaker) => Math.max(longest, breaker.openMs), 0),
        openingsADay,
        isSystemic: openingsADay > SYSTEMIC_ABOVE_A_DAY,
      },
      dropped,
      lanes: { interactive: { ...this.interactive }, batch: { ...this.batch } },
      alerts: alerts(total, failures, seen.peakUtilisationRpd),
    };
  }
}

/** Cured by the calendar: a retry after the instant it told has waited for that. */
function isDaily(errorClass: ErrorClass | null): boolean {
  return errorClass === 'quota.rpd' || errorClass === 'quota.tpd';
}

function tries(requests: number, delivered: number, latency: Tally): Tries {
  return { requests, delivered, successRatio: ratio(delivered, requests), latencyMs: latency.distribution() };
}

function wastedCalls(total: Block, failures: readonly Failure[]): Audit['wastedCalls'] {
  const byClass = new Map<ErrorClass | null, number>();
  for (const failure of failures) byClass.set(failure.class, (byClass.get(failure.class) ?? 0) + failure.occurrences);
  const late = total.wasted - [...byClass.values()].reduce((sum, calls) => sum + calls, 0);
  if (late > 0) byClass.set(null, late);
  return [...byClass].map(([errorClass, calls]) => ({ class: errorClass, calls })).sort((a, b) => b.calls - a.calls);
}

/** Figures that teams use, each with who says so; only those that are passed. */
function alerts(total: Block, failures: readonly Failure[], peakUtilisationRpd: number | null): Alert[] {
  const answered = total.sent - total.open;
  const forbidden = failures.reduce((sum, { httpStatus, occurrences }) => (httpStatus === 403 ? sum + occurrences : sum), 0);
  const all: readonly Alert[] = [
    {
      code: '503-share',
      observed: ratio(total.overloaded, answered) ?? 0,
      limit: 0.02,
      recommendedBy: 'community guides of 2026 (claim only)',
    },
    {
      code: 'error-share',
      observed: ratio(answered - total.ok, answered) ?? 0,
      limit: 0.2,
      recommendedBy: 'a community guide of 2026 (claim only)',
    },
    { code: 'rpd-utilisation', observed: peakUtilisationRpd ?? 0, limit: 0.85, recommendedBy: 'community guides of 2026 (claim only)' },
    { code: '403', observed: forbidden, limit: 0, recommendedBy: 'rundry: a 403 is configuration, no wait cures it (error catalogue)' },
  ];
  return all.filter(({ observed, limit }) => observed > limit);
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
