/** `@langchain/google-genai`. */
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { expect, test } from 'vitest';
import { expectPicture, expectQuotaDetails, KEY, MODEL, type Mood, PROMPT, rejection, serve } from './support.ts';

async function chat(mood: Mood = 'willing', json = false) {
  const { url } = await serve(mood);
  return new ChatGoogleGenerativeAI({ model: MODEL, apiKey: KEY, baseUrl: url, maxRetries: 0, json });
}

function pictureOf(content: unknown): string | undefined {
  const blocks = Array.isArray(content) ? content : [];
  const block = blocks.find(({ type }) => type === 'inlineData' || type === 'image' || type === 'image_url');
  return block?.inlineData?.data ?? block?.data ?? block?.image_url?.url?.split(',')[1];
}

test('a picture, with its usage', async () => {
  const message = await (await chat()).invoke(PROMPT);
  expectPicture(pictureOf(message.content));
  expect(message.usage_metadata).toMatchObject({ output_tokens: expect.any(Number), total_tokens: expect.any(Number) });
});

test('a stream', async () => {
  let whole = '';
  for await (const chunk of await (await chat()).stream(PROMPT)) whole = pictureOf(chunk.content) ?? whole;
  expectPicture(whole);
});

test('a 429 with details, and a 503', async () => {
  const model = await chat('throttling');
  await model.invoke(PROMPT);
  const error = await rejection(model.invoke(PROMPT));
  expectQuotaDetails({ code: error.status, status: 'RESOURCE_EXHAUSTED', details: error.errorDetails });
  expect((await rejection((await chat('overloaded')).invoke(PROMPT))).status).toBe(503);
});

test('a picture that was withheld', async () => {
  const message = await (await chat('blocking')).invoke(PROMPT);
  expect(pictureOf(message.content)).toBeUndefined();
  expect(message.response_metadata).toMatchObject({ finishReason: 'IMAGE_SAFETY' });
});
