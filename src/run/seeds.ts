/** The same scenario under several seeds: in virtual time, one after another, leaving room for signals in between. */
import type { Results } from '../analysis/analysis.ts';
import type { LoadedScenario } from './scenario-file.ts';
import { simulate } from './simulate.ts';

/** @param each told the results of every seed, first + 0 to first + count - 1, in order */
export async function simulateSeeds(
  loaded: LoadedScenario,
  first: number,
  count: number,
  each: (results: Results, k: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  for (let k = 0; k < count && !signal?.aborted; k++) {
    each(simulate(loaded.scenario, first + k), k);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
