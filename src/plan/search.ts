/**
 * The settings that meet the constraints and do best by the goals: arithmetic rules out, simulation judges what is left.
 *
 * First the file as it stands. Then tier by tier (where the goals say so): screen the most promising candidates on the same
 * seeds, follow the better half, let at most eight meet fresh seeds, choose, take out what changes nothing, and ask on yet
 * other seeds whether the choice holds as often as promised. The answer follows from file and seed alone.
 */
import { candidateOf, type Field, fields } from './candidates.ts';
import type { Evaluate } from './evaluate.ts';
import { groundOf } from './grounds.ts';
import { hold } from './hold.ts';
import { nearestTo } from './nearest.ts';
import { paretoFront } from './pareto.ts';
import { type PrunedField, prune, type Required, required } from './prune.ts';
import type { Candidate, Finalist, Guarantee, Nearest, Problem, Pruned, SearchProgress, SearchResult, Step } from './result.ts';
import { settle } from './settle.ts';
import { stepsOf } from './steps.ts';
import { Trials } from './trials.ts';

export interface SearchOptions {
  /** Aborted, the search ends early and says what was known by then. */
  readonly signal?: AbortSignal;
  readonly progress?: (progress: SearchProgress) => void;
}

const BASE_RUNS = 8;
const NOTHING_TO_CHOOSE: Guarantee = { confidence: 1, measure: null, indifference: 0, method: 'single', finalists: 1, seeds: 0 };

export async function search(problem: Problem, evaluate: Evaluate, options: SearchOptions = {}): Promise<SearchResult> {
  const all = fields(problem);
  const needs = required(problem.constraints);
  const own = all.find(({ ground }) => ground.changes.length === 0) ?? null;
  const trials = new Trials(problem, { evaluate, weight: own?.offered.length ?? all[0]?.offered.length ?? 1, ...options });
  const [base] = await trials.findings('screen', [asWritten(problem)], BASE_RUNS);
  if (!base) throw new DOMException('the search was aborted before its first run', 'AbortError');
  const report = (found: Found): SearchResult => ({
    feasible: found.feasible,
    base: trials.all.find(({ candidate }) => candidate.id === base.candidate.id) ?? base, // with all the seeds that it has met by now
    chosen: found.chosen,
    finalists: found.finalists,
    steps: found.steps,
    pruned: found.pruned,
    nearest: found.nearest,
    guarantee: found.guarantee,
    goals: problem.goals,
    constraints: problem.constraints,
    probability: problem.probability,
    pareto: paretoFront(trials.all),
    candidates: all.reduce((sum, { candidates }) => sum + candidates.length, 0),
    simulations: trials.simulations,
    requestsEach: trials.weight,
    isDeterministic: trials.isChanceless(base.candidate) ?? false,
    isPartial: trials.isAborted,
  });
  const kept = problem.areGoalsWritten ? null : await asItStands(trials, own, base, all);
  if (kept) return report(kept);
  return report(await amongAll(trials, all, needs, base));
}

/** The file as it stands, with what is assumed of limits nobody knows, as of any other candidate: unknown is not unlimited. */
function asWritten(problem: Problem): Candidate {
  const { tier } = problem.scenario.quota;
  const ground = groundOf(problem, tier, []);
  return ground ? candidateOf(0, ground, []) : { id: 0, changes: [], assumptions: [], settings: [], complexity: 0, tier };
}

type Found = Pick<SearchResult, 'feasible' | 'chosen' | 'finalists' | 'steps' | 'pruned' | 'nearest' | 'guarantee'>;

