/** The AI SDK and its Google provider. */
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import {
  APICallError,
  generateImage,
  generateText,
  experimental_getBatchResults as getBatchResults,
  experimental_getBatchStatus as getBatchStatus,
  experimental_startBatch as startBatch,
  streamText,
} from 'ai';
import { expect, test } from 'vitest';
import { expectPicture, expectQuotaDetails, KEY, MODEL, type Mood, PROMPT, rejection, serve } from './support.ts';

async function client(mood: Mood = 'willing') {
  const { url, at } = await serve(mood);
  return { google: createGoogleGenerativeAI({ apiKey: KEY, baseURL: `${url}/v1beta` }), at };
}

const ASK = { prompt: PROMPT, maxRetries: 0, providerOptions: { google: { responseModalities: ['IMAGE'] } } };

test('generateText gives a picture as a file, with its usage', async () => {
  const { google } = await client();
  const { files, finishReason, usage } = await generateText({ model: google(MODEL), ...ASK });
  expectPicture(files[0]?.base64);
  expect(finishReason).toBe('stop');
  expect(usage.totalTokens).toBeGreaterThan(1_000);
});

test('generateImage gives a picture', async () => {
  const { google } = await client();
  const { image } = await generateImage({ model: google.image(MODEL), prompt: PROMPT, aspectRatio: '16:9', maxRetries: 0 });
  expectPicture(image.base64);
});

test('streamText streams a picture', async () => {
  const { google } = await client();
  const files: string[] = [];
  for await (const part of streamText({ model: google(MODEL), ...ASK }).fullStream) if (part.type === 'file') files.push(part.file.base64);
  expect(files).toHaveLength(1);
  expectPicture(files[0]);
});

test('a 429 with details', async () => {
  const { google } = await client('throttling');
  await generateText({ model: google(MODEL), ...ASK });
  const error = await rejection(generateText({ model: google(MODEL), ...ASK }));
  expect(APICallError.isInstance(error)).toBe(true);
  expect(error.statusCode).toBe(429);
  expectQuotaDetails(JSON.parse(error.responseBody).error);
});

test('a 503 may be retried; a withheld picture is the filter of content', async () => {
  const { google } = await client('overloaded');
  const error = await rejection(generateText({ model: google(MODEL), ...ASK }));
  expect(error).toMatchObject({ statusCode: 503, isRetryable: true });
  const blocked = await generateText({ model: (await client('blocking')).google(MODEL), ...ASK });
  expect(blocked.files).toEqual([]);
  expect(blocked.finishReason).toBe('content-filter');
});

test('the Interactions API', async () => {
  const { google } = await client();
  const { files } = await generateText({ model: google.interactions(MODEL), prompt: PROMPT, maxRetries: 0 });
  expectPicture(files[0]?.base64);
  const streamed: string[] = [];
  for await (const part of streamText({ model: google.interactions(MODEL), prompt: PROMPT, maxRetries: 0 }).fullStream)
    if (part.type === 'file') streamed.push(part.file.base64);
  expectPicture(streamed[0]);
});

test.each([
  ['inline', 2],
  // Beyond what may stand in the call itself, requests go up as a file, and results come down as one.
  ['as a file', 3],
])('a batch %s', async (how, rows) => {
  const { google, at } = await client();
  const prompt = how === 'inline' ? PROMPT : PROMPT.repeat(400_000);
  const requests = Array.from({ length: rows }, (_, index) => ({ id: `row-${index}`, type: 'image' as const, model: MODEL, prompt }));
  const batch = await startBatch({ provider: google, requests });
  expect(batch.status).toBe('pending');
  at(48 * 3_600_000 - 1);
  expect((await getBatchStatus({ provider: google, batch })).status).toBe('completed');
  const ids: string[] = [];
  for await (const result of await getBatchResults({ provider: google, batch })) {
    ids.push(result.id);
    if (result.type !== 'image' || result.status !== 'succeeded') throw new Error(`a picture was expected, got ${result.status}`);
    expectPicture(result.images[0]?.base64);
  }
  expect(ids).toEqual(requests.map(({ id }) => id));
});
