import { describe, expect, test } from 'vitest';
import type { OverloadRule, Span } from '../../src/model/scenario.ts';
import { latency } from '../../src/service/latency.ts';
import { Overload } from '../../src/service/overload.ts';
import { golden } from '../traffic/shared.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MODEL = 'gemini-3-pro-image';
const daily = (fromHour: number, toHour: number): Span => ({ kind: 'daily', fromMs: fromHour * HOUR, toMs: toHour * HOUR });
const rule = (span: Span, errorRatio: number, overrides: Partial<OverloadRule> = {}): OverloadRule => ({
  span,
  errorRatio,
  models: null,
  meanSpellMs: null,
  latencyFactor: 1,
  ...overrides,
});
const WHOLE_DAY = daily(0, 0);

describe.skipIf(!golden('overload_windows'))('golden overload_windows', () => {
  test.each((golden('overload_windows') ?? []).map((each) => [each.id, each] as const))('%s', (_, { inputs, expected }) => {
    const windows = inputs['windows'].map((window: { fromHour: number; toHour: number; p: number }) =>
      rule(daily(window.fromHour, window.toHour), window.p),
    );
    expect(new Overload([...windows, rule(WHOLE_DAY, inputs['defaultP'])], 1, MODEL).errorRatio(Date.parse(inputs['utc']))).toBe(
      expected['p'],
    );
  });
});

describe('windows', () => {
  test('the first that matches counts; outside of all there is no overload', () => {
    const overload = new Overload([rule(daily(1, 3), 0.1), rule(daily(2, 4), 0.2)], 1, MODEL);
    const at = (hour: number) => overload.errorRatio(Date.UTC(2026, 11, 1, hour));
    expect([0, 1, 2, 3, 4].map(at)).toEqual([0, 0.1, 0.1, 0.2, 0]);
  });

  test('a rule may be for some models', () => {
    const rules = [rule(WHOLE_DAY, 0.1, { models: ['other'] }), rule(WHOLE_DAY, 0.2)];
    expect(new Overload(rules, 1, MODEL).errorRatio(0)).toBe(0.2);
    expect(new Overload(rules, 1, 'other').errorRatio(0)).toBe(0.1);
  });

  test('a span of the run is half-open and happens once', () => {
    const fromAtMs = Date.UTC(2026, 11, 1, 9, 30);
    const overload = new Overload([rule({ kind: 'once', fromAtMs, toAtMs: fromAtMs + HOUR }, 0.9, { latencyFactor: 2 })], 1, MODEL);
    const at = [fromAtMs - 1, fromAtMs, fromAtMs + HOUR - 1, fromAtMs + HOUR, fromAtMs + DAY];
    expect(at.map((ms) => overload.errorRatio(ms))).toEqual([0, 0.9, 0.9, 0, 0]);
    expect([fromAtMs - 1, fromAtMs].map((ms) => overload.latencyFactor(ms))).toEqual([1, 2]);
  });

  test('what is looked up once stays right as time passes', () => {
    const rules = [rule(daily(22, 2), 0.1), rule({ kind: 'once', fromAtMs: 30.5 * HOUR, toAtMs: 31 * HOUR }, 0.3), rule(daily(6, 24), 0.2)];
    const fresh = (atMs: number) => new Overload(rules, 1, MODEL).errorRatio(atMs);
    const kept = new Overload(rules, 1, MODEL);
    for (let atMs = 0; atMs < 4 * DAY; atMs += 7 * 60_000 + 1) expect(kept.errorRatio(atMs)).toBe(fresh(atMs));
    for (const hour of [22, 24, 26, 30, 30.5, 31, 46])
      for (const ms of [-1, 0, 1]) expect(new Overload(rules, 1, MODEL).errorRatio(hour * HOUR + ms)).toBe(fresh(hour * HOUR + ms));
  });

  test.each([
    [0, 0],
    [0.2, 0.2],
    [1, 1],
  ])('a ratio of %d strikes a share of %d, each attempt for itself', (errorRatio, share) => {
    const overload = new Overload([rule(WHOLE_DAY, errorRatio)], 1, MODEL);
    const n = 20_000;
    let struck = 0;
    for (let request = 0; request < n; request++) if (overload.strikes(request, 1, 0)) struck++;
    expect(Math.abs(struck / n - share)).toBeLessThan(share === 0 || share === 1 ? 1e-9 : 0.012);
  });
});

