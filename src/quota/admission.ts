/** Whether a request fits into all its buckets or takes nothing from any, and which bucket it has to wait for. */
import type { EnforcedBucket } from '../model/names.ts';
import type { Bucket } from './bucket.ts';

/** What one request takes, aligned with BUCKETS: micro-dollars, requests, micro-dollars, images, tokens, requests. */
export type Costs = readonly number[];

/** Valid until the next question. */
export interface Refusal {
  /** Every bucket without room: the primary first, the others in the order of BUCKETS. Shared between refusals. */
  readonly violations: readonly Bucket[];
  /** The one with the latest ready instant; never wins, ties in the order of BUCKETS. */
  readonly primary: Bucket;
  /** The primary's ready instant; Infinity: never. */
  readonly retryAtMs: number;
  /** Aligned with `violations`. */
  readonly readyAtMs: Float64Array;
}

export interface AdmissionOptions {
  /** Buckets that a refused request takes from all the same. Nobody has seen the Gemini API do so (none). */
  readonly countRejected?: readonly EnforcedBucket[];
}

/** The buckets of one project and model, with its account's. Asking is one thing, taking another: take only when not refused. */
export class Admission {
  readonly buckets: readonly Bucket[];
  private readonly dimensions: readonly number[];
  private readonly counting: readonly Bucket[];
  /** Scratch of the question being asked, so that a request that fits allocates nothing. */
  private readonly readyAtMs: Float64Array;
  /** By the set of short buckets and the primary among them. */
  private readonly refusals = new Map<number, ReusedRefusal>();
  private lastKey = -1;
  private lastRefusal: ReusedRefusal | null = null;

  constructor(buckets: readonly Bucket[], options: AdmissionOptions = {}) {
    this.buckets = buckets.toSorted((a, b) => a.spec.dimension - b.spec.dimension);
    this.dimensions = this.buckets.map((bucket) => bucket.spec.dimension);
    this.counting = this.buckets.filter((bucket) => options.countRejected?.includes(bucket.spec.bucket));
    this.readyAtMs = new Float64Array(this.buckets.length);
  }

  /** null: every bucket has room for the whole cost. A cost of 0 finds room anywhere. */
  refusal(costs: Costs, atMs: number): Refusal | null {
    const { buckets, dimensions, readyAtMs } = this;
    let primary = -1;
    let latestAtMs = atMs;
    let short = 0;
    for (let index = 0; index < buckets.length; index += 1) {
      const cost = costs[dimensions[index]!]!;
      const ready = cost > 0 ? buckets[index]!.readyAtMs(cost, atMs) : atMs;
      readyAtMs[index] = ready;
      if (ready <= atMs) continue;
      short |= 1 << index;
      if (ready <= latestAtMs) continue;
      latestAtMs = ready;
      primary = index;
    }
    if (short === 0) return null;
    const key = short * buckets.length + primary;
    if (key !== this.lastKey) {
      this.lastRefusal = this.refusals.get(key) ?? this.newRefusal(key, primary, atMs);
      this.lastKey = key;
    }
    const refusal = this.lastRefusal!;
    refusal.retryAtMs = latestAtMs;
    for (let i = 0; i < refusal.places.length; i += 1) refusal.readyAtMs[i] = readyAtMs[refusal.places[i]!]!;
    for (let i = 0; i < this.counting.length; i += 1) this.counting[i]!.take(costs[this.counting[i]!.spec.dimension]!, atMs);
    return refusal;
  }

  take(costs: Costs, atMs: number): void {
    const { buckets, dimensions } = this;
    for (let index = 0; index < buckets.length; index += 1) {
      const cost = costs[dimensions[index]!]!;
      if (cost > 0) buckets[index]!.take(cost, atMs);
    }
  }

  private newRefusal(key: number, primary: number, atMs: number): ReusedRefusal {
    const others = this.buckets.flatMap((_, index) => (index !== primary && this.readyAtMs[index]! > atMs ? [index] : []));
    const places = [primary, ...others];
    const violations = places.map((place) => this.buckets[place]!);
    const refusal = { violations, primary: violations[0]!, retryAtMs: 0, readyAtMs: new Float64Array(places.length), places };
    this.refusals.set(key, refusal);
    return refusal;
  }
}

interface ReusedRefusal extends Refusal {
  retryAtMs: number;
  /** Indices of the violations among all buckets. */
  readonly places: readonly number[];
}
