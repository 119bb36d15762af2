/** What the command says before it does anything: help, suggestions, problems of scenarios and traces, schemas, templates. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { TEMPLATES } from '../../src/scenario/templates.ts';
import { scenarioText } from '../scenario/bad-fixture.ts';
import { syntheticDay } from '../support/synthetic-day.ts';
import { emptyFolder, ended, ROOT, rundry, start } from './rundry.ts';

const BAD = join(ROOT, 'fixtures/bad');
const OURS = readdirSync(join(ROOT, 'scenarios'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => join(ROOT, 'scenarios', name));

describe.concurrent('help', () => {
  test('every command that is listed has a help with examples of its own', async () => {
    const { code, out } = await rundry(['--help']);
    expect(code).toBe(0);
    const commands = [...out.matchAll(/^ {2}rundry (\w[\w-]*)/gm)].map(([, name]) => name!).filter((name) => name !== 'completion');
    expect(commands).toEqual(expect.arrayContaining(['run', 'replay', 'report', 'mock', 'validate', 'schema', 'init']));
    const helps = await Promise.all(commands.map((name) => rundry([name, '--help'])));
    for (const [k, help] of helps.entries()) {
      expect(help).toMatchObject({ code: 0, err: '' });
      expect(help.out).toMatch(new RegExp(`Examples:\\n {2}rundry ${commands[k]}`));
    }
  });

  test('the version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(await rundry(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  test('a reader that has seen enough is no fault', async () => {
    const child = start(['schema']);
    child.stdout?.destroy();
    expect(await ended(child)).toEqual({ code: 0, out: '', err: '' });
  });

  test('a completion script for the shell', async () => {
    expect(await rundry(['completion'])).toMatchObject({ code: 0, out: expect.stringContaining('rundry') });
  });

  test.for([
    [[], 'Name a command; rundry --help lists them.\n'],
    [['rn', 'x.yaml'], 'Did you mean run?\n'],
    [['run'], 'Too little is named: rundry run <files..>\n'],
    [['run', 'x.yaml', '--sed', '3'], 'Unknown argument: sed\nDid you mean --seed?\n'],
    [['mock', '--prot', '1', '--teir', '1'], 'Unknown arguments: prot, teir\nDid you mean --port?\nDid you mean --tier?\n'],
    [['run', 'x.yaml', '--mode', 'lve'], expect.stringContaining('Choices: "sim", "mock", "live"')],
  ] as const)('rundry %j is exit 2 and says what was meant', async ([args, err], { expect }) => {
    expect(await rundry(args)).toEqual({ code: 2, out: '', err });
  });
});

describe.concurrent('fixtures/bad through the command: the golden message and exit code', () => {
  const names = readdirSync(BAD).filter((name) => /\.(yaml|csv|jsonl)$/.test(name));

  test.for(names)('%s', async (name, { expect }) => {
    const expected = readFileSync(join(BAD, name.replace(/\.\w+$/, '.expected.txt')), 'utf8');
    const { code, out, err } = await rundry(name.endsWith('.yaml') ? ['run', name] : ['run', 'replay.yaml'], { cwd: folderFor(name) });
    expect({ said: `exit ${code}\n${err}`, out }).toEqual({ said: expected, out: '' });
  });

  /** Traces are run by way of a scenario beside them. */
  function folderFor(name: string): string {
    if (name.endsWith('.yaml')) return BAD;
    const folder = emptyFolder();
    copyFileSync(join(BAD, name), join(folder, name));
    writeFileSync(join(folder, 'replay.yaml'), scenarioText(name));
    return folder;
  }

  test('replay of a file that is no trace is exit 4', async () => {
    expect(await rundry(['replay', 'looks-like-nothing.csv'], { cwd: BAD })).toEqual({
      code: 4,
      out: '',
      err: 'looks-like-nothing.csv: neither a journal nor a trace of a known format (gentd26, azure-llm, mooncake, har, csv, jsonl)\n',
    });
  });

  test('validate names the problems of all files at once, and still shows the good ones', async () => {
    const { code, out, err } = await rundry(['validate', 'sizes.yaml', '../../scenarios/burst.yaml', 'quota.yaml'], { cwd: BAD });
    const expected = ['sizes', 'quota'].map((name) => readFileSync(join(BAD, `${name}.expected.txt`), 'utf8').replace(/^exit 2\n/, ''));
    expect({ code, err }).toEqual({ code: 2, err: expected.join('') });
    expect(out).toContain('burst.yaml: valid');
  });
});

