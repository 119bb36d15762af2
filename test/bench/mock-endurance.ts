/** What the mock holds after very many requests and under very many idle connections. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import autocannon from 'autocannon';
import { ask, start } from './mock.ts';

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
  const server = await start('mock', '429');
  const { child, url } = server;
  const drive = (amount: number): Promise<unknown> =>
    autocannon({ url: url + new globalThis.URL(URL).pathname, method: 'POST', headers: HEADERS, body: BODY, connections: 32, amount });
  const heapMb = async (): Promise<number> => Math.round((await ask(server, 'memory')) / 1e5) / 10;
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
