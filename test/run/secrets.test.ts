/** A secret is taken out of whatever form a text carries it in, and files that hold one are refused by their line. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { discreetly, environmentSecrets, secretFound, withoutSecret } from '../../src/run/secrets.ts';

const KEY = 'Zq7"c\\a+n/a&r<y>=k%41~xW';

test('whatever stands before and after it, no Base64 of it is left that says it', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 12 }),
      fc.string({ maxLength: 12 }),
      fc.constantFrom('base64', 'base64url'),
      (before, after, form) => {
        const text = Buffer.from(`${before}${KEY}${after}`).toString(form as 'base64');
        const clean = withoutSecret(`Basic ${text} end`, KEY);
        expect(clean).toContain('<key>');
        const left = clean
          .split('<key>')
          .flatMap((part) => [0, 1, 2, 3].map((from) => Buffer.from(part.slice(from), 'base64').toString('latin1')));
        // The characters at both ends are shared with the neighbours: less than three bytes of it.
        for (const one of left) for (let at = 0; at + 5 <= KEY.length; at++) expect(one).not.toContain(KEY.slice(at, at + 5));
      },
    ),
  );
});

test('JSON in JSON in JSON, and what does not hold it stays as it is', () => {
  let text = KEY;
  for (let depth = 0; depth < 6; depth++) {
    expect(withoutSecret(`a ${text} b`, KEY)).toMatch(/^a "?<key>"? b$|^a [\\"]+<key>[\\"]+ b$/);
    text = JSON.stringify(text);
  }
  expect(withoutSecret('nothing of it', KEY)).toBe('nothing of it');
});

test('a picture is searched for it whole, and its ends for every form', () => {
  const hex = Buffer.from(KEY).toString('hex');
  const picture = 'A'.repeat(300_000);
  expect(withoutSecret(`${hex}${picture}${KEY}${picture}${hex}`, KEY)).toBe(`<key>${picture}<key>${picture}<key>`);
});

describe('a file that holds one is refused', () => {
  const NONE = {};
  test.each([
    ['a key', `a: 1\nb: AIza${'x'.repeat(35)}\n`, 'app.yaml:2 holds'],
    ['a newer key', `key: AQ.${'Ab8'.repeat(10)}`, 'app.yaml:1 holds'],
    ['a private key', 'a\nb\n-----BEGIN PRIVATE KEY-----\nMII\n', 'app.yaml:3 holds'],
    ['a token', 'x: ya29.a0AfH6SMBxxxxxxxxx', 'app.yaml:1 holds'],
  ])('%s', (_, text, says) => {
    expect(secretFound(text, 'app.yaml', NONE)).toMatch(says);
  });

  test('one of the environment, in any form', () => {
    const text = `a: 1\nb: ${JSON.stringify(KEY)}\n`;
    expect(secretFound(text, 'app.yaml', NONE)).toBe(null);
    expect(secretFound(text, 'app.yaml', { GEMINI_API_KEY: ` ${KEY}\n` })).toMatch('app.yaml:2 holds');
    expect(secretFound('a: short', 'app.yaml', { GEMINI_API_KEY: 'short' })).toBe(null);
  });

  test('words and models are none', () => {
    for (const text of ['model: gemini-3-pro-image', 'name: risk-analysis-of-the-launch-day', 'description: <key> stands for one'])
      expect(secretFound(text, 'app.yaml', { GEMINI_API_KEY: KEY })).toBe(null);
  });
});

test('what is shown has neither keys nor the name in front of a host', () => {
  const shown = discreetly(environmentSecrets({ GOOGLE_API_KEY: KEY }));
  expect(shown(`to http://me:${encodeURIComponent(KEY)}@host/x with AIza${'y'.repeat(35)}`)).toBe('to http://host/x with <key>');
});
