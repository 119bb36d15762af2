/** Whether a request fits into all its buckets or takes nothing from any, and which bucket it has to wait for. */
import type { EnforcedBucket } from '../model/names.ts';
import type { Bucket } from './bucket.ts';

/** What one request takes, aligned with BUCKETS: micro-dollars, requests, micro-dollars, images, tokens, requests. */
export type Costs = readonly number[];

export interface Refusal {
  /** Every bucket without room: the primary first, the others in the order of BUCKETS. Shared between refusals. */
  readonly violations: readonly Bucket[];
  /** The one with the latest ready instant; never wins, ties in the order of BUCKETS. */
  readonly primary: Bucket;
  /** The primary's ready instant; Infinity: never. */
  readonly retryAtMs: number;
  /** Aligned with `violations`. */
  readonly readyAtMs: readonly number[];
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
  private readonly violations = new Map<number, readonly Bucket[]>();

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
    for (let index = 0; index < buckets.length; index += 1) {
      const cost = costs[dimensions[index]!]!;
      const ready = cost > 0 ? buckets[index]!.readyAtMs(cost, atMs) : atMs;
      readyAtMs[index] = ready;
      if (ready > latestAtMs) {
        latestAtMs = ready;
        primary = index;
      }
    }
    return primary === -1 ? null : this.refused(primary, costs, atMs);
  }

  take(costs: Costs, atMs: number): void {
    const { buckets, dimensions } = this;
    for (let index = 0; index < buckets.length; index += 1) {
      const cost = costs[dimensions[index]!]!;
      if (cost > 0) buckets[index]!.take(cost, atMs);
    }
  }

  private refused(primary: number, costs: Costs, atMs: number): Refusal {
    const instants = [this.readyAtMs[primary]!];
    let key = primary;
    let place = this.buckets.length;
    for (let index = 0; index < this.buckets.length; index += 1) {
      const short = this.readyAtMs[index]! > atMs;
      if (short && index !== primary) instants.push(this.readyAtMs[index]!);
      if (short) key += place;
      place *= 2;
    }
    let violations = this.violations.get(key);
    if (!violations) {
      const others = this.buckets.filter((_, index) => index !== primary && this.readyAtMs[index]! > atMs);
      violations = [this.buckets[primary]!, ...others];
      this.violations.set(key, violations);
    }
    for (const bucket of this.counting) bucket.take(costs[bucket.spec.dimension]!, atMs);
    return { violations, primary: violations[0]!, retryAtMs: instants[0]!, readyAtMs: instants };
  }
}
