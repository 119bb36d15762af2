/** Every known error of keys, requests, money and quota is named, whatever question it met; nothing is asked twice. */
import { describe, expect, test } from 'vitest';
import type { Answer, Ask, AskedWith, Judged, Question } from '../../src/doctor/check.ts';
import { CAUSES, examineNetwork } from '../../src/doctor/doctor.ts';
import { ERROR_CLASSES } from '../../src/model/names.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import { encodeReply } from '../../src/wire/encode.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';

const PRO = 'gemini-3-pro-image';
const LITE = 'gemini-3.1-flash-lite-image';
const DATE = 'Sat, 21 Nov 2026 08:00:00 GMT';
const NOW_MS = Date.UTC(2026, 10, 21, 8);
const PIXEL = { mimeType: 'image/png', base64: 'AA==' } as const;

interface Fault {
  readonly status: number;
  readonly bodyText: string;
}

/** A service that answers well, but for what `faultOf` says. */
function service(faultOf: (question: Question, as: AskedWith) => Fault | null, skewMs = 0): { ask: Ask; asked: string[] } {
  const asked: string[] = [];
  const ask: Ask = async (question, as): Promise<Answer> => {
    asked.push(`${as} ${question.kind}${'model' in question ? ` ${question.model}` : ''}`);
    const fault = faultOf(question, as);
    const good = question.kind === 'image' ? image() : '{}';
    const { status, bodyText } = fault ?? { status: 200, bodyText: good };
    const sentAtMs = NOW_MS + skewMs;
    return { question, with: as, status, bodyText, headers: { Date: DATE }, sentAtMs, doneAtMs: sentAtMs, failure: null };
  };
  return { ask, asked };
}

function image(): string {
  const { usage } = requestSpec(PRO, '1K', 12, 0);
  return JSON.stringify(encodeReply({ kind: 'image', images: 1, usage }, { model: PRO }, PIXEL).body);
}

function examine(ask: Ask, hasOtherKey = false): Promise<Judged[]> {
  return examineNetwork({ subjects: [{ model: PRO, size: '1K' }], otherModel: LITE, hasOtherKey, spends: true, ask });
}

const failed = (all: readonly Judged[]): readonly Judged[] => all.filter(({ state }) => state === 'fail');
const stateOf = (all: readonly Judged[], id: string): Judged => all.find((check) => check.id === id)!;

test('a service that answers well passes everything, the cheapest question first', async () => {
  const { ask, asked } = service(() => null);
  const all = await examine(ask);
  expect(all.filter(({ state }) => state !== 'pass')).toEqual([]);
  expect(asked).toEqual(['own models', `own model ${PRO}`, `own tokens ${PRO}`, `own image ${PRO}`]);
});

test('every class of keys, requests, money and quota belongs to one check', () => {
  const covered = CAUSES.flatMap(({ classes }) => classes);
  expect(new Set(covered).size).toBe(covered.length);
  for (const errorClass of ERROR_CLASSES) if (errorClass !== 'network.unreachable') expect(covered).toContain(errorClass);
});

const FAULTS = ERROR_CATALOGUE.filter(({ class: errorClass }) => /^(?:auth|request|billing|quota)\./.test(errorClass));

describe.each(['models', 'model', 'tokens', 'image'] as const)('met by the question %s', (kind) => {
  test.each(FAULTS.map((entry) => [entry.id, entry] as const))('%s is named', async (_, entry) => {
    const bodyText = typeof entry.body === 'string' ? entry.body : JSON.stringify(entry.body);
    const { ask, asked } = service((question) => (question.kind === kind ? { status: entry.httpStatus, bodyText } : null));
    const all = await examine(ask);
    const named = failed(all).filter((check) => check.class !== undefined);
    expect(named.map((check) => check.class)).toEqual([entry.class]);
    expect(named[0]!.fix.length).toBeGreaterThan(0);
    expect(named[0]!.says).toContain(String(entry.httpStatus));
    expect(new Set(asked).size).toBe(asked.length); // no question twice
    const position = ['models', 'model', 'tokens', 'image'].indexOf(kind) + 1;
    const comparisons = entry.httpStatus === 403 && kind !== 'image' ? 1 : 0;
    expect(asked).toHaveLength(position + comparisons);
  });
});

