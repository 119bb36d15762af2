/** One request from the instant it falls due until it is closed, and its attempts. */
import type { Candidate } from '../client/gate.ts';
import type { Attempt } from '../model/attempt.ts';
import type { Task } from '../model/clock.ts';
import type { Lane } from '../model/names.ts';
import type { Reply } from '../model/reply.ts';
import type { RequestSpec } from '../model/request-spec.ts';
import type { ClientQueue } from './client-queue.ts';
import type { EntryState, User } from './entry.ts';
import type { Linked } from './line.ts';

/** Whoever is told that a pending request or an attempt has something to say. */
export interface Listener {
  answered(attempt: Try, atMs: number): void;
  retryDue(pending: Pending, atMs: number): void;
}

export class Pending implements Candidate, Task, Linked<Pending> {
  // What every attempt reads and writes comes first: engines lay fields out in this order, and a storm's open requests do not fit
  // into the nearest cache.
  readonly listener: Listener;
  queue!: ClientQueue;
  /** Places that still refer to it: retries, heaps, jobs. It is used again only when there is none. */
  references = 0;
  closed = false;
  holdsSlot = false;
  attempts = 0;
  throttled = 0;
  spec!: RequestSpec;
  current: Try | null = null;
  /** A second attempt beside the current one. */
  hedge: Try | null = null;
  /** Its entry's deadline passed while an attempt was in flight: that answer is its last. */
  late = false;
  id = 0;
  project = 0;
  lane: Lane = 'interactive';
  dueMs = 0;
  job = 0;
  jobImages = 1;
  entry!: EntryState;
  /** Waits in a heap for its turn. */
  queued = false;
  /** Order in which those that wait are sent: by priority, then by arrival. */
  turn = 0;
  firstSentMs = -1;
  failures = 0;
  throttledWaitMs = 0;
  failureWaitMs = 0;
  step = 0;
  asked!: RequestSpec;
  /** Whose job it is in a closed model. */
  user: User | null = null;
  /** Neighbours among the open requests of its entry. */
  previous: Pending | null = null;
  next: Pending | null = null;

  constructor(listener: Listener) {
    this.listener = listener;
  }

  /** The instant of its retry has come. */
  fire(atMs: number): void {
    this.references--;
    this.listener.retryDue(this, atMs);
  }
}

export class Try implements Attempt, Linked<Try> {
  readonly listener: Listener;
  seq = 0;
  request = 0;
  n = 0;
  project = 0;
  lane: Lane = 'interactive';
  spec!: RequestSpec;
  sentMs = 0;
  reply: Reply | null = null;
  pending: Pending | null = null;
  /** The client gave it up; its answer no longer matters. */
  abandoned = false;
  /** Sent beside another that has no answer. */
  isHedge = false;
  /** Neighbours among those of its client that are in flight. */
  previous: Try | null = null;
  next: Try | null = null;

  constructor(listener: Listener) {
    this.listener = listener;
  }

  /** Its answer has arrived. */
  fire(atMs: number): void {
    this.listener.answered(this, atMs);
  }
}
