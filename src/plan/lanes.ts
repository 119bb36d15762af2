/**
 * The most images a day that all lanes together carry under the limits they share, and what one more of each limit is worth: the
 * models of the traffic and of its fallbacks, each on the interactive lane and on the batch lane.
 *
 * A lane whose deciding limit nobody knows is left out and named; it never counts as unlimited.
 */
import { findModel } from '../model/catalogue.ts';
import { type BucketName, isMoney, type ModelId, type Size } from '../model/names.ts';
import { type RequestSpec, requestSpec } from '../model/request-spec.ts';
import type { LimitSpec, Scenario } from '../model/scenario.ts';
import { DAY_MS } from '../model/time.ts';
import { enforcedLimit } from '../quota/bucket-set.ts';
import { MONTH_DAYS } from './carried.ts';
import { lognormalMeanMs } from './latency.ts';
import { type LinearProgram, maximise, type Price } from './linear-program.ts';

export interface Lanes {
  /** Images a day, all lanes together; null: nothing that is known limits them. */
  readonly perDay: number | null;
  /** One best mix, images a day by lane such as `gemini-3-pro-image batch`. */
  readonly mix: Readonly<Record<string, number>>;
  /** In images a day for one more of the limit a day: requests, tokens or dollars. Those that are worth nothing too. */
  readonly prices: readonly Price[];
  /** Lanes that could not be counted, with the limits that nobody knows. */
  readonly leftOut: readonly { readonly lane: string; readonly unknown: readonly BucketName[] }[];
}

/** null without a request. */
export function lanes(scenario: Scenario): Lanes | null {
  const specs = specsOf(scenario);
  if (specs.length === 0) return null;
  const all = specs.flatMap((spec) => [laneOf(scenario, spec, 'interactive'), laneOf(scenario, spec, 'batch')]);
  const counted = all.filter(({ unknown }) => unknown.length === 0);
  const found = maximise(programOf(scenario, counted));
  return {
    perDay: found?.objective ?? null,
    mix: found?.amounts ?? {},
    prices: found?.prices ?? [],
    leftOut: all.filter(({ unknown }) => unknown.length > 0).map(({ name, unknown }) => ({ lane: name, unknown })),
  };
}

interface LaneOf {
  readonly name: string;
  readonly lane: 'interactive' | 'batch';
  readonly spec: RequestSpec;
  readonly unknown: readonly BucketName[];
}

/** One request for each model: the first entry's that asks for it, or an entry's with the fallback's model instead. */
function specsOf({ traffic, clients }: Scenario): RequestSpec[] {
  const specs = new Map<ModelId, RequestSpec>();
  for (const { request } of traffic) if (!specs.has(request.model)) specs.set(request.model, request);
  for (const { client, request } of traffic)
    for (const { to } of clients[client]?.fallback ?? [])
      if ('model' in to && !specs.has(to.model)) specs.set(to.model, asModel(request, to.model));
  return [...specs.values()];
}

function asModel({ size, promptTokens, referenceImages }: RequestSpec, id: ModelId): RequestSpec {
  const model = findModel(id);
  const ownSize: Size = model && model.imageTokens[size] === undefined ? model.defaultSize : size;
  return requestSpec(id, ownSize, promptTokens, referenceImages);
}

function laneOf({ quota }: Scenario, spec: RequestSpec, lane: LaneOf['lane']): LaneOf {
  const own = quota.limits.filter(({ model }) => model === spec.model);
  const notSettled = (buckets: readonly BucketName[]): BucketName[] => {
    const these = own.filter(({ bucket }) => buckets.includes(bucket));
    const isSettled = these.some((limit) => enforcedLimit(limit) !== null) || these.every(({ state }) => state === 'none');
    return isSettled ? [] : these.filter(({ state }) => state === 'unknown').map(({ bucket }) => bucket);
  };
  const unknown = lane === 'batch' ? notSettled(['batchTokens']) : [...notSettled(['rpm', 'ipm']), ...notSettled(['rpd'])];
  return { name: `${spec.model} ${lane}`, lane, spec, unknown };
}

/** Every limit as what it allows in a day, and what an image of each lane takes of it. */
function programOf(scenario: Scenario, counted: readonly LaneOf[]): LinearProgram {
  const { quota } = scenario;
  const constraints = quota.limits.flatMap((limit) => {
    const enforced = limit.bucket === 'batchTokens' ? (limit.state === 'known' ? limit.limit : null) : enforcedLimit(limit);
    if (enforced === null) return [];
    const takes = counted.map((one) => (limit.model === null || limit.model === one.spec.model ? takenBy(scenario, one, limit) : 0));
    if (takes.every((each) => each === 0)) return [];
    const owners = limit.model === null ? quota.accounts : quota.projects;
    const perDay = enforced * owners * TIMES_A_DAY[limit.bucket]!;
    return [
      {
        name: limit.model === null ? limit.bucket : `${limit.bucket} of ${limit.model}`,
        takes,
        limit: isMoney(limit.bucket) ? perDay / 1e6 : perDay,
      },
    ];
  });
  return {
    variables: counted.map((one) => ({ name: one.name, worth: one.lane === 'batch' && quota.tier === 'free' ? 0 : 1 })),
    constraints,
  };
}

/** How often a limit is given out in a day; what is enqueued turns over by itself. */
const TIMES_A_DAY: Partial<Readonly<Record<BucketName, number>>> = {
  rpm: 1_440,
  ipm: 1_440,
  tpm: 1_440,
  rpd: 1,
  spend10m: 144,
  monthly: 1 / MONTH_DAYS,
  batchTokens: 1,
};

function takenBy({ service }: Scenario, { lane, spec }: LaneOf, { bucket }: LimitSpec): number {
  const isBatch = lane === 'batch';
  switch (bucket) {
    case 'monthly':
      return (isBatch ? spec.batchMicroUsd : spec.listMicroUsd) / 1e6;
    case 'spend10m':
      return isBatch ? (service.batch.countsToSpend10m ? spec.batchMicroUsd / 1e6 : 0) : spec.listMicroUsd / 1e6;
    case 'batchTokens': // Little's law: a row holds its tokens for as long as its job takes
      return isBatch ? (spec.inputTokens * turnaroundMs(service)) / DAY_MS : 0;
    case 'tpm':
      return isBatch ? 0 : spec.inputTokens;
    case 'rpm':
    case 'ipm':
    case 'rpd':
      return isBatch ? 0 : 1;
    default:
      return 0;
  }
}

function turnaroundMs({ batch: { turnaround } }: Scenario['service']): number {
  return lognormalMeanMs(turnaround.p50Ms, turnaround.p95Ms);
}
