/** `rundry run --mode live` as users run it, against our mock in a process of its own. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Row } from '../../src/model/rows.ts';
import { answering, imageBody, json } from '../support/live.ts';
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

function rundry(args: readonly string[], key: string | null = CANARY_KEY): Promise<Said> {
  return ended(start(args, { cwd: root, env: env(key) }));
}

function write(name: string, text: string): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}

/** The live side: keys configured, limits of its own, every answer on record. */
async function mock(
  name: string,
  text: string,
): Promise<{ url: string; answers: () => Record<string, string>[]; stop: () => Promise<Said> }> {
  const out = join(root, `${name}-mock`);
  const child = start(['mock', write(`${name}-mock.yaml`, text), '--port', '0', '--key', CANARY_KEY, '--out', out], { cwd: root });
  children.push(child);
  const url = await new Promise<string>((resolve) =>
    child.stdout?.once('data', (chunk) => resolve(String(chunk).split('\n')[0]!.replace('rundry mock listening on ', ''))),
  );
  const done = ended(child);
  const answers = (): Record<string, string>[] => {
    const [head = '', ...lines] = readFileSync(join(out, 'mock-answers.csv'), 'utf8').trimEnd().split('\r\n');
    const columns = head.split(',');
    return lines.map((line) => Object.fromEntries(line.split(',').map((cell, index) => [columns[index]!, cell])));
  };
  return {
    url,
    answers,
    stop: () => {
      child.kill('SIGTERM');
      return done;
    },
  };
}

const SERVICE = (rest: string): string => `clock: { startAt: 2026-12-01T18:00:00Z, duration: 1h }
traffic: [{ shape: { kind: flood, requests: 1 }, request: { model: ${LITE} } }]
${rest}`;

const rowsOf = (folder: string): Row[] =>
  readFileSync(join(root, folder, 'journal.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((text) => JSON.parse(text) as Row);
const sent = (rows: readonly Row[]): string[] => rows.flatMap((row) => (row.kind === 'sent' ? [`${row.request}.${row.n}`] : []));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 30));
}

const linesOf = (folder: string): number => {
  const path = join(root, folder, 'journal.ndjson');
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').length : 0;
};

