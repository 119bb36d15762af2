/** What the checklist before a launch is answered from: the scenario, what came of it in virtual time, and the day. */
import type { Summary } from '../../analysis/summary.ts';
import type { ModelId } from '../../model/names.ts';
import type { ClientSpec, LimitSpec, Scenario, TrafficEntry } from '../../model/scenario.ts';

export interface LaunchPlan {
  readonly scenario: Scenario;
  readonly summary: Summary;
  /** Epoch ms. */
  readonly nowMs: number;
}

export function interactiveEntries({ traffic }: Scenario): readonly TrafficEntry[] {
  return traffic.filter(({ lane }) => lane === 'interactive');
}

/** Each that an interactive entry uses, once. */
export function clientsInUse(scenario: Scenario): readonly ClientSpec[] {
  return [...new Set(interactiveEntries(scenario).map(({ client }) => scenario.clients[client]!))];
}

export function modelsAsked({ traffic }: Scenario): readonly ModelId[] {
  return [...new Set(traffic.map(({ request }) => request.model))];
}

export function limitOf({ quota }: Scenario, bucket: LimitSpec['bucket'], model: ModelId | null): LimitSpec | undefined {
  return quota.limits.find((limit) => limit.bucket === bucket && limit.model === model);
}
