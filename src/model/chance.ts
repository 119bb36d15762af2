/**
 * Chance that belongs to a request is a pure function of (seed, label, request, attempt): two settings see the same luck.
 * Arrivals draw from a seeded stream (xoshiro128** seeded by splitmix32), one per traffic entry.
 */

/** One label per question, so that a new draw moves no other. */
export const LABEL = {
  promptFilter: 1,
  overload: 2,
  serverError: 3,
  latency: 4,
  outputFilter: 5,
  backoff: 6,
  toldDelay: 7,
  fault: 8,
  think: 9,
  spell: 10,
  turnaround: 11,
  thinning: 12,
  provider: 13,
  faultLatency: 14,
  mockFault: 15,
} as const;
export type Label = (typeof LABEL)[keyof typeof LABEL];

/** A number in [0, 1) with 32 bits, the same for the same four numbers on any machine. Keeps no state. */
export function chance(seed: number, label: Label, request: number, attempt: number): number {
  let h = Math.imul(seed ^ Math.imul(label, 0x9e3779b1), 0x85ebca6b) ^ Math.imul(request + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97) ^ Math.imul(attempt + 0x165667b1, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
  return ((h ^ (h >>> 15)) >>> 0) / 4294967296;
}

/** A seeded stream of numbers in [0, 1) with 53 bits. */
export interface Stream {
  next(): number;
}

/** FNV-1a of a text, 32 bits: turns the name of a stream into its seed. */
export function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** xoshiro128** whose four words come from splitmix32(seed). */
export class Xoshiro128 implements Stream {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number) {
    let state = seed >>> 0;
    const splitmix32 = (): number => {
      state = (state + 0x9e3779b9) | 0;
      let z = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      return (z ^ (z >>> 15)) >>> 0;
    };
    this.a = splitmix32();
    this.b = splitmix32();
    this.c = splitmix32();
    this.d = splitmix32();
  }

  nextUint32(): number {
    const product = Math.imul(this.b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  next(): number {
    const high = this.nextUint32() >>> 5;
    const low = this.nextUint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }
}

/** The stream called `name` under a master seed; other names give independent streams. */
export function stream(seed: number, name: string, replication = 0): Stream {
  return new Xoshiro128(fnv1a(`${seed}/${name}/${replication}`));
}

/** An exponential draw of mean 1 for u in [0, 1). */
export function exponential(u: number): number {
  return -Math.log(1 - u);
}

/**
 * The standard normal quantile for u in [0, 1), to 1e-9 (Acklam 2003). One draw gives one value and larger draws give
 * larger values, so that two settings that share a draw share a rank.
 */
export function normalQuantile(u: number): number {
  const p = u < 1e-12 ? 1e-12 : u;
  if (p < 0.02425) return tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  return (
    ((((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r - 30.66479806614716) * r +
      2.506628277459239) *
      q) /
    (((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r - 13.28068155288572) * r + 1)
  );
}

function tail(q: number): number {
  return (
    (((((-0.007784894002430293 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q +
      2.938163982698783) /
    ((((0.007784695709041462 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1)
  );
}
