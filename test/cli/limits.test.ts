/** `rundry limits`, against a small server that plays Google's quota APIs. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { emptyFolder, rundry } from './rundry.ts';

const TOKEN = 'ya29.canary-token-of-a-test';
const SERVICE = 'generativelanguage.googleapis.com';

interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

let server: Server;
let asked: Asked[] = [];
let answer: (path: string) => { readonly status?: number; readonly body: unknown };
const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push({ path: request.url!, headers: request.headers });
    const { status = 200, body } = answer(request.url!);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked = [];
});

const info = (quotaId: string, refreshInterval: string, model: string, value: string) => ({
  quotaId,
  metric: `${SERVICE}/generate_requests_per_model`,
  refreshInterval,
  dimensionsInfos: [{ dimensions: { model }, details: { value } }],
});

const fetching = (folder: string, ...args: string[]) =>
  rundry(['limits', 'import', '--project', 'my-project', '--token-env', 'TOKEN', '--base-url', url(), ...args], {
    cwd: folder,
    env: { TOKEN },
  });

describe('import from an API', () => {
  test('reads every page of the Cloud Quotas API into a file that a scenario names', async () => {
    answer = (path) =>
      path.includes('pageToken=two')
        ? { body: { quotaInfos: [info('GenerateRequestsPerDayPerProjectPerModel', 'day', 'gemini-3-pro-image', '3')] } }
        : {
            body: {
              quotaInfos: [info('GenerateRequestsPerMinutePerProjectPerModel', 'minute', 'gemini-3-pro-image', '2')],
              nextPageToken: 'two',
            },
          };
    const folder = emptyFolder();
    const { code, out, err } = await fetching(folder);
    expect({ code, out, err }).toEqual({ code: 0, out: 'limits.yaml: 2 limits of 1 models.\n', err: '' });
    expect(asked.map(({ path }) => path)).toEqual([
      `/v1/projects/my-project/locations/global/services/${SERVICE}/quotaInfos?pageSize=1000`,
      `/v1/projects/my-project/locations/global/services/${SERVICE}/quotaInfos?pageSize=1000&pageToken=two`,
    ]);
    expect(asked[0]!.headers).toMatchObject({ authorization: `Bearer ${TOKEN}`, 'x-goog-user-project': 'my-project' });
    const text = readFileSync(join(folder, 'limits.yaml'), 'utf8');
    expect(text).toContain('"gemini-3-pro-image": { rpm: 2, rpd: 3 }');
    expect(text).not.toContain(TOKEN);
    writeFileSync(
      join(folder, 'app.yaml'),
      'clock: { duration: 5m }\nquota: { profile: limits.yaml }\ntraffic: [{ name: a, shape: { kind: burst, requests: 9, every: 1m, times: 1 }, request: { model: gemini-3-pro-image } }]\n',
    );
    const ran = await rundry(['run', 'app.yaml', '--json', '--out', 'x'], { cwd: folder });
    expect(JSON.parse(ran.out)).toMatchObject({ firstBucket: { bucket: 'rpm', limit: 2 }, requests: { delivered: 2 } });
    expect(ran.err).toBe('');
  });

  test('reads the Service Usage API', async () => {
    answer = () => ({
      body: {
        metrics: [
          {
            metric: `${SERVICE}/generate_requests_per_model`,
            consumerQuotaLimits: [
              { unit: '1/min/{model}/{project}', quotaBuckets: [{ effectiveLimit: '7', dimensions: { model: 'gemini-3-pro-image' } }] },
            ],
          },
        ],
      },
    });
    const { code, out } = await fetching(emptyFolder(), '--api', 'service-usage', '--stdout');
    expect(code).toBe(0);
    expect(out).toContain('"gemini-3-pro-image": { rpm: 7 }');
    expect(asked[0]!.path).toBe(`/v1beta1/projects/my-project/services/${SERVICE}/consumerQuotaMetrics?pageSize=1000`);
  });

  test.each([
    [401, /answered 401 \(the token is not accepted/],
    [403, /answered 403 \(the account may not list quotas.*: Permission denied for <key>/],
    [404, /answered 404/],
    [503, /answered 503: /],
  ])('a %s is exit 3 and says what to do, without the token', async (status, said) => {
    answer = () => ({ status, body: { error: { code: status, message: `Permission denied for ${TOKEN}` } } });
    const { code, out, err } = await fetching(emptyFolder());
    expect(code).toBe(3);
    expect(err).toMatch(said);
    expect(out + err).not.toContain(TOKEN);
  });

  test('an answer that is no listing is exit 3 or 4, and writes nothing', async () => {
    const folder = emptyFolder();
    answer = () => ({ body: '<html>proxy</html>' });
    expect((await fetching(folder)).code).toBe(3);
    answer = () => ({ body: { quotaInfos: 'none' } });
    expect((await fetching(folder)).code).toBe(4);
    answer = () => ({ body: {} });
    expect(await fetching(folder)).toMatchObject({ code: 4, err: expect.stringContaining('no limit of an image model was found') });
    expect(existsSync(join(folder, 'limits.yaml'))).toBe(false);
  });

  test('without a token, and to a place that is not safe, nothing is sent', async () => {
    const bare = await rundry(['limits', 'import', '--project', 'p', '--token-env', 'TOKEN', '--base-url', url()]);
    expect(bare).toMatchObject({ code: 3, err: expect.stringContaining('TOKEN is not set') });
    const unsafe = await rundry(['limits', 'import', '--project', 'p', '--token-env', 'TOKEN', '--base-url', 'http://quota.example'], {
      env: { TOKEN },
    });
    expect(unsafe).toMatchObject({ code: 3, err: expect.stringContaining('expected https') });
    const nobody = await rundry(['limits', 'import', '--project', 'p', '--base-url', url()], {
      env: { GOOGLE_APPLICATION_CREDENTIALS: '/nowhere/credentials.json', HOME: emptyFolder() },
    });
    expect(nobody).toMatchObject({ code: 3, err: expect.stringContaining('no Application Default Credentials') });
    expect(asked).toEqual([]);
  });
});

describe.concurrent('import from what people have', () => {
  test('JSON of gcloud, a CSV, rows of AI Studio', async () => {
    const folder = emptyFolder();
    writeFileSync(
      join(folder, 'quotas.json'),
      JSON.stringify([info('GenerateRequestsPerMinutePerProjectPerModel', 'minute', 'gemini-3-pro-image', '4')]),
    );
    writeFileSync(join(folder, 'limits.csv'), 'model,rpm,rpd\ngemini-3-pro-image,5,"1,000"\n');
    writeFileSync(join(folder, 'rows.txt'), 'Nano Banana Pro\tImages\t0 / 6\t0 / 100K\t0 / 250\n');
    const read = (name: string) => rundry(['limits', 'import', name, '--stdout', '--tier', '2'], { cwd: folder });
    const [json, csv, rows] = await Promise.all(['quotas.json', 'limits.csv', 'rows.txt'].map(read));
    expect(json!.out).toContain('"1":\n    models:\n      "gemini-3-pro-image": { rpm: 4 }');
    expect(csv!.out).toContain('"2":\n    models:\n      "gemini-3-pro-image": { rpm: 5, rpd: 1000 }');
    expect(rows!.out).toContain('{ rpm: 6, tpm: 100000, rpd: 250 }');
  });

  test('what has no limit in it is exit 4; a file that is gone exit 2; a file that is there is kept', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'x.txt'), 'nothing\n');
    writeFileSync(join(folder, 'x.json'), '{"a":1}');
    writeFileSync(join(folder, 'limits.yaml'), 'mine\n');
    const call = (...args: string[]) => rundry(['limits', 'import', ...args], { cwd: folder });
    const [stdin, text, json, gone, kept, both] = await Promise.all([
      call('-', '--stdout'), // and there is nothing in it
      call('x.txt', '--stdout'),
      call('x.json', '--stdout'),
      call('gone.txt', '--stdout'),
      call('x.txt'),
      call('--stdout'),
    ]);
    expect([stdin.code, text.code, json.code, gone.code, kept.code, both.code]).toEqual([4, 4, 4, 2, 3, 2]);
    expect(text.err).toBe('x.txt: line 1: "nothing" is no model, column or limit that is known\n');
    expect(readFileSync(join(folder, 'limits.yaml'), 'utf8')).toBe('mine\n');
  });
});

describe.concurrent('show, diff, cap', () => {
  const OLD =
    'name: ours\nasOf: "2025-01-31"\ntiers: { "1": { models: { gemini-3-pro-image: { rpm: 10, rpd: 250 } }, account: { spend10mUsd: 10 } } }\n';

  function folderWithOld(): string {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'limits.yaml'), OLD);
    return folder;
  }

  test('show: a table, and that it is old', async () => {
    const { code, out } = await rundry(['limits', 'show'], { cwd: folderWithOld() });
    expect(code).toBe(0);
    expect(out).toMatch(/^ours, as of 2025-01-31\n\ntier 1 +limit\ngemini-3-pro-image +rpm +10\n/);
    expect(out).toMatch(/account +spend10m +\$10/);
    expect(out).toMatch(/! The limits in limits\.yaml are \d+ days old \(2025-01-31\)/);
  });

  test('diff: yours beside a profile, with its source', async () => {
    const { out } = await rundry(['limits', 'diff', 'limits.yaml'], { cwd: folderWithOld() });
    expect(out).toMatch(/gemini-3-pro-image +rpm +10 +20 +yours is lower +documented, 2025-11/);
    expect(out).toMatch(/gemini-3-pro-image +rpd +250 +250 +same/);
    const json = await rundry(['limits', 'diff', 'limits.yaml', '--profile', 'none', '--json'], { cwd: folderWithOld() });
    expect(JSON.parse(json.out).diffs[0].rows[0]).toMatchObject({ bucket: 'rpm', judgement: 'lower' });
  });

  test('run and validate say that limits are old; results do not', async () => {
    const folder = folderWithOld();
    writeFileSync(
      join(folder, 'app.yaml'),
      'clock: { duration: 5m }\nquota: { profile: limits.yaml }\ntraffic: [{ name: a, shape: { kind: flood, requests: 1 }, request: { model: gemini-3-pro-image } }]\n',
    );
    const [ran, quiet, valid] = await Promise.all([
      rundry(['run', 'app.yaml', '--json', '--out', 'x'], { cwd: folder }),
      rundry(['run', 'app.yaml', '--quiet', '--out', 'y'], { cwd: folder }),
      rundry(['validate', 'app.yaml', '--json'], { cwd: folder }),
    ]);
    expect(ran.err).toMatch(/^The limits in limits\.yaml are \d+ days old/);
    expect(quiet.err).toBe('');
    expect(ran.out).not.toContain('days old');
    expect(JSON.parse(valid.out).files[0].warnings).toContainEqual({ code: 'limits-old', text: expect.stringContaining('days old') });
  });

  test('cap prints commands with the quota, the model and how to take it back', async () => {
    const { code, out } = await rundry([
      'limits',
      'cap',
      '--project',
      'my-test',
      '--model',
      'gemini-2.5-flash-image',
      '--rpm',
      '2',
      '--rpd',
      '5',
      '--tier',
      '2',
    ]);
    expect(code).toBe(0);
    expect(out).toContain(
      `/v1beta1/projects/my-test/services/${SERVICE}/consumerQuotaMetrics/${SERVICE}%2Fgenerate_content_paid_tier_2_requests/limits/%2Fmin%2Fmodel%2Fproject/consumerOverrides?force=true`,
    );
    expect(out).toContain('{"overrideValue":"2","dimensions":{"model":"gemini-2.5-flash-preview-image"}}');
    expect(out).toContain('/limits/%2Fd%2Fmodel%2Fproject/consumerOverrides?force=true');
    expect(out).toContain('-X DELETE');
    expect(out).toContain('$(gcloud auth print-access-token)');
  });

  test('cap refuses to raise, and words that a shell could take for more', async () => {
    const folder = folderWithOld();
    const call = (...args: string[]) => rundry(['limits', 'cap', '--model', 'gemini-3-pro-image', ...args], { cwd: folder });
    const [raised, shell, none] = await Promise.all([
      call('--project', 'p', '--rpm', '10', '--limits', 'limits.yaml'),
      call('--project', "p'; rm -rf x", '--rpm', '1'),
      call('--project', 'p'),
    ]);
    expect(raised).toMatchObject({ code: 2, err: '--rpm: an override can only lower a limit, and yours is 10\n' });
    expect(shell).toMatchObject({ code: 2, out: '' });
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('say how low') });
  });
});
