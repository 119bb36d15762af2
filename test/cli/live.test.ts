/** `rundry run --mode live` as users run it: killed and interrupted in a process of its own, against our mock in another; else in this one. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Row } from '../../src/model/rows.ts';
import { command } from '../support/command.ts';
import { type Answering, answering, imageBody, json } from '../support/live.ts';
import { emptyFolder, ended, type Said, start } from './rundry.ts';

const LITE = 'gemini-3.1-flash-lite-image';
/** Looks like nothing that a pattern would know. */
const CANARY_KEY = 'Zq7-canary.key_41xW';

let root = '';
beforeAll(() => {
  root = emptyFolder();
});

const children: ChildProcess[] = [];
const servers: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  for (const one of servers.splice(0)) await one.close();
});

const env = (key: string | null = CANARY_KEY): Record<string, string> => ({
  GEMINI_API_KEY: key ?? '',
  GOOGLE_API_KEY: '',
  GOOGLE_GEMINI_BASE_URL: '',
});

/** In this process. */
function rundry(args: readonly string[], key: string | null = CANARY_KEY): Promise<Said> {
  return command(args, env(key));
}

/** In a process of its own, that may be killed. */
function ownProcess(args: readonly string[]): { child: ChildProcess; said: Promise<Said> } {
  const child = start(args, { cwd: root, env: env() });
  children.push(child);
  return { child, said: ended(child) };
}

function write(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

const at = (folder: string): string => join(root, folder);

interface Mock {
  readonly url: string;
  answers(): Record<string, string>[];
  stop(): Promise<Said>;
}

/** The live side in a process of its own: keys configured, limits of its own, every answer on record. */
async function mock(name: string, text: string): Promise<Mock> {
  const out = at(`${name}-mock`);
  const { child, said } = ownProcess(['mock', write(`${name}-mock.yaml`, text), '--port', '0', '--key', CANARY_KEY, '--out', out]);
  const url = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk) => resolve(String(chunk).split('\n')[0]!.replace('rundry mock listening on ', ''))),
  );
  return {
    url,
    answers() {
      const [head = '', ...lines] = readFileSync(join(out, 'mock-answers.csv'), 'utf8').trimEnd().split('\r\n');
      const columns = head.split(',');
      return lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [columns[index]!, cell])));
    },
    stop() {
      child.kill('SIGTERM');
      return said;
    },
  };
}

/** Answers the request that goes ahead and then so many; the others wait for ever. */
async function stalled(answered: number): Promise<Answering> {
  const one = await answering((_seen, nth, response) => {
    if (nth <= 1 + answered) json(response, 200, imageBody());
  });
  servers.push(one);
  return one;
}

interface Gate {
  readonly url: string;
  /** Resolves when so many calls have come: their answers are here, and nobody hears them. */
  readonly isShut: Promise<void>;
  open(): void;
}

/** Hands calls on to a mock, and from the nth on keeps the answers for itself until it is opened: a run cannot end meanwhile. */
async function gate(to: string, nth: number): Promise<Gate> {
  let [shut, open] = [(): void => {}, (): void => {}];
  const isShut = new Promise<void>((resolve) => {
    shut = resolve;
  });
  const isOpen = new Promise<void>((resolve) => {
    open = resolve;
  });
  const one = await answering(async ({ method, url, headers, body }, n, response) => {
    const sent = { 'content-type': 'application/json', 'x-goog-api-key': String(headers['x-goog-api-key']) };
    const answer = await fetch(`${to}${url}`, { method, headers: sent, ...(method === 'POST' ? { body } : {}) });
    const text = await answer.text();
    if (n >= nth) {
      shut();
      await isOpen;
    }
    json(response, answer.status, text);
  });
  servers.push(one);
  return { url: one.url, isShut, open };
}

const SERVICE = (rest: string): string => `clock: { startAt: 2026-12-01T18:00:00Z, duration: 1h }
traffic: [{ shape: { kind: flood, requests: 1 }, request: { model: ${LITE} } }]
${rest}`;

const rowsOf = (folder: string): Row[] =>
  readFileSync(join(at(folder), 'journal.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Row);
const sent = (rows: readonly Row[]): string[] => rows.flatMap((row) => (row.kind === 'sent' ? [`${row.request}.${row.n}`] : []));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 20));
}

const linesOf = (folder: string): number => {
  const path = join(at(folder), 'journal.ndjson');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length : 0;
};

const FLOW = `name: flow
clock: { duration: 300ms, drain: 1h }
quota: { profile: none }
traffic: [{ name: flow, shape: { kind: steady, rate: 30/s }, request: { model: ${LITE} } }]
client: { concurrency: 6, retry: { attempts: 3, base: 40ms } }
budget: { usd: 30 }`;

