/** The scenarios beside the repository run unchanged, with the numbers that were worked out by hand. Skipped where there are none. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Summary } from '../../src/analysis/summary.ts';
import { readScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';

const SHARED = join(import.meta.dirname, '../../../shared');
const present = existsSync(join(SHARED, 'scenarios')) && existsSync(join(SHARED, 'exact/expected.json'));
const names = present ? readdirSync(join(SHARED, 'scenarios')).filter((name) => name.endsWith('.yaml')) : [];
const exact: Record<string, Record<string, unknown>> = present ? JSON.parse(readFileSync(join(SHARED, 'exact/expected.json'), 'utf8')) : {};

function summaryOf(file: string): Summary {
  const { scenario } = readScenario(file);
  return simulate(scenario, scenario.seed).summary;
}

beforeAll(() => {
  if (!present) console.warn('skipped: there are no ../shared/scenarios and ../shared/exact here');
});

describe.skipIf(!present)('the shared scenarios, unchanged', () => {
  test('are these', () => {
    expect(names).toEqual([
      'batch-flood.yaml',
      'burst.yaml',
      'launch-day.yaml',
      'overload-midday.yaml',
      'replay-image-service.yaml',
      'spend-window.yaml',
      'steady.yaml',
    ]);
  });

  test.each(names)('%s runs, and every request ends in one way', (name) => {
    const { requests, jobs } = summaryOf(join(SHARED, 'scenarios', name));
    const { offered, delivered, blocked, failed, dropped, pending } = requests;
    expect(delivered).toBeGreaterThan(0);
    expect(delivered + blocked + failed + dropped + pending).toBe(offered);
    expect(jobs.delivered).toBeLessThanOrEqual(jobs.offered);
  });

  test('burst: 20 of 80, ipm first at 0 ms', () => {
    expect(summaryOf(join(SHARED, 'scenarios/burst.yaml'))).toMatchObject({
      requests: { offered: 80, delivered: 20, failed: 60 },
      firstBucket: { bucket: 'ipm', atMs: 0, limit: 10 },
    });
  });

  test('steady: 250, rpd first at 1,666,667 ms, 12,710 fail', () => {
    expect(summaryOf(join(SHARED, 'scenarios/steady.yaml'))).toMatchObject({
      requests: { offered: 12_960, delivered: 250, failed: 12_710 },
      firstBucket: { bucket: 'rpd', atMs: 1_666_667 },
    });
  });

  test('spend window: 492 of 2,160, spend10m first at 136,667 ms, and it binds', () => {
    expect(summaryOf(join(SHARED, 'scenarios/spend-window.yaml'))).toMatchObject({
      requests: { offered: 2_160, delivered: 492 },
      firstBucket: { bucket: 'spend10m', atMs: 136_667, model: null },
      bindingBucket: { bucket: 'spend10m' },
    });
  });

  test('a real day: 2,134 jobs, and a first bucket', () => {
    const { jobs, firstBucket } = summaryOf(join(SHARED, 'scenarios/replay-image-service.yaml'));
    expect(jobs.offered).toBe(2_134);
    expect(firstBucket).not.toBe(null);
  });
});

describe.skipIf(!present)('scenarios whose numbers are known exactly', () => {
  test.each(Object.keys(exact))('%s', (name) => {
    const file = ['exact', 'scenarios'].map((folder) => join(SHARED, folder, `${name}.yaml`)).find((path) => existsSync(path));
    const summary = summaryOf(file!);
    const found = Object.fromEntries(Object.keys(exact[name]!).map((path) => [path, at(summary, path)]));
    expect(found).toEqual(exact[name]);
  });
});

/** `requests.offered` of a summary; null where something on the way is. */
function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, key) => (found === null ? null : (found as Record<string, unknown>)[key]), value);
}
