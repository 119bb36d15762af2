/** How a found plan stands where limits are not what was taken for them: against simpler plans, over intervals, and below a figure that nobody vouches for. */
import type { LimitSpec } from '../model/scenario.ts';
import type { Evaluate } from './evaluate.ts';
import type { Candidate, Finalist, Problem, SearchResult } from './result.ts';
import { changesText } from './say.ts';
import { type Option, type Robustness, robustness, type Unknown, unknownsOf } from './unknowns.ts';

export interface Doubt {
  readonly limit: LimitSpec;
  /** The lowest value at which the plan still holds with the asked probability, looked for down to half of it. */
  readonly holdsFrom: number | null;
}

export interface Stand {
  /** null: no limit that the plan rests on is unknown. */
  readonly unknown: Robustness | null;
  /** The tightest limit that the user did not read live, were it lower; null: none, or nobody asked for more. */
  readonly doubt: Doubt | null;
  readonly simulations: number;
}

/** Seeds of its own, apart from those of search and verification. */
const SEEDS = 5;
const FIRST_SEED = 700_000_001;
const ALTERNATIVES_MAX = 3;
/** Simulated requests that it may take; a plan over a long trace is not asked twice. */
const REQUESTS_MAX = 1_500_000;

export async function stand(problem: Problem, result: SearchResult, evaluate: Evaluate, signal?: AbortSignal): Promise<Stand> {
  const { chosen } = result;
  const scenario = chosen.candidate.settings.length === 0 ? problem.scenario : problem.resolve(chosen.candidate.settings);
  const unknowns = unknownsOf(scenario, chosen.candidate.assumptions);
  const asked = {
    evaluate,
    probability: problem.probability,
    seeds: Array.from({ length: result.isDeterministic ? 1 : SEEDS }, (_, k) => FIRST_SEED + k),
    ...(signal ? { signal } : {}),
  };
  const unknown =
    unknowns.length === 0 || !result.feasible
      ? null
      : await robustness({ ...asked, options: [optionOf(chosen.candidate), ...alternatives(result).map(optionOf)], unknowns });
  const limit = tightestKnown(scenario.quota.limits, chosen);
  const affordable = result.requestsEach * asked.seeds.length * RUNS_OF_DOUBT <= REQUESTS_MAX;
  if (!limit || !result.feasible || !affordable) return { unknown, doubt: null, simulations: unknown?.simulations ?? 0 };
  const half: Unknown = {
    bucket: limit.bucket,
    model: limit.model,
    tier: chosen.candidate.tier,
    interval: [Math.floor(limit.limit! / 2), limit.limit!], // known
    why: 'doubted',
  };
  const below = await robustness({ ...asked, options: [optionOf(chosen.candidate)], unknowns: [half] });
  return {
    unknown,
    doubt: { limit, holdsFrom: below.unknowns[0]!.holdsFrom },
    simulations: (unknown?.simulations ?? 0) + below.simulations,
  };
}

/** Two ends and the bisection between. */
const RUNS_OF_DOUBT = 8;

/** Simpler than the plan, the simplest first: what might have done if a limit were higher. */
function alternatives({ base, chosen, finalists, pareto }: SearchResult): Candidate[] {
  const simpler = ({ candidate }: Finalist): boolean =>
    candidate.complexity < chosen.candidate.complexity ||
    candidate.tier < chosen.candidate.tier ||
    candidate.changes.length < chosen.candidate.changes.length;
  const all = [base, ...finalists, ...pareto].filter(simpler).map(({ candidate }) => candidate);
  const named = new Map(all.map((candidate) => [changesText(candidate.changes), candidate]));
  return [...named.values()].sort((a, b) => a.complexity - b.complexity || a.changes.length - b.changes.length).slice(0, ALTERNATIVES_MAX);
}

function optionOf(candidate: Candidate): Option {
  return { name: changesText(candidate.changes), tier: candidate.tier, settings: candidate.settings };
}

function tightestKnown(limits: readonly LimitSpec[], { tightestBucket: tightest }: Finalist): LimitSpec | null {
  const limit = limits.find(({ bucket, model }) => bucket === tightest?.bucket && model === tightest.model);
  const isDoubtful = limit?.state === 'known' && limit.limit !== null && limit.limit > 0 && limit.source.from !== 'scenario';
  return isDoubtful ? limit : null;
}
