/**
 * Scripted event logs of golden des_micro on the real engine, client and service, event by event.
 *
 * Ours has no row for an arrival, so arrivals are compared as instants and everything else in its order. The golden order
 * of equal instants is that of semantics.md except that ours tells of a breaker that opens before the answer that opened it.
 */
import { describe, expect, test } from 'vitest';
import { drive } from '../../src/engine/engine.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import type { Row } from '../../src/model/rows.ts';
import { type OverloadRule, RETRY_NONE, type Scenario } from '../../src/model/scenario.ts';
import { clientsOf, simulate } from '../../src/run/simulate.ts';
import { service } from '../../src/service/service.ts';
import { simulated } from '../../src/targets/simulated.ts';
import { GOLDEN_BUCKETS, type GoldenLimiter, golden } from '../quota/golden.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

interface Inputs {
  readonly t0: number;
  readonly arrivals: readonly number[];
  readonly limiters?: Readonly<Record<string, GoldenLimiter>>;
  readonly serviceMs?: number;
  readonly latency503Ms?: number;
  readonly script503?: Readonly<Record<string, number>>;
  readonly maxAttempts?: number;
  readonly workers?: number;
  readonly paceMs?: number;
  readonly holdWorkerDuringBackoff?: boolean;
  readonly breaker?: { readonly threshold: number; readonly openMs: number };
}

interface Event {
  readonly t: number;
  readonly event: string;
  readonly id?: number;
  readonly attempt?: number;
  readonly violations?: readonly string[];
  readonly primary?: string;
  readonly retryAt?: number | null;
  readonly until?: number;
}

interface Summary {
  readonly success: number;
  readonly failure: number;
  readonly shed: number;
  readonly admittedAttempts: number;
  readonly rejected429: number;
  readonly got503: number;
  readonly lastEventMs: number;
  readonly completionMs: Readonly<Record<string, number>>;
  readonly latenciesMs: readonly number[];
}

interface MicroCase {
  readonly id: string;
  readonly inputs: Inputs;
  readonly expected: { readonly summary: Summary; readonly log: readonly Event[] };
}

/** `script503` as overload of the service: the instants from each to before the other at which it answers 503. */
const OVERLOADED_MS: Readonly<Record<string, readonly (readonly [number, number])[]>> = {
  retry503_nolimit: [[0, 2_001]], // the first two attempts, at 0 and 2,000
  exhaust_attempts: [[0, 60_000]],
  hold_worker: [[0, 1]],
  free_worker: [[0, 1]],
  breaker: [0, 2_000, 4_000, 17_000].map((atMs) => [atMs, atMs + 1]),
};

/**
 * `paced` has a token bucket of one that refills ten times a minute. A scenario's buckets hold what they refill in a minute, so
 * its clock runs ten times slower: one that refills once a minute and holds one.
 */
const SLOWER: Readonly<Record<string, number>> = { paced: 10 };

/** Kinds of limiter that the cases have; `calendar_day` needs no window. */
const WINDOWS = { fixed_window: 'fixed', sliding_log: 'sliding', token_bucket: 'token-bucket', calendar_day: 'fixed' } as const;

function scenarioOf({ id, inputs }: MicroCase): Scenario {
  const base = scenario();
  const slower = SLOWER[id] ?? 1;
  const { t0, arrivals, limiters = {}, serviceMs = 0, latency503Ms = 0, maxAttempts = 5, breaker } = inputs;
  const known = Object.entries(limiters).map(([name, limiter]) => [GOLDEN_BUCKETS[name]!, limitPerMinute(limiter, slower)] as const);
  const kinds = Object.values(limiters).map((limiter) => WINDOWS[limiter.kind as keyof typeof WINDOWS]); // golden names no other
  return {
    ...base,
    clock: { startAtMs: t0, durationMs: 3_600_000, drainMs: 0 },
    quota: { ...base.quota, window: kinds[0] ?? 'fixed', limits: limits(Object.fromEntries(known)) },
    service: {
      ...base.service,
      latency: { 'gemini-3-pro-image': { kind: 'fixed', ms: serviceMs * slower } },
      overloadLatencyMs: latency503Ms,
      overload: (OVERLOADED_MS[id] ?? []).map(([fromMs, toMs]) => overloaded(t0 + fromMs, t0 + toMs)),
    },
    traffic: arrivals.map((dueMs, i) => entry({ kind: 'flood', requests: 1 }, { name: `request ${i}`, startMs: dueMs, durationMs: 1 })),
    clients: [
      clientSpec({
        concurrency: inputs.workers ?? null,
        paceIntervalMs: inputs.paceMs === undefined ? null : inputs.paceMs * slower,
        retry: {
          ...RETRY_NONE,
          preset: null,
          attempts: maxAttempts,
          throttledAttempts: null,
          jitter: 'none',
          retryOn: [429, 503],
          onDailyLimit: 'wait',
          holdsSlot: inputs.holdWorkerDuringBackoff ?? false,
        },
        breaker: breaker
          ? { failures: breaker.threshold, cooldownMs: breaker.openMs, scope: 'model', counts: ['5xx'], afterCooldown: 'trial' }
          : null,
      }),
    ],
  };
}

