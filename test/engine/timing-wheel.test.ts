import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TimingWheel } from '../../src/engine/timing-wheel.ts';
import { RANK, type Task } from '../../src/model/clock.ts';

const BLOCK_MS = 1_024;
const SPAN_MS = BLOCK_MS * BLOCK_MS;

const named = (n: number): Task & { n: number } => ({ n, fire: () => {} });

/** The same by sorting: what the wheel is held against. */
class SortedArray {
  private readonly waiting: { atMs: number; rank: number; n: number }[] = [];

  push(atMs: number, rank: number, n: number): void {
    this.waiting.push({ atMs, rank, n });
    this.waiting.sort((a, b) => a.atMs - b.atMs || a.rank - b.rank || a.n - b.n);
  }

  get size(): number {
    return this.waiting.length;
  }

  hasCompletion(nowMs: number): boolean {
    return this.waiting[0]?.atMs === nowMs && this.waiting[0].rank === RANK.completion;
  }

  pop(): { atMs: number; n: number } {
    return this.waiting.shift()!;
  }
}

const rank = fc.oneof(
  fc.constantFrom(RANK.completion, RANK.retry, RANK.timer, RANK.queueDeadline, RANK.arrival, RANK.closing),
  fc.integer({ min: RANK.arrival, max: RANK.arrival + 60 }),
);
/** From now: within the block, at the edges of blocks and spans, days and years off, and between two ms. */
const afterMs = fc.oneof(
  { weight: 4, arbitrary: fc.nat(3) },
  { weight: 4, arbitrary: fc.nat(2 * BLOCK_MS) },
  { weight: 2, arbitrary: fc.nat(2 * SPAN_MS) },
  { weight: 2, arbitrary: fc.constantFrom(BLOCK_MS - 1, BLOCK_MS, BLOCK_MS + 1, SPAN_MS - 1, SPAN_MS, SPAN_MS + 1) },
  { weight: 1, arbitrary: fc.constantFrom(86_400_000, 90 * 86_400_000, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 5 * 365 * 86_400_000) },
  { weight: 1, arbitrary: fc.constantFrom(0.25, 0.5, 1.5, BLOCK_MS - 0.5, SPAN_MS + 0.5) },
);
/** From the beginning of the span: where tasks meet that were posted from near and far, which the wheel keeps in different places. */
const meetingMs = fc
  .tuple(fc.nat(1), fc.constantFrom(0, 1, 5, 1_023), fc.constantFrom(0, 7, BLOCK_MS - 0.5))
  .map(([spans, blocks, ms]) => spans * SPAN_MS + blocks * BLOCK_MS + ms);
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ afterMs, rank }) },
  { weight: 8, arbitrary: fc.record({ meetingMs, rank }) },
  { weight: 3, arbitrary: fc.record({ pops: fc.integer({ min: 1, max: 5 }) }) },
);

test('tasks leave in the order of a sorted array, whatever is posted and taken in between', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 150 }), (steps) => {
      const wheel = new TimingWheel();
      const sorted = new SortedArray();
      const seen: unknown[] = [];
      const expected: unknown[] = [];
      const take = (): void => {
        const { n } = wheel.pop() as Task & { n: number };
        const first = sorted.pop();
        seen.push(n, wheel.nowMs, wheel.size, wheel.hasCompletion);
        expected.push(first.n, first.atMs, sorted.size, sorted.hasCompletion(first.atMs));
      };
      for (const [n, next] of steps.entries()) {
        if ('pops' in next) for (let k = next.pops; k > 0 && sorted.size > 0; k--) take();
        else {
          const spanMs = Math.floor(wheel.nowMs / SPAN_MS) * SPAN_MS;
          const atMs = 'afterMs' in next ? wheel.nowMs + next.afterMs : Math.max(wheel.nowMs, spanMs + next.meetingMs);
          wheel.push(atMs, next.rank, named(n));
          sorted.push(atMs, next.rank, n);
        }
      }
      while (sorted.size > 0) take();
      expect(seen).toEqual(expected);
      expect(wheel.size).toBe(0);
    }),
    { numRuns: 300 },
  );
});

test('thousands of tasks keep their order through every growth', () => {
  const wheel = new TimingWheel();
  const sorted: { atMs: number; rank: number; n: number }[] = [];
  for (let n = 0; n < 5_000; n++) {
    const task = { atMs: (n * 7_919) % 20_011, rank: n % 5, n };
    wheel.push(task.atMs, task.rank, named(n));
    sorted.push(task);
  }
  sorted.sort((a, b) => a.atMs - b.atMs || a.rank - b.rank || a.n - b.n);
  expect(sorted.map(() => (wheel.pop() as Task & { n: number }).n)).toEqual(sorted.map(({ n }) => n));
});
