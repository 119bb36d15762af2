import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ScenarioError } from '../../src/model/errors.ts';
import { replayScenario } from '../../src/run/replay-scenario.ts';
import { readTextFile } from '../../src/run/text-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'rundry-text-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const given = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};

test('a text is read with or without a byte order mark, and as PowerShell redirects', () => {
  for (const bytes of ['name: é\n', '\uFEFFname: é\n', Buffer.from('\uFEFFname: é\n', 'utf16le')])
    expect(readTextFile(given('a.yaml', bytes))).toBe('name: é\n');
});

test('what is no text is told so, and not printed', () => {
  const latin = given('latin.yaml', Buffer.from('name: caf\u00e9\n', 'latin1'));
  expect(() => readTextFile(latin)).toThrow(new ScenarioError([`${latin}: is no text in UTF-8`]));
});

test('a folder is told from a file that is missing', () => {
  expect(() => readTextFile(folder)).toThrow(new ScenarioError([`${folder}: is a folder; name a file in it`]));
  expect(() => readTextFile(join(folder, 'nope'))).toThrow(new ScenarioError([`${join(folder, 'nope')}: no such file`]));
});

test('a folder without a journal has nothing to replay, nor has one whose journal is a folder', () => {
  const journal = join(folder, 'journal.ndjson');
  expect(() => replayScenario(folder, {})).toThrow(new ScenarioError([`${journal}: no such file`]));
  mkdirSync(journal);
  expect(() => replayScenario(folder, {})).toThrow(new ScenarioError([`${journal}: no such file`]));
});
