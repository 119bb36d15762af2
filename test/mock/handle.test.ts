import { describe, expect, test } from 'vitest';
import type { MockAnswerRow } from '../../src/mock/rows.ts';
import { IMAGE_MODELS } from '../../src/model/catalogue.ts';
import { mockVerdict } from '../../src/report/mock-verdict.ts';
import { decodeReply } from '../../src/wire/decode.ts';
import { limits, scenario } from '../support/scenario.ts';
import { BODY, emulated, generate, get, instant, jsonOf, PRO, PRO_SPEC, post, textOf } from './support.ts';

describe('routes', () => {
  test.each([
    '/v1',
    '/v1beta',
    '/v1alpha',
    '/v1beta1',
    '/v1beta1/publishers/google',
    '/v1/projects/p/locations/global/publishers/google',
    '/v1beta/projects/p',
  ])('an image is made under %s', (prefix) => {
    const answer = emulated({}).mock.handle(post(`${prefix}/models/${PRO}:generateContent`));
    expect(decodeReply({ status: answer.status, bodyText: textOf(answer) })).toEqual({ kind: 'image', images: 1, usage: PRO_SPEC.usage });
    expect(answer.afterMs).toBeGreaterThan(1_000);
  });

  test('every model of the catalogue makes images though the scenario names only one', () => {
    const { mock } = emulated({ rpm: 1 });
    for (const { id, aliases } of IMAGE_MODELS)
      for (const name of [id, ...aliases]) if (id !== PRO) expect(mock.handle(generate(name)).status).toBe(200);
  });

  test.each([
    ['POST', '/v1/nothing'],
    ['POST', `/v1/models/${PRO}:dance`],
    ['POST', `/v2/models/${PRO}:generateContent`],
    ['POST', '/v1/fileSearchStores'],
    ['DELETE', `/v1/models/${PRO}`],
    ['GET', '/'],
  ])('%s %s is not found, as Google says it, and is counted', (method, path) => {
    const { mock } = emulated({});
    const answer = mock.handle({ ...get(path), method });
    expect(answer.status).toBe(404);
    expect(jsonOf(answer).error.status).toBe('NOT_FOUND');
    expect(mock.summary()).toMatchObject({ attempts: 0, unrouted: 1 });
  });

  test.each(['imagen-4.0-generate-001', 'gemini-9-ultra-image', '%zz'])('model %s is not found', (model) => {
    const answer = emulated({}).mock.handle(post(`/v1beta/models/${model}:generateContent`));
    expect(answer.status).toBe(404);
    expect(jsonOf(answer).error.message).toContain(`models/${model} is not found for API version v1beta`);
  });

  test('models are listed in pages and shown one by one', () => {
    const { mock } = emulated({});
    const first = jsonOf(mock.handle(get('/v1/models?pageSize=2')));
    expect(first.models).toHaveLength(2);
    const rest = jsonOf(mock.handle(get(`/v1/models?pageSize=50&pageToken=${first.nextPageToken}`)));
    expect(first.models.length + rest.models.length).toBe(IMAGE_MODELS.length);
    expect(rest.nextPageToken).toBeUndefined();
    expect(jsonOf(mock.handle(get(`/v1/models/${PRO}?%24alt=json%3Benum-encoding=int`))).name).toBe(`models/${PRO}`);
    expect(mock.handle(get('/v1/models/none')).status).toBe(404);
  });

  test('countTokens counts text and images and uses no quota', () => {
    const { mock } = emulated({ rpm: 0 });
    const parts = [{ text: 'x'.repeat(9) }, { inline_data: { mime_type: 'image/png', data: '' } }];
    expect(jsonOf(mock.handle(post(`/v1/models/${PRO}:countTokens`, { contents: [{ parts }] }))).totalTokens).toBe(3 + 258);
    expect(mock.summary().attempts).toBe(0);
  });
});

