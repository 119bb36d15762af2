/** Calls in forms that few clients use and the API understands. */
import { expect, test } from 'vitest';
import { pictureOf } from '../../../src/mock/picture.ts';
import { BODY, emulated, get, jsonOf, PRO, post, textOf } from '../support.ts';

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

test('what image models cannot do has its paths too', () => {
  const { mock } = emulated({});
  const embedded = mock.handle(post(`/v1beta/models/${PRO}:embedContent`));
  const cached = mock.handle(post('/v1beta/cachedContents', { model: `models/${PRO}`, ...BODY }));
  for (const [answer, method] of [
    [embedded, 'embedContent'],
    [cached, 'createCachedContent'],
  ] as const) {
    expect(answer.status).toBe(404);
    expect(jsonOf(answer).error.message).toMatch(`models/${PRO} is not found for API version v1beta, or is not supported for ${method}.`);
  }
  for (const path of ['cachedContents', 'fileSearchStores', 'corpora']) {
    expect(textOf(mock.handle(get(`/v1beta/${path}?pageSize=10`)))).toBe('{}');
    expect(mock.handle(get(`/v1beta/${path}`, WITHOUT_KEY)).status).toBe(403);
  }
  expect(mock.summary().unrouted).toBe(0);
});

test('the Agent Platform names the traffic in place of the tier, whole and streamed, each in its own words', () => {
  const { mock } = emulated({}, {}, { picture: pictureOf });
  const usage = (path: string, config = {}): any => jsonOf(mock.handle(post(path, { ...BODY, ...config }))).usageMetadata;
  const platform = `/v1/publishers/google/models/${PRO}:generateContent`;
  for (let n = 0; n < 2; n++) {
    expect(usage(platform)).toMatchObject({ trafficType: 'ON_DEMAND' });
    expect(usage(platform).serviceTier).toBeUndefined();
    expect(usage(`/v1/models/${PRO}:generateContent`)).toMatchObject({ serviceTier: 'standard' });
    expect(usage(`/v1/models/${PRO}:generateContent`).trafficType).toBeUndefined();
  }
  expect(usage(platform, { serviceTier: 'priority' })).toMatchObject({ trafficType: 'ON_DEMAND_PRIORITY' });
  const pieces = jsonOf(mock.handle(post(platform.replace(':g', ':streamG'))));
  expect(pieces.at(-1).usageMetadata.trafficType).toBe('ON_DEMAND');
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
