/**
 * A key that must not be seen: every command, under every failure that could show it, in this process; then everything that was
 * printed or written is searched, decoded in every way that texts carry a key.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { emulatedScenario } from '../../src/mock/emulated.ts';
import { type RunningMock, startMock } from '../../src/run/start-mock.ts';
import { command } from '../support/command.ts';
import { type Answering, answering, imageBody, json } from '../support/live.ts';
import { emptyFolder, ROOT, type Said } from './rundry.ts';

/** What the network does instead of what it should; null: nothing. */
const sabotage = vi.hoisted(() => ({ error: null as (() => Error) | null }));
vi.mock('../../src/targets/pool.ts', async (original) => {
  const { poolExchange } = await original<typeof import('../../src/targets/pool.ts')>();
  return {
    poolExchange: (...options: Parameters<typeof poolExchange>) => {
      const pool = poolExchange(...options);
      const exchange: typeof pool.exchange = async (url, init) => {
        if (sabotage.error !== null) throw sabotage.error();
        return pool.exchange(url, init);
      };
      return { ...pool, exchange };
    },
  };
});

const LITE = 'gemini-3.1-flash-lite-image';
/** One that patterns know, and one that none does, of every character that some encoding changes. */
const KEYS = { known: `AIza${'Cn4ry_'.repeat(5)}Key-x`, odd: 'Zq7"c\\a+n/a&r{y}=k%41~xW' } as const;
type Kind = keyof typeof KEYS;

const inputs = emptyFolder();
const outputs = emptyFolder();
const servers: { close(): unknown }[] = [];
let mock: RunningMock;
beforeAll(async () => {
  const scenario = emulatedScenario({ tier: '1' }, Date.UTC(2026, 11, 1, 8));
  mock = await startMock({ scenario, seed: 1, port: 0, speed: 100, apiKeys: ['another-key-altogether'] });
  servers.push(mock);
});
afterAll(() => Promise.all(servers.map((one) => one.close())));
afterEach(() => {
  sabotage.error = null;
});

