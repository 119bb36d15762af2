/** How a found plan stands where limits are not what was taken for them: against simpler plans, over intervals, and below a figure that nobody vouches for. */
import type { LimitSpec, Scenario } from '../model/scenario.ts';
import type { Evaluate } from './evaluate.ts';
import { isNear } from './near.ts';
import type { Candidate, Finalist, Problem, SearchResult } from './result.ts';
import { changesText, overloadSetting } from './say.ts';
import { cheapestMeasurement, type Measurement, type Option, type Robustness, robustness, type Unknown, unknownsOf } from './unknowns.ts';

export interface Doubt {
  readonly limit: LimitSpec;
  /** The lowest value at which the plan still holds with the asked probability, looked for down to half of it. */
  readonly holdsFrom: number | null;
}

/** A limit that nobody knows, for which not even an interval is taken: it refuses nothing in any simulation of the plan. */
export interface Silent {
  readonly limit: LimitSpec;
  /** The plan holds from this value on, at the latest; null: this was not looked for, since the scenario is long. */
  readonly holdsFrom: number | null;
  readonly measurement: Measurement;
}

/** How much overload the plan bears. */
export interface Borne {
  /** Share of 503 in the worst hours of the scenario. */
  readonly ratio: number;
  /** With all hours worse in proportion, the highest share in the worst ones at which it still holds; null: not even today's on these seeds. */
  readonly holdsTo: number | null;
}

export interface Stand {
  /** null: no limit that the plan rests on is unknown. */
  readonly unknown: Robustness | null;
  /** The tightest limit that the user did not read live, were it lower; null: none, or nobody asked for more. */
  readonly doubt: Doubt | null;
  /** null: the scenario has no overload, or it was too long to look. */
  readonly overload: Borne | null;
  /** Those that the traffic meets. */
  readonly silent: readonly Silent[];
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
  let simulations = 0;
  async function* counted(tasks: Parameters<Evaluate>[0], aborted?: AbortSignal) {
    for await (const one of evaluate(tasks, aborted)) {
      simulations++;
      yield one;
    }
  }
  const asked = {
    evaluate: counted,
    probability: problem.probability,
    seeds: Array.from({ length: result.isDeterministic ? 1 : SEEDS }, (_, k) => FIRST_SEED + k),
    ...(signal ? { signal } : {}),
  };
  const option = optionOf(chosen.candidate);
  const isShort = result.requestsEach * asked.seeds.length * RUNS_OF_DOUBT <= REQUESTS_MAX;
  // What fails at the low ends of intervals may hold at a higher value: then that is what to find out.
  const isLookedAt = unknowns.length > 0 && (result.feasible || isShort);
  const allowed = result.feasible ? result : { ...result, finalists: [], pareto: [] }; // there, what is not allowed was tried, too
  const options = [option, ...alternatives(allowed).map(optionOf)];
  const unknown = isLookedAt ? await robustness({ ...asked, options, unknowns }) : null;
  if (!result.feasible && !holdsIfKnown(result)) return { unknown, doubt: null, overload: null, silent: [], simulations };
  const doubt = isShort ? await doubted(scenario, chosen, { ...asked, option }) : null;
  const overload = isShort ? await borne(scenario, { ...asked, option }) : null;
  const silent = await silences(scenario, result.requestsEach, isShort ? { ...asked, option } : null);
  return { unknown, doubt, overload, silent, simulations };
}

/** Nobody can say that it holds, but it does where nothing that is not known refuses: then it counts how much of that it needs. */
export function holdsIfKnown({ nearest, chosen, probability }: SearchResult): boolean {
  return nearest !== null && nearest.unknown.length > 0 && chosen.holds.mean >= probability;
}

type Asked = Omit<Parameters<typeof robustness>[0], 'options' | 'unknowns'> & { readonly option: Option };

async function doubted(scenario: Scenario, chosen: Finalist, { option, ...asked }: Asked): Promise<Doubt | null> {
  const limit = tightestKnown(scenario.quota.limits, chosen);
  if (!limit) return null;
  const taken = limit.limit!; // known
  const { bucket, model } = limit;
  const half: Unknown = { bucket, model, tier: option.tier, interval: [Math.floor(taken / 2), taken], why: 'doubted' };
  const below = await robustness({ ...asked, options: [option], unknowns: [half] });
  return { limit, holdsFrom: below.unknowns[0]!.holdsFrom };
}

