/** `--format junit,github,markdown` of run, replay and report, as CI calls them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { junitFaults } from '../support/junit.ts';
import { emptyFolder, filesOf, RESULTS, rundry } from './rundry.ts';

const APP = `name: app
clock: { startAt: 2026-12-01T18:00:00Z, duration: 2m }
quota: { profile: none, limits: { gemini-3-pro-image: { ipm: 3 } } }
service: { latency: { gemini-3-pro-image: { fixed: 10s } } }
traffic:
  - name: people
    shape: { kind: burst, requests: 5, every: 1m, times: 2 }
    request: { model: gemini-3-pro-image }
    thresholds:
      - latency_ms_p95 < 20s
      - success_ratio >= 0.9
thresholds: [success_ratio >= 0.5]
`;

/** A repository with one scenario; the environment of its runner. */
function repository(text = APP) {
  const folder = emptyFolder();
  writeFileSync(join(folder, 'app.yaml'), text);
  writeFileSync(join(folder, 'job-summary.md'), 'before\n');
  const env = { GITHUB_WORKSPACE: folder, GITHUB_STEP_SUMMARY: join(folder, 'job-summary.md') };
  return { folder, env, jobSummary: () => readFileSync(join(folder, 'job-summary.md'), 'utf8') };
}

describe.concurrent('--format', () => {
  test('several at once: junit.xml and report.md beside the results, annotations with the line, a job summary', async () => {
    const { folder, env, jobSummary } = repository();
    const { code, out, err } = await rundry(
      ['run', 'app.yaml', '--out', 'x', '--quiet', '--format', 'junit,github', '--format', 'markdown'],
      {
        cwd: folder,
        env,
      },
    );
    expect({ code, err }).toEqual({ code: 99, err: '' });
    expect(out.split('\n')).toEqual([
      '::error file=app.yaml,line=11,title=app::people: success_ratio >= 0.9 was missed: observed 0.6',
      expect.stringMatching(/^::notice file=app\.yaml,title=app::Images per minute .*60 %25/),
      '',
    ]);
    expect(readdirSync(join(folder, 'x')).sort()).toEqual([...RESULTS, 'junit.xml', 'report.md'].sort());
    const { 'junit.xml': xml = '', 'report.md': markdown = '' } = filesOf(join(folder, 'x'));
    expect(await junitFaults(xml)).toEqual([]);
    expect(xml).toContain('tests="4" failures="1"');
    expect(jobSummary()).toBe(`before\n${markdown}\n`);
  });

  test('nothing of it without --format', async () => {
    const { folder, env, jobSummary } = repository();
    const { out } = await rundry(['run', 'app.yaml', '--out', 'x', '--quiet'], { cwd: folder, env });
    expect(out).toBe('');
    expect(jobSummary()).toBe('before\n');
    expect(readdirSync(join(folder, 'x')).sort()).toEqual(RESULTS);
  });

  test('with --json stdout stays JSON: annotations go to stderr', async () => {
    const { folder, env } = repository();
    const { out, err } = await rundry(['run', 'app.yaml', '--out', 'x', '--json', '--format', 'github'], { cwd: folder, env });
    expect(JSON.parse(out).passed).toBe(false);
    expect(err).toMatch(/^::error file=app\.yaml,line=11,/);
  });

  test('a threshold that --set wrote has no line', async () => {
    const { folder, env } = repository();
    const { out } = await rundry(
      ['run', 'app.yaml', '--out', 'x', '--quiet', '--format', 'github', '--set', 'traffic.people.thresholds=[success_ratio >= 0.9]'],
      { cwd: folder, env },
    );
    expect(out).toMatch(/^::error file=app\.yaml,title=app::people: success_ratio/);
  });

  test('several files with --seeds: one junit.xml and report.md for all of them', async () => {
    const { folder, env } = repository();
    writeFileSync(join(folder, 'other.yaml'), APP.replace('name: app', 'name: other'));
    const { code } = await rundry(
      ['run', 'app.yaml', 'other.yaml', 'app.yaml', '--seeds', '3', '--out', 'x', '--quiet', '--format', 'junit,markdown'],
      { cwd: folder, env },
    );
    expect(code).toBe(99);
    expect(readdirSync(join(folder, 'x')).sort()).toEqual([
      'app',
      'app-2',
      'capacity.csv',
      'junit.xml',
      'other',
      'report.md',
      'summary.json',
    ]);
    const xml = readFileSync(join(folder, 'x/junit.xml'), 'utf8');
    expect(await junitFaults(xml)).toEqual([]);
    expect(xml.match(/<testsuite name="[^"]*"/g)).toEqual([
      '<testsuite name="app"',
      '<testsuite name="other"',
      '<testsuite name="app (2)"',
    ]);
    expect(xml).toContain('met on 3 of 3 seeds');
    expect(readFileSync(join(folder, 'x/report.md'), 'utf8')).toContain('| other | missed |');
  });

  test('report and replay have it too; report writes the same junit.xml as the run', async () => {
    const { folder, env } = repository();
    const where = { cwd: folder, env };
    await rundry(['run', 'app.yaml', '--out', 'x', '--quiet', '--format', 'junit,markdown'], where);
    const ran = filesOf(join(folder, 'x'));
    const again = await rundry(['report', 'x', '--quiet', '--format', 'junit,github,markdown'], where);
    expect(filesOf(join(folder, 'x'))).toEqual(ran);
    expect(again.out).toMatch(/^::error title=app::people: success_ratio >= 0\.9 was missed/);
    const replayed = await rundry(['replay', 'x', '--out', 'y', '--quiet', '--format', 'junit,github'], where);
    expect(replayed.out).toContain('::notice ');
    expect(await junitFaults(readFileSync(join(folder, 'y/junit.xml'), 'utf8'))).toEqual([]);
  });

  test('problems of a scenario are annotations as well, and exit 2', async () => {
    const { folder, env } = repository(APP.replace('kind: burst', 'kind: bursts'));
    const { code, out, err } = await rundry(['run', 'app.yaml', '--format', 'github'], { cwd: folder, env });
    expect(code).toBe(2);
    expect(out).toMatch(/^::error file=app\.yaml,line=7,title=rundry::app\.yaml:7 traffic\[0\]\.shape\.kind/);
    expect(err).toContain('traffic[0].shape.kind');
  });

  test('an unknown format is named', async () => {
    const { code, err } = await rundry(['run', 'app.yaml', '--format', 'junit,xml']);
    expect({ code, err }).toEqual({ code: 2, err: '--format: expected junit, github, markdown, found "xml"\n' });
  });

  test('a job summary that cannot be written is exit 3', async () => {
    const { folder } = repository();
    const env = { GITHUB_STEP_SUMMARY: join(folder, 'no/such/folder/summary.md') };
    const { code, err } = await rundry(['run', 'app.yaml', '--out', 'x', '--quiet', '--format', 'github'], { cwd: folder, env });
    expect(code).toBe(3);
    expect(err).toContain('GITHUB_STEP_SUMMARY');
  });
});
