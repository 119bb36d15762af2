/** The golden cases of queueing theory, each as one system or several that should behave alike. */
import { InvariantError } from '../../src/model/errors.ts';
import type { WindowKind } from '../../src/model/names.ts';
import type { LatencySpec } from '../../src/model/scenario.ts';
import { golden } from '../quota/golden.ts';
import { type Experiment, REPLICATIONS } from './experiment.ts';
import type { Limiter } from './limiter-gate.ts';
import { measure } from './measures.ts';
import { poisson, SERVICE_MS, type SystemSpec, WINDOW_MS } from './system.ts';
import type { Expectation, Rule } from './verdict.ts';

interface Tolerance {
  readonly abs: number;
  readonly rel: number;
}

interface GoldenCase<Inputs> {
  readonly id: string;
  readonly inputs: Inputs;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly informative?: Readonly<Record<string, number>>;
  readonly tolerance?: Tolerance;
  readonly simulationTolerance?: Tolerance;
}

/** null: the golden files are absent. */
export function experiments(): Experiment[] | null {
  const files = [mm1(), mmc(), md1(), mg1(), erlangB(), mmck(), md1k(), machineRepair(), limiterLoss(), limiterWait()];
  return files.every((file) => file !== null) ? files.flat() : null;
}

// ---- servers and queues

function mm1(): Experiment[] | null {
  return each<{ lambda_: number; mu: number }>('mm1', ({ lambda_, mu }) => [
    queue({ meanUnits: 1 / mu, perUnit: lambda_, classes: [only(EXPONENTIAL)], servers: 1 }),
  ]);
}

function mmc(): Experiment[] | null {
  return each<{ lambda_: number; mu: number; servers: number }>('mmc_erlang_c', ({ lambda_, mu, servers }) => [
    queue({ meanUnits: 1 / mu, perUnit: lambda_, classes: [only(EXPONENTIAL)], servers }),
  ]);
}

function md1(): Experiment[] | null {
  return each<{ rho: number; serviceTime: number }>('md1', ({ rho, serviceTime }) => [
    queue({ meanUnits: serviceTime, perUnit: rho / serviceTime, classes: [only(FIXED)], servers: 1, variability: 0 }),
  ]);
}

function mg1(): Experiment[] | null {
  return each<{ lambda_: number; ES: number; ES2: number }>('mg1_pk', ({ lambda_, ES, ES2 }, { id }) => [
    queue({ meanUnits: ES, perUnit: lambda_, classes: serviceOf(id), servers: 1, variability: ES2 / ES ** 2 - 1 }),
  ]);
}

function mmck(): Experiment[] | null {
  return each<{ lambda_: number; mu: number; servers: number; capacity: number }>('mmck', ({ lambda_, mu, servers, capacity }) => [
    queue({ meanUnits: 1 / mu, perUnit: lambda_, classes: [only(EXPONENTIAL)], servers, places: capacity - servers }),
  ]);
}

/** A server with K places, and a token bucket of K: one formula for both, so the golden file says. */
function md1k(): Experiment[] | null {
  return each<{ rho: number; K: number }>('md1k', ({ rho, K }, { expected }) => [
    { ...queue({ meanUnits: 1, perUnit: rho, classes: [only(FIXED)], servers: 1, places: K - 1 }), variant: 'queue' },
    { ...refusing({ limit: K, window: 'token-bucket' }, rho * K), variant: 'token bucket', expected: { blocking: expected['blocking'] } },
  ]);
}

/** Servers without a place to wait, and a sliding log of as many: loss does not depend on the distribution of the time held. */
function erlangB(): Experiment[] | null {
  return each<{ servers: number; offeredErlangs: number }>('erlang_b', ({ servers, offeredErlangs }) => [
    { ...queue({ meanUnits: 1, perUnit: offeredErlangs, classes: [only(EXPONENTIAL)], servers, places: 0 }), variant: 'servers' },
    { ...refusing({ limit: servers, window: 'sliding' }, offeredErlangs), variant: 'sliding log' },
  ]);
}

function machineRepair(): Experiment[] | null {
  type Inputs = { machines: number; servers: number; failureRate?: number; repairRate?: number; serviceFactorX?: number };
  return each<Inputs>('machine_repair', ({ machines, servers, failureRate, repairRate = 1, serviceFactorX }) => {
    const upUnits = serviceFactorX === undefined ? 1 / (failureRate ?? 1) : (1 - serviceFactorX) / serviceFactorX;
    const unitMs = SERVICE_MS * repairRate;
    const cycleUnits = upUnits + 1 / repairRate;
    return [
      {
        unitMs,
        serviceUnits: 1 / repairRate,
        perUnit: machines / cycleUnits,
        warmUpRequests: 20 * machines,
        system: {
          arrivals: { kind: 'users', users: machines, thinkMeanMs: upUnits * unitMs, thinkDistribution: 'exponential' },
          classes: [only(EXPONENTIAL)],
          servers,
          places: null,
          limiter: null,
          ownLimit: null,
        },
      },
    ];
  });
}

