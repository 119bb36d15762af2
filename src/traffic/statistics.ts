/** What recorded arrivals are like: how bursty over which window, how far the busiest window is above the mean, which model fits. */

export interface TraceStatistics {
  readonly jobs: number;
  readonly durationMs: number;
  readonly ratePerMinute: number;
  /** Standard deviation over mean of the gaps. */
  readonly gapCv: number;
  /** Correlation of each gap with the next. */
  readonly gapLag1: number;
  readonly windows: readonly WindowStatistics[];
  /** Share of gaps that are zero; many mean that stamps were rounded, and windows near the grain say nothing. */
  readonly tiedRatio: number;
}

export interface WindowStatistics {
  readonly windowMs: number;
  /** Index of dispersion: variance over mean of the counts. Poisson has 1. */
  readonly idc: number;
  readonly peakToMean: number;
}

export const WINDOWS_MS = [1_000, 10_000, 60_000, 300_000, 600_000] as const;

/** Instants ascending, in ms. Windows are whole and begin at the first instant; shorter traces have fewer of them. */
export function traceStatistics(atMs: ArrayLike<number>): TraceStatistics {
  const times = Array.from(atMs);
  const firstMs = times[0] ?? 0;
  const durationMs = (times.at(-1) ?? 0) - firstMs;
  const gaps = gapsOf(times);
  const offsets = times.map((time) => time - firstMs);
  return {
    jobs: times.length,
    durationMs,
    ratePerMinute: (times.length / durationMs) * 60_000,
    gapCv: coefficientOfVariation(gaps),
    gapLag1: lag1Correlation(gaps),
    windows: WINDOWS_MS.filter((windowMs) => durationMs >= 2 * windowMs).map((windowMs) => {
      const counts = windowCounts(offsets, windowMs, durationMs);
      return { windowMs, idc: indexOfDispersion(counts), peakToMean: peakToMean(counts) };
    }),
    tiedRatio: gaps.filter((gap) => gap === 0).length / gaps.length,
  };
}

export function gapsOf(times: readonly number[]): number[] {
  return times.slice(1).map((time, i) => time - times[i]!);
}

/** Counts in the whole windows [i·W, (i+1)·W) that fit into the horizon; what comes behind them is not counted. */
export function windowCounts(times: readonly number[], window: number, horizon: number): number[] {
  const counts = new Array<number>(Math.floor(horizon / window)).fill(0);
  for (const time of times) {
    const index = Math.floor(time / window);
    if (index >= 0 && index < counts.length) counts[index]! += 1;
  }
  return counts;
}

/** Sample variance over mean. */
export function indexOfDispersion(counts: readonly number[]): number {
  return (variance(counts) * counts.length) / (counts.length - 1) / mean(counts);
}

export function peakToMean(counts: readonly number[]): number {
  return counts.reduce((peak, count) => Math.max(peak, count), 0) / mean(counts);
}

export function coefficientOfVariation(values: readonly number[]): number {
  return Math.sqrt(variance(values)) / mean(values);
}

export function lag1Correlation(values: readonly number[]): number {
  const average = mean(values);
  let products = 0;
  for (let i = 1; i < values.length; i += 1) products += (values[i]! - average) * (values[i - 1]! - average);
  return products / (variance(values) * values.length);
}

export interface GammaFit {
  readonly shape: number;
  readonly scale: number;
}

/** By moments: shape = mean² / variance. */
export function gammaByMoments(gaps: readonly number[]): GammaFit {
  const shape = mean(gaps) ** 2 / variance(gaps);
  return { shape, scale: mean(gaps) / shape };
}

/** By maximum likelihood: ln k − ψ(k) = ln mean − mean ln, by Newton's steps from Minka's start. Gaps of zero have no likelihood. */
export function gammaByLikelihood(gaps: readonly number[]): GammaFit {
  const s = Math.log(mean(gaps)) - mean(gaps.map(Math.log));
  let shape = (3 - s + Math.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s);
  for (let step = 0; step < 20; step += 1) shape -= (Math.log(shape) - digamma(shape) - s) / (1 / shape - trigamma(shape));
  return { shape, scale: mean(gaps) / shape };
}

export interface HarmonicFit {
  readonly mean: number;
  /** Height of the wave as a share of the mean. */
  readonly amplitude: number;
  readonly peakHour: number;
  readonly peakToMean: number;
}

/** The first harmonic of 24 hourly counts, which stand for the middles of their hours. */
export function fitDay(hourlyCounts: readonly number[]): HarmonicFit {
  const total = hourlyCounts.reduce((sum, count) => sum + count, 0);
  const angle = (hour: number): number => (2 * Math.PI * (hour + 0.5)) / 24;
  const cosine = hourlyCounts.reduce((sum, count, hour) => sum + count * Math.cos(angle(hour)), 0);
  const sine = hourlyCounts.reduce((sum, count, hour) => sum + count * Math.sin(angle(hour)), 0);
  return {
    mean: total / hourlyCounts.length,
    amplitude: (2 * Math.hypot(cosine, sine)) / total,
    peakHour: ((Math.atan2(sine, cosine) * 24) / (2 * Math.PI) + 24) % 24,
    peakToMean: peakToMean(hourlyCounts),
  };
}

/** The busiest of `windows` Poisson windows has at most this count in half of all cases: the smallest k with F(k)^windows ≥ ½. */
export function poissonMedianPeak(meanPerWindow: number, windows: number): number {
  let term = Math.exp(-meanPerWindow);
  let cumulative = term;
  let count = 0;
  while (cumulative ** windows < 0.5) {
    count += 1;
    term *= meanPerWindow / count;
    cumulative += term;
  }
  return count;
}

/** A user's action asks for several images at once: the counts of images scatter E[k²] / E[k] times as far as those of actions. */
export function fanOut(shares: readonly { readonly images: number; readonly ratio: number }[]): { meanImages: number; idc: number } {
  const meanImages = shares.reduce((sum, { images, ratio }) => sum + images * ratio, 0);
  const meanSquare = shares.reduce((sum, { images, ratio }) => sum + images * images * ratio, 0);
  return { meanImages, idc: meanSquare / meanImages };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of the whole population. */
function variance(values: readonly number[]): number {
  const average = mean(values);
  return values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length;
}

/** ψ, by recurrence up to 8 and then its asymptotic series. */
function digamma(x: number): number {
  if (x < 8) return digamma(x + 1) - 1 / x;
  const inverse = 1 / (x * x);
  return Math.log(x) - 1 / (2 * x) - inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse / 240)));
}

function trigamma(x: number): number {
  if (x < 8) return trigamma(x + 1) + 1 / (x * x);
  const inverse = 1 / (x * x);
  return 1 / x + inverse / 2 + (inverse / x) * (1 / 6 - inverse * (1 / 30 - inverse * (1 / 42 - inverse / 30)));
}
