/** When measured and expected agree. */
import { tInterval } from '../../src/analysis/statistics.ts';

/**
 * `interval`: |mean - expected| <= t(.995, R - 1) s / sqrt(R) over R replications, as design/quant.md 4.3 has it.
 * `tolerance`: as the golden case says. `informative`: shown, never judged.
 */
export type Rule =
  | { readonly kind: 'interval' }
  | { readonly kind: 'tolerance'; readonly abs: number; readonly rel: number }
  | { readonly kind: 'informative' };

export interface Expectation {
  /** As the golden file has it. */
  readonly name: string;
  readonly expected: number;
  readonly rule: Rule;
  /** How exact the expected number itself is: 0 but for published ones, which are printed to a few digits. */
  readonly printedWithin: number;
  /** Below this nothing can be seen: one ms of the clock, or a share of which these replications together expect no case. */
  readonly resolution: number;
}

export interface Verdict {
  readonly measured: number;
  /** Half the 99 % interval. */
  readonly half: number;
  /** What |measured - expected| may be; Infinity: anything. */
  readonly allowed: number;
  readonly passed: boolean;
}

/** @param values one for each replication */
export function judge(expectation: Expectation, values: readonly number[]): Verdict {
  const { expected, rule, printedWithin, resolution } = expectation;
  const interval = tInterval(values, 0.99);
  const measured = interval?.mean ?? Number.NaN;
  const half = interval ? interval.high - interval.mean : Infinity;
  const allowed = allowance(rule, expected, Math.max(half + printedWithin, resolution));
  return { measured, half, allowed, passed: Math.abs(measured - expected) <= allowed };
}

function allowance(rule: Rule, expected: number, interval: number): number {
  switch (rule.kind) {
    case 'interval':
      return interval;
    case 'tolerance':
      return Math.max(rule.abs, rule.rel * Math.abs(expected));
    case 'informative':
      return Infinity;
    default:
      return rule satisfies never;
  }
}
