/** Live runs against a mock in this process: what begins, what stops them, and what they leave. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import { SetupError } from '../../../src/model/errors.ts';
import type { EndRow, HeaderRow, SentRow } from '../../../src/model/rows.ts';
import { learn } from '../../../src/run/live/lessons.ts';
import { promptsFrom } from '../../../src/run/live/prompts.ts';
import { parseScenario } from '../../../src/run/scenario-file.ts';
import { type RunningMock, startMock } from '../../../src/run/start-mock.ts';
import { type Answering, answering, canaryOf, imageBody, journalOf, json, KEY, live } from '../../support/live.ts';

const LITE = 'gemini-3.1-flash-lite-image';
const root = mkdtempSync(join(tmpdir(), 'rundry-live-'));
afterAll(() => rmSync(root, { recursive: true }));
let folders = 0;
const newFolder = (): string => join(root, `run${folders++}`);

const open: (RunningMock | Answering)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** The live side: its own limits, windows and overload. */
async function service(rest: string, keys: readonly string[] = [KEY]): Promise<RunningMock> {
  const { scenario } = parseScenario(
    `clock: { startAt: 2026-12-01T18:00:00Z, duration: 1h }\ntraffic: [{ shape: { kind: flood, requests: 1 }, request: { model: ${LITE} } }]\n${rest}`,
    'mock.yaml',
  );
  const mock = await startMock({ scenario, seed: 5, port: 0, apiKeys: keys });
  open.push(mock);
  return mock;
}

async function server(...args: Parameters<typeof answering>): Promise<Answering> {
  const one = await answering(...args);
  open.push(one);
  return one;
}

const FAST = `service: { latency: { ${LITE}: { fixed: 30ms } } }`;
const NONE = `quota: { profile: none }\n${FAST}`;

const flood = (requests: number, rest = ''): string => `name: live
clock: { duration: 20s, drain: 1h }
quota: { profile: none, limits: { ${LITE}: { rpm: 10 } }, window: sliding }
${FAST}
traffic: [{ name: all, shape: { kind: flood, requests: ${requests} }, request: { model: ${LITE} } }]
${rest}`;

const sentOf = (folder: string): SentRow[] => journalOf(folder).filter((row) => row.kind === 'sent');
const endOf = (folder: string): EndRow | undefined => journalOf(folder).find((row) => row.kind === 'end');

test('what was not agreed to is not sent, and leaves no folder', async () => {
  const mock = await service(NONE);
  const folder = newFolder();
  let plan = '';
  const confirm = async (text: string): Promise<boolean> => {
    plan = text;
    return false;
  };
  expect(await live(flood(3, 'budget: { usd: 5, requests: 9 }'), folder, mock.url, { confirm, wallMs: 60_000 })).toBeNull();
  expect([mock.summary().attempts, existsSync(folder)]).toEqual([0, false]);
  expect(plan).toContain(mock.url);
  expect(plan).toContain('3 requests to gemini-3.1-flash-lite-image 1K over 20s, and one request ahead of them');
  expect(plan).toContain('$5, 9 attempts, 1m (the budget)');
  expect(plan).not.toContain(KEY);
});

test('every request is announced, answered and counted once, and one goes ahead', async () => {
  const mock = await service(NONE);
  const folder = newFolder();
  const outcome = await live(flood(8, 'budget: { usd: 20 }\nclient: { concurrency: 4 }'), folder, mock.url);
  expect(outcome?.stopped).toBeNull();
  expect(outcome?.results.summary.requests).toMatchObject({ offered: 8, delivered: 8 });
  expect(mock.summary().attempts).toBe(9);
  expect(canaryOf(journalOf(folder))).toMatchObject({ httpStatus: 200, model: LITE });
  expect(outcome?.results.summary.warnings.map(({ code }) => code)).toContain('canary');
  expect(existsSync(join(folder, 'live.lock'))).toBe(false);
  expect(readdirSync(folder).filter((name) => name.includes('next'))).toEqual([]);
});

