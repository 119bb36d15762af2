/** Where results go is refused before the work, with nothing made or deleted by the question. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SetupError } from '../../src/model/errors.ts';
import { openFolder, requireFile, requireFolder } from '../../src/run/output-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'rundry-output-'));
const at = (path: string): string => join(root, path);
beforeAll(() => {
  writeFileSync(at('file'), 'text');
  mkdirSync(at('run'));
  writeFileSync(at('run/summary.json'), '{}');
});
afterAll(() => rmSync(root, { recursive: true }));

test('a folder that cannot be made, or holds another run, is refused; the question makes nothing', () => {
  const refused: readonly (readonly [path: string, force: boolean, words: RegExp])[] = [
    ['file', false, /cannot make the folder .*file: .*file is not a folder$/],
    ['file', true, /is not a folder$/],
    ['file/below/it', true, /cannot make the folder .*file\/below\/it: .*\/file is not a folder$/],
    ['run', false, /run holds another run \(summary\.json\); name another folder with --out/],
  ];
  for (const [path, force, words] of refused) {
    expect(() => requireFolder(at(path), force)).toThrow(words);
    expect(() => openFolder(at(path), force)).toThrow(SetupError);
  }
  requireFolder(at('new/below'), false);
  requireFolder(at('run'), true);
  requireFolder(at('run'), false, ['plan.json']);
  expect([existsSync(at('new')), readdirSync(at('run'))]).toEqual([false, ['summary.json']]);
});

test('a file is refused where it is there, is a folder, or has no folder to be in', () => {
  const refused: readonly (readonly [path: string, force: boolean, words: RegExp])[] = [
    ['file', false, /file is there already; name another file, or overwrite it with --force$/],
    ['run', true, /cannot write .*run: it is a folder$/],
    ['file/better.yaml', true, /cannot write .*better\.yaml: .*file is not a folder$/],
    ['nowhere/better.yaml', true, /cannot write .*better\.yaml: there is no folder .*nowhere$/],
  ];
  for (const [path, force, words] of refused) expect(() => requireFile(at(path), force)).toThrow(words);
  requireFile(at('file'), true);
  requireFile(at('better.yaml'), false);
  expect(readdirSync(root)).toEqual(['file', 'run']);
});

// The superuser may write anywhere.
test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('what may not be written to is refused', () => {
  mkdirSync(at('closed'), { mode: 0o500 });
  try {
    expect(() => requireFolder(at('closed/below'), true)).toThrow(/cannot write to .*closed: EACCES/);
    expect(() => requireFile(at('closed/better.yaml'), true)).toThrow(/cannot write to .*closed: EACCES/);
  } finally {
    rmSync(at('closed'), { recursive: true });
  }
});