describe('keys', () => {
  test.each([
    ['x-goog-api-key', '', { 'x-goog-api-key': 'k1' }],
    ['?key=', '?key=k1', {}],
    ['?alt and key', '?alt=json&key=k1', {}],
    ['Bearer', '', { authorization: 'Bearer k1' }],
  ])('a key may come as %s', (_, query, headers) => {
    const { mock } = emulated({}, {}, { apiKeys: ['k1'] });
    expect(mock.handle({ ...generate(), path: `/v1/models/${PRO}:generateContent${query}`, headers }).status).toBe(200);
  });

  test('a missing key is 403, a wrong one 400, and any will do when none is configured', () => {
    const open = emulated({}).mock;
    expect(open.handle({ ...generate(), headers: {} }).status).toBe(403);
    expect(open.handle({ ...generate(), headers: { 'x-goog-api-key': '' } }).status).toBe(403);
    expect(open.handle(generate()).status).toBe(200);
    const answer = emulated({}, {}, { apiKeys: ['k1'] }).mock.handle(generate());
    expect(answer.status).toBe(400);
    expect(jsonOf(answer).error.details[0].reason).toBe('API_KEY_INVALID');
  });

  test('a wrong bearer is a token that was refused, but where clients send keys that way', () => {
    const { mock } = emulated({}, {}, { apiKeys: ['k1'] });
    const told = (path: string, body: object = BODY): unknown => {
      const answer = jsonOf(mock.handle({ ...post(path, body), headers: { authorization: 'Bearer ya29.old' } }));
      return [answer].flat()[0].error.status;
    };
    expect(told(`/v1/projects/shop/locations/global/publishers/google/models/${PRO}:generateContent`)).toBe('UNAUTHENTICATED');
    expect(told(`/v1beta/models/${PRO}:countTokens`)).toBe('UNAUTHENTICATED');
    expect(told('/upload/v1beta/files')).toBe('UNAUTHENTICATED');
    expect(told('/v1beta/openai/images/generations', { model: PRO, prompt: 'a house' })).toBe('INVALID_ARGUMENT');
    expect(jsonOf(mock.handle({ ...get('/v1beta/openai/models'), headers: { authorization: 'Bearer x' } }))[0].error.code).toBe(400);
  });
});

describe('what a call may say', () => {
  test.each([
    ['bad JSON', '{"contents"', 'Invalid JSON payload'],
    ['an array', '[]', 'Invalid JSON payload'],
    ['no contents', {}, 'contents is not specified'],
    ['empty contents', { contents: [] }, 'contents is not specified'],
    ['contents of strings', { contents: ['a house'] }, "Invalid value at 'contents'"],
    ['a field that nobody knows', { ...BODY, negativePrompt: 'x' }, 'Unknown name "negativePrompt": Cannot find field.'],
    [
      'a field of the Agent Platform',
      { ...BODY, generationConfig: { imageConfig: { personGeneration: 'ALLOW_ALL' } } },
      `Unknown name "personGeneration" at 'generation_config.image_config': Cannot find field.`,
    ],
    [
      'the same in proto names',
      { ...BODY, generation_config: { image_config: { person_generation: 'ALLOW_ALL' } } },
      `Unknown name "person_generation" at 'generation_config.image_config': Cannot find field.`,
    ],
    [
      'unknown fields inside a message',
      { contents: [{ role: 'user', parts: [{ text: 'a' }, { txt: 'b' }], name: 'me' }] },
      `Unknown name "txt" at 'contents[0].parts[1]': Cannot find field.\nInvalid JSON payload received. Unknown name "name" at 'contents[0]'`,
    ],
    ['two candidates', { ...BODY, generationConfig: { candidateCount: 2 } }, 'Multiple candidates'],
    ['two candidates, proto names', { ...BODY, generation_config: { candidate_count: '2' } }, 'Multiple candidates'],
    ['512 of a model without it', { ...BODY, generationConfig: { imageConfig: { imageSize: '512' } } }, 'Image size 512 is not supported'],
    ['a size in lower case', { ...BODY, generation_config: { image_config: { image_size: '2k' } } }, "Unsupported image_size '2k'"],
    ['a strange ratio', { ...BODY, generationConfig: { imageConfig: { aspectRatio: '7:5' } } }, 'aspect_ratio must be one of'],
    ['a long ratio of Pro', { ...BODY, generationConfig: { imageConfig: { aspectRatio: '1:8' } } }, 'Aspect ratio 1:8 is not supported'],
  ])('%s is 400 and takes nothing', (_, body, message) => {
    const { mock } = emulated({ rpm: 1 });
    const answer = mock.handle(generate(PRO, body));
    expect(answer.status).toBe(400);
    expect(jsonOf(answer).error.message).toContain(message);
    expect(mock.handle(generate()).status).toBe(200);
  });

  test('proto names, numeric enums, default fields and a model in the body are fine', () => {
    const body = {
      model: `models/${PRO}`,
      contents: { parts: { text: 'a house' } },
      system_instruction: { parts: [{ text: 'be brief' }] },
      tools: [],
      safetySettings: [{ category: 7, threshold: 4 }],
      generation_config: {
        candidateCount: 1,
        responseModalities: [2],
        stopSequences: [],
        temperature: 1,
        image_config: { image_size: '2K', aspectRatio: '' },
      },
    };
    const answer = emulated({}).mock.handle(post(`/v1beta/models/${PRO}:generateContent?$alt=json%3Benum-encoding=int`, body));
    expect(answer.status).toBe(200);
    expect(jsonOf(answer).usageMetadata.promptTokenCount).toBe(2 + 2);
  });

  test('reference images count 258 tokens each, sizes their own', () => {
    const image = { inlineData: { mimeType: 'image/png', data: 'AAAA' } };
    const parts = [image, { file_data: { file_uri: 'files/1' } }, { text: 'abcd' }];
    const body = { contents: [{ parts }], generationConfig: { imageConfig: { imageSize: '4K' } } };
    const { usageMetadata } = jsonOf(emulated({}).mock.handle(generate(PRO, body)));
    expect(usageMetadata).toMatchObject({ promptTokenCount: 1 + 2 * 258, candidatesTokenCount: 2000 });
  });

  test('2.5 ignores the size it is asked for', () => {
    const body = { ...BODY, generationConfig: { imageConfig: { imageSize: '4K' } } };
    expect(jsonOf(emulated({}).mock.handle(generate('gemini-2.5-flash-image', body))).usageMetadata.candidatesTokenCount).toBe(1290);
  });
});