const FLOW = `name: flow
clock: { duration: 6s, drain: 5s }
quota: { profile: none }
service: { latency: { ${LITE}: { fixed: 700ms } } }
traffic: [{ name: flow, shape: { kind: steady, rate: 6/s }, request: { model: ${LITE} } }]
client: { concurrency: 6, retry: { attempts: 3, base: 300ms } }
budget: { usd: 30 }`;
const OVERLOADED = SERVICE(`quota: { profile: none }
service: { latency: { ${LITE}: { fixed: 700ms } }, overload: [{ from: "00:00Z", to: "24:00Z", errorRate: 0.3 }], overloadLatency: 200ms }`);

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
  test.concurrent.each(cases)('%s is told, with its exit code', async (_name, args, key, code, says) => {
    const file = write(
      'plain.yaml',
      `clock: { duration: 1s }\ntraffic: [{ shape: { kind: flood, requests: 1 }, request: { model: ${LITE} } }]`,
    );
    const out = args.includes('--resume') ? [] : ['--out', 'never'];
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

test('a burst against a hidden limit: found, named, and predicted once it is known', { timeout: 60_000 }, async () => {
  const service = await mock(
    'hidden',
    SERVICE(
      `quota: { profile: none, window: sliding, limits: { ${LITE}: { rpm: 7 } } }\nservice: { latency: { ${LITE}: { fixed: 300ms } } }`,
    ),
  );
  const file = write(
    'burst.yaml',
    `name: burst
clock: { duration: 6s, drain: 2s }
quota: { profile: none, window: sliding, limits: { ${LITE}: { rpm: 10 } } }
service: { latency: { ${LITE}: { fixed: 300ms } } }
traffic: [{ name: booth, shape: { kind: burst, requests: 5, every: 2s, times: 3 }, request: { model: ${LITE} } }]
budget: { usd: 10 }`,
  );
  const said = await rundry(['run', file, '--mode', 'live', '--yes', '--base-url', service.url, '--out', 'burst']);
  expect([said.code, said.err.split('\n')[0]]).toEqual([0, 'Live run of burst: real requests, real money.']);
  expect(said.out).toContain('(live).');
  expect(said.out).toContain(`rpm of ${LITE}: limit 7, not 10 as the scenario has it (9 refusals`);
  expect(said.out).toMatch(/success_ratio\s+60 %\s+40 %\s+40 %/);
  const learnt = JSON.parse(readFileSync(join(root, 'burst', 'live.json'), 'utf8'));
  for (const metric of ['success_ratio', 'delivered', 'attempts', 'throttled_rpm'])
    expect(learnt.informed.find((one: { metric: string }) => one.metric === metric).difference).toBeCloseTo(0, 12);
  const again = await rundry(['report', 'burst']);
  expect(again.out).toContain('limit 7, not 10');
  const informed = await rundry([
    'run',
    file,
    '--set',
    'quota.profile=burst/limits-revealed.yaml',
    '--set',
    'quota.limits={}',
    '--json',
    '--out',
    'informed',
  ]);
  expect(JSON.parse(informed.out).firstBucket).toMatchObject({ bucket: 'rpm', limit: 7 });
});

/** How often a run is killed over HTTP: 20 before a release. */
const KILLS = Number(process.env['RUNDRY_LIVE_KILLS'] ?? 1);

test.each(Array.from({ length: KILLS }, (_, k) => k))(
  'killed (%i) and gone on with: nothing is sent twice, nothing is left out, the budget holds',
  { timeout: 90_000 },
  async (k) => {
    const service = await mock(`kill${k}`, OVERLOADED);
    const budgetUsd = k % 2 === 0 ? 30 : 2.2;
    const file = write(`kill${k}.yaml`, FLOW.replace('usd: 30', `usd: ${budgetUsd}`));
    const out = `kill${k}`;
    const args = ['run', file, '--mode', 'live', '--yes', '--quiet', '--base-url', service.url];
    const first = start([...args, '--out', out], { cwd: root, env: env() });
    children.push(first);
    const dead = ended(first);
    await until(() => linesOf(out) > 8 + ((k * 37) % 60) || first.exitCode !== null);
    first.kill('SIGKILL');
    await dead;
    const before = sent(rowsOf(out).slice(0, -1));
    const { code, err } = await rundry([...args, '--resume', out]);
    expect(err).not.toContain('invariant');
    expect([0, 99]).toContain(code);
    await service.stop();

    const rows = rowsOf(out);
    expect(rows.at(-1)).toMatchObject({ kind: 'end' });
    const announced = sent(rows);
    expect(new Set(announced).size).toBe(announced.length);
    expect(before.every((one) => announced.includes(one))).toBe(true);
    const answers = service.answers();
    // The request that went ahead, and at most those whose bytes never left when the process died.
    const canaries = rows.filter((row) => row.kind === 'canary').length;
    expect(answers.length).toBeLessThanOrEqual(announced.length + canaries);
    expect(answers.length).toBeGreaterThanOrEqual(announced.length + canaries - 6);
    const closed = rows.flatMap((row) => (row.kind === 'drop' || (row.kind === 'attempt' && row.outcome !== null) ? [row.request] : []));
    expect(new Set(closed).size).toBe(closed.length);
    expect(closed).toHaveLength(36);
    const billedUsd = answers.filter(({ status }) => status === '200').length * 0.033675;
    expect(billedUsd).toBeLessThanOrEqual(budgetUsd);
  },
);

test('Ctrl-C once waits for answers, and what is left can be gone on with; twice stops at once', { timeout: 90_000 }, async () => {
  const service = await mock('interrupt', OVERLOADED);
  const file = write('interrupt.yaml', FLOW);
  const args = ['run', file, '--mode', 'live', '--yes', '--base-url', service.url];
  const once = start([...args, '--out', 'once'], { cwd: root, env: env() });
  children.push(once);
  const said = ended(once);
  await until(() => linesOf('once') > 12);
  once.kill('SIGINT');
  const { code, out } = await said;
  expect(code).toBe(130);
  expect(out).toContain('The run was stopped before its end.');
  const rows = rowsOf('once');
  expect(rows.at(-1)).toMatchObject({ kind: 'end', reason: 'interrupted' });
  expect(rows.filter((row) => row.kind === 'attempt' && row.doneMs === null)).toEqual([]);
  const resumed = await rundry([...args, '--resume', 'once']);
  expect([resumed.code, rowsOf('once').at(-1)]).toMatchObject([0, { reason: 'done', requests: 36 }]);

  const twice = start([...args, '--out', 'twice'], { cwd: root, env: env() });
  children.push(twice);
  const cut = ended(twice);
  await until(() => linesOf('twice') > 12);
  twice.kill('SIGINT');
  await new Promise((resolve) => setTimeout(resolve, 60));
  twice.kill('SIGINT');
  expect((await cut).code).toBe(130);
  expect(rowsOf('twice').length).toBeGreaterThan(12); // every line parses
  expect((await rundry(['report', 'twice'])).code).toBe(0);
});

test('two processes never work in one folder', { timeout: 60_000 }, async () => {
  const service = await mock('lock', OVERLOADED);
  const file = write('lock.yaml', FLOW);
  const args = ['run', file, '--mode', 'live', '--yes', '--quiet', '--base-url', service.url];
  const first = start([...args, '--out', 'lock'], { cwd: root, env: env() });
  children.push(first);
  await until(() => linesOf('lock') > 6);
  const second = await rundry([...args, '--resume', 'lock']);
  expect([second.code, second.err]).toEqual([3, expect.stringMatching(/is in use: process \d+ runs in it/)]);
  first.kill('SIGKILL');
});

describe('the key is never seen', () => {
  /** Every way in which an answer may carry what was sent. */
  const echoes: readonly [name: string, status: number, type: string, body: (key: string) => string][] = [
    [
      'a JSON error that quotes the key',
      403,
      'application/json',
      (key) => JSON.stringify({ error: { code: 403, message: `API key ${key} is bad: "${key}"`, status: 'PERMISSION_DENIED' } }),
    ],
    [
      'a URL with the key in its query',
      400,
      'application/json',
      (key) =>
        JSON.stringify({
          error: { code: 400, message: `see https://x.test/?k=${encodeURIComponent(key)}#${key}`, status: 'INVALID_ARGUMENT' },
        }),
    ],
    ['an HTML page', 502, 'text/html', (key) => `<html><title>502 ${key}</title><body>x-goog-api-key: ${key}</body></html>`],
    [
      'a 429 whose quota is named after it',
      429,
      'application/json',
      (key) =>
        JSON.stringify({
          error: {
            code: 429,
            message: `Quota exceeded for ${key}`,
            status: 'RESOURCE_EXHAUSTED',
            details: [
              {
                '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
                violations: [{ quotaMetric: `m/${key}`, quotaId: `Id-${key}`, quotaValue: '7', quotaDimensions: { model: key } }],
              },
            ],
          },
        }),
    ],
    ['a 200 that is no answer', 200, 'text/plain', (key) => `garbage ${key} garbage`],
    [
      'a blocked prompt that echoes headers',
      200,
      'application/json',
      (key) =>
        JSON.stringify({
          promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: key },
          usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 },
        }),
    ],
  ];

  function everyFile(folder: string): string[] {
    return readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      return statSync(path).isDirectory() ? everyFile(path) : [readFileSync(path, 'latin1')];
    });
  }

  test.each(echoes)('not with %s, first or later', { timeout: 60_000 }, async (name, status, type, body) => {
    const home = join(root, `echo ${name.replace(/\W/g, '')}`);
    mkdirSync(home);
    const said: Said[] = [];
    const run = (args: readonly string[]): Promise<Said> => ended(start(args, { cwd: home, env: env() }));
    const file = write('echo.yaml', FLOW.replace('duration: 6s', 'duration: 1s'));
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
      const out = `out${healthy}`;
      said.push(await run(['run', file, '--mode', 'live', '--yes', '--base-url', service.url, '--out', out, '--save-images', 'pictures']));
      expect(service.seen.every(({ headers }) => headers['x-goog-api-key'] === CANARY_KEY)).toBe(true);
      if (healthy > 0) said.push(await run(['report', out]));
    }
    for (const { out, err } of said) expect(`${out}${err}`).not.toContain(CANARY_KEY);
    for (const text of everyFile(home)) {
      expect(text).not.toContain(CANARY_KEY);
      expect(text).not.toContain(encodeURIComponent(CANARY_KEY));
    }
    expect(said.some(({ out }) => out.length > 0)).toBe(true);
  });

  test('not when connections break, and not by commands that never need it', { timeout: 60_000 }, async () => {
    const service = await answering((_seen, nth, response) => {
      if (nth < 3) json(response, 200, imageBody());
      else response.destroy();
    });
    servers.push(service);
    const file = write('broken.yaml', FLOW.replace('duration: 6s', 'duration: 1s'));
    const said = [
      await rundry(['run', file, '--mode', 'live', '--yes', '--base-url', service.url, '--out', 'broken']),
      await rundry(['run', file, '--mode', 'live', '--yes', '--base-url', 'http://127.0.0.1:9', '--out', 'unreachable']),
      await rundry(['run', file, '--mode', 'live', '--yes', '--base-url', 'not a url', '--out', 'nourl']),
      await rundry(['run', file, '--out', 'simulated']),
      await rundry(['validate', file]),
      await rundry(['diagnose', `403 the key ?key=${CANARY_KEY} was refused`]),
    ];
    for (const { out, err } of said) expect(`${out}${err}`).not.toContain(CANARY_KEY);
    for (const name of ['broken', 'unreachable', 'simulated'])
      for (const text of everyFile(join(root, name))) expect(text).not.toContain(CANARY_KEY);
  });

  test('a key file is as good as the environment, and beats it', { timeout: 60_000 }, async () => {
    const service = await answering((_seen, _nth, response) => json(response, 200, imageBody()));
    servers.push(service);
    const keyFile = write('key.txt', 'the-key-of-the-file\n');
    const file = write('keyed.yaml', FLOW.replace('duration: 6s', 'duration: 1s'));
    const said = await rundry(['run', file, '--mode', 'live', '--yes', '--base-url', service.url, '--out', 'keyed', '--key-file', keyFile]);
    expect(said.code).toBe(0);
    expect(said.err).toContain('as the key in ');
    expect(new Set(service.seen.map(({ headers }) => headers['x-goog-api-key']))).toEqual(new Set(['the-key-of-the-file']));
    expect(`${said.out}${said.err}`).not.toContain('the-key-of-the-file');
  });
});