// ---- limiters

const WINDOWS: readonly { readonly name: string; readonly window: WindowKind }[] = [
  { name: 'tokenBucket', window: 'token-bucket' },
  { name: 'fixedWindow', window: 'fixed' },
  { name: 'slidingLog', window: 'sliding' },
];

interface LimiterInputs {
  readonly limit: number;
  readonly offeredPerWindow: number;
}

function limiterLoss(): Experiment[] | null {
  return each<LimiterInputs>('limiter_poisson_loss', ({ limit, offeredPerWindow }, { expected, informative }) => [
    ...WINDOWS.map(({ name, window }) => ({
      ...refusing({ limit, window }, offeredPerWindow),
      variant: name,
      expected: { blocking: expected[name] },
    })),
    ...Object.values(informative ?? {}).map((blocking) => ({
      ...refusing({ limit, window: 'sliding-counter' }, offeredPerWindow),
      variant: 'slidingCounter',
      expected: {},
      informative: { blocking },
    })),
  ]);
}

function limiterWait(): Experiment[] | null {
  return each<LimiterInputs>('limiter_poisson_wait', ({ limit, offeredPerWindow }, { expected }) =>
    WINDOWS.map(({ name, window }) => {
      const { fixedWindowCarryOver, probNoCarryOver } = expected;
      const ofWindow = (key: string): unknown => (expected[key] as Record<string, number>)[name]; // one number for each window
      const plan = refusing({ limit, window }, offeredPerWindow);
      return {
        ...plan,
        ...(window === 'token-bucket' ? { system: { ...plan.system, ownLimit: limit } } : { heldBackBy: { limit, window } }),
        variant: name,
        watchedRequests: waitLength(name, limit, offeredPerWindow),
        warmUpRequests: 200 * offeredPerWindow,
        expected: {
          meanWaitWindows: ofWindow('meanWaitWindows'),
          meanWaitSecondsIfMinute: ofWindow('meanWaitSecondsIfMinute'),
          ...(name === 'fixedWindow' && { fixedWindowCarryOver, probNoCarryOver }),
        },
      };
    }),
  );
}

/** Close to the limit few waits say little, the less the seldomer and longer they are. */
function waitLength(window: string, limit: number, offered: number): number {
  if (offered / limit < 0.85 || limit > 20) return 200_000;
  return window === 'tokenBucket' ? 600_000 : 400_000;
}

// ---- a case as systems

/** What a system is beyond the golden case's own words; what is left out is the case's. */
interface Plan {
  readonly system: SystemSpec;
  readonly heldBackBy?: Limiter;
  readonly variant?: string;
  readonly unitMs: number;
  readonly serviceUnits: number;
  /** Requests per unit, about: says how long so many requests take. */
  readonly perUnit: number;
  readonly warmUpRequests: number;
  readonly watchedRequests?: number;
  readonly expected?: Readonly<Record<string, unknown>>;
  readonly informative?: Readonly<Record<string, number>>;
}

const WATCHED_REQUESTS = 30_000;
const WATCHED_REQUESTS_MAX = 700_000;

function each<Inputs>(file: string, plans: (inputs: Inputs, whole: GoldenCase<Inputs>) => Plan[]): Experiment[] | null {
  const read = golden<GoldenCase<Inputs>>(file);
  return read?.cases.flatMap((one) => plans(one.inputs, one).map((plan) => experiment(file, one, plan))) ?? null;
}

function experiment<Inputs>(file: string, one: GoldenCase<Inputs>, plan: Plan): Experiment {
  const { unitMs, perUnit, warmUpRequests, watchedRequests = WATCHED_REQUESTS } = plan;
  const msOf = (requests: number): number => Math.ceil((requests / perUnit) * unitMs);
  const { tolerance, simulationTolerance } = one;
  const expectation =
    (judged: (name: string) => Rule) =>
    ([name, expected]: [string, number]): Expectation => ({
      name,
      expected,
      rule: judged(name),
      printedWithin: tolerance ? Math.max(tolerance.abs, tolerance.rel * Math.abs(expected)) : 0,
      resolution: resolutionOf(name, unitMs, watchedRequests * REPLICATIONS),
    });
  return {
    file,
    id: one.id,
    variant: plan.variant ?? '',
    system: plan.system,
    heldBackBy: plan.heldBackBy ?? null,
    unitMs,
    serviceUnits: plan.serviceUnits,
    warmUpMs: msOf(warmUpRequests),
    watchedMs: msOf(watchedRequests),
    expectations: [
      ...flat(plan.expected ?? one.expected).map(expectation((name) => ruleOf(name, simulationTolerance))),
      ...Object.entries(plan.informative ?? {}).map(expectation(() => ({ kind: 'informative' }))),
    ],
  };
}

/** The absolute part is in the unit of the case, a window; a wait said in seconds as well is 60 times that number. */
function ruleOf(name: string, tolerance: Tolerance | undefined): Rule {
  if (!tolerance) return { kind: 'interval' };
  const { abs, rel } = tolerance;
  return { kind: 'tolerance', abs: name === 'meanWaitSecondsIfMinute' ? abs * 60 : abs, rel };
}

