/** What a service does with a request, in its order, and what each fate takes from which bucket. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUCKETS, type EnforcedBucket, TIERS } from '../../src/model/names.ts';
import type { Reply } from '../../src/model/reply.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import type { Scenario, ServiceSpec } from '../../src/model/scenario.ts';
import { type Answer, type Service, service } from '../../src/service/service.ts';
import { jobsAt, LITE, PRO, play, retrySpec, sends } from '../support/play.ts';
import { clientSpec, limits, scenario } from '../support/scenario.ts';

const START = Date.UTC(2026, 11, 1, 18);
const ALWAYS = { span: { kind: 'daily', fromMs: 0, toMs: 0 }, errorRatio: 1, models: null, meanSpellMs: null, latencyFactor: 1 } as const;
const ROOMY = { monthly: 1e9, rpd: 1e6, spend10m: 1e9, ipm: 1e6, tpm: 1e6, rpm: 1e6 };
type Values = Partial<Record<EnforcedBucket, number>>;

function scenarioOf(values: Values, how: Partial<ServiceSpec> = {}, quota: Partial<Scenario['quota']> = {}): Scenario {
  const base = scenario();
  return {
    ...base,
    quota: { ...base.quota, limits: limits(values), ...quota },
    service: { ...base.service, latency: { [PRO.model]: { kind: 'fixed', ms: 20_000 } }, ...how },
  };
}

const build = (values: Values = ROOMY, how: Partial<ServiceSpec> = {}, quota: Partial<Scenario['quota']> = {}): Service =>
  service(scenarioOf(values, how, quota), 1);
/** The answer is valid until the next: a copy. */
const ask = (one: Service, { request = 0, attempt = 1, atMs = START, spec = PRO, project = 0 } = {}): Answer => ({
  ...one.answer({ project, spec }, { request, attempt }, atMs),
});
const used = (one: Service, atMs = START): number[] =>
  BUCKETS.map((name) => one.buckets.find(({ spec }) => spec.bucket === name)!.used(atMs));

const EVERYTHING = [PRO.listMicroUsd, 1, PRO.listMicroUsd, 1, 300, 1];
const ALL_BUT_MONEY = [0, 1, 0, 1, 300, 1];
const REQUESTS = [0, 1, 0, 0, 0, 1];
const NOTHING = [0, 0, 0, 0, 0, 0];

