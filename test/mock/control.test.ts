import { get as httpGet } from 'node:http';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { control } from '../../src/mock/control.ts';
import { controlApi } from '../../src/mock/control-openapi.ts';
import { Emulation } from '../../src/mock/emulation.ts';
import { listen } from '../../src/mock/server.ts';
import { mockScenario } from '../../src/run/mock-scenario.ts';
import { generate, jsonOf, textOf } from './support.ts';

const START = Date.UTC(2026, 11, 1, 18);
const LOCAL = { host: '127.0.0.1:8787' };

function emulation(keys: ConstructorParameters<typeof Emulation>[0]['worldOf'] | null = null) {
  let atMs = START;
  const withSettings = mockScenario({ file: null, settings: [], startAtMs: START });
  const made = new Emulation({
    worldOf: keys ?? ((settings) => ({ scenarioAt: () => withSettings(settings) })),
    nowMs: () => atMs,
    picture: null,
  });
  const answer = control(made);
  const ask = async (method: string, path: string, body: unknown = '', headers: Record<string, string> = LOCAL) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const told = await answer({ method, path: `/__rundry/${path}`, headers, body: text });
    if (told === null) throw new Error('not a path of the control API');
    return told;
  };
  const burst = (calls: number) => Array.from({ length: calls }, () => made.handle(generate()).status);
  return { made, ask, burst, at: (ms: number) => (atMs = START + ms) };
}

async function bucket(ask: ReturnType<typeof emulation>['ask'], name: string): Promise<any> {
  return jsonOf(await ask('GET', 'state')).buckets.find((one: any) => one.bucket === name && /^(gemini-3-pro-image|null)$/.test(one.model));
}

describe('what is told', () => {
  test('every bucket: limit, level, and when it has room again', async () => {
    const { ask, burst, at } = emulation();
    at(10_000);
    burst(21);
    expect(await bucket(ask, 'rpm')).toEqual({
      ...{ bucket: 'rpm', unit: 'requests', account: 'a1', project: 'p1', model: 'gemini-3-pro-image', limit: 20, used: 20 },
      ...{ usedRatio: 1, windowMs: 60_000, window: null, isDry: true, retryAt: '2026-12-01T18:01:00.000Z' },
    });
    expect(await bucket(ask, 'spend10m')).toMatchObject({ unit: 'usd', project: null, limit: 10, isDry: false, retryAt: null });
    expect(await bucket(ask, 'rpd')).toMatchObject({ window: 'day', windowMs: null, used: 20 });
    expect(jsonOf(await ask('GET', 'state')).summary).toMatchObject({ attempts: 21, refusedBy: { rpm: 1 } });
  });

  test('the last answers as lines', async () => {
    const { ask, burst } = emulation();
    burst(21);
    const lines = textOf(await ask('GET', 'journal?last=2'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { at: '2026-12-01T18:00:00.000Z', seq: 19, status: 200 },
      { seq: 20, status: 429, bucket: 'rpm', project: 'p1' },
    ]);
    expect((await ask('GET', 'journal?last=none')).status).toBe(400);
  });

  test('metrics count what was answered, and reading them changes nothing', async () => {
    const { ask, burst } = emulation();
    burst(21);
    const first = textOf(await ask('GET', 'metrics'));
    expect(first).toContain('rundry_mock_answers_total{status="200",class="",model="gemini-3-pro-image",project="p1"} 20');
    expect(first).toContain('rundry_mock_refusals_total{bucket="rpm"} 1');
    expect(first).toContain('rundry_mock_bucket_used{account="a1",project="p1",model="gemini-3-pro-image",bucket="rpm"} 20');
    expect(first).toContain(`rundry_mock_calendar_seconds ${START / 1000}`);
    expect(textOf(await ask('GET', 'metrics'))).toBe(first);
  });
});

