/** README is true: its picture is of a real run, its scenario is valid, its code runs, its commands exist. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseScenario } from '../src/run/scenario-file.ts';
import { simulate } from '../src/run/simulate.ts';

const ROOT = join(import.meta.dirname, '..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** Fenced blocks of a language, in order. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text!);
}

function blockWith(language: string, text: string): string {
  const found = blocks(language).filter((block) => block.includes(text));
  expect(found, `blocks of README with ${text}`).toHaveLength(1);
  return found[0]!;
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rundry-readme-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Said {
  readonly code: number;
  readonly out: string;
}

function node(args: readonly string[], cwd = ROOT): Promise<Said> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, env: { ...process.env, NO_COLOR: '1' } }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: out + err }),
    );
  });
}

test('the picture of a report is lines of reports/sample/terminal.txt, in their order; … is where some are left out', () => {
  const report = readFileSync(join(ROOT, 'reports/sample/terminal.txt'), 'utf8').split('\n');
  const [first, ...picture] = blocks('text')[0]!.trimEnd().split('\n');
  expect(first).toBe(report[0]);
  let at = 0;
  for (const line of picture.filter((text) => text.trim() !== '…')) {
    const next = report.indexOf(line, at + 1);
    expect(next, `"${line}" after line ${at + 1} of the sample`).toBeGreaterThan(at);
    at = next;
  }
});

test('the plan and the table of capacity are lines of reports/sample, in their order; … is where some are left out', () => {
  const lines = (name: string): string[] => readFileSync(join(ROOT, 'reports/sample', name), 'utf8').split('\n');
  const shown = README.slice(README.indexOf('<!-- plan -->'), README.indexOf('<!-- /plan -->'));
  const plan = /^```text\n([\s\S]*?)^```$/m.exec(shown)![1]!.trimEnd().split('\n');
  const table = shown.split('\n').filter((line) => line.startsWith('|'));
  for (const [picture, sample] of [
    [plan, lines('plan.txt')],
    [table, lines('capacity.md')],
  ] as const) {
    expect(picture.length).toBeGreaterThan(4);
    let at = -1;
    for (const line of picture.filter((text) => text.trim() !== '…' && text !== '')) {
      const next = sample.indexOf(line, at + 1);
      expect(next, `"${line}" after line ${at + 1} of the sample`).toBeGreaterThan(at);
      at = next;
    }
  }
});

test('the scenario is valid and runs', () => {
  const { scenario } = parseScenario(blockWith('yaml', 'name: app'), join(ROOT, 'README.yaml'));
  expect(simulate(scenario, scenario.seed).summary.requests.offered).toBeGreaterThan(500);
});

test('the example of the library runs, in about twenty lines, and prints what README says', async () => {
  const code = blockWith('ts', "from 'rundry'");
  expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(21);
  const file = join(folder, 'example.mts');
  writeFileSync(file, code.replace("from 'rundry'", `from '${pathToFileURL(join(ROOT, 'src/index.ts')).href}'`));
  const { code: exit, out } = await node([file]);
  expect(exit, out).toBe(0);
  expect(blocks('text')).toContain(out);
});

test("the suite of a team's own passes", async () => {
  writeFileSync(join(folder, 'images.test.ts'), blockWith('ts', "from 'rundry/mock'"));
  const mock = join(ROOT, 'src/mock/index.ts');
  const config = { resolve: { alias: { 'rundry/mock': mock } }, test: { testTimeout: 600_000, hookTimeout: 600_000 } };
  writeFileSync(join(folder, 'vitest.config.mjs'), `export default ${JSON.stringify(config)};\n`);
  const { code, out } = await node([join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder], folder);
  expect(code, out).toBe(0);
  expect(out).toMatch(/Tests +1 passed/);
});

test('the table of commands names commands of --help only, with options that each has', async () => {
  const main = join(ROOT, 'src/cli/main.ts');
  const { out } = await node([main, '--help']);
  const listed = [...out.matchAll(/^ {2}rundry (\w[\w-]*)/gm)].map(([, name]) => name!);
  const rows = [...README.matchAll(/^\| `([\w-]+)` \| [^|]+ \| `rundry ([\w-]+)([^`]*)` \|$/gm)];
  const named = rows.map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(5);
  expect(listed).toEqual(expect.arrayContaining(named));
  const helps = new Map(await Promise.all(named.map(async (name) => [name, (await node([main, name, '--help'])).out] as const)));
  for (const [, name, called, rest] of rows) {
    expect(called).toBe(name);
    for (const [option] of rest!.matchAll(/--[\w-]+/g)) expect(helps.get(name!), `${option} of ${name}`).toContain(option);
  }
});

test('every file that README points to is there', () => {
  const paths = [...README.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => path!).filter((path) => !path.includes('://'));
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
