/** A scenario as a live run can play it, or every reason why it cannot. */
import type { ClientSpec, Scenario } from '../../model/scenario.ts';
import { scaled } from '../../plan/scale.ts';
import { tooMuch } from '../../scenario/volume.ts';

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
    ...traffic.flatMap(({ name, shape }) =>
      shape.kind === 'users' && shape.thinkMeanMs === 0
        ? [
            `${file} traffic.${name}.shape.think: once a live run stops sending, users without think time would ask again for ever within one instant; give think.mean a length such as 1s`,
          ]
        : [],
    ),
    ...(terms.scale === 1 ? [] : excess(scaled(scenario, terms.scale), file, terms.scale)),
    ...clients.flatMap(({ name, fallback }) => providerProblems(fallback, name === 'client' ? 'client' : `traffic.${name}.client`, file)),
  ];
}

/** What the file asks for was looked at when it was read; times the scale it may be too much. */
function excess({ clock, traffic }: Scenario, file: string, scale: number): string[] {
  return traffic.flatMap(({ name, shape, images, startMs, durationMs }) => {
    const leftMs = Math.max(0, clock.durationMs - startMs);
    const why = tooMuch(shape, images, Math.min(durationMs, leftMs));
    return why === null ? [] : [`${file} traffic.${name}: times --scale ${scale} it ${why}`];
  });
}

/** Without that step a request would end sooner than the scenario says, and with it money would go where no budget sees it. */
function providerProblems(fallback: ClientSpec['fallback'], client: string, file: string): string[] {
  return fallback.flatMap(({ to }, index) =>
    'provider' in to
      ? [
          `${file} ${client}.fallback[${index}]: provider ${to.provider} is never called in a live run; leave that step out (or --set '${client}.fallback=[]')`,
        ]
      : [],
  );
}

/** The scenario that is sent: scaled, and within its budget. */
export function liveScenario(scenario: Scenario, terms: LiveTerms): Scenario {
  const { budget } = scenario;
  const known = terms.scale === 1 ? scenario : scaled(scenario, terms.scale);
  return {
    ...known,
    budget: {
      microUsd: terms.budgetUsd === null ? budget.microUsd : Math.floor(terms.budgetUsd * 1e6),
      requests: terms.budgetRequests ?? budget.requests,
    },
  };
}
