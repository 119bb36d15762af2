/** `rundry record` on every surface that makes pictures: each leaves the same kind of rows, and replay and report read them. */
import { Buffer } from 'node:buffer';
import { GoogleGenAI } from '@google/genai';
import { OAuth2Client } from 'google-auth-library';
import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { IMAGE_MODELS } from '../../src/model/catalogue.ts';
import type { Row } from '../../src/model/rows.ts';
import type { Setting } from '../../src/model/scenario.ts';
import { rebuild } from '../../src/run/rebuild.ts';
import { Recording } from '../../src/run/record/recording.ts';
import { WithoutPictures } from '../../src/run/record/without-pictures.ts';
import { replayScenario } from '../../src/run/replay-scenario.ts';
import { simulate } from '../../src/run/simulate.ts';
import { emulated, record } from './record-support.ts';

const PRO = 'gemini-3-pro-image';
const LITE = 'gemini-3.1-flash-lite-image';
const KEY = 'AIzaKeyCanaryKeyCanary';
const PROMPT = 'PromptCanary, a house';
const SECRET = /canary|UGljdHVyZUNhbmFyeQ|data:image/i;

async function recorded(settings: readonly Setting[] = []) {
  const latency = Object.fromEntries(IMAGE_MODELS.map(({ id }) => [id, { fixed: '0ms' }]));
  const mock = await emulated([
    { path: 'service.latency', value: latency },
    { path: 'service.batch', value: { turnaround: { p50: '1h', p95: '1h' } } },
    ...settings,
  ]);
  const recording = await record(mock.url);
  const openai = new OpenAI({ apiKey: KEY, baseURL: `${recording.url}/v1beta/openai/`, maxRetries: 0 });
  const ai = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: recording.url } });
  return { ...recording, at: mock.at, openai, ai };
}

const message = { role: 'user' as const, content: PROMPT };
const image = { type: 'image' as const, image_size: '2K' };

