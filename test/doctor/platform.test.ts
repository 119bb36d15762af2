/** The Agent Platform's checks: what the surroundings say, and every known error named, whatever question met it. */
import { describe, expect, test } from 'vitest';
import type { Answer, Ask, AskedWith, Judged, Question } from '../../src/doctor/check.ts';
import {
  blocksPlatform,
  examinePlatform,
  examinePlatformSurroundings,
  PLATFORM_CAUSES,
  type PlatformExamination,
} from '../../src/doctor/platform/examine.ts';
import type { PlatformSurroundings } from '../../src/doctor/platform/surroundings.ts';
import { ERROR_CLASSES } from '../../src/model/names.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import { encodeReply } from '../../src/wire/encode.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';

const PRO = 'gemini-3-pro-image';
const LITE = 'gemini-3.1-flash-lite-image';
const PROJECT = 'project-of-test';
const NOW_MS = Date.UTC(2026, 10, 21, 8);

const FINE: PlatformSurroundings = {
  credentials: { isFound: true, described: 'the gcloud login in x', kind: 'authorized_user', project: PROJECT, quotaProject: PROJECT },
  project: { value: PROJECT, from: '--project' },
  location: { value: 'global', from: 'not set' },
  variables: {},
  keyFrom: null,
  hasToken: false,
  baseUrl: 'https://aiplatform.googleapis.com',
};
const FOUND = { isFound: true, described: 'x', kind: 'service_account', project: PROJECT, quotaProject: null } as const;

test('nothing is wrong with credentials and a project', () => {
  const all = examinePlatformSurroundings(FINE);
  expect(all.filter(({ state }) => state !== 'pass')).toEqual([]);
  expect(blocksPlatform(all)).toBe(false);
});

test.each<[change: Partial<PlatformSurroundings>, failed: string[], blocks: boolean]>([
  [{ credentials: { isFound: false, says: 'none', fix: 'log in' } }, ['credentials-found'], true],
  [{ project: null }, ['project-set'], true],
  [{ project: { value: 'My Project', from: '--project' } }, ['project-set'], true],
  [{ project: { value: '123456789012', from: '--project' } }, [], false],
  [{ project: { value: 'example.com:my-project', from: '--project' } }, [], false],
  [{ location: { value: 'us-central1-a', from: '--location' } }, ['location-set'], true],
  [{ location: { value: 'Frankfurt', from: '--location' } }, ['location-set'], true],
  [{ location: { value: 'europe-west4', from: '--location' } }, ['location-set'], true], // the address is that of global
  [{ location: { value: 'europe-west4', from: '--location' }, baseUrl: 'https://europe-west4-aiplatform.googleapis.com' }, [], false],
  [{ location: { value: 'europe-west4', from: '--location' }, baseUrl: 'http://127.0.0.1:8787' }, [], false],
  [{ baseUrl: 'http://gateway.example' }, ['base-url'], true],
  [{ variables: { GOOGLE_GENAI_USE_VERTEXAI: 'false' } }, ['contradictions'], false],
  [{ variables: { GOOGLE_GENAI_USE_VERTEXAI: '1' } }, ['contradictions'], false], // the SDK reads `true` alone
  [{ variables: { GOOGLE_GENAI_USE_ENTERPRISE: 'true', GOOGLE_GENAI_USE_VERTEXAI: 'false' } }, ['contradictions'], false],
  [{ variables: { GOOGLE_GENAI_USE_ENTERPRISE: 'true', GOOGLE_GENAI_USE_VERTEXAI: 'True' } }, [], false],
  [{ variables: { GOOGLE_CLOUD_PROJECT: 'another-project' } }, ['contradictions'], false],
  [{ variables: { GCLOUD_PROJECT: 'another-project', GOOGLE_CLOUD_PROJECT: PROJECT } }, ['contradictions'], false],
  [{ variables: { GOOGLE_CLOUD_LOCATION: 'us-central1' } }, ['contradictions'], false],
  [{ variables: { GOOGLE_APPLICATION_CREDENTIALS: '/x.json' }, hasToken: true }, ['contradictions'], false],
  [{ variables: { GOOGLE_APPLICATION_CREDENTIALS: '/x.json' } }, [], false],
  [{ keyFrom: 'GEMINI_API_KEY' }, ['express-key'], false],
  [{ keyFrom: 'GEMINI_API_KEY', project: { value: PROJECT, from: 'GOOGLE_CLOUD_PROJECT' } }, [], false],
  [{ keyFrom: 'GEMINI_API_KEY', project: null }, ['project-set', 'express-key'], true],
  [{ variables: { HTTPS_PROXY: 'proxy' } }, ['proxy'], true],
])('%j fails %j', (change, failed, blocks) => {
  const all = examinePlatformSurroundings({ ...FINE, ...change });
  expect(all.filter(({ state }) => state === 'fail').map(({ id }) => id)).toEqual(failed);
  expect(blocksPlatform(all)).toBe(blocks);
});

