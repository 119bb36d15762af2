/** A sliding counter: the previous aligned window counts by the share of it that a sliding window would still see. */
import type { Bucket, BucketSpec } from './bucket.ts';

/** Compares previous x (W - elapsed) + current x W with L x W, so that all stays in integers. */
export class SlidingCounter implements Bucket {
  readonly spec: BucketSpec;
  private readonly windowMs: number;
  private readonly phaseMs: number;
  /** Start of the window that `current` counts; the one before it is `previous`. */
  private startMs = -Infinity;
  private current = 0;
  private previous = 0;

  constructor(spec: BucketSpec, windowMs: number, phaseMs: number) {
    this.spec = spec;
    this.windowMs = windowMs;
    this.phaseMs = phaseMs;
  }

  readyAtMs(cost: number, atMs: number): number {
    if (cost <= 0) return atMs;
    const { spec, windowMs } = this;
    if (cost > spec.limit) return Infinity;
    const startMs = this.startOf(atMs);
    const current = this.currentIn(startMs);
    const room = spec.limit - current - cost;
    if (room >= 0) {
      const fitsAtMs = startMs + elapsedUntilFits(room, this.previousIn(startMs), windowMs);
      return fitsAtMs <= atMs ? atMs : fitsAtMs;
    }
    return startMs + windowMs + elapsedUntilFits(spec.limit - cost, current, windowMs);
  }

  take(cost: number, atMs: number): void {
    if (cost <= 0) return;
    const startMs = this.startOf(atMs);
    if (startMs !== this.startMs) {
      const current = this.currentIn(startMs);
      this.previous = this.previousIn(startMs);
      this.current = current;
      this.startMs = startMs;
    }
    this.current += cost;
  }

  /** A fraction, while the previous window fades. */
  used(atMs: number): number {
    const startMs = this.startOf(atMs);
    const faded = (this.previousIn(startMs) * (this.windowMs - (atMs - startMs))) / this.windowMs;
    return this.currentIn(startMs) + faded;
  }

  private startOf(atMs: number): number {
    if (atMs >= this.startMs && atMs < this.startMs + this.windowMs) return this.startMs;
    return this.phaseMs + Math.floor((atMs - this.phaseMs) / this.windowMs) * this.windowMs;
  }

  private currentIn(startMs: number): number {
    return startMs === this.startMs ? this.current : 0;
  }

  private previousIn(startMs: number): number {
    if (startMs === this.startMs) return this.previous;
    return startMs === this.startMs + this.windowMs ? this.current : 0;
  }
}

/** The smallest elapsed e in 0..W with previous x (W - e) <= room x W. At W the previous window has faded away. */
function elapsedUntilFits(room: number, previous: number, windowMs: number): number {
  if (previous <= room) return 0;
  return windowMs - Math.floor((room * windowMs) / previous);
}