test('a key that is refused ends it after the request that goes ahead', async () => {
  const mock = await service(NONE, ['another-key-entirely']);
  const folder = newFolder();
  await expect(live(flood(8, 'budget: { usd: 20 }'), folder, mock.url)).rejects.toThrow(SetupError);
  expect(mock.summary().attempts).toBe(1);
  expect(endOf(folder)).toMatchObject({ reason: 'stopped', stop: { cause: 'canary', class: 'auth.key-invalid' } });
});

test('a limit of 0 ends it after the request that goes ahead, with a report', async () => {
  const mock = await service(`quota: { profile: none, limits: { ${LITE}: { rpd: 0 } } }`);
  const outcome = await live(flood(8, 'budget: { usd: 20 }'), newFolder(), mock.url);
  expect(outcome?.stopped).toMatchObject({ cause: 'canary', class: 'quota.zero-limit' });
  expect([mock.summary().attempts, outcome?.results.summary.requests.offered]).toEqual([1, 0]);
});

test('a service that cannot be reached is found by the request that goes ahead', async () => {
  const gone = await answering(() => {});
  await gone.close();
  await expect(live(flood(8, 'budget: { usd: 20 }'), newFolder(), gone.url)).rejects.toThrow(/network\.unreachable/);
});

test('a budget too small for a single answer at its worst sends nothing', async () => {
  const mock = await service(NONE);
  const confirm = async (): Promise<boolean> => {
    throw new Error('nobody is asked');
  };
  const small = { budgetUsd: 0.4001, confirm };
  await expect(live(flood(8), newFolder(), mock.url, small)).rejects.toThrow(/too small for a single request .*up to \$0\.41/);
  expect(mock.summary().attempts).toBe(0);
});

test('without any budget it is refused before anything else', async () => {
  await expect(live(flood(8), newFolder(), 'http://127.0.0.1:9')).rejects.toThrow(/a live run needs one/);
});

test('a fallback to a provider is refused by name: it is never called live, and leaving it out would be another scenario', async () => {
  const text = `providers: { elsewhere: { usdPerImage: 0.04, latency: { fixed: 3s } } }\n${flood(8, 'budget: { usd: 20 }')}`;
  const chain = `client: { fallback: [gemini-2.5-flash-image, { provider: elsewhere }] }`;
  const refusal = /live.yaml client\.fallback\[1\]: provider elsewhere is never called in a live run/;
  await expect(live(`${text}\n${chain}`, newFolder(), 'http://127.0.0.1:9')).rejects.toThrow(refusal);
  const own = text.replace('name: all,', `name: all, ${chain},`);
  await expect(live(own, newFolder(), 'http://127.0.0.1:9')).rejects.toThrow(/traffic\.all\.client\.fallback\[1\]/);
  await expect(live(text, newFolder(), 'http://127.0.0.1:9')).rejects.toThrow(SetupError); // a provider that nobody falls back to harms nothing
});

test('users without think time are refused: a run that stops sending would never end', async () => {
  const text = flood(1)
    .replace('kind: flood, requests: 1', 'kind: users, users: 2, think: { mean: 0s }')
    .replace('service: {', 'service: { refusalLatency: 300ms,');
  await expect(live(text, newFolder(), 'http://127.0.0.1:9', { budgetUsd: 5 })).rejects.toThrow(/traffic.all.shape.think: once a live run/);
});