test.each<[id: string, change: Partial<PlatformSurroundings>, state: string, says: RegExp]>([
  ['project-agrees', { credentials: { ...FOUND, project: 'another-project' } }, 'unknown', /They are of another-project, requests go to/],
  ['project-agrees', { credentials: { ...FOUND, project: null } }, 'unknown', /do not say/],
  ['project-agrees', { project: null }, 'skipped', /missing/],
  ['quota-project', { credentials: { ...FOUND, quotaProject: 'who-pays' } }, 'unknown', /names who-pays/],
  ['quota-project', { credentials: FOUND }, 'pass', /No x-goog-user-project/],
])('%s, %j is %s', (id, change, state, says) => {
  const found = examinePlatformSurroundings({ ...FINE, ...change }).find((check) => check.id === id)!;
  expect(found).toMatchObject({ state, says: expect.stringMatching(says) });
});

interface Fault {
  readonly status: number;
  readonly bodyText: string;
}

const DATE = { date: new Date(NOW_MS).toUTCString() };
const image = JSON.stringify(
  encodeReply(
    { kind: 'image', images: 1, usage: requestSpec(PRO, '1K', 12, 0).usage },
    { model: PRO },
    {
      mimeType: 'image/png',
      base64: 'AA==',
    },
  ).body,
);

function service(faultOf: (question: Question, as: AskedWith) => Fault | null, skewMs = 0): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  const ask: Ask = async (question, as): Promise<Answer> => {
    asked.push(`${as} ${question.kind}${'model' in question ? ` ${question.model}` : ''}`);
    const { status, bodyText } = faultOf(question, as) ?? { status: 200, bodyText: question.kind === 'image' ? image : '{}' };
    const sentAtMs = NOW_MS + skewMs;
    return { question, with: as, status, bodyText, headers: DATE, sentAtMs, doneAtMs: sentAtMs, failure: null };
  };
  return { ask, asked };
}

function examine(ask: Ask, change: Partial<PlatformExamination> = {}): Promise<Judged[]> {
  return examinePlatform({
    subjects: [{ model: PRO, size: '1K' }],
    otherModel: LITE,
    location: 'europe-west4',
    otherLocation: 'global',
    spends: true,
    token: async () => ({ isIssued: true, tookMs: 3 }),
    ask,
    ...change,
  });
}