test('a body that comes again is read for the path it comes on', () => {
  const { mock } = emulated({});
  const body = { ...BODY, generationConfig: { imageConfig: { imageSize: '4K', personGeneration: 'ALLOW_ALL' } } };
  const platform = '/v1beta1/publishers/google/models/';
  const statuses = [1, 2].flatMap(() =>
    [`/v1/models/${PRO}`, `${platform}${PRO}`, `${platform}gemini-3.1-flash-lite-image`].map(
      (path) => mock.handle(post(`${path}:generateContent`, body)).status,
    ),
  );
  expect(statuses).toEqual([400, 200, 400, 400, 200, 400]);
});

describe('streams', () => {
  test('alt=sse sends events: the image first, how it ended last', () => {
    const { chunks, headers } = emulated({}).mock.handle(post(`/v1/models/${PRO}:streamGenerateContent?alt=sse`));
    expect(headers['content-type']).toBe('text/event-stream');
    const events = (chunks ?? []).map((chunk) => {
      expect(chunk).toMatch(/^data: \{.*\}\r\n\r\n$/);
      return JSON.parse(chunk.slice(6));
    });
    expect(events[0].candidates[0].content.parts[0].inlineData.data).toBeTruthy();
    expect(events.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }], usageMetadata: { promptTokenCount: 2 } });
  });

  test('without it one JSON array grows, and errors are in an array too', () => {
    const { mock } = emulated({ rpm: 1 });
    const call = post(`/v1/models/${PRO}:streamGenerateContent`);
    expect(jsonOf(mock.handle(call))).toHaveLength(2);
    expect(jsonOf(mock.handle(call))[0].error.code).toBe(429);
  });
});

