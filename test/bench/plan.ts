/** What a plan costs: simulations, candidates that arithmetic spared, seconds on one thread and on two. The answers must be equal. */
import { readFileSync } from 'node:fs';
import type { Reason, SearchResult } from '../../src/plan/result.ts';
import { search } from '../../src/plan/search.ts';
import { plannedText } from '../../src/run/plan.ts';
import { workerPool } from '../../src/run/worker-pool.ts';

export interface PlanRow {
  readonly scenario: string;
  readonly feasible: boolean;
  readonly candidates: number;
  /** By bounds, and because something simpler holds: not simulated. */
  readonly pruned: number;
  readonly simulations: number;
  readonly oneS: number;
  readonly twoS: number;
  /** Time on one thread over time on two: 2 is the ceiling. */
  readonly scaling: number;
}

const SIMULATED: readonly Reason[] = ['HALVED'];

/** @param settings make the scenario harder than its file, so that there is something to search */
export async function benchPlan(file: string, name: string, settings: Parameters<typeof plannedText>[2] = {}): Promise<PlanRow> {
  const { loaded, problem } = plannedText(readFileSync(file, 'utf8'), file, settings);
  const timed = async (workers: number): Promise<{ result: SearchResult; seconds: number }> => {
    const pool = workerPool(loaded, { workers });
    const startMs = performance.now();
    const result = await search(problem, pool.evaluate);
    const seconds = (performance.now() - startMs) / 1_000;
    await pool.close();
    return { result, seconds };
  };
  const one = await timed(1);
  const two = await timed(2);
  if (JSON.stringify(one.result) !== JSON.stringify(two.result)) throw new Error(`${name}: two threads chose otherwise than one`);
  return {
    scenario: name,
    feasible: one.result.feasible,
    candidates: one.result.candidates,
    pruned: one.result.pruned.filter(({ reason }) => !SIMULATED.includes(reason)).reduce((sum, { count }) => sum + count, 0),
    simulations: one.result.simulations,
    oneS: rounded(one.seconds),
    twoS: rounded(two.seconds),
    scaling: rounded(one.seconds / two.seconds),
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
