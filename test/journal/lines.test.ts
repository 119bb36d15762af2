import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { journalJsonSchema } from '../../src/journal/json-schema.ts';
import { type JournalRead, JournalReader, line, parseLine } from '../../src/journal/lines.ts';
import { InputError } from '../../src/model/errors.ts';
import { DROP_CAUSES, ERROR_CLASSES, SIZES } from '../../src/model/names.ts';
import {
  type AttemptRow,
  type BatchRow,
  type BreakerRow,
  type CanaryRow,
  type DropRow,
  type EndRow,
  type HeaderRow,
  type ResumeRow,
  type Row,
  type SentRow,
  STOP_CAUSES,
} from '../../src/model/rows.ts';
import { header } from '../../src/run/header.ts';
import { blocked, failure, image, jobsAt, play, retrySpec } from '../support/play.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

/** Names as people choose them, quotes, line separators and lone surrogates included. */
const text = fc.string({ unit: 'binary', maxLength: 20 });
const count = fc.nat(2 ** 31);
const instant = fc.nat(2 ** 45);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const bucket = fc.constantFrom('rpm', 'tpm', 'ipm', 'rpd', 'spend10m', 'monthly', 'unnamed' as const);
const who = {
  request: count,
  job: count,
  jobImages: fc.integer({ min: 1, max: 100 }),
  traffic: text,
  project: text,
  model: text,
  lane: fc.constantFrom('interactive' as const, 'batch' as const),
  size: fc.constantFrom(...SIZES),
  dueMs: instant,
  inputTokens: count,
  listMicroUsd: count,
};
const usage = fc.record({ promptTokens: count, imageTokens: count, thoughtsTokens: count, otherTokens: count });
const attemptRow: fc.Arbitrary<AttemptRow> = fc.record({
  kind: fc.constant('attempt' as const),
  ...who,
  seq: count,
  n: fc.integer({ min: 1, max: 200 }),
  sentMs: instant,
  doneMs: orNull(instant),
  httpStatus: orNull(fc.integer({ min: 100, max: 599 })),
  class: orNull(fc.constantFrom(...ERROR_CLASSES)),
  buckets: fc.array(bucket, { maxLength: 4 }),
  quotaId: orNull(text),
  quotaValue: orNull(fc.oneof(count, fc.double({ noNaN: true, noDefaultInfinity: true }))),
  retryAtMs: orNull(instant),
  usage: orNull(usage),
  costMicroUsd: count,
  message: orNull(text),
  outcome: orNull(fc.constantFrom('delivered' as const, 'blocked' as const, 'failed' as const)),
});
const dropRow: fc.Arbitrary<DropRow> = fc.record({
  kind: fc.constant('drop' as const),
  ...who,
  atMs: instant,
  attempts: count,
  cause: fc.constantFrom(...DROP_CAUSES, 'pending' as const),
});
const sentRow: fc.Arbitrary<SentRow> = fc.record({ kind: fc.constant('sent' as const), ...who, seq: count, n: count, sentMs: instant });
const breakerRow: fc.Arbitrary<BreakerRow> = fc.record({
  kind: fc.constant('breaker' as const),
  atMs: instant,
  client: text,
  model: orNull(text),
  state: fc.constantFrom('open' as const, 'half-open' as const, 'closed' as const),
});
const batchRow: fc.Arbitrary<BatchRow> = fc.record({
  kind: fc.constant('batch' as const),
  atMs: instant,
  batch: count,
  traffic: text,
  project: text,
  model: text,
  rows: count,
  state: fc.constantFrom('queued', 'running', 'succeeded', 'failed', 'expired', 'cancelled' as const),
});
const canaryRow: fc.Arbitrary<CanaryRow> = fc.record({
  kind: fc.constant('canary' as const),
  model: text,
  size: fc.constantFrom(...SIZES),
  inputTokens: count,
  listMicroUsd: count,
  doneMs: orNull(count),
  httpStatus: orNull(fc.integer({ min: 100, max: 599 })),
  class: orNull(fc.constantFrom(...ERROR_CLASSES)),
  usage: orNull(usage),
  costMicroUsd: count,
  message: orNull(text),
});
const resumeRow: fc.Arbitrary<ResumeRow> = fc.record({
  kind: fc.constant('resume' as const),
  atMs: instant,
  at: fc.constant('2026-12-01T18:00:00.000Z'),
  unanswered: count,
});
const endFields = {
  kind: fc.constant('end' as const),
  atMs: instant,
  reason: fc.constantFrom('done', 'interrupted', 'terminated', 'stopped' as const),
  requests: count,
  attempts: count,
  lateness: orNull(fc.record({ p50Ms: count, p99Ms: count, maxMs: count })),
};
const stop = fc.record({ cause: fc.constantFrom(...STOP_CAUSES), class: orNull(fc.constantFrom(...ERROR_CLASSES)), text });
const endRow: fc.Arbitrary<EndRow> = fc.oneof(fc.record(endFields), fc.record({ ...endFields, stop }));
const rowsAfterHeader = fc.oneof(
  { weight: 4, arbitrary: attemptRow },
  { weight: 2, arbitrary: dropRow },
  sentRow,
  breakerRow,
  batchRow,
  canaryRow,
  resumeRow,
  endRow,
);
const HEADER: HeaderRow = header({ scenario: scenario({ name: 'with "quotes"\n' }), seed: 3, mode: 'sim' });

