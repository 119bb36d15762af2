/**
 * Error texts in the forms in which public threads, logs and tests carry them (libraries of a dozen languages, gateways, agents,
 * tools without code, seven human languages), each with the class that a reader gave it, and as many forms that are about
 * something else. Where a text leaves a choice, each class in the list is right.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { ERROR_CLASSES } from '../../src/model/names.ts';
import { diagnose } from '../../src/wire/diagnosis.ts';

interface Told {
  readonly expected: readonly string[];
  readonly text: string;
}

const TOLD = JSON.parse(readFileSync(new URL('./public-threads.json', import.meta.url), 'utf8')) as readonly Told[];
const OURS = TOLD.filter(({ expected }) => !expected.includes('unknown'));
const OTHERS = TOLD.filter(({ expected }) => expected.includes('unknown'));

function titled(told: readonly Told[]): [string, Told][] {
  return told.map((one, index) => [`${index + 1}: ${one.text.replace(/\s+/g, ' ').slice(0, 90)}`, one]);
}

describe('about these APIs', () => {
  test.each(titled(OURS))('%s', (_, { expected, text }) => {
    const { class: found, evidence, fix } = diagnose(text);
    expect({ found, evidence, isExpected: expected.includes(found) }).toEqual({ found, evidence, isExpected: true });
    expect(fix.length).toBeGreaterThan(0);
  });
});

describe('about something else', () => {
  test.each(titled(OTHERS))('%s', (_, { text }) => {
    const { class: found, evidence } = diagnose(text);
    expect([found, evidence]).toEqual(['unknown', [expect.stringMatching(/missing/)]]);
  });
});

test('every class expected exists, and most classes are met', () => {
  const expected = new Set(TOLD.flatMap((told) => told.expected));
  expect([...expected].filter((one) => !ERROR_CLASSES.includes(one as (typeof ERROR_CLASSES)[number]))).toEqual([]);
  expect(expected.size).toBeGreaterThan(ERROR_CLASSES.length * 0.8);
});

test('a name that only looks like a product of these APIs is none', () => {
  for (const text of [
    'Error 403 al subir la imagen: permiso denegado',
    'vertex shader compilation stage: error 404',
    'https://api.gemini.com/v1/order 429',
  ])
    expect([text, diagnose(text).class]).toEqual([text, 'unknown']);
});
