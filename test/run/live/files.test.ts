/** What a live run reads and writes beside its journal: prompts of one's own, pictures, and a disk that is full. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { SetupError } from '../../../src/model/errors.ts';
import { imageSaver } from '../../../src/run/live/images.ts';
import { promptsFrom } from '../../../src/run/live/prompts.ts';
import { FileSink } from '../../../src/run/output-folder.ts';
import { answering, imageBody, json, live } from '../../support/live.ts';

const root = mkdtempSync(join(tmpdir(), 'rundry-live-files-'));
afterAll(() => rmSync(root, { recursive: true }));

function write(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

describe('prompts of one’s own', () => {
  test.each([
    ['lf.txt', 'a cat\na dog\n'],
    ['crlf.txt', 'a cat\r\na dog\r\n'],
    ['mark.txt', '\uFEFFa cat\n\n  \na dog'],
    ['mark.jsonl', '\uFEFF"a cat"\r\n{"prompt":"a dog"}\r\n'],
    ['list.yaml', '\uFEFF- a cat\r\n- prompt: a dog\r\n'],
  ])('%s: a line each, whoever wrote it', (name, text) => {
    const prompts = promptsFrom(write(name, text));
    expect([0, 1, 2].map((request) => prompts.prompt(300, request))).toEqual(['a cat', 'a dog', 'a cat']);
    expect(prompts.bytesMax).toBe(5);
  });

  test.each([
    ['empty.txt', '', /holds no prompt/],
    ['blank.txt', '\uFEFF\r\n  \r\n', /holds no prompt/],
    ['empty.yaml', '[]', /holds no prompt/],
    ['blank.jsonl', '""\n', /item 1 is no prompt/],
    ['torn.jsonl', '"a cat"\n{"prompt":', /line 2: not JSON/],
    ['map.yaml', 'a: cat\n', /expected a list/],
    ['torn.yaml', '- a dog\n- "a cat\n', /torn\.yaml:\d: not YAML$/],
    ['alias.yaml', '- a dog\n- *cat\n', /alias\.yaml:\d: not YAML$/],
  ])('%s holds none, and that is told', (name, text, says) => {
    const file = write(name, text);
    expect(() => promptsFrom(file)).toThrow(says);
  });

  test('a folder is none', () => {
    expect(() => promptsFrom(root)).toThrow(/cannot be read/);
  });
});

describe('pictures', () => {
  test('one that is there, of another run, stays', () => {
    const folder = join(root, 'pictures');
    for (const text of ['one', 'two', 'three']) {
      const body = imageBody().replace('aW1hZ2U=', Buffer.from(text).toString('base64'));
      imageSaver(folder, expect.fail)({ request: 7, n: 1 }, body);
    }
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    expect(readdirSync(folder).sort()).toEqual(['000007-1.jpg', '000007-1_2.jpg', '000007-1_3.jpg']);
    expect([read('000007-1.jpg'), read('000007-1_2.jpg'), read('000007-1_3.jpg')]).toEqual(['one', 'two', 'three']);
  });

  test('a folder that is none ends the run before anything is sent', async () => {
    const one = await answering((_seen, _nth, response) => json(response, 200, imageBody()));
    const imagesTo = join(write('a file', ''), 'below');
    const text = `clock: { duration: 1s }
quota: { profile: none }
traffic: [{ shape: { kind: flood, requests: 1 }, request: { model: gemini-3.1-flash-lite-image } }]
budget: { usd: 5 }`;
    await expect(live(text, join(root, 'no pictures'), one.url, { imagesTo })).rejects.toThrow(/--save-images .* cannot be made/);
    expect(one.seen).toHaveLength(0);
    await one.close();
  });
});

test.skipIf(!existsSync('/dev/full'))('a full disk is a matter of the surroundings, and nothing is sent that was not written', async () => {
  const sink = new FileSink('/dev/full', true, 'a');
  expect(() => sink.write('a row\n')).toThrow(SetupError);
  const one = await answering((_seen, _nth, response) => json(response, 200, imageBody()));
  const folder = join(root, 'full');
  mkdirSync(folder);
  symlinkSync('/dev/full', join(folder, 'journal.ndjson.next'));
  const text = `clock: { duration: 1s }
quota: { profile: none }
traffic: [{ shape: { kind: flood, requests: 1 }, request: { model: gemini-3.1-flash-lite-image } }]
budget: { usd: 5 }`;
  await expect(live(text, folder, one.url)).rejects.toThrow(/cannot write .*ENOSPC/);
  expect(one.seen).toHaveLength(0);
  await one.close();
});
