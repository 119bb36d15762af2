import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../src/model/scenario.ts';
import { factorsOf } from '../../src/plan/factors.ts';
import { type Tornado, tornado } from '../../src/plan/tornado.ts';
import { tornadoCsv, tornadoText } from '../../src/report/tornado.ts';
import { type LoadedScenario, parseScenario } from '../../src/run/scenario-file.ts';
import { workerPool } from '../../src/run/worker-pool.ts';
import { TEMPLATES } from '../../src/scenario/templates.ts';

const OWN = join(import.meta.dirname, '../../scenarios');

async function found(loaded: LoadedScenario, metric: string, seeds: readonly number[] = [1]): Promise<Tornado> {
  const pool = workerPool(loaded, { workers: 1 });
  return (await tornado(loaded.scenario, { evaluate: pool.evaluate, seeds, metric, ratio: 0.25 }))!;
}

/** Forty at once, a day of 30: 10 fail. Each costs 0.1344 + 300 x 2e-6 + 178 x 12e-6 dollars. */
const DAY = parseScenario(
  `clock: { duration: 1h }
quota: { profile: none, limits: { gemini-3-pro-image: { rpd: 30, rpm: unknown } } }
service: { latency: { gemini-3-pro-image: { fixed: 20s } } }
traffic: [{ name: people, shape: { kind: flood, requests: 40 }, request: { model: gemini-3-pro-image } }]
client: { concurrency: 1, retry: { attempts: 1 } }
`,
  'day.yaml',
);

describe('a tornado', () => {
  test('ranks the factors by what they move, worked out by hand', async () => {
    const { base, swings, leftOut } = await found(DAY, 'success_ratio');
    expect(base).toBe(0.75);
    const of = (name: string) => swings.find(({ factor }) => factor.name === name)!;
    // 23 (22.5 rounded) and 38 (37.5 rounded) of 40; 30 of 30 and 30 of 50.
    expect(of('rpd gemini-3-pro-image')).toMatchObject({ atLow: 23 / 40, atHigh: 38 / 40, swing: 38 / 40 - 23 / 40 });
    expect(of('traffic people')).toMatchObject({ atLow: 1, atHigh: 30 / 50 });
    expect(swings.slice(0, 2).map(({ factor }) => factor.name)).toEqual(['traffic people', 'rpd gemini-3-pro-image']);
    expect(swings.slice(2).every(({ swing }) => swing === 0)).toBe(true);
    expect(leftOut).toEqual(['rpm gemini-3-pro-image: not known']);
  });

  test('another metric hangs on other things', async () => {
    const { base, swings } = await found(DAY, 'latency_ms_max');
    expect(base).toBe(30 * 20_000); // one after another
    const moving = swings.filter(({ swing }) => swing > 0).map(({ factor, atLow, atHigh, swing }) => [factor.name, atLow, atHigh, swing]);
    expect(moving).toEqual([
      ['rpd gemini-3-pro-image', 23 * 20_000, 38 * 20_000, 15 * 20_000],
      ['latency gemini-3-pro-image', 30 * 15_000, 30 * 25_000, 30 * 10_000],
      ['concurrency', null, 15 * 20_000, 15 * 20_000], // there is none less than one
    ]);
  });

  test('what chance may have done is told from what moved on every seed', async () => {
    const loaded = parseScenario(
      `clock: { duration: 2h }
quota: { profile: none, limits: { gemini-3-pro-image: { rpd: 40 } } }
service: { errorRate: 0.02, overload: [{ from: "00:00Z", to: "24:00Z", errorRate: 0.1 }] }
traffic: [{ shape: { kind: poisson, rate: 30/h }, request: { model: gemini-3-pro-image } }]
`,
      'noisy.yaml',
    );
    const { swings } = await found(loaded, 'success_ratio', [1, 2, 3, 4, 5, 6]);
    const sure = Object.fromEntries(swings.map(({ factor, isSure }) => [factor.name, isSure]));
    expect(sure).toMatchObject({ 'rpd gemini-3-pro-image': true, 'latency gemini-3-pro-image': false });
  });

  test('is told whole or not at all', async () => {
    const pool = workerPool(DAY, { workers: 1 });
    const stopped = { evaluate: pool.evaluate, seeds: [1], metric: 'cost_usd', ratio: 0.25, signal: AbortSignal.abort() };
    expect(await tornado(DAY.scenario, stopped)).toBeNull();
  });

  test('is drawn around the middle, with what does nothing in a line of its own', async () => {
    const all = await found(DAY, 'success_ratio');
    const text = tornadoText(all);
    expect(text).toContain('What moves success_ratio: each alone, 25 % less and more (75 % as it stands, 1 seed, simulated)');
    expect(text).toMatch(/^traffic people +75 % +125 % +100 % +█{8}│█{14} +60 %$/m);
    expect(text).toMatch(/^Without effect: .*concurrency/m);
    expect(text).toContain('Not varied: rpm gemini-3-pro-image: not known');
    expect(tornadoCsv(all).split('\r\n')[1]).toBe('1,1,traffic people,100 %,75 %,125 %,success_ratio,0.75,1,0.6,0.4,1,false');
  });
});

