/** Many replications on as many cores as there are; what comes back does not depend on how many. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Experiments by their place in `experiments()`. */
export interface Task {
  readonly experiment: number;
  readonly replication: number;
}

export interface TaskResult extends Task {
  readonly values: readonly number[];
}

/** Results in the order of the tasks. The first error of a worker rejects, and ends them all. */
export async function replicateAll(tasks: readonly Task[], told: (done: number) => void): Promise<TaskResult[]> {
  const results: TaskResult[] = new Array(tasks.length);
  const workers: Worker[] = [];
  let next = 0;
  let done = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./replication-worker.ts', import.meta.url));
      workers.push(worker);
      let mine = -1;
      const give = (): void => {
        mine = next++;
        if (mine < tasks.length) worker.postMessage(tasks[mine]);
        else resolve();
      };
      worker.on('error', reject);
      worker.on('message', (result: TaskResult) => {
        results[mine] = result;
        told(++done);
        give();
      });
      give();
    });
  try {
    await Promise.all(Array.from({ length: Math.min(availableParallelism(), tasks.length) }, work));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}
