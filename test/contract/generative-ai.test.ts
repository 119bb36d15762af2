/** `@google/generative-ai`: out of support, and still in many programs. */
import { GoogleGenerativeAI, GoogleGenerativeAIFetchError } from '@google/generative-ai';
import { GoogleAIFileManager } from '@google/generative-ai/server';
import { expect, test } from 'vitest';
import { expectPicture, expectQuotaDetails, KEY, MODEL, type Mood, PROMPT, rejection, serve } from './support.ts';

async function model(mood: Mood = 'willing') {
  const { url } = await serve(mood);
  // Its types know no images yet; what it is given goes out all the same.
  const generationConfig = { responseModalities: ['IMAGE'] } as object;
  return new GoogleGenerativeAI(KEY).getGenerativeModel({ model: MODEL, generationConfig }, { baseUrl: url });
}

test('a picture, and tokens', async () => {
  const asked = await model();
  const { response } = await asked.generateContent(PROMPT);
  expectPicture(response.candidates?.[0]?.content.parts[0]?.inlineData?.data);
  expect(response.usageMetadata?.totalTokenCount).toBeGreaterThan(1_000);
  expect((await asked.countTokens(PROMPT)).totalTokens).toBeGreaterThan(0);
});

test('a stream', async () => {
  const { response, stream } = await (await model()).generateContentStream(PROMPT);
  const pictures: string[] = [];
  // What it puts together at the end has the texts alone, so the pictures are taken as they pass.
  for await (const chunk of stream)
    pictures.push(...(chunk.candidates?.[0]?.content.parts ?? []).flatMap((part) => part.inlineData?.data ?? []));
  expect(pictures).toHaveLength(1);
  expectPicture(pictures[0]);
  expect((await response).candidates?.[0]?.finishReason).toBe('STOP');
});

test('a 429 with details', async () => {
  const asked = await model('throttling');
  await asked.generateContent(PROMPT);
  const error = await rejection(asked.generateContent(PROMPT));
  expect(error).toBeInstanceOf(GoogleGenerativeAIFetchError);
  expectQuotaDetails({ code: error.status, status: 'RESOURCE_EXHAUSTED', details: error.errorDetails });
});

test('a 503, and a picture that was withheld', async () => {
  expect((await rejection((await model('overloaded')).generateContent(PROMPT))).status).toBe(503);
  const { response } = await (await model('blocking')).generateContent(PROMPT);
  expect(String(response.candidates?.[0]?.finishReason)).toBe('IMAGE_SAFETY');
});

test('a file, sent in parts and listed', async () => {
  const { url } = await serve();
  const files = new GoogleAIFileManager(KEY, { baseUrl: url });
  const bytes = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 256));
  const { file } = await files.uploadFile(bytes, { mimeType: 'image/png', displayName: 'noise' });
  expect(file).toMatchObject({ mimeType: 'image/png', displayName: 'noise', sizeBytes: '300' });
  expect((await files.listFiles()).files.map(({ name }) => name)).toEqual([file.name]);
  expect((await files.getFile(file.name)).uri).toBe(file.uri);
  await files.deleteFile(file.name);
  expect((await rejection(files.getFile(file.name))).status).toBe(403);
});
