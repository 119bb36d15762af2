/** No text, however broken, makes the readers throw, loop or give away a secret. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ERROR_CLASSES } from '../../src/model/names.ts';
import { classify } from '../../src/wire/classify.ts';
import { decodeReply } from '../../src/wire/decode.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';

const BODIES = ERROR_CATALOGUE.map(({ body }) => (typeof body === 'string' ? body : JSON.stringify(body)));

function survives(body: string, status: number | null): void {
  const verdict = classify({ status, body });
  expect(ERROR_CLASSES).toContain(verdict.class);
  expect(verdict.waitMs === null || (Number.isFinite(verdict.waitMs) && verdict.waitMs >= 0)).toBe(true);
  expect(verdict.evidence.length).toBeGreaterThan(0);
  decodeReply({ status: status ?? 200, bodyText: body });
}

const status = fc.oneof(fc.constant(null), fc.constantFrom(200, 400, 403, 429, 500, 503), fc.integer());
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'{}[]"\'\\:, aAu0\n<'), maxLength: 200 }));

describe('nothing is thrown', () => {
  test('by arbitrary strings', () => fc.assert(fc.property(text, status, survives), { numRuns: 2000 }));

  test('by arbitrary JSON', () => fc.assert(fc.property(fc.json(), status, survives), { numRuns: 500 }));

  test('by known bodies cut off anywhere', () =>
    fc.assert(
      fc.property(fc.constantFrom(...BODIES), fc.double({ min: 0, max: 1, noNaN: true }), status, (body, share, one) =>
        survives(body.slice(0, Math.floor(share * body.length)), one),
      ),
      { numRuns: 2000 },
    ));

  test('by known bodies with a part replaced', () =>
    fc.assert(
      fc.property(fc.constantFrom(...BODIES), fc.nat(), fc.nat({ max: 40 }), text, status, (body, at, length, put, one) => {
        const from = at % (body.length + 1);
        survives(body.slice(0, from) + put + body.slice(from + length), one);
      }),
      { numRuns: 2000 },
    ));

  test('by known bodies with a value of another type', () =>
    fc.assert(
      fc.property(fc.constantFrom(...BODIES.filter((body) => !body.startsWith('<'))), fc.nat(), fc.jsonValue(), (body, at, put) => {
        let leaf = 0;
        const mutated: unknown = JSON.parse(body, (_, value: unknown) => (leaf++ === at % 40 ? put : value));
        survives(JSON.stringify(mutated) ?? '', null);
      }),
      { numRuns: 2000 },
    ));
});

test.each([
  ['open brackets', '['.repeat(200_000)],
  ['open objects', '{"error":'.repeat(50_000)],
  ['backslashes', `{"error":"${'\\'.repeat(200_000)}`],
  ['quotes', '"'.repeat(200_000)],
  ['nested strings', Array.from({ length: 12 }).reduce<string>((inner) => JSON.stringify({ error: { message: inner } }), 'x')],
  ['digits', '9'.repeat(200_000)],
  ['a mail that never ends', `${'a'.repeat(100_000)}@${'b.'.repeat(50_000)}`],
  ['blanks', `exceeded${' '.repeat(200_000)}quota`],
  ['a million retry ins', 'retry in 1'.repeat(50_000)],
])(
  'a hostile body is read at once: %s',
  (_, body) => {
    survives(body, 429);
  },
  60_000, // against hanging: what is not read in one go takes hours
);

test('an object where a number belongs', () => {
  const metadata = '{"quota_limit_value":{"toString":1,"valueOf":2},"headers":{"X-RateLimit-Limit":{},"Retry-After":{}}}';
  survives(`{"error":{"message":"Rate limit exceeded: limit_rpd/google/gemini-2.5-pro","code":429,"metadata":${metadata}}}`, null);
  survives(`{'error': {'message': 'limit_rpd/google/x', 'statusCode': {'a': 1}, 'metadata': ${metadata}}}`, null);
});

test('prototypes are left alone', () => {
  survives('{"error":{"code":"constructor","status":"__proto__","details":[{"reason":"toString"}]},"__proto__":{"polluted":true}}', 429);
  survives("{'__proto__': {'polluted': True}, 'finishReason': 'hasOwnProperty'}", 200);
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
