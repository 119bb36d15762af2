/** A fault asked for by header meets every route that the mock serves, in that surface's own form, and the call does nothing else. */
import { describe, expect, test } from 'vitest';
import type { PlainRequest } from '../../src/mock/plain.ts';
import { classify } from '../../src/wire/classify.ts';
import { BODY, emulated, get, instant, jsonOf, PRO, post, textOf } from './support.ts';

type Form = 'google' | 'list' | 'interactions' | 'gateway' | 'platform' | 'storage';

const INTERACTION = { model: PRO, input: 'a house' };
const CHAT = { model: PRO, messages: [{ role: 'user', content: 'a house' }] };
const IN_PROJECT = 'projects/shop/locations/us-central1';
const BATCH = { batch: { inputConfig: { requests: { requests: [{ request: BODY }] } } } };
const JOB = {
  model: `publishers/google/models/${PRO}`,
  inputConfig: { instancesFormat: 'jsonl', gcsSource: { uris: ['gs://bucket/in.jsonl'] } },
  outputConfig: { predictionsFormat: 'jsonl', gcsDestination: { outputUriPrefix: 'gs://bucket/out' } },
};
const remove = (path: string): PlainRequest => ({ ...get(path), method: 'DELETE' });

/** Every row of the table of endpoints, by version where the version may matter. */
const ROUTES: readonly (readonly [Form, PlainRequest])[] = [
  ...['v1', 'v1beta', 'v1alpha'].flatMap((v): [Form, PlainRequest][] => [
    ['google', post(`/${v}/models/${PRO}:generateContent`)],
    ['google', post(`/${v}/models/${PRO}:streamGenerateContent?alt=sse`)],
    ['list', post(`/${v}/models/${PRO}:streamGenerateContent`)],
    ['google', post(`/${v}/models/${PRO}:countTokens`)],
    ['google', post(`/${v}/models/${PRO}:batchGenerateContent`, BATCH)],
    ['google', post(`/${v}/models/imagen-4.0-generate-001:predict`, { instances: [{ prompt: 'a house' }] })],
    ['google', get(`/${v}/models`)],
    ['google', get(`/${v}/models/${PRO}`)],
    ['google', get(`/${v}/tunedModels`)],
    ['google', post(`/${v}/tunedModels/mine:generateContent`)],
    ['google', post(`/${v}/models/${PRO}:embedContent`)],
    ['google', post(`/${v}/cachedContents`, { model: `models/${PRO}` })],
    ['google', get(`/${v}/cachedContents`)],
    ['google', get(`/${v}/fileSearchStores`)],
    ['google', get(`/${v}/batches`)],
    ['google', get(`/${v}/batches/123`)],
    ['google', remove(`/${v}/batches/123`)],
    ['google', post(`/${v}/batches/123:cancel`, {})],
    ['google', post(`/upload/${v}/files`, 'bytes')],
    ['google', get(`/${v}/files`)],
    ['google', get(`/${v}/files/abc`)],
    ['google', remove(`/${v}/files/abc`)],
    ['google', get(`/${v}/files/abc:download?alt=media`)],
    ['interactions', post(`/${v}/interactions`, INTERACTION)],
    ['interactions', get(`/${v}/interactions/v1_1?stream=false`)],
    ['interactions', post(`/${v}/interactions/v1_1/cancel`, {})],
    ['interactions', remove(`/${v}/interactions/v1_1`)],
  ]),
  ['list', post('/v1beta/openai/chat/completions', CHAT)],
  ['list', post('/v1beta/openai/images/generations', { model: PRO, prompt: 'a house' })],
  ['list', post('/v1beta/openai/embeddings', { model: 'text', input: 'x' })],
  ['list', get('/v1beta/openai/models')],
  ['list', get(`/v1beta/openai/models/${PRO}`)],
  ['gateway', post('/api/v1/chat/completions', { ...CHAT, model: `google/${PRO}` })],
  ['gateway', post('/api/v1/images', { model: `google/${PRO}`, prompt: 'a house' })],
  ['gateway', get('/api/v1/models')],
  ['gateway', get('/api/v1/images/models')],
  ['storage', post('/upload/storage/v1/b/bucket/o?uploadType=media&name=one', 'bytes')],
  ['storage', get('/storage/v1/b/bucket/o')],
  ['storage', get('/storage/v1/b/bucket/o/one?alt=media')],
  ['storage', remove('/storage/v1/b/bucket/o/one')],
  ...['', `${IN_PROJECT}/`].flatMap((p): [Form, PlainRequest][] => [
    ['platform', post(`/v1beta1/${p}publishers/google/models/${PRO}:generateContent`)],
    ['platform', post(`/v1beta1/${p}publishers/google/models/${PRO}:streamGenerateContent?alt=sse`)],
    ['google', post(`/v1beta1/${p}publishers/google/models/${PRO}:countTokens`)],
    ['platform', post(`/v1beta1/${p}publishers/google/models/imagen-4.0-generate-001:predict`, { instances: [{ prompt: 'a house' }] })],
    ['google', post(`/v1beta1/${p}batchPredictionJobs`, JOB)],
    ['google', get(`/v1beta1/${p}batchPredictionJobs`)],
    ['google', get(`/v1beta1/${p}batchPredictionJobs/7`)],
    ['google', remove(`/v1beta1/${p}batchPredictionJobs/7`)],
    ['google', post(`/v1beta1/${p}batchPredictionJobs/7:cancel`, {})],
  ]),
];

