/** What the mock holds after very many requests and under very many idle connections; and what its MSW handlers add to MSW. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import autocannon from 'autocannon';
import { getResponse, HttpResponse, http, type RequestHandler } from 'msw';
import { geminiHandlers } from '../../src/mock/index.ts';
import { median } from './measure.ts';
import { start } from './mock.ts';

const URL = 'https://generativelanguage.googleapis.com/v1/models/gemini-3-pro-image:generateContent';
const BODY = '{"contents":[{"role":"user","parts":[{"text":"a red mug"}]}]}';
const HEADERS = { 'content-type': 'application/json', 'x-goog-api-key': 'bench' };

export interface EnduranceRow {
  readonly requests: number;
  /** After a tenth of the requests, and after all of them. */
  readonly earlyMb: number;
  readonly lateMb: number;
}

/** Heap of the server in MB: flat when the second is not above the first. */
export async function benchMemory(requests: number): Promise<EnduranceRow> {
  const { child, url } = await start('mock', '429');
  const drive = (amount: number): Promise<unknown> =>
    autocannon({ url: url + new globalThis.URL(URL).pathname, method: 'POST', headers: HEADERS, body: BODY, connections: 32, amount });
  const heapMb = async (): Promise<number> => {
    child.send('memory');
    const [bytes] = await once(child, 'message');
    return Math.round(Number(bytes) / 1e5) / 10;
  };
  await drive(requests / 10);
  const earlyMb = await heapMb();
  await drive(requests - requests / 10);
  const lateMb = await heapMb();
  child.kill();
  return { requests, earlyMb, lateMb };
}

export interface IdleRow {
  readonly idleConnections: number;
  readonly answeredOf100: number;
}

/** Idle connections are opened and kept, then a hundred calls are made beside them. */
export async function benchIdle(connections: number): Promise<IdleRow> {
  const { child, url } = await start('mock', '429');
  const port = Number(new globalThis.URL(url).port);
  const sockets: Socket[] = [];
  for (let opened = 0; opened < connections; opened += 500) {
    const some = Array.from({ length: Math.min(500, connections - opened) }, () => connect(port, '127.0.0.1'));
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    sockets.push(...some);
  }
  let answered = 0;
  for (let call = 0; call < 100; call++) {
    const response = await fetch(url + new globalThis.URL(URL).pathname, { method: 'POST', headers: HEADERS, body: BODY });
    if (response.status === 429) answered += 1;
    await response.arrayBuffer();
  }
  for (const socket of sockets) socket.destroy();
  child.kill();
  return { idleConnections: sockets.length, answeredOf100: answered };
}

export interface HandlersRow {
  readonly oursMicros: number;
  readonly bareMicros: number;
  readonly ratio: number;
}

/** One answer through MSW: our handlers against a handler that sends the same bytes. */
export async function benchHandlers(rounds: number, calls: number): Promise<HandlersRow> {
  const ours = geminiHandlers({ picture: null, limits: { 'gemini-3-pro-image': { rpd: 0 } } });
  const sample = await (await answer(ours)).text();
  const bare = [
    http.all(/^https:\/\/generativelanguage\.googleapis\.com\//, async ({ request }) => {
      await request.text();
      return new HttpResponse(sample, { status: 429, headers: { 'content-type': 'application/json; charset=UTF-8' } });
    }),
  ];
  const pairs: { ours: number; bare: number }[] = [];
  for (let round = 0; round < rounds; round++) pairs.push({ ours: await micros(ours, calls), bare: await micros(bare, calls) });
  return {
    oursMicros: median(pairs.map((pair) => pair.ours)),
    bareMicros: median(pairs.map((pair) => pair.bare)),
    ratio: median(pairs.map((pair) => pair.ours / pair.bare)),
  };
}

async function answer(handlers: RequestHandler[]): Promise<Response> {
  const response = await getResponse(handlers, new Request(URL, { method: 'POST', headers: HEADERS, body: BODY }));
  if (!response) throw new Error(`nobody answers ${URL}`);
  return response;
}

async function micros(handlers: RequestHandler[], calls: number): Promise<number> {
  const startedMs = performance.now();
  for (let call = 0; call < calls; call++) await (await answer(handlers)).text();
  return ((performance.now() - startedMs) * 1_000) / calls;
}
