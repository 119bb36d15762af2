/** A scenario against the real service: planned, confirmed, tried with one request, guarded, and able to go on after a crash. */
import { existsSync } from 'node:fs';
import type { Results } from '../../analysis/analysis.ts';
import { ScenarioError } from '../../model/errors.ts';
import type { Lane } from '../../model/names.ts';
import type { HeaderRow } from '../../model/rows.ts';
import type { Scenario } from '../../model/scenario.ts';
import { livePlanText } from '../../report/live-plan.ts';
import { poolExchange } from '../../targets/pool.ts';
import { openFolder, RESULT_FILES, requireFolder } from '../output-folder.ts';
import { rebuild } from '../rebuild.ts';
import type { LoadedScenario } from '../scenario-file.ts';
import { begin } from './begin.ts';
import { requireRoomForCanary } from './canary.ts';
import { discreet, harmless } from './discreet.ts';
import { type EarlierPart, earlierPart } from './earlier-part.ts';
import type { Stop } from './guard.ts';
import { type ImageSaver, imageSaver } from './images.ts';
import type { LiveOptions } from './live-options.ts';
import { type LiveTerms, liveProblems, liveScenario } from './live-scenario.ts';
import { lockFolder } from './lock.ts';
import { livePlan } from './plan.ts';
import { play } from './play.ts';
import { hasBegun, type Sending } from './sending.ts';

export interface LiveOutcome {
  readonly results: Results;
  /** Why it stopped itself; null: it did not. */
  readonly stopped: Stop | null;
}

/**
 * @returns null when it was not confirmed
 * @throws ScenarioError, SetupError, InputError before anything is sent; SetupError also when key or network failed the first request
 */
export async function liveRun(loaded: LoadedScenario, options: LiveOptions): Promise<LiveOutcome | null> {
  return options.isResumed ? await goOn(loaded, options) : await startAnew(loaded, options);
}

async function startAnew(loaded: LoadedScenario, options: LiveOptions): Promise<LiveOutcome | null> {
  const { folder, seed } = options;
  const scenario = scenarioOf(loaded, null, options);
  requireRoom(scenario, loaded, options, null);
  requireFolder(folder, options.force, LIVE_FILES);
  if (!(await options.confirm(livePlanText(livePlan(scenario, seed, null, options))))) return null;
  const unlock = lockFolder(folder);
  try {
    openFolder(folder, options.force, LIVE_FILES);
    const save = saverOf(options);
    return await outcome({ loaded, scenario, seed, earlier: null, options, save });
  } finally {
    unlock();
  }
}

/** The folder is taken before its journal is read: what another process still writes would be sent again. */
async function goOn(loaded: LoadedScenario, options: LiveOptions): Promise<LiveOutcome | null> {
  const { folder, prompts } = options;
  if (!existsSync(folder)) throw new ScenarioError([`--resume ${folder}: there is no journal.ndjson in it`]);
  const unlock = lockFolder(folder);
  try {
    const earlier = await earlierPart(folder, prompts.bytesMax);
    const scenario = withTimeToDrain(scenarioOf(loaded, earlier, options), earlier.lastMs);
    const { seed } = earlier.header;
    if (!hasBegun(earlier)) requireRoom(scenario, loaded, options, earlier);
    if (!(await options.confirm(livePlanText(livePlan(scenario, seed, earlier, options))))) return null;
    return await outcome({ loaded, scenario, seed, earlier, options, save: saverOf(options) });
  } finally {
    unlock();
  }
}

function requireRoom(scenario: Scenario, { file }: LoadedScenario, { prompts }: LiveOptions, earlier: EarlierPart | null): void {
  requireRoomForCanary(scenario, { file, promptBytesMax: prompts.bytesMax, spent: earlier?.spent ?? { microUsd: 0, requests: 0 } });
}

/** Before anything is paid for. */
function saverOf({ imagesTo, onWarning }: LiveOptions): ImageSaver | null {
  return imagesTo === null ? null : imageSaver(imagesTo, once(onWarning));
}

function once(tell: (text: string) => void): (text: string) => void {
  let isTold = false;
  return (text) => {
    if (isTold) return;
    isTold = true;
    tell(text);
  };
}

/** A run that broke off while it drained has the whole of that time again. */
function withTimeToDrain(scenario: Scenario, fromMs: number): Scenario {
  const { durationMs, drainMs } = scenario.clock;
  return { ...scenario, clock: { ...scenario.clock, drainMs: Math.max(drainMs, fromMs + drainMs - durationMs) } };
}

async function outcome(sending: Sending): Promise<LiveOutcome> {
  const stopped = await send(sending);
  return { results: await rebuild(sending.options.folder), stopped };
}

const LIVE_FILES = [...RESULT_FILES, 'live.json', 'limits-revealed.yaml'];

/** Of a run that goes on: what its journal says, with the traces that a journal does not hold. */
function scenarioOf(loaded: LoadedScenario, earlier: EarlierPart | null, options: LiveOptions): Scenario {
  const { budgetUsd, budgetRequests } = options;
  const terms: LiveTerms = {
    budgetUsd,
    budgetRequests,
    scale: earlier === null ? options.scale : 1,
    isPlatform: options.connection.kind === 'platform',
  };
  const base = earlier === null ? loaded.scenario : withTraces(loaded, earlier.header, options.folder);
  const problems = liveProblems(base, loaded.file, terms);
  if (problems.length > 0) throw new ScenarioError(problems);
  return liveScenario(base, terms);
}

function withTraces(loaded: LoadedScenario, { resolved, scenario, traces }: HeaderRow, folder: string): Scenario {
  if (scenario.sha256 !== loaded.sha256)
    throw new ScenarioError([`--resume ${folder}: that run was of another ${loaded.file} (it has changed since, or is another file)`]);
  const known = new Map(
    loaded.scenario.traffic.flatMap(({ shape }) =>
      shape.kind === 'replay' && shape.trace !== null ? [[traceKey(shape.trace.sha256, shape.lane), shape.trace]] : [],
    ),
  );
  let next = 0;
  const traffic = resolved.traffic.map((entry) => {
    if (entry.shape.kind !== 'replay') return entry;
    const trace = known.get(traceKey(traces[next++]?.sha256 ?? '', entry.shape.lane));
    if (!trace) throw new ScenarioError([`--resume ${folder}: ${entry.shape.file} is not the trace that the run began with`]);
    return { ...entry, shape: { ...entry.shape, trace } };
  });
  return { ...resolved, traffic };
}

/** Entries may replay one file lane by lane. */
function traceKey(sha256: string, lane: Lane | undefined): string {
  return `${sha256}/${lane ?? ''}`;
}

/** Everything between the first and the last byte. @returns why it stopped itself */
async function send(sending: Sending): Promise<Stop | null> {
  const { options, earlier } = sending;
  const pool = poolExchange(CONNECTIONS_MAX, true);
  const secret = options.connection.kind === 'key' ? options.connection.apiKey : null;
  const exchange = discreet(pool.exchange, secret);
  try {
    if (earlier === null || !hasBegun(earlier)) {
      const begun = await begin(sending, exchange);
      return begun.stop ?? (await play(sending, begun, exchange));
    }
    await earlier.continue();
    return await play(sending, { scenario: sending.scenario, runId: earlier.header.runId, spent: earlier.spent }, exchange);
  } catch (error) {
    throw secret === null ? error : harmless(error, secret);
  } finally {
    await pool.close();
  }
}

const CONNECTIONS_MAX = 1024;
