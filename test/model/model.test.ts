/** The small vocabularies: errors, spans of time, replies. */
import { expect, test } from 'vitest';
import { InputError, InvariantError, invariant, RundryError, ScenarioError, SetupError } from '../../src/model/errors.ts';
import { classOf, httpStatusOf, type Reply } from '../../src/model/reply.ts';
import { formatDuration, isoInstant } from '../../src/model/time.ts';

test.each([
  [new ScenarioError(['a', 'b']), 2, 'ScenarioError', 'a\nb'],
  [new SetupError('no key'), 3, 'SetupError', 'no key'],
  [new InputError('line 3'), 4, 'InputError', 'line 3'],
  [new InvariantError('x'), 70, 'InvariantError', 'x'],
  [new RundryError('y'), 70, 'RundryError', 'y'],
])('%s has exit code %d and its own name', (error, exitCode, name, message) => {
  expect([error.exitCode, error.name, error.message]).toEqual([exitCode, name, message]);
});

test('an invariant that broke names itself and keeps quiet otherwise', () => {
  expect(() => invariant(true, 'one is one')).not.toThrow();
  expect(() => invariant(0, 'zero is something')).toThrow('invariant broken: zero is something');
});

test.each([
  [0, '0ms'],
  [450, '450ms'],
  [1_000, '1s'],
  [1_500, '1.5s'],
  [60_000, '1m'],
  [90_000, '1m 30s'],
  [3_600_000, '1h'],
  [5_400_000, '1h 30m'],
  [183_600_000, '2d 3h'],
  [172_800_000, '2d'],
  [Infinity, 'never'],
])('%d ms reads %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test('instants are ISO with ms', () => {
  expect(isoInstant(Date.UTC(2026, 11, 1, 8))).toBe('2026-12-01T08:00:00.000Z');
});

test.each<[Reply, string | null, number | null]>([
  [{ kind: 'image', images: 1, usage: { promptTokens: 1, imageTokens: 1, thoughtsTokens: 0, otherTokens: 0 } }, null, 200],
  [{ kind: 'blocked', class: 'safety.image', usage: null }, 'safety.image', 200],
  [
    { kind: 'refused', httpStatus: 503, class: 'capacity.overloaded', violations: [], retryAfterMs: null, message: null },
    'capacity.overloaded',
    503,
  ],
  [{ kind: 'silence', why: 'timeout' }, 'client.timeout', null],
  [{ kind: 'silence', why: 'network' }, 'network.unreachable', null],
  [{ kind: 'silence', why: 'aborted' }, 'client.cancelled', null],
])('reply %#: class %s, status %s', (reply, errorClass, status) => {
  expect(classOf(reply)).toBe(errorClass);
  expect(httpStatusOf(reply)).toBe(status);
});