/** Nothing to change; null: it does not hold, or rests on what nobody knows. */
async function asItStands(trials: Trials, own: Field | null, base: Finalist, all: readonly Field[]): Promise<Found | null> {
  const candidate = own?.candidates.find(({ changes }) => changes.length === 0);
  if (!own || !candidate || own.ground.unknown.length > 0 || base.holds.high < trials.problem.probability) return null;
  const held = await hold(trials, candidate);
  if (!held?.isHeld) return null;
  const others = all.map(({ ground, candidates }) => ({
    tier: ground.tier,
    count: candidates.filter(({ id }) => id !== candidate.id).length,
  }));
  const pruned = others.flatMap(({ tier, count }): Pruned[] =>
    count === 0 ? [] : [{ reason: 'DOM', count, tier, explanation: `tier ${tier}: nothing needs to change, the file as it stands holds` }],
  );
  return {
    feasible: true,
    chosen: held.finding,
    finalists: [held.finding],
    steps: [],
    pruned: merged(pruned),
    nearest: null,
    guarantee: NOTHING_TO_CHOOSE,
  };
}

async function amongAll(trials: Trials, all: readonly Field[], needs: Required, base: Finalist): Promise<Found> {
  const { problem } = trials;
  const pruned: Pruned[] = [];
  const fallen: PrunedField[] = [];
  const finalists: Finalist[] = [];
  const groups = groupsOf(all, problem);
  for (const [i, group] of groups.entries()) {
    const judged = group.map((field) => prune(problem, field, needs));
    fallen.push(...judged);
    pruned.push(...judged.flatMap((one) => one.pruned));
    const ranked = judged.length === 1 ? judged[0]!.ranked : interleaved(judged);
    if (ranked.length === 0) continue;
    const settled = await settle(
      trials,
      ranked.map(({ candidate }) => candidate),
    );
    finalists.push(...settled.finalists);
    pruned.push(...settled.pruned);
    if (settled.held) {
      pruned.push(...beaten(groups.slice(i + 1).flat(), settled.held.candidate.tier));
      const steps: Step[] = await stepsOf(trials, settled.held.candidate);
      return {
        feasible: true,
        chosen: settled.held,
        finalists: settled.finalists,
        steps,
        pruned: merged(pruned),
        nearest: null,
        guarantee: settled.guarantee,
      };
    }
    if (trials.isAborted) break;
  }
  const nearest: Nearest = await nearestTo(trials, { fields: all, needs, pruned, base });
  const steps = await stepsOf(trials, nearest.finalist.candidate);
  const others = finalists.filter(({ candidate }) => candidate.id !== nearest.finalist.candidate.id);
  return {
    feasible: false,
    chosen: nearest.finalist,
    finalists: [nearest.finalist, ...others],
    steps,
    pruned: merged(pruned),
    nearest,
    guarantee: NOTHING_TO_CHOOSE,
  };
}

/** Where the lowest tier is the first goal, a higher one is looked at only when nothing below it holds. */
function groupsOf(all: readonly Field[], { goals }: Problem): readonly (readonly Field[])[] {
  if (goals[0] !== 'tier') return [all];
  const tiers = [...new Set(all.map(({ ground }) => ground.tier))].toSorted();
  return tiers.toSorted((a, b) => rank(a) - rank(b)).map((tier) => all.filter(({ ground }) => ground.tier === tier));
}

function rank(tier: string): number {
  return tier === 'free' ? 0 : Number(tier);
}

/** The best of each ground, then the second of each, and so on. */
function interleaved(judged: readonly PrunedField[]): PrunedField['ranked'] {
  const longest = Math.max(...judged.map(({ ranked }) => ranked.length));
  return Array.from({ length: longest }, (_, i) => judged.flatMap(({ ranked }) => ranked[i] ?? [])).flat();
}

function beaten(rest: readonly Field[], tier: string): Pruned[] {
  return rest.map(({ ground, candidates }) => ({
    reason: 'DOM',
    count: candidates.length,
    tier: ground.tier,
    explanation: `tier ${tier} holds, and a lower tier comes first`,
  }));
}

/** One row for each reason, tier and explanation. */
function merged(pruned: readonly Pruned[]): Pruned[] {
  const rows = new Map<string, Pruned>();
  for (const one of pruned) {
    const key = `${one.reason} ${one.tier} ${one.explanation}`;
    const before = rows.get(key);
    rows.set(key, before ? { ...before, count: before.count + one.count } : one);
  }
  return [...rows.values()];
}
