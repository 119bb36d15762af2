/** `rundry record` in front of our own mock and of upstreams that behave in every way: the client notices nothing, the journal says nothing secret. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { GoogleGenAI } from '@google/genai';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { journalJsonSchema } from '../../src/journal/json-schema.ts';
import { ScenarioError, SetupError } from '../../src/model/errors.ts';
import type { AttemptRow, Row } from '../../src/model/rows.ts';
import { Recording } from '../../src/run/record/recording.ts';
import { replayScenario } from '../../src/run/replay-scenario.ts';
import { simulate } from '../../src/run/simulate.ts';
import { emptyFolder, ended, start } from '../cli/rundry.ts';
import { emulated, open, record } from './record-support.ts';

const KEY = 'AIzaKeyCanaryKeyCanary';
const PROMPT = 'PromptCanary, a house';
const PICTURE = Buffer.from('PictureCanary').toString('base64');
const MODEL = 'gemini-3.1-flash-lite-image';
const PATH = `/v1beta/models/${MODEL}:generateContent`;
const BODY = JSON.stringify({
  contents: [{ role: 'user', parts: [{ text: PROMPT }, { inlineData: { mimeType: 'image/png', data: PICTURE } }] }],
});

async function mock(limits: object): Promise<string> {
  const { url } = await emulated([
    { path: 'quota.limits', value: { [MODEL]: limits } },
    { path: 'service.latency', value: { [MODEL]: { fixed: '1ms' } } },
  ]);
  return url;
}

async function upstream(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function post(url: string, init: RequestInit = {}): Promise<Response> {
  return fetch(url + PATH, { method: 'POST', headers: { 'content-type': 'application/json', 'x-goog-api-key': KEY }, body: BODY, ...init });
}

describe('in front of the mock', () => {
  test("the SDK's pictures, streams and refusals pass, and replay meets them again under other limits", async () => {
    const recording = await record(await mock({ rpm: 3, rpd: 'none' }));
    const ai = new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: recording.url } });
    const draw = (n: number) => ai.models.generateContent({ model: MODEL, contents: `${PROMPT} ${n}` });
    expect((await draw(1)).candidates?.[0]?.content?.parts?.[0]?.inlineData?.mimeType).toBe('image/jpeg');
    const finishes: unknown[] = [];
    for await (const chunk of await ai.models.generateContentStream({ model: MODEL, contents: PROMPT }))
      finishes.push(chunk.candidates?.[0]?.finishReason);
    expect(finishes).toEqual([undefined, 'STOP']);
    expect((await ai.models.countTokens({ model: MODEL, contents: PROMPT })).totalTokens).toBeGreaterThan(2);
    await draw(3);
    await expect(draw(4)).rejects.toMatchObject({ status: 429 });
    await expect(draw(5)).rejects.toMatchObject({ status: 429, message: expect.stringContaining('quotaValue') });
    expect(await recording.close()).toEqual({ recorded: 5, others: 1 });

    expect(recording.attempts()).toMatchObject([
      { n: 1, httpStatus: 200, outcome: 'delivered', model: MODEL, size: '1K', usage: { imageTokens: 1120 } },
      { httpStatus: 200, outcome: 'delivered', usage: { imageTokens: 1120 } },
      { httpStatus: 200, outcome: 'delivered' },
      { httpStatus: 429, outcome: 'failed', class: 'quota.rpm', buckets: ['rpm'], quotaValue: 3, usage: null, message: null },
      { httpStatus: 429, outcome: 'failed' },
    ]);
    // By the day: however long the calls took, they are of one.
    const loaded = (rpd: string) => replayScenario(recording.folder, { settings: [{ path: `quota.limits."${MODEL}".rpd`, value: rpd }] });
    const delivered = (limit: string) => simulate(loaded(limit).scenario, 1).summary.requests;
    expect(delivered('2')).toMatchObject({ offered: 5, delivered: 2 });
    expect(delivered('none')).toMatchObject({ offered: 5, delivered: 5 });
  });

  test('no key, prompt or picture is in the journal, and each of its rows is of the schema', async () => {
    const recording = await record(await mock({ rpm: 1 }));
    await post(recording.url);
    await post(recording.url);
    await post(recording.url, { headers: { authorization: `Bearer ${KEY}` } });
    await fetch(`${recording.url}${PATH}?key=${KEY}`, { method: 'POST', body: BODY });
    await post(recording.url, { body: `{ "contents": "${PROMPT}` });
    await fetch(`${recording.url}/v1beta/models?key=${KEY}`);
    await recording.close();
    expect(recording.text()).not.toMatch(/canary|UGljdHVyZUNhbmFyeQ/i);
    expect(recording.attempts()).toMatchObject([{ n: 1 }, { n: 1 }, { n: 2 }, { n: 3 }, { class: 'request.invalid' }]);
    expect(recording.attempts().map(({ referenceImages, inputTokens }) => [referenceImages, inputTokens > 258])).toEqual([
      ...Array(4).fill([1, true]),
      [0, false],
    ]);
    const validate = new Ajv2020({ strict: false, formats: { 'date-time': true } }).compile(journalJsonSchema());
    for (const row of recording.rows()) {
      validate(row);
      expect(validate.errors, row.kind).toBe(null);
    }
  });
});

describe('what passes', () => {
  test('goes up and comes down as it is, but for what belongs to a connection', async () => {
    let seen: { url?: string | undefined; headers: Record<string, unknown>; body: string } | null = null;
    const url = await upstream((request, response) => {
      let body = '';
      request
        .on('data', (piece) => (body += piece))
        .on('end', () => {
          seen = { url: request.url, headers: request.headers, body };
          response.writeHead(203, {
            'x-own': 'kept',
            'set-cookie': ['a=1', 'b=2'],
            'keep-alive': 'timeout=5',
            connection: 'x-hop',
            'x-hop': 'dropped',
          });
          response.end('as it is');
        });
    });
    const recording = await record(`${url}/prefix/`);
    const answer = await post(recording.url, {
      method: 'PUT',
      headers: { 'x-goog-api-key': KEY, 'x-own': 'up', te: 'trailers', 'proxy-authorization': 'no' },
    });
    expect([
      answer.status,
      await answer.text(),
      answer.headers.get('x-own'),
      answer.headers.getSetCookie(),
      answer.headers.get('x-hop'),
    ]).toEqual([...[203, 'as it is', 'kept', ['a=1', 'b=2'], null]]);
    expect(seen).toMatchObject({
      url: `/prefix${PATH}`,
      body: BODY,
      headers: { host: new URL(url).host, 'x-goog-api-key': KEY, 'x-own': 'up' },
    });
    expect(Object.keys(seen!.headers)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(te|proxy-authorization)$/)]));
    expect(await recording.close()).toEqual({ recorded: 0, others: 1 });
  });

  test('compressed answers stay so on the way, and are understood all the same', async () => {
    const refusal = { error: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' } };
    const packed = gzipSync(JSON.stringify(refusal));
    const url = await upstream((request, response) => {
      request.resume();
      response.writeHead(503, { 'content-encoding': 'gzip', 'content-type': 'application/json', 'content-length': packed.length });
      response.end(packed);
    });
    const recording = await record(url);
    const raw = await rawCall(recording.url);
    expect(raw.head).toContain('content-encoding: gzip');
    expect(JSON.parse(gunzipSync(raw.body).toString())).toEqual(refusal);
    await recording.close();
    expect(recording.attempts()).toMatchObject([{ httpStatus: 503, class: 'capacity.overloaded', outcome: 'failed' }]);
  });

  test('events arrive one by one, not when all of them are there', async () => {
    let release = (): void => {};
    const url = await upstream((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}]}\r\n\r\n');
      release = () =>
        response.end(
          'data: {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"totalTokenCount":1127}}\r\n\r\n',
        );
    });
    const recording = await record(url);
    const answer = await post(recording.url);
    const reader = answer.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).toContain('image/png');
    release();
    expect(Buffer.from((await reader.read()).value!).toString()).toContain('STOP');
    expect((await reader.read()).done).toBe(true);
    await recording.close();
    expect(recording.attempts()).toMatchObject([{ outcome: 'delivered', inputTokens: 7 }]);
  });

  test('big bodies, both ways', async () => {
    const size = 20 * 1024 * 1024;
    const url = await upstream((request, response) => {
      let bytes = 0;
      request
        .on('data', (piece) => (bytes += piece.length))
        .on('end', () => {
          response.writeHead(200);
          response.end(Buffer.alloc(bytes, 'x'));
        });
    });
    const recording = await record(url);
    const answer = await post(recording.url, { body: Buffer.alloc(size, 'y') });
    expect((await answer.arrayBuffer()).byteLength).toBe(size);
    await recording.close();
    expect(recording.text().length).toBeLessThan(100_000);
  });
});

describe('when something breaks', () => {
  test('an upstream that is down is a 502 as Google would put it', async () => {
    const recording = await record('http://127.0.0.1:9');
    const answer = await post(recording.url);
    expect(answer.status).toBe(502);
    expect(await answer.json()).toEqual({
      error: { code: 502, status: 'UNAVAILABLE', message: 'rundry record: the upstream did not answer (ECONNREFUSED).' },
    });
    await recording.close();
    expect(recording.attempts()).toMatchObject([{ httpStatus: null, class: 'network.unreachable', outcome: 'failed' }]);
  });

  test('an upstream that breaks off in the middle breaks off here', async () => {
    const url = await upstream((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-length': 1000 });
      response.write('half', () => response.destroy());
    });
    const recording = await record(url);
    await expect(post(recording.url).then((answer) => answer.text())).rejects.toThrow();
    await recording.close();
    expect(recording.attempts()).toMatchObject([{ httpStatus: null, class: 'network.unreachable', outcome: 'failed' }]);
  });

  test('a caller that goes away is told to the upstream, and to the journal', async () => {
    const gone = Promise.withResolvers<void>();
    const called = Promise.withResolvers<void>();
    const url = await upstream((request, response) => {
      request.resume();
      response.on('close', () => gone.resolve());
      called.resolve();
    });
    const recording = await record(url);
    const abort = new AbortController();
    const answer = post(recording.url, { signal: abort.signal });
    await called.promise;
    abort.abort();
    await expect(answer).rejects.toThrow();
    await gone.promise;
    await recording.close();
    expect(recording.attempts()).toMatchObject([{ httpStatus: null, class: 'client.cancelled' }]);
  });

  test.each(['nonsense', 'ftp://host', 'http://user:secret@host', 'http://host/?key=secret'])(
    'upstream %s is exit 2, and not repeated',
    async (upstream) => {
      const error = await record(upstream).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ScenarioError);
      expect((error as Error).message).not.toMatch(/secret|nonsense/);
    },
  );

  test('a folder with another journal is exit 3, and so is a port that is taken, which leaves no file behind', async () => {
    const first = await record('http://127.0.0.1:9');
    await expect(record('http://127.0.0.1:9', { folder: first.folder })).rejects.toThrow(SetupError);
    const folder = join(emptyFolder(), 'x');
    await expect(record('http://127.0.0.1:9', { folder, port: Number(new URL(first.url).port) })).rejects.toThrow(SetupError);
    await expect(record('http://127.0.0.1:9', { folder })).resolves.toBeTruthy();
  });
});

describe('requests and their retries', () => {
  test('the same body within a minute after a failure is a retry; later, or after a picture, it is another request', () => {
    const rows: Row[] = [];
    const recording = new Recording((row) => rows.push({ ...row }));
    const refused = {
      kind: 'refused',
      httpStatus: 429,
      class: 'quota.rpm',
      violations: [],
      retryAfterMs: 5_000,
      message: 'secret',
    } as const;
    const image = { kind: 'image', images: 1, usage: { promptTokens: 9, imageTokens: 1120, thoughtsTokens: 0, otherTokens: 0 } } as const;
    const call = (atMs: number, reply: typeof refused | typeof image) =>
      recording.ended(recording.began('POST', PATH, BODY, atMs)!, reply, atMs + 10);
    call(0, refused);
    call(5_000, refused);
    call(20_000, image);
    call(30_000, refused);
    call(95_000, image);
    recording.close(100_000);
    const attempts = rows.filter((row): row is AttemptRow => row.kind === 'attempt');
    expect(attempts.map(({ request, n, dueMs, outcome }) => [request, n, dueMs, outcome])).toEqual([
      [0, 1, 0, null],
      [0, 2, 0, null],
      [0, 3, 0, 'delivered'],
      [1, 1, 30_000, 'failed'],
      [2, 1, 95_000, 'delivered'],
    ]);
    expect(attempts[0]).toMatchObject({ retryAtMs: 5_010, message: null });
    expect(rows.at(-1)).toMatchObject({ kind: 'end', requests: 3, attempts: 5, reason: 'done' });
  });
});

describe('the command', () => {
  async function recordCommand(url: string, out: string) {
    const child = start(['record', '--upstream', url, '--port', '0', '--out', out]);
    const end = ended(child);
    const at = await new Promise<string>((resolve) =>
      child.stdout?.once('data', (text) => resolve(/listening on (\S+)/.exec(String(text))![1]!)),
    );
    return { child, end, at };
  }

  test('SIGTERM ends the journal; a kill keeps what was written, and both replay', async () => {
    const url = await mock({ rpm: 100 });
    const folder = emptyFolder();
    const [clean, killed] = await Promise.all([recordCommand(url, join(folder, 'clean')), recordCommand(url, join(folder, 'killed'))]);
    for (const { at } of [clean, killed]) for (let n = 0; n < 3; n++) await (await post(at)).arrayBuffer();
    clean.child.kill('SIGTERM');
    killed.child.kill('SIGKILL');
    const said = await clean.end;
    await killed.end;
    expect(said).toMatchObject({ code: 0, err: '', out: expect.stringContaining('3 image calls recorded in ') });
    expect(JSON.stringify(said)).not.toMatch(/canary/i);
    for (const name of ['clean', 'killed']) {
      const { scenario } = replayScenario(join(folder, name), {});
      expect(simulate(scenario, 1).summary.requests, name).toMatchObject({ offered: 3, delivered: 3 });
    }
  });
});

/** Bytes as they are, without anybody unpacking them. */
function rawCall(url: string): Promise<{ head: string; body: Buffer }> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(
        `POST ${PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept-encoding: gzip\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`,
      ),
    );
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('error', reject);
    socket.on('end', () => {
      const all = Buffer.concat(pieces);
      const mark = all.indexOf('\r\n\r\n');
      resolve({ head: all.subarray(0, mark).toString().toLowerCase(), body: all.subarray(mark + 4) });
    });
  });
}
