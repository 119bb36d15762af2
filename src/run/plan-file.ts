/** `plan.json`: what was recommended, promised and verified, for machines. Unknown is null; only `seconds` differs between two runs. */
import type { Constraint, Finalist, Measure } from '../plan/result.ts';
import { MEASURES } from '../plan/result.ts';
import { bridgeJson, confidenceJson, recommendationNotes, recommendationRows } from '../report/plan-json.ts';
import type { Plan } from './plan.ts';

const SCHEMA_VERSION = 1;

export function planJson(plan: Plan): object {
  const { result, promised, verified, analytic, loaded, problem } = plan;
  return {
    schemaVersion: SCHEMA_VERSION,
    scenario: { name: loaded.scenario.name, sha256: loaded.sha256 },
    seed: problem.seed,
    feasible: result.feasible,
    isPartial: result.isPartial,
    goals: result.goals,
    constraints: result.constraints.map(({ traffic, expression, assumed }) => ({ traffic, expression, assumed })),
    probability: result.probability,
    recommendation: recommendationRows(plan.recommendation),
    notes: recommendationNotes(plan.recommendation),
    confidence: confidenceJson(plan.recommendation),
    untilTier: bridgeJson(plan.recommendation),
    lanes: plan.recommendation.lanes,
    assumptions: result.chosen.candidate.assumptions,
    base: { ...numbers(result.base), holds_ratio: result.base.holds.mean, seeds: result.base.seeds },
    promised: { ...promised.means, holds_ratio: promised.holdsAtLeast, seeds: promised.seeds, intervals: promised.intervals },
    verified: verified && {
      ...numbers(verified),
      holds_ratio: verified.holds.mean,
      seeds: verified.seeds,
      thresholds: thresholds(verified),
    },
    guarantee: result.guarantee,
    candidates: result.candidates,
    simulations: plan.simulations,
    pruned: result.pruned,
    finalists: result.finalists.map(finding),
    nearest: result.nearest && {
      ...finding(result.nearest.finalist),
      goals: result.nearest.goals.map(({ constraint, attainable }) => ({ ...named(constraint), attainable })),
      obstacle: result.nearest.obstacle,
      unknown: result.nearest.unknown.map(({ bucket, model }) => ({ bucket, model })),
      beyond: result.nearest.beyond.map(finding),
    },
    pareto: result.pareto.map(finding),
    seconds: plan.seconds,
    analytic,
  };
}

function finding(found: Finalist): object {
  const { candidate, holds, seeds } = found;
  const changes = candidate.changes.map(({ path, from, to }) => ({ path, from: from ?? null, to: to ?? null }));
  return {
    changes,
    complexity: candidate.complexity,
    tier: candidate.tier,
    ...numbers(found),
    holds_ratio: holds.mean,
    holds_at_least: holds.low,
    seeds,
  };
}

function numbers({ measured }: Finalist): Readonly<Record<Measure, number | null>> {
  return Object.fromEntries(MEASURES.map((measure) => [measure, measured[measure]?.mean ?? null])) as Record<Measure, number | null>;
}

function thresholds({ constraints }: Finalist): object[] {
  return constraints.map(({ constraint, holdsRatio, observed }) => ({ ...named(constraint), holds_ratio: holdsRatio, observed }));
}

function named({ traffic, expression, assumed }: Constraint): object {
  return { traffic, expression, assumed };
}
