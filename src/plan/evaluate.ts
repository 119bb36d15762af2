/** How a plan looks at a candidate: it says which settings under which seed, and is handed what came of them. */
import type { Summary } from '../analysis/summary.ts';
import type { Setting } from '../model/scenario.ts';

export interface Task {
  /** On top of the scenario file, in its own words. Empty: the file as it stands. */
  readonly settings: readonly Setting[];
  readonly seed: number;
}

export interface Evaluated {
  /** Of the task in the list that was handed in. */
  readonly index: number;
  readonly summary: Summary;
}

/**
 * Simulates tasks, in whatever order and on however many cores; each task is answered once. The answer depends on the task alone.
 * Ends early, without an error, when the signal aborts.
 */
export type Evaluate = (tasks: readonly Task[], signal?: AbortSignal) => AsyncIterable<Evaluated>;
