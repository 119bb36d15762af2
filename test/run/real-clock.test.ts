/** The one clock that cannot be told the time: never early, in order, and fresh for those that post from outside. */
import { expect, test } from 'vitest';
import { RANK, type Task } from '../../src/model/clock.ts';
import { RealClock } from '../../src/run/real-clock.ts';

test('no task fires before its instant, and tasks of one instant fire by rank', async () => {
  const clock = new RealClock(50);
  const fired: string[] = [];
  const early: number[] = [];
  const task = (name: string): Task => ({
    fire(atMs) {
      fired.push(name);
      if (clock.elapsedMs < atMs) early.push(atMs);
      if (name === 'last') clock.stop();
    },
  });
  clock.at(500, RANK.arrival, task('arrival'));
  clock.at(500, RANK.completion, task('completion'));
  clock.at(500, RANK.timer, task('timer'));
  clock.at(1_333, RANK.timer, task('last'));
  clock.at(17, RANK.timer, task('first'));
  clock.start();
  await clock.run();
  expect(fired).toEqual(['first', 'completion', 'timer', 'arrival', 'last']);
  expect(early).toEqual([]);
});

test('an answer that comes between two events gets the instant at which it came, not that of the last event', async () => {
  const clock = new RealClock();
  const seen: number[] = [];
  let cameAtMs = 0;
  clock.at(0, RANK.timer, { fire() {} });
  clock.at(3_600_000, RANK.timer, { fire: () => clock.stop() });
  clock.start();
  setTimeout(() => {
    cameAtMs = clock.elapsedMs;
    clock.at(clock.nowMs, RANK.completion, {
      fire(atMs) {
        seen.push(atMs);
        clock.stop();
      },
    });
  }, 60);
  await clock.run();
  expect(cameAtMs).toBeGreaterThan(0);
  expect(seen).toHaveLength(1);
  expect(seen[0]).toBeGreaterThanOrEqual(cameAtMs);
  expect(seen[0]).toBeLessThan(3_600_000);
});

test('it says how late arrivals were, in real ms, and nothing before the first', async () => {
  const clock = new RealClock();
  expect(clock.late).toBeNull();
  clock.at(5, RANK.arrival, { fire: () => clock.stop() });
  clock.start();
  await clock.run();
  expect(clock.late?.maxMs).toBeGreaterThanOrEqual(0);
});

test('a task that throws ends the run with its error', async () => {
  const clock = new RealClock();
  clock.at(1, RANK.timer, {
    fire() {
      throw new Error('broken task');
    },
  });
  clock.start();
  await expect(clock.run()).rejects.toThrow('broken task');
});

test('a clock that goes on in the middle fires what fell due before at once, and does not call it late', async () => {
  const clock = new RealClock();
  const fired: number[] = [];
  clock.at(1_000, RANK.arrival, { fire: (atMs) => void fired.push(atMs) });
  clock.at(3_600_000, RANK.arrival, { fire: (atMs) => void fired.push(atMs) });
  clock.at(3_600_001, RANK.timer, { fire: () => clock.stop() });
  clock.start(3_600_000);
  expect(clock.nowMs).toBe(3_600_000);
  await clock.run();
  expect(fired).toEqual([1_000, 3_600_000]);
  expect(clock.late?.maxMs).toBeLessThan(1_000_000);
});

test('in a rush what is left fires in order, each at its own instant, however far off; then it says that nothing is left', async () => {
  const clock = new RealClock();
  const fired: number[] = [];
  const seen = (): Task => ({
    fire(atMs) {
      fired.push(atMs);
      expect(clock.nowMs).toBe(atMs);
    },
  });
  for (const atMs of [86_400_000, 3_600_000]) clock.at(atMs, RANK.timer, seen());
  clock.at(1, RANK.timer, {
    fire() {
      clock.rush(() => clock.stop());
      clock.at(7_200_000, RANK.timer, seen());
    },
  });
  clock.start();
  await clock.run();
  expect(fired).toEqual([3_600_000, 7_200_000, 86_400_000]);
});
