import fc from 'fast-check';
import { expect, test } from 'vitest';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import { RANK, type Task } from '../../src/model/clock.ts';

function writer(log: string[], name: string, then: (atMs: number) => void = () => {}): Task {
  return {
    fire(atMs) {
      log.push(`${atMs} ${name}`);
      then(atMs);
    },
  };
}

test('at one instant: completions, retries, timers, queue deadlines, arrivals in file order, the end', () => {
  const clock = virtualClock();
  const log: string[] = [];
  const ranks = {
    closing: RANK.closing,
    second: RANK.arrival + 1,
    first: RANK.arrival,
    deadline: RANK.queueDeadline,
    timer: RANK.timer,
    retry: RANK.retry,
    answer: RANK.completion,
  };
  for (const [name, rank] of Object.entries(ranks)) clock.at(5, rank, writer(log, name));
  clock.at(4, RANK.closing, writer(log, 'before'));
  clock.run();
  expect(log).toEqual(['4 before', '5 answer', '5 retry', '5 timer', '5 deadline', '5 first', '5 second', '5 closing']);
  expect(clock.nowMs).toBe(5);
});

test('nothing fires inside `at`, and an instant that has passed counts as now', () => {
  const clock = virtualClock();
  const log: string[] = [];
  clock.at(7, RANK.timer, {
    fire() {
      for (const rank of [RANK.arrival, RANK.retry, RANK.completion]) clock.at(3, rank, writer(log, `rank ${rank}`));
      log.push('posted');
    },
  });
  clock.run();
  expect(log).toEqual(['posted', '7 rank 0', '7 rank 1', '7 rank 4']);
});

test('an answer of this very instant goes behind those that were on their way, before everything else', () => {
  const clock = virtualClock();
  const log: string[] = [];
  clock.at(
    9,
    RANK.arrival,
    writer(log, 'arrival', () => clock.at(9, RANK.completion, writer(log, 'refusal'))),
  );
  clock.at(9, RANK.arrival + 1, writer(log, 'next arrival'));
  clock.at(
    9,
    RANK.completion,
    writer(log, 'old answer', () => clock.at(9, RANK.completion, writer(log, 'answer to its successor'))),
  );
  clock.at(9, RANK.completion, writer(log, 'other old answer'));
  clock.at(9, RANK.retry, writer(log, 'retry'));
  clock.run();
  expect(log).toEqual([
    '9 old answer',
    '9 other old answer',
    '9 answer to its successor',
    '9 retry',
    '9 arrival',
    '9 refusal',
    '9 next arrival',
  ]);
});

test('tasks fire in the order of a stable sort, whoever posts them', () => {
  const event = fc.record({ afterMs: fc.nat(4), rank: fc.constantFrom(0, 1, 2, 3, 4, 5, RANK.closing), by: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), (events) => {
      // Event i is posted by event `by` if that comes before it in the list, else at the start.
      const children = new Map<number, number[]>();
      events.forEach(({ by }, i) => children.set(by < i ? by : -1, [...(children.get(by < i ? by : -1) ?? []), i]));
      const run = (post: (atMs: number, rank: number, i: number) => void, from: number, nowMs: number): void => {
        for (const i of children.get(from) ?? []) post(nowMs + events[i]!.afterMs, events[i]!.rank, i);
      };
      const clock = virtualClock();
      const fired: string[] = [];
      const post = (atMs: number, rank: number, i: number): void =>
        clock.at(atMs, rank, {
          fire(firedAtMs) {
            fired.push(`${firedAtMs} ${i}`);
            expect(clock.nowMs).toBe(firedAtMs);
            run(post, i, firedAtMs);
          },
        });
      run(post, -1, 0);
      clock.run();

      const expected: string[] = [];
      const waiting: { atMs: number; rank: number; n: number; i: number }[] = [];
      let n = 0;
      const wait = (atMs: number, rank: number, i: number): void => void waiting.push({ atMs, rank, n: n++, i });
      run(wait, -1, 0);
      while (waiting.length > 0) {
        const next = waiting.sort((a, b) => a.atMs - b.atMs || a.rank - b.rank || a.n - b.n).shift()!;
        expected.push(`${next.atMs} ${next.i}`);
        run(wait, next.i, next.atMs);
      }
      expect(fired).toEqual(expected);
    }),
  );
});

test('after stop nothing fires, not even at the same instant', () => {
  const clock = virtualClock();
  const log: string[] = [];
  clock.at(
    1,
    RANK.timer,
    writer(log, 'stops', () => clock.stop()),
  );
  clock.at(1, RANK.timer, writer(log, 'never'));
  clock.run();
  expect(log).toEqual(['1 stops']);
});

test('instants beyond 24 days are told exactly', () => {
  const clock = virtualClock();
  const log: string[] = [];
  for (const atMs of [2 ** 31 - 1, 2 ** 31, 90 * 86_400_000]) clock.at(atMs, RANK.timer, writer(log, 'x'));
  clock.run();
  expect(log).toEqual(['2147483647 x', '2147483648 x', '7776000000 x']);
});

test('a held clock fires nothing, not even what is due now, until all who hold it let go', async () => {
  const clock = virtualClock();
  const log: string[] = [];
  const holds: (() => void)[] = [];
  clock.at(
    1,
    RANK.timer,
    writer(log, 'first', () => holds.push(clock.hold(), clock.hold())),
  );
  clock.at(1, RANK.timer, writer(log, 'same instant'));
  clock.at(2, RANK.timer, writer(log, 'later'));
  const running = clock.runHeld();
  await Promise.resolve();
  expect(log).toEqual(['1 first']);
  clock.at(1, RANK.completion, writer(log, 'answer'));
  holds[0]!();
  holds[0]!(); // letting go twice is letting go once
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual(['1 first']);
  holds[1]!();
  await running;
  expect(log).toEqual(['1 first', '1 answer', '1 same instant', '2 later']);
});

test('a clock held again while it wakes up goes on waiting', async () => {
  const clock = virtualClock();
  const log: string[] = [];
  let letGo = clock.hold();
  clock.at(3, RANK.timer, writer(log, 'x'));
  const running = clock.runHeld();
  letGo();
  letGo = clock.hold();
  await new Promise((resolve) => setImmediate(resolve));
  expect(log).toEqual([]);
  letGo();
  await running;
  expect(log).toEqual(['3 x']);
});
