/** How many requests are due in each minute or hour of a scenario, for a chart. */
import type { Scenario } from '../model/scenario.ts';
import { DAY_MS, formatDuration, HOUR_MS, MINUTE_MS } from '../model/time.ts';
import { arrivals } from '../traffic/arrivals.ts';

export interface TrafficCounts {
  readonly binMs: number;
  readonly labels: readonly string[];
  readonly counts: readonly number[];
}

/** Closed-model entries have no instants before they run, and are left out. */
export function trafficBins(scenario: Scenario, seed: number): TrafficCounts {
  const { startAtMs, durationMs } = scenario.clock;
  const binMs = durationMs <= 2 * HOUR_MS ? MINUTE_MS : durationMs <= 4 * DAY_MS ? HOUR_MS : DAY_MS;
  const counts: number[] = new Array(Math.ceil(durationMs / binMs)).fill(0);
  for (const entry of scenario.traffic) {
    if (entry.shape.kind === 'users' || entry.startMs >= durationMs) continue;
    const jobs = arrivals(entry, { seed, startAtMs, endMs: durationMs });
    for (let dueMs = jobs.next(); dueMs !== Infinity; dueMs = jobs.next()) counts[Math.floor(dueMs / binMs)]! += jobs.images;
  }
  return { binMs, labels: counts.map((_, i) => `+${i === 0 ? '0m' : formatDuration(i * binMs)}`), counts };
}