/** Lists become `name[0]`, `name[1]`, …. */
function flat(expected: Readonly<Record<string, unknown>>): [string, number][] {
  return Object.entries(expected).flatMap(([name, value]): [string, number][] => {
    if (typeof value === 'number') return [[name, value]];
    if (Array.isArray(value)) return value.map((item: number, i) => [`${name}[${i}]`, item]);
    throw new InvariantError(`invariant broken: golden ${name} is a number or a list of numbers`);
  });
}

/** Of a share s, n requests show no case at all with probability e^(-sn): below .005 only if s > 5.3 / n. */
function resolutionOf(name: string, unitMs: number, requests: number): number {
  switch (measure(name)?.of) {
    case 'time':
      return 1 / unitMs;
    case 'share':
      return 5.3 / requests;
    default:
      return 0;
  }
}

interface QueueOptions {
  readonly meanUnits: number;
  readonly perUnit: number;
  readonly classes: SystemSpec['classes'];
  readonly servers: number;
  readonly places?: number;
  /** Squared coefficient of variation of the service. */
  readonly variability?: number;
}

/**
 * A busy queue forgets how it began after about rho / (1 - sqrt rho)^2 requests, more when service varies: six times that is
 * left out, 300 times that watched. A queue with an end forgets within about its length squared, and needs no longer watch.
 */
function queue({ meanUnits, perUnit, classes, servers, places, variability = 1 }: QueueOptions): Plan {
  const unitMs = SERVICE_MS / meanUnits;
  const rho = (perUnit * meanUnits) / servers;
  const memory = places === undefined ? (rho / (1 - Math.sqrt(rho)) ** 2) * ((1 + variability) / 2) : Math.min(places ** 2, 1_000);
  return {
    unitMs,
    serviceUnits: meanUnits,
    perUnit,
    warmUpRequests: Math.max(1_000, 20 * servers, 6 * memory),
    watchedRequests: places === undefined ? Math.min(WATCHED_REQUESTS_MAX, Math.max(WATCHED_REQUESTS, 300 * memory)) : WATCHED_REQUESTS,
    system: { arrivals: poisson(perUnit, unitMs), classes, servers, places: places ?? null, limiter: null, ownLimit: null },
  };
}

/** No client queue and no retry: what finds the window used up is answered 429 and lost. */
function refusing(limiter: Limiter, perWindow: number): Plan {
  return {
    unitMs: WINDOW_MS,
    serviceUnits: 0,
    perUnit: perWindow,
    warmUpRequests: 20 * Math.max(perWindow, limiter.limit),
    system: {
      arrivals: poisson(perWindow, WINDOW_MS),
      classes: [only({ kind: 'fixed', ms: 0 })],
      servers: null,
      places: null,
      limiter,
      ownLimit: null,
    },
  };
}

// ---- service times of mean SERVICE_MS

const EXPONENTIAL: LatencySpec = { kind: 'exponential', meanMs: SERVICE_MS };
const FIXED: LatencySpec = { kind: 'fixed', ms: SERVICE_MS };

function only(latency: LatencySpec): SystemSpec['classes'][number] {
  return { share: 1, latency };
}

function serviceOf(id: string): SystemSpec['classes'] {
  switch (id.split('_')[0]) {
    case 'exp':
      return [only(EXPONENTIAL)];
    case 'det':
      return [only(FIXED)];
    case 'erl2':
      return [only({ kind: 'erlang2', meanMs: SERVICE_MS })];
    case 'unif':
      return TWO_FIXED;
    case 'h2':
      return HYPEREXPONENTIAL;
    case 'lognormal': {
      const mean = Math.exp((Math.log(2) / Z95) ** 2 / 2); // of median 1 and 95 % quantile 2
      return [only({ kind: 'lognormal', p50Ms: SERVICE_MS / mean, p95Ms: (2 * SERVICE_MS) / mean })];
    }
    default:
      throw new InvariantError(`invariant broken: a service time for golden mg1_pk ${id}`);
  }
}

const Z95 = 1.6448536269514722;

/** No scenario has uniform latency; the formula sees only two moments, which 1 ± 1/sqrt 3 in equal shares has in common with U(0, 2). */
const TWO_FIXED: SystemSpec['classes'] = [
  { share: 0.5, latency: { kind: 'fixed', ms: Math.round(SERVICE_MS * (1 - 1 / Math.sqrt(3))) } },
  { share: 0.5, latency: { kind: 'fixed', ms: Math.round(SERVICE_MS * (1 + 1 / Math.sqrt(3))) } },
];

/** Two exponentials of equal load, the rarer one slower: squared coefficient of variation 4. */
const RARER = (1 - Math.sqrt(0.6)) / 2;
const HYPEREXPONENTIAL: SystemSpec['classes'] = [1 - RARER, RARER].map((share) => ({
  share,
  latency: { kind: 'exponential', meanMs: SERVICE_MS / (2 * share) },
}));