function limitPerMinute({ kind, limit, windowMs = 0, capacity = limit }: GoldenLimiter, slower: number): number {
  if (kind === 'calendar_day') return limit;
  const perMinute = (limit * 60_000) / windowMs / slower;
  expect(capacity, 'a scenario has buckets that hold what they refill in a minute').toBe(perMinute);
  return perMinute;
}

function overloaded(fromAtMs: number, toAtMs: number): OverloadRule {
  return { span: { kind: 'once', fromAtMs, toAtMs }, errorRatio: 1, models: null, meanSpellMs: null, latencyFactor: 1 };
}

/** Rows as the golden log has them, in the case's own time. */
class Log {
  readonly events: Event[] = [];
  private readonly slower: number;
  private readonly cooldownMs: number;
  private readonly sendings = new Map<number, number>();
  private readonly admitted = new Map<number, number>();

  constructor({ id, inputs }: MicroCase) {
    this.slower = SLOWER[id] ?? 1;
    this.cooldownMs = inputs.breaker?.openMs ?? 0;
  }

  add(row: Row): void {
    switch (row.kind) {
      case 'sent': {
        const attempt = (this.admitted.get(row.request) ?? 0) + 1;
        this.admitted.set(row.request, attempt);
        this.sendings.set(row.seq, this.events.length);
        this.events.push({ t: row.sentMs / this.slower, event: 'admit', id: row.request, attempt });
        return;
      }
      case 'attempt': {
        const { request: id, doneMs, httpStatus, outcome } = row;
        const t = doneMs! / this.slower;
        const attempt = this.admitted.get(id)!;
        if (httpStatus === 429) {
          this.admitted.set(id, attempt - 1); // golden counts only what got past the quota
          const violations = row.buckets.map((bucket) => bucket.toUpperCase());
          this.events[this.sendings.get(row.seq)!] = { t, event: '429', id, violations, primary: violations[0]!, retryAt: row.retryAtMs };
        } else this.events.push(httpStatus === 200 ? { t, event: 'success', id } : { t, event: String(httpStatus), id, attempt });
        if (outcome === 'failed') this.events.push({ t, event: 'failure', id });
        return;
      }
      case 'drop':
        this.events.push({ t: row.atMs / this.slower, event: `${row.cause}_reject`, id: row.request });
        return;
      case 'breaker': {
        const until = row.state === 'open' ? { until: row.atMs + this.cooldownMs } : {};
        this.events.push({ t: row.atMs, event: `breaker_${row.state.replace('-', '_')}`, ...until });
        return;
      }
      default:
    }
  }
}

/** The log of one run, and the instant each request was due. */
function run(one: MicroCase): { log: readonly Event[]; dueMs: ReadonlyMap<number, number> } {
  const script = scenarioOf(one);
  const log = new Log(one);
  const dueMs = new Map<number, number>();
  const record = (row: Row): void => {
    log.add(row);
    if (row.kind === 'attempt' || row.kind === 'drop') dueMs.set(row.request, row.dueMs);
  };
  const clock = virtualClock();
  const target = simulated(service(script, 1), clock, script.clock.startAtMs);
  drive({ scenario: script, seed: 1, clock, target, clients: clientsOf(script, 1, record), record, announceSends: true });
  clock.run();
  return { log: log.events, dueMs };
}

/** Where ours tells the events of one instant in another order: as sets of that instant. */
const UNORDERED: ReadonlySet<string> = new Set(['breaker']);

function unordered(log: readonly Event[]): Event[] {
  return log.toSorted((a, b) => a.t - b.t || JSON.stringify(a).localeCompare(JSON.stringify(b)));
}

const micro = golden<MicroCase>('des_micro');
describe.skipIf(!micro)('golden des_micro', () => {
  test('is read whole', () => expect(micro?.cases.length).toBe(micro?.count));

  describe.each((micro?.cases ?? []).map((one) => [one.id, one] as const))('%s', (id, one) => {
    const { inputs, expected } = one;

    test('happens event by event', () => {
      const { log, dueMs } = run(one);
      const wanted = expected.log.filter(({ event }) => event !== 'arrival');
      if (UNORDERED.has(id)) expect(unordered(log)).toEqual(unordered(wanted));
      else expect(log).toEqual(wanted);
      expect([...dueMs].sort(([a], [b]) => a - b).map(([, due]) => due)).toEqual(inputs.arrivals);
    });

    test('adds up', () => {
      const { summary } = expected;
      const { log, dueMs } = run(one);
      const ends = log.filter(({ event }) => ['success', 'failure', 'breaker_reject'].includes(event));
      expect({
        lastEventMs: log.at(-1)?.t,
        completionMs: Object.fromEntries(ends.map(({ id: request, t }) => [request, t])),
        latenciesMs: ends.flatMap(({ event, t, id: request }) => (event === 'success' ? [t - dueMs.get(request!)!] : [])),
      }).toEqual({ lastEventMs: summary.lastEventMs, completionMs: summary.completionMs, latenciesMs: summary.latenciesMs });
    });

    test('is counted so by the report', () => {
      const { success, failure, shed, admittedAttempts, rejected429, got503 } = expected.summary;
      const { requests, attempts } = simulate(scenarioOf(one), 1).summary;
      expect(requests).toMatchObject({ offered: inputs.arrivals.length, delivered: success, failed: failure, dropped: shed, pending: 0 });
      expect(attempts).toMatchObject({ sent: admittedAttempts + rejected429, throttled: rejected429, overloaded: got503 });
    });
  });
});
