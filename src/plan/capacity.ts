/** What a set of limits carries: utilisation, the bucket that binds, the next one, and what one more unit of a limit is worth. */

/** A limit and what one request takes of it, in the same unit. */
export interface Load {
  readonly limit: number;
  /** Length of the window, in the unit of time in which rates are asked for and answered. */
  readonly window: number;
  readonly cost: number;
}

/** Share of the long-run supply that is asked for: u = rate x cost x window / limit. */
export function utilisation({ limit, window, cost }: Load, rate: number): number {
  return (rate * cost * window) / limit;
}

/** The highest long-run rate of one bucket: limit / window / cost. */
export function sustainableRate({ limit, window, cost }: Load): number {
  return cost === 0 ? Infinity : limit / window / cost;
}

export interface Binding<Name extends string> {
  readonly rate: number;
  readonly binding: Name;
  /** d rate / d limit of each bucket: 1 / (cost x window) for the one that binds, 0 for the others. */
  readonly shadowPrice: Readonly<Record<Name, number>>;
  /** What binds once the binding limit is raised, and by how much that limit has to rise for it; null with one bucket. */
  readonly next: { readonly bucket: Name; readonly rate: number; readonly raiseBy: number } | null;
}

/** null without any bucket. Ties go to the one named first. */
export function binding<Name extends string>(loads: Readonly<Record<Name, Load>>): Binding<Name> | null {
  const ranked = (Object.entries(loads) as [Name, Load][])
    .map(([name, load]) => ({ name, load, rate: sustainableRate(load) }))
    .filter(({ rate }) => rate < Infinity)
    .toSorted((a, b) => a.rate - b.rate);
  const [first, second] = ranked;
  if (!first) return null;
  const perUnit = first.load.cost * first.load.window;
  return {
    rate: first.rate,
    binding: first.name,
    shadowPrice: Object.fromEntries(
      Object.keys(loads).map((name): [string, number] => [name, name === first.name ? 1 / perUnit : 0]),
    ) as Record<Name, number>, // its keys are those of loads
    next: second ? { bucket: second.name, rate: second.rate, raiseBy: perUnit * second.rate - first.load.limit } : null,
  };
}

/** Requests that a full token bucket lets through in [0, horizon]. */
export function tokenBucketSupply({ limit, window, cost }: Load, horizon: number, burst = limit): number {
  return Math.floor((burst + (limit / window) * horizon) / cost);
}

/** Requests that aligned windows let through in [0, horizon], the first one begun `offset` ago. */
export function fixedWindowSupply({ limit, window, cost }: Load, horizon: number, offset = 0): number {
  return Math.floor(limit / cost) * (1 + Math.floor((offset + horizon) / window));
}

/** When a limit without refill takes over from a token bucket: H = (total - burst) / rate. */
export function crossover(bucket: { readonly ratePerMinute: number; readonly burst: number }, total: number): number {
  return (total - bucket.burst) / bucket.ratePerMinute;
}

/** What is left of a daily limit when a share of attempts is overloaded and still counts. */
export function usefulRequests(limit: number, overloadedRatio: number): number {
  return limit * (1 - overloadedRatio);
}

/** Attempts that so many successes take when a share of attempts is overloaded, independently. */
export function attemptsNeeded(successes: number, overloadedRatio: number): number {
  return successes / (1 - overloadedRatio);
}

/** Little's law on enqueued tokens: requests per unit of `turnaround`. */
export function batchLaneRate(queue: { readonly tokens: number; readonly tokensPerRequest: number; readonly turnaround: number }): number {
  return queue.tokens / (queue.tokensPerRequest * queue.turnaround);
}

/** The share of a day's requests that must leave the interactive lane for the daily limit to do. */
export function batchShareNeeded(requestsPerDay: number, limitPerDay: number): number {
  return Math.max(0, 1 - limitPerDay / requestsPerDay);
}
