/** How late the real clock fires arrivals at a steady rate, in ms. */
import { RANK, type Task } from '../../src/model/clock.ts';
import { RealClock } from '../../src/run/real-clock.ts';

export interface LatenessRow {
  readonly perSecond: number;
  readonly arrivals: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export async function benchLateness(perSecond: number, seconds: number): Promise<LatenessRow> {
  const clock = new RealClock();
  const lates: number[] = [];
  const total = perSecond * seconds;
  let startedMs = 0;
  const arrival: Task = {
    fire(atMs) {
      lates.push(performance.now() - startedMs - atMs);
      if (lates.length === total) clock.stop();
      else clock.at(Math.round((lates.length * 1000) / perSecond), RANK.arrival, arrival);
    },
  };
  clock.at(0, RANK.arrival, arrival);
  clock.start();
  startedMs = performance.now();
  await clock.run();
  lates.sort((a, b) => a - b);
  const at = (q: number): number => lates[Math.min(total - 1, Math.ceil(q * total) - 1)] ?? 0;
  return { perSecond, arrivals: total, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
