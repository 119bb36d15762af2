/** What was worked out by hand for the scenarios beside the project: issue 4. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Results } from '../../src/analysis/analysis.ts';
import type { AttemptRow } from '../../src/model/rows.ts';
import type { Setting } from '../../src/model/scenario.ts';
import { readScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';

const SCENARIOS = new URL('../../../shared/scenarios/', import.meta.url);

function run(name: string, settings: readonly Setting[], each: (row: AttemptRow) => void = () => {}): Results {
  const { scenario } = readScenario(new URL(`${name}.yaml`, SCENARIOS).pathname, { settings });
  return simulate(scenario, scenario.seed, { record: (row) => (row.kind === 'attempt' ? each(row) : undefined) });
}

const set = (values: Readonly<Record<string, unknown>>): Setting[] => Object.entries(values).map(([path, value]) => ({ path, value }));

describe.skipIf(!existsSync(SCENARIOS))('batch-flood, that waits for every refusal', () => {
  const WAITING = { 'client.retry.throttledAttempts': 'unlimited', 'client.retry.onDailyLimit': 'wait' };
  const DAY_MS = 86_400_000;

  /** Attempts that got past the quota, by Pacific day: the run starts at a Pacific midnight of winter. */
  function admitted(duration: string): { results: Results; days: number[] } {
    const days: number[] = [];
    const results = run('batch-flood', set({ ...WAITING, 'clock.duration': duration }), (row) => {
      const day = Math.floor(row.sentMs / DAY_MS);
      while (days.length <= day) days.push(0);
      if (row.httpStatus !== 429) days[day]!++;
    });
    return { results, days };
  }

  test('in two days delivers every image that two quota days hold, and goes on in the third', () => {
    const { results, days } = admitted('48h');
    expect(days.slice(0, 2)).toEqual([250, 250]);
    const { requests, attempts } = results.summary;
    expect(requests.failed + requests.dropped).toBe(0);
    expect(requests.delivered).toBe(attempts.sent - attempts.throttled - attempts.overloaded - attempts.open);
  });

  test('in a week delivers all, and spends every day but the last whole', () => {
    const { results, days } = admitted('7d');
    expect(results.summary.requests).toMatchObject({ offered: 1_200, delivered: 1_200, failed: 0, dropped: 0, pending: 0 });
    expect(days.slice(0, -1).every((sent) => sent === 250)).toBe(true);
    expect(days).toHaveLength(Math.ceil((1_200 + results.summary.attempts.overloaded) / 250));
    expect(results.audit).toMatchObject({ earlyRetries: 0, hopelessRetries: 0 });
  });
});

describe.skipIf(!existsSync(SCENARIOS))('overload-midday with eight slots and the breaker of the guide', () => {
  const EIGHT = { 'client.concurrency': 8 };
  const ALONE = { ...EIGHT, 'client.fallback': 'none' };

  test('costs nothing where a fallback saves the chain: three chains in a row do not fail', () => {
    const [without, guide] = ['none', 'guide'].map((breaker) => run('overload-midday', set({ ...EIGHT, 'client.breaker': breaker })));
    expect(guide!.summary.requests).toEqual(without!.summary.requests);
    expect(guide!.audit.breaker.openings).toBe(0);
  });

  test('without the fallback drops more images than fail without a breaker', () => {
    const [without, guide] = ['none', 'guide'].map((breaker) => run('overload-midday', set({ ...ALONE, 'client.breaker': breaker })));
    expect(without!.summary.requests.dropped).toBe(0);
    expect(guide!.summary.dropped.breaker).toBeGreaterThan(without!.summary.requests.failed);
    const lost = without!.summary.requests.delivered - guide!.summary.requests.delivered;
    expect(lost).toBeGreaterThan(without!.summary.requests.failed);
  });

  test('and without retries most of it: it opens again and again, which is systemic', () => {
    const bare = { ...ALONE, 'client.retry': 'none' };
    const [without, guide] = ['none', 'guide'].map((breaker) => run('overload-midday', set({ ...bare, 'client.breaker': breaker })));
    const lost = (results: Results): number => 1 - results.summary.requests.delivered / results.summary.requests.offered;
    expect(lost(guide!)).toBeGreaterThan(lost(without!) + 0.1);
    expect(guide!.audit.breaker).toMatchObject({ isSystemic: true });
    expect(guide!.audit.breaker.openings).toBeGreaterThanOrEqual(8);
  });
});
