import { getResponse, http } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { geminiHandlers } from '../../src/mock/handlers.ts';
import { BODY, PRO } from './support.ts';

const HOST = 'https://generativelanguage.googleapis.com';
const CALL = `${HOST}/v1/models/${PRO}:generateContent`;
const ours = geminiHandlers({ profile: 'none', baseUrl: 'https://relay.example/gemini', picture: null });

function call(url = CALL): Request {
  const headers = { 'content-type': 'application/json', 'x-goog-api-key': 'any' };
  return new Request(url, { method: 'POST', headers, body: JSON.stringify(BODY) });
}

test.each([
  ['the host of the API', CALL, 200],
  ['a query', `${CALL}?key=any`, 200],
  ['a path of a team’s own', `https://relay.example/gemini/v1/models/${PRO}:generateContent`, 200],
  ['a list of a gateway, with a fragment', 'https://openrouter.ai/api/v1/models#all', 404],
])('%s is answered', async (_, url, status) => {
  expect((await getResponse(ours, call(url)))?.status).toBe(status);
});

test.each([
  ['another host', 'https://example.com/v1/models'],
  ['a host that only begins like the API', 'https://generativelanguage.googleapis.com.example.com/v1/models'],
  ['another path of a gateway', 'https://openrouter.ai/api/v1/modelsets'],
  ['a path beside a team’s own', 'https://relay.example/gemini2/v1/models'],
])('%s is left to other handlers, which can still read the call', async (_, url) => {
  const echo = http.post(url, async ({ request }) => new Response(await request.text()));
  expect(await (await getResponse([...ours, echo], call(url)))?.text()).toBe(JSON.stringify(BODY));
});

test('a handler before ours may look at a call, and leave it', async () => {
  let seen = '';
  const looks = http.post(CALL, async ({ request }) => {
    seen = await request.clone().text();
  });
  expect((await getResponse([looks, ...ours], call()))?.status).toBe(200);
  expect(seen).toBe(JSON.stringify(BODY));
});

test('an image is the reader’s own: it can be cloned, cut up and changed, and the next one is whole', async () => {
  const drawing = geminiHandlers({ profile: 'none' });
  const first = (await getResponse(drawing, call()))!;
  const copy = first.clone();
  const bytes = new Uint8Array(await first.arrayBuffer());
  expect(bytes).toEqual(new Uint8Array(await copy.arrayBuffer()));
  const idLength = 24; // the only part that differs
  const before = bytes.slice(0, -idLength);
  bytes.fill(0);
  const second = (await getResponse(drawing, call()))!;
  const reader = second.body!.getReader({ mode: 'byob' });
  const { value } = await reader.read(new Uint8Array(1_000));
  expect(value).toEqual(before.slice(0, 1_000));
  value!.fill(0);
  await reader.cancel();
  const third = new Uint8Array(await (await getResponse(drawing, call()))!.arrayBuffer());
  expect(third.slice(0, -idLength)).toEqual(before);
});

const server = setupServer(...ours);
beforeAll(() => server.listen({ onUnhandledFrame: 'bypass' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

test('a team’s server tells its listeners of our answers as of any other', async () => {
  const told = Promise.all([
    new Promise((resolve) => server.events.on('request:match', ({ handler }) => resolve(ours.includes(handler)))),
    new Promise((resolve) => server.events.on('response:mocked', ({ response }) => resolve(response.status))),
    new Promise((resolve) => server.events.on('request:end', ({ request }) => resolve(request.url))),
  ]);
  await (await fetch(call())).arrayBuffer();
  expect(await told).toEqual([true, 200, CALL]);
});

test('a team’s own handler for one test goes before ours', async () => {
  server.use(http.post(CALL, () => new Response('busy', { status: 503 }), { once: true }));
  expect((await fetch(call())).status).toBe(503);
  expect((await fetch(call())).status).toBe(200);
});
