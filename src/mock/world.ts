/** What is emulated: one scenario, the services that hold its buckets, and whose they are. */
import type { EnforcedBucket, ModelId, Tier } from '../model/names.ts';
import { type OwnedKey, projectsOfKeys } from '../model/projects.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Bucket } from '../quota/bucket.ts';
import { type Service, service } from '../service/service.ts';
import { coverCatalogue } from './emulated.ts';
import { type Projects, projectsByKey } from './projects.ts';

export interface WorldOptions {
  /** The scenario at another tier than its own; null: at its own. */
  readonly scenarioAt: (tier: Tier | null) => Scenario;
  /** The scenario's. */
  readonly seed?: number | null;
  readonly keys?: readonly OwnedKey[] | null;
}

export interface World {
  /** Knows every model of the catalogue. */
  readonly scenario: Scenario;
  /** Where calls are charged that no key places. */
  readonly service: Service;
  /** null: any key is charged to the first project. */
  readonly projects: Projects | null;
}

/** @throws ScenarioError with everything that is wrong about the keys */
export function world({ scenarioAt, seed = null, keys = null }: WorldOptions): World {
  const own = coverCatalogue(scenarioAt(null));
  const drawn = seed ?? own.seed;
  if (keys === null || keys.length === 0) return { scenario: own, service: service(own, drawn), projects: null };
  const at = (tier: Tier): Scenario => (tier === own.quota.tier ? own : coverCatalogue(scenarioAt(tier)));
  const projects = projectsByKey(projectsOfKeys(keys, own.quota.tier), at, drawn);
  return { scenario: own, service: projects.all[0]!.service, projects };
}

/** A bucket and whose it is. */
export interface OwnedBucket {
  readonly bucket: Bucket;
  readonly name: EnforcedBucket;
  readonly account: string;
  /** null: the account's. */
  readonly project: string | null;
  readonly model: ModelId | null;
}

/** Every bucket that can refuse: by account, its own first. */
export function bucketsOf({ scenario, service, projects }: World): readonly OwnedBucket[] {
  if (projects === null) {
    const { accounts, projects: count } = scenario.quota;
    const names = Array.from({ length: count }, (_, index) => `p${index + 1}`);
    return ownedBy(
      service,
      Array.from({ length: accounts }, (_, index) => `a${index + 1}`),
      names,
    );
  }
  return [...new Set(projects.all.map((place) => place.service))].flatMap((shared) => {
    const places = projects.all.filter((place) => place.service === shared).toSorted((a, b) => a.project - b.project);
    return ownedBy(
      shared,
      [places[0]!.account],
      places.map(({ name }) => name),
    );
  });
}

/** A service has the buckets of its accounts first, as many for each. */
function ownedBy({ buckets }: Service, accounts: readonly string[], projects: readonly string[]): OwnedBucket[] {
  const ofAccounts = buckets.filter(({ spec }) => spec.project === null).length;
  return buckets.map((bucket, index): OwnedBucket => {
    const { bucket: name, model, project } = bucket.spec;
    const number = project === null ? Math.floor((index * accounts.length) / ofAccounts) : Number(project.slice(1)) - 1;
    const account = accounts[number % accounts.length]!;
    return { bucket, name, account, project: project === null ? null : projects[number]!, model };
  });
}
