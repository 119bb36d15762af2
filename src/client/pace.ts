/** At most one send per interval, retries and fallbacks included; the first at once. */
import type { Gate } from './gate.ts';

export class Pace implements Gate {
  readonly cause = 'schedule';
  private readonly intervalMs: number;
  private freeAtMs = 0;

  /** @param intervalMs whole ms, rounded up from the rate */
  constructor(intervalMs: number) {
    this.intervalMs = intervalMs;
  }

  readyAtMs(_candidate: unknown, atMs: number): number {
    return this.freeAtMs > atMs ? this.freeAtMs : atMs;
  }

  take(_candidate: unknown, atMs: number): void {
    this.freeAtMs = atMs + this.intervalMs;
  }
}
