/** Which of several findings is the better plan: by goals first, then by what a team takes on. */

import { TIERS } from '../model/names.ts';
import type { Goal } from '../model/scenario.ts';
import type { Finalist, Measure, Problem } from './result.ts';
import { normalCdf } from './selection/ocba.ts';

export const MEASURE_OF: Readonly<Record<Exclude<Goal, 'tier'>, Measure>> = {
  cost: 'cost_usd',
  latency: 'latency_ms_p95',
  makespan: 'makespan_ms',
};

/** Differences that nobody minds, as a share of the value. Assumed. */
export const INDIFFERENCE: Readonly<Record<Measure, number>> = {
  cost_usd: 0.01,
  latency_ms_p95: 0.05,
  makespan_ms: 0.05,
  success_ratio: 0.001,
};

/** How much better a plan must be to be worth a higher class of change. Source: quant.md §5.1. */
const WORTH_IT = 0.2;

/** Positive: the first is better in the first goal in which they differ by more than anybody minds; 0: in none. A share. */
export function gain(a: Finalist, b: Finalist, goals: readonly Goal[]): number {
  for (const goal of goals) {
    if (goal === 'tier') {
      const steps = TIERS.indexOf(b.candidate.tier) - TIERS.indexOf(a.candidate.tier);
      if (steps !== 0) return steps;
      continue;
    }
    const measure = MEASURE_OF[goal];
    const mine = a.measured[measure]?.mean ?? null;
    const other = b.measured[measure]?.mean ?? null;
    if (mine === null || other === null || Math.max(mine, other) === 0) continue;
    const share = (other - mine) / Math.max(mine, other);
    if (Math.abs(share) > INDIFFERENCE[measure]) return share;
  }
  return 0;
}

/**
 * The best first. A plan of a higher class stands before a simpler one only where it gains more than a fifth; among plans of one
 * class the goals decide, then fewer changes.
 */
export function byChoice(findings: readonly Finalist[], goals: readonly Goal[]): Finalist[] {
  const left = [...findings].sort(
    (a, b) =>
      a.candidate.complexity - b.candidate.complexity ||
      a.candidate.changes.length - b.candidate.changes.length ||
      a.candidate.id - b.candidate.id,
  );
  const ordered: Finalist[] = [];
  while (left.length > 0) {
    let best = left[0]!;
    for (const other of left.slice(1)) {
      const needed = other.candidate.complexity > best.candidate.complexity ? WORTH_IT : 0;
      if (gain(other, best, goals) > needed) best = other;
    }
    ordered.push(best);
    left.splice(left.indexOf(best), 1);
  }
  return ordered;
}

/** By how far constraints were missed, summed; 0: all held on every seed. For choosing whom to follow, and what came nearest. */
export function shortfall({ constraints, measured }: Finalist): number {
  const undelivered = 1 - (measured.success_ratio?.mean ?? 0);
  return constraints.reduce((sum, { constraint, holdsRatio, observed }) => {
    if (holdsRatio === 1) return sum;
    const { value } = constraint;
    const isNumber = typeof value === 'number' && typeof observed === 'number';
    const missed = isNumber ? Math.min(1, Math.abs(observed - value) / Math.max(Math.abs(value), Math.abs(observed), 1e-9)) : undelivered;
    return sum + (1 - holdsRatio) * (0.01 + missed);
  }, 0);
}

/**
 * The chance that a new seed holds, from the spread of those seen: normal, one constraint independent of the other. Four runs that
 * held tell nothing of those that just did from those that hold by far.
 */
export function likelihood({ constraints, holds }: Finalist): number {
  return constraints.reduce(
    (product, { holdsRatio, margin }) => product * (margin === null ? holdsRatio : normalCdf(margin)),
    holds.mean === 0 ? 0 : 1,
  );
}

/** Whom to follow: those that will probably hold as `byChoice`, then those that are the likeliest to, then who misses by the least. */
export function byPromise(findings: readonly Finalist[], { goals, probability }: Pick<Problem, 'goals' | 'probability'>): Finalist[] {
  const rated = findings.map((finding) => ({ finding, likely: likelihood(finding) }));
  const probable = rated.filter(({ finding, likely }) => likely >= probability && finding.holds.high >= probability);
  const others = rated.filter((one) => !probable.includes(one));
  return [
    ...byChoice(
      probable.map(({ finding }) => finding),
      goals,
    ),
    ...others
      .sort(
        (a, b) =>
          b.likely - a.likely ||
          shortfall(a.finding) - shortfall(b.finding) ||
          a.finding.candidate.complexity - b.finding.candidate.complexity ||
          a.finding.candidate.id - b.finding.candidate.id,
      )
      .map(({ finding }) => finding),
  ];
}
