import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SetupError } from '../../src/model/errors.ts';
import { readScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';
import { writeScenario } from '../../src/run/write-scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'rundry-write-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'plans'));

const APP = join(folder, 'app.yaml');
writeFileSync(join(folder, 'day.csv'), 'at\n2026-12-01T08:00:01Z\n2026-12-01T08:00:02Z\n2026-12-01T08:10:00Z\n');
writeFileSync(
  APP,
  `# Ours.
clock: { duration: 1h }
quota: { tier: 1, limits: { gemini-3-pro-image: { rpm: 1 } } } # read in AI Studio
traffic:
  - shape: { kind: replay, file: day.csv, format: csv } # yesterday
    request: { model: gemini-3-pro-image }
`,
);

describe('writeScenario', () => {
  const settings = [
    { path: 'quota.tier', value: 2 },
    { path: 'client.pace', value: '6/min' },
  ];

  test('writes a file elsewhere that runs to the same numbers, with its notes on top', () => {
    const target = join(folder, 'plans/better.yaml');
    const loaded = readScenario(APP, { settings: [{ path: 'client.concurrency', value: 2 }] });
    writeScenario(loaded, settings, target, { notes: ['Recommended.', ''] });
    expect(readFileSync(target, 'utf8')).toBe(`# Recommended.
#
# Ours.
clock: { duration: 1h }
quota: { tier: 2 } # read in AI Studio
traffic:
  - shape: { kind: replay, file: ../day.csv, format: csv } # yesterday
    request: { model: gemini-3-pro-image }
client: { concurrency: 2, pace: 6/min }
name: app
`);
    const meant = readScenario(APP, { settings: [...loaded.settings, ...settings] });
    const { advice: _, warnings: __, ...expected } = simulate(meant.scenario, 7).summary;
    expect(simulate(readScenario(target).scenario, 7).summary).toMatchObject(expected);
    expect(expected.requests.offered).toBe(3);
  });

  test('overwrites nothing unless it is told to, then even the file itself', () => {
    const target = join(folder, 'taken.yaml');
    const before = readFileSync(APP, 'utf8');
    writeFileSync(target, before);
    for (const taken of [target, APP]) expect(() => writeScenario(readScenario(APP), settings, taken)).toThrow(SetupError);
    expect(readFileSync(target, 'utf8')).toBe(before);
    writeScenario(readScenario(APP), settings, target, { force: true });
    expect(readScenario(target).scenario.quota.tier).toBe('2');
  });

  test('a folder that is not there is said to be none', () => {
    expect(() => writeScenario(readScenario(APP), [], join(folder, 'nowhere/app.yaml'))).toThrow(/cannot write .*nowhere/);
  });
});
