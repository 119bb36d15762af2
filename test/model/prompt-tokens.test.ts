import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countTokens, promptOf } from '../../src/model/prompt-tokens.ts';

test('a prompt of n tokens counts as n tokens', () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 5_000 }), (tokens) => countTokens(promptOf(tokens)) === tokens));
});

test.each([
  ['', 0],
  ['a', 1],
  ['abcd', 1],
  ['abcde', 2],
])('%j counts as %i tokens', (text, tokens) => {
  expect(countTokens(text)).toBe(tokens);
});
