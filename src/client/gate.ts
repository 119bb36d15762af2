/** What a client may decide with: gates say when a request may be sent, a judge says what follows from an answer. */
import type { DropCause, Lane } from '../model/names.ts';
import type { Reply } from '../model/reply.ts';
import type { RequestSpec } from '../model/request-spec.ts';

/** What policies see of a request, and the counters they keep on it. */
export interface Candidate {
  readonly id: number;
  readonly dueMs: number;
  readonly project: number;
  readonly lane: Lane;
  /** What is asked for now; a fallback changes it. */
  readonly spec: RequestSpec;
  /** What was asked for at first. */
  readonly asked: RequestSpec;
  /** -1: not sent yet. */
  readonly firstSentMs: number;
  /** Attempts sent, over all models. */
  readonly attempts: number;
  /** 429s and other failures on the present model. */
  throttled: number;
  failures: number;
  /** Last waits of either kind, for decorrelated jitter; 0 at first. */
  throttledWaitMs: number;
  failureWaitMs: number;
  /** Position in the fallback chain: 0 is the model asked for. */
  step: number;
}

export interface Gate {
  /** Why a request is dropped that this gate will never let through. */
  readonly cause: DropCause;
  /** The first instant >= atMs at which it may go; Infinity: not on this model, not any more. */
  readyAtMs(candidate: Candidate, atMs: number): number;
  /** It goes now. */
  take(candidate: Candidate, atMs: number): void;
}

/** A gate that keeps account of what attempts cost. */
export interface Account extends Gate {
  /** An attempt ended; `costMicroUsd` is what it costs. */
  ended(candidate: Candidate, reply: Reply, costMicroUsd: number, atMs: number): void;
}

/** Valid until the next one is asked for. */
export type Verdict =
  | { readonly do: 'deliver' }
  | { readonly do: 'block' }
  | { readonly do: 'fail' }
  | { readonly do: 'drop'; readonly cause: DropCause }
  | { readonly do: 'retry'; readonly atMs: number }
  | { readonly do: 'fallback'; readonly spec: RequestSpec }
  | { readonly do: 'batch' };

export interface Client {
  readonly name: string;
  /** Requests in flight at most; Infinity: no limit. */
  readonly slots: number;
  readonly queueLimit: number;
  /** How long after it is due a request may still be sent for the first time; null: for ever. */
  readonly queueDeadlineMs: number | null;
  readonly timeoutMs: number | null;
  /** Whether a request keeps its slot while it waits for a retry. */
  readonly holdsSlot: boolean;
  /** Money and attempts of the run, for rows of the batch lane, which pass no other gate; null: no bound. */
  readonly budget: Account | null;
  readonly rowsPerJob: number;
  /** After how long a second attempt is sent beside one that has no answer; null: never. */
  readonly hedgeAfterMs: number | null;
  /** Whether its schedule lets anything be sent at that instant; what may not be sent waits without a slot. */
  isOpen(atMs: number): boolean;
  /** All its gates as one; null: it has none. `cause` is that of the gate which last said never. */
  readonly gate: Gate | null;
  /**
   * @param sentMs when the attempt was sent that ended at `atMs`
   * @param isLast it is late: neither retry nor fallback follows, so that the breaker hears how it ended
   */
  judge(candidate: Candidate, reply: Reply, sentMs: number, atMs: number, isLast: boolean): Verdict;
  /** What follows when a row of the batch lane came back: it is never tried again, but one that fell back there may fall back further. */
  judgeRow(candidate: Candidate, reply: Reply): Verdict;
  /** What follows when a gate will never let it through. */
  refused(candidate: Candidate, cause: DropCause, atMs: number): Verdict;
  /** It was closed in whatever way; nothing may refer to it any more. */
  closed(candidate: Candidate): void;
}