describe('before anything is sent', () => {
  const cases: readonly [name: string, args: readonly string[], key: string | null, code: number, says: RegExp][] = [
    ['no key', ['--yes', '--budget-usd', '5'], null, 3, /no API key: set GEMINI_API_KEY/],
    ['a key that is none', ['--yes', '--budget-usd', '5'], 'two words of text', 3, /GEMINI_API_KEY does not hold an API key/],
    ['no budget', ['--yes'], CANARY_KEY, 2, /a live run needs one/],
    ['nobody to say yes', ['--budget-usd', '5'], CANARY_KEY, 2, /add --yes/],
    ['a budget that is none', ['--yes', '--budget-usd', '0'], CANARY_KEY, 2, /--budget-usd: expected dollars above 0/],
    [
      'a key file that is not there',
      ['--yes', '--budget-usd', '5', '--key-file', 'nowhere'],
      CANARY_KEY,
      2,
      /--key-file nowhere: cannot be read/,
    ],
    ['nothing to resume', ['--yes', '--budget-usd', '5', '--resume', 'nowhere'], CANARY_KEY, 2, /there is no journal.ndjson in it/],
    [
      'a resumed run under other settings',
      ['--yes', '--resume', 'x', '--scale', '2'],
      CANARY_KEY,
      2,
      /--scale: cannot be changed with --resume/,
    ],
    [
      'several projects and one key',
      ['--yes', '--budget-usd', '5', '--set', 'quota.projects=2'],
      CANARY_KEY,
      2,
      /one key and so one project/,
    ],
    ['no project on the platform', ['--yes', '--budget-usd', '5', '--platform', 'agent'], null, 3, /no project: name it with --project/],
  ];
  test.each(cases)('%s is told, with its exit code', async (_name, args, key, code, says) => {
    const file = write(
      'plain.yaml',
      `clock: { duration: 1s }\ntraffic: [{ shape: { kind: flood, requests: 1 }, request: { model: ${LITE} } }]`,
    );
    const out = args.includes('--resume') ? [] : ['--out', at('never')];
    const said = await rundry(['run', file, '--mode', 'live', '--base-url', 'http://127.0.0.1:9', ...out, ...args], key);
    expect(said.err).toMatch(says);
    expect(said.code).toBe(code);
    expect(existsSync(join(root, 'never', 'journal.ndjson'))).toBe(false);
  });

  test('options of a live run mean nothing elsewhere, and are not ignored', async () => {
    const said = await rundry(['run', write('sim.yaml', FLOW), '--budget-usd', '5', '--yes']);
    expect([said.code, said.err]).toEqual([2, '--budget-usd: only in live mode (--mode live)\n--yes: only in live mode (--mode live)\n']);
  });
});

test('a burst against a hidden limit: found, named, and predicted once it is known', async () => {
  const service = await mock(
    'hidden',
    SERVICE(
      `quota: { profile: none, window: sliding, limits: { ${LITE}: { rpm: 7 } } }\nservice: { latency: { ${LITE}: { fixed: 100ms } } }`,
    ),
  );
  const file = write(
    'burst.yaml',
    `name: burst
clock: { duration: 2s, drain: 1h }
quota: { profile: none, window: sliding, limits: { ${LITE}: { rpm: 10 } } }
service: { latency: { ${LITE}: { fixed: 100ms } } }
traffic: [{ name: booth, shape: { kind: burst, requests: 5, every: 600ms, times: 3 }, request: { model: ${LITE} } }]
budget: { usd: 10 }`,
  );
  const said = await rundry(['run', file, '--mode', 'live', '--yes', '--base-url', service.url, '--out', at('burst')]);
  expect([said.code, said.err.split('\n')[0]]).toEqual([0, 'Live run of burst: real requests, real money.']);
  expect(said.out).toContain('(live).');
  expect(said.out).toContain(`rpm of ${LITE}: limit 7, not 10 as the scenario has it (9 refusals`);
  expect(said.out).toMatch(/success_ratio\s+60 %\s+40 %\s+40 %/);
  const learnt = JSON.parse(readFileSync(join(at('burst'), 'live.json'), 'utf8'));
  for (const metric of ['success_ratio', 'delivered', 'attempts', 'throttled_rpm'])
    expect(learnt.informed.find((one: { metric: string }) => one.metric === metric).difference).toBeCloseTo(0, 12);
  const again = await rundry(['report', at('burst')]);
  expect(again.out).toContain('limit 7, not 10');
  const profile = `quota.profile=${join(at('burst'), 'limits-revealed.yaml')}`;
  const informed = await rundry(['run', file, '--set', profile, '--set', 'quota.limits={}', '--json', '--out', at('informed')]);
  expect(JSON.parse(informed.out).firstBucket).toMatchObject({ bucket: 'rpm', limit: 7 });
});

