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
  ['GEMINI_API_KEY=AIzaSy0123456789012345678901234567890ab', 'assignment'],
  ['export K=AQ.0123456789012345678901234567', 'assignment'],
])('%s is %s', (raw, form) => {
  expect(formOf(raw)).toBe(form);
});

test.each<[Partial<Surroundings>, string[]]>([
  [{ keyFrom: null, keyForm: null }, ['key-present']],
  [{ keyForm: 'quoted' }, ['key-form']],
  [{ hasTwoKeys: true }, ['one-key']],
  [{ variables: { GOOGLE_GENAI_USE_VERTEXAI: 'true' } }, ['sdk-variables']],
  [{ variables: { GOOGLE_GENAI_USE_ENTERPRISE: '1' } }, ['sdk-variables']],
  [{ variables: { GOOGLE_GENAI_USE_ENTERPRISE: 'false', GOOGLE_GENAI_USE_VERTEXAI: 'true' } }, ['sdk-variables']],
  [{ variables: { GOOGLE_GENAI_USE_VERTEXAI: 'false', GOOGLE_GENAI_API_VERSION: 'v1beta' } }, []],
  [{ baseUrl: 'http://gateway.example' }, ['base-url']],
  [{ baseUrl: 'http://127.0.0.1:8787' }, []],
  [{ baseUrl: 'https://generativelanguage.googleapis.com/v1beta' }, ['base-url']],
  [{ baseUrl: 'gateway' }, ['base-url']],
  [{ variables: { HTTPS_PROXY: 'proxy' } }, ['proxy']],
  [{ variables: { HTTPS_PROXY: 'http://proxy:3128' } }, []],
  [{ variables: { HTTPS_PROXY: 'proxy:3128' } }, ['proxy']], // an address, of a protocol called proxy
  [{ variables: { http_proxy: '://' } }, ['proxy']],
  [{ variables: { https_proxy: 'http://proxy:3128', HTTPS_PROXY: 'proxy' } }, []], // nobody reads the second
])('%j fails %j', (change, ids) => {
  expect(failedIds({ ...FINE, ...change })).toEqual(ids);
});

test.each<[variables: Surroundings['variables'], baseUrl: string, state: string, says: string]>([
  [{ ALL_PROXY: 'http://proxy:3128' }, 'https://a.example', 'unknown', 'neither Node nor the doctor obeys'],
  [{ ALL_PROXY: 'http://proxy:3128', HTTPS_PROXY: 'http://proxy:3128' }, 'https://a.example', 'pass', 'HTTPS_PROXY is set and obeyed'],
  [{ https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, 'https://a.example', 'pass', 'it beats HTTPS_PROXY'],
  [{ HTTP_PROXY: 'http://a:1' }, 'https://a.example', 'pass', 'HTTP_PROXY is set and obeyed'],
  [{ HTTPS_PROXY: 'http://a:1' }, 'http://127.0.0.1:8787', 'pass', 'goes past it'],
])('of the proxies %j to %s', (variables, baseUrl, state, says) => {
  const found = examineSurroundings({ ...FINE, variables, baseUrl }).find(({ id }) => id === 'proxy')!;
  expect([found.state, found.says]).toEqual([state, expect.stringContaining(says)]);
});
