/** How many requests should be in flight and how far apart they should be sent. */

/** Little's law: requests in flight at a rate, never more than the quota lets through. */
export function inFlight(ratePerMin: number, latencyMs: number, quotaPerMin = Infinity): number {
  return (Math.min(ratePerMin, quotaPerMin) * latencyMs) / 60_000;
}

/** Workers beyond this only wait for quota. */
export function usefulWorkers(load: number): number {
  return Math.ceil(Number(load.toPrecision(12))); // 3.0000000000000004 is 3
}

/** The highest rate that so many workers reach. */
export function poolCapPerMin(workers: number, latencyMs: number): number {
  return (workers * 60_000) / latencyMs;
}

/** The smallest pool that a Poisson load in flight exceeds with probability 1 - quantile at most. */
export function workersFor(offeredLoad: number, quantile: number): number {
  let term = Math.exp(-offeredLoad);
  let sum = term;
  let workers = 0;
  while (sum < quantile) {
    workers++;
    term *= offeredLoad / workers;
    sum += term;
  }
  return workers;
}

/**
 * The shortest interval at which no limiter of `limit` per window ever refuses, when the way there varies by at most
 * `jitter`: (W + J) / L, and (W + J) / (L - 1) for a sliding counter. Must be kept centrally, not by each worker.
 */
export function safeInterval(pace: {
  readonly limit: number;
  readonly window: number;
  readonly jitter: number;
  readonly isSlidingCounter?: boolean;
}): number {
  const { limit, window, jitter, isSlidingCounter = false } = pace;
  return (window + jitter) / (isSlidingCounter ? limit - 1 : limit);
}

/** What a token bucket must hold for a flow at this interval to pass: B >= 1 + J / interval. */
export function burstNeeded(interval: number, jitter: number): number {
  return 1 + jitter / interval;
}

/** What workers that each keep the interval by themselves can put into one window at worst. */
export function unsynchronisedWorst(workers: number, interval: number, window: number): number {
  return workers * Math.ceil(window / (workers * interval));
}
