/**
 * What clients may do differently on a ground: pace, limits of their own, slots, queue, retry, breaker, fallback.
 *
 * Clients that share a quota share it by what each offers: a pace or a number of slots is split among them.
 */
import type { ModelId } from '../model/names.ts';
import type { ClientSpec, Scenario } from '../model/scenario.ts';
import { MINUTE_MS } from '../model/time.ts';
import { enforcedLimit } from '../quota/bucket-set.ts';
import { carried, mixOf } from './carried.ts';
import { inFlight, usefulWorkers, workersFor } from './concurrency.ts';
import { change } from './grounds.ts';
import type { Change, Lever, Problem } from './result.ts';

/** What a scenario's interactive traffic asks for, counted from its arrivals. */
export interface Demand {
  /** Requests of each entry. */
  readonly counts: Readonly<Record<string, number>>;
  /** Interactive requests that fall due in the busiest whole minute. */
  readonly busiestMinute: number;
}

/** One setting of one lever; no changes: as the file has it. */
type Level = readonly Change[];

/** Every combination of levels, those with few changes first among equals. */
export function clientLevers(problem: Problem, scenario: Scenario, demand: Demand): readonly (readonly Change[])[] {
  const clients = clientsInUse(problem.scenario, scenario, demand);
  if (clients.length === 0) return [[]];
  const all = [
    paceLevels(problem, scenario, demand, clients),
    concurrencyLevels(problem, scenario, demand, clients),
    queueLevels(problem, clients),
    retryLevels(problem, scenario, clients),
    breakerLevels(problem, clients),
    fallbackLevels(problem, scenario, clients),
  ];
  return all.reduce<Level[]>((rows, levels) => rows.flatMap((row) => levels.map((level) => [...row, ...level])), [[]]);
}

interface ClientInUse {
  readonly spec: ClientSpec;
  /** `client`, or `traffic[2].client`. */
  readonly path: string;
  /** Of all interactive requests. */
  readonly share: number;
}

function clientsInUse(file: Scenario, scenario: Scenario, { counts }: Demand): readonly ClientInUse[] {
  const requests = scenario.clients.map(() => 0);
  for (const { name, lane, client } of scenario.traffic) if (lane === 'interactive') requests[client]! += counts[name] ?? 0;
  const total = requests.reduce((sum, count) => sum + count, 0);
  return scenario.clients.flatMap((spec, index) => {
    const entry = file.traffic.findIndex(({ client }) => client === index);
    const path = index === 0 ? 'client' : `traffic[${entry}].client`;
    return total > 0 && requests[index]! > 0 ? [{ spec, path, share: requests[index]! / total }] : [];
  });
}

/** The same key of every client in use; a client that is there already is left alone. */
function level(
  problem: Problem,
  lever: Lever,
  key: string,
  clients: readonly ClientInUse[],
  to: (client: ClientInUse) => unknown,
): readonly Level[] {
  const changes = clients.flatMap((client): Change[] => {
    const one = change(problem, lever, `${client.path}.${key}`, to(client));
    return one.to === one.from || (one.to === 'none' && one.from === undefined) ? [] : [one];
  });
  return changes.length === 0 ? [] : [changes];
}

const OWN: Level = [];

/** As it is; none; so slow that no bucket of a minute refuses; token buckets of its own that do the same but let bursts through. */
function paceLevels(problem: Problem, scenario: Scenario, { counts }: Demand, clients: readonly ClientInUse[]): readonly Level[] {
  const found = carried(scenario, mixOf(scenario, counts), null);
  const paced = clients.some(({ spec }) => spec.pace !== null);
  const held = clients.some(({ spec }) => spec.limits !== null);
  const perMinute = found?.pacePerMinute ?? null;
  const levels: Level[] = [OWN];
  if (paced) levels.push(...level(problem, 'pace', 'pace', clients, () => 'none'));
  if (held) levels.push(...level(problem, 'limits', 'limits', clients, () => 'none'));
  if (perMinute !== null && perMinute !== Infinity && perMinute > 0) {
    levels.push(...level(problem, 'pace', 'pace', clients, ({ share }) => rateText(perMinute * share)));
    if (!held) levels.push(...ownLimits(problem, scenario, clients));
  }
  return levels;
}

/**
 * Half of each limit as rate and as burst: no window, wherever it begins, holds more than the limit. Behind a token bucket the
 * whole limit does. One model only: own limits do not tell models apart.
 */
function ownLimits(problem: Problem, scenario: Scenario, clients: readonly ClientInUse[]): readonly Level[] {
  const models = interactiveModels(scenario);
  const [model] = models;
  if (models.length !== 1 || model === undefined || clients.length !== 1) return [];
  const of = (bucket: string, owner: ModelId | null): number | null => {
    const limit = scenario.quota.limits.find((one) => one.bucket === bucket && one.model === owner);
    return limit ? enforcedLimit(limit) : null;
  };
  const { projects, accounts, window } = scenario.quota;
  const limits = Object.fromEntries(
    (['rpm', 'ipm', 'tpm'] as const).flatMap((bucket) => {
      const limit = of(bucket, model);
      return limit === null || limit === 0 ? [] : [[bucket, limit * projects]];
    }),
  );
  const spend = of('spend10m', null);
  const all = { ...limits, ...(spend === null ? {} : { spend10mUsd: (spend * accounts) / 1e6 }) };
  if (Object.keys(all).length === 0) return [];
  const margin = window === 'token-bucket' && spend === null ? 0 : 0.5;
  return level(problem, 'limits', 'limits', clients, () => ({ ...all, margin }));
}

