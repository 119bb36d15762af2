import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { calendar, listen } from '../../src/mock/server.ts';
import { SetupError } from '../../src/model/errors.ts';
import { scenario } from '../support/scenario.ts';
import { emulated, generate, PRO } from './support.ts';

const CALL = { method: 'POST', headers: { 'x-goog-api-key': 'any' }, body: generate().body };
const PATH = `/v1/models/${PRO}:generateContent`;

function taking(ms: number): ReturnType<typeof emulated> {
  return emulated({}, { service: { ...scenario().service, latency: { [PRO]: { kind: 'fixed', ms } } } });
}

/** The mock, and a promise of the instant from which its first call waits for the answer. */
function told({ mock }: ReturnType<typeof emulated>) {
  const called = Promise.withResolvers<void>();
  const handle: typeof mock.handle = (call) => {
    called.resolve();
    return mock.handle(call);
  };
  return { mock: { handle }, isCalled: called.promise };
}

test('a port that is taken is exit 3 and named', async () => {
  const first = await listen(emulated({}).mock, { port: 0 });
  const second = listen(emulated({}).mock, { port: first.port });
  await expect(second).rejects.toThrow(SetupError);
  await expect(second).rejects.toThrow(String(first.port));
  await first.close();
});

test('an answer comes after its latency, divided by the speed, and not before', async () => {
  const server = await listen(taking(6_000).mock, { port: 0, speed: 60 });
  const startedMs = performance.now();
  expect((await fetch(server.url + PATH, CALL)).status).toBe(200);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(100);
  await server.close();
});

test('chunked bodies and Expect: 100-continue are understood', async () => {
  const server = await listen(taking(0).mock, { port: 0 });
  const call = request(server.url + PATH, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'any', expect: '100-continue', 'transfer-encoding': 'chunked' },
  });
  call.flushHeaders();
  await once(call, 'continue');
  const half = CALL.body.length / 2;
  call.write(CALL.body.slice(0, half));
  call.end(CALL.body.slice(half));
  const [response] = await once(call, 'response');
  expect(response.statusCode).toBe(200);
  response.resume();
  await once(response, 'end');
  await server.close();
});

test('a body above 100 MB is 413 before it is read', async () => {
  const server = await listen(taking(0).mock, { port: 0 });
  const call = request(server.url + PATH, { method: 'POST', headers: { 'content-length': 100 * 1024 * 1024 + 1 } });
  call.on('error', () => {}); // the server hangs up on the rest
  call.flushHeaders();
  const [response] = await once(call, 'response');
  expect(response.statusCode).toBe(413);
  response.resume();
  await server.close();
});

test('a client that leaves before its answer does no harm, and close does not wait for it', async () => {
  const [one, other] = [told(taking(600_000)), told(taking(600_000))];
  let handle = one.mock.handle;
  const server = await listen({ handle: (call) => handle(call) }, { port: 0 });
  const gone = connect(server.port, '127.0.0.1');
  gone.write(`POST ${PATH} HTTP/1.1\r\nhost: x\r\nx-goog-api-key: any\r\ncontent-length: ${CALL.body.length}\r\n\r\n${CALL.body}`);
  await one.isCalled;
  gone.destroy();
  handle = other.mock.handle;
  const waiting = fetch(server.url + PATH, CALL).catch((error: unknown) => error);
  await other.isCalled;
  await server.close(10);
  expect(await waiting).toBeInstanceOf(TypeError);
});

test('an answer that is nearly due is still given at the end', async () => {
  const { mock, isCalled } = told(taking(100));
  const server = await listen(mock, { port: 0 });
  const waiting = fetch(server.url + PATH, CALL);
  await isCalled;
  await server.close(600_000);
  expect((await waiting).status).toBe(200);
});

test('200 calls at once never admit one too many', async () => {
  const { mock } = emulated({ ipm: 37 }, { service: { ...scenario().service, latency: { [PRO]: { kind: 'fixed', ms: 5 } } } });
  const server = await listen(mock, { port: 0 });
  const statuses = await Promise.all(Array.from({ length: 200 }, async () => (await fetch(server.url + PATH, CALL)).status));
  await server.close();
  expect(statuses.filter((status) => status === 200)).toHaveLength(37);
});

test('the calendar starts where it is told and runs at its speed', async () => {
  const now = calendar(1_000_000, 1_000);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const atMs = now();
  expect(Number.isInteger(atMs)).toBe(true);
  expect(atMs).toBeGreaterThanOrEqual(1_000_000 + 15_000);
});