describe('the fate of a request', () => {
  test.each<[string, Partial<ServiceSpec>, Partial<Reply>, number, number[]]>([
    ['an image', {}, { kind: 'image', images: 1, usage: PRO.usage }, 20_000, EVERYTHING],
    ['a prompt refused at once', { promptBlockRatio: 1 }, { kind: 'blocked', class: 'safety.prompt' }, 0, ALL_BUT_MONEY],
    ['overload', { overload: [ALWAYS] }, { kind: 'refused', httpStatus: 503, class: 'capacity.overloaded' }, 2_000, REQUESTS],
    [
      'overload that consumes nothing',
      { overload: [ALWAYS], overloadConsumes: false },
      { kind: 'refused', httpStatus: 503 },
      2_000,
      NOTHING,
    ],
    ['an error', { errorRatio: 1 }, { kind: 'refused', httpStatus: 500, class: 'server.internal' }, 2_000, REQUESTS],
    ['an error that consumes nothing', { errorRatio: 1, overloadConsumes: false }, { kind: 'refused', httpStatus: 500 }, 2_000, NOTHING],
    [
      'a slower answer to overload and error',
      { errorRatio: 1, overloadLatencyMs: 7_000 },
      { kind: 'refused', httpStatus: 500 },
      7_000,
      REQUESTS,
    ],
    ['a latency at the deadline', { deadlineMs: 20_000 }, { kind: 'image' }, 20_000, EVERYTHING],
    [
      'a latency beyond the deadline',
      { deadlineMs: 19_999 },
      { kind: 'refused', httpStatus: 504, class: 'server.timeout' },
      19_999,
      EVERYTHING,
    ],
    ['an image withheld', { blockRatio: 1 }, { kind: 'blocked', class: 'safety.image' }, 20_000, ALL_BUT_MONEY],
    ['a latency under load', { overload: [{ ...ALWAYS, errorRatio: 0, latencyFactor: 1.5 }] }, { kind: 'image' }, 30_000, EVERYTHING],
  ])('%s: after how long, and what it takes from monthly, rpd, spend10m, ipm, tpm, rpm', (_, how, reply, afterMs, takes) => {
    const one = build(ROOMY, how);
    const answer = ask(one);
    expect(answer.reply).toMatchObject(reply);
    expect(answer.afterMs).toBe(afterMs);
    expect(used(one)).toEqual(takes);
  });

  test('is decided in this order: quota, prompt filter, overload, error, deadline, output filter', () => {
    const all: [Partial<ServiceSpec>, string][] = [
      [{ promptBlockRatio: 1 }, 'promptBlocked'],
      [{ overload: [ALWAYS] }, 'overloaded'],
      [{ errorRatio: 1 }, 'errored'],
      [{ deadlineMs: 1 }, 'timedOut'],
      [{ blockRatio: 1 }, 'imageBlocked'],
    ];
    for (let first = 0; first < all.length; first++) {
      const how = Object.assign({}, ...all.slice(first).map(([one]) => one)) as Partial<ServiceSpec>;
      expect(ask(build(ROOMY, how)).truth.fate).toBe(all[first]![1]);
      expect(ask(build({ ipm: 0 }, how)).truth.fate).toBe('refused');
    }
  });

  test('needs room for the whole cost, even where it will take less', () => {
    const one = build({ ...ROOMY, spend10m: PRO.listMicroUsd - 1 }, { promptBlockRatio: 1 });
    expect(ask(one).truth.fate).toBe('refused');
    expect(used(one)).toEqual(NOTHING);
  });

  test('depends on the draw alone, not on who asked before', () => {
    const how = { promptBlockRatio: 0.2, overload: [{ ...ALWAYS, errorRatio: 0.3 }], errorRatio: 0.2, blockRatio: 0.3, latency: {} };
    const draws = fc.array(fc.record({ request: fc.nat(500), attempt: fc.integer({ min: 1, max: 5 }) }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(draws, (asked) => {
        const crowd = build({}, how);
        for (const draw of asked) {
          const together = ask(crowd, draw);
          expect(together).toEqual(ask(build({}, how), draw));
        }
      }),
    );
  });

  test('comes in the shares that the scenario states, independently of each other', () => {
    const one = build({}, { promptBlockRatio: 0.1, overload: [{ ...ALWAYS, errorRatio: 0.2 }], errorRatio: 0.1, blockRatio: 0.3 });
    const n = 40_000;
    const seen: Record<string, number> = {};
    for (let request = 0; request < n; request++) {
      const { fate } = ask(one, { request }).truth;
      seen[fate] = (seen[fate] ?? 0) + 1 / n;
    }
    expect(seen['promptBlocked']).toBeCloseTo(0.1, 2);
    expect(seen['overloaded']).toBeCloseTo(0.9 * 0.2, 2);
    expect(seen['errored']).toBeCloseTo(0.9 * 0.8 * 0.1, 2);
    expect(seen['imageBlocked']).toBeCloseTo(0.9 * 0.8 * 0.9 * 0.3, 2);
  });

  test('another attempt of the same request has its own luck', () => {
    const one = build({}, { errorRatio: 0.5 });
    const pairs = Array.from({ length: 2_000 }, (_, request) =>
      [1, 2].map((attempt) => ask(one, { request, attempt }).truth.fate === 'errored'),
    );
    expect(pairs.filter(([first, second]) => first && second).length / 2_000).toBeCloseTo(0.25, 1);
  });
});

describe('a refusal', () => {
  test('takes nothing, from none of the buckets that had room either', () => {
    const one = build({ ...ROOMY, ipm: 1 });
    ask(one);
    const before = used(one);
    for (let k = 0; k < 5; k++) expect(ask(one, { request: k }).truth.fate).toBe('refused');
    expect(used(one)).toEqual(before);
  });

  test('lists every refusing bucket of its model, the one with the latest retry instant first', () => {
    const one = build({ rpd: 1, ipm: 1, tpm: 300, rpm: 5 });
    ask(one);
    const { reply } = ask(one, { request: 1 });
    expect(reply).toMatchObject({ httpStatus: 429, class: 'quota.rpd', retryAfterMs: 14 * 3_600_000 });
    expect((reply as Reply & { kind: 'refused' }).violations.map(({ bucket, limit, model }) => [bucket, limit, model])).toEqual([
      ['rpd', 1, PRO.model],
      ['ipm', 1, PRO.model],
      ['tpm', 300, PRO.model],
    ]);
  });

  test('breaks ties in the order ipm, tpm, rpm', () => {
    const one = build({ ipm: 1, tpm: 300, rpm: 1 });
    ask(one);
    const { reply } = ask(one, { request: 1 });
    expect(reply).toMatchObject({ class: 'quota.ipm', retryAfterMs: 60_000 });
    expect((reply as Reply & { kind: 'refused' }).violations.map(({ bucket }) => bucket)).toEqual(['ipm', 'tpm', 'rpm']);
  });

  test.each<[string, Values, string, string]>([
    ['spend10m that is back later than the minute', { spend10m: PRO.listMicroUsd, ipm: 1 }, 'quota.spend', 'spend10m'],
    ['monthly', { monthly: PRO.listMicroUsd, rpd: 1, ipm: 1 }, 'billing.monthly-cap', 'monthly'],
    ['a price above the ten minutes', { spend10m: PRO.listMicroUsd - 1 }, 'quota.spend', 'spend10m'],
  ])('by money names only itself and tells no delay: %s', (_, values, errorClass, bucket) => {
    const one = build(values);
    ask(one);
    const { reply } = ask(one, { request: 1 });
    expect(reply).toMatchObject({ httpStatus: 429, class: errorClass, retryAfterMs: null });
    expect((reply as Reply & { kind: 'refused' }).violations).toEqual([
      { bucket, model: null, limit: null, quotaId: null, quotaMetric: null },
    ]);
  });

  test('by a model keeps money out of its body, where that is short too but back sooner', () => {
    // At 18:09:30 the ten minutes are full until 18:10; a day is full until midnight.
    const one = build({ spend10m: PRO.listMicroUsd, rpd: 1 });
    ask(one);
    const { reply, truth } = ask(one, { request: 1, atMs: START + 570_000 });
    expect((reply as Reply & { kind: 'refused' }).violations.map(({ bucket }) => bucket)).toEqual(['rpd']);
    expect(truth.refusal!.violations.map(({ spec }) => spec.bucket)).toEqual(['rpd', 'spend10m']);
  });

  test.each<[Values, string]>([
    [{ ipm: 0 }, 'quota.zero-limit'],
    [{ rpd: 0 }, 'quota.zero-limit'],
    [{ tpm: 299 }, 'quota.tpm'], // the cost is above the limit
  ])('that is for ever tells no delay: %j', (values, errorClass) => {
    expect(ask(build(values)).reply).toMatchObject({ httpStatus: 429, class: errorClass, retryAfterMs: null });
  });

  test.each(TIERS)('names quotas as tier %s does', (tier) => {
    const one = build({ ipm: 1, rpm: 1 }, {}, { tier });
    ask(one);
    const { violations } = ask(one, { request: 1 }).reply as Reply & { kind: 'refused' };
    for (const { quotaId, quotaMetric } of violations) {
      expect(quotaId).toMatch(/^Generate(Requests|Images)PerMinutePerProjectPerModel/);
      expect(quotaId!.includes('FreeTier')).toBe(tier === 'free');
      expect(quotaMetric).toContain('generativelanguage.googleapis.com/');
    }
  });

  test.each([
    [0, 40_000],
    [300, 39_700],
    [40_000, 0],
    [50_000, 0], // the window has turned before the answer arrives
  ])('that takes %d ms to arrive tells %d ms: arrival and delay make the retry instant', (refusalLatencyMs, retryAfterMs) => {
    const one = build({ ipm: 1 }, { refusalLatencyMs });
    ask(one, { atMs: START + 20_000 });
    const answer = ask(one, { request: 1, atMs: START + 20_000 });
    expect(answer.afterMs).toBe(refusalLatencyMs);
    expect(answer.reply).toMatchObject({ retryAfterMs });
  });

  test('is what an obedient client waits out, to the ms', () => {
    const of = scenarioOf({ ipm: 1 }, { refusalLatencyMs: 300 });
    const played = play({ ...of, traffic: [jobsAt([20_000, 20_000])], clients: [clientSpec({ retry: retrySpec() })] });
    expect(sends(played).map((row) => [row.sentMs, row.httpStatus, row.doneMs, row.retryAtMs])).toEqual([
      [20_000, 200, 40_000, null],
      [20_000, 429, 20_300, 60_000],
      [60_000, 200, 80_000, null],
    ]);
  });

  test('belongs to its project and model; the wallet is shared', () => {
    const other = limits({ ipm: 1 }, LITE.model).filter((limit) => limit.model !== null);
    const quota = { projects: 2, limits: [...limits({ ipm: 1, spend10m: 3 * PRO.listMicroUsd }), ...other] };
    const one = build({}, { latency: {} }, quota);
    expect(ask(one, { project: 0 }).truth.fate).toBe('image');
    expect(ask(one, { project: 0, request: 1 }).truth.fate).toBe('refused');
    expect(ask(one, { project: 1, request: 1 }).truth.fate).toBe('image');
    expect(ask(one, { project: 0, spec: LITE }).truth.fate).toBe('image');
    expect(ask(one, { project: 1, spec: LITE }).truth.fate).toBe('image');
    expect(ask(one, { project: 0, spec: PRO, atMs: START + 60_000 }).reply).toMatchObject({ class: 'quota.spend' });
  });

  test('an unknown limit refuses nothing, an interval at its lower end', () => {
    const source = { grade: 'assumed', from: 'test', asOf: null } as const;
    const unknown = { bucket: 'ipm', model: PRO.model, state: 'unknown', limit: null, interval: null, source } as const;
    const open = build({}, {}, { limits: [unknown] });
    const between = build({}, {}, { limits: [{ ...unknown, interval: [2, 5] }] });
    expect([0, 1, 2].map((request) => ask(open, { request }).truth.fate)).toEqual(['image', 'image', 'image']);
    expect([0, 1, 2].map((request) => ask(between, { request }).truth.fate)).toEqual(['image', 'image', 'refused']);
  });

  test('what was used before the run counts', () => {
    const today = build({ rpd: 5 }, {}, { usedToday: { [PRO.model]: 4 } });
    expect([0, 1].map((request) => ask(today, { request }).truth.fate)).toEqual(['image', 'refused']);
    const month = build({ monthly: 2 * PRO.listMicroUsd }, {}, { spentThisMonthMicroUsd: PRO.listMicroUsd });
    expect([0, 1].map((request) => ask(month, { request }).truth.fate)).toEqual(['image', 'refused']);
  });
});

test('a model without a latency of its own has that of the catalogue at its size', () => {
  const one = build({}, { latency: {} });
  const latencies = (size: '1K' | '4K') =>
    Array.from({ length: 4_001 }, (_, request) => ask(one, { request, spec: requestSpec(PRO.model, size, 300, 0) }).afterMs).sort(
      (a, b) => a - b,
    );
  for (const [size, p50, p95] of [
    ['1K', 19_000, 40_000],
    ['4K', 35_000, 90_000],
  ] as const) {
    const sorted = latencies(size);
    expect(Math.abs(sorted[2_000]! / p50 - 1)).toBeLessThan(0.05);
    expect(Math.abs(sorted[3_800]! / p95 - 1)).toBeLessThan(0.08);
  }
});
