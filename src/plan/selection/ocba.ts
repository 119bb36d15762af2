/** How a fixed number of simulations is best shared among systems: optimal computing budget allocation (Chen et al. 2000). */

/** Standard normal distribution function, to 1e-15: by the series for small arguments, by the continued fraction for large ones. */
export function normalCdf(x: number): number {
  const z = Math.abs(x);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  let upper: number;
  if (z < 5) {
    let term = z;
    let sum = z;
    for (let k = 1; Math.abs(term) > 1e-17 * sum; k++) {
      term *= (z * z) / (2 * k + 1);
      sum += term;
    }
    upper = 0.5 - density * sum;
  } else {
    let fraction = 0;
    for (let k = 60; k >= 1; k--) fraction = k / (z + fraction);
    upper = density / (z + fraction);
  }
  return x < 0 ? upper : 1 - upper;
}

export interface Allocation {
  /** Index of the lowest mean; the first of equals. */
  readonly best: number;
  /** Simulations for each system, not rounded; they add up to the budget. */
  readonly allocation: readonly number[];
}

/** N_i in proportion to (s_i / d_i)^2 with d_i the distance to the best, N_b = s_b sqrt(sum N_i^2 / s_i^2). Lower is better. */
export function ocba({ means, sds, budget }: { means: readonly number[]; sds: readonly number[]; budget: number }): Allocation {
  const best = means.indexOf(Math.min(...means));
  const weights = means.map((mean, i) => (i === best ? 0 : (sds[i]! / (mean - means[best]!)) ** 2));
  weights[best] = sds[best]! * Math.sqrt(weights.reduce((sum, weight, i) => (i === best ? sum : sum + (weight / sds[i]!) ** 2), 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { best, allocation: weights.map((weight) => (budget * weight) / total) };
}

/** A lower bound of the probability that the system with the lowest mean is the best one: 1 - sum P(i looks better than it is). */
export function probabilityOfBest(seen: { means: readonly number[]; sds: readonly number[]; seeds: readonly number[] }): number {
  const { means, sds, seeds } = seen;
  const best = means.indexOf(Math.min(...means));
  const variance = (i: number): number => sds[i]! ** 2 / seeds[i]!;
  let missed = 0;
  for (let i = 0; i < means.length; i++)
    if (i !== best) missed += normalCdf((means[best]! - means[i]!) / Math.sqrt(variance(i) + variance(best)));
  return 1 - missed;
}
