/** The doctor of the Agent Platform over HTTP, against the mock with each known fault injected and an issuer of tokens that may refuse. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Judged } from '../../src/doctor/check.ts';
import { emulatedScenario } from '../../src/mock/emulated.ts';
import { parseFaultRule } from '../../src/mock/fault-rules.ts';
import { type DoctorOptions, doctor } from '../../src/run/doctor.ts';
import { startMock } from '../../src/run/start-mock.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';
import { emptyFolder } from '../cli/rundry.ts';
import { ACCESS_TOKEN, issuer, loginFile, PROJECT, SECRETS, serviceAccountFile } from '../support/google.ts';
import { type Answering, answering, json } from '../support/live.ts';

const FAULTS = ERROR_CATALOGUE.filter(({ class: errorClass }) => /^(?:auth|request|billing|quota)\./.test(errorClass));
const scenario = emulatedScenario({ tier: '1' }, Date.UTC(2026, 11, 1, 8));
const folder = emptyFolder();
let tokens: Answering;
let credentials = '';
beforeAll(async () => {
  tokens = await issuer();
  credentials = file('account.json', serviceAccountFile(tokens.url));
});
afterAll(() => tokens.close());

function file(name: string, content: string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

async function examined(baseUrl: string, change: Partial<DoctorOptions> = {}): Promise<readonly Judged[]> {
  const found = await doctor({
    loaded: null,
    isOffline: false,
    spends: true,
    keyFile: null,
    compareKeyEnv: null,
    nowMs: scenario.clock.startAtMs,
    platform: 'agent',
    project: PROJECT,
    location: 'global',
    baseUrl,
    ...change,
    environment: { HOME: folder, METADATA_SERVER_DETECTION: 'none', GOOGLE_APPLICATION_CREDENTIALS: credentials, ...change.environment },
  });
  for (const secret of SECRETS) expect(JSON.stringify(found)).not.toContain(secret);
  return found;
}

async function withMock<T>(faults: readonly string[], use: (url: string) => Promise<T>): Promise<T> {
  const mock = await startMock({ scenario, seed: 1, port: 0, speed: 100, apiKeys: [ACCESS_TOKEN], faults: faults.map(parseFaultRule) });
  try {
    return await use(mock.url);
  } finally {
    await mock.close();
  }
}

const failed = (all: readonly Judged[]): string[] => all.filter(({ state }) => state === 'fail').map(({ id }) => id);
const named = (all: readonly Judged[], id: string): Judged => all.find((check) => check.id === id)!;

test.each(['service account', 'login', 'metadata server', 'token'] as const)(
  'everything passes with a %s, and an image is paid for',
  async (kind) => {
    const environment = {
      'service account': {},
      login: { GOOGLE_APPLICATION_CREDENTIALS: file('login.json', loginFile(tokens.url)) },
      'metadata server': { GOOGLE_APPLICATION_CREDENTIALS: '', METADATA_SERVER_DETECTION: '', GCE_METADATA_HOST: tokens.url },
      token: { GOOGLE_APPLICATION_CREDENTIALS: '', CLOUDSDK_AUTH_ACCESS_TOKEN: ACCESS_TOKEN },
    }[kind];
    const all = await withMock([], (url) => examined(url, { environment }));
    // A login and a token do not say of which project they are.
    expect(all.filter(({ state }) => state !== 'pass').map(({ id }) => id)).toEqual(
      kind === 'login' || kind === 'token' ? ['project-agrees'] : [],
    );
  },
);

test.each(FAULTS.map(({ id, class: errorClass }) => [id, errorClass]))('%s is named %s', async (id, errorClass) => {
  const all = await withMock([`${id},path=:countTokens`], examined);
  expect(all.flatMap((check) => (check.state === 'fail' && check.class ? [check.class] : []))).toEqual([errorClass]);
});

test('a model that only global has is named as such', async () => {
  const api = await answering(({ url }, _, response) => {
    if (url.includes('/locations/global/')) json(response, 200, '{"totalTokens":1}');
    else json(response, 404, '{"error":{"code":404,"message":"Publisher Model `x` was not found","status":"NOT_FOUND"}}');
  });
  const all = await examined(api.url, { location: 'europe-west4' });
  expect(failed(all)).toEqual(['open-here']);
  expect(named(all, 'open-here').fix[0]).toMatch(/^It answers in global and not in europe-west4/);
  await api.close();
});

test('credentials that are missing, broken or of another project are told before anything is asked', async () => {
  const missing = await withMock([], (url) => examined(url, { environment: { GOOGLE_APPLICATION_CREDENTIALS: '' } }));
  expect(failed(missing)).toEqual(['credentials-found']);
  const broken = await withMock([], (url) =>
    examined(url, { environment: { GOOGLE_APPLICATION_CREDENTIALS: file('x.json', '{"private_key') } }),
  );
  expect(named(broken, 'credentials-found')).toMatchObject({ state: 'fail', says: expect.stringMatching(/are no JSON object\.$/) });
  const other = await withMock([], (url) => examined(url, { project: 'another-project' }));
  expect(named(other, 'project-agrees')).toMatchObject({ state: 'unknown', says: expect.stringContaining(`They are of ${PROJECT}`) });
  const none = await withMock([], (url) => examined(url, { project: null, environment: { GEMINI_API_KEY: `AIza${'x'.repeat(35)}` } }));
  expect(failed(none)).toEqual(['project-set', 'express-key']);
  for (const all of [missing, broken, none]) expect(all.every(({ part, state }) => part !== 'network' || state === 'skipped')).toBe(true);
});

test('a token that is refused is the cause, and nothing else is asked', async () => {
  const refusing = await issuer((seen, response) => {
    if (seen.url === '/token') json(response, 400, '{"error":"invalid_grant","error_description":"Token has been expired or revoked."}');
    return seen.url === '/token';
  });
  const api = await answering((_seen, _nth, response) => json(response, 200, '{}'));
  const environment = { GOOGLE_APPLICATION_CREDENTIALS: file('old.json', loginFile(refusing.url)) };
  const all = await examined(api.url, { environment });
  expect(failed(all)).toEqual(['token-obtained']);
  expect(named(all, 'token-obtained').fix).toEqual(['The login has expired or was revoked: gcloud auth application-default login.']);
  expect(api.seen).toEqual([]);
  await Promise.all([refusing.close(), api.close()]);
});

test('an answer that repeats the token, plain or in Base64, does not hand it on', async () => {
  const api = await answering(({ headers }, _, response) => {
    const sent = String(headers['authorization']);
    const message = `bad: ${sent} ${Buffer.from(sent).toString('base64')} ${encodeURIComponent(sent)}`;
    json(response, 403, JSON.stringify({ error: { code: 403, message, status: 'PERMISSION_DENIED' } }));
  });
  const all = await examined(api.url);
  expect(JSON.stringify(all)).not.toContain(Buffer.from(ACCESS_TOKEN).toString('base64').slice(4, 20));
  expect(api.seen.length).toBeGreaterThan(0);
  await api.close();
});
