/** In a team's own suite the new surfaces answer at the hosts they have in the world. */
import { GoogleGenAI } from '@google/genai';
import { setupServer } from 'msw/node';
import OpenAI from 'openai';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { geminiHandlers } from '../../../src/mock/index.ts';

const MODEL = 'gemini-3.1-flash-lite-image';
const GOOGLE = 'https://generativelanguage.googleapis.com';
const server = setupServer();

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
beforeEach(() => server.resetHandlers(...geminiHandlers({ picture: null, window: 'sliding', limits: { [MODEL]: { rpm: 2 } } })));
afterAll(() => server.close());

test('a batch from an uploaded file', async () => {
  const ai = new GoogleGenAI({ apiKey: 'test-key' });
  const line = JSON.stringify({ key: 'a', request: { contents: [{ parts: [{ text: 'a house' }] }] } });
  const file = await ai.files.upload({ file: new Blob([line]), config: { mimeType: 'application/jsonl' } });
  expect(file.uri).toBe(`${GOOGLE}/v1beta/${file.name}`);
  const job = await ai.batches.create({ model: MODEL, src: file.name! });
  expect(job.state).toBe('JOB_STATE_PENDING');
  const head = await fetch(`${GOOGLE}/v1beta/models`, { method: 'HEAD', headers: { 'x-goog-api-key': 'k' } });
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('bytes survive an upload', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  const headers = { 'x-goog-api-key': 'k', 'x-goog-upload-protocol': 'raw', 'content-type': 'image/png' };
  const { file } = await (await fetch(`${GOOGLE}/upload/v1beta/files`, { method: 'POST', headers, body: bytes })).json();
  const answer = await fetch(`${file.uri}:download?alt=media`, { headers: { 'x-goog-api-key': 'k' } });
  expect(new Uint8Array(await answer.arrayBuffer())).toEqual(bytes);
});

test('every dialect draws on the same quota', async () => {
  const compatible = new OpenAI({ apiKey: 'k', baseURL: `${GOOGLE}/v1beta/openai/`, maxRetries: 0 });
  const gateway = new OpenAI({ apiKey: 'k', baseURL: 'https://openrouter.ai/api/v1', maxRetries: 0 });
  const ask = { model: MODEL, messages: [{ role: 'user' as const, content: 'a house' }] };
  await compatible.chat.completions.create(ask);
  await gateway.chat.completions.create({ ...ask, model: `google/${MODEL}` });
  const statuses = await Promise.all(
    [
      fetch(`${GOOGLE}/v1/interactions`, post({ model: MODEL, input: 'a house' })),
      fetch(`https://aiplatform.googleapis.com/v1/publishers/google/models/${MODEL}:generateContent`, post({ contents: 'a house' })),
      fetch(
        `https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/us-central1/publishers/google/models/${MODEL}:generateContent`,
        post(CONTENTS),
      ),
      fetch(`${GOOGLE}/v1beta/models/${MODEL}:generateContent`, post(CONTENTS)),
    ].map(async (answer) => (await answer).status),
  );
  expect(statuses).toEqual([429, 400, 429, 429]);
});

const CONTENTS = { contents: [{ parts: [{ text: 'a house' }] }] };

function post(body: object): RequestInit {
  return { method: 'POST', headers: { 'x-goog-api-key': 'k', 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