describe('factors', () => {
  const texts = new Map([
    ...readdirSync(OWN)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => [name, readFileSync(join(OWN, name), 'utf8')] as const),
    ...Object.entries(TEMPLATES),
    [
      'everything',
      `clock: { duration: 2h }
quota: { limits: { gemini-3-pro-image: { rpm: 8..12 }, account: { spend10mUsd: 10 } }, spentThisMonthUsd: 3 }
service:
  overload: [{ from: "22:00Z", to: "02:30Z", errorRate: 0.9, meanSpell: 2m, models: [gemini-3-pro-image] }, { from: +1h, to: +2h, errorRate: 0.2, latencyFactor: 2 }]
  latency: { gemini-3-pro-image: { mean: 20s, distribution: erlang2 } }
  blockRatio: 0.1
  promptBlockRatio: 0.02
  errorRate: 0.01
traffic:
  - { name: a, shape: { kind: ramp, from: 0/min, to: 9/min }, request: &r { model: gemini-3-pro-image } }
  - { name: b, shape: { kind: stages, stages: [{ to: 0.5/s, for: 10m }] }, request: *r }
  - { name: c, shape: { kind: stairs, from: 1/min, step: 2/min, every: 5m, times: 3 }, request: *r }
  - { name: d, shape: { kind: spike, base: 1/min, peak: 9/min, at: 5m, width: 1m }, request: *r, client: { concurrency: 3 } }
  - { name: e, shape: { kind: gamma, rate: 9/h, cv: 2 }, request: *r }
  - { name: f, shape: { kind: diurnal, perDay: 100, zone: Asia/Tokyo }, request: *r }
  - { name: g, shape: { kind: users, users: 3, think: { mean: 10s } }, request: *r }
  - { name: h, shape: { kind: flood, requests: 30 }, request: *r, lane: batch }
client: { concurrency: 4, pace: 3/min, timeout: 90s, queue: { limit: 5, deadline: 1m }, retry: guide-resilient }
`,
    ],
  ]);

  test.each([...texts.keys()])('%s: each end is a scenario, and differs from the base in what it names', (name) => {
    const read = (settings: Parameters<typeof parseScenario>[2]): Scenario =>
      parseScenario(texts.get(name)!, join(OWN, name), settings).scenario;
    const base = read({});
    const { factors } = factorsOf(base, 0.25);
    expect(factors.length).toBeGreaterThan(2);
    for (const { low, high } of factors) {
      for (const end of [low, high])
        if (end) expect({ ...read({ settings: end.settings }), warnings: [] }).not.toEqual({ ...base, warnings: [] });
    }
  });

  test('what is written anew without a change means the same', () => {
    const text = texts.get('everything')!;
    const base = parseScenario(text, 'all.yaml').scenario;
    for (const { name, low, high } of factorsOf(base, 1e-12).factors) {
      if (!/^(traffic|overload|latency gemini-3-pro-image|breaker|timeout|queue deadline)/.test(name)) continue;
      for (const end of [low, high]) {
        const same = parseScenario(text, 'all.yaml', { settings: end?.settings ?? [] }).scenario;
        expect(JSON.parse(JSON.stringify(same.traffic), rounded)).toEqual(JSON.parse(JSON.stringify(base.traffic), rounded));
        expect(JSON.parse(JSON.stringify({ ...same.service, overloadPreset: null }), rounded)).toEqual(
          JSON.parse(JSON.stringify({ ...base.service, overloadPreset: null }), rounded),
        );
        expect(same.clients).toEqual(base.clients);
      }
    }
    function rounded(_: string, value: unknown): unknown {
      return typeof value === 'number' ? Number(value.toPrecision(8)) : value;
    }
  });

  test('a limit nobody knows is taken at the ends of its interval', () => {
    const { factors } = factorsOf(parseScenario(texts.get('everything')!, 'all.yaml').scenario, 0.25);
    expect(factors.find(({ name }) => name === 'rpm gemini-3-pro-image')).toMatchObject({
      base: '8..12',
      low: { text: '8' },
      high: { text: '12' },
    });
  });
});
