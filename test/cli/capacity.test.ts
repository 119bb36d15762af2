/** `rundry capacity` as users run it: rows that agree with `rundry run`, and nothing unknown that counts as unlimited. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const CLI = join(import.meta.dirname, '../../src/cli/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'rundry-capacity-'));
afterAll(() => rmSync(folder, { recursive: true }));

const STEADY = `name: two hours
clock: { startAt: 2026-12-01T08:00:00Z, duration: 2h }
quota: { profile: community-2026-02, tier: 1, limits: { gemini-3-pro-image: { ipm: 12 } } }
service: { latency: { gemini-3-pro-image: { fixed: 20s } } }
traffic:
  - name: worker
    shape: { kind: poisson, rate: 9/min }
    request: { model: gemini-3-pro-image, size: 1K }
client: { concurrency: 8, retry: { attempts: 2 } }
thresholds: [first_bucket == none]
`;
const file = join(folder, 'two-hours.yaml');
writeFileSync(file, STEADY);

let runs = 0;
function rundry(command: string, ...args: string[]): { status: number | null; stdout: string; stderr: string; out: string } {
  const out = join(folder, `out${runs++}`);
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, command, ...args, '--out', out], {
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { status, stdout, stderr, out };
}

/** Rows as objects; no cell here holds a comma. */
function rowsOf(out: string, name = 'capacity.csv'): Record<string, string>[] {
  const [header = '', ...lines] = readFileSync(join(out, name), 'utf8').trimEnd().split('\r\n');
  const columns = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [columns[index]!, cell])));
}

test('each row is what `rundry run` gives with the same settings, to the last digit', () => {
  const { out, status } = rundry('capacity', file, '--tiers', '1,2', '--models', 'gemini-3-pro-image,gemini-2.5-flash-image');
  expect(status).toBe(0);
  const rows = rowsOf(out);
  expect(rows.map((row) => [row['tier'], row['model']])).toEqual([
    ['1', 'gemini-3-pro-image'],
    ['2', 'gemini-3-pro-image'],
    ['1', 'gemini-2.5-flash-image'],
    ['2', 'gemini-2.5-flash-image'],
  ]);
  const settings = [[], ['--set', 'quota.tier=2']];
  for (const [index, set] of settings.entries()) {
    const [single] = rowsOf(rundry('run', file, '--quiet', ...set).out);
    expect(rows[index]).toEqual(single);
  }
  const changed = rundry('run', file, '--quiet', '--set', 'quota.tier=2', '--set', 'traffic[0].request.model=gemini-2.5-flash-image');
  expect(rows[3]).toEqual(rowsOf(changed.out)[0]);
});

test('an unknown daily limit leaves the day empty, and limits read at one tier are set aside at the others', () => {
  const { out, stdout } = rundry('capacity', file);
  const [one, two, three] = rowsOf(out);
  expect([one?.['sustainable_per_min'], one?.['sustainable_per_day']]).toEqual(['12', '250']);
  expect([two?.['sustainable_per_min'], two?.['sustainable_per_day']]).toEqual(['20', '1000']);
  expect([three?.['sustainable_per_min'], three?.['sustainable_per_day']]).toEqual(['100', '']);
  // It ran without a refusal only because nobody knows its day: the row itself says so.
  expect([three?.['success_ratio'], three?.['binding_bucket'], three?.['limit_source']]).toEqual([
    '1',
    'none',
    expect.stringMatching(/^community-2026-02; unknown: .*\brpd\b/),
  ]);
  expect(one?.['limit_source']).not.toContain('rpd');
  // 12 a minute with 2 s of jitter: one each 62 s / 12; of 20 s each, four are in flight.
  expect(Number(one?.['recommended_pace_per_min'])).toBeCloseTo((60 * 12) / 62, 9);
  expect(one?.['recommended_concurrency']).toBe('4');
  expect(stdout).toContain('unknown');
  expect(stdout).toContain('at tier 2 the profile counts instead of gemini-3-pro-image ipm');
  expect(readFileSync(join(out, 'capacity.md'), 'utf8')).toContain('| two hours | 3 | gemini-3-pro-image | 1K |');
});

test('a limit that is an interval is taken at its lower end, and the row says so', () => {
  const { out } = rundry('capacity', file, '--tiers', '1', '--set', 'quota.limits."gemini-3-pro-image".ipm=8..12');
  const [row] = rowsOf(out);
  expect(row).toMatchObject({ sustainable_per_min: '8', limit_source: expect.stringMatching(/; lower end of an interval: ipm$/) });
});

test('without a known images or requests counter nothing is promised per minute either', () => {
  const { out } = rundry('capacity', file, '--profiles', 'observed-2026', '--tiers', '2');
  const [row] = rowsOf(out);
  expect([row?.['sustainable_per_min'], row?.['sustainable_per_day'], row?.['recommended_pace_per_min']]).toEqual(['', '', '']);
});

test('a size that a model lacks is left out and said so; a tier that is none is exit 2', () => {
  const { stdout, out } = rundry(
    'capacity',
    file,
    '--tiers',
    '1',
    '--models',
    'gemini-3-pro-image,gemini-3.1-flash-image',
    '--sizes',
    '512,1K',
  );
  expect(stdout).toContain('gemini-3-pro-image makes no 512 images: left out.');
  expect(rowsOf(out)).toHaveLength(3);
  const wrong = rundry('capacity', file, '--tiers', '1,4');
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain('--tiers: expected some of free, 1, 2, 3, found 4');
});
