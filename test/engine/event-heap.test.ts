import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventHeap } from '../../src/engine/event-heap.ts';
import { Pending } from '../../src/engine/pending.ts';
import { PendingHeap } from '../../src/engine/pending-heap.ts';
import { RANK, type Task } from '../../src/model/clock.ts';

const named = (n: number): Task & { n: number } => ({ n, fire: () => {} });

test('tasks leave by instant, then rank, then order of posting, whatever is pushed and popped in between', () => {
  const rank = fc.constantFrom(RANK.completion, RANK.retry, RANK.timer, RANK.queueDeadline, RANK.arrival, RANK.arrival + 7, RANK.closing);
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ atMs: fc.nat(12), rank }) },
    { weight: 2, arbitrary: fc.constant('pop' as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const heap = new EventHeap();
      const waiting: { atMs: number; rank: number; n: number }[] = [];
      const first = () => waiting.sort((a, b) => a.atMs - b.atMs || a.rank - b.rank || a.n - b.n)[0];
      for (const [n, next] of steps.entries()) {
        if (next !== 'pop') {
          heap.push(next.atMs, next.rank, named(n));
          waiting.push({ ...next, n });
        } else if (waiting.length > 0) {
          expect(heap.nextAtMs()).toBe(first()!.atMs);
          expect((heap.pop() as Task & { n: number }).n).toBe(waiting.shift()!.n);
        }
        expect(heap.size).toBe(waiting.length);
        expect(heap.nextAtMs()).toBe(first()?.atMs ?? Infinity);
        const head = first();
        expect(heap.hasCompletionAt(5)).toBe(head !== undefined && head.atMs === 5 && head.rank === RANK.completion);
      }
      while (first() !== undefined) expect((heap.pop() as Task & { n: number }).n).toBe(waiting.shift()!.n);
    }),
  );
});

test('thousands of tasks keep their order through every growth', () => {
  const heap = new EventHeap();
  const n = 5_000;
  for (let i = 0; i < n; i++) heap.push((i * 7_919) % 1_009, i % 5, named(i));
  let last = -1;
  for (let i = 0; i < n; i++) {
    const atMs = heap.nextAtMs();
    const key = atMs * 1e6 + ((heap.pop() as Task & { n: number }).n % 5) * 1e5;
    expect(key).toBeGreaterThanOrEqual(last);
    last = key;
  }
  expect(heap.nextAtMs()).toBe(Infinity);
});

test('instants far beyond 32 bits keep their order', () => {
  const heap = new EventHeap();
  const year = 31_536_000_000;
  for (const atMs of [2 * year, year, 2 ** 31, 2 ** 31 - 1]) heap.push(atMs, 0, named(atMs));
  expect([0, 0, 0, 0].map(() => (heap.pop() as Task & { n: number }).n)).toEqual([2 ** 31 - 1, 2 ** 31, year, 2 * year]);
});

test('those that wait leave by turn', () => {
  const listener = { answered() {}, retryDue() {} } as unknown as ConstructorParameters<typeof Pending>[0]; // nothing is fired here
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer({ min: -50, max: 50 }), fc.constant('pop' as const)), { maxLength: 200 }), (steps) => {
      const heap = new PendingHeap();
      const waiting: number[] = [];
      for (const step of steps) {
        if (step !== 'pop') {
          const pending = new Pending(listener);
          pending.turn = step;
          heap.push(pending);
          waiting.push(step);
          waiting.sort((a, b) => a - b);
        } else if (waiting.length > 0) expect(heap.pop().turn).toBe(waiting.shift());
        expect(heap.size).toBe(waiting.length);
        if (waiting.length > 0) expect(heap.first().turn).toBe(waiting[0]);
      }
    }),
  );
});
