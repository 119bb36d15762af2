/** Faults on demand: by header, by marker, by rule; every known body over HTTP, byte for byte; and connections that break. */
import { existsSync, readFileSync } from 'node:fs';
import { GoogleGenAI } from '@google/genai';
import { getResponse } from 'msw';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MockFaultRule, parseFaultRule } from '../../src/mock/fault-rules.ts';
import type { MockOptions } from '../../src/mock/handle.ts';
import { geminiHandlers } from '../../src/mock/handlers.ts';
import type { PlainResponse } from '../../src/mock/plain.ts';
import { listen, type MockServer } from '../../src/mock/server.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';
import { type Emulated, emulated, generate, get, instant, jsonOf, PRO, post, textOf } from './support.ts';

const FACTS = new URL('../../../shared/facts/error-catalogue.json', import.meta.url);
const PATH = `/v1/models/${PRO}:generateContent`;
const STREAM = `/v1/models/${PRO}:streamGenerateContent`;
const textOfBody = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

function faulty(...faults: (MockFaultRule | string)[]): Emulated {
  const rules = faults.map((fault) => (typeof fault === 'string' ? parseFaultRule(fault) : fault));
  return emulated({}, instant(), { faults: rules });
}

function asking(fault: string, body?: unknown): PlainResponse {
  return emulated({}, instant()).mock.handle(post(PATH, body, { 'x-rundry-fault': fault }));
}

const statuses = ({ mock }: Emulated, calls: number): number[] => Array.from({ length: calls }, () => mock.handle(generate()).status);

describe('over HTTP', () => {
  let server: MockServer;
  beforeAll(async () => {
    server = await listen(emulated({}, instant()).mock, { port: 0 });
  });
  afterAll(() => server.close(0));
  const call = (fault: string): Promise<Response> =>
    fetch(server.url + PATH, { method: 'POST', headers: { 'x-goog-api-key': 'any', 'x-rundry-fault': fault }, body: generate().body });

  const facts = existsSync(FACTS) ? (JSON.parse(readFileSync(FACTS, 'utf8')) as typeof ERROR_CATALOGUE) : null;
  const known = facts ?? ERROR_CATALOGUE;
  test.each(known.map((entry) => [entry.id, entry] as const))('%s arrives byte for byte', async (id, entry) => {
    const response = await call(id);
    expect(response.status).toBe(entry.httpStatus);
    expect(await response.text()).toBe(textOfBody(entry.body));
    const type = typeof entry.body === 'string' ? 'text/html; charset=UTF-8' : 'application/json; charset=UTF-8';
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('retry-after')).toBeNull();
  });

  test('there are 111 of them', () => expect(known).toHaveLength(111));

  test('a connection that is reset gives no answer, one that is cut gives half of one', async () => {
    await expect(call('reset')).rejects.toThrow(TypeError);
    const cut = await call('cut');
    expect(cut.status).toBe(200);
    await expect(cut.text()).rejects.toThrow(TypeError);
  });

  /** Comes when the server has answered calls that were made after all others, one after another. */
  async function laterCall(): Promise<'silence'> {
    for (let n = 0; n < 5; n++) await (await call('capacity.overloaded')).text();
    return 'silence';
  }

  test('a body that stalls begins and does not end; a call that hangs does not begin', async () => {
    const stalled = await call('stall');
    const reader = stalled.body!.getReader();
    expect((await reader.read()).value!.length).toBeGreaterThan(10);
    const next = reader.read().then(() => 'more');
    expect(await Promise.race([next, laterCall()])).toBe('silence');
    await reader.cancel();
    const hung = call('hang').then(() => 'answered');
    hung.catch(() => {}); // the server is closed before it ends
    expect(await Promise.race([hung, laterCall()])).toBe('silence');
  });
});

