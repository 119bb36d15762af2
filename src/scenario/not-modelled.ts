/** What a scenario may say that a run does not do yet. The list shrinks as rooms grow. */
import type { ClientSpec, Scenario } from '../model/scenario.ts';

const someClient = (uses: (client: ClientSpec) => boolean) => (scenario: Scenario) => scenario.clients.some(uses);

/** Key of the scenario file, and whether a scenario uses it. Delete a line when a run does what it says. */
const NOT_MODELLED: readonly (readonly [key: string, uses: (scenario: Scenario) => boolean])[] = [
  ['client.breaker', someClient(({ breaker }) => breaker !== null)],
  ['client.fallback', someClient(({ fallback }) => fallback.length > 0)],
  ['client.hedge', someClient(({ hedge }) => hedge !== null)],
  ['client.adaptive', someClient(({ adaptive }) => adaptive !== null)],
  ['client.schedule', someClient(({ schedule }) => schedule !== null)],
  ['client.limits', someClient(({ limits }) => limits !== null)],
  ['client.retry.preset', someClient(({ retry }) => retry.preset !== null && retry.preset !== 'none')],
  ['client.retry.budgetRatio', someClient(({ retry }) => retry.budgetRatio !== null)],
  ['traffic[].lane: batch', ({ traffic }) => traffic.some(({ lane }) => lane === 'batch')],
  ['traffic[].priority', ({ traffic }) => traffic.some(({ priority }) => priority !== 0)],
  ['traffic[].deadline', ({ traffic }) => traffic.some(({ lane, deadlineMs }) => lane === 'interactive' && deadlineMs !== null)],
  ['quota.projects', ({ quota }) => quota.projects > 1],
  ['service.faults', ({ service }) => service.faults.length > 0],
  ['providers', ({ providers }) => Object.keys(providers).length > 0],
  ['goals', ({ goals }) => goals !== null],
  ['allow', ({ allow }) => allow !== null],
];

/** The keys in use that a run would silently ignore. */
export function notModelled(scenario: Scenario): readonly string[] {
  return NOT_MODELLED.filter(([, uses]) => uses(scenario)).map(([key]) => key);
}
