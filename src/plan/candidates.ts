/** Every combination of settings that a plan may look at: grounds, and on each what the clients may do. */
import { busiestMinuteOf, clientLevers, type Demand } from './client-levers.ts';
import { complexityOf, type Ground, grounds, settingOf } from './grounds.ts';
import type { OfferedRequest } from './offered.ts';
import { offeredRequests } from './offered.ts';
import { type Candidate, type Change, LEVERS, type Problem } from './result.ts';

/** A ground with what falls due on it and the candidates that stand on it. */
export interface Field {
  readonly ground: Ground;
  /** One draw of the traffic, in order of arrival. */
  readonly offered: readonly OfferedRequest[];
  readonly demand: Demand;
  readonly candidates: readonly Candidate[];
}

/** Beyond this the rest of a ground is not looked at; a file that allows so much is told by the count. */
const CANDIDATES_MAX = 20_000;

/** Candidate 0 is the file as it stands, whether its ground is allowed or not. */
export function fields(problem: Problem): Field[] {
  let id = 1;
  return grounds(problem).map((ground) => {
    const offered = offeredRequests(ground.scenario, problem.seed);
    const demand = demandOf(offered);
    const candidates = clientLevers(problem, ground.scenario, demand)
      .map((levers) => [...ground.changes, ...levers])
      .slice(0, Math.max(0, CANDIDATES_MAX - id))
      .map((changes) => candidateOf(changes.length === 0 ? 0 : id++, ground, changes));
    return { ground, offered, demand, candidates };
  });
}

/** The file as it stands, with what must be assumed of limits nobody knows. */
export function candidateOf(id: number, ground: Ground, changes: readonly Change[]): Candidate {
  const ordered = changes.toSorted((a, b) => LEVERS.indexOf(a.lever) - LEVERS.indexOf(b.lever));
  const own = ordered.filter((one) => !ground.changes.includes(one));
  return {
    id,
    changes: ordered,
    assumptions: ground.assumptions,
    settings: [...ground.settings, ...own.map(settingOf)],
    complexity: complexityOf(changes),
    tier: ground.tier,
  };
}

function demandOf(offered: readonly OfferedRequest[]): Demand {
  const counts: Record<string, number> = {};
  for (const { entry } of offered) counts[entry.name] = (counts[entry.name] ?? 0) + 1;
  const interactive = offered.filter(({ entry }) => entry.lane === 'interactive');
  return { counts, busiestMinute: busiestMinuteOf(interactive.map(({ dueMs }) => dueMs)) };
}
