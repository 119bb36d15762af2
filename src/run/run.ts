/** One scenario, one seed, in whichever mode: the only place where modes differ is who tells the time and who answers. */
import { Analysis, type Results } from '../analysis/analysis.ts';
import { drive } from '../engine/engine.ts';
import { ScenarioError, SetupError } from '../model/errors.ts';
import type { Mode } from '../model/names.ts';
import type { EndRow, HeaderRow, Recorder, Row } from '../model/rows.ts';
import type { Scenario } from '../model/scenario.ts';
import { advised } from './advised.ts';
import { header } from './header.ts';
import { interruptOn, simulateInTurns } from './in-turns.ts';
import { RunFiles } from './run-files.ts';
import { type LoadedScenario, runIdOf } from './scenario-file.ts';
import { clientsOf } from './simulate.ts';

export interface RunOptions {
  readonly mode?: Mode;
  /** Instead of the scenario's. */
  readonly seed?: number;
  /** Where to write the journal and results; null: nowhere. */
  readonly folder?: string | null;
  readonly force?: boolean;
  /** Mock mode: how many times faster than real time both clocks run. */
  readonly speed?: number;
  readonly driver?: 'sdk' | 'autocannon';
  /** Mock mode: a mock that runs elsewhere; null: one is started. */
  readonly baseUrl?: string | null;
  /** Aborting ends the run early; everything so far is kept. Its reason may be `interrupted` or `terminated`. */
  readonly signal?: AbortSignal;
  /** Told how far the run is, ms of the run. */
  readonly onProgress?: (atMs: number, endMs: number) => void;
}

export interface RunOutcome {
  readonly results: Results;
  /** null when nothing was written. */
  readonly folder: string | null;
}

/**
 * Runs a scenario and, with a folder, writes its journal and every result.
 * @throws ScenarioError, SetupError, InputError: see their exit codes
 */
export async function run(loaded: LoadedScenario, options: RunOptions = {}): Promise<RunOutcome> {
  const { mode = 'sim', seed = loaded.scenario.seed, folder = null, force = false } = options;
  const { scenario } = loaded;
  if (mode === 'mock' && options.driver === 'autocannon') await refuseWhatFloodCannot(loaded);
  const first = header({ scenario, seed, mode, runId: runIdOf(loaded, seed, mode), sha256: loaded.sha256 });
  const files = folder === null ? null : new RunFiles(folder, { force, eager: mode !== 'sim' });
  try {
    files?.record(first);
    const results = advised(
      mode === 'sim' ? await simulateInto(first, scenario, files, options) : await runReal(first, loaded, seed, files, options),
    );
    files?.finish(results);
    return { results, folder };
  } finally {
    files?.close();
  }
}

/** Before a folder is made: a run that is refused leaves nothing behind. */
async function refuseWhatFloodCannot({ scenario, file }: LoadedScenario): Promise<void> {
  const { floodProblems } = await import('./flood.ts');
  const problems = floodProblems(scenario, file);
  if (problems.length > 0) throw new ScenarioError(problems);
}

function simulateInto(first: HeaderRow, scenario: Scenario, files: RunFiles | null, options: RunOptions): Promise<Results> {
  const { signal, onProgress } = options;
  const endMs = scenario.clock.durationMs + scenario.clock.drainMs;
  return simulateInTurns(scenario, first.seed, {
    header: first,
    minutes: true,
    ...(files ? { record: (row: Row) => files.record(row), onRequest: files.onRequest } : {}),
    ...(signal ? { signal } : {}),
    ...(onProgress ? { onProgress: (atMs: number) => onProgress(atMs, endMs) } : {}),
  });
}

async function runReal(
  first: HeaderRow,
  loaded: LoadedScenario,
  seed: number,
  files: RunFiles | null,
  options: RunOptions,
): Promise<Results> {
  const { scenario } = loaded;
  if (first.mode === 'live') throw new SetupError('a live run is planned, confirmed and guarded: start it with rundry run --mode live');
  const [{ RealClock }, { mockEnd }] = await Promise.all([import('./real-clock.ts'), import('./mock-end.ts')]);
  const speed = options.speed ?? 1;
  const clock = new RealClock(speed);
  const analysis = new Analysis(first, { minutes: true, ...(files ? { onRequest: files.onRequest } : {}) });
  const endMs = scenario.clock.durationMs + scenario.clock.drainMs;
  const record: Recorder = (row) => {
    const told = row.kind === 'end' ? withLateness(row, clock.late) : row;
    files?.record(told);
    analysis.add(told);
    options.onProgress?.(clock.nowMs, endMs);
  };
  const end = await mockEnd({ scenario, seed, clock, speed, baseUrl: options.baseUrl ?? null });
  try {
    clock.start();
    if (options.driver === 'autocannon') {
      const { flood } = await import('./flood.ts');
      await flood({ scenario, seed, clock, speed, baseUrl: end.baseUrl, apiKey: end.apiKey, record }, loaded.file);
    } else {
      const running = drive({
        scenario,
        seed,
        clock,
        target: end.target,
        clients: clientsOf(scenario, seed, record),
        record,
        announceSends: true,
      });
      interruptOn(options.signal, running);
      await clock.run();
    }
  } finally {
    await end.close();
  }
  return analysis.finish();
}

function withLateness(row: EndRow, lateness: EndRow['lateness']): EndRow {
  return { ...row, lateness };
}
