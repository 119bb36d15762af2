/** Faults that a scenario asks for: what they take, when they answer, how their shares add up, and that they are the catalogue's. */
import { describe, expect, test } from 'vitest';
import { chance, LABEL } from '../../src/model/chance.ts';
import { BUCKETS, type EnforcedBucket } from '../../src/model/names.ts';
import type { Reply } from '../../src/model/reply.ts';
import type { FaultRule, Scenario, ServiceSpec } from '../../src/model/scenario.ts';
import { FAULT_CLASSES } from '../../src/service/faults.ts';
import { type Answer, type Service, service } from '../../src/service/service.ts';
import { decodeReply } from '../../src/wire/decode.ts';
import { encodeReply } from '../../src/wire/encode.ts';
import { ERROR_CATALOGUE, entriesOf } from '../../src/wire/error-catalogue.ts';
import { LITE, PRO } from '../support/play.ts';
import { limits, scenario } from '../support/scenario.ts';

const START = Date.UTC(2026, 11, 1, 18, 0, 20);
const ROOMY = { monthly: 1e9, rpd: 1e6, spend10m: 1e9, ipm: 1e6, tpm: 1e6, rpm: 1e6 };
const EVERYTHING = [PRO.listMicroUsd, 1, PRO.listMicroUsd, 1, 300, 1];
const ALL_BUT_MONEY = [0, 1, 0, 1, 300, 1];
const REQUESTS = [0, 1, 0, 0, 0, 1];
const NOTHING = [0, 0, 0, 0, 0, 0];

function rule(faultClass: FaultRule['class'], ratio = 1, more: Partial<FaultRule> = {}): FaultRule {
  return { class: faultClass, ratio, models: null, span: null, afterMs: null, ...more };
}

function build(
  faults: readonly FaultRule[],
  how: Partial<ServiceSpec> = {},
  values: Partial<Record<EnforcedBucket, number>> = ROOMY,
): Service {
  const base = scenario();
  const of: Scenario = {
    ...base,
    quota: { ...base.quota, limits: [...limits(values), ...limits({}, LITE.model).filter(({ model }) => model !== null)] },
    service: { ...base.service, latency: { [PRO.model]: { kind: 'fixed', ms: 20_000 } }, faults, ...how },
  };
  return service(of, 1);
}

const ask = (one: Service, { request = 0, attempt = 1, atMs = START, spec = PRO } = {}): Answer => ({
  ...one.answer({ project: 0, spec }, { request, attempt }, atMs),
});
const used = (one: Service): number[] => BUCKETS.map((name) => one.buckets.find(({ spec }) => spec.bucket === name)!.used(START));

test('every class of the catalogue can be asked for, with the status of its first entry', () => {
  expect([...FAULT_CLASSES].sort()).toEqual([...new Set(ERROR_CATALOGUE.map((entry) => entry.class))].sort());
  for (const faultClass of FAULT_CLASSES) {
    const reply = build([]).fault(faultClass, PRO, START);
    expect([faultClass, reply.kind === 'refused' ? reply.httpStatus : 200]).toEqual([faultClass, entriesOf(faultClass)[0]!.httpStatus]);
  }
});

test.each(FAULT_CLASSES)('%s means over the wire what it means here, with limits known and unknown', (faultClass) => {
  for (const values of [ROOMY, {}]) {
    const reply = build([], {}, values).fault(faultClass, PRO, START);
    const { status, headers, body } = encodeReply(reply, { model: PRO.model }, null);
    const bodyText = typeof body === 'string' ? body : JSON.stringify(body);
    const heard = decodeReply({ status, headers, bodyText });
    if (reply.kind !== 'refused' || heard.kind !== 'refused') expect(heard).toEqual(reply);
    else {
      const named = reply.violations.map(({ bucket, limit, quotaId }) => ({ bucket, limit, quotaId }));
      expect(heard).toMatchObject({ ...reply, message: expect.any(String), violations: named });
    }
  }
});

