/** Calls in forms that few clients use and the API understands. */
import { expect, test } from 'vitest';
import { emulated, get, jsonOf, PRO, post, textOf } from '../support.ts';

const WITHOUT_KEY = { 'x-goog-api-key': '' };

test('parameters that are the same in all of Google’s APIs may have a dollar sign in front', () => {
  const { mock } = emulated({});
  const stream = `/v1beta/models/${PRO}:streamGenerateContent`;
  expect(textOf(mock.handle(post(`${stream}?%24alt=sse`)))).toMatch(/^data: \{/);
  expect(mock.handle(post(`${stream}?$alt=sse&$key=k`, undefined, WITHOUT_KEY)).status).toBe(200);
  expect(mock.handle(post(stream, undefined, WITHOUT_KEY)).status).toBe(403);
});

test('pages of a list may be asked for by proto names', () => {
  const { mock } = emulated({});
  const first = jsonOf(mock.handle(get('/v1beta/models?page_size=2')));
  expect(first.models).toHaveLength(2);
  expect(jsonOf(mock.handle(get(`/v1beta/models?page_size=2&page_token=${first.nextPageToken}`))).models[0].name).not.toBe(
    first.models[0].name,
  );
});

test('tuned models have their paths, and there are none', () => {
  const { mock } = emulated({});
  const answers = [
    mock.handle(post('/v1beta/tunedModels/mine:generateContent')),
    mock.handle(post('/v1beta/tunedModels/mine:generateContent', undefined, WITHOUT_KEY)),
    mock.handle(get('/v1beta/tunedModels/mine')),
    mock.handle(get('/v1beta/tunedModels')),
  ];
  expect(answers.map(({ status }) => status)).toEqual([404, 403, 404, 200]);
  expect(jsonOf(answers[0]!).error.message).toContain(
    'tunedModels/mine is not found for API version v1beta, or is not supported for generateContent',
  );
  expect(mock.summary().unrouted).toBe(0);
});

test('an upload is asked how far it came, and may be given up', () => {
  const { mock } = emulated({});
  const begun = mock.handle(post('/upload/v1beta/files', '{}', { 'x-goog-upload-protocol': 'resumable' }));
  const path = begun.headers['x-goog-upload-url']!.replace('https://generativelanguage.googleapis.com', '');
  mock.handle(post(path, 'abc', { 'x-goog-upload-command': 'upload', 'x-goog-upload-offset': '0' }));
  expect(mock.handle(post(path, '', { 'x-goog-upload-command': 'query' })).headers).toMatchObject({
    'x-goog-upload-status': 'active',
    'x-goog-upload-size-received': '3',
  });
  expect(mock.handle({ ...post(path, ''), method: 'DELETE' }).status).toBe(499);
  expect(mock.handle(post(path, '', { 'x-goog-upload-command': 'query' })).status).toBe(404);
});
