/** What limits that nobody knows are worth: golden tables, and plans simulated over their intervals. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paired } from '../../src/analysis/statistics.ts';
import type { Setting } from '../../src/model/scenario.ts';
import { batchBreakEven, offPeakBreakEven } from '../../src/plan/break-even.ts';
import { binding, usefulRequests } from '../../src/plan/capacity.ts';
import type { Evaluate } from '../../src/plan/evaluate.ts';
import { cheapestMeasurement, limitSetting, type Option, regretTable, robustness, unknownsOf } from '../../src/plan/unknowns.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';
import { meetsGolden } from './support.ts';

interface Corner {
  readonly ipm: readonly [number, number];
  readonly spendPer10Min: readonly [number, number];
  readonly price: number;
  readonly p503: readonly [number, number];
}

meetsGolden<Corner>(
  'recommendation',
  ({ ipm, spendPer10Min, price, p503 }) => {
    const at = (limits: { ipm: number; spend: number }, overloadedRatio: number) => {
      const found = binding({ SPEND: { limit: limits.spend, window: 10, cost: price }, IPM: { limit: limits.ipm, window: 1, cost: 1 } })!;
      return { rate: usefulRequests(found.rate, overloadedRatio), binding: found.binding };
    };
    const middle = ([low, high]: readonly [number, number]): number => (low + high) / 2;
    const worst = at({ ipm: ipm[0], spend: spendPer10Min[0] }, p503[1]);
    return {
      worst: worst.rate,
      best: at({ ipm: ipm[1], spend: spendPer10Min[1] }, p503[0]).rate,
      nominalMid: at({ ipm: middle(ipm), spend: middle(spendPer10Min) }, middle(p503)).rate,
      bindingWorst: worst.binding,
    };
  },
  /^robust_corner$/,
);

meetsGolden<{ utility: Record<string, Record<string, number>>; probability: Record<string, number> }>(
  'recommendation',
  ({ utility, probability }) => ({ ...regretTable(utility, probability) }),
  /^robust_regret$/,
);

meetsGolden<{ pOffPeak: number; gainTarget: number }>(
  'recommendation',
  ({ pOffPeak, gainTarget }) => ({ pPeakBreakEven: offPeakBreakEven({ quietRatio: pOffPeak, gainRatio: gainTarget }) }),
  /^breakeven_offpeak$/,
);

meetsGolden<{ interactive: number; batch: number }>(
  'recommendation',
  (prices) => ({ breakEvenUsdPerImage: batchBreakEven(prices) }),
  /^breakeven_batch$/,
);

meetsGolden<{ a: readonly number[]; b: readonly number[]; confidence: number }>(
  'recommendation',
  ({ a, b, confidence }) => {
    const { difference, ...rest } = paired(a, b, confidence);
    return { ...rest, meanDiff: difference.mean, pairedHalfWidth: difference.high - difference.mean };
  },
  /^crn_paired$/,
);

test('knowing the world is never worth less than nothing, and nothing where one option is best in all', () => {
  const value = fc.integer({ min: 0, max: 9 });
  const rows = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(rows, (table) => {
      const utility = Object.fromEntries(table.map(([a, b, c], i) => [`option ${i}`, { a, b, c }]));
      const best = { best: { a: 9, b: 9, c: 9 } };
      const probability = { a: 0.2, b: 0.5, c: 0.3 };
      const found = regretTable<string, 'a' | 'b' | 'c'>(utility, probability);
      expect(found.evpi).toBeGreaterThanOrEqual(-1e-12);
      expect(Math.abs(regretTable<string, 'a' | 'b' | 'c'>({ ...utility, ...best }, probability).evpi)).toBeLessThan(1e-12);
      expect(Math.min(...Object.values(found.maxRegret))).toBe(found.maxRegret[found.minimaxRegretChoice]);
    }),
  );
});

const PRO = 'gemini-3-pro-image';
const text = (limits: string): string => `name: unknown
clock: { startAt: 2026-12-01T08:00:00Z, duration: 1h }
quota: { profile: none, limits: { ${PRO}: ${limits} } }
service: { latency: { ${PRO}: { fixed: 20s } } }
traffic: [{ name: t, shape: { kind: steady, rate: 10/min }, request: { model: ${PRO}, size: 1K } }]
thresholds: [success_ratio >= 0.99]
`;
const loaded = (limits: string, settings: readonly Setting[] = []) => parseScenario(text(limits), 'unknown.yaml', { settings }).scenario;

function evaluated(limits: string): { evaluate: Evaluate; runs: () => number } {
  let runs = 0;
  async function* evaluate(tasks: Parameters<Evaluate>[0]) {
    for (const [index, { settings, seed }] of tasks.entries()) {
      runs++;
      yield { index, summary: simulate(loaded(limits, settings), seed).summary };
    }
  }
  return { evaluate, runs: () => runs };
}

const AS_IS: Option = { name: 'as it is', tier: '1', settings: [] };
const half = (rate: string): Option => ({ name: `at ${rate}`, tier: '1', settings: [{ path: 'traffic.t.shape.rate', value: rate }] });

test('what a plan rests on: limits that the file gives as intervals, and those that the search assumed', () => {
  const assumed = { bucket: 'rpd', model: PRO, tier: '2', interval: [250, 15_000], why: 'tier below' } as const;
  const found = unknownsOf(loaded('{ ipm: 8..12, rpm: unknown }'), [assumed]);
  expect(found.map(({ bucket, interval, why }) => [bucket, interval, why])).toEqual([
    ['rpd', [250, 15_000], 'tier below'],
    ['ipm', [8, 12], 'stated by the file'],
  ]);
  expect(limitSetting({ bucket: 'spend10m', model: null }, 10_000_000)).toEqual({ path: 'quota.limits.account.spend10mUsd', value: 10 });
  expect(limitSetting({ bucket: 'rpm', model: PRO }, 20)).toEqual({ path: `quota.limits."${PRO}".rpm`, value: 20 });
});

test('10 a minute hold from a limit of 10 on: half of the interval, and knowing it is worth a choice', async () => {
  const limits = '{ ipm: 8..12 }';
  const { evaluate, runs } = evaluated(limits);
  const found = await robustness({
    evaluate,
    options: [half('7/min'), AS_IS],
    unknowns: unknownsOf(loaded(limits), []),
    probability: 0.95,
    seeds: [1, 2],
  });
  const [ipm] = found.unknowns;
  expect(found.cornersHeldRatio).toBe(1);
  expect(found.robust).toBe('at 7/min');
  expect(ipm!.holdsFrom).toBe(7);
  expect(ipm!.cheaperIfHigh).toBe('as it is'); // were it 12, the file holds as it stands
  expect(ipm!.evpi).toBe(0); // the slower one holds either way
  expect(found.simulations).toBe(runs());
  const bold = await robustness({ evaluate, options: [AS_IS], unknowns: unknownsOf(loaded(limits), []), probability: 0.95, seeds: [1] });
  expect(bold.cornersHeldRatio).toBe(0.5);
  expect(bold.unknowns[0]!.holdsFrom).toBe(10);
  expect(bold.unknowns[0]!.cheaperIfHigh).toBeNull();
});

test('a plan that holds at no value of the interval holds from nowhere', async () => {
  const limits = '{ ipm: 2..4 }';
  const { evaluate } = evaluated(limits);
  const found = await robustness({ evaluate, options: [AS_IS], unknowns: unknownsOf(loaded(limits), []), probability: 0.95, seeds: [1] });
  expect([found.cornersHeldRatio, found.unknowns[0]!.holdsFrom]).toEqual([0, null]);
});

test('the cheapest measurement: what AI Studio shows is free, ipm costs as many images as the limit may be', () => {
  const of = (bucket: 'rpd' | 'ipm' | 'spend10m') =>
    cheapestMeasurement({ bucket, model: bucket === 'spend10m' ? null : PRO, tier: '1', interval: [8, 12], why: '' });
  expect([of('rpd').costUsd, of('spend10m').costUsd]).toEqual([0, 0]);
  expect(of('ipm').how).toContain('send 13 requests');
  expect(of('ipm').costUsd).toBeCloseTo(12 * 0.136, 1);
  expect(of('ipm').minutes).toBe(1);
});