describe.concurrent('our own scenarios', () => {
  test('validate finds nothing wrong, draws their traffic and advises', async () => {
    const { code, out, err } = await rundry(['validate', ...OURS]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.match(/: valid$/gm)).toHaveLength(OURS.length);
    expect(out).toContain('125 requests due in 10m');
    expect(out).toContain('offered-above-limit: ');
  });

  test('all run, with an answer', async () => {
    const { code, out } = await rundry(['run', ...OURS, '--out', emptyFolder()]);
    expect(code).toBe(99);
    expect(out.match(/^.* \(simulated\)\.$/gm)).toHaveLength(OURS.length);
  });

  test('open by saying what they teach', () => {
    for (const file of OURS) expect(readFileSync(file, 'utf8')).toMatch(/^# Teaches: \S/);
  });

  test('the made-up day is what its script writes', () => {
    expect(readFileSync(join(ROOT, 'scenarios/traces/synthetic-day.csv'), 'utf8')).toBe(syntheticDay());
  });
});

describe.concurrent('schemas and templates', () => {
  test('the schema accepts our scenarios and every template, and no misspelt key', async () => {
    const { code, out } = await rundry(['schema']);
    const validate = new Ajv({ strict: false }).compile(JSON.parse(out));
    expect(code).toBe(0);
    for (const text of [...OURS.map((file) => readFileSync(file, 'utf8')), ...Object.values(TEMPLATES)]) {
      validate(parse(text));
      expect(validate.errors).toBe(null);
    }
    expect(validate(parse(readFileSync(join(BAD, 'unknown-keys.yaml'), 'utf8')))).toBe(false);
  });

  test('the schema of journals accepts every row of a run', async () => {
    const folder = emptyFolder();
    const [{ out }] = await Promise.all([
      rundry(['schema', '--of', 'journal']),
      rundry(['run', join(ROOT, 'scenarios/day.yaml'), '--quiet', '--out', join(folder, 'x')]),
    ]);
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(out));
    const rows = readFileSync(join(folder, 'x/journal.ndjson'), 'utf8').trimEnd().split('\n');
    expect(rows.length).toBeGreaterThan(6_000);
    expect(rows.filter((row) => !validate(JSON.parse(row)))).toEqual([]);
  });

  test('init writes every template, and each runs as it stands', async () => {
    const cwd = emptyFolder();
    const names = Object.keys(TEMPLATES);
    const written = await Promise.all(names.map((name) => rundry(['init', `${name}.yaml`, '--template', name], { cwd })));
    for (const [k, { code, out }] of written.entries())
      expect({ code, out }).toEqual({ code: 0, out: `${names[k]}.yaml written. Next: rundry run ${names[k]}.yaml\n` });
    const { code, out, err } = await rundry(['run', ...names.map((name) => `${name}.yaml`), '--out', 'x'], { cwd });
    expect({ code, err }).toEqual({ code: 99, err: '' });
    expect(out.match(/ \(simulated\)\.$/gm)).toHaveLength(names.length);
  });

  test('init never overwrites a file unasked (exit 3), and --stdout writes none', async () => {
    const cwd = emptyFolder();
    await rundry(['init'], { cwd });
    const [again, stdout] = await Promise.all([
      rundry(['init', '--template', 'day'], { cwd }),
      rundry(['init', '--stdout', '--template', 'day'], { cwd }),
    ]);
    expect(again).toMatchObject({ code: 3, err: 'scenario.yaml is there already; name another file, or overwrite it with --force\n' });
    expect(stdout.out).toBe(TEMPLATES['day']);
    expect(readFileSync(join(cwd, 'scenario.yaml'), 'utf8')).toBe(TEMPLATES['burst']);
  });
});
