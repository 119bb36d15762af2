/** What a second worker is worth: the same tasks on one thread and on two, in the same run, interleaved, by the wall clock. */
import { availableParallelism } from 'node:os';
import type { Task } from '../../src/plan/evaluate.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { workerPool } from '../../src/run/worker-pool.ts';
import { TEMPLATES } from '../../src/scenario/templates.ts';
import { median } from './measure.ts';

export interface WorkersRow {
  readonly cores: number;
  readonly tasks: number;
  readonly oneMsPerTask: number;
  readonly twoMsPerTask: number;
  /** Time on one thread over time on two: 2 is the ceiling. */
  readonly scaling: number;
  /** From nothing to the first answer of a thread, the scenario read and one task simulated. */
  readonly startMs: number;
}

export async function benchWorkers(tasksCount: number, rounds: number): Promise<WorkersRow> {
  const loaded = parseScenario(TEMPLATES['day']!, 'day.yaml');
  const tasks: Task[] = Array.from({ length: tasksCount }, (_, i) => ({
    settings: [{ path: 'client.concurrency', value: 4 + Math.floor(i / 4) }],
    seed: i % 4,
  }));
  const pools = { one: workerPool(loaded, { workers: 1 }), two: workerPool(loaded, { workers: 2, aloneMs: 0 }) };
  const timed = async (pool: keyof typeof pools, some: readonly Task[]): Promise<number> => {
    const startMs = performance.now();
    for await (const { index } of pools[pool].evaluate(some)) if (index < 0) throw new Error('an index is a place in the list');
    return performance.now() - startMs;
  };
  const startMs = await timed('two', tasks.slice(0, 2));
  await timed('one', tasks.slice(0, 8));
  const ms = { one: [] as number[], two: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    ms.one.push(await timed('one', tasks));
    ms.two.push(await timed('two', tasks));
  }
  await Promise.all(Object.values(pools).map((pool) => pool.close()));
  return {
    cores: availableParallelism(),
    tasks: tasksCount,
    oneMsPerTask: median(ms.one) / tasksCount,
    twoMsPerTask: median(ms.two) / tasksCount,
    scaling: median(ms.one) / median(ms.two),
    startMs,
  };
}
