/** Batch jobs of the Agent Platform over Cloud Storage: the official SDK creates and watches them, plain calls put and fetch the lines. */
import { GoogleGenAI } from '@google/genai';
import { OAuth2Client } from 'google-auth-library';
import { expect, test } from 'vitest';
import { expectPicture, KEY, MODEL, PROMPT, rejection, serve } from './support.ts';

const DAY_MS = 86_400_000;

function withToken(): OAuth2Client {
  const authClient = new OAuth2Client();
  // Never sent beyond this machine; it must only not have expired.
  authClient.setCredentials({ access_token: 'ya29.test', expiry_date: Number.MAX_SAFE_INTEGER });
  return authClient;
}

async function client() {
  const { url, at } = await serve();
  const options = {
    project: 'shop',
    location: 'us-central1',
    googleAuthOptions: { authClient: withToken() },
    httpOptions: { baseUrl: url },
  };
  const put = (name: string, lines: readonly object[]) =>
    fetch(`${url}/upload/storage/v1/b/bucket/o?uploadType=media&name=${encodeURIComponent(name)}`, {
      method: 'POST',
      body: lines.map((line) => JSON.stringify(line)).join('\n'),
    });
  const lines = async (uri: string): Promise<any[]> => {
    const [, bucket, name] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri)!;
    const answer = await fetch(`${url}/storage/v1/b/${bucket}/o/${encodeURIComponent(name!)}?alt=media`);
    return answer.ok
      ? (await answer.text())
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [answer.status];
  };
  return { ai: new GoogleGenAI({ vertexai: true, ...options }), url, at, put, lines };
}

const request = (text: string) => ({
  contents: [{ role: 'user', parts: [{ text }] }],
  generationConfig: { responseModalities: ['IMAGE'] },
});

test('a job reads its lines, is watched through its states, and writes lines of its own', async () => {
  const { ai, at, put, lines } = await client();
  await put('in/requests.jsonl', [{ request: request(PROMPT) }, { request: {} }, { key: 'c', request: request('[rundry:safety.image]') }]);
  const job = await ai.batches.create({
    model: MODEL,
    src: 'gs://bucket/in/requests.jsonl',
    config: { displayName: 'night', dest: 'gs://bucket/out' },
  });
  expect(job).toMatchObject({
    name: expect.stringMatching(/^projects\/shop\/locations\/us-central1\/batchPredictionJobs\/\d+$/),
    state: 'JOB_STATE_PENDING',
    displayName: 'night',
    model: `publishers/google/models/${MODEL}`,
    src: { format: 'jsonl', gcsUri: ['gs://bucket/in/requests.jsonl'] },
    dest: { format: 'jsonl', gcsUri: 'gs://bucket/out' },
  });
  at(DAY_MS / 24);
  expect(await ai.batches.get({ name: job.name! })).toMatchObject({ state: 'JOB_STATE_RUNNING', startTime: expect.any(String) });
  at(2 * DAY_MS);
  const done = await ai.batches.get({ name: job.name! });
  expect(done).toMatchObject({
    state: 'JOB_STATE_SUCCEEDED',
    endTime: expect.any(String),
    completionStats: { successfulCount: '2', failedCount: '1' },
  });
  const { gcsOutputDirectory } = done.outputInfo as { gcsOutputDirectory: string };
  expect(gcsOutputDirectory).toMatch(/^gs:\/\/bucket\/out\/prediction-model-/);
  const [picture, wrong, blocked] = await lines(`${gcsOutputDirectory}/predictions.jsonl`);
  expectPicture(picture.response.candidates[0].content.parts[0].inlineData.data);
  expect(picture).toMatchObject({ status: '', request: request(PROMPT), processed_time: expect.any(String) });
  expect(wrong).toMatchObject({ status: expect.stringMatching(/^Bad Request: \{"error"/), response: {} });
  expect(blocked).toMatchObject({ key: 'c', response: { candidates: [{ finishReason: 'IMAGE_SAFETY' }] } });
});

test('jobs are listed, cancelled and deleted; a cancelled one writes nothing', async () => {
  const { ai, at, put, lines } = await client();
  await put('in.jsonl', [{ request: request(PROMPT) }]);
  const create = () => ai.batches.create({ model: MODEL, src: 'gs://bucket/in.jsonl', config: { dest: 'gs://bucket/out' } });
  const [first, second] = [await create(), await create()];
  await ai.batches.cancel({ name: first.name! });
  at(2 * DAY_MS);
  const states: unknown[] = [];
  for await (const { name, state } of await ai.batches.list({ config: { pageSize: 1 } })) states.push([name, state]);
  expect(states).toEqual([
    [second.name, 'JOB_STATE_SUCCEEDED'],
    [first.name, 'JOB_STATE_CANCELLED'],
  ]);
  expect(await ai.batches.delete({ name: second.name! })).toMatchObject({ done: true });
  expect((await rejection(ai.batches.get({ name: second.name! }))).status).toBe(404);
  expect(await lines('gs://bucket/nowhere/predictions.jsonl')).toEqual([404]);
});

test('a source that is not there fails the job; what cannot be a job is refused', async () => {
  const { ai, at, url } = await client();
  const job = await ai.batches.create({ model: MODEL, src: 'gs://bucket/none.jsonl' });
  at(2 * DAY_MS);
  expect(await ai.batches.get({ name: job.name! })).toMatchObject({
    state: 'JOB_STATE_FAILED',
    error: { message: expect.stringContaining('none.jsonl') },
  });
  expect((await rejection(ai.batches.create({ model: 'gemini-9', src: 'gs://bucket/in.jsonl' }))).status).toBe(404);
  expect((await rejection(ai.batches.create({ model: MODEL, src: 'bq://p.d.t', config: { dest: 'bq://p.d.o' } }))).status).toBe(501);
  const post = (body: object) =>
    fetch(`${url}/v1beta1/batchPredictionJobs`, { method: 'POST', headers: { 'x-goog-api-key': KEY }, body: JSON.stringify(body) });
  const model = `publishers/google/models/${MODEL}`;
  expect((await post({ model, inputConfig: { instancesFormat: 'csv' } })).status).toBe(400);
  expect((await post({ model, inputConfig: { instancesFormat: 'jsonl', gcsSource: { uris: ['gs://b/i'] } } })).status).toBe(400);
  const outputConfig = { predictionsFormat: 'jsonl', gcsDestination: { outputUriPrefix: 'gs://b/o/' } };
  expect((await post({ model, input_config: { instances_format: 'jsonl', gcs_source: { uris: 'gs://b/i' } }, outputConfig })).status).toBe(
    200,
  );
});
