import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type JournalRow, Recent } from '../../src/mock/recent.ts';
import type { MockAnswerRow, MockBatchRow } from '../../src/mock/rows.ts';

const answer = (seq: number): MockAnswerRow => ({
  seq,
  atMs: seq * 10,
  model: 'gemini-3-pro-image',
  project: `p${(seq % 2) + 1}`,
  status: seq % 3 === 0 ? 429 : 200,
  class: seq % 3 === 0 ? 'quota.ipm' : null,
  bucket: seq % 3 === 0 ? 'ipm' : null,
  draw: { request: seq, attempt: 1 },
});

const batch = (seq: number): MockBatchRow => ({
  kind: 'batch',
  atMs: seq * 10,
  job: `batches/${seq}`,
  model: 'gemini-3-pro-image',
  project: 'p1',
  state: 'pending',
  status: 200,
  class: null,
  bucket: null,
  rows: 3,
  delivered: null,
  failed: null,
  promptTokens: 30,
  costMicroUsd: 1,
});

test('the last lines are kept, of answers and of batch jobs, oldest first', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.array(fc.boolean(), { maxLength: 20 }), (rowsMax, kinds) => {
      const recent = new Recent(rowsMax);
      const all: JournalRow[] = kinds.map((isBatch, seq) => (isBatch ? batch(seq) : answer(seq)));
      for (const row of all) 'draw' in row ? recent.keep(row) : recent.keepBatch(row);
      expect(recent.list()).toEqual(all.slice(-rowsMax));
    }),
  );
});
