/** Where a candidate stands: tier, projects, model, size, lane and time. What its client does comes on top. */
import { ScenarioError } from '../model/errors.ts';
import { type ModelId, type Size, TIERS, type Tier } from '../model/names.ts';
import type { Scenario, Setting, TrafficEntry } from '../model/scenario.ts';
import { DAY_MS, HOUR_MS } from '../model/time.ts';
import { type Assumed, assumedLimits, assumptionSetting } from './assumptions.ts';
import type { Change, Complexity, Problem } from './result.ts';

export interface Ground extends Assumed {
  readonly tier: Tier;
  readonly changes: readonly Change[];
  readonly settings: readonly Setting[];
  readonly complexity: Complexity;
  /** With these changes and assumptions, and the clients as the file has them. */
  readonly scenario: Scenario;
}

/** Hours by which deferrable work may start later; whole fractions of a day, so that each part of the day is tried. */
const SHIFTS_MS = [6, 12, 18].map((hours) => hours * HOUR_MS);

/** The file's own ground first. Combinations that do not fit the scenario, such as a size that a model lacks, are left out. */
export function grounds(problem: Problem): Ground[] {
  const { scenario } = problem;
  const found: Ground[] = [];
  for (const tier of tiers(scenario))
    for (const projects of projectCounts(scenario))
      for (const request of requestChanges(problem))
        for (const lanes of laneChanges(problem)) {
          const changes: Change[] = [
            ...(tier === scenario.quota.tier ? [] : [change(problem, 'tier', 'quota.tier', tier === 'free' ? tier : Number(tier))]),
            ...lanes,
            ...request,
            ...(projects === scenario.quota.projects ? [] : [change(problem, 'projects', 'quota.projects', projects)]),
          ];
          const ground = groundOf(problem, tier, changes);
          if (ground) found.push(ground);
        }
  return found;
}

export function change(problem: Problem, lever: Change['lever'], path: string, to: unknown): Change {
  return { lever, path, from: problem.written(path), to };
}

export function settingOf({ path, to }: Change): Setting {
  return { path, value: to };
}

/** The class of the hardest of some changes. */
export function complexityOf(changes: readonly Change[]): Complexity {
  return changes.reduce<Complexity>((hardest, { lever }) => (CLASSES[lever] > hardest ? CLASSES[lever] : hardest), 0);
}

const CLASSES: Readonly<Record<Change['lever'], Complexity>> = {
  tier: 1,
  pace: 2,
  limits: 2,
  concurrency: 2,
  queue: 2,
  retry: 2,
  breaker: 2,
  batch: 3,
  schedule: 3,
  fallback: 4,
  size: 4,
  model: 4,
  projects: 5,
};

/** null: the changes do not fit the scenario. */
export function groundOf(problem: Problem, tier: Tier, changes: readonly Change[]): Ground | null {
  const made = changes.map(settingOf);
  const plain = resolved(problem, made);
  if (!plain) return null;
  const assumed = assumedLimits(plain, problem.scenario);
  const settings = [...made, ...assumed.assumptions.map(assumptionSetting)];
  const scenario = assumed.assumptions.length === 0 ? plain : resolved(problem, settings);
  return scenario && { tier, changes, settings, complexity: complexityOf(changes), scenario, ...assumed };
}

function resolved(problem: Problem, settings: readonly Setting[]): Scenario | null {
  if (settings.length === 0) return problem.scenario;
  try {
    return problem.resolve(settings);
  } catch (error) {
    if (error instanceof ScenarioError) return null;
    throw error;
  }
}

function tiers({ quota, allow }: Scenario): readonly Tier[] {
  const allowed = allow?.tier ?? TIERS.slice(TIERS.indexOf(quota.tier));
  return ownFirst(
    quota.tier,
    TIERS.filter((tier) => allowed.includes(tier)),
  );
}

function projectCounts({ quota, allow }: Scenario): readonly number[] {
  const [low, high] = allow?.projects ?? [quota.projects, quota.projects];
  return ownFirst(
    quota.projects,
    Array.from({ length: high - low + 1 }, (_, i) => low + i),
  );
}

function ownFirst<T>(own: T, allowed: readonly T[]): readonly T[] {
  return allowed.includes(own) ? [own, ...allowed.filter((one) => one !== own)] : allowed;
}

/** None, then each allowed model and size for all entries that are not on it. */
function requestChanges(problem: Problem): readonly (readonly Change[])[] {
  const { scenario } = problem;
  const models: readonly (ModelId | null)[] = [null, ...(scenario.allow?.models ?? [])];
  const sizes: readonly (Size | null)[] = [null, ...(scenario.allow?.sizes ?? [])];
  const seen = new Set<string>();
  return models.flatMap((model) =>
    sizes.flatMap((size) => {
      const changes = scenario.traffic.flatMap(({ request }, i) => [
        ...(size === null || size === request.size ? [] : [change(problem, 'size', `traffic[${i}].request.size`, size)]),
        ...(model === null || model === request.model ? [] : [change(problem, 'model', `traffic[${i}].request.model`, model)]),
      ]);
      const key = JSON.stringify(changes);
      if (seen.has(key)) return [];
      seen.add(key);
      return [changes];
    }),
  );
}

/** None; deferrable entries on the batch lane, each and all; deferrable entries that start later. */
function laneChanges(problem: Problem): readonly (readonly Change[])[] {
  const { scenario } = problem;
  const indexed = scenario.traffic.map((entry, index) => ({ entry, index }));
  const mayBatch = indexed.filter(({ entry }) => entry.lane === 'interactive' && isDeferrable(entry, scenario.allow?.batch));
  const mayShift = indexed.filter(({ entry }) => entry.lane === 'interactive' && isDeferrable(entry, scenario.allow?.shift));
  const toBatch = mayBatch.map(({ index }) => change(problem, 'batch', `traffic[${index}].lane`, 'batch'));
  const later = mayShift.flatMap(({ entry, index }) =>
    SHIFTS_MS.filter((shiftMs) => entry.startMs + shiftMs < scenario.clock.durationMs && shiftMs <= (entry.deadlineMs ?? DAY_MS)).map(
      (shiftMs) => [change(problem, 'schedule', `traffic[${index}].startAt`, `+${(entry.startMs + shiftMs) / HOUR_MS}h`)],
    ),
  );
  return [[], ...toBatch.map((one) => [one]), ...(toBatch.length > 1 ? [toBatch] : []), ...later];
}

/** null, or nothing said: every entry with a deadline. */
function isDeferrable({ name, deadlineMs }: TrafficEntry, allowed: readonly string[] | null | undefined): boolean {
  return deadlineMs !== null && (allowed?.includes(name) ?? true);
}
