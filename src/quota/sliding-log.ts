/** A sliding log: every cost counts for exactly one window length from its own instant. */
import type { Bucket, BucketSpec } from './bucket.ts';

const CAPACITY_AT_FIRST = 64;
/** Running totals are taken back before they leave the exact integers. */
const TOTAL_MAX = 2 ** 52;

/**
 * A ring of (instant, running total). With running totals the ready instant is a binary search, however many small
 * costs a large one has to wait for. Costs of one instant share an entry, so the ring holds at most one per ms of window.
 */
export class SlidingLog implements Bucket {
  readonly spec: BucketSpec;
  private readonly windowMs: number;
  private takenAtMs = new Float64Array(CAPACITY_AT_FIRST);
  private totals = new Float64Array(CAPACITY_AT_FIRST);
  private head = 0;
  private entries = 0;
  /** Running total through the newest entry, and through the last one that left. */
  private total = 0;
  private left = 0;

  constructor(spec: BucketSpec, windowMs: number) {
    this.spec = spec;
    this.windowMs = windowMs;
  }

  readyAtMs(cost: number, atMs: number): number {
    if (cost <= 0) return atMs;
    if (cost > this.spec.limit) return Infinity;
    this.expire(atMs);
    if (this.total - this.left + cost <= this.spec.limit) return atMs;
    return this.leavesAtMs(this.total + cost - this.spec.limit);
  }

  take(cost: number, atMs: number): void {
    if (cost <= 0) return;
    this.expire(atMs);
    if (this.total + cost > TOTAL_MAX) this.takeBack();
    this.total += cost;
    const newest = (this.head + this.entries - 1) & (this.totals.length - 1);
    if (this.entries > 0 && this.takenAtMs[newest] === atMs) {
      this.totals[newest] = this.total;
      return;
    }
    if (this.entries === this.totals.length) this.grow();
    const next = (this.head + this.entries) & (this.totals.length - 1);
    this.takenAtMs[next] = atMs;
    this.totals[next] = this.total;
    this.entries += 1;
  }

  used(atMs: number): number {
    this.expire(atMs);
    return this.total - this.left;
  }

  /** Forgets what has left the window; only because instants never decrease may a question do so. */
  private expire(atMs: number): void {
    const mask = this.totals.length - 1;
    while (this.entries > 0 && this.takenAtMs[this.head]! + this.windowMs <= atMs) {
      this.left = this.totals[this.head]!;
      this.head = (this.head + 1) & mask;
      this.entries -= 1;
    }
    if (this.entries === 0) this.total = this.left = 0;
  }

  /** When the oldest entry whose running total is at least `goal` leaves the window. */
  private leavesAtMs(goal: number): number {
    const mask = this.totals.length - 1;
    let low = 0;
    let high = this.entries - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.totals[(this.head + middle) & mask]! >= goal) high = middle;
      else low = middle + 1;
    }
    return this.takenAtMs[(this.head + low) & mask]! + this.windowMs;
  }

  private grow(): void {
    const { takenAtMs, totals, head } = this;
    const mask = totals.length - 1;
    this.takenAtMs = new Float64Array(totals.length * 2);
    this.totals = new Float64Array(totals.length * 2);
    for (let index = 0; index < this.entries; index += 1) {
      this.takenAtMs[index] = takenAtMs[(head + index) & mask]!;
      this.totals[index] = totals[(head + index) & mask]!;
    }
    this.head = 0;
  }

  private takeBack(): void {
    const mask = this.totals.length - 1;
    for (let index = 0; index < this.entries; index += 1) this.totals[(this.head + index) & mask]! -= this.left;
    this.total -= this.left;
    this.left = 0;
  }
}
