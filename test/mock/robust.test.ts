/** Clients that misbehave, come in crowds or leave: the mock answers what it can, says what it could not, and goes on. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { coverCatalogue } from '../../src/mock/emulated.ts';
import { Mock } from '../../src/mock/handle.ts';
import type { MockAnswerRow } from '../../src/mock/rows.ts';
import { type ListenOptions, listen, type MockServer } from '../../src/mock/server.ts';
import { classOf } from '../../src/model/reply.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { service } from '../../src/service/service.ts';
import { limits, scenario } from '../support/scenario.ts';
import { emulated, generate, instant, PRO, post } from './support.ts';

const PATH = `/v1/models/${PRO}:generateContent`;
const CALL = { method: 'POST', headers: { 'x-goog-api-key': 'any' }, body: generate().body };
const CLI = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

const open: { server: MockServer | null; sockets: Socket[]; child: ChildProcess | null } = { server: null, sockets: [], child: null };

afterEach(async () => {
  for (const socket of open.sockets.splice(0)) socket.destroy();
  await open.server?.close(0);
  open.server = null;
  open.child?.kill('SIGKILL');
  open.child = null;
});

interface Served {
  readonly server: MockServer;
  readonly troubles: string[];
  /** That it still answers, which is what everything here comes to. */
  isWell(): Promise<void>;
}

async function served(options: Partial<ListenOptions> = {}): Promise<Served> {
  const troubles: string[] = [];
  const server = await listen(emulated({}, instant()).mock, { port: 0, onTrouble: (text) => troubles.push(text), ...options });
  open.server = server;
  const isWell = async (): Promise<void> => {
    let status = 408;
    while (status === 408) status = await statusOf(server.url, options.headMsMax !== undefined);
    expect(status).toBe(200);
  };
  return { server, troubles, isWell };
}

/** A server as impatient as some tests make it may find this very call too slow: then it is made again. */
async function statusOf(url: string, isImpatient: boolean): Promise<number> {
  const response = await fetch(url + PATH, CALL).catch((error: unknown) => {
    if (!isImpatient) throw error;
    return { status: 408 };
  });
  return response.status;
}

