/** `@google/genai`, the version that most programs have and the one before. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiError, GoogleGenAI, JobState } from '@google/genai';
import { ApiError as ApiError2, GoogleGenAI as GoogleGenAI2 } from 'genai-2';
import { describe, expect, test } from 'vitest';
import { expectPicture, expectQuotaDetails, KEY, MODEL, type Mood, PROMPT, rejection, serve } from './support.ts';

const HOUR_MS = 3_600_000;
const IMAGE = { responseModalities: ['IMAGE'] };

describe.each([
  { name: '3, v1', Client: GoogleGenAI, ErrorClass: ApiError, apiVersion: 'v1' },
  { name: '3, v1beta', Client: GoogleGenAI, ErrorClass: ApiError, apiVersion: 'v1beta' },
  {
    name: '2',
    Client: GoogleGenAI2 as unknown as typeof GoogleGenAI,
    ErrorClass: ApiError2 as unknown as typeof ApiError,
    apiVersion: 'v1beta',
  },
])('@google/genai $name', ({ Client, ErrorClass, apiVersion }) => {
  async function client(mood: Mood = 'willing') {
    const { url, at } = await serve(mood);
    return { ai: new Client({ apiKey: KEY, apiVersion, httpOptions: { baseUrl: url } }), at };
  }
  const ask = { model: MODEL, contents: PROMPT, config: IMAGE };

  test('a picture, with its usage', async () => {
    const answer = await (await client()).ai.models.generateContent(ask);
    expectPicture(answer.candidates?.[0]?.content?.parts?.[0]?.inlineData?.data);
    expect(answer).toMatchObject({ modelVersion: MODEL, responseId: expect.any(String), candidates: [{ finishReason: 'STOP' }] });
    const usage = answer.usageMetadata!;
    expect(usage.totalTokenCount).toBe(usage.promptTokenCount! + usage.candidatesTokenCount! + usage.thoughtsTokenCount!);
  });

  test('a stream', async () => {
    const pictures: (string | undefined)[] = [];
    let finish: string | undefined;
    for await (const chunk of await (await client()).ai.models.generateContentStream(ask)) {
      pictures.push(...(chunk.candidates?.[0]?.content?.parts ?? []).flatMap((part) => part.inlineData?.data ?? []));
      finish = chunk.candidates?.[0]?.finishReason ?? finish;
    }
    expect(pictures).toHaveLength(1);
    expectPicture(pictures[0]);
    expect(finish).toBe('STOP');
  });

  test('a 429 with details, of a call and of a stream, and then the next minute', async () => {
    const { ai, at } = await client('throttling');
    await ai.models.generateContent(ask);
    for (const call of [ai.models.generateContent(ask), ai.models.generateContentStream(ask)]) {
      const error = await rejection(call);
      expect(error).toBeInstanceOf(ErrorClass);
      expect(error.status).toBe(429);
      expectQuotaDetails(JSON.parse(error.message).error);
    }
    at(60_000);
    await expect(ai.models.generateContent(ask)).resolves.toBeTruthy();
  });

  test('a 503', async () => {
    const error = await rejection((await client('overloaded')).ai.models.generateContent(ask));
    expect(error.status).toBe(503);
    expect(JSON.parse(error.message).error.status).toBe('UNAVAILABLE');
  });

  test('a picture that the filter withheld', async () => {
    const answer = await (await client('blocking')).ai.models.generateContent(ask);
    expect(answer.candidates?.[0]).toMatchObject({ finishReason: 'IMAGE_SAFETY' });
    expect(answer.candidates?.[0]?.content?.parts ?? []).toEqual([]);
  });

  test('tokens, models, a chat that shows its pictures again', async () => {
    const { ai } = await client();
    expect((await ai.models.countTokens({ model: MODEL, contents: PROMPT })).totalTokens).toBeGreaterThan(0);
    expect((await ai.models.get({ model: MODEL })).name).toBe(`models/${MODEL}`);
    const names: (string | undefined)[] = [];
    for await (const model of await ai.models.list({ config: { pageSize: 2 } })) names.push(model.name);
    expect(names).toContain(`models/${MODEL}`);
    expect(new Set(names).size).toBe(names.length);
    const chat = ai.chats.create({ model: MODEL, config: IMAGE });
    await chat.sendMessage({ message: PROMPT });
    const second = await chat.sendMessage({ message: 'at night' });
    expect(second.usageMetadata?.promptTokensDetails).toContainEqual({ modality: 'IMAGE', tokenCount: 258 });
  });

  test('files: up, seen, listed, down, gone', async () => {
    const { ai } = await client();
    const bytes = Uint8Array.from({ length: 1_000 }, (_, index) => index % 256);
    const file = await ai.files.upload({ file: new Blob([bytes]), config: { mimeType: 'image/png', displayName: 'noise' } });
    expect(file).toMatchObject({ mimeType: 'image/png', displayName: 'noise', sizeBytes: '1000', state: 'ACTIVE' });
    expect(await ai.files.get({ name: file.name! })).toMatchObject({ name: file.name, uri: file.uri });
    const listed: (string | undefined)[] = [];
    for await (const one of await ai.files.list()) listed.push(one.name);
    expect(listed).toEqual([file.name]);
    expect(
      new Uint8Array(await (await fetch(`${file.uri}:download?alt=media`, { headers: { 'x-goog-api-key': KEY } })).arrayBuffer()),
    ).toEqual(bytes);
    await ai.files.delete({ name: file.name! });
    expect((await rejection(ai.files.get({ name: file.name! }))).status).toBe(403);
  });

  test('a batch with inline requests, as its states go by', async () => {
    const { ai, at } = await client();
    const rows = ['a', 'b'].map((key) => ({ contents: [{ role: 'user', parts: [{ text: PROMPT }] }], metadata: { key }, config: IMAGE }));
    const wrong = { contents: [{ parts: [{ text: PROMPT }] }], metadata: { key: 'wrong' }, config: { imageConfig: { imageSize: '9K' } } };
    const job = await ai.batches.create({ model: MODEL, src: [...rows, wrong], config: { displayName: 'nightly' } });
    expect(job).toMatchObject({ displayName: 'nightly', state: JobState.JOB_STATE_PENDING });
    at(HOUR_MS / 2);
    expect((await ai.batches.get({ name: job.name! })).state).toBe(JobState.JOB_STATE_RUNNING);
    at(48 * HOUR_MS - 1);
    const done = await ai.batches.get({ name: job.name! });
    expect(done.state).toBe(JobState.JOB_STATE_SUCCEEDED);
    const results = done.dest?.inlinedResponses ?? [];
    expect(results).toHaveLength(3);
    for (const result of results.slice(0, 2)) expectPicture(result.response?.candidates?.[0]?.content?.parts?.[0]?.inlineData?.data);
    expect(results[2]?.error).toMatchObject({ code: 3, message: expect.stringContaining('9K') });
    const listed: (string | undefined)[] = [];
    for await (const one of await ai.batches.list()) listed.push(one.name);
    expect(listed).toEqual([job.name]);
    await ai.batches.delete({ name: job.name! });
    expect((await rejection(ai.batches.get({ name: job.name! }))).status).toBe(404);
  });

  test('a batch from a file, with its results in a file', async () => {
    const { ai, at } = await client();
    const line = (key: string): string => JSON.stringify({ key, request: { contents: [{ parts: [{ text: PROMPT }] }] } });
    const input = await ai.files.upload({
      file: new Blob([`${line('one')}\n${line('two')}\n`]),
      config: { mimeType: 'application/jsonl' },
    });
    const job = await ai.batches.create({ model: MODEL, src: input.name!, config: { displayName: 'from a file' } });
    at(48 * HOUR_MS - 1);
    const { dest, state } = await ai.batches.get({ name: job.name! });
    expect(state).toBe(JobState.JOB_STATE_SUCCEEDED);
    const file = await ai.files.get({ name: dest!.fileName! });
    expect(file.source).toBe('GENERATED');
    const folder = await mkdtemp(join(tmpdir(), 'rundry-download-'));
    const downloadPath = join(folder, 'results.jsonl');
    await ai.files.download({ file: dest!.fileName!, downloadPath });
    const text = await readFile(downloadPath, 'utf8');
    await rm(folder, { recursive: true });
    const lines = text
      .trim()
      .split('\n')
      .map((row) => JSON.parse(row));
    expect(lines.map(({ key }) => key)).toEqual(['one', 'two']);
    expectPicture(lines[0].response.candidates[0].content.parts[0].inlineData.data);
  });

  test('a batch that is called off', async () => {
    const { ai, at } = await client();
    const job = await ai.batches.create({ model: MODEL, src: [{ contents: [{ parts: [{ text: PROMPT }] }] }] });
    await ai.batches.cancel({ name: job.name! });
    at(48 * HOUR_MS);
    expect((await ai.batches.get({ name: job.name! })).state).toBe(JobState.JOB_STATE_CANCELLED);
  });
});
