/** The library: what the command does, typed. `rundry/mock`, `rundry/vitest` and `rundry/register` are entries of their own. */
import type { Judged } from './doctor/check.ts';
import type { DoctorOptions } from './run/doctor.ts';
import type { LiveOptions } from './run/live/live-options.ts';
import type { LiveOutcome } from './run/live/live-run.ts';
import type { LoadedScenario } from './run/scenario-file.ts';

export { Analysis, type AnalysisOptions, type Results } from './analysis/analysis.ts';
export type { Summary } from './analysis/summary.ts';
export type { Diagnosis } from './model/diagnosis.ts';
export { InputError, InvariantError, RundryError, ScenarioError, SetupError } from './model/errors.ts';
export type { AttemptRow, DropRow, HeaderRow, Row } from './model/rows.ts';
export type { Scenario, Setting } from './model/scenario.ts';
export { type FindStartOptions, findStart } from './run/best-start.ts';
export { type Axes, combinations, type RunEachOptions, runEach } from './run/combinations.ts';
export { type CompareRunsOptions, compareRuns } from './run/compare.ts';
export { type ComparisonOptions, comparePolicies } from './run/compare-policies.ts';
export { type Plan, type PlanOptions, plan } from './run/plan.ts';
export { rebuild } from './run/rebuild.ts';
export { replayScenario } from './run/replay-scenario.ts';
export { type RunOptions, type RunOutcome, run } from './run/run.ts';
export { type LoadedScenario, parseScenario, type ReadOptions, readScenario } from './run/scenario-file.ts';
export { type SimulateOptions, simulate } from './run/simulate.ts';
export { type Axis, grid, type HighestScale, highestScale, type Point, parseAxes } from './run/sweep.ts';
export { type WriteScenarioOptions, writeScenario } from './run/write-scenario.ts';
export { diagnose } from './wire/diagnosis.ts';
export type { DoctorOptions, Judged, LiveOptions, LiveOutcome };

/** `rundry doctor`; the SDK is loaded when it is called. @throws ScenarioError when a file or variable that was named is not there */
export async function doctor(options: DoctorOptions): Promise<readonly Judged[]> {
  return (await import('./run/doctor.ts')).doctor(options);
}

/** `rundry run --mode live`: spends real money, within the budget of its options. null: it was not agreed to, and nothing was sent. */
export async function liveRun(loaded: LoadedScenario, options: LiveOptions): Promise<LiveOutcome | null> {
  return (await import('./run/live/live-run.ts')).liveRun(loaded, options);
}
