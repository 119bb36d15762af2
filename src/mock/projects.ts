/** Which key charges which project: projects of one billing account share a service, and with it the account's buckets. */
import type { Tier } from '../model/names.ts';
import type { ProjectSpec } from '../model/projects.ts';
import type { Scenario } from '../model/scenario.ts';
import { type Service, service } from '../service/service.ts';

/** Where a call is charged. */
export interface Place {
  readonly service: Service;
  /** From 0, within its service. */
  readonly project: number;
  readonly name: string;
  readonly account: string;
  readonly tier: Tier;
}

export interface Projects {
  /** In the order they were named. */
  readonly all: readonly Place[];
  /** null: nobody's key. */
  ofKey(key: string): Place | null;
}

/** @param at the scenario at a tier, with limits for the whole catalogue */
export function projectsByKey(specs: readonly ProjectSpec[], at: (tier: Tier) => Scenario, seed: number): Projects {
  const services = new Map<string, Service>();
  const all = specs.map((spec): Place => {
    const ofAccount = specs.filter(({ account }) => account === spec.account);
    const shared = services.get(spec.account) ?? serviceOf(at(spec.tier), ofAccount.length, seed);
    services.set(spec.account, shared);
    return { service: shared, project: ofAccount.indexOf(spec), name: spec.name, account: spec.account, tier: spec.tier };
  });
  const byKey = new Map(specs.flatMap(({ keys }, index) => keys.map((key) => [key, all[index]!] as const)));
  return { all, ofKey: (key) => byKey.get(key) ?? null };
}

function serviceOf(scenario: Scenario, projects: number, seed: number): Service {
  return service({ ...scenario, quota: { ...scenario.quota, projects, accounts: 1 } }, seed);
}
