/** One worker of the pool: told a scenario when it starts, then tasks, which it simulates. */
import { workerData } from 'piscina';
import type { Summary } from '../analysis/summary.ts';
import type { Task } from '../plan/evaluate.ts';
import { type ScenarioSource, simulation } from './simulation.ts';

const one = simulation(workerData as ScenarioSource); // the pool hands in nothing else

/** Aligned with the tasks. null: it threw, and will throw the same where errors keep their class. */
export default function simulateAll(tasks: readonly Task[]): (Summary | null)[] {
  return tasks.map((task) => {
    try {
      return one(task);
    } catch {
      return null;
    }
  });
}
