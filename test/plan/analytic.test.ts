/** The analytic layer of a whole scenario, against the simulation where both must agree. */
import { expect, test } from 'vitest';
import { analyse } from '../../src/plan/analytic.ts';
import { carried, mixOf } from '../../src/plan/carried.ts';
import { parseGrowth, scaled } from '../../src/plan/scale.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';

const scenarioOf = (quota: string, traffic: string, client = '{}') =>
  parseScenario(
    `name: analytic
clock: { startAt: 2026-12-01T08:00:00Z, duration: 3h }
quota: ${quota}
service: { latency: { gemini-3-pro-image: { fixed: 20s } } }
traffic: [{ name: t, shape: ${traffic}, request: { model: gemini-3-pro-image, size: 1K } }]
client: ${client}
`,
    'analytic.yaml',
  ).scenario;

const steady = '{ kind: steady, rate: 9/min }';

test.each([
  ['{ profile: community-2026-02, tier: 1 }', steady, '{}', 'rpd'],
  ['{ profile: best-known, tier: 1 }', steady, '{}', 'spend10m'],
  ['{ profile: community-2026-02, tier: 1 }', '{ kind: steady, rate: 12/min }', '{}', 'ipm'],
  ['{ profile: community-2026-02, tier: 1, window: sliding }', '{ kind: poisson, rate: 8/min }', '{}', 'ipm'],
  ['{ profile: community-2026-02, tier: 1, projects: 2 }', steady, '{}', 'rpd'],
  ['{ profile: community-2026-02, tier: 1 }', '{ kind: flood, requests: 400 }', '{ concurrency: 2, pace: 6/min }', 'rpd'],
  ['{ profile: community-2026-02, tier: 1 }', '{ kind: flood, requests: 20 }', '{ concurrency: 8 }', 'ipm'],
  ['{ profile: none }', steady, '{}', null],
])('the first refusal is the one that is simulated: %s %s %s', (quota, traffic, client, bucket) => {
  const scenario = scenarioOf(quota, traffic, client);
  const { firstExhausted, tightest } = analyse(scenario, 1);
  const { summary } = simulate(scenario, 1);
  expect(firstExhausted?.bucket ?? null).toBe(bucket);
  expect(firstExhausted).toEqual(summary.firstBucket && { bucket: summary.firstBucket.bucket, atMs: summary.firstBucket.atMs });
  expect(tightest).toEqual(summary.tightestBucket);
});

test('an unknown limit that decides leaves the answer unknown, one that is lifted does not', () => {
  const of = (quota: string) => {
    const scenario = scenarioOf(quota, steady);
    const found = carried(scenario, mixOf(scenario, { t: 1 }), null)!;
    return [found.perMinute, found.perDay];
  };
  const limits = (text: string): string => `{ profile: none, limits: { gemini-3-pro-image: { ${text} } } }`;
  expect(of(limits('ipm: 10'))).toEqual([10, 14_400]);
  expect(of(limits('ipm: 10, rpd: unknown'))).toEqual([10, null]);
  expect(of(limits('ipm: unknown, rpd: 250'))).toEqual([null, null]);
  expect(of(limits('ipm: unknown, rpm: 20, rpd: 250'))).toEqual([20, 250]);
  expect(of(limits('ipm: 8..12, rpd: 250'))).toEqual([8, 250]);
  expect(of(limits('ipm: 0'))).toEqual([0, 0]);
  expect(of('{ profile: none }')).toEqual([Infinity, Infinity]);
});

test('each tier is told what it carries a day against what is wanted; what is not known is not enough', () => {
  const { lines } = analyse(scenarioOf('{ profile: community-2026-02, tier: 1 }', steady), 1);
  const answers = lines.filter(({ topic }) => topic.startsWith('tier')).map(({ topic, answer }) => `${topic}: ${answer}`);
  expect(answers).toEqual([
    'tier 1: too small: 250 a day, 10 a minute',
    'tier 2: too small: 1,000 a day, 20 a minute',
    'tier 3: unknown: unknown a day, 100 a minute',
  ]);
});

test('one launch may take from the month what every day of it could not', () => {
  const second = (quota: string) =>
    analyse(scenarioOf(quota, steady), 1)
      .lines.find(({ topic }) => topic === 'tier 2')!
      .answer.replace(/: .*/, '');
  // 1,620 images are $222: of the 2,000 of a month, a day's share is 67.
  expect(second('{ profile: best-known, tier: 2 }')).toBe('enough where known for this once, too small for every day of a month');
  expect(second('{ profile: best-known, tier: 2, spentThisMonthUsd: 1800 }')).toBe('too small');
});

test('what is asked of the monthly cap is what its busiest month costs, at half price on the batch lane', () => {
  const line = (duration: string, entry = '', quota = '') =>
    analyse(
      parseScenario(
        `name: months
clock: { startAt: 2026-12-01T08:00:00Z, duration: ${duration} }
quota: { profile: none, limits: { account: { monthlyUsd: 100 } }${quota} }
traffic: [{ name: t${entry}, shape: { kind: steady, rate: 24/day }, request: { model: gemini-3-pro-image, size: 1K } }]
`,
        'months.yaml',
      ).scenario,
      1,
    ).lines.find(({ topic }) => topic === 'monthly');
  // 24 a day at $0.137136; a batch row costs half. From midnight of December 1st in Los Angeles.
  expect(line('1d')).toMatchObject({ answer: '3.291 % used', how: 'whole run $3.29 / $100.00' });
  expect(line('1d', ', lane: batch')).toMatchObject({ answer: '1.646 % used' });
  expect(line('31d')).toMatchObject({ answer: '102 % used', how: 'whole run $102.03 / $100.00' });
  expect(line('300d')).toMatchObject({ answer: '102 % used', how: 'busiest month $102.03 / $100.00' });
  expect(line('300d', '', ', spentThisMonthUsd: 50')).toMatchObject({ how: 'busiest month $152.03 / $100.00' });
});

test('a batch that a limit of 0 forbids never ends, and the line says so', () => {
  const { lines } = analyse(scenarioOf('{ profile: none, limits: { gemini-3-pro-image: { rpd: 0 } } }', '{ kind: flood, requests: 5 }'), 1);
  expect(lines.find(({ topic }) => topic === 'makespan of t')?.answer).toContain('never ends');
});

test('twice the traffic is twice the rate of every shape', () => {
  const twice = scaled(scenarioOf('{ profile: none }', '{ kind: spike, base: 1/min, peak: 9/min, at: 1h, width: 1m }'), 2);
  expect(twice.traffic[0]!.shape).toMatchObject({ base: { count: 2 }, peak: { count: 18 } });
  expect(parseGrowth('8%/week')).toEqual({ ratio: 0.08, everyDays: 7 });
  expect(parseGrowth('fast')).toBeNull();
});