async function dial({ server }: Served): Promise<Socket> {
  const socket = connect(server.port, '127.0.0.1');
  socket.on('error', () => {}); // to be hung up on is what is tested
  open.sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

async function heard(socket: Socket): Promise<string> {
  let text = '';
  socket.setEncoding('utf8').on('data', (piece) => (text += piece));
  await once(socket, 'close');
  return text;
}

test('a head that never ends is hung up on with 408, and told', async () => {
  const one = await served({ headMsMax: 100 });
  const sockets = await Promise.all(Array.from({ length: 20 }, () => dial(one)));
  const answers = sockets.map(heard);
  for (const socket of sockets) socket.write(`POST ${PATH} HTTP/1.1\r\nx-goog-api-k`);
  for (const answer of await Promise.all(answers)) expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  expect(one.troubles).toHaveLength(20);
  expect(one.troubles[0]).toBe('a client did not finish its call in time: answered 408 Request Timeout');
  await one.isWell();
});

test('a body that never ends is too', async () => {
  const one = await served({ headMsMax: 50 });
  const socket = await dial(one);
  const answer = heard(socket);
  socket.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`);
  expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
  await one.isWell();
});

test('what is no HTTP is answered 400, too long a head 431', async () => {
  const one = await served();
  for (const [bytes, status] of [
    ['\x16\x03\x01\x02\x00\x01\x00\x01', 400],
    ['SSH-2.0-OpenSSH_9.6\r\n\r\n', 400],
    [`GET /v1/models HTTP/1.1\r\nx: ${'y'.repeat(64 * 1024)}\r\n\r\n`, 431],
  ] as const) {
    const socket = await dial(one);
    const answer = heard(socket);
    socket.write(bytes);
    expect(await answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  }
  expect(one.troubles).toHaveLength(3);
  await one.isWell();
});

test.each([
  ['announced', { 'content-length': '2000' }],
  ['in chunks', { 'transfer-encoding': 'chunked' }],
])('a body beyond the limit, %s, is 413 and told', async (_, headers) => {
  const one = await served({ bodyBytesMax: 1_000 });
  const call = request(one.server.url + PATH, { method: 'POST', headers: { 'x-goog-api-key': 'any', ...headers } });
  call.on('error', () => {}); // the server hangs up on the rest
  call.write('{"contents":[{"parts":[{"text":"'.padEnd(1_500, 'x'));
  const [response] = await once(call, 'response');
  expect(response.statusCode).toBe(413);
  response.resume();
  call.destroy();
  expect(one.troubles).toEqual(['a client sent a body of more than 1000 bytes: answered 413']);
  await one.isWell();
});

test('no body makes it fall over', () => {
  const { mock } = emulated({}, instant());
  const near = fc
    .mixedCase(fc.constant(generate().body))
    .chain((text) => fc.nat(text.length).map((at) => text.slice(0, at) + text.slice(at + 1)));
  const fields = fc.dictionary(fc.constantFrom('contents', 'generationConfig', 'imageConfig', 'parts', 'text', 'x'), fc.anything());
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        near,
        fields.map((value) => JSON.stringify(value) ?? ''),
        fc.json(),
      ),
      (body) => {
        const { status } = mock.handle(post(PATH, body));
        expect([200, 400]).toContain(status);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('300 idle connections are in nobody’s way, and close does not wait for them', async () => {
  const one = await served();
  const idle = await Promise.all(Array.from({ length: 300 }, () => dial(one)));
  await one.isWell();
  const gone = Promise.all(idle.map((socket) => once(socket.resume(), 'close')));
  await one.server.close(60_000);
  open.server = null;
  await gone;
});

test('clients that leave in the middle of everything do no harm', async () => {
  const one = await served();
  const head = `POST ${PATH} HTTP/1.1\r\nhost: x\r\nx-goog-api-key: any\r\ncontent-length: ${CALL.body.length}\r\n\r\n`;
  for (const bytes of ['', head.slice(0, 30), head, head + CALL.body.slice(0, 5), head + CALL.body, head + CALL.body + head]) {
    for (const how of ['destroy', 'resetAndDestroy'] as const) {
      const socket = await dial(one);
      if (bytes !== '') socket.write(bytes);
      await new Promise((resolve) => setImmediate(resolve));
      socket[how]();
    }
  }
  await one.isWell();
  expect(one.troubles).toEqual([]);
});

test.each(['fixed', 'sliding', 'token-bucket'] as const)(
  '200 clients at once are admitted as the simulator admits them at the same instants (%s)',
  async (window) => {
    const base = scenario();
    const of: Scenario = coverCatalogue({
      ...base,
      quota: { ...base.quota, window, limits: limits({ rpm: 90, tpm: 400 }) },
      service: { ...base.service, ...instant().service, errorRatio: 0.2 },
    });
    const { startAtMs } = of.clock;
    const rows: MockAnswerRow[] = [];
    // Real instants, a hundred times as fast, so that windows pass while the crowd calls.
    const startedMs = performance.now();
    const nowMs = (): number => startAtMs + Math.floor((performance.now() - startedMs) * 100);
    const mock = new Mock({ service: service(of, 1), startAtMs, nowMs, picture: null, onAnswer: (row) => rows.push(row) });
    const server = await listen(mock, { port: 0 });
    open.server = server;
    const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await fetch(server.url + PATH, CALL)).status));
    expect(rows).toHaveLength(200);

    const simulated = service(of, 1);
    const spec = requestSpec(PRO, '1K', 2, 0);
    const expected = rows.map(({ atMs, draw }) => {
      const { reply } = simulated.answer({ project: 0, spec }, draw, startAtMs + atMs);
      return classOf(reply);
    });
    expect(rows.map((row) => row.class)).toEqual(expected);
    expect(statuses.filter((status) => status === 200)).toHaveLength(expected.filter((one) => one === null).length);
    expect(new Set(expected).size).toBeGreaterThan(1);
  },
);

test('SIGTERM under load: what is answered is whole, the summary is told, the exit code is 0', async () => {
  const child = spawn(process.execPath, [CLI, 'mock', '--port', '0', '--profile', 'none'], { stdio: ['ignore', 'pipe', 'pipe'] });
  open.child = child;
  let out = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (piece) => (errors += piece));
  const ready = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (piece) => {
      out += piece;
      const url = /listening on (\S+)/.exec(out)?.[1];
      if (url) resolve(url);
    });
  });
  const url = await ready;
  let answered = 0;
  let isOver = false;
  const asking = async (): Promise<void> => {
    while (!isOver) {
      const marked = { contents: [{ parts: [{ text: '[rundry:gemini-503-overloaded]' }] }] };
      const response = await fetch(url + PATH, { ...CALL, body: JSON.stringify(marked) }).catch(() => null);
      if (response === null) return;
      if (((await response.json()) as { error: { code: number } }).error.code === 503) answered += 1;
    }
  };
  const clients = Array.from({ length: 20 }, asking);
  while (answered < 200) await new Promise((resolve) => setTimeout(resolve, 5));
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  isOver = true;
  await Promise.all(clients);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const told = Number(/(\d+(?:,\d+)*) calls answered/.exec(out)?.[1]?.replaceAll(',', ''));
  expect(told).toBeGreaterThanOrEqual(answered);
  expect(told - answered).toBeLessThanOrEqual(20);
});
