/**
 * A window that empties at one instant: fixed minute, anchored minute, calendar day and calendar month differ only in
 * where a window that opens now ends.
 */
import type { Bucket, BucketSpec } from './bucket.ts';

export class ResettingWindow implements Bucket {
  readonly spec: BucketSpec;
  private readonly limit: number;
  private readonly endAfterMs: (atMs: number) => number;
  private endMs = -Infinity;
  private taken = 0;

  /** @param endAfterMs the end (exclusive) of the window that a cost admitted at `atMs` opens; asked once per window */
  constructor(spec: BucketSpec, endAfterMs: (atMs: number) => number) {
    this.spec = spec;
    this.limit = spec.limit;
    this.endAfterMs = endAfterMs;
  }

  readyAtMs(cost: number, atMs: number): number {
    if (cost <= 0) return atMs;
    if (cost > this.limit) return Infinity;
    return atMs >= this.endMs || this.taken + cost <= this.limit ? atMs : this.endMs;
  }

  take(cost: number, atMs: number): void {
    if (cost <= 0) return; // nothing admitted opens no window
    if (atMs >= this.endMs) {
      this.endMs = this.endAfterMs(atMs);
      this.taken = 0;
    }
    this.taken += cost;
  }

  used(atMs: number): number {
    return atMs >= this.endMs ? 0 : this.taken;
  }
}

/** Windows side by side, aligned to the epoch plus `phaseMs`. */
export function alignedEnd(windowMs: number, phaseMs: number): (atMs: number) => number {
  return (atMs) => phaseMs + (Math.floor((atMs - phaseMs) / windowMs) + 1) * windowMs;
}

/** A window that the first admitted cost opens. */
export function anchoredEnd(windowMs: number): (atMs: number) => number {
  return (atMs) => atMs + windowMs;
}
