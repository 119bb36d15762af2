/** Live runs, the doctor and the import of limits with Application Default Credentials, as users call them. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatedScenario } from '../../src/mock/emulated.ts';
import { type RunningMock, startMock } from '../../src/run/start-mock.ts';
import { command } from '../support/command.ts';
import { ACCESS_TOKEN, issuer, loginFile, PROJECT, SECRETS, serviceAccountFile } from '../support/google.ts';
import { type Answering, answering, json } from '../support/live.ts';
import { emptyFolder, filesOf, type Said } from './rundry.ts';

const LITE = 'gemini-3.1-flash-lite-image';
const folder = emptyFolder();
let [mock, tokens, quotas] = [null as unknown as RunningMock, null as unknown as Answering, null as unknown as Answering];

beforeAll(async () => {
  const scenario = emulatedScenario({ tier: '1' }, Date.UTC(2026, 11, 1, 8));
  [mock, tokens, quotas] = await Promise.all([
    startMock({ scenario, seed: 1, port: 0, speed: 100, apiKeys: [ACCESS_TOKEN] }),
    issuer(),
    answering(({ headers }, _, response) => {
      const isLetIn = headers['authorization'] === `Bearer ${ACCESS_TOKEN}` && headers['x-goog-user-project'] === PROJECT;
      const info = {
        quotaId: 'GenerateRequestsPerMinutePerProjectPerModel',
        metric: 'generativelanguage.googleapis.com/generate_requests_per_model',
        refreshInterval: 'minute',
        dimensionsInfos: [{ dimensions: { model: 'gemini-3-pro-image' }, details: { value: '2' } }],
      };
      json(response, isLetIn ? 200 : 403, JSON.stringify(isLetIn ? { quotaInfos: [info] } : { error: { code: 403, message: 'no' } }));
    }),
  ]);
  writeFileSync(join(folder, 'account.json'), serviceAccountFile(tokens.url));
  writeFileSync(join(folder, 'login.json'), loginFile(tokens.url));
  writeFileSync(
    join(folder, 'app.yaml'),
    `clock: { duration: 1s }\ntraffic: [{ shape: { kind: flood, requests: 2 }, request: { model: ${LITE} } }]\nbudget: { usd: 5 }\n`,
  );
});
afterAll(() => Promise.all([mock.close(), tokens.close(), quotas.close()]));

/** Nothing of this machine's own; what is named here is all there is. */
const bare = (): Record<string, string> => ({
  HOME: folder,
  CLOUDSDK_CONFIG: '',
  GOOGLE_APPLICATION_CREDENTIALS: '',
  GOOGLE_CLOUD_PROJECT: PROJECT,
  GCLOUD_PROJECT: '',
  CLOUDSDK_AUTH_ACCESS_TOKEN: '',
  GEMINI_API_KEY: '',
  GOOGLE_API_KEY: '',
  GOOGLE_VERTEX_BASE_URL: mock.url,
  METADATA_SERVER_DETECTION: 'none',
});
const WAYS: readonly [name: string, environment: () => Record<string, string>][] = [
  ['the key of a service account', () => ({ GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'account.json') })],
  ['a gcloud login', () => ({ GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'login.json') })],
  ['the metadata server', () => ({ METADATA_SERVER_DETECTION: '', GCE_METADATA_HOST: tokens.url.replace('http://', '') })],
];

function call(args: readonly string[], environment: Record<string, string>): Promise<Said> {
  return command(args, { ...bare(), ...environment });
}

const live = (out: string): string[] => [
  'run',
  join(folder, 'app.yaml'),
  '--mode',
  'live',
  '--platform',
  'agent',
  '--yes',
  '--out',
  join(folder, out),
];

test.each(WAYS)('%s is enough for a live run, the doctor and the import of limits', async (name, environment) => {
  const out = name.replaceAll(' ', '-');
  // With a key set as well, which the SDK would mention on stdout.
  const ran = await call([...live(out), '--json'], { ...environment(), GEMINI_API_KEY: 'a-key-that-is-not-used' });
  const examined = await call(['doctor', join(folder, 'app.yaml'), '--platform', 'agent', '--spend', '--json'], environment());
  const file = join(folder, `${out}.yaml`);
  const imported = await call(['limits', 'import', '--project', PROJECT, '--base-url', quotas.url, '--out', file], environment());
  expect([ran.code, JSON.parse(ran.out).requests.delivered]).toEqual([0, 2]);
  expect(ran.err).toContain(`as project ${PROJECT} in global, `);
  const checks = (JSON.parse(examined.out) as { checks: { part: string; state: string }[] }).checks;
  expect(checks.filter(({ part }) => part === 'network').every(({ state }) => state === 'pass')).toBe(true);
  expect(imported).toEqual({ code: 0, out: `${file}: 1 limits of 1 models.\n`, err: '' });
  const written = [...Object.values(filesOf(join(folder, out))), readFileSync(file, 'utf8')];
  const all = [ran, examined, imported].flatMap((said) => [said.out, said.err]).concat(written);
  for (const secret of SECRETS) for (const text of all) expect(text).not.toContain(secret);
});

test('without credentials, or with broken ones, all three say so in one sentence with exit code 3, or 99', async () => {
  writeFileSync(join(folder, 'cut.json'), serviceAccountFile(tokens.url).slice(0, 900));
  const cut = { GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'cut.json') };
  const none = await call(live('none'), {});
  const broken = await call(live('broken'), cut);
  const examined = await call(['doctor', '--platform', 'agent'], cut);
  const imported = await call(['limits', 'import', '--project', PROJECT, '--base-url', quotas.url, '--stdout'], cut);
  const unnamed = await call(live('unnamed'), { GOOGLE_CLOUD_PROJECT: '' });
  expect(none).toMatchObject({ code: 3, err: expect.stringMatching(/^no Application Default Credentials: [^\n]*\n$/) });
  for (const { code, err } of [broken, imported])
    expect([code, err]).toEqual([3, expect.stringMatching(/^the credentials in [^\n]*are no JSON object; [^\n]*\n$/)]);
  expect(examined).toMatchObject({
    code: 99,
    out: expect.stringMatching(/^There are credentials, and they are whole\? No: The credentials in /),
  });
  expect(unnamed).toMatchObject({ code: 3, err: expect.stringContaining('no project: name it with --project') });
  for (const name of ['none', 'broken', 'unnamed']) expect(existsSync(join(folder, name))).toBe(false);
  for (const secret of SECRETS) for (const { out, err } of [none, broken, examined, imported]) expect(out + err).not.toContain(secret);
});

test('credentials of a project that may not: the first request says so, with whose they are', async () => {
  const denied = await answering((_seen, _nth, response) =>
    json(
      response,
      403,
      JSON.stringify({
        error: {
          code: 403,
          message:
            "Permission 'aiplatform.endpoints.predict' denied on resource '//aiplatform.googleapis.com/projects/theirs' (or it may not exist).",
          status: 'PERMISSION_DENIED',
        },
      }),
    ),
  );
  const environment = { GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'account.json'), GOOGLE_VERTEX_BASE_URL: denied.url };
  const said = await call([...live('denied'), '--project', 'their-project'], environment);
  expect([said.code, said.err]).toEqual([3, expect.stringContaining('auth.iam (HTTP 403)')]);
  expect(said.err).toContain(`made in another project (${PROJECT})`);
  expect(denied.seen).toHaveLength(1);
  await denied.close();
});
