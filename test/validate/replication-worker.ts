/** Replications on a thread of their own: told which, answers what was measured. */
import { parentPort } from 'node:worker_threads';
import { invariant } from '../../src/model/errors.ts';
import { replicate } from './experiment.ts';
import { experiments } from './experiments.ts';
import type { Task, TaskResult } from './replications.ts';

const all = experiments();
invariant(all && parentPort, 'workers are started with golden files at hand');
const port = parentPort;
port.on('message', ({ experiment, replication }: Task) => {
  const result: TaskResult = { experiment, replication, values: replicate(all[experiment]!, replication) };
  port.postMessage(result);
});
