/** Logs: how the usual ones tell the time, which lines belong together, and that a long one is read as it comes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { diagnoseInput, TEXT_BYTES_MAX } from '../../src/cli/diagnose-input.ts';
import { diagnose, diagnoseLines } from '../../src/wire/diagnosis.ts';
import { instantIn } from '../../src/wire/instants.ts';
import { entriesOf } from '../../src/wire/log-entries.ts';

const EXHAUSTED = '429 RESOURCE_EXHAUSTED. Resource has been exhausted (e.g. check quota). model gemini-3-pro-image';
const OVERLOADED = 'gemini-3-pro-image: 503 UNAVAILABLE. The model is overloaded. Please try again later.';

/** Each writes the second given, and the message. */
const FORMATS: readonly (readonly [name: string, line: (second: number, message: string) => string, seen: string])[] = [
  ['ISO', (s, m) => `2026-09-02T10:00:0${s}.250Z ERROR ${m}`, '2026-09-02T10:00:01.250Z'],
  ['ISO with a zone', (s, m) => `2026-09-02T10:00:0${s}+0200 ERROR ${m}`, '2026-09-02T08:00:01.000Z'],
  ['python logging', (s, m) => `2026-09-02 10:00:0${s},250 - images - ERROR - ${m}`, '2026-09-02T10:00:01.250'],
  ['nginx, errors', (s, m) => `2026/09/02 10:00:0${s} [error] 7#7: *1 ${m}`, '2026-09-02T10:00:01.000'],
  ['nginx, accesses', (s, m) => `10.0.0.1 - - [02/Sep/2026:10:00:0${s} +0000] "${m}"`, '2026-09-02T10:00:01.000Z'],
  ['klog', (s, m) => `E0902 10:00:0${s}.250000       1 images.go:7] ${m}`, '09-02T10:00:01.250000'],
  ['syslog', (s, m) => `Sep  2 10:00:0${s} web-1 imgd[811]: ${m}`, '09-02T10:00:01'],
  ['syslog, RFC 5424', (s, m) => `<11>1 2026-09-02T10:00:0${s}Z web-1 imgd 811 - - ${m}`, '2026-09-02T10:00:01.000Z'],
  ['logcat', (s, m) => `09-02 10:00:0${s}.250  1234  1234 E Images: ${m}`, '09-02T10:00:01.250'],
  ['seconds since 1970', (s, m) => `178834320${s}.25 error ${m}`, '2026-09-02T10:00:01.250Z'],
  ['milliseconds since 1970', (s, m) => `[178834320${s}000] error ${m}`, '2026-09-02T10:00:01.000Z'],
  ['pino', (s, m) => JSON.stringify({ level: 50, time: 1788343200000 + s * 1000, msg: m }), '2026-09-02T10:00:01.000Z'],
  ['zap', (s, m) => JSON.stringify({ level: 'error', ts: 1788343200.5 + s, msg: m }), '2026-09-02T10:00:01.500Z'],
  ['logfmt', (s, m) => `time=2026-09-02T10:00:0${s}Z level=error msg="${m}"`, '2026-09-02T10:00:01.000Z'],
  ['Ruby', (s, m) => `E, [2026-09-02T10:00:0${s}.250000 #7] ERROR -- : ${m}`, '2026-09-02T10:00:01.250'],
  ['an American clock', (s, m) => `9/2/2026, 10:00:0${s} PM error ${m}`, '2026-09-02T22:00:01.000'],
  ['docker compose', (s, m) => `web-1  | 2026-09-02T10:00:0${s}Z ERROR ${m}`, '2026-09-02T10:00:01.000Z'],
  ['only a time', (s, m) => `10:00:0${s}.250 [main] ERROR ${m}`, 'T10:00:01.250'],
];

describe.each(FORMATS)('%s', (_, line, seen) => {
  const log = [line(1, EXHAUSTED), line(2, OVERLOADED), line(3, EXHAUSTED), line(4, 'served in 900 ms')];

  test('is split into entries and dated', () => {
    const { entries, classes } = diagnose(log.join('\n'));
    expect([entries, ...classes.map(({ class: one, count }) => [one, count])]).toEqual([
      4,
      ['quota.unspecified', 2],
      ['capacity.overloaded', 1],
    ]);
    expect(classes[0]?.firstSeen).toBe(seen);
    expect(classes[0]?.lastSeen).toBe(seen.replace('01', '03'));
  });

  test('says the same when it is read line by line', () => {
    expect(diagnoseLines(log)).toEqual(diagnose(log.join('\n')));
  });
});

