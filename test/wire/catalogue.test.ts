/** Every known answer means what the catalogue says, however it is wrapped; and our catalogue says what the facts say. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { classify } from '../../src/wire/classify.ts';
import { decodeReply } from '../../src/wire/decode.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';
import { CLASS_ADVICE } from '../../src/wire/error-classes.ts';

const FACTS = new URL('../../../shared/facts/error-catalogue.json', import.meta.url);

interface Known {
  readonly id: string;
  readonly httpStatus: number;
  readonly class: string;
  readonly retryable: string;
  readonly body: unknown;
}

/** Byte for byte the same as gemini-403-caller-no-permission: only the circumstances tell an incident. */
const INDISTINGUISHABLE = 'gemini-403-server-side-wave';

function verify(entry: Known, input: { status?: number; body: string }): void {
  const verdict = classify(input);
  const retryable = entry.id === INDISTINGUISHABLE ? 'no' : entry.retryable;
  expect({ class: verdict.class, retryable: verdict.retryable }).toEqual({ class: entry.class, retryable });
}

function textOf(body: unknown, indent?: number): string {
  return typeof body === 'string' ? body : JSON.stringify(body, null, indent);
}

describe.each(ERROR_CATALOGUE.map((entry) => [entry.id, entry] as const))('%s', (_, entry) => {
  test('is classified as it came', () => verify(entry, { status: entry.httpStatus, body: textOf(entry.body) }));
  test('is classified without its status', () => verify(entry, { body: textOf(entry.body, 2) }));
  test('is classified inside a log line', () =>
    verify(entry, { body: `2026-09-02T10:00:00Z ERROR ApiError: ${textOf(entry.body)}\n    at call (a.js:1:2)` }));
  test('is classified as a string inside an error message', () => {
    if (typeof entry.body === 'string' || entry.httpStatus === 200) return;
    verify(entry, {
      status: entry.httpStatus,
      body: JSON.stringify({ error: { message: textOf(entry.body, 2), code: entry.httpStatus, status: 'Error' } }),
    });
  });
  test('is classified as one event of a stream', () => {
    if (typeof entry.body === 'string') return;
    verify(entry, { body: `data: ${textOf(entry.body)}\r\n\r\n` });
  });
  test('decodes to the same class', () => {
    const reply = decodeReply({ status: entry.httpStatus, bodyText: textOf(entry.body) });
    // One of the two pictures of this answer did arrive.
    if (entry.id === 'vertex-200-imagen-filtered') return expect(reply).toMatchObject({ kind: 'image', images: 1 });
    expect(reply).toMatchObject({ kind: entry.class.startsWith('safety.') ? 'blocked' : 'refused', class: entry.class });
  });
});

const facts = existsSync(FACTS) ? (JSON.parse(readFileSync(FACTS, 'utf8')) as Known[]) : null;

describe.skipIf(facts === null)(`facts/error-catalogue.json${facts === null ? ' (skipped: ../shared is absent)' : ''}`, () => {
  test.each((facts ?? []).map((entry) => [entry.id, entry] as const))('%s is classified, and is ours', (id, entry) => {
    verify(entry, { status: entry.httpStatus, body: textOf(entry.body) });
    const ours = ERROR_CATALOGUE.find((one) => one.id === id);
    expect(ours?.body).toEqual(entry.body);
    expect(ours?.class).toBe(entry.class);
  });
});

test('every class has advice, and every entry a source and a date', () => {
  for (const advice of CLASS_ADVICE) expect(advice.fix.length).toBeGreaterThan(0);
  for (const entry of ERROR_CATALOGUE)
    expect(entry).toMatchObject({ source: expect.stringMatching(/./), asOf: expect.stringMatching(/^20\d\d(-\d\d)*$/) });
  expect(ERROR_CATALOGUE).toHaveLength(111);
});
