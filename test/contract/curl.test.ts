/** curl, as the pages of the API show it. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectPicture, expectQuotaDetails, KEY, MODEL, PROMPT, serve } from './support.ts';

const run = promisify(execFile);
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);
if (!hasCurl) console.warn('curl.test.ts: skipped, there is no curl on this machine');

const BODY = JSON.stringify({ contents: [{ parts: [{ text: PROMPT }] }], generationConfig: { responseModalities: ['IMAGE'] } });
const AUTH = ['-H', `x-goog-api-key: ${KEY}`, '-H', 'Content-Type: application/json'];

async function curl(...args: string[]): Promise<string> {
  const { stdout } = await run('curl', ['-s', '--noproxy', '*', ...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

describe.skipIf(!hasCurl)('curl', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rundry-curl-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a picture, of a call and of a stream, and a 429 with details', async () => {
    const { url } = await serve('throttling');
    const answer = JSON.parse(await curl('-X', 'POST', `${url}/v1beta/models/${MODEL}:generateContent`, ...AUTH, '-d', BODY));
    expectPicture(answer.candidates[0].content.parts[0].inlineData.data);
    expectQuotaDetails(JSON.parse(await curl(`${url}/v1beta/models/${MODEL}:generateContent?key=${KEY}`, '-d', BODY)).error);
    const other = await serve();
    const stream = await curl('--no-buffer', `${other.url}/v1beta/models/${MODEL}:streamGenerateContent?alt=sse`, ...AUTH, '-d', BODY);
    const events = stream.split('\r\n\r\n').filter(Boolean);
    expect(events.every((event) => event.startsWith('data: {'))).toBe(true);
  });

  test('a batch from an uploaded file, and its results', async () => {
    const { url, at } = await serve();
    const input = join(folder, 'requests.jsonl');
    writeFileSync(input, `${JSON.stringify({ key: 'only', request: { contents: [{ parts: [{ text: PROMPT }] }] } })}\n`);
    const head = join(folder, 'head.txt');
    const start = [
      '-H',
      'X-Goog-Upload-Protocol: resumable',
      '-H',
      'X-Goog-Upload-Command: start',
      '-H',
      'X-Goog-Upload-Header-Content-Type: application/jsonl',
    ];
    await curl(`${url}/upload/v1beta/files`, '-D', head, ...AUTH, ...start, '-d', '{"file":{"display_name":"requests"}}');
    const session = /^x-goog-upload-url: (\S+)/im.exec(readFileSync(head, 'utf8'))![1]!;
    const bytes = ['-H', 'X-Goog-Upload-Offset: 0', '-H', 'X-Goog-Upload-Command: upload, finalize', '--data-binary', `@${input}`];
    const { file } = JSON.parse(await curl(session, ...bytes));
    expect(file).toMatchObject({ displayName: 'requests', mimeType: 'application/jsonl' });
    const batch = JSON.stringify({ batch: { display_name: 'nightly', input_config: { file_name: file.name } } });
    const { name } = JSON.parse(await curl(`${url}/v1beta/models/${MODEL}:batchGenerateContent`, ...AUTH, '-d', batch));
    at(48 * 3_600_000 - 1);
    const done = JSON.parse(await curl(`${url}/v1beta/${name}`, ...AUTH));
    expect(done).toMatchObject({
      done: true,
      metadata: { state: 'BATCH_STATE_SUCCEEDED', batchStats: { requestCount: '1', successfulRequestCount: '1' } },
    });
    const results = await curl(`${url}/download/v1beta/${done.response.responsesFile}:download?alt=media`, ...AUTH);
    const row = JSON.parse(results);
    expect(row.key).toBe('only');
    expectPicture(row.response.candidates[0].content.parts[0].inlineData.data);
  });

  test('HTTP/1.0 and compressed answers asked for', async () => {
    const { url } = await serve();
    const answer = await curl('--http1.0', '--compressed', `${url}/v1beta/models/${MODEL}:countTokens`, ...AUTH, '-d', BODY);
    expect(JSON.parse(answer).totalTokens).toBeGreaterThan(0);
  });
});
