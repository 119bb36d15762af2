/** What a plan of a scenario must meet, and what it makes small, where the file does not say. */
import type { Goal, Scenario, Setting, Threshold } from '../model/scenario.ts';
import type { Constraint } from './result.ts';

/** Lowest tier, then cost, then latency. */
const DEFAULT_GOALS: readonly Goal[] = ['tier', 'cost', 'latency'];

/** With which probability all constraints together must hold on a seed. */
export const PROBABILITY = 0.95;

/** Stands beside thresholds that say nothing of what must be delivered: dropping everything would meet them. */
const DELIVERED: Threshold = { expression: 'success_ratio >= 0.99', metric: 'success_ratio', op: '>=', value: 0.99 };

/** Metrics that a scenario which delivers next to nothing cannot meet. */
const SAY_DELIVERED: readonly string[] = ['success_ratio', 'job_success_ratio', 'delivered_per_min'];

/** In the order in which a summary lists its thresholds: of the run, then of each entry. */
export function constraintsOf(scenario: Scenario): Constraint[] {
  const own = [
    ...scenario.thresholds.map((threshold): Constraint => ({ ...threshold, traffic: null, assumed: false })),
    ...(saysDelivered(scenario) ? [] : [{ ...DELIVERED, traffic: null, assumed: true }]),
  ];
  const ofEntries = scenario.traffic.flatMap(({ name, thresholds }) =>
    thresholds.map((threshold): Constraint => ({ ...threshold, traffic: name, assumed: false })),
  );
  return [...own, ...ofEntries];
}

/** Adds to the file the threshold that `constraintsOf` assumes; none where it assumes none. */
export function thresholdSettings(scenario: Scenario): Setting[] {
  if (saysDelivered(scenario)) return [];
  return [{ path: 'thresholds', value: [...scenario.thresholds.map(({ expression }) => expression), DELIVERED.expression] }];
}

export function goalsOf({ goals }: Scenario): readonly Goal[] {
  return goals?.minimise ?? DEFAULT_GOALS;
}

/** Of the run, or of every entry. */
function saysDelivered({ thresholds, traffic }: Scenario): boolean {
  const says = (of: readonly Threshold[]): boolean => of.some(({ metric }) => SAY_DELIVERED.includes(metric));
  return says(thresholds) || traffic.every((entry) => says(entry.thresholds));
}
