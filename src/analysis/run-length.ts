/** How much must be seen for a given precision, and from where on a long run is in its steady state. */
import { normalQuantile } from '../model/chance.ts';
import { betaQuantile, binomialCdf } from './beta.ts';
import { type Interval, studentT, tInterval } from './statistics.ts';

/** Share of successes by Clopper and Pearson (1934): never too narrow, so wider than Wilson's. @param trials 1 or more */
export function clopperPearson(successes: number, trials: number, confidence = 0.95): Interval {
  const tail = (1 - confidence) / 2;
  const failures = trials - successes;
  return {
    mean: successes / trials,
    low: successes === 0 ? 0 : betaQuantile(tail, successes, failures + 1),
    high: failures === 0 ? 1 : betaQuantile(1 - tail, successes + 1, failures),
  };
}

/** The same by Jeffreys' prior, Beta(1/2, 1/2). */
export function jeffreys(successes: number, trials: number, confidence = 0.95): Interval {
  const tail = (1 - confidence) / 2;
  const failures = trials - successes;
  return {
    mean: successes / trials,
    low: successes === 0 ? 0 : betaQuantile(tail, successes + 0.5, failures + 0.5),
    high: failures === 0 ? 1 : betaQuantile(1 - tail, successes + 0.5, failures + 0.5),
  };
}

/** Trials for a share near p to be known to `halfWidth`: z^2 p (1 - p) / d^2. */
export function trialsFor(p: number, halfWidth: number, confidence = 0.95): number {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  return Math.ceil((z * z * p * (1 - p)) / halfWidth ** 2);
}

export interface OrderInterval {
  /** Ranks from 1; 0 and n + 1 mean that there is no bound on that side. */
  readonly lowerOrder: number;
  readonly upperOrder: number;
  readonly coverage: number;
}

/** Between which of n sorted values a quantile lies, whatever the distribution: equal tails of Binomial(n, q). */
export function quantileOrders(n: number, quantile: number, confidence = 0.95): OrderInterval {
  const tail = (1 - confidence) / 2;
  const below = (rank: number): number => binomialCdf(rank - 1, n, quantile); // fewer than `rank` values lie below the quantile
  let lowerOrder = 0;
  while (lowerOrder < n && below(lowerOrder + 1) <= tail) lowerOrder++;
  let upperOrder = n + 1;
  while (upperOrder > lowerOrder + 1 && 1 - below(upperOrder - 1) <= tail) upperOrder--;
  return { lowerOrder, upperOrder, coverage: below(upperOrder) - below(lowerOrder) };
}

const PILOT = 5;

/** Runs until the t interval is no wider than asked: an absolute half-width, or g of the mean as g / (1 + g) (Law & Kelton). */
export function replicationsFor(
  seen: { readonly mean: number; readonly sd: number },
  wanted: { readonly halfWidth: number } | { readonly relativeError: number },
  confidence = 0.95,
): number {
  const halfWidth = 'halfWidth' in wanted ? wanted.halfWidth : (wanted.relativeError / (1 + wanted.relativeError)) * Math.abs(seen.mean);
  const isEnough = (n: number): boolean => (studentT(1 - (1 - confidence) / 2, n - 1) * seen.sd) / Math.sqrt(n) <= halfWidth;
  let high = PILOT;
  while (!isEnough(high)) high *= 2;
  let low = Math.max(PILOT, high / 2);
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/**
 * How long the queue M/M/1 must be watched: asymptotic variances 2r(1+r)/(1-r)^4 of its length and r(2+5r-4r^2+r^3)/(1-r)^4 of its
 * waits, both for a service rate of 1 (Whitt 1989), times (z / (error x mean))^2.
 */
export function mm1RunLength({
  rho,
  mu,
  relativeHalfWidth,
  confidence,
}: {
  rho: number;
  mu: number;
  relativeHalfWidth: number;
  confidence: number;
}) {
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const asymptoticVarianceL = (2 * rho * (1 + rho)) / (1 - rho) ** 4 / mu;
  const asymptoticVarianceWq = (rho * (2 + 5 * rho - 4 * rho ** 2 + rho ** 3)) / (1 - rho) ** 4 / mu ** 2;
  const length = rho / (1 - rho);
  const wait = rho / (1 - rho) / mu;
  return {
    asymptoticVarianceL,
    runTimeForL: asymptoticVarianceL * (z / (relativeHalfWidth * length)) ** 2,
    asymptoticVarianceWq,
    customersForWq: asymptoticVarianceWq * (z / (relativeHalfWidth * wait)) ** 2,
  };
}

export interface Truncation {
  /** Of five observations each; a rest at the end is left out. */
  readonly batches: number;
  readonly truncateBatches: number;
  readonly truncateObservations: number;
  /** The least sum of squares around the mean of what is kept, over its count squared. */
  readonly statistic: number;
  /** Of what is kept. */
  readonly mean: number;
}

const BATCH = 5;

/** How much of a run is its beginning: MSER-5 (White 1997, Spratt 1998), looked for in the first half. @param series 10 values or more */
export function mser5(series: readonly number[]): Truncation {
  const means = batchMeans(series, Math.floor(series.length / BATCH), BATCH);
  let best: Truncation | null = null;
  for (let d = 0; d <= means.length / 2; d++) {
    const kept = means.slice(d);
    const mean = average(kept);
    const statistic = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kept.length ** 2;
    if (best === null || statistic < best.statistic)
      best = { batches: means.length, truncateBatches: d, truncateObservations: d * BATCH, statistic, mean };
  }
  return best!; // d = 0 is always looked at
}

/** Mean of a steady state from batches of one run, and how much neighbours still depend on each other (lag 1; below 0.2 is well). */
export function steadyMean(series: readonly number[], batches: number, confidence = 0.95): Interval & { readonly lag1: number } {
  const means = batchMeans(series, batches, Math.floor(series.length / batches));
  const mean = average(means);
  const squares = means.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const neighbours = means.slice(1).reduce((sum, value, k) => sum + (value - mean) * (means[k]! - mean), 0);
  return { ...tInterval(means, confidence)!, lag1: neighbours / squares }; // at least one batch
}

function batchMeans(series: readonly number[], batches: number, size: number): number[] {
  return Array.from({ length: batches }, (_, k) => average(series.slice(k * size, (k + 1) * size)));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