/** Rows of a text that comes in pieces of the given lengths, over and over. */
function read(
  journal: string,
  pieces: readonly number[] = [journal.length || 1],
  file = 'run/journal.ndjson',
): { rows: Row[]; end: JournalRead } {
  const rows: Row[] = [];
  const reader = new JournalReader(file, (row) => rows.push(row));
  for (let from = 0, i = 0; from < journal.length; i++) {
    const to = from + pieces[i % pieces.length]!;
    reader.push(journal.slice(from, to));
    from = to;
  }
  return { rows, end: reader.end() };
}

test('a line is what JSON.stringify would say, on one line, and reads back as the row', () => {
  fc.assert(
    fc.property(fc.oneof(rowsAfterHeader, fc.constant(HEADER)), (row) => {
      const written = line(row);
      expect(written.indexOf('\n')).toBe(written.length - 1);
      expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(row)));
      expect(Object.keys(JSON.parse(written)).toSorted()).toEqual(Object.keys(row).toSorted());
      expect(parseLine(written.trimEnd(), 'f', 1)).toEqual(JSON.parse(JSON.stringify(row)));
    }),
    { numRuns: 400 },
  );
});

test('a journal reads back row for row, however its bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(rowsAfterHeader, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 5 }),
      (rows, pieces) => {
        const all = [HEADER, ...rows];
        const { rows: seen, end } = read(all.map(line).join(''), pieces);
        expect(seen).toEqual(JSON.parse(JSON.stringify(all)));
        expect(end.isTorn).toBe(false);
        expect(end.header).toEqual(JSON.parse(JSON.stringify(HEADER)));
      },
    ),
  );
});

test('a journal cut anywhere behind its header reads as the rows before the cut', () => {
  fc.assert(
    fc.property(fc.array(rowsAfterHeader, { minLength: 1, maxLength: 4 }), fc.double({ min: 0, max: 1, noNaN: true }), (rows, share) => {
      const lines = [HEADER, ...rows].map(line);
      const whole = lines.join('');
      const first = lines[0]!.length;
      const cut = first + Math.floor((whole.length - first) * share);
      const { rows: seen, end } = read(whole.slice(0, cut), [64]);
      const complete = whole.slice(0, cut).split('\n').length - 1;
      expect(seen).toHaveLength(complete);
      expect(end.isTorn).toBe(!whole.slice(0, cut).endsWith('\n'));
    }),
  );
});