describe('by header', () => {
  test('a class is said of this call: its model, its limit, its delay', () => {
    const { mock, at } = emulated({ rpm: 7 }, instant());
    at(20_000);
    const answer = mock.handle(post(PATH, undefined, { 'x-rundry-fault': 'quota.rpm' }));
    expect(answer.status).toBe(429);
    expect(answer.afterMs).toBe(0);
    expect(jsonOf(answer).error.details).toContainEqual(
      expect.objectContaining({
        violations: [expect.objectContaining({ quotaDimensions: { location: 'global', model: PRO }, quotaValue: '7' })],
      }),
    );
    expect(jsonOf(answer).error.message).toContain('Please retry in 40s.');
  });

  test('a model that is closed is named, with its successor', () => {
    const path = '/v1/models/gemini-2.5-flash-image:generateContent';
    const answer = emulated({}).mock.handle(post(path, undefined, { 'x-rundry-fault': 'request.model-closed' }));
    expect(answer.status).toBe(404);
    expect(jsonOf(answer).error.message).toMatch(
      /^This model models\/gemini-2\.5-flash-image is .* use models\/gemini-3\.1-flash-lite-image /,
    );
  });

  test('takes nothing from any bucket, and is tallied', () => {
    const { mock } = emulated({ ipm: 1 }, instant());
    for (let k = 0; k < 3; k++)
      mock.handle(post(PATH, undefined, { 'x-rundry-fault': k === 0 ? 'gemini-503-overloaded' : 'capacity.overloaded' }));
    expect(mock.handle(generate()).status).toBe(200);
    expect(mock.summary()).toMatchObject({ attempts: 4, byStatus: { 503: 3, 200: 1 }, firstRefusal: null });
  });

  test.each([
    ['bare-429', 429, /^\{"error":\{"code":429,"message":"Resource has been exhausted/],
    ['limit-0', 429, /limit: 0/],
    ['html', 502, /^<!DOCTYPE html>/],
    ['safety.blocked', 200, /promptFeedback/],
    ['safety.image', 200, /IMAGE_SAFETY/],
    ['empty', 200, /^$/],
    ['gemini-503-overloaded; after=3s', 503, /overloaded/],
  ])('%s', (fault, status, text) => {
    const answer = asking(fault);
    expect(answer.status).toBe(status);
    expect(textOf(answer)).toMatch(text);
  });

  test('waits as long as it is told to', () => {
    expect(asking('capacity.overloaded; after=3s').afterMs).toBe(3_000);
    expect(asking('latency; after=1m30s')).toMatchObject({ status: 200, afterMs: 90_000 });
  });

  test('half of a JSON text is no JSON', () => {
    expect(asking('invalid-json').status).toBe(200);
    expect(() => jsonOf(asking('invalid-json'))).toThrow(SyntaxError);
  });

  test('also where no image is asked for', () => {
    const { mock } = emulated({});
    expect(mock.handle(get('/v1/models', { 'x-rundry-fault': 'auth.iam' })).status).toBe(403);
    expect(mock.handle(get('/v1/models', { 'x-rundry-fault': 'gemini-403-suspended' })).status).toBe(403);
  });

  test.each([
    ['capacity.overlaoded', 'capacity.overloaded'],
    ['nonsense-that-is-far-from-anything', 'an id or class of the error catalogue'],
    ['latency', 'latency; after=30s'],
    ['cut; aftr=3s', 'did you mean after?'],
    ['cut; after=soon', 'expected a duration such as 90s'],
  ])('%s is a 400 that says %s', (fault, hint) => {
    expect(asking(fault).status).toBe(400);
    expect(jsonOf(asking(fault)).error.message).toContain(hint);
  });
});

describe('by a marker in the prompt', () => {
  const saying = (text: string): PlainResponse => emulated({}, instant()).mock.handle(post(PATH, { contents: [{ parts: [{ text }] }] }));

  test('the filter withholds what is marked', () => {
    expect(jsonOf(saying('a house [rundry:safety.blocked]')).promptFeedback.blockReason).toBe('SAFETY');
    expect(jsonOf(saying('[rundry:safety.image] a house')).candidates[0].finishReason).toBe('IMAGE_SAFETY');
    expect(saying('a house [rundry:gemini-503-overloaded;after=2s]')).toMatchObject({ status: 503, afterMs: 2_000 });
  });

  test('a marker that means nothing is told', () => {
    expect(jsonOf(saying('[rundry:safety.imge]')).error.message).toContain('such as safety.image');
  });
});

describe('by rule', () => {
  test.each<[string, number[]]>([
    ['class=capacity.overloaded,nth=3', [200, 200, 503, 200, 200, 200]],
    ['capacity.overloaded,first=2', [503, 503, 200, 200, 200, 200]],
    ['id=gemini-403-server-side-wave,every=3', [200, 200, 403, 200, 200, 403]],
    ['fault=server.internal', [500, 500, 500, 500, 500, 500]],
    ['server.internal,model=gemini-3-pro-image-preview,nth=1', [500, 200, 200, 200, 200, 200]],
    ['server.internal,model=gemini-2.5-flash-image', [200, 200, 200, 200, 200, 200]],
    ['server.internal,path=/v2/', [200, 200, 200, 200, 200, 200]],
  ])('%s', (rule, expected) => expect(statuses(faulty(rule), 6)).toEqual(expected));

  test('a window is in emulated time', () => {
    const one = faulty('403-wave,from=10s,to=20s');
    const at = [0, 9_999, 10_000, 19_999, 20_000].map((ms) => {
      one.at(ms);
      return one.mock.handle(generate()).status;
    });
    expect(at).toEqual([200, 200, 403, 403, 200]);
  });

  test('a share is drawn, the same at each start, another with another seed', () => {
    const rules = [{ fault: 'server.internal', ratio: 0.3 }];
    const drawn = (options: Partial<MockOptions>): number[] => statuses(emulated({}, instant(), { faults: rules, ...options }), 400);
    const struck = drawn({}).filter((status) => status === 500).length;
    expect(struck).toBeGreaterThan(80);
    expect(struck).toBeLessThan(160);
    expect(drawn({})).toEqual(drawn({}));
    expect(drawn({})).not.toEqual(drawn({ seed: 2 }));
  });

  test('the first that strikes answers, and all count', () => {
    expect(statuses(faulty('server.internal,first=1', 'capacity.overloaded,nth=2', 'auth.iam,nth=1'), 3)).toEqual([500, 503, 200]);
  });

  test('calls that make no image are left alone, but where a path names them', () => {
    expect(faulty('server.internal').mock.handle(get('/v1/models')).status).toBe(200);
    expect(faulty('server.internal,path=/models').mock.handle(get('/v1/models')).status).toBe(500);
  });

  test('everything that is wrong is named', () => {
    expect(() => faulty({ fault: 'quota.rpn', nth: 0, ratio: 2, model: 'gemini-9', from: '1m', to: '30s' })).toThrow(
      /quota\.rpm[\s\S]*gemini-9[\s\S]*nth[\s\S]*ratio[\s\S]*to/,
    );
    expect(() => parseFaultRule('class=server.internal,nht=3')).toThrow(/did you mean nth/);
    expect(() => parseFaultRule('nth=3')).toThrow(/expected a fault/);
  });
});

describe('the delay that a refusal by the day tells', () => {
  const refused = (rpdRetryInfo: 'honest' | 'misleading'): string => {
    const { mock, at } = emulated({ rpd: 1 }, instant(), { rpdRetryInfo });
    mock.handle(generate());
    at(15_000);
    return jsonOf(mock.handle(generate())).error.message;
  };
  test('is honest: until the Pacific midnight', () => expect(refused('honest')).toContain('Please retry in 13h59m45s.'));
  test('or misleading: within the minute', () => expect(refused('misleading')).toContain('Please retry in 45s.'));
});

describe('CONTINUATION', () => {
  test('the SDK goes on until the answer is whole', async () => {
    const { mock } = faulty('continuation,hops=2');
    const server = await listen(mock, { port: 0 });
    const sdk = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: server.url } });
    const whole = await sdk.models.generateContent({ model: PRO, contents: 'a house' });
    expect(whole.candidates?.[0]?.finishReason).toBe('STOP');
    expect(whole.candidates?.[0]?.content?.parts?.some((part) => part.inlineData)).toBe(true);
    const part = await sdk.models.generateContent({ model: PRO, contents: 'a house', config: { automaticContinuation: false } });
    expect(part.candidates?.[0]?.finishReason).toBe('CONTINUATION');
    await server.close();
  });

  test('in a stream too', () => {
    const events = textOf(faulty('continuation').mock.handle(post(`${STREAM}?alt=sse`)));
    expect(events).toMatch(/^data: \{"candidates":.*"finishReason":"CONTINUATION"/);
    expect(jsonOf(faulty('continuation').mock.handle(post(STREAM)))[0].candidates[0].finishReason).toBe('CONTINUATION');
  });
});

describe('through MSW', () => {
  const call = (faults: string[]): Promise<Response | undefined> =>
    getResponse(
      geminiHandlers({ faults }),
      new Request(`https://generativelanguage.googleapis.com${PATH}`, {
        method: 'POST',
        headers: { 'x-goog-api-key': 'any' },
        body: generate().body,
      }),
    );

  test('a rule answers', async () => expect((await call(['capacity.overloaded']))?.status).toBe(503));
  test('a reset is a network error', async () => expect((await call(['reset']))?.type).toBe('error'));
  test('a body that is cut fails as it is read', async () => {
    await expect((await call(['cut']))!.text()).rejects.toThrow(TypeError);
  });
});

describe('a filter withholds pictures, and nothing else', () => {
  const body = { contents: [{ parts: [{ text: 'a house [rundry:safety.prompt]' }] }] };

  test('so tokens of a marked prompt are counted, and unknown paths stay unknown', () => {
    const { mock } = emulated({}, instant());
    expect(jsonOf(mock.handle(post(`/v1/models/${PRO}:countTokens`, body))).totalTokens).toBeGreaterThan(0);
    expect(mock.handle(post('/v1/models:draw', body)).status).toBe(404);
    const header = { 'x-rundry-fault': 'gemini-200-image-safety' };
    expect(jsonOf(mock.handle(get('/v1/models', header))).models).toBeDefined();
  });

  test('and a wrong key is refused before it', () => {
    const { mock } = emulated({}, instant(), { apiKeys: ['right'] });
    expect(mock.handle(post(PATH, body)).status).toBe(400);
    expect(mock.summary().byStatus).toEqual({ 400: 1 });
  });
});
