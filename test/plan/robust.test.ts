/** How a found plan stands when limits are lower and overload is worse than was taken. */
import { expect, test } from 'vitest';
import type { Setting } from '../../src/model/scenario.ts';
import type { Evaluate } from '../../src/plan/evaluate.ts';
import type { Candidate } from '../../src/plan/result.ts';
import { stand } from '../../src/plan/robust.ts';
import { overloadSetting } from '../../src/plan/say.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';
import { finalist, found, problemOf } from './found.ts';

const PRO = 'gemini-3-pro-image';

const text = ({
  quota,
  overload = 'none',
  client = '{}',
  rate = '6/min',
}: {
  quota: string;
  overload?: string;
  client?: string;
  rate?: string;
}): string => `name: stand
clock: { startAt: 2026-12-01T08:00:00Z, duration: 1h }
quota: ${quota}
service: { latency: { ${PRO}: { fixed: 20s } }, overload: ${overload} }
traffic: [{ name: t, shape: { kind: steady, rate: ${rate} }, request: { model: ${PRO}, size: 1K } }]
client: ${client}
thresholds: [success_ratio >= 0.95]
`;

function evaluated(file: string): Evaluate {
  return async function* evaluate(tasks) {
    for (const [index, { settings, seed }] of tasks.entries())
      yield { index, summary: simulate(parseScenario(file, 'stand.yaml', { settings }).scenario, seed).summary };
  };
}

function standOf(file: string, candidate: Partial<Candidate> = {}) {
  const chosen = finalist({ candidate, tightestBucket: { bucket: 'ipm', model: PRO, utilisation: 0.6 } });
  return stand(problemOf(file), found({ base: finalist(), chosen }), evaluated(file));
}

test('a limit that nobody read is made lower until the plan breaks: 4 a minute need 4', async () => {
  const file = text({ quota: '{ profile: community-2026-02, tier: 1 }', rate: '4/min' });
  const { doubt, unknown, overload, simulations } = await standOf(file);
  expect([doubt!.limit.limit, doubt!.holdsFrom]).toEqual([10, 4]);
  expect([unknown, overload]).toEqual([null, null]);
  expect(simulations).toBeGreaterThan(0);
});

test('a limit of one’s own is not doubted', async () => {
  const { doubt } = await standOf(text({ quota: `{ profile: none, limits: { ${PRO}: { ipm: 10 } } }` }));
  expect(doubt).toBeNull();
});

test('an assumed interval is looked at from end to end, against what would have been simpler', async () => {
  const file = text({ quota: `{ profile: none, limits: { ${PRO}: { ipm: 4..12 } } }` });
  const assumptions = [{ bucket: 'ipm', model: PRO, tier: '1', interval: [4, 12], why: 'not known' }] as const;
  const changes = [{ lever: 'queue', path: 'client.queue', from: undefined, to: { limit: 5 } }] as const;
  const { unknown } = await standOf(file, {
    assumptions,
    changes,
    settings: [{ path: 'client.queue', value: { limit: 5 } }],
    complexity: 2,
  });
  const [ipm] = unknown!.unknowns;
  expect(unknown!.cornersHeldRatio).toBe(0.5); // at 4 it does not hold, at 12 it does
  expect(ipm!.holdsFrom).toBe(6);
  expect(ipm!.cheaperIfHigh).toBe('the file as it stands');
});

test('what fails at the low end of an interval is told from where on it would hold', async () => {
  const file = text({ quota: `{ profile: none, limits: { ${PRO}: { ipm: 4..12 } } }` });
  const result = await stand(problemOf(file), found({ base: finalist(), feasible: false }), evaluated(file));
  expect(result).toMatchObject({ doubt: null, silent: [], unknown: { cornersHeldRatio: 0.5, unknowns: [{ holdsFrom: 6 }] } });
});

test('more overload is borne for as long as retries catch it', async () => {
  const overload = '[{ from: "06:00Z", to: "12:00Z", errorRate: 0.1 }]';
  const without = await standOf(text({ quota: '{ profile: none }', overload }));
  expect(without.overload).toEqual({ ratio: 0.1, holdsTo: null }); // a tenth is lost, a twentieth may be
  const { overload: borne } = await standOf(text({ quota: '{ profile: none }', overload, client: '{ retry: { attempts: 4 } }' }));
  // four attempts lose p^4: 5 % at p = 0.47
  expect(borne!.holdsTo).toBeGreaterThan(0.35);
  expect(borne!.holdsTo).toBeLessThan(0.55);
});

test('what does not hold is not asked what it bears', async () => {
  const base = finalist();
  const file = text({ quota: '{ profile: community-2026-02, tier: 1 }' });
  const result = await stand(problemOf(file), found({ base, feasible: false }), evaluated(file));
  expect(result).toEqual({ unknown: null, doubt: null, overload: null, silent: [], simulations: 0 });
});

test.each([
  'community-utc-hours',
  '[{ from: "10:00Z", to: "11:30Z", errorRate: 0.4, meanSpell: 2m, models: [gemini-3-pro-image], latencyFactor: 2 }]',
  '[{ from: +10m, to: 2026-12-01T08:30:00Z, errorRate: 0.4 }]',
])('overload %s, written out as a setting, is the same overload', (overload) => {
  const at = (settings: readonly Setting[]) =>
    parseScenario(text({ quota: '{}', overload }), 'stand.yaml', { settings }).scenario.service.overload;
  const rules = at([]);
  expect(at([overloadSetting(rules, 1)])).toEqual(rules);
  expect(at([overloadSetting(rules, 2)]).map(({ errorRatio }) => errorRatio)).toEqual(
    rules.map(({ errorRatio }) => Math.min(1, 2 * errorRatio)),
  );
});
