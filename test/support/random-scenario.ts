/** Small scenarios in which everything happens: refusals, overload, timeouts, drops, breakers, fallbacks, hedges, users. */
import fc from 'fast-check';
import type {
  BreakerSpec,
  Cause,
  ClientSpec,
  FallbackStep,
  FaultRule,
  LimitSpec,
  OverloadRule,
  Scenario,
  Shape,
  TrafficEntry,
} from '../../src/model/scenario.ts';
import { MINUTE_MS, SECOND_MS } from '../../src/model/time.ts';
import { FAULT_CLASSES } from '../../src/service/faults.ts';
import { LITE, PRO, retrySpec } from './play.ts';
import { clientSpec, entry, limits, scenario } from './scenario.ts';

const START = Date.UTC(2026, 11, 1, 18, 0, 20);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.oneof(fc.constant(null), value);
const seldom = <T>(value: fc.Arbitrary<T>) => fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value });
const span = { kind: 'daily', fromMs: 0, toMs: 0 } as const;

const shape: fc.Arbitrary<Shape> = fc.oneof(
  fc.record({
    kind: fc.constant('burst' as const),
    requests: fc.integer({ min: 1, max: 12 }),
    everyMs: fc.integer({ min: 1, max: 90_000 }),
    times: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    kind: fc.constant('steady' as const),
    rate: fc.record({ count: fc.integer({ min: 1, max: 20 }), perMs: fc.constant(MINUTE_MS) }),
  }),
  fc.record({
    kind: fc.constant('poisson' as const),
    rate: fc.record({ count: fc.integer({ min: 1, max: 20 }), perMs: fc.constant(MINUTE_MS) }),
  }),
  fc.record({ kind: fc.constant('flood' as const), requests: fc.integer({ min: 1, max: 15 }) }),
  fc.record({
    kind: fc.constant('users' as const),
    users: fc.integer({ min: 1, max: 6 }),
    thinkMeanMs: fc.integer({ min: 5_000, max: 30_000 }),
    thinkDistribution: fc.constantFrom('fixed' as const, 'exponential' as const),
  }),
);

const limitsOf = (model: string): fc.Arbitrary<LimitSpec[]> =>
  fc
    .record(
      {
        rpm: fc.integer({ min: 1, max: 40 }),
        tpm: fc.integer({ min: 250, max: 20_000 }),
        ipm: fc.nat(30),
        rpd: fc.integer({ min: 1, max: 200 }),
      },
      { requiredKeys: [] },
    )
    .map((values) => limits(values as Partial<Record<LimitSpec['bucket'], number>>, model));

const account = fc.record(
  { spend10m: fc.integer({ min: 100_000, max: 9_000_000 }), monthly: fc.integer({ min: 500_000, max: 30_000_000 }) },
  { requiredKeys: [] },
);

const causes = (...all: Cause[]): fc.Arbitrary<Cause[]> => fc.subarray(all);

const breaker: fc.Arbitrary<BreakerSpec> = fc.record({
  failures: fc.integer({ min: 1, max: 4 }),
  cooldownMs: fc.integer({ min: 1_000, max: 60_000 }),
  scope: fc.constantFrom('model' as const, 'chain' as const),
  counts: causes('5xx', 'timeout', 429),
  afterCooldown: fc.constantFrom('trial' as const, 'closed' as const),
});

const fallback: fc.Arbitrary<FallbackStep[]> = fc.array(
  fc.record({ to: fc.constantFrom({ model: LITE.model }, { model: PRO.model }), on: causes('5xx', 'timeout', 'breaker', 429, 'rpd') }),
  { maxLength: 2 },
);

const retry = fc
  .record({
    attempts: fc.integer({ min: 1, max: 4 }),
    throttledAttempts: fc.integer({ min: 1, max: 6 }),
    baseMs: fc.integer({ min: 100, max: 5_000 }),
    jitter: fc.constantFrom('none' as const, 'full' as const, 'equal' as const, 'additive' as const, 'decorrelated' as const),
    deadlineMs: orNull(fc.integer({ min: 1_000, max: 120_000 })),
    budgetRatio: orNull(fc.double({ min: 0, max: 1, noNaN: true })),
    retryOn: fc.oneof(fc.constant<Cause[]>([429, 500, 503, 504, 'timeout']), causes(429, 500, 503, 504, 'timeout')),
    obeyRetryInfo: fc.boolean(),
    onDailyLimit: fc.constantFrom('giveUp' as const, 'wait' as const),
    holdsSlot: fc.boolean(),
  })
  .map(retrySpec);

