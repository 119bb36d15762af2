import { getResponse } from 'msw';
import { expect, test } from 'vitest';
import { geminiHandlers } from '../../src/mock/handlers.ts';
import type { PlainRequest } from '../../src/mock/plain.ts';
import { listen } from '../../src/mock/server.ts';
import { scenario } from '../support/scenario.ts';
import { BODY, emulated, generate, get, instant, PRO, post, textOf } from './support.ts';

interface Seen {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** Images, refusals, errors, streams, lists and mistakes, in one order. */
const CALLS: readonly PlainRequest[] = [
  get('/v1/models?pageSize=3'),
  ...Array.from({ length: 12 }, () => generate()),
  post(`/v1beta/models/${PRO}:streamGenerateContent?alt=sse`, BODY, { 'x-rundry-draw': '3.2' }),
  post(`/v1beta/models/${PRO}:streamGenerateContent`),
  post('/v1/models/gemini-3.1-flash-lite-image:streamGenerateContent?alt=sse'),
  post(`/v1/models/${PRO}:countTokens`),
  generate(PRO, '{'),
  generate('nobody'),
  { ...generate(), headers: {} },
  get('/elsewhere'),
];

function fresh(): ReturnType<typeof emulated> {
  const quick = instant().service!;
  const latency = { ...quick.latency, 'gemini-3.1-flash-lite-image': { kind: 'fixed', ms: 0 } } as const;
  return emulated({ ipm: 10 }, { service: { ...quick, latency, errorRatio: 0.2, overloadLatencyMs: 0 } });
}

function viaHandle(): Seen[] {
  const { mock } = fresh();
  return CALLS.map((call) => {
    const answer = mock.handle(call);
    return { status: answer.status, type: answer.headers['content-type'] ?? null, text: textOf(answer) };
  });
}

function fetchInit({ method, headers, body }: PlainRequest): RequestInit {
  return { method, headers: headers as Record<string, string>, ...(method === 'GET' ? {} : { body }) };
}

async function seenOf(response: Response | undefined): Promise<Seen> {
  if (!response) throw new Error('no handler answered');
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

test('the plain core, MSW and node:http answer the same calls with the same bytes', async () => {
  const plain = viaHandle();
  expect(new Set(plain.map(({ status }) => status))).toEqual(new Set([200, 400, 403, 404, 429, 500]));

  const handlers = geminiHandlers({ mock: fresh().mock });
  const msw: Seen[] = [];
  for (const call of CALLS)
    msw.push(
      await seenOf(await getResponse(handlers, new Request(`https://generativelanguage.googleapis.com${call.path}`, fetchInit(call)))),
    );
  expect(msw).toEqual(plain);

  const server = await listen(fresh().mock, { port: 0 });
  const http: Seen[] = [];
  for (const call of CALLS) http.push(await seenOf(await fetch(server.url + call.path, fetchInit(call))));
  await server.close();
  expect(http).toEqual(plain);
});

test('the latency travels in a header to a caller that names a draw, and only to it', async () => {
  const { service } = scenario();
  const { mock } = emulated({}, { service: { ...service, latency: { [PRO]: { kind: 'fixed', ms: 12_345 } } } });
  const handlers = geminiHandlers({ mock });
  const ask = (headers: Record<string, string>): Promise<Response | undefined> =>
    getResponse(
      handlers,
      new Request(`https://generativelanguage.googleapis.com/v1/models/${PRO}:generateContent`, fetchInit(post('', BODY, headers))),
    );
  expect((await ask({ 'x-rundry-draw': '0.1' }))?.headers.get('x-rundry-after-ms')).toBe('12345');
  expect((await ask({}))?.headers.get('x-rundry-after-ms')).toBeNull();
});

test.each([
  'https://us-central1-aiplatform.googleapis.com/v1beta1/publishers/google',
  'https://aiplatform.googleapis.com/v1',
  'https://relay.test/gemini/v1beta',
])('MSW answers at %s', async (prefix) => {
  const handlers = geminiHandlers({ mock: fresh().mock, baseUrl: 'https://relay.test/gemini/' });
  const request = new Request(`${prefix}/models/gemini-3-pro-image:countTokens`, fetchInit(post('')));
  expect((await getResponse(handlers, request))?.status).toBe(200);
  expect(await getResponse(handlers, new Request('https://example.com/v1/models'))).toBeUndefined();
});
