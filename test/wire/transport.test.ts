/** Every known answer means the same however it was carried: encoded, prefixed line by line, or printed by another language. */
import { describe, expect, test } from 'vitest';
import { diagnose, diagnoseLines } from '../../src/wire/diagnosis.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';
import { withoutPrefixes } from '../../src/wire/prefixes.ts';
import { withoutTransport } from '../../src/wire/transport.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const KNOWN = ERROR_CATALOGUE.filter(({ body }) => typeof body === 'object').map((entry) => ({
  ...entry,
  line: JSON.stringify(entry.body),
  lines: JSON.stringify(entry.body, null, 2).split('\n'),
  json: entry.body as Json,
}));
type Known = (typeof KNOWN)[number];

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const entriesOf = (value: object): [string, Json][] => Object.entries(value) as [string, Json][];

const CARRIED: readonly (readonly [name: string, carry: (known: Known) => string])[] = [
  ['base64', ({ line }) => base64(line)],
  ['base64 in lines of 76', ({ lines }) => base64(lines.join('\n')).replace(/.{76}(?=.)/g, '$&\n')],
  ['base64 within a record', ({ line, httpStatus }) => JSON.stringify({ status: httpStatus, isBase64Encoded: true, body: base64(line) })],
  ['a form', ({ line }) => `source=gemini&error=${encodeURIComponent(line).replaceAll('%20', '+')}&try=2`],
  ['an address', ({ line }) => encodeURIComponent(line)],
  ['entities by number', ({ line }) => escaped(line).replace(/"/g, '&#x22;').replace(/'/g, '&#39;')],
  ['a page', ({ lines }) => `<pre>${escaped(lines.join('\n')).replace(/"/g, '&#34;')}</pre>`],
  ['the cell of a table', ({ line, httpStatus }) => `2026-11-20,gemini,${httpStatus},"${line.replace(/"/g, '""')}"`],
  ['round quotes', ({ line }) => line.replace(/"([^"]*)"/g, '“$1”')],
  ['a comment', ({ lines }) => lines.map((line) => `// ${line}`).join('\n')],
  ['a diff', ({ lines }) => lines.map((line) => `+ ${line}`).join('\n')],
  ['the instants of a cluster', ({ lines }) => lines.map((line, at) => `2026-11-20T10:11:12.${100 + at}456Z stderr F ${line}`).join('\n')],
  ['the instants of a console', ({ lines }) => lines.map((line) => `Default 2026-11-20 10:11:12.123 UTC ${line}`).join('\n')],
  ['syslog', ({ lines }) => lines.map((line) => `Nov 20 10:11:12 web-1 imgd[412]: ${line}`).join('\n')],
  ["PHP's var_dump", ({ json, httpStatus }) => `gemini ${httpStatus}\n${varDump(json, '')}`],
  ["Rust's Debug", ({ json, httpStatus }) => `gemini: Err(Api { status: ${httpStatus}, body: ${rust(json)} })`],
  ["Swift's dictionary", ({ json, httpStatus }) => `Gemini error ${httpStatus}: ${swift(json)}`],
];

function varDump(value: Json, indent: string): string {
  if (typeof value === 'object' && value !== null) {
    const rows = entriesOf(value).map(
      ([key, inner]) => `${indent}  [${Array.isArray(value) ? key : `"${key}"`}]=>\n${indent}  ${varDump(inner, `${indent}  `)}`,
    );
    return `array(${rows.length}) {\n${rows.join('\n')}\n${indent}}`;
  }
  if (typeof value === 'string') return `string(${value.length}) "${value}"`;
  return value === null ? 'NULL' : `${typeof value === 'number' ? 'int' : 'bool'}(${value})`;
}

function rust(value: Json): string {
  if (value === null) return 'Null';
  if (Array.isArray(value)) return `Array [${value.map(rust).join(', ')}]`;
  if (typeof value === 'object') {
    const rows = entriesOf(value).map(([key, inner]) => `"${key}": ${rust(inner)}`);
    return `Object {${rows.join(', ')}}`;
  }
  return typeof value === 'string' ? `String(${JSON.stringify(value)})` : `${typeof value === 'number' ? 'Number' : 'Bool'}(${value})`;
}

function swift(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(swift).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return value === null ? 'nil' : JSON.stringify(value);
  const rows = entriesOf(value).map(([key, inner]) => `"${key}": ${swift(inner)}`);
  return `[${rows.join(', ')}]`;
}

/** Answers whose text alone says what they mean: a printer that loses the form of the answer loses that. */
const IN_PROSE = /text-instead/;

test.each(CARRIED)('%s', (_, carry) => {
  const others = KNOWN.filter(({ id }) => !IN_PROSE.test(id)).flatMap((known) => {
    const found = diagnose(carry(known)).class;
    return found === known.class ? [] : [`${known.id}: ${found}, not ${known.class}`];
  });
  expect(others).toEqual([]);
});

describe('what nothing carried', () => {
  const JWT = 'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJlcnJvciI6Im5vbmUifQ.c2lnbmF0dXJl';

  test.each([
    'fetch failed',
    `Authorization: Bearer ${JWT}`,
    'const one = { "code": 429 }; // "Object [Array]"',
    'progress=57%, cost=%7B',
    'eyJlcnJvciI6',
  ])('%s comes back', (text) => {
    expect(withoutTransport(text)).toBe(text);
  });

  test('bytes that are no answer stay encoded', () => {
    const text = `token=${base64('{"secret": "not an answer", "more": 1}')}`;
    expect(withoutTransport(text)).toBe(text);
  });

  test('a log of whole records keeps its instants', () => {
    const log = [1, 2, 3].map((second) => `2026-11-20T10:00:0${second}Z {"error": {"code": 503, "status": "UNAVAILABLE"}}`).join('\n');
    expect(withoutPrefixes(log)).toBe(log);
    const [row] = diagnose(log).classes;
    expect([row?.class, row?.count, row?.firstSeen, row?.lastSeen]).toEqual([
      'capacity.overloaded',
      3,
      '2026-11-20T10:00:01.000Z',
      '2026-11-20T10:00:03.000Z',
    ]);
  });
});

test('of a body that was cut off nothing is concluded from what it does not say', () => {
  const whole = KNOWN.find(({ id }) => id === 'gemini-429-rpm-no-retryinfo')?.line ?? '';
  const cut = whole.slice(0, whole.indexOf('"quotaValue"'));
  expect(cut).not.toBe('');
  expect(diagnose(cut).class).toBe('quota.rpm');
});

test.each([
  ['a cluster', (at: string) => `2026-11-20T10:00:${at}.123Z stderr F `],
  ['a host', (at: string) => `Nov 20 10:00:${at} web-1 imgd[412]: `],
])('%s dates every line of a body, and each answer counts once', (_, prefix) => {
  const ids = ['gemini-503-overloaded', 'gemini-429-limit-zero-four-violations', 'gemini-429-rpm-free', 'gemini-429-rpm-free'];
  const log = ids.flatMap((id, second) => {
    const known = KNOWN.find((one) => one.id === id);
    const body = `gemini failed: ${known?.lines.join('\n')}`;
    return ['asked', ...body.split('\n'), 'gave up', '"GET /health"'].map((words) => `${prefix(`0${second}`)}${words}`);
  });
  const { entries, classes } = diagnose(log.join('\n'));
  expect([entries, classes.map(({ class: one, count }) => [one, count])]).toEqual([
    16,
    [
      ['quota.rpm', 2],
      ['quota.zero-limit', 1],
      ['capacity.overloaded', 1],
    ],
  ]);
  expect(diagnoseLines(log)).toEqual(diagnose(log.join('\n')));
});

/** One line of each kind; what is Google's is counted, by whatever name it goes. */
test('a log of many voices is counted by class and dated', () => {
  const said = [
    'Gemini returned 503, retrying in 10s (attempt 2/3)',
    'discord: 429 You are being rate limited',
    'Gemini 暂时繁忙，请稍后手动重试',
    'Empty response received from Gemini',
    'served in 900 ms',
    `gemini answered ${base64('{"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}')} and failed`,
    'grpc_message:"User location is not supported for the API use.", created_time:"2023-12-16T04:31:03Z"',
    'redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.',
  ];
  const log = said.map((words, second) => `Nov 20 10:00:0${second} web-1 imgd[7]: ${words}`);
  const { entries, classes } = diagnose(log.join('\n'));
  expect(entries).toBe(said.length);
  expect(classes.map(({ class: one, count, firstSeen, lastSeen }) => [one, count, firstSeen, lastSeen])).toEqual([
    ['capacity.overloaded', 3, '11-20T10:00:00', '11-20T10:00:05'],
    ['request.location-unsupported', 1, '11-20T10:00:06', '11-20T10:00:06'],
    ['safety.no-image', 1, '11-20T10:00:03', '11-20T10:00:03'],
  ]);
  expect(diagnoseLines(log)).toEqual(diagnose(log.join('\n')));
});
