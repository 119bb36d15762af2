import { expect, test } from 'vitest';
import { examineSurroundings } from '../../src/doctor/doctor.ts';
import { formOf, type Surroundings } from '../../src/doctor/environment/surroundings.ts';

const STANDARD = `AIza${'a'.repeat(35)}`;
const FINE: Surroundings = {
  keyFrom: 'GEMINI_API_KEY',
  keyForm: 'standard',
  hasTwoKeys: false,
  variables: {},
  baseUrl: 'https://generativelanguage.googleapis.com',
};

const failedIds = (surroundings: Surroundings): string[] =>
  examineSurroundings(surroundings)
    .filter(({ state }) => state === 'fail')
    .map(({ id }) => id);

test('nothing is wrong with nothing set but a key', () => {
  expect(examineSurroundings(FINE).map(({ state }) => state)).toEqual(['pass', 'pass', 'pass', 'pass', 'pass', 'pass']);
});

test.each([
  [STANDARD, 'standard'],
  [` ${STANDARD}\n`, 'standard'],
  [`AQ.${'b'.repeat(40)}`, 'authorization'],
  [`"${STANDARD}"`, 'quoted'],
  [`${STANDARD} # mine`, 'spaced'],
  ['Bearer ya29.abc', 'bearer-token'],
  ['ya29.a0Af', 'bearer-token'],
  ['{"type":"service_account"}', 'json'],
  ['YOUR_API_KEY_HERE', 'placeholder'],
  ['<your key>', 'spaced'],
  ['abc', 'short'],
  ['sk-or-v1-0123456789abcdef0123456789', 'other'],
])('%s is %s', (raw, form) => {
  expect(formOf(raw)).toBe(form);
});

test.each<[Partial<Surroundings>, string[]]>([
  [{ keyFrom: null, keyForm: null }, ['key-present']],
  [{ keyForm: 'quoted' }, ['key-form']],
  [{ hasTwoKeys: true }, ['one-key']],
  [{ variables: { GOOGLE_GENAI_USE_VERTEXAI: 'true' } }, ['sdk-variables']],
  [{ variables: { GOOGLE_GENAI_USE_ENTERPRISE: '1' } }, ['sdk-variables']],
  [{ variables: { GOOGLE_GENAI_USE_VERTEXAI: 'false', GOOGLE_GENAI_API_VERSION: 'v1beta' } }, []],
  [{ baseUrl: 'http://gateway.example' }, ['base-url']],
  [{ baseUrl: 'http://127.0.0.1:8787' }, []],
  [{ baseUrl: 'https://generativelanguage.googleapis.com/v1beta' }, ['base-url']],
  [{ baseUrl: 'gateway' }, ['base-url']],
  [{ variables: { HTTPS_PROXY: 'proxy' } }, ['proxy']],
  [{ variables: { HTTPS_PROXY: 'http://proxy:3128' } }, []],
])('%j fails %j', (change, ids) => {
  expect(failedIds({ ...FINE, ...change })).toEqual(ids);
});