/** How often a run is killed over HTTP: 20 before a release. */
const KILLS = Number(process.env['RUNDRY_LIVE_KILLS'] ?? 1);
const EVERYTHING = (budgetUsd: number): string => `name: everything
clock: { duration: 2s, drain: 1h }
quota: { profile: none }
traffic:
  - { name: flow, shape: { kind: steady, rate: 8/s }, request: { model: ${LITE} } }
  - { name: crowd, shape: { kind: users, users: 3, think: { mean: 200ms, distribution: fixed } }, request: { model: ${LITE} } }
  - { name: night, lane: batch, shape: { kind: flood, requests: 12 }, request: { model: ${LITE} } }
client: { concurrency: 6, retry: { attempts: 3, base: 100ms }, batch: { rowsPerJob: 4 } }
budget: { usd: ${budgetUsd} }`;
const OVERLOADED = SERVICE(`quota: { profile: none }
service: { latency: { ${LITE}: { fixed: 250ms } }, overload: [{ from: "00:00Z", to: "24:00Z", errorRate: 0.3 }], overloadLatency: 100ms, batch: { turnaround: { p50: 1s, p95: 1500ms } } }`);

/** Jobs that were created at a mock, by the name that the run gave them. */
async function jobsAt(url: string): Promise<string[]> {
  const response = await fetch(`${url}/v1beta/batches?pageSize=100`, { headers: { 'x-goog-api-key': CANARY_KEY } });
  const { operations = [] } = (await response.json()) as { operations?: { metadata: { displayName: string } }[] };
  return operations.map(({ metadata }) => metadata.displayName);
}

test.each(Array.from({ length: KILLS }, (_, k) => k))(
  'killed (%i) and gone on with: nothing is sent twice, no job is created twice, nothing is left out, the budget holds',
  async (k) => {
    const service = await mock(`kill${k}`, OVERLOADED);
    const budgetUsd = k % 2 === 0 ? 30 : 4;
    const file = write(`kill${k}.yaml`, EVERYTHING(budgetUsd));
    const out = `kill${k}`;
    const between = await gate(service.url, 2 + ((k * 7 + 6) % 30));
    const args = ['run', file, '--mode', 'live', '--yes', '--quiet', '--batch-poll', '200ms', '--base-url', between.url];
    const { child, said } = ownProcess([...args, '--out', at(out)]);
    await between.isShut;
    child.kill('SIGKILL');
    await said;
    between.open();
    const torn = rowsOf(out).slice(0, -1);
    const { code, err } = await rundry([...args, '--resume', at(out)]);
    expect(err).not.toContain('invariant');
    expect([0, 99]).toContain(code);
    const created = await jobsAt(service.url);
    await service.stop();

    const rows = rowsOf(out);
    expect(rows.at(-1)).toMatchObject({ kind: 'end' });
    const announced = sent(rows);
    expect(new Set(announced).size).toBe(announced.length);
    const closed = rows.flatMap((row) => (row.kind === 'drop' || (row.kind === 'attempt' && row.outcome !== null) ? [row.request] : []));
    expect(new Set(closed).size).toBe(closed.length);
    const due = rows.flatMap((row) => (row.kind === 'due' ? [row.request] : []));
    expect(due.sort((a, b) => a - b)).toEqual(closed.sort((a, b) => a - b));
    expect(rows.filter((row) => row.kind === 'due' && row.traffic !== 'crowd')).toHaveLength(16 + 12);

    // Rows of jobs that were never created did not leave; what did leave stays announced, and its jobs are there once.
    const named = rows.flatMap((row) => (row.kind === 'job' ? [row.displayName] : []));
    expect(new Set(created).size).toBe(created.length);
    expect(created.every((name) => named.includes(name))).toBe(true);
    const left = torn.filter((row) => row.kind === 'sent' && row.lane === 'interactive');
    expect(sent(left).every((one) => announced.includes(one))).toBe(true);
    // The request that went ahead, and at most those whose bytes never left when the process died.
    const interactive = rows.filter((row) => row.kind === 'canary' || (row.kind === 'sent' && row.lane === 'interactive')).length;
    const answers = service.answers();
    expect(answers.length).toBeLessThanOrEqual(interactive);
    expect(answers.length).toBeGreaterThanOrEqual(interactive - 6);
    const billedUsd = answers.filter(({ status }) => status === '200').length * 0.033675 + created.length * 4 * 0.0168375;
    expect(billedUsd).toBeLessThanOrEqual(budgetUsd);
  },
);