/** The text as it is, and as whoever finds it might decode it. */
function readings(text: string): Set<string> {
  const all = new Set([text]);
  for (let depth = 0, last = text; depth < 5; depth++) {
    last = last.replaceAll(/\\(?:u([0-9a-f]{4})|(["\\/]))/gi, (_, code, char) =>
      code ? String.fromCharCode(Number.parseInt(code, 16)) : char,
    );
    all.add(last);
  }
  for (const one of [...all])
    all
      .add(decoded(one))
      .add(decoded(decoded(one)))
      .add(decoded(one.replaceAll('+', ' ')));
  for (const one of [...all])
    all.add(one.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'));
  const words = new Set([...all].flatMap((one) => one.match(/[A-Za-z0-9+/_-]{20,2000}/g) ?? []));
  for (const word of words) {
    for (const from of [0, 1, 2, 3]) all.add(Buffer.from(word.slice(from), 'base64').toString('latin1'));
    all.add(Buffer.from(word, 'hex').toString('latin1'));
  }
  return all;
}

function decoded(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (codes) => Buffer.from(codes.replaceAll('%', ''), 'hex').toString('latin1'));
}

function shows(text: string): string | null {
  for (const one of readings(text)) for (const key of Object.values(KEYS)) if (one.includes(key)) return key;
  return null;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

function expectHidden(said: Said, what: string): void {
  expect(shows(said.out), `${what}, stdout: ${said.out.slice(0, 2000)}`).toBe(null);
  expect(shows(said.err), `${what}, stderr: ${said.err.slice(0, 2000)}`).toBe(null);
}

afterAll(() => {
  const written = filesIn(outputs);
  expect(written.length).toBeGreaterThan(20);
  for (const path of written) {
    expect(shows(readFileSync(path, 'latin1')), path).toBe(null);
    expect(shows(path)).toBe(null);
  }
});

function input(name: string, text: string): string {
  writeFileSync(join(inputs, name), text);
  return join(inputs, name);
}

let outs = 0;
const out = (): string => join(outputs, `out-${++outs}`);
const keyed = (key: string): Record<string, string> => ({
  GEMINI_API_KEY: key,
  GOOGLE_API_KEY: '',
  CLOUDSDK_AUTH_ACCESS_TOKEN: '',
  GOOGLE_GEMINI_BASE_URL: '',
  GOOGLE_VERTEX_BASE_URL: '',
  GOOGLE_APPLICATION_CREDENTIALS: '',
  METADATA_SERVER_DETECTION: 'none',
  HOME: inputs,
});

test('the search finds a key in every form that it should', () => {
  for (const key of Object.values(KEYS)) for (const [form, text] of forms(key)) expect(shows(`… ${text} …`), form).toBe(key);
  expect(shows('nothing of it')).toBe(null);
});

/** How a body, a page or a log may carry it. */
function forms(key: string): [form: string, text: string][] {
  const message = JSON.stringify({ error: { message: `key ${key}` } });
  return [
    ['plain', key],
    ['in a URL', `https://x.test/v1?key=${encodeURIComponent(key)}&alt=sse`],
    ['in a URL, lower case', encodeURIComponent(key).replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase())],
    ['in a form', new URLSearchParams({ k: key }).toString()],
    ['in a URL in a URL', encodeURIComponent(`https://x.test/?key=${encodeURIComponent(key)}`)],
    ['in Base64', Buffer.from(key).toString('base64')],
    ['in a Basic header, as the name', `Authorization: Basic ${Buffer.from(`${key}:`).toString('base64')}`],
    ['in a Basic header, as the password', `Basic ${Buffer.from(`user:${key}`).toString('base64')}`],
    ['in a Basic header, after one more', Buffer.from(`users:${key}:x`).toString('base64url')],
    ['in JSON', message],
    ['in JSON in JSON', JSON.stringify({ raw: message })],
    ['in JSON in JSON in JSON', JSON.stringify({ raw: JSON.stringify({ raw: message }) })],
    ['as Google writes JSON', JSON.stringify(key).replaceAll(/[<>&=']/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)],
    ['in HTML', `<p>${key.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')}</p>`],
    ['in hex', Buffer.from(key).toString('hex')],
  ];
}

const SCENARIO = `name: canary
clock: { duration: 1s, drain: 1s }
quota: { profile: none }
service: { latency: { ${LITE}: { fixed: 10ms } } }
traffic: [{ name: flow, shape: { kind: steady, rate: 3/s }, request: { model: ${LITE} } }]
client: { retry: { attempts: 2, base: 10ms } }
thresholds: [success_ratio >= 0.1]
goals: { minimise: [cost] }
allow: { concurrency: 1..2 }
budget: { usd: 5 }
`;
const live = (...args: string[]): string[] => ['run', input('live.yaml', SCENARIO), '--mode', 'live', '--yes', ...args];

/** Everything that is sent answered by one of the forms, in body, status text and headers; the first `healthy` calls are answered well. */
async function echoing(key: string, status: number, healthy: number): Promise<Answering> {
  const all = forms(key);
  const server = await answering((_seen, nth, response) => {
    if (nth <= healthy) {
      json(response, 200, imageBody());
      return;
    }
    const message = all.map(([form, text]) => `${form}: ${text}`).join('\n');
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0', date: new Date(0).toUTCString() });
    response.end(
      JSON.stringify({
        error: { code: status, message, status: 'PERMISSION_DENIED', details: [{ '@type': key, reason: key, metadata: { [key]: key } }] },
      }),
    );
  });
  servers.push(server);
  return server;
}

describe.each(Object.keys(KEYS) as Kind[])('the %s key', (kind) => {
  const key = KEYS[kind];

  test('is not shown by what asks the API and is refused, echoed or cut off', async () => {
    const [first, later, busy, page] = await Promise.all([
      echoing(key, 403, 0),
      echoing(key, 400, 2),
      echoing(key, 429, 1),
      answering((_, nth, response) => {
        if (nth === 1) json(response, 200, imageBody());
        else if (nth % 2 === 0) response.destroy();
        else response.writeHead(502, { 'content-type': 'text/html' }).end(`<title>502</title>GET /?key=${key} ${forms(key).at(-2)![1]}`);
      }),
    ]);
    servers.push(page);
    for (const url of [mock.url, first.url, later.url, busy.url, page.url, 'http://127.0.0.1:9']) {
      const folder = out();
      const ran = await command(live('--base-url', url, '--out', folder, '--save-images', join(folder, 'pictures')), keyed(key));
      expectHidden(ran, `run live against ${url}`);
      for (const flags of [[], ['--json', '--spend', '--compare-key-env', 'GEMINI_API_KEY']])
        expectHidden(await command(['doctor', '--base-url', url, ...flags], keyed(key)), `doctor ${flags} against ${url}`);
      if (readdirSync(outputs).includes(folder.split('/').at(-1)!) && readdirSync(folder).includes('summary.json'))
        for (const args of [
          ['report', folder],
          ['report', folder, '--json'],
          ['compare', folder, folder],
          ['replay', folder, '--out', out()],
        ])
          expectHidden(await command(args, keyed(key)), `${args[0]} of ${url}`);
    }
    expect(first.seen.length + later.seen.length).toBeGreaterThan(4);
    expect(later.seen.some(({ headers }) => headers['x-goog-api-key'] === key)).toBe(true);
  });

  test('is not shown when it is a token for the Agent Platform or the quota APIs', async () => {
    const api = await echoing(key, 403, 0);
    const token = { ...keyed(''), CLOUDSDK_AUTH_ACCESS_TOKEN: key, TOKEN: key };
    for (const args of [
      live('--platform', 'agent', '--project', 'some-project', '--base-url', api.url, '--out', out()),
      ['doctor', '--platform', 'agent', '--project', 'some-project', '--base-url', api.url],
      [
        'limits',
        'import',
        '--project',
        'some-project',
        '--token-env',
        'TOKEN',
        '--base-url',
        api.url,
        '--out',
        join(outputs, 'never.yaml'),
      ],
    ])
      expectHidden(await command(args, token), args.slice(0, 2).join(' '));
  });

  test('is not shown by errors of the network that quote the address, nor by a crash', async () => {
    const quoting = (): Error =>
      Object.assign(new TypeError(`fetch failed: ${forms(key)[1]![1]}`), { code: `E ${key}`, cause: new Error(key) });
    const crash = (): Error =>
      new Error(
        `boom at ${forms(key)
          .map(([, text]) => text)
          .join(' ')}`,
      );
    for (const error of [quoting, crash]) {
      sabotage.error = error;
      expectHidden(await command(live('--base-url', mock.url, '--out', out()), keyed(key)), `run live, ${error.name}`);
      expectHidden(await command(['doctor', '--base-url', mock.url], keyed(key)), `doctor, ${error.name}`);
    }
    const keyFile = input(`${kind}.key`, `${key}\n`);
    sabotage.error = crash;
    expectHidden(await command(live('--base-url', mock.url, '--out', out(), '--key-file', keyFile), keyed('')), 'run live with a key file');
    expectHidden(await command(['doctor', '--base-url', mock.url, '--key-file', keyFile], keyed('')), 'doctor with a key file');
  });

  test('is not shown when it stands in a base URL', async () => {
    const env = keyed(key);
    const host = mock.url.replace('http://', '');
    const bases = [
      `http://user:${encodeURIComponent(key)}@${host}`,
      `http://${encodeURIComponent(key)}@${host}`,
      `${mock.url}/?key=${encodeURIComponent(key)}`,
      `${mock.url}/${encodeURIComponent(key)}`,
      key,
    ];
    for (const base of bases)
      for (const args of [
        live('--base-url', base, '--out', out()),
        live('--platform', 'agent', '--project', 'some-project', '--base-url', base, '--out', out()),
        ['run', input('plain.yaml', SCENARIO), '--mode', 'mock', '--base-url', base, '--out', out()],
        ['doctor', '--base-url', base],
        ['doctor', '--platform', 'agent', '--project', 'some-project', '--base-url', base],
        [
          'limits',
          'import',
          '--project',
          'some-project',
          '--token-env',
          'GEMINI_API_KEY',
          '--base-url',
          base,
          '--out',
          join(outputs, 'no.yaml'),
        ],
        ['record', '--port', '0', '--upstream', base.startsWith('http') ? base.replace('http:', 'ftp:') : base, '--out', out()],
      ])
        expectHidden(await command(args, env), args.join(' '));
    for (const name of ['GOOGLE_GEMINI_BASE_URL', 'GOOGLE_VERTEX_BASE_URL', 'HTTPS_PROXY']) {
      const set = { ...env, [name]: bases[0]! };
      expectHidden(await command(live('--out', out(), '--base-url', mock.url), set), `${name}, live`);
      expectHidden(await command(['doctor', '--json', '--base-url', mock.url], set), `${name}, doctor`);
    }
  });

  test('is not shown, nor written, when it stands in a scenario, a limits file or a setting', async () => {
    const env = keyed(key);
    const inScenario = [
      SCENARIO.replace('name: canary', `name: ${JSON.stringify(key)}`),
      `${SCENARIO}description: ${JSON.stringify(`the key is ${key}`)}\n`,
      `${SCENARIO}apiKey: ${JSON.stringify(key)}\n`,
      `${SCENARIO}# ${key}\n`,
      SCENARIO.replace('rate: 3/s', `rate: ${JSON.stringify(key)}`),
      SCENARIO.replace('profile: none', `profile: ${JSON.stringify(key)}`),
      SCENARIO.replace(LITE, JSON.stringify(key)),
    ].map((text, index) => input(`${kind}-${index}.yaml`, text));
    const limits = input(
      `${kind}-limits.yaml`,
      `name: ${JSON.stringify(key)}\nasOf: 2026-11-01\nsource: ${JSON.stringify(key)}\ntiers: { "1": { models: { ${LITE}: { rpm: 5 } } } }\n`,
    );
    const bad = input(
      `${kind}-bad-limits.yaml`,
      `name: x\nasOf: ${JSON.stringify(key)}\ntiers: { "1": { models: { ${JSON.stringify(key)}: { rpm: 5 } } } }\n`,
    );
    const named = input(`${kind}-named.yaml`, SCENARIO.replace('profile: none', `profile: ${JSON.stringify(limits)}`));
    for (const file of [...inScenario, named])
      for (const name of ['run', 'validate'])
        expectHidden(await command([name, file, ...(name === 'run' ? ['--out', out()] : [])], env), `${name} ${file}`);
    for (const file of [inScenario[0]!, inScenario[2]!, named])
      for (const args of [
        ['run', file, '--mode', 'mock', '--out', out()],
        ['run', file, '--mode', 'live', '--yes', '--base-url', mock.url, '--out', out()],
        ['validate', file],
        ['plan', file, '--analytic', '--out', out()],
        ['capacity', file, '--out', out()],
        ['sweep', file, '--vary', 'quota.tier=1', '--out', out()],
        ['compare-policies', file, '--policies', 'none', '--out', out()],
        ['doctor', file, '--offline', '--json'],
      ])
        expectHidden(await command(args, env), args.join(' '));
    for (const file of [limits, bad])
      for (const args of [
        ['limits', 'show', file],
        ['limits', 'show', file, '--json'],
        ['limits', 'diff', file],
        ['limits', 'cap', '--project', 'p', '--model', LITE, '--rpm', '1', '--limits', file],
      ])
        expectHidden(await command(args, env), args.join(' '));
    const plain = input('plain.yaml', SCENARIO);
    for (const setting of [`description=${key}`, `traffic[0].shape.rate=${key}`, `${key}=1`])
      for (const name of ['run', 'validate'])
        expectHidden(await command([name, plain, '--set', setting, ...(name === 'run' ? ['--out', out()] : [])], env), `${name} --set`);
  });

  test('is not shown, nor written, when it is among what was pasted', async () => {
    const env = keyed(key);
    const texts = [
      `Nano Banana Pro\tImages\t0 / 6\t0 / 100K\t${key}\n`,
      `Nano Banana Pro\tImages\t0 / 6\t0 / 100K\t0 / 250\n${key}\n`,
      `model,rpm,rpd\ngemini-3-pro-image,5,${key}\n`,
      `model,rpm\n"${key}"x,5\n`,
      `{"quotaInfos": [ {"quotaId": ${JSON.stringify(key)}, ${key} ] }`,
      `[{"quotaId": ${JSON.stringify(key)}, "dimensionsInfos": [{"dimensions": {"model": ${JSON.stringify(key)}}, "details": {"value": "5"}}]}]`,
    ];
    for (const [index, text] of texts.entries()) {
      const file = input(`${kind}-pasted-${index}.txt`, text);
      for (const flags of [['--stdout'], ['--json', '--out', join(outputs, `${kind}-${index}.yaml`)]])
        expectHidden(await command(['limits', 'import', file, ...flags], env), `limits import ${index}`);
    }
    for (const [form, text] of forms(key)) {
      const log = input(`${kind}-log.txt`, `2026-11-21T08:00:00Z ERROR 403 PERMISSION_DENIED gemini ${text}\n`.repeat(3));
      for (const args of [
        ['diagnose', log],
        ['diagnose', '--json', `403 PERMISSION_DENIED gemini: ${text}`],
      ])
        expectHidden(await command(args, env), `diagnose ${form}`);
    }
  });

  test('is not shown, nor written, by the servers that it passes through', async () => {
    const upstream = await echoing(key, 403, 1);
    const calls: [args: string[], path: string][] = [
      [
        ['mock', '--port', '0', '--speed', '1000', '--key', `${key}=p1`, '--out', out()],
        `/v1beta/models/${LITE}:generateContent?key=${encodeURIComponent(key)}`,
      ],
      [
        ['record', '--port', '0', '--upstream', upstream.url, '--out', out()],
        `/v1beta/models/${LITE}:generateContent?key=${encodeURIComponent(key)}`,
      ],
    ];
    for (const [args, path] of calls) {
      const body = JSON.stringify({ contents: [{ parts: [{ text: `a picture of ${key}` }] }] });
      const said = await served(args, keyed(key), async (url) => {
        for (const headers of [{ 'x-goog-api-key': key }, { authorization: `Bearer ${key}` }, {}, {}])
          await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body }).then(
            (answer) => answer.text(),
          );
      });
      expect(said.out).toContain('listening on');
      expectHidden(said, args[0]!);
    }
  });
});

test('a key is not shown by commands that have no use for it', async () => {
  const key = KEYS.odd;
  const env = keyed(key);
  const plain = input('plain.yaml', SCENARIO);
  const folder = out();
  for (const args of [
    ['run', plain, '--out', folder, '--format', 'junit,markdown'],
    ['run', plain, '--mode', 'mock', '--out', out()],
    ['report', folder],
    ['replay', join(ROOT, 'scenarios/traces/synthetic-day.csv'), '--out', out()],
    ['compare', folder, folder],
    ['compare-policies', plain, '--policies', 'none', '--out', out()],
    ['plan', plain, '--out', out()],
    ['capacity', plain, '--out', out()],
    ['sweep', plain, '--vary', 'quota.tier=1,2', '--out', out()],
    ['doctor', plain, '--offline'],
    ['limits', 'cap', '--project', 'p', '--model', LITE, '--rpm', '1'],
    ['validate', plain],
    ['schema'],
    ['schema', '--of', 'journal'],
    ['init', join(outputs, 'init.yaml')],
    ['completion'],
    ['--help'],
    ['nonsense', key],
    ['run', key],
    ['diagnose', `--${key}`],
  ])
    expectHidden(await command(args, env), args.join(' '));
});

/** A command that serves until it is told to end. */
async function served(args: readonly string[], env: Record<string, string>, use: (url: string) => Promise<void>): Promise<Said> {
  let heard = '';
  const done = command(args, env, (text) => {
    heard += text;
    const url = /listening on (http:\S+)\n/.exec(heard)?.[1];
    if (url === undefined) return;
    heard = '';
    void use(url).finally(() => process.emit('SIGTERM'));
  });
  return await done;
}
