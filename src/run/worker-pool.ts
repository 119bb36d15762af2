/**
 * `evaluate` on all cores: tasks in small bundles to worker threads, each of which has read the scenario once.
 *
 * A worker costs a few hundred ms to start, more than many a plan takes in all. So the first tasks are simulated here; workers
 * are started once that has taken longer than they would. What a task comes to depends on the task alone.
 */
import { availableParallelism } from 'node:os';
import { extname } from 'node:path';
import { Piscina } from 'piscina';
import type { Summary } from '../analysis/summary.ts';
import { invariant } from '../model/errors.ts';
import type { Evaluate, Evaluated, Task } from '../plan/evaluate.ts';
import type { LoadedScenario } from './scenario-file.ts';
import { type ScenarioSource, simulation } from './simulation.ts';

export interface WorkerPool {
  /** Throws what a task throws: ScenarioError or InputError, for settings that the scenario cannot have. */
  readonly evaluate: Evaluate;
  /** Ends the threads. */
  close(): Promise<void>;
}

export interface WorkerPoolOptions {
  /** Threads; 1 simulates in this one. As many as there are cores, and no more. */
  readonly workers?: number;
  /** How long to simulate here before threads are worth starting; 0: at once. */
  readonly aloneMs?: number;
}

const ALONE_MS = 300;
/** A bundle costs a message each way, little beside this; a longer one would leave other threads without work at the end. */
const BUNDLE_MS = 30;
/** Bundles given out per thread: one at work and one to follow at once. */
const AHEAD = 2;

export function workerPool(loaded: LoadedScenario, options: WorkerPoolOptions = {}): WorkerPool {
  const { workers = availableParallelism(), aloneMs = ALONE_MS } = options;
  const source: ScenarioSource = { text: loaded.document.text, file: loaded.file, settings: loaded.settings };
  const here = simulation(source);
  let threads: Piscina | null = null;
  let aloneTasks = 0;
  let spentMs = 0;

  async function* evaluate(tasks: readonly Task[], signal?: AbortSignal): AsyncIterable<Evaluated> {
    let next = 0;
    while (next < tasks.length && (workers === 1 || (threads === null && spentMs < aloneMs) || tasks.length - next === 1)) {
      if (signal?.aborted) return;
      const startedMs = performance.now();
      const summary = here(tasks[next]!);
      spentMs += performance.now() - startedMs;
      aloneTasks++;
      yield { index: next++, summary };
      await new Promise((resolve) => setImmediate(resolve)); // signals come in between
    }
    if (next === tasks.length || signal?.aborted) return;
    threads ??= startThreads(source, workers);
    const bundle = aloneTasks === 0 ? 1 : Math.ceil((BUNDLE_MS * aloneTasks) / spentMs);
    yield* onThreads({ threads, bundle, here }, tasks, next, signal);
  }

  return {
    evaluate,
    close: async () => {
      threads?.on('error', () => {}); // an answer that was on its way when its thread ended
      await threads?.destroy();
      threads = null;
    },
  };
}

function startThreads(source: ScenarioSource, workers: number): Piscina {
  const count = Math.min(workers, Math.max(2, availableParallelism())); // more would wait for a core, and for each other's start
  const filename = new URL(`./simulation-worker${extname(import.meta.url)}`, import.meta.url).href;
  return new Piscina({ filename, workerData: source, minThreads: count, maxThreads: count });
}

interface OnThreads {
  readonly threads: Piscina;
  /** Tasks that take about `BUNDLE_MS`. */
  readonly bundle: number;
  /** For what a thread could not do, so that its error comes with its class. */
  readonly here: (task: Task) => Summary;
}

/** Tasks from `first` on. Bundles that nobody wants any more end by themselves, or with the threads. */
async function* onThreads(
  { threads, bundle, here }: OnThreads,
  tasks: readonly Task[],
  first: number,
  signal: AbortSignal | undefined,
): AsyncIterable<Evaluated> {
  // Each thread gets several bundles where there are tasks enough.
  const size = Math.max(1, Math.min(bundle, Math.floor((tasks.length - first) / (threads.maxThreads * 4))));
  const atWork = new Set<Promise<Bundle>>();
  const { aborted, release } = abortOf(signal);
  let next = first;
  try {
    while (next < tasks.length || atWork.size > 0) {
      for (; next < tasks.length && atWork.size < threads.maxThreads * AHEAD; next += size) {
        const sent = send(threads, tasks.slice(next, next + size), next);
        const self: Promise<Bundle> = sent.then((answered) => ({ ...answered, self }));
        atWork.add(self);
      }
      const answered = await Promise.race([aborted, ...atWork]);
      if (answered === null) return;
      atWork.delete(answered.self);
      for (const [k, summary] of answered.summaries.entries()) {
        const index = answered.from + k;
        yield { index, summary: summary ?? here(tasks[index]!) };
        if (signal?.aborted) return;
      }
    }
  } finally {
    release();
    for (const unwanted of atWork) unwanted.catch(() => {}); // `close` may end it unanswered
  }
}

interface Bundle {
  readonly self: Promise<Bundle>;
  readonly from: number;
  readonly summaries: readonly (Summary | null)[];
}

async function send(threads: Piscina, tasks: readonly Task[], from: number): Promise<Omit<Bundle, 'self'>> {
  const summaries: (Summary | null)[] = await threads.run(tasks);
  invariant(summaries.length === tasks.length, 'a worker answers every task of a bundle');
  return { from, summaries };
}

/** null once the signal aborts; `release` when nobody waits for it any more. */
function abortOf(signal: AbortSignal | undefined): { aborted: Promise<null>; release: () => void } {
  const { promise, resolve } = Promise.withResolvers<null>();
  const tell = (): void => resolve(null);
  signal?.addEventListener('abort', tell);
  if (signal?.aborted) tell();
  return { aborted: promise, release: () => signal?.removeEventListener('abort', tell) };
}
