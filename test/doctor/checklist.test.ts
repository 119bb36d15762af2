/** Each point of the checklist, answered well and badly by a scenario. */
import { expect, test } from 'vitest';
import { examinePlan } from '../../src/doctor/doctor.ts';
import { RETRY_NONE, type Scenario } from '../../src/model/scenario.ts';
import { DAY_MS, HOUR_MS } from '../../src/model/time.ts';
import { simulate } from '../../src/run/simulate.ts';
import { retrySpec } from '../support/play.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

const NOW_MS = Date.UTC(2026, 11, 1);
const MIDNIGHT_MS = Date.UTC(2026, 11, 1, 8);
const STEADY = { kind: 'steady', rate: { count: 1, perMs: 60_000 } } as const;
const BASE = scenario();
const FINE: Scenario = {
  ...BASE,
  clock: { ...BASE.clock, startAtMs: MIDNIGHT_MS, durationMs: HOUR_MS },
  quota: {
    ...BASE.quota,
    profile: './limits.yaml',
    profileAsOf: '2026-11-21',
    limits: limits({ rpm: 20, tpm: 1e6, ipm: 20, rpd: 250, spend10m: 10e6, monthly: 250e6 }),
  },
  traffic: [entry(STEADY)],
  clients: [clientSpec({ retry: retrySpec({ attempts: 5, jitter: 'full' }) })],
};

const stateOf = (one: Scenario, id: string): string =>
  examinePlan({ scenario: one, summary: simulate(one, 1).summary, nowMs: NOW_MS }).find((check) => check.id === id)!.state;
const quota = (change: Partial<Scenario['quota']>): Scenario => ({ ...FINE, quota: { ...FINE.quota, ...change } });
const retry = (change: Partial<typeof RETRY_NONE>): Scenario => ({
  ...FINE,
  clients: [clientSpec({ retry: { ...FINE.clients[0]!.retry, ...change } })],
});
const late: Scenario = { ...FINE, clock: { ...FINE.clock, startAtMs: MIDNIGHT_MS + 20 * HOUR_MS, durationMs: 3 * HOUR_MS } };
const flood = entry({ kind: 'flood', requests: 3 }, { name: 'night' });

test('a plan that has thought of everything passes', () => {
  const all = examinePlan({ scenario: FINE, summary: simulate(FINE, 1).summary, nowMs: NOW_MS });
  expect(all.filter(({ state }) => state !== 'pass')).toEqual([]);
  expect(all).toHaveLength(8);
});

test.each<[id: string, what: string, one: Scenario, state: string]>([
  ['live-limits', 'a published profile', quota({ profile: 'best-known' }), 'fail'],
  ['live-limits', 'a file of last month', quota({ profileAsOf: '2026-10-01' }), 'fail'],
  ['live-limits', 'a file without a date', quota({ profileAsOf: null }), 'fail'],
  ['per-project', 'several projects', quota({ projects: 3 }), 'unknown'],
  [
    'pacific-reset',
    'late in the day, nearly all of it',
    { ...late, traffic: [entry({ ...STEADY, rate: { count: 1, perMs: 60_000 } }, { durationMs: 3 * HOUR_MS })] },
    'fail',
  ],
  [
    'pacific-reset',
    'the same, with what is gone',
    { ...late, quota: { ...late.quota, usedToday: { 'gemini-3-pro-image': 10 } }, traffic: [entry(STEADY, { durationMs: 3 * HOUR_MS })] },
    'pass',
  ],
  ['pacific-reset', 'late in the day, little of it', late, 'pass'],
  ['backoff', 'no retries', retry(RETRY_NONE), 'fail'],
  ['backoff', 'no jitter', retry({ jitter: 'none' }), 'fail'],
  ['backoff', 'a constant wait', retry({ growth: 'constant' }), 'fail'],
  ['apart', 'told delays ignored', retry({ obeyRetryInfo: false }), 'fail'],
  ['apart', 'one loop for both', retry({ countsTogether: true }), 'fail'],
  ['apart', 'only 429', retry({ retryOn: [429] }), 'fail'],
  ['lanes-split', 'a flood among people', { ...FINE, traffic: [entry(STEADY), flood] }, 'fail'],
  ['lanes-split', 'on the batch lane', { ...FINE, traffic: [entry(STEADY), { ...flood, lane: 'batch', deadlineMs: DAY_MS }] }, 'pass'],
  ['load-fits', 'too much', { ...FINE, traffic: [entry({ ...STEADY, rate: { count: 30, perMs: 60_000 } })] }, 'fail'],
  [
    'load-fits',
    'rpd unknown',
    quota({ limits: FINE.quota.limits.map((one) => (one.bucket === 'rpd' ? { ...one, state: 'unknown', limit: null } : one)) }),
    'unknown',
  ],
  ['spend-known', 'no cap', quota({ limits: FINE.quota.limits.filter(({ bucket }) => bucket !== 'monthly') }), 'fail'],
])('%s, %s', (id, _, one, state) => {
  expect(stateOf(one, id)).toBe(state);
});