const DENIED: Fault = {
  status: 403,
  bodyText: JSON.stringify({ error: { code: 403, status: 'PERMISSION_DENIED', message: 'The caller does not have permission' } }),
};

describe('a 403', () => {
  test('that another key does not meet is of this key', async () => {
    const { ask, asked } = service((_, as) => (as === 'own' ? DENIED : null));
    expect(stateOf(await examine(ask, true), 'wave-or-mistake')).toMatchObject({
      state: 'fail',
      says: expect.stringContaining('Another key passes'),
    });
    expect(asked).toEqual(['own models', `own model ${LITE}`, 'compared models']);
  });

  test('that another model does not meet is of this model', async () => {
    const { ask } = service((question) => ('model' in question && question.model === PRO ? DENIED : null));
    expect(stateOf(await examine(ask), 'wave-or-mistake')).toMatchObject({ state: 'fail', says: expect.stringContaining('this model') });
  });

  test('that all meet cannot be told apart', async () => {
    const { ask } = service(() => DENIED);
    expect(stateOf(await examine(ask, true), 'wave-or-mistake')).toMatchObject({
      state: 'unknown',
      says: expect.stringContaining('Both keys'),
    });
  });

  test('without another key says what would tell', async () => {
    const { ask } = service(() => DENIED);
    expect(stateOf(await examine(ask), 'wave-or-mistake')).toMatchObject({
      state: 'unknown',
      says: expect.stringContaining('--compare-key-env'),
    });
  });

  test('of an image is compared with nothing: what is free was answered, and tells neither keys nor models apart', async () => {
    const { ask, asked } = service((question, as) => (question.kind === 'image' && as === 'own' ? DENIED : null));
    const all = await examine(ask, true);
    expect(asked).toHaveLength(4);
    expect(stateOf(all, 'wave-or-mistake')).toMatchObject({ state: 'unknown', says: expect.stringContaining('An image alone') });
  });
});

test.each([
  [90_000, 'fail', '90 s ahead'],
  [-90_000, 'fail', '90 s behind'],
  [20_000, 'pass', 'Within 20 s'],
])('a clock that is %d ms off: %s', async (skewMs, state, says) => {
  expect(stateOf(await examine(service(() => null, skewMs).ask), 'clock')).toMatchObject({ state, says: expect.stringContaining(says) });
});

test.each([
  ['ENOTFOUND', 'DNS'],
  ['ECONNREFUSED', 'Nobody listens'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
  ['timeout after 20000 ms', 'firewall'],
])('no answer for %s is the network, and what to do is said', async (failure, fix) => {
  const ask: Ask = async (question, as) => ({
    question,
    with: as,
    status: null,
    headers: {},
    bodyText: '',
    sentAtMs: NOW_MS,
    doneAtMs: NOW_MS,
    failure,
  });
  const all = await examine(ask);
  expect(failed(all).map(({ id }) => id)).toEqual(['reachable']);
  expect(stateOf(all, 'reachable').fix.join(' ')).toContain(fix);
});

test.each([
  ['a login page', '<html>Log in to this network</html>'],
  ['nothing', ''],
  ['a word', 'OK'],
  ['a list', '[]'],
  ['null', 'null'],
  ['half an answer', '{"models": [{"name": "mod'],
])('a success that is %s is not the API', async (_what, bodyText) => {
  const { ask, asked } = service(() => ({ status: 200, bodyText }));
  const all = await examine(ask);
  expect(failed(all).map(({ id }) => id)).toEqual(['reachable']);
  expect(stateOf(all, 'key-accepted').state).toBe('skipped');
  expect(asked).toHaveLength(1);
});

test('a service that is overloaded says nothing about one’s own setup', async () => {
  const all = await examine(
    service(() => ({
      status: 503,
      bodyText: '{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}',
    })).ask,
  );
  expect(failed(all)).toEqual([]);
  expect(stateOf(all, 'service-up')).toMatchObject({ state: 'unknown', class: 'capacity.overloaded' });
});
