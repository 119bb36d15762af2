/** A scenario in virtual time while the program goes on: it hears signals, and can say how far it is. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Results } from '../analysis/analysis.ts';
import type { Running } from '../engine/engine.ts';
import type { Scenario } from '../model/scenario.ts';
import { begin, type SimulateOptions } from './simulate.ts';

export interface InTurnsOptions extends SimulateOptions {
  /** Aborting ends the run early; everything so far is kept. Its reason may be `interrupted` or `terminated`. */
  readonly signal?: AbortSignal;
  /** How far it is, in ms of the run. */
  readonly onProgress?: (atMs: number) => void;
}

/** What `simulate` gives. */
export async function simulateInTurns(scenario: Scenario, seed: number, options: InTurnsOptions = {}): Promise<Results> {
  const { signal, onProgress } = options;
  const { clock, analysis, running } = begin(scenario, seed, options);
  interruptOn(signal, running);
  await clock.runInTurns(async () => {
    onProgress?.(clock.nowMs);
    await nextTurn();
  });
  return analysis.finish();
}

/** The run ends when the signal does. */
export function interruptOn(signal: AbortSignal | undefined, running: Running): void {
  const interrupt = (): void => running.interrupt(signal?.reason === 'terminated' ? 'terminated' : 'interrupted');
  if (signal?.aborted) interrupt();
  else signal?.addEventListener('abort', interrupt, { once: true });
}
