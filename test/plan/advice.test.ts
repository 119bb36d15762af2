/** The short advice at the end of a run, on scenarios whose cure can be told by hand. */
import { expect, test } from 'vitest';
import { advise } from '../../src/plan/advice.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';

interface Parts {
  readonly quota?: string;
  readonly service?: string;
  readonly traffic: string;
  readonly client?: string;
  readonly thresholds?: string;
  readonly hours?: number;
}

const PRO = 'request: { model: gemini-3-pro-image, size: 1K }';

function loaded({
  quota = '{ profile: none }',
  service = '{ latency: { gemini-3-pro-image: { fixed: 20s } } }',
  traffic,
  client = '{}',
  thresholds = '[success_ratio >= 0.99]',
  hours = 2,
}: Parts) {
  const text = `name: advice
clock: { startAt: 2026-12-01T18:00:00Z, duration: ${hours}h }
quota: ${quota}
service: ${service}
traffic: ${traffic}
client: ${client}
thresholds: ${thresholds}
`;
  return (settings: { path: string; value: unknown }[] = []) => parseScenario(text, 'advice.yaml', { settings }).scenario;
}

function advised(parts: Parts) {
  const scenario = loaded(parts)();
  return advise(simulate(scenario, scenario.seed));
}

const steady = (rate: string): string => `[{ name: app, shape: { kind: steady, rate: ${rate} }, ${PRO} }]`;

test('where everything holds, nothing is advised', () => {
  expect(advised({ traffic: steady('3/min'), quota: '{ profile: community-2026-02 }', hours: 1 })).toEqual([]);
  expect(advised({ traffic: steady('3/min'), thresholds: '[]' })).toEqual([]);
});

test('a threshold that is met does not excuse images that are lost', () => {
  const lost = { traffic: steady('30/min'), quota: '{ profile: none, limits: { gemini-3-pro-image: { rpm: 20 } } }' };
  expect(advised({ ...lost, thresholds: '[cost_usd <= 1000]' })).not.toEqual([]);
});

test('a burst over the minute limit is told a pace and as many slots as the pace fills, and with them nothing is refused', () => {
  const parts: Parts = {
    quota: '{ profile: community-2026-02, tier: 1 }',
    traffic: `[{ name: burst, shape: { kind: burst, requests: 40, every: 30m, times: 2 }, ${PRO} }]`,
    client: '{ concurrency: 100 }',
  };
  const advice = advised(parts);
  expect(advice.map(({ setting, from, to, relieves }) => [setting, from, to, relieves])).toEqual([
    ['client.pace', null, '9.67/min', 'ipm'], // (60 s + 2 s) / 10, rounded down
    ['client.concurrency', 100, 8, 'ipm'], // 9.67/min x 20 s = 3.2 on average, 8 at 99 % of moments of Poisson traffic
  ]);
  const scenario = loaded(parts)(advice.map(({ setting, to }) => ({ path: setting, value: to })));
  const { summary } = simulate(scenario, scenario.seed);
  expect([summary.attempts.throttled, summary.requests.delivered]).toEqual([0, 80]);
});

test('dollars that bind: the next tier is documented, what it leaves unknown is said, and no request limit helps', () => {
  const advice = advised({
    quota:
      '{ profile: observed-2026, tier: 1, limits: { gemini-3-pro-image: { rpm: 20, tpm: 100k, rpd: 5000, ipm: none }, account: { spend10mUsd: 10, monthlyUsd: none } } }',
    traffic: '[{ name: studio, shape: { kind: steady, rate: 18/min }, request: { model: gemini-3-pro-image, size: 4K } }]',
    client: '{ concurrency: 20 }',
    thresholds: '[binding_bucket == none]',
  });
  expect(advice[0]).toMatchObject({ setting: 'quota.tier', from: '1', to: '2', relieves: 'spend10m' });
  expect(advice[0]!.why).toContain('Tier 2 allows $50 (documented)');
  expect(advice[0]!.why).toContain('Not known at tier 2: rpm, tpm, ipm, rpd');
  expect(advice[0]!.why).toContain('More requests per minute or day would change nothing');
  expect(advice[1]).toMatchObject({ setting: 'client.pace', to: '4.08/min', relieves: 'spend10m' }); // 41 images in 602 s
});

test('a tier that is too small is not advised, and one that nobody knows is not taken for unlimited', () => {
  const [first, ...others] = advised({ quota: '{ profile: community-2026-02, tier: 1 }', traffic: steady('9/min'), hours: 24 });
  expect(others).toEqual([]);
  expect(first).toMatchObject({ setting: 'quota.tier', from: '1', to: null, relieves: 'rpd' });
  expect(first!.why).toMatch(/Tier 2 is too small as well \(rpd .* 1,000\); tier 3 says nothing about rpd/);
});

test('the free tier allows no image: link billing', () => {
  const [first] = advised({ quota: '{ profile: best-known, tier: free }', traffic: steady('1/min'), hours: 1 });
  expect(first).toMatchObject({ setting: 'quota.tier', from: 'free', to: '1' });
  expect(first!.why).toContain('a linked billing account');
});

test('overload is told to ask again, and that no tier cures it', () => {
  const parts = {
    service: '{ latency: { gemini-3-pro-image: { fixed: 20s } }, overload: [{ from: "18:00Z", to: "20:00Z", errorRate: 0.4 }] }',
    traffic: steady('3/min'),
  };
  const [only, ...others] = advised(parts);
  expect(others).toEqual([]);
  expect(only).toMatchObject({ setting: 'client.retry', from: null, to: 'recommended', relieves: null });
  expect(only!.why).toContain('no tier cures it');
});

test('what may wait goes to the batch lane or to other hours; what may not, stays', () => {
  const night = (more: string): string =>
    `[{ name: night run, shape: { kind: flood, requests: 300 }, ${PRO}${more} }, { name: app, shape: { kind: steady, rate: 1/min }, ${PRO} }]`;
  const quota = '{ profile: community-2026-02, tier: 1 }';
  const settings = (more: string): string[] => advised({ quota, traffic: night(more) }).map(({ setting }) => setting);
  expect(settings(', deadline: 24h')).toContain('traffic.night run.lane');
  expect(settings('')).toContain('traffic.night run.lane');
  expect(settings(', deadline: 1h')).not.toContain('traffic.night run.lane'); // the batch lane takes longer than that
  const shifted = advised({
    service: '{ overload: [{ from: "10:00Z", to: "20:00Z", errorRate: 0.5 }] }',
    traffic: `[{ name: night, shape: { kind: steady, rate: 3/min }, ${PRO}, deadline: 24h }]`,
    client: '{ retry: { attempts: 2 } }',
  });
  expect(shifted.find(({ setting }) => setting === 'traffic.night.client.schedule')).toMatchObject({
    from: null,
    to: { allow: ['20:00Z-10:00Z'] },
    relieves: null,
  });
});

test('every setting that is advised fits the scenario', () => {
  for (const traffic of [
    steady('30/min'),
    `[{ name: "a.b", shape: { kind: flood, requests: 300 }, ${PRO}, client: { concurrency: 50 } }]`,
  ]) {
    const scenario = loaded({ quota: '{ profile: best-known, tier: 1 }', traffic, hours: 24 });
    const advice = advise(simulate(scenario(), 1)).filter(({ to }) => to !== null);
    expect(advice.length).toBeGreaterThan(0);
    expect(() => scenario(advice.map(({ setting, to }) => ({ path: setting, value: to })))).not.toThrow();
  }
});
