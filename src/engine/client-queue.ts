/** One client at work: who waits, who holds a slot, and when to look again. */
import type { Client } from '../client/gate.ts';
import { type Clock, RANK, type Task } from '../model/clock.ts';
import { Alarm, Line } from './line.ts';
import type { Pending, Try } from './pending.ts';
import { PendingHeap } from './pending-heap.ts';
import { QueueDeadlines } from './queue-deadlines.ts';

export interface QueueListener {
  timedOut(attempt: Try, atMs: number): void;
  hedgeDue(attempt: Try): void;
  waitedTooLong(pending: Pending, atMs: number): void;
  woken(queue: ClientQueue): void;
}

export class ClientQueue implements Task {
  readonly client: Client;
  /** Attempts without an answer, in order of sending; null: neither timeout nor hedge wants to know. */
  readonly unanswered: Line<Try> | null;
  readonly queueDeadlines: QueueDeadlines | null;
  inFlight = 0;
  /** Requests never sent yet that wait. */
  length = 0;
  private readonly waiting = new PendingHeap();
  /** Retries and fallbacks that kept their slot. */
  private readonly holding = new PendingHeap();
  private readonly clock: Clock;
  private readonly listener: QueueListener;
  private wakeAtMs = Infinity;
  /** Whom its gates hold back, and until when: they never let it through sooner. */
  private held: Pending | null = null;
  private heldUntilMs = 0;

  constructor(client: Client, clock: Clock, listener: QueueListener) {
    this.client = client;
    this.clock = clock;
    this.listener = listener;
    const alarm = (delayMs: number | null, ring: (attempt: Try, atMs: number) => void): Alarm<Try>[] =>
      delayMs === null ? [] : [new Alarm(clock, RANK.timer, delayMs, sentMsOf, ring)];
    const alarms = [
      ...alarm(client.timeoutMs, (attempt, atMs) => listener.timedOut(attempt, atMs)),
      ...alarm(client.hedgeAfterMs, (attempt) => listener.hedgeDue(attempt)),
    ];
    this.unanswered = alarms.length === 0 ? null : new Line(alarms);
    this.queueDeadlines =
      client.queueDeadlineMs === null
        ? null
        : new QueueDeadlines(clock, client.queueDeadlineMs, (pending, atMs) => listener.waitedTooLong(pending, atMs));
  }

  get isIdle(): boolean {
    return this.waiting.size === 0 && this.holding.size === 0;
  }

  get hasSlot(): boolean {
    return this.inFlight < this.client.slots;
  }

  /** Whether it is sure to wait: no slot is free, or somebody who waits goes first. A full queue need not take it in to know. */
  isBehind(pending: Pending): boolean {
    if (!this.hasSlot) return true;
    const head = this.head();
    return head !== null && head.turn < pending.turn;
  }

  add(pending: Pending): void {
    pending.queued = true;
    pending.references++;
    if (pending.attempts === 0) this.length++;
    (pending.holdsSlot ? this.holding : this.waiting).push(pending);
  }

  /** Whose turn it is: the first in line of those that have a slot or could get one. */
  head(): Pending | null {
    const holder = this.holding.size === 0 ? null : this.settle(this.holding);
    const waiter = this.waiting.size === 0 || !this.hasSlot ? null : this.settle(this.waiting);
    if (holder === null) return waiter;
    return waiter === null || holder.turn < waiter.turn ? holder : waiter;
  }

  /** Takes the head out of the line. */
  remove(head: Pending): void {
    (head.holdsSlot ? this.holding : this.waiting).pop();
    head.references--;
    this.leave(head);
  }

  /** It no longer waits; its place in the heap is thrown away when it comes up. */
  leave(pending: Pending): void {
    pending.queued = false;
    if (pending === this.held) this.held = null;
    if (pending.attempts === 0) this.length--;
  }

  isHeld(head: Pending): boolean {
    return head === this.held && this.heldUntilMs > this.clock.nowMs;
  }

  /** Looks at it again at that instant, unless it does so before. */
  hold(head: Pending, atMs: number): void {
    this.held = head;
    this.heldUntilMs = atMs;
    if (atMs >= this.wakeAtMs) return;
    this.wakeAtMs = atMs;
    this.clock.at(atMs, RANK.timer, this);
  }

  fire(atMs: number): void {
    if (atMs >= this.wakeAtMs) {
      this.wakeAtMs = Infinity;
      this.held = null;
    }
    this.listener.woken(this);
  }

  private settle(heap: PendingHeap): Pending | null {
    while (heap.size > 0) {
      const first = heap.first();
      if (first.queued) return first;
      heap.pop().references--;
    }
    return null;
  }
}

function sentMsOf(attempt: Try): number {
  return attempt.sentMs;
}
