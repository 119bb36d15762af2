/** What stands in the way, by hand: a limit only where one was in the way. */
import { describe, expect, test } from 'vitest';
import type { Field } from '../../src/plan/candidates.ts';
import { obstacleTo } from '../../src/plan/obstacle.ts';
import type { Constraint, Pruned } from '../../src/plan/result.ts';
import { bridge } from '../../src/plan/tier-bridge.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { finalist } from './found.ts';

const SUCCESS: Constraint = {
  traffic: null,
  expression: 'success_ratio >= 0.99',
  metric: 'success_ratio',
  op: '>=',
  value: 0.99,
  assumed: false,
};
const PRICE: Constraint = { ...SUCCESS, expression: 'cost_usd <= 50', metric: 'cost_usd', op: '<=', value: 50 };
const missed = (constraint: Constraint) => [{ constraint, holdsRatio: 0, observed: 0.5, margin: -9 }];
const tight = (utilisation: number) => ({ bucket: 'spend10m' as const, model: null, utilisation });
const fieldOf = (tier: '1' | '2', count: number) => ({ ground: { tier }, candidates: new Array(count) }) as unknown as Field; // all it reads
const ruled = (tier: '1' | '2', count: number, more: Partial<Pruned> = {}): Pruned => ({
  reason: 'RPD',
  count,
  tier,
  bucket: 'rpd',
  explanation: `tier ${tier}: rpd carries 48 %`,
  ...more,
});

describe('what stands in the way', () => {
  test.each([
    ['overload (503)', { overloaded: 1_200, failed: 390 }, null],
    ['the safety filter', { blocked: 6 }, null],
    ['an error or a timeout', { errored: 60, blocked: 6 }, null],
    ["the client's own queue", { dropped: 30, blocked: 6 }, null],
    ['rpm', { throttled: 900, overloaded: 12 }, 'rpm'],
    [null, {}, null],
  ] as const)('%s, where that is what requests were lost by, whatever was tightest', (what, refused, bucket) => {
    const nearest = finalist({ constraints: missed(SUCCESS), firstBucket: 'rpm', tightestBucket: tight(0.02), refused });
    expect(obstacleTo(nearest, [], [fieldOf('1', 4)])).toMatchObject({ reason: 'SIMULATED', what, bucket });
  });

  test('nothing that has a name, where nothing but time is missed and no limit is in the way', () => {
    const late: Constraint = { ...SUCCESS, expression: 'latency_ms_p95 < 5s', metric: 'latency_ms_p95', op: '<', value: 5_000 };
    const nearest = finalist({ constraints: missed(late), refused: { blocked: 12 } });
    expect(obstacleTo(nearest, [], [fieldOf('1', 4)])).toMatchObject({ reason: 'SIMULATED', what: null, bucket: null });
  });

  test('the limit that is asked for more than it allows, though overload is there too', () => {
    const nearest = finalist({ constraints: missed(SUCCESS), tightestBucket: tight(1.7), refused: { overloaded: 50, throttled: 3 } });
    expect(obstacleTo(nearest, [], [fieldOf('1', 4)])).toMatchObject({ what: 'spend10m', bucket: 'spend10m' });
  });

  test('the price, where nothing but the price is missed', () => {
    const nearest = finalist({ constraints: missed(PRICE), firstBucket: 'rpd', tightestBucket: tight(1.7), refused: { throttled: 9 } });
    expect(obstacleTo(nearest, [], [fieldOf('1', 4)])).toMatchObject({ bucket: null, what: 'the list price of what is asked for' });
    const dear: Partial<Pruned> = { reason: 'CAP', explanation: '99 % of all requests cost $242.23' };
    const { bucket: _, ...noLimit } = ruled('2', 4, dear);
    expect(obstacleTo(finalist({ candidate: { tier: '2' } }), [ruled('1', 4), noLimit, noLimit], [fieldOf('2', 8)])).toEqual({
      reason: 'CAP',
      bucket: null,
      what: 'the list price of what is asked for',
      explanation: 'tier 1: rpd carries 48 %; 99 % of all requests cost $242.23',
    });
  });

  test('arithmetic is believed where it ruled out every candidate of that tier, and no sooner', () => {
    const nearest = finalist({ constraints: missed(SUCCESS), refused: { overloaded: 50 } });
    expect(obstacleTo(nearest, [ruled('1', 4), ruled('2', 4, { bucket: 'ipm' })], [fieldOf('1', 4), fieldOf('2', 4)])).toEqual({
      reason: 'RPD',
      bucket: 'rpd',
      what: 'rpd',
      explanation: 'tier 1: rpd carries 48 %; tier 2: rpd carries 48 %',
    });
    expect(obstacleTo(nearest, [ruled('1', 3)], [fieldOf('1', 4)])).toMatchObject({ reason: 'SIMULATED', what: 'overload (503)' });
  });
});

describe('what the tier of today carries until then', () => {
  const carried = (quota: string, traffic: string) => {
    const text = `{ clock: { duration: 1h }, quota: { profile: none, tier: 1, ${quota} }, traffic: [${traffic}] }`;
    return bridge(parseScenario(text, 'bridge.yaml').scenario, '2', 10, 1)!.today.carried;
  };
  const entry = (name: string, model: string) =>
    `{ name: ${name}, shape: { kind: steady, rate: 1/min }, request: { model: ${model}, promptTokens: 400 } }`;
  const lite = entry('lite', 'gemini-3.1-flash-lite-image'); // 60 of 0.0337 dollars
  const flash = entry('flash', 'gemini-2.5-flash-image');

  test('of a month no more than is left of it', () => {
    expect(carried('spentThisMonthUsd: 99, limits: { account: { monthlyUsd: 100.0000 } }', lite)).toBe(29); // 1 / 0.0337
  });

  test('of a day no more than is left of it', () => {
    const quota = 'usedToday: { gemini-3.1-flash-lite-image: 80 }, limits: { gemini-3.1-flash-lite-image: { rpd: 100 } }';
    expect(carried(quota, lite)).toBe(20);
  });

  test('a limit of one model takes nothing from another', () => {
    expect(carried('limits: { gemini-3.1-flash-lite-image: { rpd: 10 } }', `${lite}, ${flash}`)).toBe(10 + 60);
  });
});
