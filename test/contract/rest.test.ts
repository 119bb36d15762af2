/** Clients without a package here, by what they send: generated REST clients, Python, Go, LiteLLM, browsers, old HTTP. */
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { expectPicture, expectQuotaDetails, KEY, MODEL, PROMPT, type Running, serve } from './support.ts';

const BODY = { contents: [{ role: 'user', parts: [{ text: PROMPT }] }] };
const PATH = `/v1beta/models/${MODEL}:generateContent`;

interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

async function send({ url }: Running, { path = PATH, method = 'POST', headers = {}, body = BODY }: Sent = {}): Promise<Response> {
  const isBare = method === 'GET' || method === 'HEAD' || method === 'OPTIONS';
  return fetch(url + path, {
    method,
    headers: { 'x-goog-api-key': KEY, 'content-type': 'application/json', ...headers },
    ...(isBare ? {} : { body: body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body) }),
  });
}

function pictureIn(answer: any): string | undefined {
  return answer.candidates?.[0]?.content?.parts?.find((part: any) => part.inlineData)?.inlineData.data;
}

describe('a picture for whoever asks in the way of', () => {
  const mobile = { 'x-goog-api-key': KEY, 'x-firebase-appid': '1:2:web:3', 'x-goog-api-client': 'gl-kotlin/2.0 fire/17.0' };
  test.each<[string, Sent]>([
    ['a key in the query', { path: `${PATH}?key=${KEY}`, headers: { 'x-goog-api-key': '' } }],
    ['a bearer token', { headers: { 'x-goog-api-key': '', authorization: `Bearer ${KEY}` } }],
    [
      'a generated REST client',
      { path: `${PATH}?$alt=json%3Benum-encoding=int`, body: { ...BODY, generation_config: { response_modalities: [2] } } },
    ],
    ['alt, fields and prettyPrint', { path: `${PATH}?alt=json&fields=candidates&prettyPrint=false` }],
    ['Python', { headers: { 'x-goog-api-client': 'google-genai-sdk/2.25.0 gl-python/3.13', 'x-goog-request-params': `model=${MODEL}` } }],
    [
      'Go, with proto names',
      {
        body: {
          model: `models/${MODEL}`,
          contents: [{ parts: [{ text: PROMPT }, { inline_data: { mime_type: 'image/png', data: 'iVBORw0KGgo=' } }] }],
          safety_settings: [],
        },
      },
    ],
    [
      'LiteLLM',
      {
        path: `/v1beta/models/${MODEL}:generateContent?key=${KEY}`,
        headers: { 'x-goog-api-key': '' },
        body: { ...BODY, generationConfig: { temperature: 1, responseModalities: ['IMAGE', 'TEXT'] } },
      },
    ],
    ['tracing', { headers: { traceparent: '00-1-2-01', b3: '0', 'api-revision': '2', cookie: '' } }],
    ['a base URL with a slash too many', { path: `//v1beta//models/${MODEL}:generateContent` }],
    ['a slash at the end', { path: `${PATH}/` }],
    ['an escaped colon', { path: PATH.replace(':', '%3A') }],
    ['a compressed body', { headers: { 'content-encoding': 'gzip' }, body: gzipSync(JSON.stringify(BODY)) }],
    ['a mobile app', { path: `/v1beta/projects/p/models/${MODEL}:generateContent`, headers: mobile }],
    ['the Agent Platform with a key', { path: `/v1beta1/publishers/google/models/${MODEL}:generateContent?key=${KEY}` }],
    [
      'the Agent Platform with a token',
      {
        path: `/v1/projects/p/locations/global/publishers/google/models/${MODEL}:generateContent`,
        headers: { 'x-goog-api-key': '', authorization: 'Bearer ya29.token' },
      },
    ],
  ])('%s', async (way, sent) => {
    const answer = await send(await serve(), sent);
    expect(answer.status).toBe(200);
    const body = await answer.json();
    expectPicture(pictureIn(body));
    const usageMetadata = way.includes('Platform') ? { trafficType: 'ON_DEMAND' } : { serviceTier: 'standard' };
    expect(body).toMatchObject({ modelVersion: MODEL, responseId: expect.any(String), usageMetadata });
  });
});

test('a stream without alt=sse is one array', async () => {
  const server = await serve();
  const answer = await send(server, { path: PATH.replace('generateContent', 'streamGenerateContent') });
  const chunks: any[] = await answer.json();
  expectPicture(chunks.map(pictureIn).find(Boolean));
  expect(chunks.at(-1).candidates[0].finishReason).toBe('STOP');
});

/** What comes back for raw bytes on a socket of its own. */
function raw({ url }: Running, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let told = '';
    socket.setEncoding('latin1').on('data', (piece: string) => {
      told += piece;
    });
    socket.on('end', () => resolve(told)).on('error', reject);
  });
}