test('users go on after an interruption: each asks again when it has thought, and nothing is asked twice', async () => {
  const mock = await service(NONE);
  const folder = newFolder();
  const interruption = new AbortController();
  const text = flood(1, 'budget: { usd: 50 }')
    .replace('kind: flood, requests: 1', 'kind: users, users: 3, think: { mean: 70ms, distribution: fixed }')
    .replace('20s', '60s');
  await live(text, folder, mock.url, {
    signal: interruption.signal,
    onProgress: () => {
      if (journalOf(folder).filter((row) => row.kind === 'attempt').length >= 8) interruption.abort('interrupted');
    },
  });
  expect(endOf(folder)).toMatchObject({ reason: 'interrupted' });
  const outcome = await live(text, folder, mock.url, { isResumed: true, budgetRequests: 21 });
  const rows = journalOf(folder);
  const due = rows.filter((row) => row.kind === 'due');
  expect(outcome!.results.summary.requests).toMatchObject({ offered: due.length, delivered: 20, dropped: due.length - 20 });
  expect(mock.summary().attempts).toBe(21);
  const doneMs = new Map(
    rows.flatMap((row) => (row.kind === 'attempt' ? [[row.request, row.doneMs!]] : row.kind === 'drop' ? [[row.request, row.atMs]] : [])),
  );
  for (const { request, user, nth } of due) {
    const next = due.find((one) => one.user === user && one.nth === nth + 1);
    expect(next?.dueMs ?? doneMs.get(request)! + 70).toBe(doneMs.get(request)! + 70);
  }
  expect(Math.max(...due.map(({ nth }) => nth))).toBeGreaterThan(4);
});

test('a calendar that was set back between two parts changes nothing', async () => {
  const mock = await service(NONE);
  const folder = newFolder();
  const interruption = new AbortController();
  interruption.abort('interrupted');
  const text = flood(3, 'budget: { usd: 50 }');
  await live(text, folder, mock.url, { signal: interruption.signal });
  const path = join(folder, 'journal.ndjson');
  const [first = '', ...rest] = readFileSync(path, 'utf8').split('\n');
  const header = JSON.parse(first) as HeaderRow;
  const startAtMs = header.resolved.clock.startAtMs + 86_400_000; // the run began tomorrow
  const ahead = {
    ...header,
    startAt: new Date(startAtMs).toISOString(),
    resolved: { ...header.resolved, clock: { ...header.resolved.clock, startAtMs } },
  };
  writeFileSync(path, [JSON.stringify(ahead), ...rest].join('\n'));
  const outcome = await live(text, folder, mock.url, { isResumed: true });
  expect(outcome!.results.summary.requests).toMatchObject({ offered: 3, delivered: 3 });
});

test('a monthly cap on the way ends it: what is due after is dropped, and nobody waits for its instant', async () => {
  const mock = await service(`quota: { profile: none, limits: { account: { monthlyUsd: 0.15 } } }\n${FAST}`);
  const folder = newFolder();
  const text = flood(1, 'budget: { usd: 50 }').replace('kind: flood, requests: 1 }', 'kind: steady, rate: 10/s }').replace('20s', '1h');
  const outcome = await live(text, folder, mock.url);
  expect(outcome?.stopped).toMatchObject({ cause: 'fatal', class: 'billing.monthly-cap' });
  const { requests, dropped } = outcome!.results.summary;
  expect(requests.offered).toBe(36_000);
  expect(dropped.budget).toBe(requests.dropped);
  expect(requests.delivered + requests.failed + requests.dropped).toBe(36_000);
  expect(mock.summary().attempts).toBe(sentOf(folder).length + 1);
  expect(endOf(folder)?.stop?.text).toContain('billing.monthly-cap');
  expect(outcome!.results.summary.warnings.find(({ code }) => code === 'run-ended-early')?.text).toContain('stopped itself');
});

test('errors above the share end it', async () => {
  const mock = await service(`quota: { profile: none }\nservice: { errorRate: 1, overloadLatency: 10ms }`);
  const outcome = await live(flood(60, 'budget: { usd: 50 }\nclient: { concurrency: 5 }'), newFolder(), mock.url);
  expect(outcome?.stopped).toMatchObject({ cause: 'errors', class: 'server.internal' });
  expect(outcome!.results.summary.attempts.sent).toBeGreaterThanOrEqual(20);
  expect(outcome!.results.summary.attempts.sent).toBeLessThan(40);
});

test('when its attempts are used up it ends, long before the last request would be due', async () => {
  const mock = await service(NONE);
  const text = flood(1).replace('kind: flood, requests: 1 }', 'kind: steady, rate: 10/s }').replace('20s', '1h');
  const folder = newFolder();
  const outcome = await live(text, folder, mock.url, { budgetRequests: 7 });
  expect(outcome?.stopped?.cause).toBe('budget');
  expect([mock.summary().attempts, sentOf(folder).length]).toEqual([7, 6]);
});

