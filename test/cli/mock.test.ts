/** `rundry mock` and `rundry run --mode mock`: real processes, real sockets of this machine. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { emptyFolder, ended, filesOf, RESULTS, ROOT, rundry, start } from './rundry.ts';

/** A limit of the day, and midnight hours away at any speed that is used here: no clock decides who is refused. */
const TEN_A_DAY = `name: ten a day
clock: { startAt: 2026-12-01T18:00:00Z, duration: 1m }
quota: { profile: none, limits: { gemini-3-pro-image: { rpd: 10 } } }
service: { latency: { gemini-3-pro-image: { fixed: 20s } } }
traffic:
  - { name: launch, shape: { kind: burst, requests: 40, every: 5m, times: 2 }, request: { model: gemini-3-pro-image } }
client: { concurrency: 100 }
`;

function scenarioIn(folder: string, text = TEN_A_DAY): string {
  const file = join(folder, 'ten.yaml');
  writeFileSync(file, text);
  return file;
}

describe.concurrent('rundry mock', () => {
  test('says when it is ready, answers, and ends on SIGTERM with what ran dry first', async () => {
    const folder = emptyFolder();
    const out = join(folder, 'x');
    const file = scenarioIn(folder, TEN_A_DAY.replace('20s', '500ms'));
    const child = start(['mock', file, '--port', '0', '--out', out]);
    const end = ended(child);
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout?.once('data', (text: string) => {
        const ready = /^rundry mock listening on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(String(text));
        if (ready) resolve(ready[1]!);
        else reject(new Error(`not a readiness line: ${text}`));
      });
      child.once('exit', (code) => reject(new Error(`ended with ${code} before it was ready`)));
    });
    const call = (key: string) =>
      fetch(`${url}/v1beta/models/gemini-3-pro-image:generateContent`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-goog-api-key': key },
        body: JSON.stringify({ contents: [{ parts: [{ text: 'a house under the sun' }] }] }),
      });
    expect((await call('')).status).toBe(403);
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await call('any')).status));
    child.kill('SIGTERM');
    const { code, out: text, err } = await end;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(statuses.toSorted()).toEqual([...Array(10).fill(200), 429, 429]);
    expect(text).toMatch(/\nRequests per day \(rpd\) of gemini-3-pro-image .*ran dry first/);
    expect(Object.keys(filesOf(out))).toEqual(['mock-answers.csv', 'mock-summary.json']);
    expect(readFileSync(join(out, 'mock-answers.csv'), 'utf8').trimEnd().split('\n')).toHaveLength(1 + 13);
  });

  test('a port that is taken is exit 3', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port));
    });
    const { code, err } = await rundry(['mock', '--tier', '1', '--port', String(port)]);
    other.close();
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining(String(port)) });
  });

  test('an instant that is none is exit 2', async () => {
    expect(await rundry(['mock', '--start-at', 'noon', '--port', '0'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('found "noon"'),
    });
  });
});

describe.concurrent('rundry run --mode mock', () => {
  test('a burst over HTTP, sixty times faster: ten of forty, and report rebuilds every file', async () => {
    const folder = emptyFolder();
    const out = join(folder, 'x');
    const { code, out: text, err } = await rundry(['run', scenarioIn(folder), '--mode', 'mock', '--speed', '60', '--out', out]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(text).toContain('10 of 40 images were delivered (25 %), 30 requests were refused (emulated, over HTTP against the mock');
    const ran = filesOf(out);
    expect(Object.keys(ran)).toEqual(RESULTS);
    expect(JSON.parse(ran['summary.json']!)).toMatchObject({
      mode: 'mock',
      requests: { delivered: 10, failed: 30 },
      firstBucket: { bucket: 'rpd', limit: 10 },
    });
    await rundry(['report', out, '--quiet']);
    expect(filesOf(out)).toEqual(ran);
  });

  test('what autocannon cannot do is exit 2, all at once, and leaves no folder behind', async () => {
    const folder = emptyFolder();
    const { code, out, err } = await rundry(
      ['run', join(ROOT, 'scenarios/day.yaml'), '--mode', 'mock', '--driver', 'autocannon', '--out', 'x'],
      { cwd: folder },
    );
    expect({ code, out }).toEqual({ code: 2, out: '' });
    for (const what of ['shape diurnal', 'the batch lane', 'retries', 'a fallback', 'a breaker', 'a budget', 'a bounded queue']) {
      expect(err).toContain(`--driver autocannon cannot do ${what}`);
    }
    expect(filesOf(folder)).toEqual({});
  });

  test('a mock elsewhere than on this machine is exit 3', async () => {
    const folder = emptyFolder();
    const { code, err } = await rundry([
      'run',
      scenarioIn(folder),
      '--mode',
      'mock',
      '--base-url',
      'http://example.com',
      '--out',
      join(folder, 'x'),
    ]);
    expect({ code, err }).toMatchObject({ code: 3, err: expect.stringContaining('is not on this machine') });
  });
});
