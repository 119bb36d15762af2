/** Scenarios built in code, for tests and benchmarks that need no file. */
import { requestSpec } from '../../src/model/request-spec.ts';
import { type ClientSpec, type LimitSpec, RETRY_NONE, type Scenario, type Shape, type TrafficEntry } from '../../src/model/scenario.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/model/time.ts';

const PRO = 'gemini-3-pro-image';

export function clientSpec(overrides: Partial<ClientSpec> = {}): ClientSpec {
  return {
    name: 'client',
    concurrency: null,
    pace: null,
    paceIntervalMs: null,
    limits: null,
    queue: { limit: null, deadlineMs: null },
    timeoutMs: null,
    retry: RETRY_NONE,
    breaker: null,
    fallback: [],
    hedge: null,
    adaptive: null,
    schedule: null,
    rowsPerJob: 100,
    ...overrides,
  };
}

export function entry(shape: Shape, overrides: Partial<TrafficEntry> = {}): TrafficEntry {
  return {
    name: 'traffic 1',
    startMs: 0,
    durationMs: HOUR_MS,
    shape,
    images: 1,
    request: requestSpec(PRO, '1K', 300, 0),
    lane: 'interactive',
    deadlineMs: null,
    priority: 0,
    client: 0,
    thresholds: [],
    ...overrides,
  };
}

/** Limits of one model (and, under `spend10m` and `monthly`, of the account in micro-dollars); what is left out is none. */
export function limits(values: Partial<Record<LimitSpec['bucket'], number>>, model: string = PRO): LimitSpec[] {
  const source = { grade: 'assumed', from: 'test', asOf: null } as const;
  return (['monthly', 'spend10m', 'rpd', 'ipm', 'tpm', 'rpm'] as const).map((bucket) => ({
    bucket,
    model: bucket === 'monthly' || bucket === 'spend10m' ? null : model,
    state: values[bucket] === undefined ? 'none' : 'known',
    limit: values[bucket] ?? null,
    interval: null,
    source,
  }));
}

export function scenario(overrides: Partial<Scenario> = {}): Scenario {
  return {
    name: 'test',
    description: null,
    seed: 1,
    clock: { startAtMs: Date.UTC(2026, 11, 1, 18), durationMs: HOUR_MS, drainMs: 10 * MINUTE_MS },
    quota: {
      profile: 'none',
      profileAsOf: null,
      tier: '1',
      window: 'fixed',
      projects: 1,
      spread: 'round-robin',
      accounts: 1,
      limits: limits({}),
      usedToday: {},
      spentThisMonthMicroUsd: 0,
    },
    service: {
      overload: [],
      overloadPreset: null,
      overloadLatencyMs: 2_000,
      refusalLatencyMs: 0,
      overloadConsumes: true,
      latency: {},
      deadlineMs: 600_000,
      blockRatio: 0,
      promptBlockRatio: 0,
      errorRatio: 0,
      faults: [],
      batch: { turnaround: { p50Ms: 2 * HOUR_MS, p95Ms: 6 * HOUR_MS }, expireAfterMs: 48 * HOUR_MS, countsToSpend10m: false },
    },
    traffic: [],
    clients: [clientSpec()],
    providers: {},
    budget: { microUsd: null, requests: null },
    thresholds: [],
    goals: null,
    allow: null,
    warnings: [],
    ...overrides,
  };
}