const named = ROUTES.map(([form, request]) => [`${request.method} ${request.path}`, form, request] as const);
const asking = (request: PlainRequest, fault: string): PlainRequest => ({
  ...request,
  headers: { ...request.headers, 'x-rundry-fault': fault },
});

describe.each(named)('%s', (_, form, request) => {
  test.each([
    ['capacity.overloaded', 503, 'capacity.overloaded'],
    ['server.internal', 500, 'server.internal'],
    ['quota.rpm', 429, null],
    ['gemini-503-overloaded', 503, 'capacity.overloaded'],
  ])('%s', (fault, status, errorClass) => {
    const { mock } = emulated({ rpm: 7 }, instant());
    const answer = mock.handle(asking(request, fault));
    expect(answer.status).toBe(status);
    const body = jsonOf(answer);
    if (errorClass !== null) expect(classify({ status, body: textOf(answer) }).class).toBe(errorClass);
    const isEntry = fault.startsWith('gemini-');
    // The body of an entry is the catalogue's, byte for byte, where the route is the API's own.
    switch (isEntry && (form === 'platform' || request.path.includes(':streamGenerateContent')) ? 'google' : form) {
      case 'google':
        expect(body.error).toMatchObject({ code: status, status: expect.any(String), message: expect.any(String) });
        break;
      case 'list':
        expect(body).toMatchObject([{ error: { code: status, status: expect.any(String) } }]);
        break;
      case 'interactions':
        expect(Object.keys(body.error).sort()).toEqual(['code', 'message']);
        expect(body.error.code).toMatch(/^[a-z_]+$/);
        break;
      case 'gateway':
        expect(body.error).toMatchObject({ code: status, message: expect.any(String) });
        expect(body.error.status).toBeUndefined();
        break;
      case 'storage':
        expect(body.error).toMatchObject({ code: status, message: expect.any(String), errors: [{ domain: 'global' }] });
        break;
      case 'platform':
        expect(body.error).toMatchObject({ code: status });
        if (status === 429) expect(body.error.message).toContain('with base model');
        break;
    }
    expect(textOf(mock.handle(get('/v1/files')))).toBe('{}');
    expect(textOf(mock.handle(get('/v1/batches')))).toBe('{}');
    expect(mock.handle(get('/storage/v1/b/bucket/o/one')).status).toBe(404);
    expect(mock.summary()).toMatchObject({ unrouted: 0 });
  });

  test('a connection that breaks', () => {
    expect(emulated({}, instant()).mock.handle(asking(request, 'reset'))).toMatchObject({ broken: 'reset' });
    expect(emulated({}, instant()).mock.handle(asking(request, 'empty'))).toMatchObject({ status: 200, body: '' });
  });
});
