/** `rundry compare` as CI calls it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { junitFaults } from '../support/junit.ts';
import { emptyFolder, rundry } from './rundry.ts';

const APP = `name: app
clock: { startAt: 2026-12-01T18:00:00Z, duration: 20m }
quota: { profile: none, limits: { gemini-3-pro-image: { rpm: 20 } } }
service: { latency: { gemini-3-pro-image: { fixed: 10s } } }
traffic:
  - { name: people, shape: { kind: poisson, rate: 16/min }, request: { model: gemini-3-pro-image } }
`;

let folder: string;
const at = (name: string) => join(folder, name);
const compare = (...args: string[]) => rundry(['compare', ...args], { cwd: folder });

beforeAll(async () => {
  folder = emptyFolder();
  writeFileSync(at('app.yaml'), APP);
  const run = (name: string, ...args: string[]) => rundry(['run', 'app.yaml', '--quiet', '--out', name, ...args], { cwd: folder });
  await Promise.all([
    run('base'),
    run('same'),
    run('half', '--set', 'quota.limits."gemini-3-pro-image".rpm=10'),
    run('short', '--duration', '10m'),
  ]);
});

describe.concurrent('rundry compare', () => {
  test('two runs of the same scenario pass', async () => {
    const { code, out, err } = await compare('base', 'same', '--fail-on', 'delivered_per_min < -5%');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')[0]).toBe('No bucket refuses more or less than in BASE: nothing of what is compared changed.');
  });

  test('one with half the limit fails with a sentence that names the bucket', async () => {
    const { code, out, err } = await compare('base', 'half', '--fail-on', 'delivered_per_min < -5%', '--fail-on', 'cost_usd > 0');
    expect({ code, err }).toEqual({ code: 99, err: '' });
    expect(out.split('\n')[0]).toMatch(
      /^rpm of gemini-3-pro-image refuses \w+: limit 10 where BASE had 20, .*refusals.*: delivered_per_min [\d.]+ → [\d.]+ \(−\d+(\.\d+)? %\)\.$/,
    );
    expect(out).toContain('✗ delivered_per_min < -5%');
    expect(out).toContain('✓ cost_usd > 0');
    expect(out).toContain('quota.limits.gemini-3-pro-image rpm: 20 → 10');
  });

  test('what cannot be compared is refused with every reason, exit 2', async () => {
    const { code, err } = await compare('base', 'short', '--fail-on', 'delivered_per_min < -5%');
    expect(code).toBe(2);
    expect(err).toContain('base and short cannot be compared: the runs last 1200000 ms and 600000 ms');
  });

  test('--seeds gives every metric an interval, and a rule must be told from luck', async () => {
    const { code, out } = await compare('base', 'half', '--seeds', '4', '--fail-on', 'success_ratio < -5%', '--json');
    const { rules, changes, seeds } = JSON.parse(out);
    expect({ code, seeds }).toEqual({ code: 99, seeds: 4 });
    expect(rules[0]).toMatchObject({ holds: true, why: 'told' });
    expect(changes.find(({ metric }: { metric: string }) => metric === 'latency_ms_p95')).toMatchObject({ basis: 'seeds' });
  });

  test('--format junit, github and markdown', async () => {
    const { code, out } = await compare(
      'base',
      'half',
      '--fail-on',
      'delivered_per_min < -5%',
      '--quiet',
      '--out',
      'told',
      '--format',
      'junit,github,markdown',
    );
    expect(code).toBe(99);
    expect(out).toMatch(/^::error title=app against its baseline::delivered_per_min < -5%25: rpm of gemini-3-pro-image refuses/);
    const xml = readFileSync(at('told/compare-junit.xml'), 'utf8');
    expect(await junitFaults(xml)).toEqual([]);
    expect(xml).toContain('tests="2" failures="1"');
    expect(readFileSync(at('told/compare.md'), 'utf8')).toContain('✗ delivered_per_min \\< -5%');
  });

  test('rules that mean nothing are exit 2, all named at once', async () => {
    const { code, err } = await compare('base', 'same', '--fail-on', 'delivered < 5%', '--fail-on', 'cost_usd');
    expect(code).toBe(2);
    expect(err).toContain('--fail-on "delivered < 5%": there is no metric delivered');
    expect(err).toContain('--fail-on "cost_usd": expected METRIC OP CHANGE');
  });

  test('a folder without a journal is exit 2; a journal by its name is taken', async () => {
    mkdirSync(at('empty'));
    expect(await compare('empty', 'same')).toMatchObject({ code: 2, err: 'empty/journal.ndjson: no such file\n' });
    expect((await compare('base/journal.ndjson', 'same')).code).toBe(0);
  });

  test('seeds of a run that this version plays otherwise are refused', async () => {
    mkdirSync(at('older'));
    const journal = readFileSync(at('base/journal.ndjson'), 'utf8');
    const tampered = journal.replace('"outcome":"delivered"', '"outcome":"failed"');
    expect(tampered).not.toBe(journal);
    writeFileSync(at('older/journal.ndjson'), tampered);
    const { code, err } = await compare('older', 'same', '--seeds', '2');
    expect(code).toBe(2);
    expect(err).toMatch(/--seeds: this version gives another \w+ for older/);
  });
});