const client = (name: string): fc.Arbitrary<ClientSpec> =>
  fc
    .record({
      concurrency: orNull(fc.integer({ min: 1, max: 5 })),
      paceIntervalMs: orNull(fc.integer({ min: 1, max: 8_000 })),
      queue: fc.record({ limit: seldom(fc.nat(6)), deadlineMs: seldom(fc.integer({ min: 1, max: 60_000 })) }),
      timeoutMs: orNull(fc.integer({ min: 1_000, max: 40_000 })),
      retry,
      breaker: seldom(breaker),
      fallback,
      hedge: seldom(fc.record({ afterMs: fc.integer({ min: 500, max: 15_000 }) })),
    })
    .map((overrides) => clientSpec({ name, ...overrides }));

const overload: fc.Arbitrary<OverloadRule[]> = fc.array(
  fc.record({
    span: fc.constant(span),
    errorRatio: fc.constantFrom(0, 0.1, 0.4),
    models: orNull(fc.constantFrom([PRO.model], [LITE.model])),
    meanSpellMs: orNull(fc.integer({ min: 1_000, max: 120_000 })),
    latencyFactor: fc.constantFrom(1, 2),
  }),
  { maxLength: 2 },
);

const ratio = fc.constantFrom(0, 0, 0, 0.1, 0.3);

const spanOfFault = fc.constantFrom(
  null,
  span,
  { kind: 'daily' as const, fromMs: 18 * 60 * MINUTE_MS + MINUTE_MS, toMs: 18 * 60 * MINUTE_MS + 3 * MINUTE_MS },
  { kind: 'once' as const, fromAtMs: START + 30_000, toAtMs: START + 150_000 },
);

/** Half of the lists are empty; classes of every kind, slow answers, spans and models. */
export const faultRules: fc.Arbitrary<FaultRule[]> = fc.oneof(
  fc.constant<FaultRule[]>([]),
  fc.array(
    fc
      .record({
        class: fc.constantFrom('slow' as const, ...FAULT_CLASSES),
        ratio: fc.constantFrom(0.1, 0.3, 1),
        models: orNull(fc.constantFrom([PRO.model], [LITE.model])),
        span: spanOfFault,
        afterMs: seldom(fc.constantFrom({ fromMs: 5_000, toMs: 5_000 }, { fromMs: 1_000, toMs: 30_000 })),
      })
      .map((rule) => (rule.class === 'slow' ? { ...rule, afterMs: rule.afterMs ?? { fromMs: 60_000, toMs: 100_000 } } : rule)),
    { minLength: 1, maxLength: 3 },
  ),
);

const service = fc.record({
  overload,
  overloadLatencyMs: fc.constantFrom(0, 2_000),
  refusalLatencyMs: fc.constantFrom(0, 0, 300),
  overloadConsumes: fc.boolean(),
  deadlineMs: fc.constantFrom(10_000, 600_000),
  blockRatio: ratio,
  promptBlockRatio: ratio,
  errorRatio: ratio,
  faults: faultRules,
  ms: fc.constantFrom(0, 1_000, 20_000),
});

