/** `rundry mock` as others reach it: https, keys of several projects, its control API, and what it says of paths that it lacks. */
import { readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { selfSigned } from '../../src/mock/certificate.ts';
import { emptyFolder, ended, rundry, start } from './rundry.ts';

const MODEL = 'gemini-3-pro-image';
const CALL = { contents: [{ parts: [{ text: 'a house' }] }] };
const PATH = `/v1beta/models/${MODEL}:generateContent`;
const QUICK = `name: quick
clock: { startAt: 2026-12-01T08:00:00Z, duration: 1h }
quota: { profile: none, window: sliding, limits: { ${MODEL}: { rpd: 2 } } }
service: { latency: { ${MODEL}: { fixed: 1ms } } }
traffic: [{ name: any, shape: { kind: flood, requests: 1 }, request: { model: ${MODEL} } }]
`;

async function serving(args: readonly string[]) {
  const child = start(['mock', ...args, '--port', '0']);
  const end = ended(child);
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (text) => {
      said += text;
      const ready = /^rundry mock listening on (https?:\/\/\S+)\n/.exec(said);
      if (ready) resolve(ready[1]!);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
  return {
    url,
    stop() {
      child.kill('SIGTERM');
      return end;
    },
  };
}

function quickIn(folder: string): string {
  const file = join(folder, 'quick.yaml');
  writeFileSync(file, QUICK);
  return file;
}

async function statusOf(url: string, key = 'any'): Promise<number> {
  const answer = await fetch(url + PATH, { method: 'POST', headers: { 'x-goog-api-key': key }, body: JSON.stringify(CALL) });
  await answer.arrayBuffer();
  return answer.status;
}

describe.concurrent('rundry mock', () => {
  test('lists paths that it lacks at the end, and with --strict its exit code says so', async () => {
    const folder = emptyFolder();
    const [strict, lenient] = await Promise.all([serving([quickIn(folder), '--strict']), serving([quickIn(folder)])]);
    for (const { url } of [strict, lenient]) {
      expect(await statusOf(url)).toBe(200);
      for (let n = 0; n < 2; n++) {
        const lost = await fetch(`${url}/v1beta/cachedContents/mine?key=canary`);
        expect([lost.status, (await lost.json()).error.status]).toEqual([404, 'NOT_FOUND']);
      }
      await fetch(`${url}/__rundry/reset`, { method: 'POST' });
    }
    const [strictly, leniently] = await Promise.all([strict.stop(), lenient.stop()]);
    expect([strictly.code, leniently.code]).toEqual([99, 0]);
    for (const { out } of [strictly, leniently]) {
      expect(out).toMatch(/2 calls to paths that this mock does not serve, answered 404:\n {2}2 x GET \/v1beta\/cachedContents\/mine\n$/);
      expect(out).not.toContain('canary');
    }
  });

  test('--strict is content when every path was served', async () => {
    const mock = await serving([quickIn(emptyFolder()), '--strict']);
    expect(await statusOf(mock.url)).toBe(200);
    expect((await mock.stop()).code).toBe(0);
  });

  test('--tls: a certificate of its own, which the hint says how to trust; SIGTERM ends it as ever', async () => {
    const mock = await serving([quickIn(emptyFolder()), '--tls']);
    const { port, protocol } = new URL(mock.url);
    expect(protocol).toBe('https:');
    const untrusted = await tlsStatus(port, undefined).catch((error: NodeJS.ErrnoException) => error.code);
    const stopped = await mock.stop();
    expect(untrusted).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(stopped.code).toBe(0);
    expect(stopped.err).toMatch(/^certificate \S+\.pem, SHA-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\ntrust it with NODE_EXTRA_CA_CERTS=/);
    const file = /^certificate (\S+),/.exec(stopped.err)![1]!;
    const pem = readFileSync(file, 'utf8');
    expect(pem).not.toContain('PRIVATE KEY');

    const again = await serving([quickIn(emptyFolder()), '--tls-cert', ...(await ownPair())]);
    const cert = readFileSync(certificates.at(-1)!, 'utf8');
    expect(await tlsStatus(new URL(again.url).port, cert)).toBe(200);
    expect(await again.stop()).toMatchObject({ code: 0, err: '' });
  });

  test('--key KEY=project and --keys FILE: each project has its own day, and no key is said', async () => {
    const folder = emptyFolder();
    const keys = join(folder, 'keys.yaml');
    writeFileSync(keys, 'shop: { keys: [canary-1, canary-2] }\n');
    const out = join(folder, 'out');
    const mock = await serving([quickIn(folder), '--keys', keys, '--key', 'canary-3=labs', '--out', out]);
    const statuses: number[] = [];
    for (const key of ['canary-1', 'canary-2', 'canary-1', 'canary-3', 'canary-4']) statuses.push(await statusOf(mock.url, key));
    expect(statuses).toEqual([200, 200, 429, 200, 400]);
    const said = await mock.stop();
    expect(said.out).toContain(`Requests per day (rpd) of ${MODEL} (shop) ran dry first`);
    const answers = readFileSync(join(out, 'mock-answers.csv'), 'utf8');
    expect(answers).toContain(',shop,429,');
    expect(JSON.stringify(said) + answers + readFileSync(join(out, 'mock-summary.json'), 'utf8')).not.toContain('canary');
  });

  test.for([
    [['--key', 'canary', '--key', 'canary-2=shop'], '--key: with keys of several projects each needs its own'],
    [['--key', 'canary=shop:9'], 'key 1: expected a tier of free, 1, 2, 3, found "9"'],
    [['--keys', 'nowhere.yaml'], 'nowhere.yaml: no such file'],
    [['--tls-cert', 'nowhere.pem', '--tls-key', 'nowhere.pem'], '--tls-cert: nowhere.pem cannot be read'],
    [['--tls-cert', 'x.pem'], 'tls-key'],
  ] as const)('%j is exit 2, without the key', async ([args, problem], { expect }) => {
    const { code, out, err } = await rundry(['mock', '--port', '0', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(problem);
    expect(err).not.toContain('canary');
  });

  test.for(['name: no PEM', ''])('a pair of PEM files that is none, such as %j, is exit 3', async (text, { expect }) => {
    const file = join(emptyFolder(), 'x.pem');
    writeFileSync(file, text);
    expect(await rundry(['mock', '--port', '0', '--tls', '--tls-cert', file, '--tls-key', file])).toMatchObject({
      code: 3,
      err: expect.stringContaining('matching pair'),
    });
  });

  test('the control API is there on this machine, not with --no-control, and patches what the file says', async () => {
    const folder = emptyFolder();
    const [open, closed] = await Promise.all([serving([quickIn(folder)]), serving([quickIn(folder), '--no-control'])]);
    expect((await fetch(`${closed.url}/__rundry/state`)).status).toBe(404);
    expect([await statusOf(open.url), await statusOf(open.url), await statusOf(open.url)]).toEqual([200, 200, 429]);
    const post = (path: string, method: string, body: object) =>
      fetch(`${open.url}/__rundry/${path}`, { method, body: JSON.stringify(body) }).then((answer) => answer.status);
    expect(await post('advance-time', 'POST', { byMs: 86_400_000 })).toBe(200);
    expect(await statusOf(open.url)).toBe(200);
    expect(await post('config', 'PATCH', { quota: { limits: { [MODEL]: { rpd: 0 } } } })).toBe(200);
    expect(await statusOf(open.url)).toBe(429);
    expect(await post('config', 'PATCH', { quota: { limits: { [MODEL]: { rpd: -1 } } } })).toBe(400);
    await Promise.all([open.stop(), closed.stop()]);
  });
});

const certificates: string[] = [];

async function ownPair(): Promise<[cert: string, option: '--tls-key', key: string]> {
  const folder = emptyFolder();
  const { cert, key } = await selfSigned();
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  writeFileSync(files.cert, cert);
  writeFileSync(files.key, key);
  certificates.push(files.cert);
  return [files.cert, '--tls-key', files.key];
}

function tlsStatus(port: string, ca: string | undefined): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path: PATH, method: 'POST', headers: { 'x-goog-api-key': 'any' }, ...(ca ? { ca } : {}) },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify(CALL));
  });
}
