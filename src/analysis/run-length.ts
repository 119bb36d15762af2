/** How many runs, and which part of a long one: sample sizes, intervals of quantiles, warm-up and batch means. */
import { normalQuantile } from '../model/chance.ts';
import { studentT } from './statistics.ts';

/** Trials after which the normal interval of a share is no wider than plus or minus `halfWidth`: n = z^2 p (1 - p) / d^2, rounded up. */
export function trialsFor({ share, halfWidth, confidence }: { share: number; halfWidth: number; confidence: number }): number {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  return Math.ceil((z * z * share * (1 - share)) / halfWidth ** 2);
}

/** The fewest runs, but `pilot` at least, whose t interval is no wider than plus or minus `halfWidth`. */
export function runsFor({
  sd,
  halfWidth,
  confidence,
  pilot,
}: {
  sd: number;
  halfWidth: number;
  confidence: number;
  pilot: number;
}): number {
  const p = 1 - (1 - confidence) / 2;
  const fits = (n: number): boolean => (studentT(p, n - 1) * sd) / Math.sqrt(n) <= halfWidth;
  let low = pilot;
  let high = pilot;
  while (!fits(high)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return fits(low) ? low : high;
}

/** The half width that makes a mean right to a share of the true one: g / (1 + g) |mean| (Law and Kelton). */
export function relativeHalfWidth(mean: number, error: number): number {
  return (error / (1 + error)) * Math.abs(mean);
}

export interface QuantileInterval {
  /** Ranks from 1; 0 and n + 1 stand for no bound. */
  readonly lowerOrder: number;
  readonly upperOrder: number;
  readonly coverage: number;
  readonly unboundedBelow: boolean;
  readonly unboundedAbove: boolean;
}

/** Between which order statistics a quantile lies, whatever the distribution: P(l <= Bin(n, q) <= u - 1), with equal tails. */
export function quantileInterval({ n, quantile, confidence }: { n: number; quantile: number; confidence: number }): QuantileInterval {
  const tail = (1 - confidence) / 2;
  const below = cumulativeBinomial(n, quantile);
  let lowerOrder = 0;
  while (lowerOrder < n && below[lowerOrder]! <= tail) lowerOrder++;
  let upperOrder = 1;
  while (upperOrder <= n && below[upperOrder - 1]! < 1 - tail) upperOrder++;
  const coverage = below[upperOrder - 1]! - (lowerOrder === 0 ? 0 : below[lowerOrder - 1]!);
  return { lowerOrder, upperOrder, coverage, unboundedBelow: lowerOrder === 0, unboundedAbove: upperOrder === n + 1 };
}

/** P(X <= k) for k = 0 ... n. */
function cumulativeBinomial(n: number, p: number): Float64Array {
  const cumulative = new Float64Array(n + 1);
  let logTerm = n * Math.log1p(-p);
  let sum = 0;
  for (let k = 0; k <= n; k++) {
    sum += Math.exp(logTerm);
    cumulative[k] = sum;
    logTerm += Math.log((n - k) / (k + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return cumulative;
}

/** How long an M/M/1 must be watched for its mean number and mean wait to be right to a share (Whitt 1989). */
export function mm1RunLength({ rho, mu, error, confidence }: { rho: number; mu: number; error: number; confidence: number }): {
  readonly asymptoticVarianceL: number;
  readonly runTimeForL: number;
  readonly asymptoticVarianceWq: number;
  readonly customersForWq: number;
} {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const idle = (1 - rho) ** 4;
  const asymptoticVarianceL = (2 * rho * (1 + rho)) / idle / mu;
  const asymptoticVarianceWq = (rho * (2 + 5 * rho - 4 * rho ** 2 + rho ** 3)) / idle / mu ** 2;
  const needed = (variance: number, mean: number): number => variance * (z / (error * mean)) ** 2;
  return {
    asymptoticVarianceL,
    runTimeForL: needed(asymptoticVarianceL, rho / (1 - rho)),
    asymptoticVarianceWq,
    customersForWq: needed(asymptoticVarianceWq, rho / (mu * (1 - rho))),
  };
}

/**
 * What to leave out at the start: batches of five, cut where the variance of the rest over its count squared is least, in the first
 * half (MSER-5; White 1997, Spratt 1998).
 */
export function warmUp(series: readonly number[]): {
  batches: number;
  truncateBatches: number;
  truncateObservations: number;
  statistic: number;
  mean: number;
} {
  const means = batched(series, 5);
  let best = { truncateBatches: 0, statistic: Infinity };
  for (let cut = 0; cut <= means.length / 2; cut++) {
    const rest = means.slice(cut);
    const mean = meanOf(rest);
    const statistic = rest.reduce((sum, value) => sum + (value - mean) ** 2, 0) / rest.length ** 2;
    if (statistic < best.statistic) best = { truncateBatches: cut, statistic };
  }
  const truncateObservations = 5 * best.truncateBatches;
  return { batches: means.length, ...best, truncateObservations, mean: meanOf(means.slice(best.truncateBatches)) };
}

/** A mean of values that depend on those before, from `batches` batches after the first `truncate`; what is left over at the end is not used. */
export function batchMeans({
  series,
  truncate,
  batches,
  confidence,
}: {
  series: readonly number[];
  truncate: number;
  batches: number;
  confidence: number;
}): {
  readonly mean: number;
  readonly halfWidth: number;
  /** Autocorrelation of neighbouring batches: below 0.2 the batches are long enough. */
  readonly lag1: number;
} {
  const kept = series.slice(truncate);
  const means = batched(kept, Math.floor(kept.length / batches)).slice(0, batches);
  const mean = meanOf(means);
  const squares = means.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const products = means.slice(1).reduce((sum, value, i) => sum + (value - mean) * (means[i]! - mean), 0);
  const halfWidth = studentT(1 - (1 - confidence) / 2, batches - 1) * Math.sqrt(squares / (batches - 1) / batches);
  return { mean, halfWidth, lag1: products / squares };
}

function batched(series: readonly number[], size: number): number[] {
  return Array.from({ length: Math.floor(series.length / size) }, (_, i) => meanOf(series.slice(i * size, (i + 1) * size)));
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