describe('what a fault answers, when, and what it takes', () => {
  test.each<[string, FaultRule, Partial<Reply>, number, number[], Partial<ServiceSpec>?]>([
    ['a denied project', rule('auth.project-denied'), { kind: 'refused', httpStatus: 403 }, 0, NOTHING],
    ['a wrong request', rule('request.invalid'), { httpStatus: 400 } as Partial<Reply>, 0, NOTHING],
    ['a spent prepayment', rule('billing.prepay-depleted'), { httpStatus: 429 } as Partial<Reply>, 0, NOTHING, { refusalLatencyMs: 300 }],
    ['a bare 429', rule('quota.unspecified'), { httpStatus: 429, violations: [], retryAfterMs: null } as Partial<Reply>, 0, NOTHING],
    ['a 429 takes what 429s take', rule('quota.rpm'), { retryAfterMs: 39_700 } as Partial<Reply>, 300, NOTHING, { refusalLatencyMs: 300 }],
    ['a day', rule('quota.rpd'), { retryAfterMs: 14 * 3_600_000 - 20_000 } as Partial<Reply>, 0, NOTHING],
    ['overload', rule('capacity.overloaded'), { httpStatus: 503 } as Partial<Reply>, 2_000, REQUESTS],
    [
      'overload that takes nothing',
      rule('capacity.overloaded'),
      { httpStatus: 503 } as Partial<Reply>,
      2_000,
      NOTHING,
      { overloadConsumes: false },
    ],
    ['late overload', rule('capacity.overloaded', 1, { afterMs: { fromMs: 180_000, toMs: 180_000 } }), {}, 180_000, REQUESTS],
    ['a gateway in between', rule('server.bad-gateway'), { httpStatus: 502 } as Partial<Reply>, 2_000, REQUESTS],
    ['a 504', rule('server.timeout'), { httpStatus: 504 } as Partial<Reply>, 600_000, EVERYTHING],
    ['a filtered prompt', rule('safety.prompt'), { kind: 'blocked', class: 'safety.prompt' }, 0, ALL_BUT_MONEY],
    ['a withheld image', rule('safety.recitation'), { kind: 'blocked', class: 'safety.recitation' }, 20_000, ALL_BUT_MONEY],
    ['a slow image', rule('slow', 1, { afterMs: { fromMs: 90_000, toMs: 90_000 } }), { kind: 'image' }, 90_000, EVERYTHING],
    [
      'too slow an image',
      rule('slow', 1, { afterMs: { fromMs: 9e6, toMs: 9e6 } }),
      { httpStatus: 504 } as Partial<Reply>,
      600_000,
      EVERYTHING,
    ],
  ])('%s', (_, fault, reply, afterMs, takes, how) => {
    const one = build([fault], how);
    const answer = ask(one);
    expect(answer.reply).toMatchObject(reply);
    expect(answer.afterMs).toBe(afterMs);
    expect(used(one)).toEqual(takes);
  });
});

test('quota comes after faults of the caller and before those of the service', () => {
  expect(ask(build([rule('auth.iam')], {}, { ipm: 0 })).reply).toMatchObject({ class: 'auth.iam' });
  expect(ask(build([rule('server.internal')], {}, { ipm: 0 })).reply).toMatchObject({ class: 'quota.zero-limit' });
});

test('where shares meet, the earlier step of the service wins, whatever the order in the file', () => {
  const one = build([rule('safety.image'), rule('server.internal'), rule('auth.iam')]);
  expect(ask(one).reply).toMatchObject({ class: 'auth.iam' });
});

test('shares add up: of all attempts, not of those that the rules before left over', () => {
  const one = build([rule('server.internal', 0.3), rule('auth.iam', 0.3)], {}, {});
  const counts = new Map<string, number>();
  for (let request = 0; request < 20_000; request++) {
    const { reply } = ask(one, { request });
    const name = reply.kind === 'refused' ? reply.class : reply.kind;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [name, share] of [
    ['auth.iam', 0.3],
    ['server.internal', 0.3],
    ['image', 0.4],
  ] as const)
    expect(Math.abs(counts.get(name)! / 20_000 - share)).toBeLessThan(0.02);
});

test('each attempt draws for itself, and the draw is the same whatever else happens', () => {
  const one = build([rule('server.internal', 0.5)]);
  for (let attempt = 1; attempt < 50; attempt++) {
    const struck = chance(1, LABEL.fault, 7, attempt) < 0.5;
    expect(ask(one, { request: 7, attempt }).reply.kind).toBe(struck ? 'refused' : 'image');
  }
});

test('a span and a list of models bound a fault', () => {
  const one = build([
    rule('auth.key-mismatch', 1, { models: [LITE.model], span: { kind: 'once', fromAtMs: START + 1_000, toAtMs: START + 2_000 } }),
  ]);
  const kinds = [0, 1_000, 1_999, 2_000].map((ms) => ask(one, { spec: LITE, atMs: START + ms }).reply.kind);
  expect(kinds).toEqual(['image', 'refused', 'refused', 'image']);
  expect(ask(one, { atMs: START + 2_500 }).reply.kind).toBe('image');
});

test('a batch job is turned away whole, and its rows meet the filters', () => {
  const rows = Array.from({ length: 40 }, (_, request) => ({ spec: PRO, request, n: 1 }));
  const denied = build([rule('auth.project-denied')]).answerBatch({ number: 0, project: 0, rows }, START);
  expect(denied).toMatchObject({ state: 'failed', afterMs: 0 });
  expect(denied.replies.every((reply) => reply.kind === 'refused' && reply.httpStatus === 403)).toBe(true);
  const filtered = build([rule('safety.image', 0.5)]).answerBatch({ number: 0, project: 0, rows }, START);
  const blocked = filtered.replies.filter(({ kind }) => kind === 'blocked').length;
  expect(filtered.state).toBe('succeeded');
  expect(blocked).toBeGreaterThan(5);
  expect(blocked).toBeLessThan(35);
});
