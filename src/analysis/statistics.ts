/** How sure we can be of a number seen a few times: intervals of means and of shares. */
import { normalQuantile } from '../model/chance.ts';
import { betaQuantile } from './beta.ts';

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * Mean of independent values with its t interval; null without values. One value says nothing about spread: the interval
 * is then unbounded.
 */
export function tInterval(values: readonly number[], confidence = 0.95): Interval | null {
  const n = values.length;
  if (n === 0) return null;
  const mean = meanOf(values);
  if (n === 1) return { mean, low: -Infinity, high: Infinity };
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = studentT(1 - (1 - confidence) / 2, n - 1) * Math.sqrt(variance / n);
  return { mean, low: mean - half, high: mean + half };
}

/** Of at least one value. Values that are all alike have it to the last digit: what is added up is what sets them apart from the first. */
export function meanOf(values: readonly number[]): number {
  const first = Number.isFinite(values[0]) ? values[0]! : 0;
  return first + values.reduce((sum, value) => sum + (value - first), 0) / values.length;
}

/** Two systems seen on the same seeds, and what the luck that they share is worth. */
export interface Paired {
  /** Second minus first, seed by seed. */
  readonly difference: Interval;
  /** Half of the interval that seeds of their own would have left, as wide as 2n - 2 degrees of freedom make it. */
  readonly independentHalfWidth: number;
  readonly correlation: number;
  /** 1 - variance of the differences over the sum of both variances. */
  readonly varianceReduction: number;
}

/** @param a, b of equal length, 2 or more, each with some spread */
export function paired(a: readonly number[], b: readonly number[], confidence = 0.95): Paired {
  const n = a.length;
  const difference = tInterval(
    b.map((value, k) => value - a[k]!),
    confidence,
  )!; // there are values
  const [varianceA, varianceB, both] = [covariance(a, a), covariance(b, b), covariance(a, b)];
  const t = studentT(1 - (1 - confidence) / 2, 2 * n - 2);
  return {
    difference,
    independentHalfWidth: t * Math.sqrt((varianceA + varianceB) / n),
    correlation: both / Math.sqrt(varianceA * varianceB),
    varianceReduction: (2 * both) / (varianceA + varianceB),
  };
}

function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  return a.reduce((sum, value, k) => sum + (value - meanA) * (b[k]! - meanB), 0) / (a.length - 1);
}

/** Share of successes with its Wilson score interval (Wilson 1927); null without trials. */
export function wilson(successes: number, trials: number, confidence = 0.95): Interval | null {
  if (trials === 0) return null;
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const share = successes / trials;
  const centre = share + (z * z) / (2 * trials);
  const half = z * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  const scale = 1 + (z * z) / trials;
  return {
    mean: share,
    low: successes === 0 ? 0 : (centre - half) / scale,
    high: successes === trials ? 1 : (centre + half) / scale,
  };
}

/** The same, never too narrow: the exact interval of Clopper and Pearson (1934). */
export function clopperPearson(successes: number, trials: number, confidence = 0.95): Interval | null {
  const tail = (1 - confidence) / 2;
  return binomialInterval(successes, trials, {
    low: () => betaQuantile(tail, successes, trials - successes + 1),
    high: () => betaQuantile(1 - tail, successes + 1, trials - successes),
  });
}

/** The same by Jeffreys' prior Beta(1/2, 1/2). */
export function jeffreys(successes: number, trials: number, confidence = 0.95): Interval | null {
  const tail = (1 - confidence) / 2;
  return binomialInterval(successes, trials, {
    low: () => betaQuantile(tail, successes + 0.5, trials - successes + 0.5),
    high: () => betaQuantile(1 - tail, successes + 0.5, trials - successes + 0.5),
  });
}

/** No success leaves 0 possible, and no failure 1. */
function binomialInterval(successes: number, trials: number, ends: Record<'low' | 'high', () => number>): Interval | null {
  if (trials === 0) return null;
  return {
    mean: successes / trials,
    low: successes === 0 ? 0 : ends.low(),
    high: successes === trials ? 1 : ends.high(),
  };
}

/**
 * The p-quantile of Student's t for whole degrees of freedom. Exact but for rounding: with t = sqrt(df) tan(angle) the
 * distribution is a finite sum (Abramowitz & Stegun 26.7.3-4), inverted here by halving the angle's interval.
 */
export function studentT(p: number, degreesOfFreedom: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentT(1 - p, degreesOfFreedom);
  const central = 2 * p - 1;
  let low = 0;
  let high = Math.PI / 2;
  for (let step = 0; step < 80; step++) {
    const angle = (low + high) / 2;
    if (centralMass(angle, degreesOfFreedom) < central) low = angle;
    else high = angle;
  }
  return Math.sqrt(degreesOfFreedom) * Math.tan((low + high) / 2);
}

/** P(|T| < sqrt(df) tan(angle)). */
function centralMass(angle: number, df: number): number {
  const sin = Math.sin(angle);
  const cos = Math.cos(angle);
  const isOdd = df % 2 === 1;
  let term = isOdd ? cos : 1;
  let sum = df === 1 ? 0 : term;
  for (let k = isOdd ? 3 : 2; k < df; k += 2) {
    term *= ((k - 1) / k) * cos * cos;
    sum += term;
  }
  return isOdd ? (2 / Math.PI) * (angle + sin * sum) : sin * sum;
}

/**
 * The q-quantile by linear interpolation (type 7, as spreadsheets have it): for comparison only, reports use nearest rank.
 * @param sorted ascending, not empty
 */
export function interpolatedQuantile(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = sorted[below]!;
  return low + (position - below) * ((sorted[below + 1] ?? low) - low);
}
