/** The table of rooms holds: the rules are applied to every file, and they can be seen to fail. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { packages, rooms, roomsTable, root, tableIn } from './architecture/rooms.ts';

interface Cruise {
  readonly modules: readonly { readonly source: string; readonly dependencies: readonly { readonly resolved: string }[] }[];
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { readonly name: string } }[];
  };
}

/** The exit code is not asked: this reporter's is 0 whatever it finds. */
function cruise(folder: string): Cruise {
  const cli = path.join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const found = spawnSync(process.execPath, [cli, '--output-type', 'json', 'src'], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
  expect(found.stderr).toBe('');
  return JSON.parse(found.stdout);
}

const sources = globSync('src/**/*.ts', { cwd: root }).map((file) => file.split(path.sep).join('/'));
const breaches = ({ summary }: Cruise) => summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`);

describe('the rooms of src', () => {
  const whole = cruise(root);

  test('each file of src is read, and its imports with it', () => {
    const read = whole.modules.filter(({ source }) => source.startsWith('src/'));
    expect(read.map(({ source }) => source).sort()).toEqual([...sources].sort());
    const importing = sources.filter((file) =>
      /^(?:import|export)[^;]*? from '\.{1,2}\//m.test(readFileSync(path.join(root, file), 'utf8')),
    );
    const seen = new Set(read.filter(({ dependencies }) => dependencies.length > 0).map(({ source }) => source));
    expect(importing.filter((file) => !seen.has(file))).toEqual([]);
  });

  test('no file imports what its room may not', () => {
    expect(breaches(whole)).toEqual([]);
  });

  test('each folder of src is a room of the table', () => {
    const folders = new Set(sources.map((file) => file.split('/')[1]!).filter((name) => !name.endsWith('.ts')));
    expect([...folders].filter((name) => !rooms.some((room) => room.name === name))).toEqual([]);
  });

  test('a room may only import rooms that stand above it in the table', () => {
    for (const [index, room] of rooms.entries()) {
      const above = rooms.slice(0, index).map(({ name }) => name);
      expect(
        room.mayImport.filter((name) => !above.includes(name)),
        room.name,
      ).toEqual([]);
    }
  });

  test.each(['engine', 'client', 'service'])('%s never mentions a mode', (room) => {
    const mentions = sources
      .filter((file) => file.startsWith(`src/${room}/`))
      .flatMap((file) =>
        readFileSync(path.join(root, file), 'utf8')
          .split('\n')
          .map((line, at) => ({ line, where: `${file}:${at + 1}` })),
      )
      .filter(({ line }) => /(['"`])(?:sim|mock|live)\1/.test(line));
    expect(mentions).toEqual([]);
  });
});

describe('a seeded fault turns the rules red', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'rundry-rooms-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const faults: readonly [rule: string, file: string, text: string][] = [
    ['room-model', 'model/seeded.ts', "import { a } from '../quota/fine.ts';\nexport const b = a;\n"],
    ['room-quota', 'quota/seeded.ts', "import type { C } from '../client/fine.ts';\nexport type D = C;\n"],
    ['room-traffic', 'traffic/seeded.ts', "export type D = import('../client/fine.ts').C;\n"],
    ['room-wire', 'wire/seeded.ts', "export { a } from '../quota/fine.ts';\n"],
    ['room-client', 'client/seeded.ts', "export const lazily = () => import('../engine/fine.ts');\n"],
    ['room-unknown', 'attic/seeded.ts', "import { a } from '../quota/fine.ts';\nexport const b = a;\n"],
    ['no-circular', 'plan/seeded.ts', "import { f } from './other.ts';\nexport const e = (): unknown => f;\n"],
    ['runs-in-a-browser', 'engine/seeded.ts', "import fs from 'node:fs';\nexport const x = fs;\n"],
    ['files-and-processes', 'report/seeded.ts', "import { writeFile } from 'node:fs/promises';\nexport const x = writeFile;\n"],
    ['entries-stay-light', 'index.ts', "export { m } from './mock/fine.ts';\n"],
    ['not-to-unresolvable', 'run/seeded.ts', "import { gone } from './gone.ts';\nexport const x = gone;\n"],
    ['package-unknown', 'run/left-pad.ts', "import ajv from 'ajv';\nexport const x = ajv;\n"],
    ['not-to-dev-dependency', 'run/dev.ts', "import ajv from 'ajv';\nexport const x = ajv;\n"],
    ...Object.keys(packages).map((name): [string, string, string] => [
      `package-${name.replaceAll(/[^a-z]+/g, '-').replace(/^-/, '')}`,
      `journal/${name.replaceAll(/[^a-z]+/g, '-')}.ts`,
      `import * as all from '${name}';\nexport const x = all;\n`,
    ]),
  ];
  const fine: readonly [file: string, text: string][] = [
    ['quota/fine.ts', 'export const a = 1;\n'],
    ['client/fine.ts', "import { a } from '../quota/fine.ts';\nexport type C = typeof a;\n"],
    ['engine/fine.ts', 'export const e = 1;\n'],
    ['mock/fine.ts', "import fs from 'node:fs';\nimport { http } from 'msw';\nexport const m = [fs, http];\n"],
    ['plan/other.ts', "import { e } from './seeded.ts';\nexport const f = (): unknown => e;\n"],
  ];

  for (const [file, text] of [...fine, ...faults.map(([, file, text]) => [file, text] as const)]) {
    mkdirSync(path.dirname(path.join(folder, 'src', file)), { recursive: true });
    writeFileSync(path.join(folder, 'src', file), text);
  }
  for (const file of ['.dependency-cruiser.cjs', 'package.json', 'tsconfig.json']) cpSync(path.join(root, file), path.join(folder, file));
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const found = cruise(folder).summary.violations;

  test.each(faults)('%s in %s', (rule, file) => {
    expect(found.filter(({ from, to }) => [from, to].includes(`src/${file}`)).map((breach) => breach.rule.name)).toContain(rule);
  });

  test('and files that keep to the rules stay green', () => {
    expect(found.filter(({ from, rule }) => from.endsWith('/fine.ts') && rule.name !== 'no-circular')).toEqual([]);
  });
});

describe('the README', () => {
  const readme = path.join(root, 'README.md');

  test('has the table of rooms that the rules make', ({ skip }) => {
    if (!existsSync(readme)) skip('README.md is not written yet');
    expect(tableIn(readFileSync(readme, 'utf8')), 'run: node test/architecture/rooms-table.ts --write').toBe(roomsTable());
  });

  test('the table is printed by its own command', () => {
    const script = path.join(root, 'test/architecture/rooms-table.ts');
    expect(execFileSync(process.execPath, [script], { encoding: 'utf8' }).trim()).toBe(roomsTable());
  });
});
