/** What the tasks of a plan come to: its scenario file under a task's settings and seed, simulated. The same in a worker and without one. */
import type { Summary } from '../analysis/summary.ts';
import type { Setting } from '../model/scenario.ts';
import type { Task } from '../plan/evaluate.ts';
import { header } from './header.ts';
import { type LoadedScenario, runIdOf, scenarioReader } from './scenario-file.ts';
import { simulate } from './simulate.ts';

/** A scenario as it travels to a worker. */
export interface ScenarioSource {
  readonly text: string;
  /** What paths in the text are relative to. */
  readonly file: string;
  /** Below the settings of each task. */
  readonly settings: readonly Setting[];
}

/** Candidates are looked at under several seeds in a row, so the last few resolved scenarios are kept. */
const KEPT_MAX = 16;

/**
 * The summary that `rundry run` writes for these settings and this seed, run id included.
 * @throws ScenarioError, InputError as reading the file under those settings does
 */
export function simulation({ text, file, settings }: ScenarioSource): (task: Task) => Summary {
  const read = scenarioReader(text, file);
  const kept = new Map<string, LoadedScenario>();
  return (task) => {
    const key = JSON.stringify(task.settings);
    const loaded = kept.get(key) ?? read({ settings: [...settings, ...task.settings] });
    kept.delete(key);
    kept.set(key, loaded); // the last used is the last to go
    if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
    const { scenario, sha256 } = loaded;
    const runId = runIdOf(loaded, task.seed, 'sim');
    return simulate(scenario, task.seed, { header: header({ scenario, seed: task.seed, mode: 'sim', runId, sha256 }) }).summary;
  };
}
