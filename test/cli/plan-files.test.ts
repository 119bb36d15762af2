/** `rundry plan` with --write, --write-client and --when, as users run it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { emptyFolder, filesOf, rundry } from './rundry.ts';

/** Twenty at once under ten a minute, not tried again: half fail. Nothing here is chance. */
const TEXT = `# Ours.
name: twenty
clock: { startAt: 2026-12-01T20:00:00Z, duration: 10m }
quota: { profile: none, limits: { gemini-3-pro-image: { rpm: 10 } } } # read in AI Studio
service: { latency: { gemini-3-pro-image: { fixed: 20s } } }
traffic:
  - name: shots
    shape: { kind: flood, requests: 20 }
    request: { model: gemini-3-pro-image }
    deadline: 2h
client: { concurrency: 20 } # for now
thresholds: [success_ratio >= 0.99]
`;
const SLOW_MS = 120_000;

test(
  '--write writes the file with the settings in it, which then run as promised; --write-client the client of it',
  async () => {
    const folder = emptyFolder();
    const [file, better, client] = ['twenty.yaml', 'better.yaml', 'client.env'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(file, TEXT);
    const said = await rundry(['plan', file, '--write', better, '--write-client', client, '--verify', '5', '--workers', '1']);
    expect([said.code, said.err]).toEqual([0, '']);
    expect(said.out).toContain(`Written: ${better}; rundry run ${better} gives what was promised`);
    const text = readFileSync(better, 'utf8');
    expect(text).toMatch(/^# twenty\.yaml as recommended by rundry plan .*:\n(# {3}\S+: .* -> .*\n)+#\n# Ours\.\n/);
    for (const comment of ['# read in AI Studio', '# for now']) expect(text).toContain(comment);
    expect((await rundry(['run', file, '--quiet', '--out', join(folder, 'before')])).code).toBe(99);
    expect((await rundry(['run', better, '--quiet', '--out', join(folder, 'after')])).code).toBe(0);
    const { clients } = parseScenario(text, better).scenario;
    const { concurrency, paceIntervalMs } = clients[0]!;
    const environment = parseEnv(readFileSync(client, 'utf8'));
    expect([environment['GEMINI_CONCURRENCY'], environment['GEMINI_PACE_INTERVAL_MS']]).toEqual(
      [concurrency, paceIntervalMs].map((value) => (value === null ? undefined : String(value))),
    );
    const again = await rundry(['plan', file, '--write', better]);
    expect([again.code, again.err]).toEqual([3, `${better} is there already; name another file, or overwrite it with --force\n`]);
    expect(readFileSync(better, 'utf8')).toBe(text);
  },
  SLOW_MS,
);

test('--when answers with the best start and writes the curve', async () => {
  const folder = emptyFolder();
  const file = join(folder, 'twenty.yaml');
  const out = join(folder, 'when');
  // The first twelve hours of the run answer 503.
  writeFileSync(
    file,
    TEXT.replace('fixed: 20s } }', 'fixed: 20s } }, overload: [{ from: +0s, to: +12h, errorRate: 1 }]').replace('rpm: 10', 'rpm: 20'),
  );
  const later = join(folder, 'later.yaml');
  const said = await rundry(['plan', file, '--when', 'shots', '--every', '6h', '--seeds', '1', '--out', out, '--write', later]);
  expect([said.code, said.err]).toEqual([0, '']);
  expect(said.out).toMatch(/^Start "shots" at 2026-12-02 08:00 UTC, 12-02 00:00 -08:00 America\/Los_Angeles\.$/m);
  const { 'when.csv': csv, 'when.json': json } = filesOf(out);
  expect(JSON.parse(json!)).toMatchObject({ entry: 'shots', best: { successRatio: 1 }, own: { successRatio: 0, startMs: 0 } });
  expect(csv!.split('\r\n')[0]).toMatch(/^schema_version,start_at,start_wall,/);
  expect(readFileSync(later, 'utf8')).toMatch(/^# twenty\.yaml with shots at its best start .*\n# {3}traffic\[0\]\.startAt: \+720m\n/);
  expect(parseScenario(readFileSync(later, 'utf8'), later).scenario.traffic[0]!.startMs).toBe(12 * 3_600_000);
  const wrong = await rundry(['plan', file, '--when', 'shot', '--every', 'often']);
  expect([wrong.code, wrong.err]).toEqual([2, '--every: expected a duration from 1m to 24h, found often\n']);
});