test.each([
  ['HTTP/1.0', (body: string) => `POST ${PATH} HTTP/1.0\r\nx-goog-api-key: k\r\ncontent-length: ${body.length}\r\n\r\n${body}`],
  [
    'chunks',
    (body: string) =>
      `POST ${PATH} HTTP/1.1\r\nhost: h\r\nx-goog-api-key: k\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
  ],
  [
    'Expect: 100-continue',
    (body: string) =>
      `POST ${PATH} HTTP/1.1\r\nhost: h\r\nx-goog-api-key: k\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  ],
  [
    'a proxy',
    (body: string) =>
      `POST http://generativelanguage.googleapis.com${PATH} HTTP/1.1\r\nhost: h\r\nx-goog-api-key: k\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  ],
])('over %s', async (_, framed) => {
  const told = await raw(await serve(), framed(JSON.stringify(BODY)));
  expect(told).toMatch(/HTTP\/1\.1 200 OK/);
  expect(told).toContain('"finishReason":"STOP"');
});

test('a browser asks first, and may read the answer', async () => {
  const server = await serve('throttling');
  const origin = 'https://app.example';
  const asked = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type,x-goog-api-key' };
  const preflight = await send(server, { method: 'OPTIONS', headers: asked });
  expect(preflight.status).toBe(200);
  expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type,x-goog-api-key');
  for (const status of [200, 429]) {
    const answer = await send(server, { headers: { origin } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
  }
  expect((await send(server)).headers.get('access-control-allow-origin')).toBeNull();
});

test('HEAD is GET without the body', async () => {
  const server = await serve();
  const answer = await send(server, { method: 'HEAD', path: '/v1beta/models' });
  expect(answer.status).toBe(200);
  expect(Number(answer.headers.get('content-length'))).toBeGreaterThan(100);
  expect(await answer.text()).toBe('');
});

test('unknown paths are 404 as Google says it', async () => {
  const server = await serve();
  for (const path of ['/v1beta/nothing', '/v1beta/batches/none:dance', '/upload/v1beta/nothing', '/api/v1/generation', '/']) {
    const answer = await send(server, { path });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } });
  }
});

describe('the Agent Platform', () => {
  const ROOT = '/v1/projects/shop/locations/us-central1/publishers/google/models';

  test('says in its own words that a quota ran out', async () => {
    const server = await serve('throttling');
    expect((await send(server, { path: `${ROOT}/${MODEL}:generateContent` })).status).toBe(200);
    const answer = await send(server, { path: `${ROOT}/${MODEL}:generateContent` });
    expect(answer.status).toBe(429);
    const { error } = await answer.json();
    expect(error.message).toContain(`generate_content_requests_per_minute_per_project_per_base_model with base model: ${MODEL}.`);
    expect(error.details).toBeUndefined();
    expectQuotaDetails((await (await send(server)).json()).error);
  });

  test('names the path of a model that it does not know, and lists those it does', async () => {
    const server = await serve();
    const unknown = await (await send(server, { path: `${ROOT}/nobody:generateContent` })).json();
    expect(unknown.error.message).toContain('`projects/shop/locations/us-central1/publishers/google/models/nobody`');
    const { publisherModels } = await (await send(server, { method: 'GET', path: '/v1beta1/publishers/google/models' })).json();
    expect(publisherModels).toContainEqual(expect.objectContaining({ name: `publishers/google/models/${MODEL}` }));
  });

  test('makes Imagen pictures within the limit of the tier, which the Gemini API no longer does', async () => {
    const server = await serve();
    const path = `${ROOT}/imagen-4.0-ultra-generate-001:predict`;
    const body = { instances: [{ prompt: PROMPT }], parameters: { sampleCount: 2, outputOptions: { mimeType: 'image/jpeg' } } };
    const { predictions } = await (await send(server, { path, body })).json();
    expect(predictions).toHaveLength(2);
    expectPicture(predictions[1].bytesBase64Encoded);
    for (let n = 0; n < 4; n++) expect((await send(server, { path, body })).status).toBe(200);
    const refused = await send(server, { path, body });
    expect(refused.status).toBe(429);
    expect((await refused.json()).error.message).toContain('with base model: imagen-4.0-ultra-generate.');
    const wrong = { ...body, parameters: { sampleCount: 9 } };
    expect((await send(server, { path: `${ROOT}/imagen-4.0-generate-001:predict`, body: wrong })).status).toBe(400);
    expect((await send(server, { path: '/v1beta/models/imagen-4.0-generate-001:predict', body })).status).toBe(404);
  });

  test('filters Imagen pictures into nothing, or into a reason where one is asked for', async () => {
    const server = await serve('blocking');
    const path = `${ROOT}/imagen-4.0-generate-001:predict`;
    const instances = [{ prompt: PROMPT }];
    expect(await (await send(server, { path, body: { instances } })).json()).toEqual({});
    const told = await (await send(server, { path, body: { instances, parameters: { includeRaiReason: true } } })).json();
    expect(told.predictions[0].raiFilteredReason).toContain('filtered');
  });

  test('says of what a batch job can be made', async () => {
    const body = { model: `publishers/google/models/${MODEL}`, inputConfig: { bigquerySource: { inputUri: 'bq://p.d.t' } } };
    const answer = await send(await serve(), { path: '/v1beta1/projects/p/locations/l/batchPredictionJobs', body });
    expect([answer.status, (await answer.json()).error.message]).toEqual([501, expect.stringContaining('gcsSource')]);
  });
});