describe('one picture at a time', () => {
  test('chat completions and pictures of the OpenAI endpoint, whole and streamed, and their refusals', async () => {
    const { openai, attempts, text, close } = await recorded([{ path: 'quota.limits', value: { [PRO]: { rpm: 3, rpd: 'none' } } }]);
    await openai.chat.completions.create({ model: PRO, messages: [message] });
    for await (const _ of await openai.chat.completions.create({ model: PRO, messages: [message], stream: true }));
    await openai.images.generate({ model: PRO, prompt: PROMPT, size: '4096x4096' as '1024x1024', response_format: 'b64_json' });
    await expect(openai.images.generate({ model: PRO, prompt: PROMPT })).rejects.toMatchObject({ status: 429 });
    await openai.models.list();
    expect(await close()).toEqual({ recorded: 4, others: 1 });
    const usage = { imageTokens: 1120, thoughtsTokens: 178, otherTokens: 0 };
    expect(attempts()).toMatchObject([
      { model: PRO, size: '1K', httpStatus: 200, outcome: 'delivered', usage, lane: 'interactive' },
      { model: PRO, size: '1K', outcome: 'delivered', usage },
      { model: PRO, size: '4K', outcome: 'delivered', usage: { ...usage, imageTokens: 2000 } },
      { model: PRO, httpStatus: 429, class: 'quota.rpm', buckets: ['rpm'], quotaValue: 3, outcome: 'failed' },
    ]);
    for (const row of attempts().slice(0, 3)) expect(row.costMicroUsd).toBe(row.listMicroUsd + (row.inputTokens - 6) * 2);
    expect(text()).not.toMatch(SECRET);
  });

  test('interactions: at once, as a stream, and in the background until somebody has asked for the end', async () => {
    const { ai, at, attempts, text, close } = await recorded([
      { path: 'service.latency', value: { [PRO]: { fixed: '0ms' }, [LITE]: { fixed: '9s' } } },
    ]);
    const once = { maxRetries: 0 };
    await ai.interactions.create({ model: PRO, input: PROMPT, response_format: image }, once);
    for await (const _ of await ai.interactions.create({ model: PRO, input: PROMPT, stream: true }, once));
    await ai.interactions.create({ model: PRO, input: PROMPT, response_format: { type: 'text' } as never }, once);
    const left = await ai.interactions.create({ model: LITE, input: PROMPT, background: true }, once);
    const done = await ai.interactions.create({ model: LITE, input: `${PROMPT} 2`, background: true }, once);
    await ai.interactions.get(done.id, undefined, once);
    expect(attempts()).toHaveLength(2);
    at(10_000);
    await ai.interactions.get(done.id, undefined, once);
    expect(left.status).toBe('in_progress');
    expect(await close()).toEqual({ recorded: 4, others: 3 });
    expect(attempts()).toMatchObject([
      { model: PRO, size: '2K', outcome: 'delivered', usage: { imageTokens: 1120, thoughtsTokens: 178 } },
      { model: PRO, size: '1K', outcome: 'delivered', usage: { imageTokens: 1120 } },
      { model: LITE, seq: 3, outcome: 'delivered', usage: { imageTokens: 1120 } },
      { model: LITE, seq: 2, outcome: null, doneMs: null },
    ]);
    expect(text()).not.toMatch(SECRET);
  });

  test('the Agent Platform, with Imagen, whose pictures of one call are one job', async () => {
    const { url, attempts, rows, folder, close } = await recorded();
    const authClient = new OAuth2Client();
    authClient.setCredentials({ access_token: KEY, expiry_date: Number.MAX_SAFE_INTEGER });
    const ai = new GoogleGenAI({
      vertexai: true,
      project: 'shop',
      location: 'global',
      googleAuthOptions: { authClient },
      httpOptions: { baseUrl: url },
    });
    await ai.models.generateContent({ model: PRO, contents: PROMPT, config: { imageConfig: { imageSize: '4K' } } });
    await ai.models.generateImages({ model: 'imagen-4.0-generate-001', prompt: PROMPT, config: { numberOfImages: 2 } });
    await close();
    expect(attempts()).toMatchObject([
      { model: PRO, size: '4K', outcome: 'delivered', usage: { imageTokens: 2000 } },
      { model: 'imagen-4.0-generate-001', jobImages: 2, outcome: 'delivered', costMicroUsd: 40_000, usage: null },
      { model: 'imagen-4.0-generate-001', jobImages: 2, outcome: 'delivered', job: attempts()[1]!.job },
    ]);
    expect(JSON.stringify(rows())).not.toMatch(SECRET);
    const { summary } = await rebuild(folder);
    expect(summary.images.delivered).toBe(3);
    expect(simulate(replayScenario(folder, {}).scenario, 1).summary.requests).toMatchObject({ offered: 1, delivered: 1 });
  });

  test('a gateway, whose names for models have more before and behind them; words alone are passed on', async () => {
    const { url, attempts, close } = await recorded();
    const gateway = new OpenAI({ apiKey: KEY, baseURL: `${url}/api/v1`, maxRetries: 0 });
    await gateway.chat.completions.create({ model: `google/${LITE}:floor`, messages: [message] });
    await gateway.chat.completions.create({ model: `google/${LITE}`, messages: [message], modalities: ['text'] });
    await gateway.chat.completions.create({ model: 'vendor/other-model', messages: [message] }).catch(() => {});
    expect(await close()).toEqual({ recorded: 1, others: 2 });
    expect(attempts()).toMatchObject([{ model: LITE, outcome: 'delivered', usage: { imageTokens: 1120 } }]);
  });
});