test('when its time is over it ends', async () => {
  const mock = await service(NONE);
  const text = flood(1).replace('kind: flood, requests: 1 }', 'kind: steady, rate: 2/s }').replace('20s', '1h');
  const outcome = await live(text, newFolder(), mock.url, { budgetUsd: 100, wallMs: 1_200 });
  expect(outcome?.stopped?.cause).toBe('time');
  expect(outcome!.results.summary.attempts.sent).toBeLessThanOrEqual(3);
});

test('interrupted, it waits for what is in flight and leaves the rest to a later part, which sends nothing twice', async () => {
  const mock = await service(`quota: { profile: none }\nservice: { latency: { ${LITE}: { fixed: 250ms } } }`);
  const folder = newFolder();
  const interruption = new AbortController();
  const text = flood(10, 'budget: { usd: 50 }\nclient: { concurrency: 2 }');
  const first = await live(text, folder, mock.url, {
    signal: interruption.signal,
    onProgress: () => {
      if (sentOf(folder).length >= 4) interruption.abort('interrupted');
    },
  });
  const { requests, attempts } = first!.results.summary;
  expect([first!.stopped, attempts.open, endOf(folder)?.reason]).toEqual([null, 0, 'interrupted']);
  expect(requests.pending).toBe(10 - requests.delivered);
  expect(requests.pending).toBeGreaterThan(0);

  const second = await live(text, folder, mock.url, { isResumed: true });
  expect(second!.results.summary.requests).toMatchObject({ offered: 10, delivered: 10 });
  expect(mock.summary().attempts).toBe(11);
  expect(second!.results.summary.warnings.map(({ code }) => code)).toContain('resumed');
  await expect(live(text, folder, mock.url, { isResumed: true })).rejects.toThrow(/is over \(done\)/);
});

test('a scenario that changed since is not gone on with', async () => {
  const mock = await service(NONE);
  const folder = newFolder();
  const interruption = new AbortController();
  interruption.abort('interrupted');
  const text = flood(3, 'budget: { usd: 50 }');
  await live(text, folder, mock.url, { signal: interruption.signal });
  await expect(live(text.replace('requests: 3', 'requests: 4'), folder, mock.url, { isResumed: true })).rejects.toThrow(
    /of another live.yaml/,
  );
});

test('a limit that answers state is found, named and written down, and the informed prediction meets what happened', async () => {
  const mock = await service(`quota: { profile: none, window: sliding, limits: { ${LITE}: { rpm: 7 } } }\n${FAST}`);
  const folder = newFolder();
  const outcome = await live(flood(15, 'budget: { usd: 20 }'), folder, mock.url);
  const { lessons, limitsFile } = await learn(folder, outcome!.results.summary);
  expect(lessons.limits).toMatchObject([{ bucket: 'rpm', model: LITE, values: [7], judgement: 'differs', refusals: 9 }]);
  expect(readFileSync(limitsFile!, 'utf8')).toContain(`${LITE}: { rpm: 7 }`);
  const of = (metric: string, among = lessons.prediction) => among.find((one) => one.metric === metric)!;
  expect(of('throttled_rpm')).toMatchObject({ predicted: 6, real: 9, difference: 3 }); // the request ahead took one of the ten
  expect(of('throttled_rpm', lessons.informed!)).toMatchObject({ predicted: 9, real: 9, difference: 0 });
  expect(of('success_ratio', lessons.informed!).difference).toBeCloseTo(0, 12);
});

test('where the service is as assumed, predicted and real numbers agree', async () => {
  const mock = await service(`quota: { profile: none, window: sliding, limits: { ${LITE}: { rpm: 10 } } }\n${FAST}`);
  const folder = newFolder();
  const text = flood(5, 'budget: { usd: 20 }\nclient: { concurrency: 8 }').replace(
    'kind: flood, requests: 5',
    'kind: burst, requests: 5, every: 200ms, times: 4',
  );
  const outcome = await live(text, folder, mock.url);
  const { lessons } = await learn(folder, outcome!.results.summary);
  expect(lessons.informed).toBeNull(); // nothing new was learnt
  expect(lessons.limits).toMatchObject([{ bucket: 'rpm', values: [10], judgement: 'as-assumed', refusals: 11 }]);
  for (const metric of ['success_ratio', 'delivered', 'attempts', 'throttled', 'throttled_rpm', 'overloaded'])
    expect(lessons.prediction.find((one) => one.metric === metric)?.difference, metric).toBe(0);
});

