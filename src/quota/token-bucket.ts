/** A token bucket, the same as GCRA: refills evenly, holds at most its capacity, starts full. */
import type { Bucket, BucketSpec } from './bucket.ts';

/**
 * The level is kept times the window length, so that one ms refills exactly `limit` and nothing is ever rounded.
 * capacity x window must stay below 2^53: 4 000 000 tokens a minute are 2.4e11.
 */
export class TokenBucket implements Bucket {
  readonly spec: BucketSpec;
  private readonly windowMs: number;
  /** What a full bucket holds; -1: nothing ever fits. */
  private readonly capacity: number;
  /** Refill in one ms. */
  private readonly rate: number;
  private readonly full: number;
  /** Level x window at `levelAtMs`; below 0 after more was taken than there was. */
  private level: number;
  private levelAtMs = 0;

  constructor(spec: BucketSpec, windowMs: number, capacity: number) {
    this.spec = spec;
    this.windowMs = windowMs;
    this.capacity = spec.limit <= 0 ? -1 : capacity;
    this.rate = spec.limit;
    this.full = capacity * windowMs;
    this.level = this.full;
  }

  readyAtMs(cost: number, atMs: number): number {
    if (cost <= 0) return atMs;
    if (cost > this.capacity) return Infinity;
    const short = cost * this.windowMs - this.levelAt(atMs);
    return short <= 0 ? atMs : atMs + Math.ceil(short / this.rate);
  }

  take(cost: number, atMs: number): void {
    if (cost <= 0) return;
    this.level = this.levelAt(atMs) - cost * this.windowMs;
    this.levelAtMs = atMs;
  }

  /** Capacity minus level: a fraction while it refills. */
  used(atMs: number): number {
    return (this.full - this.levelAt(atMs)) / this.windowMs;
  }

  private levelAt(atMs: number): number {
    const level = this.level + this.rate * (atMs - this.levelAtMs);
    return level < this.full ? level : this.full;
  }
}
