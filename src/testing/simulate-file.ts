/** A scenario file in virtual time, in one call: what a test suite says of its own capacity. */
import type { Results } from '../analysis/analysis.ts';
import type { Setting } from '../model/scenario.ts';
import { readScenario } from '../run/scenario-file.ts';
import { simulate } from '../run/simulate.ts';

/** Values by path, as `--set` has them: `{ 'quota.tier': 2, 'client.pace': '7/min' }`. */
export type Settings = Readonly<Record<string, unknown>>;

/**
 * @param options `seed` instead of the scenario's
 * @throws ScenarioError with every problem of the file and the settings at once
 */
export function simulateFile(file: string, settings: Settings = {}, options: { readonly seed?: number } = {}): Results {
  const { scenario } = readScenario(file, { settings: settingsOf(settings) });
  return simulate(scenario, options.seed ?? scenario.seed);
}

export function settingsOf(settings: Settings): Setting[] {
  return Object.entries(settings).map(([path, value]) => ({ path, value }));
}