describe('batches', () => {
  const config = { responseModalities: ['IMAGE'] };

  test('inline: rows are sent with the job and answered when it is looked at', async () => {
    const { ai, at, url, rows, attempts, text, folder, close } = await recorded();
    await ai.models.generateContent({ model: PRO, contents: PROMPT });
    const src = ['2K', '4K', 'wrong'].map((imageSize, index) => ({
      contents: `${PROMPT} ${index}`,
      config: { ...config, imageConfig: { imageSize } },
      metadata: { key: `KeyCanary ${index}` },
    }));
    const job = await ai.batches.create({ model: PRO, src });
    await ai.batches.get({ name: job.name! });
    expect(attempts()).toHaveLength(1);
    at(3_600_000);
    await fetch(`${url}/v1beta/batches`, { headers: { 'x-goog-api-key': KEY } });
    expect((await ai.batches.get({ name: job.name! })).state).toBe('JOB_STATE_SUCCEEDED');
    expect(await close()).toEqual({ recorded: 4, others: 3 });
    expect(rows().filter(({ kind }) => kind === 'sent')).toHaveLength(4);
    expect(attempts().slice(1)).toMatchObject([
      { traffic: 'recorded-batch', lane: 'batch', size: '2K', httpStatus: 200, outcome: 'delivered' },
      { lane: 'batch', size: '4K', outcome: 'delivered', usage: { imageTokens: 2000 } },
      { lane: 'batch', httpStatus: 400, class: 'request.invalid', outcome: 'failed', costMicroUsd: 0 },
    ]);
    expect(attempts()[1]!.costMicroUsd * 2).toBeCloseTo(attempts()[0]!.costMicroUsd, -1);
    expect(rows().filter(({ kind }) => kind === 'batch')).toMatchObject([
      { batch: 0, rows: 3, state: 'queued', model: PRO },
      { batch: 0, rows: 3, state: 'succeeded' },
    ]);
    expect(text()).not.toMatch(SECRET);
    const { summary } = await rebuild(folder);
    expect(summary.lanes.batch).toMatchObject({ requests: { offered: 3, delivered: 2, failed: 1 }, attempts: { sent: 3 } });
    expect(summary.lanes.interactive.requests).toMatchObject({ offered: 1, delivered: 1 });
    const { lanes } = simulate(replayScenario(folder, {}).scenario, 1).summary;
    expect(lanes.interactive.requests).toMatchObject({ offered: 1, delivered: 1 });
    expect(lanes.batch.requests).toMatchObject({ offered: 3, delivered: 3 });
  });

  test('from a file: how many rows is told by the job, and what each was by the file of results', async () => {
    const { ai, at, url, attempts, close } = await recorded();
    const request = (text: string) => ({ contents: [{ parts: [{ text }] }] });
    const lines = [
      { key: 'a', request: request(PROMPT) },
      { key: 'b', request: {} },
    ];
    const file = await ai.files.upload({
      file: new Blob([lines.map((line) => JSON.stringify(line)).join('\n')]),
      config: { mimeType: 'application/jsonl' },
    });
    const job = await ai.batches.create({ model: PRO, src: file.name! });
    at(3_600_000);
    const { dest } = await ai.batches.get({ name: job.name! });
    expect(attempts()).toHaveLength(0);
    await (await fetch(`${url}/v1/${dest!.fileName}:download?alt=media`, { headers: { 'x-goog-api-key': KEY } })).text();
    await close();
    expect(attempts()).toMatchObject([
      { lane: 'batch', size: '1K', outcome: 'delivered', usage: { imageTokens: 1120 } },
      { lane: 'batch', httpStatus: 400, class: 'request.invalid', outcome: 'failed' },
    ]);
  });

  test('that are refused, cancelled or expired', async () => {
    const { ai, at, attempts, rows, close } = await recorded([
      { path: 'quota.limits', value: { account: { batchJobs: 2 } } },
      { path: 'service.batch', value: { turnaround: { p50: '90h', p95: '90h' } } },
    ]);
    const create = () => ai.batches.create({ model: PRO, src: [{ contents: PROMPT, config }] });
    const [cancelled, expired] = [await create(), await create()];
    await expect(create()).rejects.toMatchObject({ status: 429 });
    await ai.batches.cancel({ name: cancelled.name! });
    at(48 * 3_600_000);
    await ai.batches.get({ name: expired.name! });
    await close();
    expect(attempts()).toMatchObject([
      { seq: 1, httpStatus: 499, class: 'client.cancelled', outcome: 'failed', costMicroUsd: 0 },
      { seq: 2, httpStatus: 429, class: 'quota.unspecified', outcome: 'failed' },
      { seq: 0, httpStatus: 499, class: 'client.cancelled', outcome: 'failed' },
    ]);
    expect(rows().flatMap((row) => (row.kind === 'batch' ? [[row.batch, row.state]] : []))).toEqual([
      [0, 'queued'],
      [1, 'queued'],
      [1, 'expired'],
    ]);
  });
});