const named = (all: readonly Judged[], id: string): Judged => all.find((check) => check.id === id)!;
const failed = (all: readonly Judged[]): string[] => all.filter(({ state }) => state === 'fail').map(({ id }) => id);
const google = (code: number, message: string, reason?: string): Fault => ({
  status: code,
  bodyText: JSON.stringify({
    error: {
      code,
      message,
      status: code === 404 ? 'NOT_FOUND' : 'PERMISSION_DENIED',
      ...(reason ? { details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com' }] } : {}),
    },
  }),
});

test('a service that answers well passes everything, the free question first', async () => {
  const { ask, asked } = service(() => null);
  const all = await examine(ask);
  expect(all.filter(({ state }) => state !== 'pass')).toEqual([]);
  expect(asked).toEqual([`own tokens ${PRO}`, `own image ${PRO}`]);
});

test('without --spend nothing is paid for, and what only money shows cannot be known', async () => {
  const { ask, asked } = service(() => null);
  const all = await examine(ask, { spends: false });
  expect(asked).toEqual([`own tokens ${PRO}`]);
  expect(all.filter(({ state }) => state === 'unknown').map(({ id }) => id)).toEqual(['billing', 'quota-left']);
});

test('a token that is refused ends it before anything is asked', async () => {
  const { ask, asked } = service(() => null);
  const all = await examine(ask, { token: async () => ({ isIssued: false, says: 'no token for x: expired', fix: 'log in' }) });
  expect(failed(all)).toEqual(['token-obtained']);
  expect(named(all, 'token-obtained')).toMatchObject({ says: 'No token for x: expired.', fix: ['Log in.'] });
  expect(all.filter(({ state }) => state === 'skipped')).toHaveLength(all.length - 1);
  expect(asked).toEqual([]);
});

test('every class of error belongs to one check', () => {
  const covered = PLATFORM_CAUSES.flatMap(({ classes }) => classes);
  expect(new Set(covered).size).toBe(covered.length);
  for (const errorClass of ERROR_CLASSES) if (errorClass !== 'network.unreachable') expect(covered).toContain(errorClass);
});

const FAULTS = ERROR_CATALOGUE.filter(({ class: errorClass }) => /^(?:auth|request|billing|quota)\./.test(errorClass));

describe.each(['tokens', 'image'] as const)('met by the question %s', (kind) => {
  test.each(FAULTS.map((entry) => [entry.id, entry] as const))('%s is named, once, with a cure', async (_, entry) => {
    const bodyText = typeof entry.body === 'string' ? entry.body : JSON.stringify(entry.body);
    const { ask, asked } = service((question) => (question.kind === kind ? { status: entry.httpStatus, bodyText } : null));
    const all = await examine(ask);
    const found = all.filter((check) => check.state === 'fail' && check.class !== undefined);
    expect(found.map((check) => check.class)).toEqual([entry.class]);
    expect(found[0]!.fix.length).toBeGreaterThan(0);
    expect(found[0]!.fix.join(' ')).not.toMatch(/\bkey of the project\b/);
    expect(new Set(asked).size).toBe(asked.length);
    const isCompared = entry.httpStatus === 404 || (entry.httpStatus === 403 && kind === 'tokens');
    expect(asked).toHaveLength((kind === 'tokens' ? 1 : 2) + (isCompared ? 1 : 0));
  });
});

test.each([
  [
    'an API that is off',
    google(403, 'Agent Platform API has not been used in project 1 before', 'SERVICE_DISABLED'),
    'platform-enabled',
    /gcloud services enable/,
  ],
  [
    'a login without a quota project',
    google(403, 'The aiplatform.googleapis.com API requires a quota project, which is not set by default.', 'SERVICE_DISABLED'),
    'platform-enabled',
    /^gcloud auth application-default set-quota-project/,
  ],
  [
    'a quota project that lets nobody in',
    google(
      403,
      'Caller does not have required permission to use project x-1. Grant the caller the roles/serviceusage',
      'USER_PROJECT_DENIED',
    ),
    'may-predict',
    /^Give the account roles\/serviceusage/,
  ],
  [
    'a missing role',
    google(403, "Permission 'aiplatform.endpoints.predict' denied", 'IAM_PERMISSION_DENIED'),
    'may-predict',
    /^Give the account roles\/aiplatform\.user/,
  ],
  [
    'a token without the scope',
    google(403, 'insufficient scopes', 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'),
    'scope-and-perimeter',
    /cloud-platform/,
  ],
  [
    'an expired token',
    google(401, 'Request had invalid authentication credentials.', 'ACCESS_TOKEN_EXPIRED'),
    'token-accepted',
    /Take a new one/,
  ],
])('%s is told from the others', async (_, fault, id, fix) => {
  const all = await examine(service(() => fault).ask, { spends: false });
  expect(failed(all)).toEqual([id]);
  expect(named(all, id).fix[0]).toMatch(fix);
});

test.each([
  [true, /^It answers in global and not in europe-west4: use --location global/],
  [false, /^It does not answer in global either/],
])('a model that is not in a location is looked for in another (there: %s)', async (isThere, says) => {
  const missing = google(404, 'Publisher Model `x` was not found or your project does not have access to it.');
  const { ask, asked } = service((_, as) => (as === 'elsewhere' && isThere ? null : missing));
  const all = await examine(ask);
  expect(failed(all)).toEqual(['open-here']);
  expect(named(all, 'open-here').fix[0]).toMatch(says);
  expect(asked).toEqual([`own tokens ${PRO}`, `elsewhere tokens ${PRO}`]);
});

test.each([
  [true, 'fail', 'Another model answers'],
  [false, 'unknown', 'Another model is refused as well'],
])('a 403 is compared with another model (which answers: %s)', async (answers, state, says) => {
  const denied = google(403, 'The caller does not have permission');
  const { ask } = service((question) => (answers && 'model' in question && question.model === LITE ? null : denied));
  expect(named(await examine(ask), 'one-model-or-all')).toMatchObject({ state, says: expect.stringContaining(says) });
});

test('a clock that is off is said to be', async () => {
  expect(named(await examine(service(() => null, 90_000).ask), 'clock')).toMatchObject({
    state: 'fail',
    says: expect.stringContaining('90 s ahead'),
  });
});