describe('what is taken', () => {
  test('advance-time jumps the calendar: the next minute, the next Pacific day', async () => {
    const { ask, burst } = emulation();
    expect(burst(21).at(-1)).toBe(429);
    expect(jsonOf(await ask('POST', 'advance-time', { byMs: 60_000 }))).toEqual({ now: '2026-12-01T18:01:00.000Z', advancedMs: 60_000 });
    expect(burst(21).filter((status) => status === 200)).toHaveLength(20);
    expect((await bucket(ask, 'rpd')).used).toBe(40);
    await ask('POST', 'advance-time', { to: '2026-12-02T08:00:00Z' });
    expect(await bucket(ask, 'rpd')).toMatchObject({ used: 0 });
    expect(burst(1)).toEqual([200]);
  });

  test('reset makes it what it was at the start, draws, time and settings included', async () => {
    const { ask, made, at } = emulation();
    const bodies = () => Array.from({ length: 5 }, () => textOf(made.handle(generate())));
    const first = bodies();
    await ask('PATCH', 'config', { service: { errorRate: 0.5 } });
    await ask('POST', 'advance-time', { byMs: 1e6 });
    at(5_000);
    made.handle({ ...generate(), path: '/nowhere' });
    const state = jsonOf(await ask('POST', 'reset'));
    expect(state).toMatchObject({ now: '2026-12-01T18:00:00.000Z', summary: { attempts: 0, unrouted: 1 } });
    expect(state.buckets.filter(({ used }: { used: number }) => used > 0)).toEqual([]);
    expect(textOf(await ask('GET', 'journal'))).toBe('');
    expect(bodies()).toEqual(first);
  });

  test('config changes limits, tier and faults in the words of a scenario file, and keeps levels', async () => {
    const { ask, burst, at } = emulation();
    at(1_000);
    burst(5);
    const changed = await ask('PATCH', 'config', { quota: { limits: { 'gemini-3-pro-image': { rpm: 7 } } } });
    expect(jsonOf(changed).settings).toEqual([{ path: 'quota.limits."gemini-3-pro-image".rpm', value: 7 }]);
    expect(await bucket(ask, 'rpm')).toMatchObject({ limit: 7, used: 5 });
    expect(burst(3)).toEqual([200, 200, 429]);
    await ask('PATCH', 'config', {
      quota: { limits: { 'gemini-3-pro-image': { rpm: 'none' } } },
      service: { overload: [{ from: '00:00Z', to: '24:00Z', errorRate: 1 }] },
    });
    expect(burst(1)).toEqual([503]);
    await ask('PATCH', 'config', { service: { overload: 'none' }, quota: { tier: 2, limits: {} } });
    expect(burst(1)).toEqual([200]);
    expect(jsonOf(await ask('GET', 'config')).quota.tier).toBe('2');
  });

  test.each([
    ['PATCH', 'config', { quota: { tier: 9 }, service: { errorRate: 2 } }, ['service.errorRate: ', 'quota.tier: ']],
    ['PATCH', 'config', { quota: { usedToday: {} }, client: {} }, ['quota.usedToday: only', 'client: only']],
    ['PATCH', 'config', { service: 3 }, ['service: expected a mapping']],
    ['PATCH', 'config', {}, ['expected {"quota"']],
    ['PATCH', 'config', '[]', ['the body is not a JSON object']],
    ['PATCH', 'config', '{', ['the body is not JSON']],
    ['POST', 'advance-time', {}, ['expected {"byMs"']],
    ['POST', 'advance-time', { byMs: -1 }, ['found -1']],
    ['POST', 'advance-time', { byMs: 1e12 }, ['found 1000000000000']],
    ['POST', 'advance-time', { to: 'noon' }, ['to: expected an instant']],
    ['POST', 'advance-time', { to: '2020-01-01T00:00:00Z' }, ['an instant that is past']],
    ['POST', 'reset', { hard: true }, ['reset takes no body']],
  ])('%s %s %j is 400, says why, and changes nothing', async (method, path, body, problems) => {
    const { ask } = emulation();
    const before = [await ask('GET', 'state'), await ask('GET', 'config')].map(textOf);
    const told = await ask(method, path, body);
    expect(told.status).toBe(400);
    const { error } = jsonOf(told);
    expect(error.problems).toHaveLength(problems.length);
    for (const [index, problem] of problems.entries()) expect(error.problems[index]).toContain(problem);
    expect([await ask('GET', 'state'), await ask('GET', 'config')].map(textOf)).toEqual(before);
  });

  test('an unknown path is 404 and names the known ones; a wrong method is 405 and names the right one', async () => {
    const { ask } = emulation();
    const lost = await ask('GET', 'constructor');
    expect([lost.status, jsonOf(lost).error.message]).toEqual([404, expect.stringContaining('advance-time')]);
    const wrong = await ask('GET', 'reset');
    expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'POST']);
  });
});

