/** When a live run stops itself. */
import { describe, expect, test } from 'vitest';
import { Budget } from '../../../src/client/budget.ts';
import type { Candidate } from '../../../src/client/gate.ts';
import { ERROR_CLASSES, type ErrorClass } from '../../../src/model/names.ts';
import type { Reply } from '../../../src/model/reply.ts';
import { requestSpec } from '../../../src/model/request-spec.ts';
import { Guard, type GuardOptions, isFatal } from '../../../src/run/live/guard.ts';
import { worstCase } from '../../../src/run/live/worst-case-pricing.ts';

const MINUTE_MS = 60_000;
const spec = requestSpec('gemini-3.1-flash-lite-image', '1K', 300, 0);
const candidate: Candidate = {
  id: 0,
  dueMs: 0,
  project: 0,
  lane: 'interactive',
  spec,
  asked: spec,
  firstSentMs: -1,
  attempts: 0,
  throttled: 0,
  failures: 0,
  throttledWaitMs: 0,
  failureWaitMs: 0,
  step: 0,
};

function guarded(options: Partial<GuardOptions> = {}): { guard: Guard; quiet: () => number } {
  let quiet = 0;
  const guard = new Guard({
    budget: new Budget({ microUsd: null, requests: null }, worstCase(0)),
    wallMs: null,
    errorRatioMax: 0.5,
    cheapestMicroUsd: 0,
    onQuiet: () => {
      quiet++;
    },
    ...options,
  });
  return { guard, quiet: () => quiet };
}

const refused = (errorClass: ErrorClass, httpStatus: number): Reply => ({
  kind: 'refused',
  httpStatus,
  class: errorClass,
  violations: [],
  retryAfterMs: null,
  message: null,
});
const image: Reply = { kind: 'image', images: 1, usage: candidate.spec.usage };

function answer(guard: Guard, reply: Reply, atMs: number): void {
  guard.take(candidate);
  guard.ended(candidate, reply, 0, atMs);
}

test.each(ERROR_CLASSES)('%s is fatal when nothing but a change of key, money, allowance or model can cure it', (errorClass) => {
  const isHopeless = /^(auth|billing)\.|^quota\.zero-limit$|^request\.(?!invalid)/.test(errorClass);
  expect(isFatal(errorClass)).toBe(isHopeless);
  const { guard } = guarded();
  answer(guard, refused(errorClass, 403), 0);
  expect(guard.stopped?.cause ?? null).toBe(isHopeless ? 'fatal' : null);
});

test('after a fatal answer nothing is sent, and it is quiet once the last one in flight has come back', () => {
  const { guard, quiet } = guarded();
  guard.take(candidate);
  guard.take(candidate);
  guard.ended(candidate, refused('auth.key-invalid', 400), 0, 5);
  expect([guard.readyAtMs(candidate, 5), quiet()]).toEqual([Infinity, 0]);
  guard.ended(candidate, image, 0, 900);
  expect(quiet()).toBe(1);
});

describe('errors other than 429', () => {
  test.each([
    [19, 0, false, 'too few answers to know'],
    [20, 0, true, 'all of twenty'],
    [10, 10, false, 'just half'],
    [11, 10, true, 'more than half'],
  ])('%i of them and %i images: stopped is %s (%s)', (errors, images, stops) => {
    const { guard } = guarded();
    for (let i = 0; i < images; i++) answer(guard, image, i);
    for (let i = 0; i < errors; i++) answer(guard, refused('capacity.overloaded', 503), 100 + i);
    expect(guard.stopped !== null).toBe(stops);
    if (stops) expect(guard.stopped).toMatchObject({ cause: 'errors', class: 'capacity.overloaded' });
  });

  test('only the last hundred answers count', () => {
    const { guard } = guarded();
    for (let i = 0; i < 1_000; i++) answer(guard, image, i);
    for (let i = 0; i < 51; i++) answer(guard, refused('server.internal', 500), 2_000 + i);
    expect(guard.stopped?.cause).toBe('errors');
  });

  test('429s, blocked answers and those that the client gave up itself are none', () => {
    const { guard } = guarded();
    for (let i = 0; i < 50; i++) answer(guard, refused('quota.rpm', 429), i);
    for (let i = 0; i < 50; i++) answer(guard, { kind: 'blocked', class: 'safety.image', usage: null }, i);
    for (let i = 0; i < 50; i++) answer(guard, { kind: 'silence', why: 'aborted' }, i);
    for (let i = 0; i < 50; i++) answer(guard, refused('client.cancelled', 499), i); // rows of a job whose end was asked for
    expect(guard.stopped).toBeNull();
  });
});

test('one failure for half an hour stops, any other answer begins anew', () => {
  const { guard } = guarded();
  answer(guard, refused('quota.spend', 429), 0);
  answer(guard, refused('quota.spend', 429), 29 * MINUTE_MS);
  answer(guard, image, 29.5 * MINUTE_MS);
  answer(guard, refused('quota.spend', 429), 31 * MINUTE_MS);
  answer(guard, refused('quota.spend', 429), 60.9 * MINUTE_MS);
  expect(guard.stopped).toBeNull();
  answer(guard, refused('quota.spend', 429), 61 * MINUTE_MS);
  expect(guard.stopped).toMatchObject({ cause: 'persistent', class: 'quota.spend' });
});

test('when its time is over nothing is sent, not even at that very instant', () => {
  const { guard, quiet } = guarded({ wallMs: 1_000 });
  expect(guard.readyAtMs(candidate, 999)).toBe(999);
  expect(guard.readyAtMs(candidate, 1_000)).toBe(Infinity);
  expect([guard.stopped?.cause, quiet()]).toEqual(['time', 1]);
});

test('the last of the attempts is sent; once it is answered the run is over', () => {
  const budget = new Budget({ microUsd: null, requests: 1 }, worstCase(0));
  const { guard } = guarded({ budget });
  expect(guard.readyAtMs(candidate, 0)).toBe(0);
  guard.take(candidate);
  expect(guard.readyAtMs(candidate, 1)).toBe(Infinity);
  expect(guard.stopped).toBeNull(); // something is in flight
  guard.ended(candidate, image, 0, 2);
  expect(guard.readyAtMs(candidate, 3)).toBe(Infinity);
  expect(guard.stopped?.cause).toBe('budget');
});

test('held, nothing is sent and nothing is dropped', () => {
  const { guard, quiet } = guarded();
  guard.take(candidate);
  guard.hold();
  const readyMs = guard.readyAtMs(candidate, 10);
  expect(readyMs).toBeGreaterThan(1e12);
  expect(readyMs).toBeLessThan(Infinity);
  expect(quiet()).toBe(0);
  guard.ended(candidate, image, 0, 20);
  expect([quiet(), guard.stopped]).toEqual([1, null]);
});
