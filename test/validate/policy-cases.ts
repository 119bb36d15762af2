/** Golden cases about clients as scenarios for the real engine: what is simulated, and what is measured in one replication. */
import { RETRY_PRESETS } from '../../src/client/retry-presets.ts';
import type { AttemptRow } from '../../src/model/rows.ts';
import {
  type ClientSpec,
  type LatencySpec,
  type LimitSpec,
  type OverloadRule,
  RETRY_NONE,
  type RetrySpec,
  type Scenario,
} from '../../src/model/scenario.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

/** Numbers by the names of the golden file; lists are `name.0`, `name.1`, … */
export type Measured = Readonly<Record<string, number>>;

export interface GoldenCase {
  readonly id: string;
  /** Each golden file has inputs of its own, and each maker below knows them. */
  readonly inputs: Readonly<Record<string, any>>;
  readonly expected: Readonly<Record<string, unknown>>;
  readonly tolerance?: { readonly abs: number; readonly rel: number };
}

export interface Simulated {
  /** Requests of one replication, about: what a rare share can be seen at. */
  readonly requests: number;
  /** Names whose expectation is an approximation, with the relative error that it claims. */
  readonly within?: Readonly<Record<string, number>>;
  measure(seed: number): Measured;
}

const PRO = 'gemini-3-pro-image';
const CHAIN = [PRO, 'gemini-3.1-flash-lite-image', 'gemini-2.5-flash-image'] as const;
const DAY_MS = 86_400_000;
/** Until as many retries come back as go out. */
const WARM_UP_MS = 2 * 3_600_000;
const FOR_EVER = { kind: 'once', fromAtMs: 0, toAtMs: 8e15 } as const;

function overload(errorRatio: number, more: Partial<OverloadRule> = {}): OverloadRule {
  return { span: FOR_EVER, errorRatio, models: null, meanSpellMs: null, latencyFactor: 1, ...more };
}

function retry(more: Partial<RetrySpec>): RetrySpec {
  return { ...RETRY_NONE, preset: null, attempts: 5, throttledAttempts: 5, retryOn: [429, 503], ...more };
}

/** Poisson requests to a service that answers at once; nothing limits what is not said. */
function system(
  perMinute: number,
  durationMs: number,
  client: Partial<ClientSpec>,
  of: Partial<Scenario> & { rules?: OverloadRule[] } = {},
): Scenario {
  const base = scenario();
  const { rules = [], ...more } = of;
  const fixed: LatencySpec = { kind: 'fixed', ms: 0 };
  return {
    ...base,
    clock: { startAtMs: Date.UTC(2026, 11, 1, 8), durationMs, drainMs: 1e12 },
    service: { ...base.service, overload: rules, overloadLatencyMs: 0, latency: Object.fromEntries(CHAIN.map((model) => [model, fixed])) },
    quota: { ...base.quota, limits: CHAIN.flatMap((model) => limits({}, model)).filter(firstOfItsKind) },
    traffic: [entry({ kind: 'poisson', rate: { count: perMinute, perMs: 60_000 } }, { durationMs })],
    clients: [clientSpec(client)],
    ...more,
  };
}

/** The account's limits once, the models' each. */
function firstOfItsKind(limit: LimitSpec, index: number, all: readonly LimitSpec[]): boolean {
  return all.findIndex(({ bucket, model }) => bucket === limit.bucket && model === limit.model) === index;
}

/** Minutes that give about so many requests, in ms. */
function lasting(requests: number, perMinute: number): number {
  return Math.ceil((requests / perMinute) * 60_000);
}

