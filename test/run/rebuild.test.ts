import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { InputError } from '../../src/model/errors.ts';
import { rebuild } from '../../src/run/rebuild.ts';
import { run } from '../../src/run/run.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { filesOf } from '../cli/rundry.ts';

const SCENARIO = `name: small
clock: { duration: 2m }
traffic: [{ name: x, shape: { kind: burst, requests: 30, every: 1m, times: 2 }, request: { model: gemini-3-pro-image } }]
client: { hedge: { after: 20s }, retry: { attempts: 2 } }
`;

const folder = mkdtempSync(join(tmpdir(), 'rundry-rebuild-'));
const path = join(folder, 'journal.ndjson');
let whole: Record<string, string>;
let lines: string[];

beforeAll(async () => {
  await run(parseScenario(SCENARIO, 'small.yaml'), { folder });
  whole = filesOf(folder);
  lines = readFileSync(path, 'utf8').trimEnd().split('\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const last = (): number => lines.length - 1;

describe('a journal whose rows parse and are not those of the run is refused, and what was there stays whole', () => {
  test.each([
    ['a request is lost', () => lines.filter((line) => !line.includes('"request":7,')), /rows are lost or doubled/],
    ['an attempt stands twice', () => lines.toSpliced(3, 0, lines[3]!), /rows are lost or doubled/],
    ['another run of it was appended', () => [...lines, ...lines.slice(1)], /rows are lost or doubled/],
    [
      'an instant is a text',
      () => lines.toSpliced(4, 1, lines[4]!.replace(/"sentMs":\d+/, '"sentMs":"noon"')),
      /line 5: not an attempt row \("sentMs" is no number\)/,
    ],
    [
      'it was written before there was a version',
      () => lines.with(0, lines[0]!.replace('"schemaVersion":1', '"schemaVersion":0')),
      /line 1/,
    ],
    ['it is of a version to come', () => lines.with(0, lines[0]!.replace('"schemaVersion":1', '"schemaVersion":2')), /newer/],
  ])('%s', async (_, damaged, message) => {
    const text = `${damaged().join('\n')}\n`;
    expect(text).not.toBe(whole['journal.ndjson']);
    writeFileSync(path, text);
    const failure = rebuild(folder);
    await expect(failure).rejects.toThrow(InputError);
    await expect(failure).rejects.toThrow(message);
    expect(filesOf(folder)).toEqual({ ...whole, 'journal.ndjson': text });
  });
});

test('a journal that broke off before its end is read as far as it goes', async () => {
  writeFileSync(path, `${lines.slice(0, last()).join('\n')}\n`);
  const { summary } = await rebuild(folder);
  expect(summary.requests.offered).toBe(60);
  expect(summary.warnings.map(({ text }) => text)).toContainEqual(expect.stringContaining('The journal ends before the run did'));
  writeFileSync(path, whole['journal.ndjson']!);
  await rebuild(folder);
  expect(filesOf(folder)).toEqual(whole);
});