describe('spells', () => {
  const spells = (errorRatio: number, meanSpellMs: number, seed = 1, model = MODEL) =>
    new Overload([rule(WHOLE_DAY, errorRatio, { meanSpellMs })], seed, model);

  test.each([
    [0.2, 60_000],
    [0.5, 60_000],
    [0.8, 300_000],
  ])('bad for a share of %d of the time, in spells of %d ms on average', (errorRatio, meanSpellMs) => {
    const overload = spells(errorRatio, meanSpellMs);
    const stepMs = 500;
    const steps = 6_000_000;
    let bad = 0;
    let beginnings = 0;
    let was = false;
    for (let step = 0; step < steps; step++) {
      const is = overload.strikes(0, 1, step * stepMs);
      if (is) bad++;
      if (is && !was) beginnings++;
      was = is;
    }
    expect(Math.abs(bad / steps - errorRatio)).toBeLessThan(0.025);
    expect(Math.abs((bad * stepMs) / beginnings / meanSpellMs - 1)).toBeLessThan(0.06);
  });

  test('begin in their stationary state: at the first instant a share of all seeds is bad', () => {
    const n = 4_000;
    const bad = Array.from({ length: n }, (_, seed) => spells(0.3, 60_000, seed)).filter((overload) => overload.strikes(0, 1, 1e12)).length;
    expect(Math.abs(bad / n - 0.3)).toBeLessThan(0.03);
  });

  test('are the same for everybody, and for other models others', () => {
    const pattern = (overload: Overload) =>
      Array.from({ length: 500 }, (_, k) => Number(overload.strikes(k, (k % 3) + 1, k * 10_000))).join('');
    expect(pattern(spells(0.5, 60_000))).toBe(pattern(spells(0.5, 60_000)));
    expect(pattern(spells(0.5, 60_000))).not.toBe(pattern(spells(0.5, 60_000, 2)));
    expect(pattern(spells(0.5, 60_000))).not.toBe(pattern(spells(0.5, 60_000, 1, 'gemini-nano-banana-2.1')));
  });

  test('asking more often changes nothing', () => {
    const often = spells(0.4, 30_000);
    const seldom = spells(0.4, 30_000);
    for (let ms = 0; ms < 3_600_000; ms += 100) {
      const is = often.strikes(1, 1, ms);
      if (ms % 7_700 === 0) expect(seldom.strikes(9, 2, ms)).toBe(is);
    }
  });

  test.each([
    [0, false],
    [1, true],
  ])('a ratio of %d is one spell', (errorRatio, is) => {
    const overload = spells(errorRatio, 1_000);
    expect(Array.from({ length: 100 }, (_, k) => overload.strikes(k, 1, k * 777)).every((struck) => struck === is)).toBe(true);
  });
});

describe('latency', () => {
  const n = 100_000;
  const draws = (of: (u: number) => number) => Array.from({ length: n }, (_, k) => of((k + 0.5) / n));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / n;

  test('log-normal by its median and 95th percentile', () => {
    const of = latency({ kind: 'lognormal', p50Ms: 19_000, p95Ms: 40_000 });
    expect(of(0.5)).toBeCloseTo(19_000, 2);
    expect(of(0.95)).toBeCloseTo(40_000, 0);
    expect(of(0.05)).toBeCloseTo(19_000 ** 2 / 40_000, 0);
  });

  test('with both equal it is fixed', () => {
    expect([0, 0.5, 0.999].map(latency({ kind: 'lognormal', p50Ms: 5_000, p95Ms: 5_000 }))).toEqual([5_000, 5_000, 5_000]);
    expect([0, 0.5, 0.999].map(latency({ kind: 'fixed', ms: 7 }))).toEqual([7, 7, 7]);
  });

  test.each([
    ['exponential', 1],
    ['erlang2', 1 / 2], // the variance of two exponentials of half the mean
  ] as const)('%s by its mean', (kind, squaredVariation) => {
    const values = draws(latency({ kind, meanMs: 1_000 }));
    expect(mean(values)).toBeCloseTo(1_000, -1);
    expect(mean(values.map((value) => (value - 1_000) ** 2)) / 1e6).toBeCloseTo(squaredVariation, 2);
  });

  test('erlang2 inverts its own distribution', () => {
    const of = latency({ kind: 'erlang2', meanMs: 2 });
    for (const u of [0, 1e-9, 1e-4, 0.05, 0.0999, 0.1, 0.5, 0.9, 0.999, 1 - 2 ** -32]) {
      const x = of(u);
      expect(1 - Math.exp(-x) * (1 + x)).toBeCloseTo(u, 9);
    }
  });

  test.each(['lognormal', 'exponential', 'erlang2'] as const)('larger draws of %s take longer, and none for ever', (kind) => {
    const of = latency(kind === 'lognormal' ? { kind, p50Ms: 100, p95Ms: 900 } : { kind, meanMs: 100 });
    const values = [0, 1e-9, 0.01, 0.0999, 0.1001, 0.3, 0.9, 0.999, 1 - 2 ** -32].map(of);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
    expect(values.every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
  });
});