test('pictures are saved, prompts are sent in turn, and neither is in the journal', async () => {
  const one = await server((_seen, _nth, response) => json(response, 200, imageBody()));
  const folder = newFolder();
  const prompts = join(root, 'prompts.txt');
  writeFileSync(prompts, 'first secret wish\nsecond secret wish\n');
  const imagesTo = join(root, 'pictures');
  await live(flood(4, 'budget: { usd: 20 }\nclient: { concurrency: 1 }'), folder, one.url, { prompts: promptsFrom(prompts), imagesTo });
  expect(readdirSync(imagesTo).sort()).toEqual(['000000-1.jpg', '000001-1.jpg', '000002-1.jpg', '000003-1.jpg']);
  expect(readFileSync(join(imagesTo, '000000-1.jpg'), 'utf8')).toBe('image');
  const texts = one.seen.map(({ body }) => JSON.parse(body).contents[0].parts[0].text);
  expect(texts).toEqual(['first', 'first', 'second', 'first', 'second'].map((word) => `${word} secret wish`));
  expect(readFileSync(join(folder, 'journal.ndjson'), 'utf8')).not.toContain('secret wish');
});

test('prompts that answers repeat are in no file, and in no message', async () => {
  const one = await server(({ body }, nth, response) => {
    const [{ text }] = JSON.parse(body).contents[0].parts;
    if (nth === 1) json(response, 200, imageBody());
    else if (nth % 3 === 0)
      json(response, 400, JSON.stringify({ error: { code: 400, status: 'INVALID_ARGUMENT', message: `No: ${text}` } }));
    else if (nth % 3 === 1) json(response, 502, `<html><h1>502</h1>${text}</html>`);
    else json(response, 403, JSON.stringify({ error: { code: 403, status: 'PERMISSION_DENIED', message: `"${text}" is denied` } }));
  });
  const prompts = join(root, 'repeated.txt');
  writeFileSync(prompts, 'first secret wish\nsecond secret wish\nthird secret wish\n');
  const folder = newFolder();
  const outcome = await live(flood(6, 'budget: { usd: 20 }\nclient: { concurrency: 1 }'), folder, one.url, {
    prompts: promptsFrom(prompts),
  });
  expect(outcome?.stopped?.text).toContain('"<prompt>" is denied');
  expect(one.seen.length).toBeGreaterThan(1);
  for (const file of readdirSync(folder)) expect(readFileSync(join(folder, file), 'utf8')).not.toContain('secret wish');
});

test('the answer to the request that goes ahead is not quoted with its prompt either', async () => {
  const one = await server(({ body }, _nth, response) =>
    json(response, 401, `{"error":{"code":401,"message":"${JSON.parse(body).contents[0].parts[0].text}"}}`),
  );
  const prompts = join(root, 'ahead.txt');
  writeFileSync(prompts, 'a very secret wish\n');
  const run = live(flood(2, 'budget: { usd: 20 }'), newFolder(), one.url, { prompts: promptsFrom(prompts) });
  await expect(run).rejects.toThrow(/HTTP 401\): <prompt>$/);
});

test('an answer that is cut off midway is none: no program gets its picture', async () => {
  const one = await server((_seen, nth, response) => json(response, 200, nth === 1 ? imageBody() : imageBody().slice(0, -20)));
  const folder = newFolder();
  const outcome = await live(flood(2, 'budget: { usd: 20 }'), folder, one.url);
  expect(outcome?.results.summary.images).toEqual({ delivered: 0, blocked: 0 });
  expect(outcome?.results.summary.attempts.errored).toBe(2);
});

