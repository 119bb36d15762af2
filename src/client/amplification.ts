/** What retries multiply, in closed form: for advice, plans and checks of the simulation. Failures are independent, each with probability p. */
import { invariant } from '../model/errors.ts';

/** Tries a request needs to succeed with the target probability: ceil(ln(1 - target) / ln p). */
export function attemptsNeeded(p: number, target: number): number {
  invariant(p >= 0 && p < 1 && target >= 0 && target < 1, 'p and target are in [0, 1)');
  if (p === 0 || target === 0) return 1;
  // 1 - 0.6^6 = 0.953344 must not need a seventh try for a rounding error of the logarithms.
  return Math.max(1, Math.ceil(Number((Math.log(1 - target) / Math.log(p)).toPrecision(12))));
}

/** Attempts for each request, when it ends at its n-th failure: (1 - p^n) / (1 - p). */
export function attemptsPerRequest(p: number, attempts: number): number {
  return p === 1 ? attempts : (1 - p ** attempts) / (1 - p);
}

/** What one request becomes at worst where each layer (SDK, framework, job queue) retries what the one below gave up. */
export function nestedAttempts(layers: readonly number[]): number {
  return layers.reduce((product, attempts) => product * attempts, 1);
}

/**
 * Share of requests a client drops before sending, given what it asked and what was accepted of late: max(0, (requests - k
 * accepts) / (requests + 1)). Source: sre.google/sre-book/handling-overload, client-side throttling; k = 2 there.
 */
export function adaptiveDropRatio({ requests, accepts }: { readonly requests: number; readonly accepts: number }, k = 2): number {
  return Math.max(0, (requests - k * accepts) / (requests + 1));
}

/**
 * Share of Poisson attempts that a sliding log admits when it counts refused ones too: P(Poisson(a) <= limit - 1), a attempts
 * in a window. It collapses above the limit: the reason not to retry early where refusals count.
 */
export function admittedWhenRefusalsCount(attemptsPerWindow: number, limit: number): number {
  let term = Math.exp(-attemptsPerWindow);
  let sum = 0;
  for (let k = 0; k < limit; k++) {
    sum += term;
    term *= attemptsPerWindow / (k + 1);
  }
  return sum;
}