test('Ctrl-C once waits for answers, and what is left can be gone on with', async () => {
  const service = await mock('once', OVERLOADED);
  const between = await gate(service.url, 9);
  const args = ['run', write('once.yaml', EVERYTHING(30)), '--mode', 'live', '--yes', '--batch-poll', '200ms', '--base-url', between.url];
  const { child, said } = ownProcess([...args, '--out', at('once')]);
  await between.isShut;
  child.kill('SIGINT');
  between.open();
  const { code, out } = await said;
  expect(code).toBe(130);
  expect(out).toContain('The run was stopped before its end.');
  const rows = rowsOf('once');
  expect(rows.at(-1)).toMatchObject({ kind: 'end', reason: 'interrupted' });
  expect(rows.filter((row) => row.kind === 'attempt' && row.lane === 'interactive' && row.doneMs === null)).toEqual([]);
  const resumed = await rundry([...args, '--resume', at('once')]);
  expect([resumed.code, rowsOf('once').at(-1)]).toMatchObject([0, { reason: 'done' }]);
  const created = await jobsAt(service.url);
  expect(new Set(created).size).toBe(created.length);
});

test('Ctrl-C twice stops at once, though nobody answers; nobody else works in that folder meanwhile', async () => {
  const service = await stalled(2);
  const args = ['run', write('twice.yaml', FLOW), '--mode', 'live', '--yes', '--quiet', '--base-url', service.url];
  const { child, said } = ownProcess([...args, '--out', at('twice')]);
  await until(() => linesOf('twice') > 8);
  const second = await rundry([...args, '--resume', at('twice')]);
  expect([second.code, second.err]).toEqual([3, expect.stringMatching(/is in use: process \d+ runs in it/)]);
  // Signals of one kind that wait are one: told again until it is gone.
  while (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect((await said).code).toBe(130);
  expect(rowsOf('twice').length).toBeGreaterThan(7); // every line parses
  expect(rowsOf('twice').at(-1)?.kind).not.toBe('end');
  expect((await rundry(['report', at('twice')])).code).toBe(0);
});

describe('the key is never seen', () => {
  /** More of them, and every command: canary-key.test.ts, in one process. */
  const echoes: readonly [name: string, status: number, type: string, body: (key: string) => string][] = [
    [
      'a JSON error that quotes the key',
      403,
      'application/json',
      (key) => JSON.stringify({ error: { code: 403, message: `API key ${key} is bad: "${key}"`, status: 'PERMISSION_DENIED' } }),
    ],
  ];

  function everyFile(folder: string): string[] {
    return readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? everyFile(path) : [readFileSync(path, 'latin1')];
    });
  }

  function expectUnseen(said: readonly Said[], home: string): void {
    for (const text of [...said.map(({ out, err }) => `${out}${err}`), ...everyFile(home)]) {
      expect(text).not.toContain(CANARY_KEY);
      expect(text).not.toContain(encodeURIComponent(CANARY_KEY));
    }
  }

  test.each(echoes)('not with %s, first or later', async (name, status, type, body) => {
    const home = at(`echo ${name.replace(/\W/g, '')}`);
    mkdirSync(home);
    const said: Said[] = [];
    const file = write('echo.yaml', FLOW);
    for (const healthy of [0, 3]) {
      const service = await answering(({ headers }, nth, response) => {
        if (nth <= healthy) {
          json(response, 200, imageBody());
          return;
        }
        response.writeHead(status, { 'content-type': type, 'x-echo': String(headers['x-goog-api-key']) });
        response.end(body(String(headers['x-goog-api-key'])));
      });
      servers.push(service);
      const out = join(home, `out${healthy}`);
      const pictures = ['--save-images', join(home, 'pictures')];
      said.push(await rundry(['run', file, '--mode', 'live', '--yes', '--base-url', service.url, '--out', out, ...pictures]));
      expect(service.seen.length).toBeGreaterThan(healthy);
      expect(service.seen.every(({ headers }) => headers['x-goog-api-key'] === CANARY_KEY)).toBe(true);
      if (healthy > 0) said.push(await rundry(['report', out]));
    }
    expectUnseen(said, home);
    expect(said.some(({ out }) => out.length > 0)).toBe(true);
  });

  test('a key file is as good as the environment, and beats it', async () => {
    const service = await answering((_seen, _nth, response) => json(response, 200, imageBody()));
    servers.push(service);
    const keyFile = write('key.txt', 'the-key-of-the-file\n');
    const file = write('keyed.yaml', FLOW);
    const args = ['--base-url', service.url, '--out', at('keyed'), '--key-file', keyFile];
    const said = await rundry(['run', file, '--mode', 'live', '--yes', ...args]);
    expect(said.code).toBe(0);
    expect(said.err).toContain('as the key in ');
    expect(new Set(service.seen.map(({ headers }) => headers['x-goog-api-key']))).toEqual(new Set(['the-key-of-the-file']));
    expect(`${said.out}${said.err}`).not.toContain('the-key-of-the-file');
  });
});
