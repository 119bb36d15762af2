/** `rundry run`, `rundry replay` and `rundry report` in sim mode, as users call them. */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BURST, emptyFolder, filesOf, RESULTS, ROOT, rundry } from './rundry.ts';

const THREE = `clock: { startAt: 2026-12-01T18:00:00Z, duration: 2m }
quota: { profile: none, limits: { gemini-3-pro-image: { ipm: 3 } } }
service: { latency: { gemini-3-pro-image: { p50: 10s, p95: 20s } } }
traffic:
  - { name: a.b, shape: { kind: burst, requests: 5, every: 1m, times: 2 }, request: { model: gemini-3-pro-image } }
thresholds: [success_ratio >= 0.5]
`;

function scenarioIn(folder: string, text = THREE, name = 'three.yaml'): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function summaryOf(folder: string) {
  return JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
}

describe.concurrent('rundry run', () => {
  test('says the verdict first, writes every result, and says where', async () => {
    const out = join(emptyFolder(), 'burst');
    const { code, out: text, err } = await rundry(['run', BURST, '--out', out]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(text.split('\n')[0]).toBe(
      'Requests per minute (rpm) of gemini-3-pro-image ran dry first (limit 20), at 0 ms: 72 of 125 images were delivered (57.6 %), 53 requests failed, after 224 refusals (429) (simulated).',
    );
    expect(text).toContain(`Results: ${out}\n`);
    expect(readdirSync(out).sort()).toEqual(RESULTS);
  });

  test('without --out the folder is reports/<scenario>-<time>, where it was called', async () => {
    const cwd = emptyFolder();
    scenarioIn(cwd, `name: Three, at once!\n${THREE}`);
    const { code, out } = await rundry(['run', 'three.yaml'], { cwd });
    const [name] = readdirSync(join(cwd, 'reports'));
    expect(code).toBe(0);
    expect(name).toMatch(/^three-at-once-\d{8}T\d{6}Z$/);
    expect(out).toContain(`Results: reports/${name}\n`);
  });

  test('a missed threshold is exit 99, and a result like any other', async () => {
    const folder = emptyFolder();
    const { code, out, err } = await rundry(['run', BURST, '--set', 'thresholds=[success_ratio >= 0.95]', '--out', join(folder, 'x')]);
    expect({ code, err }).toEqual({ code: 99, err: '' });
    expect(out).toContain('✗ success_ratio >= 0.95  (observed 0.576)');
    expect(summaryOf(join(folder, 'x')).passed).toBe(false);
  });

  test('--set takes quoted keys, list indices and names of entries, several times, before or after the file', async () => {
    const folder = emptyFolder();
    const file = scenarioIn(folder);
    const out = join(folder, 'x');
    const { code, err } = await rundry([
      'run',
      '--set',
      'quota.limits."gemini-3-pro-image".ipm=4',
      '--set',
      'traffic."a.b".shape.requests=6',
      file,
      '--set',
      'traffic[0].shape.times=1',
      '--out',
      out,
      '--quiet',
    ]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(summaryOf(out)).toMatchObject({ requests: { offered: 6, delivered: 4 }, firstBucket: { bucket: 'ipm', limit: 4 } });
  });

  test('--json prints summary.json and nothing else; --quiet prints nothing', async () => {
    const folder = emptyFolder();
    const file = scenarioIn(folder);
    const [json, quiet] = await Promise.all([
      rundry(['run', file, '--json', '--out', join(folder, 'json')]),
      rundry(['run', file, '--quiet', '--out', join(folder, 'quiet')]),
    ]);
    expect(json.out).toBe(readFileSync(join(folder, 'json/summary.json'), 'utf8'));
    expect({ ...quiet }).toEqual({ code: 0, out: '', err: '' });
    expect(filesOf(join(folder, 'json'))).toEqual(filesOf(join(folder, 'quiet')));
  });

  test('colours only where they are wanted', async () => {
    const folder = emptyFolder();
    const file = scenarioIn(folder);
    const call = (name: string, env: Record<string, string>) => rundry(['run', file, '--out', join(folder, name)], { env });
    const [piped, forced, both] = await Promise.all([
      call('piped', { NO_COLOR: '' }),
      call('forced', { NO_COLOR: '', FORCE_COLOR: '1' }),
      call('both', { NO_COLOR: '1', FORCE_COLOR: '1' }),
    ]);
    const isColoured = ({ out }: { out: string }) => out.includes('\u001b[');
    expect([piped, forced, both].map(isColoured)).toEqual([false, true, false]);
  });

  test('--seeds shows a mean and an interval for each metric, and on how many seeds a threshold was met', async () => {
    const folder = emptyFolder();
    const { code, out } = await rundry(['run', BURST, '--seeds', '3', '--out', join(folder, 'x')]);
    expect(code).toBe(0);
    expect(out).toMatch(/Over 3 seeds\n +mean +95 % interval/);
    expect(out).toMatch(/latency_ms_p95 +\S.*s +\S.*… \S/);
    expect(out).toMatch(/latency_ms_p95 < 2m +met on 3 of 3/);
  });

  test('several files: a folder each, one joint summary and capacity.csv, the worst exit code', async () => {
    const folder = emptyFolder();
    const file = scenarioIn(folder, `name: three\n${THREE}`);
    const missed = scenarioIn(folder, `name: missed\n${THREE.replace('0.5', '0.9')}`, 'missed.yaml');
    const out = join(folder, 'x');
    const { code, out: text } = await rundry(['run', file, missed, file, '--out', out]);
    expect(code).toBe(99);
    expect(readdirSync(out).sort()).toEqual(['capacity.csv', 'missed', 'summary.json', 'three', 'three-2']);
    const joint = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    expect(joint.passed).toBe(false);
    expect(joint.runs.map((run: { passed: boolean }) => run.passed)).toEqual([true, false, true]);
    expect(text.match(/ran dry first/g)).toHaveLength(3);
    const [header, ...rows] = readFileSync(join(out, 'capacity.csv'), 'utf8').trimEnd().split(/\r?\n/);
    const own = ['three', 'missed', 'three-2'].map((name) =>
      readFileSync(join(out, name, 'capacity.csv'), 'utf8')
        .trimEnd()
        .split(/\r?\n/),
    );
    expect(rows).toEqual(own.flatMap(([, ...lines]) => lines));
    expect(own.map(([first]) => first)).toEqual([header, header, header]);
  });

  test('the same file and seed give byte-identical folders, whatever folder they are called from', async () => {
    const [here, there] = [emptyFolder(), emptyFolder()];
    const call = (cwd: string) => rundry(['run', relative(cwd, join(ROOT, 'scenarios/replay.yaml')), '--quiet', '--out', 'x'], { cwd });
    mkdirSync(join(there, 'deep'));
    const codes = await Promise.all([call(here), call(join(there, 'deep'))]);
    expect(codes.map(({ code }) => code)).toEqual([99, 99]);
    expect(filesOf(join(there, 'deep/x'))).toEqual(filesOf(join(here, 'x')));
  });

  test('a folder that holds another run is exit 3, unless --force', async () => {
    const folder = emptyFolder();
    const file = scenarioIn(folder);
    const out = join(folder, 'x');
    mkdirSync(out);
    writeFileSync(join(out, 'journal.ndjson'), 'mine\n');
    const refused = await rundry(['run', file, '--out', out]);
    expect(refused).toEqual({
      code: 3,
      out: '',
      err: `${out} holds another run (journal.ndjson); name another folder with --out, or overwrite it with --force\n`,
    });
    expect(filesOf(out)).toEqual({ 'journal.ndjson': 'mine\n' });
    expect((await rundry(['run', file, '--out', out, '--force', '--quiet'])).code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(RESULTS);
  });

  test('a folder that cannot be made is exit 3', async () => {
    const folder = emptyFolder();
    const file = scenarioIn(folder);
    const { code, err } = await rundry(['run', file, '--out', join(file, 'x')]);
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining('cannot make the folder') });
  });

  test('files that do not exist are exit 2, all named at once', async () => {
    expect(await rundry(['run', 'no.yaml', 'nor-this.yaml'])).toEqual({
      code: 2,
      out: '',
      err: 'no.yaml: no such file\nnor-this.yaml: no such file\n',
    });
  });

  test('numbers that mean nothing, and options that do not go together, are exit 2, all named at once', async () => {
    const { code, err } = await rundry([
      'run',
      BURST,
      '--speed',
      '0',
      '--seeds',
      '1.5',
      '--driver',
      'autocannon',
      '--base-url',
      'http://127.0.0.1:1',
    ]);
    expect(code).toBe(2);
    for (const option of ['--speed', '--seeds', '--driver autocannon', '--base-url']) expect(err).toContain(`${option}: `);
  });
});

describe.concurrent('rundry report', () => {
  test('rebuilds every file byte for byte from the journal, and says the same', async () => {
    const folder = emptyFolder();
    const ran = join(folder, 'ran');
    const { out } = await rundry(['run', join(ROOT, 'scenarios/overload.yaml'), '--out', ran]);
    mkdirSync(join(folder, 'rebuilt'));
    copyFileSync(join(ran, 'journal.ndjson'), join(folder, 'rebuilt/journal.ndjson'));
    const report = await rundry(['report', join(folder, 'rebuilt')]);
    expect(report.code).toBe(0);
    expect(filesOf(join(folder, 'rebuilt'))).toEqual(filesOf(ran));
    expect(out).toBe(`${report.out}\nResults: ${ran}\n`);
  });

  test('a torn last line is no damage: it works, and says so first', async () => {
    const folder = emptyFolder();
    await rundry(['run', scenarioIn(folder), '--quiet', '--out', join(folder, 'x')]);
    const journal = join(folder, 'x/journal.ndjson');
    const lines = readFileSync(journal, 'utf8').trimEnd().split('\n');
    writeFileSync(journal, `${lines.slice(0, 6).join('\n')}\n${lines[6]!.slice(0, 40)}`);
    for (const name of RESULTS) if (name !== 'journal.ndjson') rmSync(join(folder, 'x', name));
    const { code, out, err } = await rundry(['report', join(folder, 'x')]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^The journal is torn/);
    expect(readdirSync(join(folder, 'x')).sort()).toEqual(RESULTS);
  });

  test('anything else that does not parse is exit 4, with its line', async () => {
    const folder = emptyFolder();
    await rundry(['run', scenarioIn(folder), '--quiet', '--out', join(folder, 'x')]);
    const journal = join(folder, 'x/journal.ndjson');
    const lines = readFileSync(journal, 'utf8').split('\n');
    const damaged: (readonly [line: number, text: string])[] = [
      [4, lines[3]!.slice(0, 40)],
      [3, '{"kind":"attempt"}'],
    ];
    const said = await Promise.all(
      damaged.map(async ([at, text], k) => {
        mkdirSync(join(folder, `d${k}`));
        writeFileSync(join(folder, `d${k}/journal.ndjson`), lines.with(at - 1, text).join('\n'));
        return rundry(['report', join(folder, `d${k}`)]);
      }),
    );
    expect(said.map(({ code }) => code)).toEqual([4, 4]);
    for (const [k, [at]] of damaged.entries()) expect(said[k]!.err).toContain(`journal.ndjson line ${at}: `);
  });

  test('a folder without a journal is exit 2', async () => {
    const folder = emptyFolder();
    expect(await rundry(['report', folder])).toMatchObject({ code: 2, err: `${join(folder, 'journal.ndjson')}: no such file\n` });
  });
});

describe.concurrent('rundry replay', () => {
  test('runs a journal again under another tier', async () => {
    const folder = emptyFolder();
    await rundry(['run', BURST, '--quiet', '--out', join(folder, 'x')]);
    const { code, out } = await rundry(['replay', join(folder, 'x'), '--set', 'quota.tier=2', '--out', join(folder, 'y')]);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toContain('125 of 125 images were delivered');
  });

  test('runs a trace against the best-known limits', async () => {
    const out = join(emptyFolder(), 'x');
    const { code } = await rundry(['replay', join(ROOT, 'scenarios/traces/synthetic-day.csv'), '--out', out, '--quiet']);
    expect(code).toBe(0);
    expect(summaryOf(out)).toMatchObject({
      jobs: { offered: 200 },
      requests: { offered: 394, delivered: 250 },
      firstBucket: { bucket: 'rpd' },
    });
  });
});
