/** Another place to get an image: its own latency, errors and room, none of Gemini's limits. */
import { chance, LABEL } from '../model/chance.ts';
import type { ProviderSpec } from '../model/scenario.ts';
import { type Latency, latency } from './latency.ts';

export class Provider {
  private readonly spec: ProviderSpec;
  private readonly latency: Latency;
  private readonly seed: number;
  /** Epoch ms until which each of its places is taken; empty: it has room for any number at a time. */
  private readonly takenUntilMs: number[];

  constructor(spec: ProviderSpec, seed: number) {
    this.spec = spec;
    this.latency = latency(spec.latency);
    this.seed = seed;
    this.takenUntilMs = new Array(spec.concurrency ?? 0).fill(-Infinity);
  }

  /**
   * ms until it answers. What comes while all its places are taken waits there for the first that falls free, in order of sending.
   *
   * @param atMs epoch ms, never decreasing
   */
  afterMs(request: number, attempt: number, atMs: number): number {
    const latencyMs = Math.round(this.latency(chance(this.seed, LABEL.latency, request, attempt)));
    const places = this.takenUntilMs;
    if (places.length === 0) return latencyMs;
    const first = places.indexOf(Math.min(...places));
    const doneMs = Math.max(atMs, places[first]!) + latencyMs;
    places[first] = doneMs;
    return doneMs - atMs;
  }

  /** Whether that attempt is answered 500. */
  fails(request: number, attempt: number): boolean {
    return chance(this.seed, LABEL.provider, request, attempt) < this.spec.errorRatio;
  }
}