/** Looked for from what refuses nobody down to a share of it: above, the plan is as safe as if there were none. */
const SILENT_SHARE_MIN = 1 / 64;

async function silences(scenario: Scenario, requestsEach: number, look: Asked | null): Promise<Silent[]> {
  const found: Silent[] = [];
  for (const limit of scenario.quota.limits) {
    const high = limit.state === 'unknown' && limit.interval === null ? highestDemand(limit, scenario, requestsEach) : null;
    if (high === null) continue;
    const { bucket, model } = limit;
    const tier = look?.option.tier ?? scenario.quota.tier;
    const unknown: Unknown = { bucket, model, tier, interval: [Math.ceil(high * SILENT_SHARE_MIN), high], why: 'not known' };
    const holdsFrom = look === null ? null : await lowestThatHolds(unknown, look);
    // To know that it is no less than the plan needs is enough.
    const measurement = cheapestMeasurement({ ...unknown, interval: [0, holdsFrom ?? high] });
    found.push({ limit, holdsFrom, measurement });
  }
  return found;
}

async function lowestThatHolds(unknown: Unknown, { option, ...asked }: Asked): Promise<number> {
  const { unknowns } = await robustness({ ...asked, options: [option], unknowns: [unknown] });
  return unknowns[0]!.holdsFrom ?? unknown.interval[1];
}

/** A value of a limit that no demand of this scenario exceeds; null: its traffic does not meet the limit. */
function highestDemand({ bucket, model }: LimitSpec, { traffic, quota }: Scenario, requestsEach: number): number | null {
  const entries = traffic.filter(({ request, lane }) => lane === 'interactive' && (model === null || request.model === model));
  if (entries.length === 0) return null;
  const known = quota.limits.filter((limit) => limit.model === model && limit.state === 'known' && ['rpm', 'ipm'].includes(limit.bucket));
  const perMinute = Math.min(Math.max(1, requestsEach), ...known.map(({ limit }) => limit!));
  switch (bucket) {
    case 'rpm':
    case 'ipm':
      return perMinute;
    case 'tpm':
      return perMinute * Math.max(...entries.map(({ request }) => request.inputTokens));
    case 'rpd':
      return Math.max(1, requestsEach) * 2; // overload uses it too
    case 'spend10m':
    case 'monthly':
      return quota.spentThisMonthMicroUsd + Math.max(1, requestsEach) * Math.max(...entries.map(({ request }) => request.listMicroUsd));
    default:
      return null;
  }
}

/** Worse than this the service is down. */
const OVERLOAD_MAX = 0.95;
const OVERLOAD_STEPS = 5;

async function borne({ service }: Scenario, { option, evaluate, seeds, probability, signal }: Asked): Promise<Borne | null> {
  const ratio = Math.max(0, ...service.overload.map(({ errorRatio }) => errorRatio));
  if (ratio === 0) return null;
  const holdsAt = async (worst: number): Promise<boolean> => {
    const settings = [...option.settings, overloadSetting(service.overload, worst / ratio)];
    let passed = 0;
    const tasks = seeds.map((seed) => ({ settings, seed }));
    for await (const { summary } of evaluate(tasks, signal)) if (summary.passed) passed++;
    return passed / seeds.length >= probability;
  };
  if (!(await holdsAt(ratio))) return { ratio, holdsTo: null };
  let good = ratio;
  let bad = OVERLOAD_MAX;
  for (let step = 0; step < OVERLOAD_STEPS && bad - good > 0.01; step++) {
    const middle = (good + bad) / 2;
    if (await holdsAt(middle)) good = middle;
    else bad = middle;
  }
  return { ratio, holdsTo: good };
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

function tightestKnown(limits: readonly LimitSpec[], finalist: Finalist): LimitSpec | null {
  const tightest = isNear(finalist) ? finalist.tightestBucket : null;
  const limit = limits.find(({ bucket, model }) => bucket === tightest?.bucket && model === tightest.model);
  const isDoubtful = limit?.state === 'known' && limit.limit !== null && limit.limit > 0 && limit.source.from !== 'scenario';
  return isDoubtful ? limit : null;
}
