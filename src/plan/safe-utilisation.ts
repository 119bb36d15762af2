/** How much Poisson traffic a limiter takes before it refuses too much of it, when nobody queues. */

/** Share of Poisson arrivals that a limiter refuses; `utilisation` is offered over limit. */
export type Loss = (limit: number, utilisation: number) => number;

/** An aligned window: E[(X - L)+] / E[X] with X Poisson. */
export function fixedWindowLoss(limit: number, utilisation: number): number {
  const mean = limit * utilisation;
  return refusedPerWindow(limit, mean) / mean;
}

/** Requests refused in one aligned window: E[(X - L)+]. Summed over the tail, where nothing cancels. */
export function refusedPerWindow(limit: number, mean: number): number {
  let sum = 0;
  let k = limit + 1;
  for (let term = poissonTerm(mean, k); ; k++) {
    const part = (k - limit) * term;
    sum += part;
    term *= mean / (k + 1);
    if (k > mean && part <= sum * 1e-17) return sum;
  }
}

/** P(X <= limit): no refusal in one aligned window. */
export function nothingRefused(limit: number, mean: number): number {
  let term = Math.exp(-mean);
  let sum = term;
  for (let k = 1; k <= limit; k++) {
    term *= mean / k;
    sum += term;
  }
  return sum;
}

/** A sliding log is Erlang's loss system: one server for each unit of the limit, held for one window. */
export function slidingLogLoss(limit: number, utilisation: number): number {
  const load = limit * utilisation;
  let blocked = 1;
  for (let servers = 1; servers <= limit; servers++) blocked = (load * blocked) / (servers + load * blocked);
  return blocked;
}

/**
 * A token bucket of capacity L is the queue M/D/1 with L places: from its embedded chain, with a_j the chance of j arrivals
 * while one token refills. pi is not normalised; loss = 1 - 1 / (pi_0 / sum(pi) + utilisation).
 */
export function tokenBucketLoss(limit: number, utilisation: number): number {
  const arrivals = Array.from({ length: limit + 1 }, (_, j) => poissonTerm(utilisation, j));
  const pi = [1];
  for (let k = 0; k < limit - 1; k++) {
    let next = pi[k]! - pi[0]! * arrivals[k]!;
    for (let i = 1; i <= k; i++) next -= pi[i]! * arrivals[k - i + 1]!;
    pi.push(next / arrivals[0]!);
  }
  const total = pi.reduce((sum, value) => sum + value, 0);
  return 1 - 1 / (1 / total + utilisation);
}

/** The utilisation at which a limiter refuses this share: bisection, since loss only grows with load. */
export function safeUtilisation(loss: Loss, limit: number, refusedRatio: number): number {
  let low = 0;
  let high = 4;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (loss(limit, middle) > refusedRatio) high = middle;
    else low = middle;
  }
  return low;
}

/** The smallest limit of an aligned minute window that refuses at most this share of Poisson traffic. */
export function limitFor(ratePerMin: number, refusedRatio: number): number {
  let limit = 1;
  while (refusedPerWindow(limit, ratePerMin) / ratePerMin > refusedRatio) limit++;
  return limit;
}

function poissonTerm(mean: number, k: number): number {
  let log = -mean;
  for (let i = 1; i <= k; i++) log += Math.log(mean / i);
  return Math.exp(log);
}
