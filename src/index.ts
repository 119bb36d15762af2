/** The library: what the command does, typed. `rundry/mock` is an entry of its own. */
export { Analysis, type AnalysisOptions, type Results } from './analysis/analysis.ts';
export type { Summary } from './analysis/summary.ts';
export { InputError, InvariantError, RundryError, ScenarioError, SetupError } from './model/errors.ts';
export type { AttemptRow, DropRow, HeaderRow, Row } from './model/rows.ts';
export type { Scenario, Setting } from './model/scenario.ts';
export { rebuild } from './run/rebuild.ts';
export { type RunOptions, type RunOutcome, run } from './run/run.ts';
export { type LoadedScenario, parseScenario, type ReadOptions, readScenario } from './run/scenario-file.ts';
export { type SimulateOptions, simulate } from './run/simulate.ts';
