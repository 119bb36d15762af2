/** The gates of one client as one: those that make wait first, then those that end. */
import type { DropCause } from '../model/names.ts';
import type { Breaker } from './breaker.ts';
import type { Candidate, Gate } from './gate.ts';
import type { OwnLimits } from './own-limits.ts';
import type { Pace } from './pace.ts';
import type { Schedule } from './schedule.ts';

export interface GatesOfClient {
  readonly schedule: Schedule | null;
  readonly limits: OwnLimits | null;
  readonly pace: Pace | null;
  readonly breaker: Breaker | null;
  readonly budget: Gate | null;
}

/** null when there is none, so that a client without policies is asked nothing. */
export function gates(all: GatesOfClient): Gate | null {
  return Object.values(all).every((gate) => gate === null) ? null : new Gates(all);
}

/** One field for each instead of a list: each call then has one receiver, and the fast path no loop. */
class Gates implements Gate {
  cause: DropCause = 'budget';
  private readonly schedule: Schedule | null;
  private readonly limits: OwnLimits | null;
  private readonly pace: Pace | null;
  private readonly breaker: Breaker | null;
  private readonly budget: Gate | null;

  constructor({ schedule, limits, pace, breaker, budget }: GatesOfClient) {
    this.schedule = schedule;
    this.limits = limits;
    this.pace = pace;
    this.breaker = breaker;
    this.budget = budget;
  }

  /** A request is ended only when its turn to be sent has come: one that has to wait is not asked further. */
  readyAtMs(candidate: Candidate, atMs: number): number {
    const opensMs = this.schedule === null ? atMs : this.schedule.opensAtMs(atMs);
    if (opensMs === Infinity) return this.never('schedule');
    const withinMs = this.limits === null ? atMs : this.limits.readyAtMs(candidate, atMs);
    if (withinMs === Infinity) return opensMs > atMs ? opensMs : this.never('schedule');
    let latestMs = opensMs > withinMs ? opensMs : withinMs;
    if (this.pace !== null) {
      const freeMs = this.pace.readyAtMs(candidate, atMs);
      if (freeMs > latestMs) latestMs = freeMs;
    }
    if (latestMs > atMs) return latestMs;
    if (this.breaker !== null && this.breaker.readyAtMs(candidate, atMs) > atMs) return this.never('breaker');
    if (this.budget === null) return atMs;
    const roomMs = this.budget.readyAtMs(candidate, atMs);
    return roomMs === Infinity ? this.never(this.budget.cause) : roomMs;
  }

  take(candidate: Candidate, atMs: number): void {
    this.limits?.take(candidate, atMs);
    this.pace?.take(candidate, atMs);
    this.breaker?.take(candidate, atMs);
    this.budget?.take(candidate, atMs);
  }

  private never(cause: DropCause): number {
    this.cause = cause;
    return Infinity;
  }
}