describe('a damaged journal', () => {
  const head = line(HEADER);
  const drop = line({ kind: 'end', atMs: 1, reason: 'done', requests: 0, attempts: 0, lateness: null });
  const attempt =
    '{"kind":"attempt","seq":1,"request":1,"job":1,"traffic":"t","n":1,"project":"p1","model":"m","dueMs":1,"sentMs":1,"buckets":[],"costMicroUsd":0,"outcome":null}\n';

  test.each([
    ['', 'run/journal.ndjson line 1: not a journal (no header row)'],
    ['{"kind":"hea', 'run/journal.ndjson line 1: not a journal (no header row)'],
    [drop, 'run/journal.ndjson line 1: not a journal (the first row is end, not header)'],
    [`${head}${head}`, 'run/journal.ndjson line 2: a second header'],
    [`${head}\n${drop}`, 'run/journal.ndjson line 2: empty line'],
    [`${head}${drop}garbage\n`, 'run/journal.ndjson line 3: not JSON'],
    [`${head}{"kind":"attempt"\n${drop}`, 'run/journal.ndjson line 2: not JSON'],
    [`${head}${attempt}`, 'run/journal.ndjson line 2: not an attempt row (missing "doneMs")'],
    [`${head}{"kind":"drop","request":1}\n`, 'run/journal.ndjson line 2: not a drop row (missing "dueMs")'],
    [`${head}{"kind":"sent","seq":1}\n`, 'run/journal.ndjson line 2: not a sent row (missing "request")'],
    [`${head}{"kind":"end","atMs":1}\n`, 'run/journal.ndjson line 2: not an end row (missing "reason")'],
    [`${head}{"kind":"surprise"}\n`, 'run/journal.ndjson line 2: not a journal row (kind is "surprise")'],
    [`${head}{"kind":"toString"}\n`, 'run/journal.ndjson line 2: not a journal row (kind is "toString")'],
    [`${head}{"kind":7}\n`, 'run/journal.ndjson line 2: not a journal row (kind is "7")'],
    [`${head}{}\n`, 'run/journal.ndjson line 2: not a journal row (kind is "")'],
    [`${head}[1]\n`, 'run/journal.ndjson line 2: not a journal row (kind is "")'],
    [`${head}null\n`, 'run/journal.ndjson line 2: not a journal row (kind is "")'],
    [`${head}"attempt"\n`, 'run/journal.ndjson line 2: not a journal row (kind is "")'],
  ])('%#: says where and what', (journal, message) => {
    for (const pieces of [[journal.length || 1], [7]]) {
      expect(() => read(journal, pieces)).toThrow(InputError);
      expect(() => read(journal, pieces)).toThrow(new InputError(message));
    }
  });

  test('keeps the cause of what is not JSON', () => {
    try {
      parseLine('{', 'f', 9);
      expect.unreachable();
    } catch (error) {
      expect((error as InputError).cause).toBeInstanceOf(SyntaxError);
    }
  });

  test('no text of any kind makes the reader fail otherwise', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (noise) => {
        try {
          read(head + noise, [5]);
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
    );
  });
});

describe('the JSON Schema', () => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  ajv.addFormat('date-time', true);
  const validate = ajv.compile(journalJsonSchema());
  const problems = (row: unknown): string[] =>
    validate(JSON.parse(JSON.stringify(row))) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);

  test('takes every row of a run', () => {
    const base = scenario({
      traffic: [
        entry({ kind: 'flood', requests: 12 }, { images: 2 }),
        jobsAt([5, 6], { name: 'batch', lane: 'batch' }),
        jobsAt([1, 900], { name: 'narrow', client: 1 }),
      ],
      clients: [
        clientSpec({ concurrency: 9, queue: { limit: 8, deadlineMs: null }, timeoutMs: 30_000, retry: retrySpec({ attempts: 2 }) }),
        clientSpec({
          name: 'narrow',
          breaker: { failures: 1, cooldownMs: 1_000, scope: 'model', counts: ['5xx'], afterCooldown: 'trial' },
        }),
      ],
    });
    const played = play(
      { ...base, quota: { ...base.quota, limits: limits({ ipm: 6, rpm: 7 }) } },
      {
        announceSends: true,
        script: (attempt) =>
          attempt.request % 5 === 0
            ? null
            : {
                reply: attempt.request % 3 === 0 ? failure(503) : attempt.request % 4 === 0 ? blocked() : image(attempt),
                afterMs: 10 + 7_000 * (attempt.request % 6),
              },
      },
    );
    const kinds = new Set(played.rows.map((row) => row.kind));
    expect([...kinds].toSorted()).toEqual(['attempt', 'batch', 'breaker', 'drop', 'end', 'sent']);
    for (const row of [played.header, ...played.rows]) expect(problems(row), JSON.stringify(row)).toEqual([]);
  });

  test('refuses a row with a key too many or too few', () => {
    const row = { kind: 'breaker', atMs: 1, client: 'c', model: null, state: 'open' };
    expect(problems(row)).toEqual([]);
    expect(problems({ ...row, more: 1 })).not.toEqual([]);
    expect(problems({ ...row, state: undefined })).not.toEqual([]);
  });
});
