/** How long an answer takes: one draw, one latency, larger draws longer. */
import { exponential, normalQuantile } from '../model/chance.ts';
import type { LatencySpec } from '../model/scenario.ts';

/** The 95 % quantile of the standard normal distribution. */
const Z95 = 1.6448536269514722;

export type Latency = (u: number) => number;

/** Latency in ms (not rounded) for u in [0, 1). */
export function latency(spec: LatencySpec): Latency {
  switch (spec.kind) {
    case 'fixed':
      return () => spec.ms;
    case 'lognormal': {
      const sigma = Math.log(spec.p95Ms / spec.p50Ms) / Z95;
      return sigma === 0 ? () => spec.p50Ms : (u) => spec.p50Ms * Math.exp(sigma * normalQuantile(u));
    }
    case 'exponential':
      return (u) => spec.meanMs * exponential(u);
    case 'erlang2':
      return (u) => (spec.meanMs / 2) * erlang2Quantile(u);
    default:
      return spec satisfies never;
  }
}

/** x with 1 - e^-x (1 + x) = u, by Newton's method from the right. */
function erlang2Quantile(u: number): number {
  if (u <= 0) return 0;
  let x = u < 0.1 ? Math.sqrt(2 * u) : exponential(u) + 1;
  for (let i = 0; i < 30; i++) {
    const density = x * Math.exp(-x);
    const step = (1 - Math.exp(-x) * (1 + x) - u) / density;
    x = Math.max(x - step, x / 10);
    if (Math.abs(step) < 1e-12 * x) break;
  }
  return x;
}
