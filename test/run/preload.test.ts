/** `node --import rundry/register`: programs that know nothing of rundry, in processes of their own. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { emptyFolder, ended, ROOT, type Said } from '../cli/rundry.ts';

const CACHE = join(tmpdir(), 'rundry-test-compiled');

const REGISTER = join(ROOT, 'src/register.ts');
const MODEL = 'gemini-3.1-flash-lite-image';
/** A limit of the day and answers at once, so that no clock decides. */
const THREE_A_DAY = `name: three a day
clock: { startAt: 2026-12-01T08:00:00Z, duration: 1h }
quota: { limits: { ${MODEL}: { rpm: none, rpd: 3 } } }
service: { latency: { ${MODEL}: { fixed: 1ms } } }
traffic: [{ name: any, shape: { kind: flood, requests: 1 }, request: { model: ${MODEL} } }]
`;
const SCENARIO = join(emptyFolder(), 'three-a-day.yaml');
writeFileSync(SCENARIO, THREE_A_DAY);
/** Says so on stdout before any socket of this process asks for a connection, and lets none be made but to this machine. */
const WATCH = `data:text/javascript,${encodeURIComponent(`
const { TCP } = process.binding('tcp_wrap');
for (const name of ['connect', 'connect6']) {
  const connect = TCP.prototype[name];
  TCP.prototype[name] = function (request, address, ...rest) {
    console.log('SOCKET to', address);
    return connect.call(this, request, address, ...rest);
  };
}`)}`;

interface How {
  readonly env?: Record<string, string>;
  readonly node?: readonly string[];
}

function app(args: readonly string[], { env = {}, node = [] }: How = {}): Promise<Said> {
  return ended(start(args, { env, node }));
}

