/** The best start of an entry of a scenario file, composed: which entry is meant, whose day, and a pool that simulates. */
import { ScenarioError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';
import type { TrafficEntry } from '../model/scenario.ts';
import { QUOTA_ZONE } from '../model/time.ts';
import { type BestStart, type BestStartOptions, bestStart } from '../plan/best-start.ts';
import { formatPath, valueAt } from '../scenario/document.ts';
import { applySettings } from '../scenario/settings.ts';
import type { LoadedScenario } from './scenario-file.ts';
import { type WorkerPoolOptions, workerPool } from './worker-pool.ts';

export type FindStartOptions = Pick<BestStartOptions, 'seeds' | 'stepMs' | 'signal' | 'progress'> & Pick<WorkerPoolOptions, 'workers'>;

/**
 * null: aborted before anything was known.
 * @throws ScenarioError for an entry that is not there, or that nobody lets wait: without a deadline there is nothing to move
 */
export async function findStart(loaded: LoadedScenario, name: string, options: FindStartOptions): Promise<BestStart | null> {
  const entry = movable(loaded, name);
  const pool = workerPool(loaded, options.workers === undefined ? {} : { workers: options.workers });
  try {
    return await bestStart(loaded.scenario, entry, { ...options, evaluate: pool.evaluate, zone: zoneOf(loaded, entry) });
  } finally {
    await pool.close();
  }
}

function movable({ file, scenario }: LoadedScenario, name: string): TrafficEntry {
  const names = scenario.traffic.map((entry) => entry.name);
  const entry = scenario.traffic.find((one) => one.name === name);
  const meant = nearest(name, names);
  if (!entry)
    throw new ScenarioError([
      `--when ${name}: ${file} has no such traffic entry${meant === null ? `, only ${names.join(', ')}` : `, did you mean ${meant}?`}`,
    ]);
  if (entry.deadlineMs === null)
    throw new ScenarioError([`--when ${name}: it cannot wait; write ${formatPath(['traffic', name, 'deadline'])}, such as 24h, if it can`]);
  return entry;
}

/** The zone that its start is written in; otherwise that of the quota. */
function zoneOf({ document, settings, scenario }: LoadedScenario, entry: TrafficEntry): string {
  const written = valueAt(applySettings(document, settings).value, ['traffic', scenario.traffic.indexOf(entry), 'startAt']);
  return (typeof written === 'string' ? /^\d{1,2}:\d\d (\S+)$/.exec(written)?.[1] : undefined) ?? QUOTA_ZONE;
}