describe('what a batch job says', () => {
  const path = `/v1/models/${PRO}:batchGenerateContent`;
  const told = (metadata: object) => ({ status: 200, bodyText: JSON.stringify({ name: 'batches/1', metadata }) });
  const response = (imageTokens: number) => ({
    candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/jpeg', data: 'AAAA' } }] }, finishReason: 'STOP' }],
    usageMetadata: {
      promptTokenCount: 9,
      candidatesTokenCount: imageTokens,
      totalTokenCount: 9 + imageTokens,
      candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: imageTokens }],
    },
  });

  test('results in another order go by their keys; how long it took is said by the service', () => {
    const rows: Row[] = [];
    const recording = new Recording((row) => rows.push(structuredClone(row)));
    const requests = ['a', 'b'].map((key) => ({ request: { contents: [{ parts: [{ text: 'x' }] }] }, metadata: { key } }));
    const created = recording.began('POST', path, JSON.stringify({ batch: { inputConfig: { requests: { requests } } } }), 0)!;
    recording.answered(created, told({ state: 'BATCH_STATE_PENDING' }), 100);
    const inlinedResponses = [
      { response: response(2000), metadata: { key: 'b' } },
      { error: { code: 8, message: 'Resource exhausted' }, metadata: { key: 'a' } },
    ];
    const metadata = {
      state: 'BATCH_STATE_SUCCEEDED',
      createTime: '2026-12-01T00:00:00Z',
      endTime: '2026-12-01T01:00:00Z',
      output: { inlinedResponses: { inlinedResponses } },
    };
    recording.answered(recording.began('GET', '/v1/batches/1', '', 5e6)!, told(metadata), 5e6);
    expect(rows.filter(({ kind }) => kind === 'attempt')).toMatchObject([
      { seq: 0, httpStatus: 429, outcome: 'failed', doneMs: 3_600_000 },
      { seq: 1, outcome: 'delivered', usage: { imageTokens: 2000 }, doneMs: 3_600_000 },
    ]);
  });

  test('rows of a file get their size from what was answered; a file that is fetched in lines is read in lines', () => {
    const rows: Row[] = [];
    const recording = new Recording((row) => rows.push(structuredClone(row)));
    const created = recording.began('POST', path, JSON.stringify({ batch: { inputConfig: { fileName: 'files/in' } } }), 0)!;
    recording.answered(created, told({ state: 'BATCH_STATE_PENDING' }), 100);
    const output = { responsesFile: 'files/out' };
    recording.answered(recording.began('GET', '/v1/batches/1', '', 1000)!, told({ state: 'BATCH_STATE_SUCCEEDED', output }), 1000);
    expect(recording.began('GET', '/v1/files/other:download?alt=media', '', 1500)).toBe(null);
    const lines = [
      { key: 'x', response: response(2000) },
      { key: 'y', response: response(1120) },
      { key: 'z', error: { code: 3, message: 'bad' } },
    ];
    const bodyText = lines.map((line) => JSON.stringify(line)).join('\n');
    recording.answered(recording.began('GET', '/v1/files/out:download?alt=media', '', 2000)!, { status: 200, bodyText }, 2000);
    recording.close(3000);
    expect(rows.filter(({ kind }) => kind === 'attempt')).toMatchObject([
      { size: '4K', outcome: 'delivered', inputTokens: 9 },
      { size: '1K', outcome: 'delivered' },
      { httpStatus: 400, outcome: 'failed' },
    ]);
  });

  test('a job of the Agent Platform is known by its number, its results by the folder they lie in', () => {
    const rows: Row[] = [];
    const recording = new Recording((row) => rows.push(structuredClone(row)));
    const name = 'projects/7/locations/global/batchPredictionJobs/42';
    const create = JSON.stringify({ model: `publishers/google/models/${PRO}`, inputConfig: { gcsSource: { uris: ['gs://b/in.jsonl'] } } });
    const created = recording.began('POST', '/v1beta1/projects/shop/locations/global/batchPredictionJobs', create, 0)!;
    recording.answered(created, { status: 200, bodyText: JSON.stringify({ name, state: 'JOB_STATE_PENDING' }) }, 10);
    const done = {
      name,
      state: 'JOB_STATE_SUCCEEDED',
      completionStats: { successfulCount: '1', failedCount: '1' },
      outputInfo: { gcsOutputDirectory: 'gs://b/out/prediction-1' },
    };
    recording.answered(recording.began('GET', `/v1beta1/${name}`, '', 500)!, { status: 200, bodyText: JSON.stringify(done) }, 500);
    const lines = [
      { status: '', response: response(1120) },
      { status: 'Bad Request: {"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}', response: {} },
    ];
    const object = '/storage/v1/b/b/o/out%2Fprediction-1%2Fpredictions.jsonl?alt=media';
    recording.answered(
      recording.began('GET', object, '', 600)!,
      { status: 200, bodyText: lines.map((line) => JSON.stringify(line)).join('\n') },
      600,
    );
    expect(rows.filter(({ kind }) => kind === 'attempt')).toMatchObject([
      { outcome: 'delivered', lane: 'batch' },
      { httpStatus: 400, outcome: 'failed' },
    ]);
  });
});

test('pictures are left out of what is kept, wherever a piece of the answer ends', async () => {
  const text = JSON.stringify({ data: 'A'.repeat(10_000), text: 'kept', again: 'b'.repeat(5_000) });
  for (const size of [1, 7, 2_048, 4_000, 20_000]) {
    const seen = new WithoutPictures(undefined);
    for (let at = 0; at < text.length; at += size) await seen.push(Buffer.from(text.slice(at, at + size)));
    expect(JSON.parse(await seen.end())).toEqual({ data: 'A'.repeat(2_048), text: 'kept', again: 'b'.repeat(2_048) });
  }
});
