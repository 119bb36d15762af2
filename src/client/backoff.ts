/** How long the i-th wait of a kind is. Pure: the draw is an argument. */
import type { RetrySpec } from '../model/scenario.ts';

type Growth = Pick<RetrySpec, 'growth' | 'baseMs' | 'factor' | 'capMs' | 'jitter' | 'stepsMs'>;

/**
 * The i-th wait (i = 1, 2, …) in whole ms, for u in [0, 1).
 *
 * With v = min(cap, base * factor^(i-1)) (linear: base * i; constant: base):
 * none v; full U(0, v); equal v/2 + U(0, v/2); additive min(cap, uncapped v + U(0, 1 s));
 * decorrelated min(cap, U(base, 3 * the last wait)), the last wait being `base` at first.
 * Presets may take v from a list of steps, and jitter by a factor: min(cap, uncapped v * U(low, high) + U(0, addMs)).
 */
export function backoffMs(retry: Growth, i: number, lastWaitMs: number, u: number): number {
  const uncapped = grownMs(retry, i);
  const v = Math.min(retry.capMs, uncapped);
  const { jitter } = retry;
  if (typeof jitter === 'object') {
    const waitMs = Math.min(retry.capMs, (jitter.low + u * (jitter.high - jitter.low)) * uncapped + u * jitter.addMs);
    return jitter.whole === 'nearest' ? Math.round(waitMs) : Math.floor(waitMs);
  }
  switch (jitter) {
    case 'none':
      return Math.round(v);
    case 'full':
      return Math.round(u * v);
    case 'equal':
      return Math.round(v / 2 + (u * v) / 2);
    case 'additive':
      return Math.round(Math.min(retry.capMs, uncapped + u * 1_000));
    case 'decorrelated': {
      const high = 3 * (lastWaitMs > 0 ? lastWaitMs : retry.baseMs);
      return Math.round(Math.min(retry.capMs, retry.baseMs + u * Math.max(0, high - retry.baseMs)));
    }
    default:
      return jitter satisfies never;
  }
}

function grownMs(retry: Growth, i: number): number {
  const { stepsMs } = retry;
  if (stepsMs !== undefined) return stepsMs[Math.min(i, stepsMs.length) - 1]!;
  switch (retry.growth) {
    case 'exponential':
      // A power may be infinite, and no wait grows out of none.
      return retry.baseMs === 0 ? 0 : retry.baseMs * retry.factor ** (i - 1);
    case 'linear':
      return retry.baseMs * i;
    case 'constant':
      return retry.baseMs;
    default:
      return retry.growth satisfies never;
  }
}
