/** How long a queue grows behind a quota and how long it takes to drain, as a fluid. Rates per minute, times in minutes. */

/** Arrivals min(M + p t, b + rho t) behind a shaper B + r t: the highest backlog and the delay it means. */
export function shapedBacklog(flow: {
  readonly burstAtOnce: number;
  readonly peakRate: number;
  readonly burst: number;
  readonly meanRate: number;
  readonly capacity: number;
  readonly rate: number;
}): { backlog: number; delay: number } {
  const { burstAtOnce: M, peakRate: p, burst: b, meanRate: rho, capacity: B, rate: r } = flow;
  const at = (b - M) / (p - rho);
  const backlog = Math.max(0, M + p * at - (B + r * at), M - B);
  return { backlog, delay: backlog / r };
}

/** The same for an aligned window that has just been spent: service >= r (t - W). */
export function spentWindowBacklog(flow: {
  readonly burst: number;
  readonly meanRate: number;
  readonly limit: number;
  readonly window: number;
}): {
  backlog: number;
  delay: number;
} {
  const { burst, meanRate, limit, window } = flow;
  return { backlog: burst + meanRate * window, delay: window + burst / (limit / window) };
}

export interface Surge {
  readonly surgeRate: number;
  readonly surgeLength: number;
  readonly baseRate: number;
  readonly rate: number;
  readonly capacity: number;
}

/** A surge, then the base rate; null: never empty, or never cleared. */
export function surge({ surgeRate, surgeLength, baseRate, rate, capacity }: Surge): {
  exhaustedAt: number | null;
  peakBacklog: number;
  clearedAt: number | null;
  maxDelay: number;
} {
  const emptyAt = surgeRate > rate ? capacity / (surgeRate - rate) : Infinity;
  if (emptyAt >= surgeLength) return { exhaustedAt: null, peakBacklog: 0, clearedAt: null, maxDelay: 0 };
  const peakBacklog = (surgeRate - rate) * surgeLength - capacity;
  const clearedAt = baseRate < rate ? surgeLength + peakBacklog / (rate - baseRate) : null;
  return { exhaustedAt: emptyAt, peakBacklog, clearedAt, maxDelay: peakBacklog / rate };
}

/** Demand mean (1 + A sin wt) behind a rate between its mean and its peak; null where no backlog builds up or none ever clears. */
export function diurnalBacklog(day: {
  readonly mean: number;
  readonly amplitude: number;
  readonly period: number;
  readonly rate: number;
}): {
  buildStart: number;
  buildEnd: number;
  peakBacklog: number;
  maxDelay: number;
  peakToMean: number;
} | null {
  const { mean, amplitude, period, rate } = day;
  if (!(mean < rate && rate < mean * (1 + amplitude))) return null;
  const frequency = (2 * Math.PI) / period;
  const theta = Math.asin((rate - mean) / (mean * amplitude));
  const buildStart = theta / frequency;
  const buildEnd = (Math.PI - theta) / frequency;
  const peakBacklog = ((2 * mean * amplitude) / frequency) * Math.cos(theta) - (rate - mean) * (buildEnd - buildStart);
  return { buildStart, buildEnd, peakBacklog, maxDelay: peakBacklog / rate, peakToMean: 1 + amplitude };
}
