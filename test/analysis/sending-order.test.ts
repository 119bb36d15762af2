import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CHARGE, SendingOrder, type SentAttempt } from '../../src/analysis/sending-order.ts';
import type { AttemptRow } from '../../src/model/rows.ts';

const BASE: AttemptRow = {
  kind: 'attempt',
  seq: 0,
  request: 0,
  job: 0,
  jobImages: 1,
  traffic: 't',
  n: 1,
  project: 'p1',
  model: 'm',
  lane: 'interactive',
  size: '1K',
  dueMs: 0,
  sentMs: 0,
  doneMs: 1,
  httpStatus: 200,
  class: null,
  buckets: [],
  quotaId: null,
  quotaValue: null,
  retryAtMs: null,
  inputTokens: 300,
  usage: null,
  costMicroUsd: 1,
  listMicroUsd: 1,
  message: null,
  outcome: 'delivered',
};

/** Orders in which answers may come: each attempt answered some places after it was sent. */
const answerOrder = fc.array(fc.oneof(fc.nat(3), fc.nat(500)), { maxLength: 600 }).map((delays) =>
  delays
    .map((delay, seq) => ({ seq, at: seq + delay }))
    .sort((a, b) => a.at - b.at)
    .map(({ seq }) => seq),
);

function told(order: readonly number[], overloadConsumes = true): { seqs: number[]; end: () => number[] } {
  const seqs: number[] = [];
  const sending = new SendingOrder(overloadConsumes, (attempt) => seqs.push(attempt.sentMs));
  // The teller reuses its row, as the engine does.
  const row = { ...BASE };
  for (const seq of order) sending.add(Object.assign(row, { seq, sentMs: seq }));
  return {
    seqs,
    end: () => {
      sending.end();
      return seqs;
    },
  };
}

test('whatever the order of answers, attempts are told in the order of sending, each once and as soon as possible', () => {
  fc.assert(
    fc.property(answerOrder, (order) => {
      const all = order.toSorted((a, b) => a - b);
      const { seqs, end } = told(order);
      expect(seqs).toEqual(all); // nothing is missing, so nothing waits for the end
      expect(end()).toEqual(all);
    }),
  );
});

test('an attempt is told when all before it have been', () => {
  const seqs: number[] = [];
  const sending = new SendingOrder(true, (attempt) => seqs.push(attempt.sentMs));
  const add = (seq: number): number[] => {
    sending.add({ ...BASE, seq, sentMs: seq });
    return [...seqs];
  };
  expect([add(2), add(1), add(0), add(4), add(3)]).toEqual([[], [], [0, 1, 2], [0, 1, 2], [0, 1, 2, 3, 4]]);
});

test('at the end of a torn journal the missing ones are passed over', () => {
  fc.assert(
    fc.property(answerOrder, fc.uniqueArray(fc.nat(600)), (order, lost) => {
      const left = order.filter((seq) => !lost.includes(seq));
      expect(told(left).end()).toEqual(left.toSorted((a, b) => a - b));
    }),
  );
});

describe('what an attempt took', () => {
  test.each<[string, Partial<AttemptRow>, boolean, keyof typeof CHARGE]>([
    ['an image', {}, true, 'whole'],
    ['a blocked image', { class: 'safety.image', outcome: 'blocked' }, true, 'unpaid'],
    ['a 429', { httpStatus: 429, class: 'quota.ipm' }, true, 'nothing'],
    ['a 503', { httpStatus: 503, class: 'capacity.overloaded' }, true, 'requestsOnly'],
    ['a 503 that consumes nothing', { httpStatus: 503, class: 'capacity.overloaded' }, false, 'nothing'],
    ['a 500', { httpStatus: 500, class: 'server.internal' }, true, 'requestsOnly'],
    ['a 504', { httpStatus: 504, class: 'server.timeout' }, true, 'whole'],
    ['given up', { httpStatus: null, class: 'client.timeout' }, true, 'whole'],
    ['open at the end', { httpStatus: null, doneMs: null, outcome: null }, true, 'whole'],
    ['a 400', { httpStatus: 400, class: 'request.invalid' }, true, 'nothing'],
    ['a 403', { httpStatus: 403, class: 'auth.iam' }, true, 'nothing'],
    ['a batch row', { lane: 'batch', costMicroUsd: 5 }, true, 'batch'],
    ['a batch row that cost nothing', { lane: 'batch', costMicroUsd: 0, httpStatus: 429 }, true, 'nothing'],
  ])('%s', (_, row, overloadConsumes, charge) => {
    const seen: SentAttempt['charge'][] = [];
    new SendingOrder(overloadConsumes, (attempt) => seen.push(attempt.charge)).add({ ...BASE, ...row });
    expect(seen).toEqual([CHARGE[charge]]);
  });
});