/** As it is, and by Little's law: what the pace keeps in flight with room for chance, and half as many again. */
function concurrencyLevels(problem: Problem, scenario: Scenario, demand: Demand, clients: readonly ClientInUse[]): readonly Level[] {
  const found = carried(scenario, mixOf(scenario, demand.counts), null);
  if (!found) return [OWN];
  const [low, high] = problem.scenario.allow?.concurrency ?? [1, Infinity];
  const ratePerMinute = Math.min(demand.busiestMinute, found.perMinute ?? Infinity);
  const load = inFlight(ratePerMinute, found.latencyMs);
  const wanted = load > 500 ? [usefulWorkers(load)] : [usefulWorkers(load), workersFor(load, 0.99), 2 * workersFor(load, 0.99)];
  const levels = wanted
    .map((slots) => Math.min(high, Math.max(low, slots)))
    .filter((slots, i, all) => all.indexOf(slots) === i)
    .flatMap((slots) => level(problem, 'concurrency', 'concurrency', clients, ({ share }) => Math.max(1, Math.ceil(slots * share))));
  return [OWN, ...levels];
}

/** As it is, and one that drops nothing. */
function queueLevels(problem: Problem, clients: readonly ClientInUse[]): readonly Level[] {
  const bounded = clients.filter(({ spec }) => spec.queue.limit !== null || spec.queue.deadlineMs !== null);
  return [OWN, ...level(problem, 'queue', 'queue', bounded, () => ({ limit: 'none', deadline: 'none' }))];
}

/** As it is; ours; one that never gives up a refusal that waiting cures; where nobody sits in front of it, not for a day either. */
function retryLevels(problem: Problem, scenario: Scenario, clients: readonly ClientInUse[]): readonly Level[] {
  const patient = { attempts: 5, throttledAttempts: 'unlimited', cap: '5m', jitter: 'full', obeyRetryInfo: true };
  const isBacklog = scenario.traffic.every(
    ({ lane, shape, deadlineMs }) => lane === 'batch' || shape.kind === 'flood' || deadlineMs !== null,
  );
  return [
    OWN,
    ...level(problem, 'retry', 'retry', clients, () => 'recommended'),
    ...level(problem, 'retry', 'retry', clients, () => patient),
    ...(isBacklog ? level(problem, 'retry', 'retry', clients, () => ({ ...patient, attempts: 10, onDailyLimit: 'wait' })) : []),
  ];
}

/** As it is, and none where there is one: under failures that are independent it costs more than it saves (quant.md 3.4). */
function breakerLevels(problem: Problem, clients: readonly ClientInUse[]): readonly Level[] {
  return [
    OWN,
    ...level(
      problem,
      'breaker',
      'breaker',
      clients.filter(({ spec }) => spec.breaker !== null),
      () => 'none',
    ),
  ];
}

/** As it is; to each allowed model that is not called first; to a provider that the file names. */
function fallbackLevels(problem: Problem, scenario: Scenario, clients: readonly ClientInUse[]): readonly Level[] {
  const first = interactiveModels(scenario);
  const models = (problem.scenario.allow?.models ?? []).filter((model) => !first.includes(model));
  const bare = clients.filter(({ spec }) => spec.fallback.length === 0);
  return [
    OWN,
    ...models.flatMap((model) =>
      level(problem, 'fallback', 'fallback', bare, () => [{ model, on: ['5xx', 'timeout', 'breaker', 429, 'rpd'] }]),
    ),
    ...Object.keys(scenario.providers).flatMap((provider) =>
      level(problem, 'fallback', 'fallback', bare, () => [{ provider, on: ['5xx', 'timeout', 'breaker', 429, 'rpd'] }]),
    ),
  ];
}

function interactiveModels(scenario: Scenario): ModelId[] {
  return [...new Set(scenario.traffic.filter(({ lane }) => lane === 'interactive').map(({ request }) => request.model))];
}

/** Rounded down to three digits: a pace must not be faster than what was asked for. */
function rateText(perMinute: number): string {
  const [count, unit] = perMinute >= 1 ? [perMinute, 'min'] : [perMinute * 60, 'h'];
  const digits = 10 ** Math.max(0, 2 - Math.floor(Math.log10(count)));
  return `${Math.floor(count * digits) / digits}/${unit}`;
}

/** @param dueMs ascending */
export function busiestMinuteOf(dueMs: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < dueMs.length; last++) {
    while (dueMs[last]! - dueMs[first]! >= MINUTE_MS) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
