/** The most images a day over all lanes, by hand. */
import { expect, test } from 'vitest';
import { requestSpec } from '../../src/model/request-spec.ts';
import { lanes } from '../../src/plan/lanes.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';

const PRO = 'gemini-3-pro-image';

function of(quota: string, more = '') {
  return lanes(
    parseScenario(
      `name: lanes
clock: { startAt: 2026-12-01T08:00:00Z, duration: 24h }
quota: ${quota}
service: { batch: { turnaround: { p50: 24h, p95: 24h } } }
traffic: [{ name: t, shape: { kind: flood, requests: 5 }, request: { model: ${PRO}, size: 1K, promptTokens: 1500 } }]
${more}`,
      'lanes.yaml',
    ).scenario,
  )!;
}

const USD = requestSpec(PRO, '1K', 1500, 0).listMicroUsd / 1e6;
const BATCH_USD = requestSpec(PRO, '1K', 1500, 0).batchMicroUsd / 1e6;

test('a day of both lanes: the requests of the day, and as many tokens as turn over in it', () => {
  const found = of(`{ profile: none, limits: { ${PRO}: { rpm: 20, rpd: 250, batchTokens: 600k } } }`);
  expect(found.perDay).toBeCloseTo(250 + 600_000 / 1500, 9); // a day's turnaround: 400 rows
  expect(found.mix).toMatchObject({ [`${PRO} interactive`]: 250 });
  const price = (name: string) => found.prices.find((one) => one.name === `${name} of ${PRO}`)!;
  expect(price('rpd')).toMatchObject({ worth: 1, next: { raiseBy: 20 * 1440 - 250, name: `rpm of ${PRO}` } });
  expect(price('batchTokens').worth).toBeCloseTo(1 / 1500, 12);
  expect(price('rpm').worth).toBe(0);
});

test('a cap in dollars goes to the lane that costs half', () => {
  const found = of(`{ profile: none, limits: { ${PRO}: { rpd: 250, batchTokens: none }, account: { monthlyUsd: 300 } } }`);
  expect(found.perDay).toBeCloseTo(10 / BATCH_USD, 6);
  expect(found.prices.find(({ name }) => name === 'monthly')!.worth).toBeCloseTo(1 / BATCH_USD, 6);
});

test('a lane that rests on a limit nobody knows is left out and named', () => {
  const found = of(`{ profile: none, limits: { ${PRO}: { rpd: 250, rpm: 20, batchTokens: unknown } } }`);
  expect([found.perDay, found.leftOut]).toEqual([250, [{ lane: `${PRO} batch`, unknown: ['batchTokens'] }]]);
  const none = of(`{ profile: none, limits: { ${PRO}: { rpd: unknown, rpm: 20, batchTokens: unknown } } }`);
  expect([none.perDay, none.leftOut.map(({ unknown }) => unknown)]).toEqual([0, [['rpd'], ['batchTokens']]]);
});

test('the spend window is for the interactive lane; nothing that limits is no number', () => {
  const found = of(`{ profile: none, limits: { ${PRO}: { batchTokens: 0 }, account: { spend10mUsd: 10 } } }`);
  expect(found.perDay).toBeCloseTo((144 * 10) / USD, 6);
  expect(of('{ profile: none }').perDay).toBeNull();
});

test('a fallback is a lane of its own', () => {
  const found = of(
    `{ profile: none, limits: { ${PRO}: { rpd: 250, batchTokens: 0 }, gemini-nano-banana-2.1: { rpd: 1000, batchTokens: 0 } } }`,
    'client: { fallback: [gemini-nano-banana-2.1] }\n',
  );
  expect(found.perDay).toBeCloseTo(1250, 9);
});
