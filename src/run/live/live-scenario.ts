/** A scenario as a live run can play it, or every reason why it cannot. */
import type { Scenario, Warning } from '../../model/scenario.ts';
import { scaled } from '../../plan/scale.ts';

export interface LiveTerms {
  /** Replace the scenario's; null: as the scenario says. */
  readonly budgetUsd: number | null;
  readonly budgetRequests: number | null;
  /** Traffic times this. */
  readonly scale: number;
  readonly isPlatform: boolean;
}

/** Of the resolved scenario, in the words of its file. */
export function liveProblems(scenario: Scenario, file: string, terms: LiveTerms): string[] {
  const { budget, quota, traffic, clients } = scenario;
  const hasBudget = [budget.microUsd, budget.requests, terms.budgetUsd, terms.budgetRequests].some((bound) => bound !== null);
  const usesBatch = traffic.some(({ lane }) => lane === 'batch') || clients.some(({ fallback }) => fallback.some(({ to }) => 'lane' in to));
  return [
    ...(hasBudget
      ? []
      : [
          `${file} budget: a live run needs one, here (budget: {usd: 5}) or as --budget-usd 5 or --budget-requests 20; without it nothing is sent`,
        ]),
    ...(quota.projects === 1
      ? []
      : [`${file} quota.projects: a live run has one key and so one project, found ${quota.projects}; add --set quota.projects=1`]),
    ...(usesBatch && terms.isPlatform
      ? [`${file}: the batch lane of the Agent Platform needs Cloud Storage, which a live run does not use; leave it out`]
      : []),
  ];
}

/** The scenario that is sent: scaled, within its budget, without places that are never called live. */
export function liveScenario(scenario: Scenario, terms: LiveTerms): Scenario {
  const { budget } = scenario;
  const skipped = [
    ...new Set(scenario.clients.flatMap(({ fallback }) => fallback.flatMap(({ to }) => ('provider' in to ? [to.provider] : [])))),
  ];
  const warnings: Warning[] = skipped.map((name) => ({
    code: 'provider-not-called',
    text: `client.fallback: provider ${name} is never called in a live run; the step is left out`,
  }));
  const known = terms.scale === 1 ? scenario : scaled(scenario, terms.scale);
  return {
    ...known,
    clients: known.clients.map((client) => ({ ...client, fallback: client.fallback.filter(({ to }) => !('provider' in to)) })),
    budget: {
      microUsd: terms.budgetUsd === null ? budget.microUsd : Math.floor(terms.budgetUsd * 1e6),
      requests: terms.budgetRequests ?? budget.requests,
    },
    warnings: [...scenario.warnings, ...warnings],
  };
}
