/**
 * A bucket that decides seldom: an answer is kept for a while, and what passed meanwhile is taken at the next decision.
 *
 * A model of a possible behaviour, after cloudendpoints/service-control-client-cxx (refresh_interval_ms = 1000), not a
 * confirmed property of the Gemini API. Bursts inside one interval pass above the limit and are paid back later.
 */
import type { Bucket, BucketSpec } from './bucket.ts';

export class CachedEnforcement implements Bucket {
  readonly spec: BucketSpec;
  private readonly bucket: Bucket;
  private readonly refreshMs: number;
  private staleAtMs = -Infinity;
  private admits = true;
  private pending = 0;

  constructor(bucket: Bucket, refreshMs: number) {
    this.spec = bucket.spec;
    this.bucket = bucket;
    this.refreshMs = refreshMs;
  }

  /** Asking is what renews a stale decision. A cost that never fits is told so and decides nothing for others. */
  readyAtMs(cost: number, atMs: number): number {
    if (cost <= 0) return atMs;
    const stale = atMs >= this.staleAtMs;
    if (stale && this.pending > 0) {
      this.bucket.take(this.pending, atMs);
      this.pending = 0;
    }
    const exactAtMs = this.bucket.readyAtMs(cost, atMs);
    if (exactAtMs === Infinity) return Infinity;
    if (stale) {
      this.admits = exactAtMs <= atMs;
      this.staleAtMs = atMs + this.refreshMs;
    }
    return this.admits ? atMs : Math.max(this.staleAtMs, exactAtMs);
  }

  take(cost: number, _atMs: number): void {
    this.pending += cost;
  }

  /** With what is still to be taken. */
  used(atMs: number): number {
    return this.bucket.used(atMs) + this.pending;
  }
}