describe('quota', () => {
  test('10 of 40 get an image where ipm is 10, and the mock says what ran dry first', () => {
    const rows: MockAnswerRow[] = [];
    const { mock, at } = emulated({ ipm: 10, rpm: 100 }, {}, { onAnswer: (row) => rows.push(row) });
    at(1_000);
    const statuses = Array.from({ length: 40 }, () => mock.handle(generate()).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(mock.summary()).toEqual({
      batches: expect.objectContaining({ jobs: 0, refused: 0 }),
      serviceTiers: {},
      attempts: 40,
      byStatus: { 200: 10, 429: 30 },
      refusedBy: { ipm: 30 },
      firstRefusal: { bucket: 'ipm', model: PRO, project: 'p1', atMs: 1_000, limit: 10 },
      unrouted: 0,
      unroutedPaths: [],
    });
    expect(rows[10]).toEqual({
      seq: 10,
      atMs: 1_000,
      model: PRO,
      project: 'p1',
      status: 429,
      class: 'quota.ipm',
      bucket: 'ipm',
      draw: { request: 10, attempt: 1 },
    });
    at(60_000);
    expect(mock.handle(generate()).status).toBe(200);
  });

  test('wrong calls are counted, but take no quota', () => {
    const { mock } = emulated({ ipm: 1 });
    mock.handle(generate(PRO, {}));
    mock.handle(generate('nobody'));
    mock.handle({ ...generate(), headers: {} });
    expect(mock.handle(generate()).status).toBe(200);
    expect(mock.summary().byStatus).toEqual({ 200: 1, 400: 1, 403: 1, 404: 1 });
  });

  test('projects have buckets of their own, and one that is not there is 400', () => {
    const two = scenario({ quota: { ...scenario().quota, projects: 2, limits: limits({ rpm: 1 }) } });
    const { mock } = emulated({ rpm: 1 }, { quota: two.quota });
    const status = (project: string): number =>
      mock.handle(post(`/v1/models/${PRO}:generateContent`, BODY, { 'x-rundry-project': project })).status;
    expect(['p1', 'p1', 'p2', 'p2', 'p3', 'x'].map(status)).toEqual([200, 429, 200, 429, 400, 400]);
  });

  test('the draw a call names is the one it gets, whatever was asked before', () => {
    const half = { service: { ...scenario().service, errorRatio: 0.5 } };
    const status = (mock: ReturnType<typeof emulated>['mock'], draw: string): number =>
      mock.handle(post(`/v1/models/${PRO}:generateContent`, BODY, { 'x-rundry-draw': draw })).status;
    const draws = Array.from({ length: 40 }, (_, request) => `${request}.1`);
    const forwards = emulated({}, half).mock;
    const backwards = emulated({}, half).mock;
    const seen = draws.map((draw) => status(forwards, draw));
    expect(new Set(seen)).toEqual(new Set([200, 500]));
    expect(draws.toReversed().map((draw) => status(backwards, draw))).toEqual(seen.toReversed());
  });

  test('a calendar that jumps back is held where it was', () => {
    const { mock, at } = emulated({ rpm: 1 }, instant());
    at(60_000);
    mock.handle(generate());
    at(0);
    expect(mock.handle(generate()).status).toBe(429);
  });
});

describe('the service tier that is asked for', () => {
  const asked = (serviceTier: unknown, limits: Parameters<typeof emulated>[0] = {}) => {
    const { mock } = emulated(limits, instant());
    return { mock, call: () => mock.handle(generate(PRO, { ...BODY, serviceTier })) };
  };

  test.each([
    [undefined, 'standard'],
    ['unspecified', 'standard'],
    ['flex', 'flex'],
    ['priority', 'priority'],
    ['SERVICE_TIER_PRIORITY', 'priority'],
  ])('%s is told again as %s', (given, told) => {
    expect(jsonOf(asked(given).call()).usageMetadata.serviceTier).toBe(told);
  });

  test('in refusals too, by their header, and in the count at the end', () => {
    const { mock, call } = asked('priority', { ipm: 1 });
    call();
    expect(call()).toMatchObject({ status: 429, headers: { 'x-gemini-service-tier': 'priority' } });
    expect(mock.handle(generate())).toMatchObject({ status: 429, headers: { 'x-gemini-service-tier': 'standard' } });
    expect(mock.summary().serviceTiers).toEqual({ priority: 2 });
    expect(mockVerdict(mock.summary())).toContain('Another service tier was asked for (priority 2): ');
  });

  test('must be one of those there are', () => {
    const answer = asked('turbo').call();
    expect([answer.status, jsonOf(answer).error.message]).toEqual([400, expect.stringContaining('flex, standard, priority')]);
  });
});
