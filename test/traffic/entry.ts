/** A traffic entry and its instants, for the tests of this room. */
import { requestSpec } from '../../src/model/request-spec.ts';
import type { Rate, Shape, Trace, TraceFormat, TrafficEntry } from '../../src/model/scenario.ts';
import { type ArrivalContext, arrivals } from '../../src/traffic/arrivals.ts';
import { readLanes, traceOfLane } from '../../src/traffic/trace.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DAY = 86_400_000;

export const perMinute = (count: number): Rate => ({ count, perMs: MINUTE });

export function entryOf(shape: Shape, settings: Partial<TrafficEntry> = {}): TrafficEntry {
  return {
    name: 'people',
    startMs: 0,
    durationMs: HOUR,
    shape,
    images: 1,
    request: requestSpec('gemini-3-pro-image', '1K', 300, 0),
    lane: 'interactive',
    deadlineMs: null,
    priority: 0,
    client: 0,
    thresholds: [],
    ...settings,
  };
}

/** The first instants of an entry, all of them by default. */
export function instants(entry: TrafficEntry, context: Partial<ArrivalContext> = {}, max = Infinity): number[] {
  const source = arrivals(entry, { seed: 1, startAtMs: Date.parse('2026-12-01T08:00:00Z'), endMs: 30 * DAY, ...context });
  const found: number[] = [];
  for (let dueMs = source.next(); dueMs < Infinity && found.length < max; dueMs = source.next()) found.push(dueMs);
  return found;
}

/** What an entry replays that does not say which lane. @throws InputError */
export function readTrace(format: TraceFormat, text: string, file: string, sha256: string): Trace {
  return traceOfLane(readLanes(format, text, file, sha256), null, file);
}
