/**
 * Timers that all run for the same time, such as one client's timeouts: they end in the order in which they began, so a ring
 * and one posted event replace a heap entry for each.
 */
import type { Clock, Task } from '../model/clock.ts';
import type { Pending } from './pending.ts';

export class ConstantDelay implements Task {
  private readonly clock: Clock;
  private readonly rank: number;
  private readonly delayMs: number;
  private readonly ended: (pending: Pending, ticket: number, atMs: number) => void;
  private pendings: (Pending | null)[] = new Array(64).fill(null);
  private endsAtMs = new Float64Array(64);
  private tickets = new Float64Array(64);
  private head = 0;
  private size = 0;

  /** @param ended told `ticket` as it was given; whether that still matters is the caller's to know */
  constructor(clock: Clock, rank: number, delayMs: number, ended: (pending: Pending, ticket: number, atMs: number) => void) {
    this.clock = clock;
    this.rank = rank;
    this.delayMs = delayMs;
    this.ended = ended;
  }

  /** Starts one at `fromMs`; instants never decrease. */
  start(pending: Pending, ticket: number, fromMs: number): void {
    if (this.size === this.pendings.length) this.grow();
    const i = (this.head + this.size++) & (this.pendings.length - 1);
    const endsAtMs = fromMs + this.delayMs;
    pending.references++;
    this.pendings[i] = pending;
    this.endsAtMs[i] = endsAtMs;
    this.tickets[i] = ticket;
    if (this.size === 1) this.clock.at(endsAtMs, this.rank, this);
  }

  fire(atMs: number): void {
    const i = this.head;
    const pending = this.pendings[i]!;
    const ticket = this.tickets[i]!;
    this.pendings[i] = null;
    this.head = (i + 1) & (this.pendings.length - 1);
    this.size--;
    if (this.size > 0) this.clock.at(this.endsAtMs[this.head]!, this.rank, this);
    pending.references--;
    this.ended(pending, ticket, atMs);
  }

  private grow(): void {
    const n = this.pendings.length;
    const pendings: (Pending | null)[] = new Array(2 * n).fill(null);
    const endsAtMs = new Float64Array(2 * n);
    const tickets = new Float64Array(2 * n);
    for (let k = 0; k < n; k++) {
      const i = (this.head + k) & (n - 1);
      pendings[k] = this.pendings[i]!;
      endsAtMs[k] = this.endsAtMs[i]!;
      tickets[k] = this.tickets[i]!;
    }
    this.pendings = pendings;
    this.endsAtMs = endsAtMs;
    this.tickets = tickets;
    this.head = 0;
  }
}
