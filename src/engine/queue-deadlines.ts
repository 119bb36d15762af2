/**
 * The deadlines of one queue, which come in the order in which its requests fell due. Most requests are sent long before: a ring
 * and one posted event replace an event for each, and what no longer waits is passed over.
 */
import { type Clock, RANK, type Task } from '../model/clock.ts';
import type { Pending } from './pending.ts';

export class QueueDeadlines implements Task {
  private readonly clock: Clock;
  private readonly delayMs: number;
  private readonly passed: (pending: Pending, atMs: number) => void;
  /** A request is used again when it is closed: only with the id it had is it the one that was meant. */
  private pendings: (Pending | null)[] = new Array(64).fill(null);
  private ids = new Float64Array(64);
  private endsAtMs = new Float64Array(64);
  private head = 0;
  private size = 0;

  /** @param passed told of each that still waits for its first send when its time has come */
  constructor(clock: Clock, delayMs: number, passed: (pending: Pending, atMs: number) => void) {
    this.clock = clock;
    this.delayMs = delayMs;
    this.passed = passed;
  }

  /** It waits since `fromMs`; instants never decrease. */
  start(pending: Pending, fromMs: number): void {
    if (this.size === this.pendings.length) this.grow();
    const i = (this.head + this.size++) & (this.pendings.length - 1);
    this.pendings[i] = pending;
    this.ids[i] = pending.id;
    this.endsAtMs[i] = fromMs + this.delayMs;
    if (this.size === 1) this.post();
  }

  fire(atMs: number): void {
    const pending = this.pendings[this.head]!;
    const stillWaits = this.headWaits();
    this.drop();
    while (this.size > 0 && !this.headWaits()) this.drop();
    if (this.size > 0) this.post();
    if (stillWaits) this.passed(pending, atMs);
  }

  private post(): void {
    this.clock.at(this.endsAtMs[this.head]!, RANK.queueDeadline, this);
  }

  private headWaits(): boolean {
    const pending = this.pendings[this.head]!;
    return pending.id === this.ids[this.head] && pending.queued && pending.attempts === 0;
  }

  private drop(): void {
    this.pendings[this.head] = null;
    this.head = (this.head + 1) & (this.pendings.length - 1);
    this.size--;
  }

  private grow(): void {
    const n = this.pendings.length;
    const pendings: (Pending | null)[] = new Array(2 * n).fill(null);
    const ids = new Float64Array(2 * n);
    const endsAtMs = new Float64Array(2 * n);
    for (let k = 0; k < n; k++) {
      const i = (this.head + k) & (n - 1);
      pendings[k] = this.pendings[i]!;
      ids[k] = this.ids[i]!;
      endsAtMs[k] = this.endsAtMs[i]!;
    }
    this.pendings = pendings;
    this.ids = ids;
    this.endsAtMs = endsAtMs;
    this.head = 0;
  }
}
