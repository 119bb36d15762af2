/** What a scenario may say that a run does not do yet. The list shrinks as rooms grow. */
import type { Scenario } from '../model/scenario.ts';

/** Key of the scenario file, and whether a scenario uses it. Delete a line when a run does what it says. */
const NOT_MODELLED: readonly (readonly [key: string, uses: (scenario: Scenario) => boolean])[] = [];

/** The keys in use that a run would silently ignore. */
export function notModelled(scenario: Scenario): readonly string[] {
  return NOT_MODELLED.filter(([, uses]) => uses(scenario)).map(([key]) => key);
}