/** Waits of each request before its n-th retry, in ms. */
function waitsOf(of: Scenario, seed: number): { each: number[][]; offered: number; delivered: number[] } {
  const each: number[][] = [];
  const delivered: number[] = [];
  const last = new Map<number, { doneMs: number; waited: number }>();
  const results = simulate(of, seed, {
    record: (row) => {
      if (row.kind !== 'attempt' || row.doneMs === null) return;
      const before = last.get(row.request);
      while (each.length < row.n - 1) each.push([]);
      if (before) each[row.n - 2]!.push(row.sentMs - before.doneMs);
      const waited = (before?.waited ?? 0) + (before ? row.sentMs - before.doneMs : 0);
      if (row.outcome === 'delivered') delivered.push(waited);
      if (row.outcome === null) last.set(row.request, { doneMs: row.doneMs, waited });
      else last.delete(row.request);
    },
  });
  return { each, offered: results.total.offered, delivered };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

export function backoff({ id, inputs }: GoldenCase): Simulated {
  const guide = id.startsWith('seed003');
  const spec: RetrySpec = guide
    ? { ...retry({}), ...RETRY_PRESETS['guide-retry']!.retry, attempts: (inputs['delays'] as number) + 1, retryOn: [503] }
    : retry({
        attempts: inputs['maxAttempts'] ?? inputs['delays'] + 1,
        baseMs: inputs['baseSeconds'] * 1_000,
        capMs: inputs['capSeconds'] * 1_000,
        jitter: inputs['strategy'],
      });
  const p = inputs['p'] ?? 1;
  const requests = p === 1 ? 1_000 : 12_000;
  const of = system(600, lasting(requests, 600), { retry: spec }, { rules: [overload(p)] });
  return {
    requests,
    measure(seed) {
      const { each, offered, delivered } = waitsOf(of, seed);
      const means = each.map((waits) => mean(waits) / 1_000);
      return {
        ...Object.fromEntries(means.map((value, i) => [`meanEach.${i}`, value])),
        meanTotal: sum(means),
        meanBackoff: sum(each.flat()) / 1_000 / offered,
        meanBackoffGivenSuccess: mean(delivered) / 1_000,
      };
    },
  };
}

export function amplification({ inputs: { p, maxAttempts } }: GoldenCase): Simulated {
  const requests = 8_000;
  const of = system(6_000, lasting(requests, 6_000), { retry: retry({ attempts: maxAttempts, baseMs: 10 }) }, { rules: [overload(p)] });
  return {
    requests,
    measure(seed) {
      const { sent, offered, delivered } = simulate(of, seed).total;
      return {
        successProb: delivered / offered,
        attemptsPerRequest: sent / offered,
        attemptsPerSuccess: sent / delivered,
        wastedPerSuccess: (sent - delivered) / delivered,
      };
    },
  };
}

/** Retries spread over ten minutes, so that no attempt knows the phase of the window; the fixed point claims 3 %. */
export function storm({ inputs: { demandPerMin, quotaPerMin, maxAttempts } }: GoldenCase): Simulated {
  const durationMs = DAY_MS / 2;
  const spread = retry({
    throttledAttempts: maxAttempts,
    growth: 'constant',
    baseMs: 600_000,
    capMs: 600_000,
    jitter: 'full',
    obeyRetryInfo: false,
  });
  const base = scenario();
  const of = system(demandPerMin, durationMs, { retry: spread }, { quota: { ...base.quota, limits: limits({ rpm: quotaPerMin }) } });
  const claimed = 0.03;
  return {
    requests: (demandPerMin * durationMs) / 60_000,
    // What is lost is what the goodput leaves of the demand: 3 % of the goodput, in parts of it.
    within: {
      rejectProb: claimed,
      attemptRate: claimed,
      amplification: claimed,
      goodput: claimed,
      lossProb: (claimed * quotaPerMin) / (demandPerMin - quotaPerMin),
    },
    measure(seed) {
      const seen = { sent: 0, first: 0, delivered: 0, throttled: 0 };
      simulate(of, seed, {
        record: (row) => {
          if (row.kind !== 'attempt' || row.sentMs < WARM_UP_MS || row.sentMs >= durationMs) return;
          seen.sent++;
          if (row.n === 1) seen.first++;
          if (row.outcome === 'delivered') seen.delivered++;
          if (row.httpStatus === 429) seen.throttled++;
        },
      });
      const perMinute = (count: number): number => (count / (durationMs - WARM_UP_MS)) * 60_000;
      return {
        rejectProb: seen.throttled / seen.sent,
        attemptRate: perMinute(seen.sent),
        amplification: seen.sent / seen.first,
        goodput: perMinute(seen.delivered),
        lossProb: 1 - seen.delivered / seen.first,
      };
    },
  };
}

/** Six times what the quota admits, so that every window fills. */
export function consuming({ inputs: { p503, quotaPerMin } }: GoldenCase): Simulated {
  const durationMs = DAY_MS / 4;
  const base = scenario();
  const of = (overloadConsumes: boolean): Scenario => {
    const made = system(
      quotaPerMin * 6,
      durationMs,
      { retry: RETRY_NONE },
      { rules: [overload(p503)], quota: { ...base.quota, limits: limits({ rpm: quotaPerMin }) } },
    );
    return { ...made, service: { ...made.service, overloadConsumes } };
  };
  const [consumes, spares] = [of(true), of(false)];
  return {
    requests: (quotaPerMin * 6 * durationMs) / 60_000,
    // A window that no refusal touches may end one short: at most that share.
    within: { successPerMinNotConsuming: 0.002 },
    measure(seed) {
      const consuming = simulate(consumes, seed).total;
      const perMinute = (count: number): number => (count / durationMs) * 60_000;
      return {
        successPerMinConsuming: perMinute(consuming.delivered),
        successPerMinNotConsuming: perMinute(simulate(spares, seed).total.delivered),
        attemptsPerSuccess: (consuming.sent - consuming.throttled) / consuming.delivered,
      };
    },
  };
}

export function profile(): Simulated {
  const text = `clock: { startAt: 2026-12-01T00:00:00Z, duration: 24h }\nquota: { profile: none }\nservice: { overload: community-utc-hours, overloadLatency: 0s, latency: { ${PRO}: { fixed: 0s } } }\ntraffic:\n  - shape: { kind: poisson, rate: 20/min }\n    request: { model: ${PRO} }\nclient: { retry: { attempts: 60, growth: constant, base: 10ms, jitter: none } }\n`;
  const of = parseScenario(text, 'profile.yaml').scenario;
  return {
    requests: 28_800,
    measure(seed) {
      const first = { all: 0, overloaded: 0 };
      const hours = Array.from({ length: 24 }, () => ({ sent: 0, delivered: 0 }));
      simulate(of, seed, {
        record: (row) => {
          if (row.kind !== 'attempt') return;
          const hour = hours[Math.floor(row.dueMs / 3_600_000)]!;
          hour.sent++;
          if (row.outcome === 'delivered') hour.delivered++;
          if (row.n > 1) return;
          first.all++;
          if (row.httpStatus === 503) first.overloaded++;
        },
      });
      return {
        meanP: first.overloaded / first.all,
        meanAttemptsPerSuccess: mean(hours.map(({ sent, delivered }) => sent / delivered)),
      };
    },
  };
}

/** Everything fails, so that every retry is asked for. */
export function budget({ inputs: { demandPerMin, retryRatio } }: GoldenCase): Simulated {
  const durationMs = DAY_MS;
  const of = system(demandPerMin, durationMs, { retry: retry({ budgetRatio: retryRatio, baseMs: 10 }) }, { rules: [overload(1)] });
  return {
    requests: (demandPerMin * durationMs) / 60_000,
    within: { maxAttemptRatePerMin: 0.02, maxAmplification: 0.001 },
    measure(seed) {
      const { sent, offered } = simulate(of, seed).total;
      return { maxAttemptRatePerMin: (sent / durationMs) * 60_000, maxAmplification: sent / offered };
    },
  };
}

export function breaker({
  inputs: { failureProb, requestsPerSecond, openSeconds, threshold, counterResetOnClose },
}: GoldenCase): Simulated {
  const perMinute = requestsPerSecond * 60;
  const requests = 60_000;
  const durationMs = lasting(requests, perMinute);
  const of = system(
    perMinute,
    durationMs,
    {
      retry: RETRY_NONE,
      breaker: {
        failures: threshold,
        cooldownMs: openSeconds * 1_000,
        scope: 'model',
        counts: ['5xx'],
        afterCooldown: counterResetOnClose ? 'closed' : 'trial',
      },
    },
    { rules: [overload(failureProb)] },
  );
  return {
    requests,
    measure(seed) {
      const { total, audit } = simulate(of, seed);
      return {
        requestsPerCycle: total.sent / audit.breaker.openings,
        attemptedFraction: total.sent / total.offered,
        successFraction: total.delivered / total.offered,
        opensPerDay: audit.breaker.openings / (durationMs / DAY_MS),
      };
    },
  };
}

export function chain({ inputs: { failProb, pricePerSuccess } }: GoldenCase): Simulated {
  const requests = 20_000;
  const models = CHAIN.slice(0, failProb.length);
  const of = system(
    6_000,
    lasting(requests, 6_000),
    { retry: RETRY_NONE, fallback: models.slice(1).map((model) => ({ to: { model }, on: ['5xx'] as const })) },
    { rules: models.map((model, i) => overload(failProb[i], { models: [model] })) },
  );
  return {
    requests,
    measure(seed) {
      const by = new Map<string, number>();
      const { total } = simulate(of, seed, {
        record: (row) => {
          if (row.kind === 'attempt' && row.outcome === 'delivered') by.set(row.model, (by.get(row.model) ?? 0) + 1);
        },
      });
      const shares = models.map((model) => (by.get(model) ?? 0) / total.offered);
      return {
        success: total.delivered / total.offered,
        failed: 1 - total.delivered / total.offered,
        ...Object.fromEntries(shares.map((share, i) => [`shares.${i}`, share])),
        costPerSuccess: sum(shares.map((share, i) => share * pricePerSuccess[i])) / sum(shares),
      };
    },
  };
}

/** Requests far apart, so that a replication sees many spells and not one spell many times. */
function sticky(p: number, meanBadSeconds: number, delays: readonly number[], requests: number): Simulated {
  const perMinute = 60 / Math.min(7_200, Math.max(60, meanBadSeconds * 4));
  const spec = retry({ attempts: delays.length + 1, baseMs: delays[0]! * 1_000, factor: 2, capMs: 1e9, jitter: 'none' });
  const of = system(
    perMinute,
    lasting(requests, perMinute),
    { retry: spec },
    { rules: [overload(p, { meanSpellMs: meanBadSeconds * 1_000 })] },
  );
  return {
    requests,
    measure(seed) {
      const failed = delays.map(() => 0);
      failed.push(0);
      const { total } = simulate(of, seed, {
        record: (row) => {
          if (row.kind === 'attempt' && row.httpStatus === 503) failed[row.n - 1]!++;
        },
      });
      return {
        ...Object.fromEntries(failed.map((count, i) => [`failAfterEachAttempt.${i}`, count / total.offered])),
        success: total.delivered / total.offered,
        attemptsPerRequest: total.sent / total.offered,
      };
    },
  };
}

export function gilbert({ id, inputs }: GoldenCase): Simulated {
  if (id !== 'ge_vs_iid') return sticky(inputs['badFraction'], inputs['meanBadSeconds'], inputs['retryDelaysSeconds'], 6_000);
  const independent = amplification({ id, inputs: { p: inputs['p'], maxAttempts: inputs['attempts'] }, expected: {} });
  const lasts = sticky(inputs['p'], 1_800, [1, 2, 4, 8], 6_000);
  return {
    requests: 6_000,
    measure: (seed) => ({
      iidSuccess: independent.measure(seed)['successProb']!,
      stickySuccess30min_1_2_4_8: lasts.measure(seed)['success']!,
    }),
  };
}

/** Log-normal, p50 30 s, p95 60 s, with a second attempt after the golden delay; and without. */
export function hedging({ expected }: GoldenCase): Simulated {
  const requests = 20_000;
  const afterMs = Math.round((expected['hedgeDelay'] as number) * 1_000);
  const of = (client: Partial<ClientSpec>): Scenario => {
    const made = system(600, lasting(requests, 600), { retry: RETRY_NONE, ...client });
    return { ...made, service: { ...made.service, latency: { [PRO]: { kind: 'lognormal', p50Ms: 30_000, p95Ms: 60_000 } } } };
  };
  const [hedged, plain] = [of({ hedge: { afterMs } }), of({})];
  return {
    requests,
    measure(seed) {
      const [with_, without] = [simulate(hedged, seed), simulate(plain, seed)];
      const seconds = (tally: { quantile(q: number): number | null }, q: number): number => tally.quantile(q)! / 1_000;
      return {
        extraLoad: with_.total.sent / with_.total.offered - 1,
        p95: seconds(with_.total.latency, 0.95),
        p99: seconds(with_.total.latency, 0.99),
        p95NoHedge: seconds(without.total.latency, 0.95),
        p99NoHedge: seconds(without.total.latency, 0.99),
      };
    },
  };
}

/** The client's own limits: a bucket of B that refills B a minute, so one emission interval is a minute over B. */
export function tokenBucketDelay({ inputs: { rho, capacity } }: GoldenCase): Simulated {
  const requests = rho >= 0.9 ? 25_000 : 10_000;
  const emissionMs = 60_000 / capacity;
  const perMinute = rho * capacity;
  const of = system(perMinute, lasting(requests, perMinute), {
    retry: RETRY_NONE,
    limits: { rpm: capacity, ipm: null, tpm: null, spend10mMicroUsd: null, marginRatio: 0 },
  });
  return {
    requests,
    measure(seed) {
      let waiting = 0;
      let waitedMs = 0;
      const { total } = simulate(of, seed, {
        record: (row) => {
          if (row.kind !== 'attempt') return;
          const waited = waitMs(row);
          waitedMs += waited;
          if (waited > 0) waiting++;
        },
      });
      return { meanWaitInEmissionIntervals: waitedMs / total.sent / emissionMs, probWait: waiting / total.sent };
    },
  };
}

function waitMs(row: AttemptRow): number {
  return row.sentMs - row.dueMs;
}
