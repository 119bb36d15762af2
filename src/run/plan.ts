/** A plan, composed: the file becomes a problem, a pool simulates, the choice is verified on seeds that the search never saw. */
import type { Interval } from '../analysis/statistics.ts';
import type { Setting } from '../model/scenario.ts';
import { epochNowMs } from '../model/time.ts';
import { type Analytic, analyse } from '../plan/analytic.ts';
import type { Evaluate } from '../plan/evaluate.ts';
import { constraintsOf, goalsOf, PROBABILITY, thresholdSettings } from '../plan/problem.ts';
import { type Recommendation, recommendation } from '../plan/recommendation.ts';
import { type Finalist, MEASURES, type Measure, type Problem, type SearchProgress, type SearchResult } from '../plan/result.ts';
import { stand } from '../plan/robust.ts';
import { search } from '../plan/search.ts';
import { Trials } from '../plan/trials.ts';
import { valueAt } from '../scenario/document.ts';
import { applySettings, parsePath } from '../scenario/settings.ts';
import { type LoadedScenario, readScenario, scenarioReader } from './scenario-file.ts';
import { workerPool } from './worker-pool.ts';

export interface PlanOptions {
  readonly settings?: readonly Setting[];
  /** Instead of the scenario's: where the streams of seeds begin. */
  readonly seed?: number;
  /** Seeds on which the choice is verified. */
  readonly verify?: number;
  /** Threads; as many as there are cores. The answer does not depend on it. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly progress?: (progress: SearchProgress | { readonly stage: 'verify'; readonly done: number; readonly total: number }) => void;
}

export interface Promise95 {
  /** Where the mean over the verification's seeds is expected, with 95 %. */
  readonly intervals: Readonly<Record<Measure, readonly [low: number, high: number] | null>>;
  readonly means: Readonly<Record<Measure, number | null>>;
  /** Share of seeds on which all constraints hold: at least this, with 95 % confidence. */
  readonly holdsAtLeast: number;
  readonly seeds: number;
}

export interface Plan {
  readonly loaded: LoadedScenario;
  readonly problem: Problem;
  readonly result: SearchResult;
  readonly promised: Promise95;
  /** null: aborted before. */
  readonly verified: Finalist | null;
  readonly recommendation: Recommendation;
  readonly analytic: Analytic;
  readonly simulations: number;
  /** Wall time: the only thing here that two runs differ in. */
  readonly seconds: number;
}

const VERIFY_SEEDS = 200;
/** Requests that a verification simulates unless its seeds are asked for: a hundred launch days. */
const VERIFY_REQUESTS = 1_200_000;
const VERIFY_MIN = 50;

/**
 * @throws ScenarioError, InputError as reading the file does
 * @throws DOMException (AbortError) when aborted before anything was simulated
 */
export async function plan(file: string, options: PlanOptions = {}): Promise<Plan> {
  return planText(readScenario(file, { settings: options.settings ?? [] }).document.text, file, options);
}

/** The same for a text that is not on disk; paths in it are relative to `file`. */
export async function planText(text: string, file: string, options: PlanOptions = {}): Promise<Plan> {
  const startedMs = epochNowMs();
  const { loaded, problem } = plannedText(text, file, options);
  const pool = workerPool(loaded, options.workers === undefined ? {} : { workers: options.workers });
  try {
    const result = await search(problem, pool.evaluate, options);
    const verified = await verify(problem, result, pool.evaluate, options);
    const stood = verified && (await stand(problem, result, pool.evaluate, options.signal));
    return {
      loaded,
      problem,
      result,
      promised: promiseOf(result.chosen, verified?.seeds ?? VERIFY_SEEDS),
      verified,
      recommendation: recommendation(problem, result, stood),
      analytic: analyse(loaded.scenario, problem.seed),
      simulations: result.simulations + (verified?.seeds ?? 0) + (stood?.simulations ?? 0),
      seconds: (epochNowMs() - startedMs) / 1_000,
    };
  } finally {
    await pool.close();
  }
}

/** A scenario as a problem, and as it is read with the thresholds that the plan assumes. */
interface Planned {
  readonly loaded: LoadedScenario;
  readonly problem: Problem;
}

/** @param file what paths in the text are relative to */
export function plannedText(text: string, file: string, { settings = [], seed }: Pick<PlanOptions, 'settings' | 'seed'> = {}): Planned {
  const read = scenarioReader(text, file);
  const written = read({ settings });
  const own = [...settings, ...thresholdSettings(written.scenario)];
  const loaded = read({ settings: own });
  const document = applySettings(written.document, settings);
  const problem: Problem = {
    scenario: loaded.scenario,
    written: (path) => valueAt(document.value, parsePath(path) ?? []),
    resolve: (further) => read({ settings: [...own, ...further] }).scenario,
    constraints: constraintsOf(written.scenario),
    settings: own,
    goals: goalsOf(written.scenario),
    areGoalsWritten: written.scenario.goals !== null,
    probability: PROBABILITY,
    seed: seed ?? written.scenario.seed,
  };
  return { loaded, problem };
}

async function verify(
  problem: Problem,
  { chosen, requestsEach }: SearchResult,
  evaluate: Evaluate,
  options: PlanOptions,
): Promise<Finalist | null> {
  if (options.signal?.aborted) return null;
  const affordable = Math.max(VERIFY_MIN, Math.floor(VERIFY_REQUESTS / requestsEach));
  const seeds = options.verify ?? Math.min(VERIFY_SEEDS, affordable);
  const { progress, signal } = options;
  const trials = new Trials(problem, {
    evaluate,
    weight: requestsEach,
    signal,
    progress: progress && (({ done, total }) => progress({ stage: 'verify', done, total })),
  });
  return (await trials.findings('verify', [chosen.candidate], seeds))[0] ?? null;
}

/** Means of n seeds and of m others differ by chance: t s sqrt(1/n + 1/m). */
function promiseOf({ measured, holds, seeds }: Finalist, verifySeeds: number): Promise95 {
  const widen = (interval: Interval | null): readonly [number, number] | null => {
    if (interval === null) return null;
    const half = (interval.high - interval.mean) * Math.sqrt(1 + seeds / verifySeeds);
    return [interval.mean - half, interval.mean + half];
  };
  return {
    intervals: Object.fromEntries(MEASURES.map((measure) => [measure, widen(measured[measure])])) as Promise95['intervals'],
    means: Object.fromEntries(MEASURES.map((measure) => [measure, measured[measure]?.mean ?? null])) as Promise95['means'],
    holdsAtLeast: holds.low,
    seeds,
  };
}