describe('who may ask', () => {
  test.each([
    [{ host: 'evil.example' }, 403],
    [{ host: '127.0.0.1.evil.example' }, 403],
    [{}, 403],
    [{ host: 'localhost:1', origin: 'https://evil.example' }, 403],
    [{ host: 'localhost:1', origin: 'null' }, 403],
    [{ host: 'localhost:1', origin: 'http://localhost:3000' }, 200],
    [{ host: '[::1]:8787' }, 200],
    [LOCAL, 200],
  ])('%j: %i', async (headers, status) => {
    expect((await emulation().ask('GET', 'state', '', headers)).status).toBe(status);
  });

  test('over HTTP it is there when it is handed over, and unknown otherwise', async () => {
    const { made } = emulation();
    const [open, closed] = await Promise.all([listen(made, { port: 0, control: control(made) }), listen(made, { port: 0 })]);
    const rebound = (port: number) =>
      new Promise<number | undefined>((resolve) =>
        httpGet({ port, host: '127.0.0.1', path: '/__rundry/state', headers: { host: 'evil.example' } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }),
      );
    expect((await fetch(`${open.url}/__rundry/state`)).status).toBe(200);
    expect(await rebound(open.port)).toBe(403);
    expect((await fetch(`${closed.url}/__rundry/state`)).status).toBe(404);
    await Promise.all([open.close(), closed.close()]);
  });
});

describe('its description', () => {
  test('is valid OpenAPI 3.1, and served', async () => {
    const { ask } = emulation();
    const served = jsonOf(await ask('GET', 'openapi.json'));
    expect(served).toEqual(JSON.parse(JSON.stringify(controlApi())));
    const validator = new Validator();
    expect(await validator.validate(served)).toEqual({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  test('has every path that is answered, and what is answered has the form it says', async () => {
    const { ask, burst } = emulation();
    burst(21);
    const api: any = controlApi();
    const { problems } = jsonOf(await ask('GET', '')).error;
    for (const path of Object.keys(api.paths)) expect(problems[0]).toContain(path.slice(1));
    const ajv = new Ajv2020({ strict: false, formats: { 'date-time': true } });
    const schemaOf = (path: string, method: string): object => Object.values<any>(api.paths[path][method].responses[200].content)[0].schema;
    const check = (path: string, method: string, value: unknown) => {
      const validate = ajv.compile(schemaOf(path, method));
      validate(value);
      expect(validate.errors, path).toBe(null);
    };
    check('/state', 'get', jsonOf(await ask('GET', 'state')));
    check('/config', 'get', jsonOf(await ask('GET', 'config')));
    check('/journal', 'get', JSON.parse(textOf(await ask('GET', 'journal?last=1'))));
    for (const [path, { patch, post }] of Object.entries<any>(api.paths)) {
      const example = (patch ?? post)?.requestBody?.content['application/json'].example;
      if (example) check(path, patch ? 'patch' : 'post', jsonOf(await ask(patch ? 'PATCH' : 'POST', path.slice(1), example)));
    }
  });
});

test('projects by key: each account and project is told with its own buckets', async () => {
  const withSettings = mockScenario({ file: null, settings: [], startAtMs: START });
  const keys = [
    ['k1', { project: 'shop', tier: '2', account: 'acme' }],
    ['k2', { project: 'labs', tier: '2', account: 'acme' }],
    ['k3', { project: 'solo', tier: '1' }],
  ] as const;
  const { ask, made } = emulation((settings) => ({
    scenarioAt: (tier) => withSettings(tier === null ? settings : [...settings, { path: 'quota.tier', value: tier }]),
    keys,
  }));
  for (const key of ['k2', 'k2', 'k3']) made.handle({ ...generate(), headers: { 'x-goog-api-key': key } });
  const text = textOf(await ask('GET', 'state'));
  const state = JSON.parse(text);
  const used = (bucket: string) =>
    state.buckets
      .filter((one: any) => one.bucket === bucket && one.used > 0)
      .map(({ account, project, limit, used }: any) => ({ account, project, limit, used }));
  expect(used('rpm')).toEqual([
    { account: 'acme', project: 'labs', limit: 500, used: 2 },
    { account: 'tier 1', project: 'solo', limit: 20, used: 1 },
  ]);
  expect(used('spend10m').map(({ account, limit }: any) => [account, limit])).toEqual([
    ['acme', 50],
    ['tier 1', 10],
  ]);
  expect(text).not.toMatch(/k1|k2|k3/);
  await ask('PATCH', 'config', { quota: { window: 'sliding' } });
  expect(
    await ask('GET', 'state').then((told) => jsonOf(told).buckets.filter(({ bucket, used }: any) => bucket === 'rpm' && used > 0)),
  ).toMatchObject([
    { project: 'labs', used: 2 },
    { project: 'solo', used: 1 },
  ]);
});
