/** `rundry sweep` as users run it: a grid as a CSV and a heat map, and the highest traffic that thresholds bear. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { foundBy } from '../../src/plan/carried.ts';
import { CAPACITY_COLUMNS } from '../../src/report/capacity-csv.ts';
import { sweepTable } from '../../src/report/sweep-table.ts';
import { readScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';
import { highestScale, parseAxes } from '../../src/run/sweep.ts';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'rundry-sweep-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = join(folder, 'hour.yaml');
writeFileSync(
  file,
  `name: hour
clock: { startAt: 2026-12-01T08:00:00Z, duration: 1h }
quota: { profile: none, limits: { gemini-3-pro-image: { ipm: 10 } } }
service: { latency: { gemini-3-pro-image: { fixed: 20s } } }
traffic: [{ shape: { kind: steady, rate: 5/min }, request: { model: gemini-3-pro-image } }]
thresholds: [first_bucket == none]
`,
);

let runs = 0;
function sweep(...args: string[]): { status: number | null; stdout: string; stderr: string; csv: () => string[][] } {
  const out = join(folder, `out${runs++}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, 'sweep', file, ...args, '--out', out], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  const csv = (): string[][] =>
    readFileSync(join(out, 'sweep.csv'), 'utf8')
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
  return { status, stdout, stderr, csv };
}

test('a grid is a row for each point and seed: the varied paths, then the other columns of capacity.csv', () => {
  const { csv, stdout, status } = sweep('--vary', 'traffic[0].shape.rate=5/min,20/min', '--vary', 'quota.projects=1,2', '--seeds', '2');
  expect(status).toBe(0);
  const [header, ...rows] = csv();
  expect(header).toEqual(['schema_version', 'traffic[0].shape.rate', 'quota.projects', ...CAPACITY_COLUMNS]);
  const seed = header!.indexOf('seed');
  expect(rows.map((row) => [row[1], row[2], row[seed]])).toEqual(
    ['5/min', '20/min'].flatMap((rate) => ['1', '2'].flatMap((projects) => ['1', '2'].map((n) => [rate, projects, n]))),
  );
  expect(stdout).toMatch(/20\/min +50 % · +100 % █\*/);
});

test('until-threshold finds the limit of ten a minute, and the day on which growth passes it', () => {
  const { stdout, csv } = sweep('--until-threshold', '--growth', '8%/week');
  const scale = Number(csv()[1]![1]);
  expect(scale).toBeGreaterThan(1.99);
  expect(scale).toBeLessThanOrEqual(2.04); // 10.2 a minute: no minute of this hour has more than ten yet
  expect(stdout).toMatch(/hold up to 2[.\d]* times this traffic; above it first_bucket == none is missed \(ipm\)/);
  expect(stdout).toMatch(/growing so, that is passed after 6\d days, on 2027-02-0\d/);
});

test('a sweep that varies nothing, or asks for thresholds where there are none, is exit 2', () => {
  expect(sweep().status).toBe(2);
  const without = sweep('--until-threshold', '--set', 'thresholds=[]');
  expect([without.status, without.stderr]).toEqual([2, expect.stringContaining('--until-threshold needs thresholds')]);
});

test('a folder that holds another sweep is exit 3 without --force', () => {
  const again = (...force: string[]) =>
    spawnSync(process.execPath, [CLI, 'sweep', file, '--vary', 'seed=1,2', '--out', join(folder, 'again'), ...force]).status;
  expect([again(), again(), again('--force')]).toEqual([0, 3, 0]);
});

test('values are split at commas outside brackets; a range counts up, but under quota.limits it is an interval', () => {
  expect(parseAxes(['client.concurrency=1..3', 'a=[1,2],x', 'y', 'quota.limits."m.1".rpm=8..12'])).toEqual([
    { path: 'client.concurrency', values: ['1', '2', '3'] },
    { path: 'a', values: ['[1,2]', 'x', 'y'] },
    { path: 'quota.limits."m.1".rpm', values: ['8..12'] },
  ]);
  expect(() => parseAxes(['nothing'])).toThrow('expected PATH=VALUES');
  expect(() => parseAxes(['seed=1,2', 'seed=3,4'])).toThrow('--vary seed: varied twice');
});

test('a search that was interrupted has no answer', async () => {
  const interrupted = AbortSignal.abort('interrupted');
  expect(await highestScale(readScenario(file), [1], interrupted)).toMatchObject({ isUnfinished: true });
  expect(await highestScale(readScenario(file), [1])).toMatchObject({ isUnfinished: false, scale: expect.closeTo(2, 1) });
});

test('a heat map of points that were not all reached leaves the others empty', () => {
  const results = simulate(readScenario(file).scenario, 1);
  const runs = [{ results, found: foundBy(results) }];
  const points = [
    ['1', '1'],
    ['1', '2'],
    ['2', '1'],
  ].map((values) => ({ values, runs })); // 2, 2 is missing
  expect(sweepTable(['a', 'b'], points, 'success_ratio', false).match(/100 %/g)).toHaveLength(3);
});

test('--tornado ranks what moves a metric, as a table and a CSV, and varies by itself', () => {
  const out = join(folder, 'tornado');
  const { status, stdout } = spawnSync(
    process.execPath,
    [CLI, 'sweep', file, '--tornado', '--metric', 'delivered_per_min', '--by', '20%', '--out', out],
    { encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
  );
  expect(status).toBe(0);
  // 5 a minute for an hour, under 10: the traffic alone decides.
  expect(stdout).toMatch(/^What moves delivered_per_min: each alone, 20 % less and more \(5 as it stands/);
  expect(stdout).toMatch(/^traffic traffic 1 +80 % +120 % +4 +█{14}│█{14} +6$/m);
  expect(stdout).toMatch(/^Without effect: ipm gemini-3-pro-image/m);
  const lines = readFileSync(join(out, 'tornado.csv'), 'utf8').split('\r\n');
  expect(lines[1]).toBe('1,1,traffic traffic 1,100 %,80 %,120 %,delivered_per_min,5,4,6,2,1,false');
  const wrong = sweep('--tornado', '--vary', 'client.concurrency=1,2');
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--tornado: varies by itself')]);
  const name = sweep('--tornado', '--metric', 'first_bucket', '--by', '120');
  expect([name.status, name.stderr]).toEqual([
    2,
    expect.stringMatching(/--by: expected a share such as 25%.*\n--metric: expected a metric that is a number/),
  ]);
});