const traffic: fc.Arbitrary<TrafficEntry[]> = fc
  .array(
    fc.record({
      shape,
      startMs: fc.constantFrom(0, 0, 30_000, 61_000, 290_000),
      durationMs: fc.integer({ min: 1_000, max: 5 * MINUTE_MS }),
      images: fc.constantFrom(1, 1, 2, 3),
      request: fc.constantFrom(PRO, LITE),
      deadlineMs: seldom(fc.integer({ min: 1_000, max: 300_000 })),
      priority: fc.integer({ min: -2, max: 2 }),
      client: fc.nat(1),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((entries) => entries.map(({ shape: kind, ...overrides }, i) => entry(kind, { name: `entry ${i}`, ...overrides })));

export const randomScenario: fc.Arbitrary<Scenario> = fc
  .record({
    drainMs: fc.constantFrom(0, 10 * SECOND_MS, 10 * MINUTE_MS),
    window: fc.constantFrom('fixed' as const, 'sliding' as const, 'anchored' as const, 'token-bucket' as const, 'sliding-counter' as const),
    projects: fc.integer({ min: 1, max: 3 }),
    spread: fc.constantFrom('round-robin' as const, 'sticky' as const, 'least-loaded' as const),
    accounts: fc.integer({ min: 1, max: 2 }),
    pro: limitsOf(PRO.model),
    lite: limitsOf(LITE.model),
    account,
    used: fc.nat(3),
    service,
    traffic,
    clients: fc.tuple(client('client'), client('other')),
    budget: fc.record({
      microUsd: seldom(fc.integer({ min: 200_000, max: 9_000_000 })),
      requests: seldom(fc.integer({ min: 1, max: 150 })),
    }),
  })
  .map(
    ({
      drainMs,
      window,
      projects,
      spread,
      accounts,
      pro,
      lite,
      account: shared,
      used,
      service: how,
      traffic: entries,
      clients,
      budget,
    }) => {
      const base = scenario();
      const { ms, ...rest } = how;
      return {
        ...base,
        clock: { startAtMs: START, durationMs: 5 * MINUTE_MS, drainMs },
        quota: {
          ...base.quota,
          window,
          projects,
          spread,
          accounts,
          limits: [
            ...limits(shared as Partial<Record<LimitSpec['bucket'], number>>).filter((limit) => limit.model === null),
            ...pro.filter(ofModel),
            ...lite.filter(ofModel),
          ],
          usedToday: { [PRO.model]: used },
          spentThisMonthMicroUsd: used * 1_000,
        },
        service: {
          ...base.service,
          ...rest,
          latency:
            ms === 0 ? {} : { [PRO.model]: { kind: 'fixed' as const, ms }, [LITE.model]: { kind: 'exponential' as const, meanMs: ms } },
        },
        traffic: entries,
        clients: [...clients],
        budget,
      };
    },
  );

function ofModel(limit: LimitSpec): boolean {
  return limit.model !== null;
}

const UTC_18 = 18 * 60;
const more = fc.record({
  adaptive: seldom(fc.record({ min: fc.integer({ min: 1, max: 2 }), max: fc.integer({ min: 2, max: 6 }) })),
  limits: seldom(
    fc.record({
      rpm: orNull(fc.integer({ min: 1, max: 20 })),
      ipm: fc.constant(null),
      tpm: orNull(fc.integer({ min: 250, max: 9_000 })),
      spend10mMicroUsd: orNull(fc.integer({ min: 100_000, max: 2_000_000 })),
      marginRatio: fc.constantFrom(0, 0.2),
    }),
  ),
  schedule: seldom(
    fc.constantFrom(
      [{ fromMinute: UTC_18 + 1, toMinute: UTC_18 + 3, zone: 'UTC' }],
      [{ fromMinute: 0, toMinute: UTC_18 + 2, zone: 'UTC' }],
    ),
  ),
  inBatches: fc.subarray([0, 1, 2]),
  fallsBackToBatch: fc.boolean(),
  rowsPerJob: fc.integer({ min: 1, max: 6 }),
  batchJobs: orNull(fc.integer({ min: 1, max: 2 })),
  batchTokens: orNull(fc.integer({ min: 1_000, max: 4_000 })),
  turnaroundMs: fc.constantFrom(1_000, 60_000, 200_000),
  expireAfterMs: fc.constantFrom(50_000, 1e9),
});

/** The same with the batch lane, the client's own limits, schedules and adaptive concurrency. */
export const randomScenarioWithBatches: fc.Arbitrary<Scenario> = fc.tuple(randomScenario, more).map(([of, extra]) => {
  const source = { grade: 'assumed', from: 'test', asOf: null } as const;
  const known = (bucket: 'batchJobs' | 'batchTokens', model: string | null, limit: number | null): LimitSpec[] =>
    limit === null ? [] : [{ bucket, model, state: 'known', limit, interval: null, source }];
  const { adaptive, limits: own, schedule, rowsPerJob } = extra;
  const toBatch: FallbackStep = { to: { lane: 'batch' }, on: ['5xx', 429, 'timeout', 'breaker'] };
  return {
    ...of,
    quota: {
      ...of.quota,
      limits: [...of.quota.limits, ...known('batchJobs', null, extra.batchJobs), ...known('batchTokens', PRO.model, extra.batchTokens)],
    },
    service: {
      ...of.service,
      batch: {
        turnaround: { p50Ms: extra.turnaroundMs, p95Ms: 2 * extra.turnaroundMs },
        expireAfterMs: extra.expireAfterMs,
        countsToSpend10m: extra.fallsBackToBatch,
      },
    },
    traffic: of.traffic.map((each, i) =>
      extra.inBatches.includes(i) && each.shape.kind !== 'users' ? { ...each, lane: 'batch' as const } : each,
    ),
    clients: of.clients.map((each) => ({
      ...each,
      adaptive,
      limits: own,
      schedule,
      rowsPerJob,
      fallback: extra.fallsBackToBatch ? [...each.fallback, toBatch] : each.fallback,
    })),
  };
});