function start(args: readonly string[], { env = {}, node = [] }: How = {}) {
  const { GEMINI_API_KEY: _, GOOGLE_API_KEY: __, GOOGLE_GENERATIVE_AI_API_KEY: ___, ...clean } = process.env;
  return spawn(process.execPath, ['--no-deprecation', '--import', WATCH, '--import', REGISTER, ...node, ...args], {
    cwd: ROOT,
    env: { ...clean, NO_COLOR: '1', NODE_COMPILE_CACHE: CACHE, RUNDRY_SCENARIO: SCENARIO, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function code(text: string): string[] {
  return ['--input-type=module', '--eval', text];
}

const CALL = `const call = (key = 'any') => fetch('https://generativelanguage.googleapis.com/v1beta/models/${MODEL}:generateContent', {
  method: 'POST', headers: { 'x-goog-api-key': key }, body: JSON.stringify({ contents: [{ parts: [{ text: 'a house' }] }] }),
}).then(async (answer) => { await answer.arrayBuffer(); return answer.status; });
`;
const DRY = `rundry: tier 1 of best-known, emulated in this process
Requests per day (rpd) of ${MODEL} (p1) ran dry first, `;

describe.concurrent('apps as they are', () => {
  test.for([
    ['sdk.mjs', /^(a \w+: image\/jpeg, \d{5,} bytes\n){3}a cloud: 429\n3 of 4 drawn\n$/],
    ['fetch.mjs', /^(200 STOP\n){3}429 come back later\n$/],
    ['ai-sdk.mjs', /^(a \w+: image\/jpeg\n){3}a cloud: 429\n$/],
  ] as const)('%s gets three pictures and a refusal, without a key or a socket, and stderr says why', async ([name, said], { expect }) => {
    const { code, out, err } = await app([join(ROOT, 'fixtures/apps', name)]);
    expect(code).toBe(0);
    expect(out).toMatch(said);
    expect(err).toContain(DRY);
    expect(err).toMatch(/at a limit of 3\.\nAnswers: 3 x 200, 1 x 429\nRefused by: rpd 1\n$/);
  });

  test('the watch over sockets sees one', async () => {
    const { out } = await app(code(`await fetch('http://127.0.0.1:4449/').catch(() => {});`));
    expect(out).toBe('SOCKET to 127.0.0.1\n');
  });

  test('undici and node:https get the same answers', async () => {
    const { out, err } = await app(
      code(`import { Pool, request } from 'undici';
import https from 'node:https';
const origin = 'https://generativelanguage.googleapis.com', path = '/v1/models/${MODEL}:generateContent';
const body = JSON.stringify({ contents: [{ parts: [{ text: 'a' }] }] }), headers = { 'x-goog-api-key': 'k' };
console.log((await new Pool(origin).request({ path, method: 'POST', headers, body })).statusCode);
console.log((await request(origin + path, { method: 'POST', headers, body })).statusCode);
console.log(await new Promise((resolve) => https.request(origin + path, { method: 'POST', headers }, (answer) => resolve(answer.resume().statusCode)).end(body)));
console.log((await request('https://us-central1-aiplatform.googleapis.com/v1/publishers/google/models/${MODEL}:generateContent', { method: 'POST', headers, body })).statusCode);
process.exit(0);`),
    );
    expect(out).toBe('200\n200\n200\n429\n');
    expect(err).toContain(DRY);
  });
});

describe.concurrent('how a process may end', () => {
  test.for([
    ['process.exit', 'await call(); process.exit(3);', 3],
    ['an error that nobody catches', "await call(); throw new Error('ours');", 1],
    ['a promise that nobody catches', "await call(); await Promise.reject(new Error('ours'));", 1],
    ['its end, with a code', 'await call(); process.exitCode = 7;', 7],
  ] as const)('%s: the verdict is there and the exit code is the app’s', async ([, text, exit], { expect }) => {
    const said = await app(code(CALL + text));
    expect(said.code).toBe(exit);
    expect(said.err).toContain('No bucket ran dry: 1 call answered.\nAnswers: 1 x 200\n');
  });

  test('a signal that it does not mind ends it as ever', async () => {
    const child = start(code(`${CALL}await call(); console.log('ready'); setInterval(() => {}, 1000);`));
    const end = new Promise<NodeJS.Signals | null>((resolve) => child.on('exit', (_, signal) => resolve(signal)));
    const said = ended(child);
    child.stdout?.once('data', () => child.kill('SIGTERM'));
    expect(await end).toBe('SIGTERM');
    expect((await said).err).toContain('1 call answered');
  });

  test('a signal that it handles is its own', async () => {
    const child = start(
      code(`${CALL}process.on('SIGINT', () => setTimeout(() => { console.log('tidied up'); process.exit(5); }, 50));
await call(); console.log('ready'); setInterval(() => {}, 1000);`),
    );
    const said = ended(child);
    child.stdout?.once('data', () => child.kill('SIGINT'));
    expect(await said).toMatchObject({ code: 5, out: 'ready\ntidied up\n', err: expect.stringContaining('1 call answered') });
  });

  test('nothing of ours keeps it alive, called or not', async () => {
    expect(await app(code('console.log(1);'))).toMatchObject({ code: 0, out: '1\n', err: expect.stringContaining('0 calls answered') });
  });

  test('RUNDRY_STRICT: a path that is not served makes the exit code 99, and is named', async () => {
    const text = `await fetch('https://generativelanguage.googleapis.com/v1beta/cachedContents/mine?key=canary');`;
    const [strict, lenient] = await Promise.all([app(code(text), { env: { RUNDRY_STRICT: '1' } }), app(code(text))]);
    expect([strict.code, lenient.code]).toEqual([99, 0]);
    expect(strict.err).toContain('  1 x GET /v1beta/cachedContents/mine\n');
    expect(strict.err).not.toContain('canary');
  });
});

describe.concurrent('threads and children', () => {
  test('worker threads share the buckets of their process', async () => {
    const {
      code: exit,
      out,
      err,
    } = await app(
      code(`import { Worker } from 'node:worker_threads';
${CALL}const inWorker = \` ${CALL.replaceAll('\n', ' ')} import('node:worker_threads').then(async ({ parentPort }) => parentPort.postMessage(await Promise.all([call(), call()])));\`;
const [one, two] = await Promise.all([0, 1].map(() => new Promise((resolve, reject) => new Worker(inWorker, { eval: true }).on('message', resolve).on('error', reject))));
console.log([...one, ...two, await call()].filter((status) => status === 200).length);`),
    );
    expect({ exit, out }).toEqual({ exit: 0, out: '3\n' });
    expect(err).toContain('Answers: 3 x 200, 2 x 429\n');
    expect(err.match(/emulated in this process/g)).toHaveLength(1);
  });

  test('a child that inherits us by NODE_OPTIONS has a tier of its own, and is silent when it does not call', async () => {
    const { out, err } = await app(
      code(`import { execFileSync } from 'node:child_process';
${CALL}await call();
const run = (text) => execFileSync(process.execPath, ['--input-type=module', '--eval', text], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '--import ' + ${JSON.stringify(REGISTER)} } }).toString();
console.log(run('console.log("silent")').trim(), run(${JSON.stringify(`${CALL}console.log(await call(), await call(), await call());`)}).trim());`),
    );
    expect(out).toBe('silent 200 200 200\n');
    expect(err.match(/emulated in this process/g)).toHaveLength(2);
  });
});

describe('other hosts', () => {
  const web = createServer((request, response) => response.end(`web ${request.url}`));
  const mail = createTcpServer((socket) => {
    socket.on('error', () => {});
    socket.write('220 hello\r\n');
    socket.on('data', (data) => socket.write(data));
  });
  let ports: number[];
  beforeAll(async () => {
    const listening = (server: Server) =>
      new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
    ports = [await listening(web as unknown as Server), await listening(mail)];
  });
  afterAll(() => {
    web.close();
    mail.close();
  });

  test('are called as ever: HTTP, a server that speaks first, bytes both ways, a port that nobody has', async () => {
    const { out } = await app(
      code(`import net from 'node:net';
console.log(await (await fetch('http://127.0.0.1:${ports[0]}/a')).text());
console.log(await new Promise((resolve) => {
  let heard = '';
  const socket = net.connect(${ports[1]}, '127.0.0.1').on('data', (data) => {
    heard += data.toString('latin1');
    if (heard.endsWith('hello\\r\\n')) socket.write(Buffer.from([0, 255, 8, 4]));
    if (heard.endsWith('\\x04')) { resolve(JSON.stringify(heard)); socket.destroy(); }
  });
}));
console.log(await new Promise((resolve) => net.connect(9, '127.0.0.1').on('error', (error) => resolve(error.code))));`),
    );
    expect(out.replaceAll('SOCKET to 127.0.0.1\n', '')).toBe('web /a\n"220 hello\\r\\n\\u0000ÿ\\b\\u0004"\nECONNREFUSED\n');
  });

  test('a proxy of the environment is passed by', async () => {
    const env = {
      NODE_USE_ENV_PROXY: '1',
      HTTPS_PROXY: 'http://127.0.0.1:4449',
      https_proxy: 'http://127.0.0.1:4449',
      NO_PROXY: 'else.where',
      no_proxy: '',
    };
    const { out } = await app(code(`${CALL}console.log(await call(), process.env.NO_PROXY);`), { env });
    expect(out).toBe('200 else.where,generativelanguage.googleapis.com,aiplatform.googleapis.com\n');
  });

  test('a way around, by name, goes nowhere', async () => {
    const { out } = await app(
      code(`import dns, { lookup } from 'node:dns';
for (const ask of [dns.lookup, lookup]) console.log(await new Promise((resolve) => ask('generativelanguage.googleapis.com', (error) => resolve(error.code))));
console.log(await new Promise((resolve) => lookup('localhost', (error, address) => resolve(Boolean(address)))));`),
    );
    expect(out).toBe('ENOTFOUND\nENOTFOUND\ntrue\n');
  });
});

describe.concurrent('what the environment says', () => {
  test.for([
    [{ RUNDRY_TIER: '9' }, 'RUNDRY_TIER: expected one of free, 1, 2, 3, found "9"'],
    [{ RUNDRY_SPEED: 'fast' }, 'RUNDRY_SPEED: expected a number above 0'],
    [{ RUNDRY_SEED: '-1' }, 'RUNDRY_SEED: expected a whole number'],
    [{ RUNDRY_START_AT: 'noon' }, 'RUNDRY_START_AT: expected an instant'],
    [{ RUNDRY_SCENARIO: 'nowhere.yaml' }, 'nowhere.yaml: no such file'],
    [{ RUNDRY_LIMITS: '{ dall-e: { rpm: 1 } }' }, 'RUNDRY_LIMITS.dall-e: '],
    [{ RUNDRY_SCENARIO: '', RUNDRY_PROFILE: 'nobody' }, 'profile: expected one of'],
  ] as const)('%j is exit 2 before the app begins', async ([env, problem], { expect }) => {
    const said = await app(code('console.log("begun");'), { env });
    expect(said).toMatchObject({ code: 2, out: '', err: expect.stringContaining(`rundry/register: `) });
    expect(said.err).toContain(problem);
  });

  test('a name that is none of ours is told', async () => {
    expect((await app(code(''), { env: { RUNDRY_TEIR: '2' } })).err).toContain('RUNDRY_TEIR is not known; there are RUNDRY_TIER, ');
  });

  test('a scenario file, and a tier over it', async () => {
    const env = { RUNDRY_SCENARIO: join(ROOT, 'scenarios/burst.yaml'), RUNDRY_TIER: 'free' };
    const { out, err } = await app(code(`${CALL}console.log(await call());`), { env });
    expect(out).toBe('429\n');
    expect(err).toContain('rundry: tier free of');
  });

  test('limits alone, over those of the profile', async () => {
    const env = { RUNDRY_SCENARIO: '', RUNDRY_LIMITS: `{ ${MODEL}: { rpd: 0 } }`, RUNDRY_SEED: '7', RUNDRY_SPEED: '1000' };
    const { out, err } = await app(code(`${CALL}console.log(await call());`), { env });
    expect(out).toBe('429\n');
    expect(err).toContain(`Requests per day (rpd) of ${MODEL} (p1) ran dry first, `);
  });

  test('RUNDRY_QUIET: not a word', async () => {
    expect(await app(code(`${CALL}console.log(await call());`), { env: { RUNDRY_QUIET: '1' } })).toEqual({
      code: 0,
      out: '200\n',
      err: '',
    });
  });
});