test('a page where an answer should be ends it after the request that goes ahead', async () => {
  const one = await server((_seen, _nth, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Log in to this network</html>');
  });
  const outcome = await live(flood(8, 'budget: { usd: 20 }'), newFolder(), one.url);
  expect(outcome?.stopped?.text).toContain('is that the address of the API?');
  expect(one.seen).toHaveLength(1);
});

test('nothing of ours goes over the wire but what the SDK itself would send', async () => {
  const one = await server((_seen, _nth, response) => json(response, 200, imageBody()));
  await live(flood(2, 'budget: { usd: 20 }'), newFolder(), one.url);
  for (const { headers, url } of one.seen) {
    expect(Object.keys(headers).filter((name) => name.includes('rundry'))).toEqual([]);
    expect(headers['x-goog-api-key']).toBe(KEY);
    expect(url).toBe(`/v1/models/${LITE}:generateContent`);
  }
});

test('a client that obeys the Retry-After of a gateway waits as long as it says', async () => {
  const one = await server((_seen, nth, response) => {
    if (nth === 2) response.setHeader('retry-after', '1');
    json(
      response,
      nth === 2 ? 429 : 200,
      nth === 2 ? '{"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED"}}' : imageBody(),
    );
  });
  const folder = newFolder();
  await live(flood(1, 'budget: { usd: 20 }\nclient: { retry: interactions }'), folder, one.url);
  const [first, second] = sentOf(folder);
  expect(second!.sentMs - first!.sentMs).toBeGreaterThanOrEqual(1_000);
});

test('--scale sends a part of the traffic, as a run of its own', async () => {
  const mock = await service(NONE);
  const [whole, half] = [newFolder(), newFolder()];
  const text = flood(6, 'budget: { usd: 20 }');
  const all = await live(text, whole, mock.url);
  const part = await live(text, half, mock.url, { scale: 0.5 });
  expect([all!.results.summary.requests.offered, part!.results.summary.requests.offered]).toEqual([6, 3]);
  expect(part!.results.summary.runId).not.toBe(all!.results.summary.runId);
});

test('a scale that no run could hold is refused before anything is counted', async () => {
  const run = (scale: number) => live(flood(8, 'budget: { usd: 20 }'), newFolder(), 'http://127.0.0.1:9', { scale });
  await expect(run(1e9)).rejects.toThrow(/traffic\.all: times --scale 1000000000 it brings more than 10M requests/);
  await expect(run(Infinity)).rejects.toThrow(/no run holds them/);
});

test('an answer of many drafts settles at what it used, so less fits', async () => {
  const one = await server((_seen, _nth, response) => json(response, 200, imageBody(11_200)));
  const outcome = await live(flood(20, 'client: { concurrency: 1 }'), newFolder(), one.url, { budgetUsd: 2 });
  // Each costs 11,200 × $30 / 10^6 = $0.336 and a little; at $0.40 reserved four or five fit two dollars.
  expect(one.seen.length).toBe(5);
  expect(outcome!.results.summary.costUsd.total).toBeLessThan(2);
});

test('on the Agent Platform requests go to the project, signed with a token', async () => {
  const { agentPlatform } = await import('../../../src/run/live/agent-platform.ts');
  const one = await server((_seen, _nth, response) => json(response, 200, imageBody()));
  const who = await agentPlatform({
    project: 'my-project',
    location: 'us-central1',
    baseUrl: one.url,
    environment: { CLOUDSDK_AUTH_ACCESS_TOKEN: 'a-token-for-the-test' },
  });
  const folder = newFolder();
  const outcome = await live(flood(2, 'budget: { usd: 20 }'), folder, one.url, who);
  expect(outcome!.results.summary.requests.delivered).toBe(2);
  expect(one.seen).toHaveLength(3);
  for (const { url, headers } of one.seen) {
    expect(url).toBe(`/v1beta1/projects/my-project/locations/us-central1/publishers/google/models/${LITE}:generateContent`);
    expect(headers['authorization']).toBe('Bearer a-token-for-the-test');
  }
  expect(readFileSync(join(folder, 'journal.ndjson'), 'utf8')).not.toContain('my-project');
});