test.each(['no time here', 'at 10:40 the bus leaves', 'version 2026-09', '429', 'id 1788343200000 is a number'])(
  '%s: no instant',
  (text) => {
    expect(instantIn(text)).toBeNull();
  },
);

test('the first instant of an entry counts, not one that its message quotes', () => {
  expect(instantIn('2026-09-02T10:00:00Z error {"timestamp":1700000000000}')?.text).toBe('2026-09-02T10:00:00.000Z');
});

test('of a long log without times each line stands for itself, frames and bodies do not', () => {
  const block = [
    EXHAUSTED,
    'served',
    'Error: boom {',
    '  status: 503,',
    `  message: "${OVERLOADED}"`,
    '}',
    '    at call (a.js:1:2)',
    'served',
  ];
  const log = Array.from({ length: 100 }, () => block).flat();
  const { entries, classes } = diagnose(log.join('\n'));
  expect(entries).toBe(400);
  expect(classes).toMatchObject([
    { class: 'quota.unspecified', count: 100, line: 1, firstSeen: null },
    { class: 'capacity.overloaded', count: 100, line: 3 },
  ]);
});

test('an entry is out before the lines after the next one are asked for', () => {
  let asked = 0;
  function* lines(): Generator<string> {
    for (;;) yield `2026-09-02T10:00:00Z ERROR ${EXHAUSTED} ${asked++}`;
  }
  const entries = entriesOf(lines(), { isDated: true, isLong: true });
  for (let entry = 0; entry < 5; entry++) entries.next();
  expect(asked).toBe(6);
});

test('ids, delays and instants that differ make no other error; codes and limits do', () => {
  const line = (n: number, code: string): string =>
    `2026-09-02T10:00:00.${100 + n}Z ERROR request ${String(n).padStart(8, '7')} ${code} Please retry in ${n}.${n}s. gemini`;
  const log = Array.from({ length: 300 }, (_, n) => line(n, n % 3 === 0 ? '429 Too Many Requests' : '503 Service Unavailable'));
  expect(diagnose(log.join('\n')).classes).toMatchObject([
    { class: 'capacity.overloaded', count: 200 },
    { class: 'quota.unspecified', count: 100 },
  ]);
});

test('a long log of others has no class, and says how many errors it holds', () => {
  const log = Array.from({ length: 500 }, () => '2026-09-02T10:00:00Z ERROR db: connect ECONNREFUSED 127.0.0.1:5432');
  expect(diagnoseLines(log)).toMatchObject({ class: 'unknown', entries: 500, unclear: 500, classes: [] });
});

describe('a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rundry-log-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const same = (text: string): string => text;
  const line = `2026-09-02T10:00:00Z ERROR ${EXHAUSTED} größer\r\n`;

  function written(name: string, content: string | Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  }

  test('that is short is a text', () => {
    expect(diagnoseInput(written('short.log', line), same)).toEqual({ text: line });
  });

  test('that is long comes in whole lines, whatever its encoding', () => {
    const log = line.repeat(Math.ceil(TEXT_BYTES_MAX / line.length) + 500);
    const count = log.split('\r\n').length - 1;
    for (const bytes of [Buffer.from(log), Buffer.from(`\ufeff${log}`, 'utf16le')]) {
      const input = diagnoseInput(written('long.log', bytes), same);
      const lines = 'lines' in input ? [...input.lines] : [];
      expect(new Set(lines)).toEqual(new Set([line.trimEnd()]));
      expect(lines).toHaveLength(count);
    }
  });

  test('that is a long list is read as a whole', () => {
    const list = JSON.stringify(
      Array.from({ length: 600 }, (_, n) => ({ n, severity: 'ERROR', textPayload: EXHAUSTED, pod: 'x'.repeat(2000) })),
    );
    const input = diagnoseInput(written('list.json', list), same);
    expect('text' in input && diagnose(input.text)).toMatchObject({ class: 'quota.unspecified', entries: 600 });
  });

  test('is cleaned before anything else sees it', () => {
    const path = written('keys.log', `${line}key=canary\n`.repeat(40_000));
    const input = diagnoseInput(path, (text) => text.replaceAll('canary', '<key>'));
    expect('lines' in input && [...input.lines].some((one) => one.includes('canary'))).toBe(false);
  });
});
