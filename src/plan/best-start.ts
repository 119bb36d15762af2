/**
 * When an entry that may wait should start: the same day with the entry at each instant of it, under the same seeds.
 *
 * The run is made long enough for the last start, for all starts alike; everything else in it stays. What the entry shares with
 * others (quota that turns at Pacific midnight, the spend window, overload by the hour) is then simulated, not argued about.
 */
import type { Summary } from '../analysis/summary.ts';
import type { BucketName } from '../model/names.ts';
import type { Scenario, Setting, TrafficEntry } from '../model/scenario.ts';
import { DAY_MS, isoInstant, MINUTE_MS } from '../model/time.ts';
import { isoWall, nextMidnightMs, wallMinute } from '../quota/calendar.ts';
import type { Evaluate, Task } from './evaluate.ts';

export interface BestStartOptions {
  readonly evaluate: Evaluate;
  readonly seeds: readonly number[];
  /** Between two starts; near the best one it is halved twice. */
  readonly stepMs: number;
  /** Whose day it is: from the start of the run to the same wall time a day later, 23, 24 or 25 hours. */
  readonly zone: string;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

/** Means over the seeds. */
export interface Start {
  /** Epoch ms. */
  readonly atMs: number;
  /** From the start of the run. */
  readonly startMs: number;
  /** In the zone of the day, with its offset: 2026-11-01T01:30-07:00. */
  readonly wall: string;
  /** To the next Pacific midnight, when daily quota turns. */
  readonly untilResetMs: number;
  /** Share of seeds on which all thresholds hold, those of the entry and of the run. */
  readonly holdsRatio: number;
  /** Delivered of what the entry offers, and of what all others do; null: they offer nothing. */
  readonly successRatio: number | null;
  readonly othersSuccessRatio: number | null;
  /** The worst of the other interactive entries; null: there are none. */
  readonly othersLatencyMsP95: number | null;
  /** From due to delivered, the last of the entry; null where nothing was delivered. */
  readonly lastAfterMs: number | null;
  readonly costUsd: number;
  /** Most often over the seeds; null: none ran dry. */
  readonly firstBucket: BucketName | null;
}

export interface BestStart {
  readonly entry: string;
  readonly zone: string;
  readonly seeds: number;
  /** Ascending in time. */
  readonly starts: readonly Start[];
  readonly best: Start;
  /** As the file has it. */
  readonly own: Start;
  /** No start is better than another by more than nobody would mind. */
  readonly isFlat: boolean;
  /** The signal came before all was simulated. */
  readonly isPartial: boolean;
}

/** null where the signal came before any start had been seen on all seeds. */
export async function bestStart(scenario: Scenario, entry: TrafficEntry, options: BestStartOptions): Promise<BestStart | null> {
  const { seeds, stepMs, zone, signal } = options;
  const known = new Map<number, Start>();
  const dayMs = lengthOfDay(scenario.clock.startAtMs, zone);
  const starts = [...new Set([entry.startMs, ...Array.from({ length: Math.ceil(dayMs / stepMs) }, (_, k) => k * stepMs)])];
  const total = starts.length + 4;
  const look = async (wanted: readonly number[]): Promise<void> => {
    const fresh = wanted.filter((startMs) => !known.has(startMs));
    for await (const start of looked(scenario, entry, fresh, dayMs, options)) {
      known.set(start.startMs, start);
      options.progress?.(known.size, total);
    }
  };
  await look(starts);
  for (const part of [2, 4]) {
    const best = bestOf(known.values());
    const nearMs = stepMs / part;
    const near = best ? [best.startMs - nearMs, best.startMs + nearMs] : [];
    if (nearMs >= MINUTE_MS) await look(near.map(Math.round).filter((startMs) => startMs >= 0 && startMs < dayMs));
  }
  const best = bestOf(known.values());
  const own = known.get(entry.startMs);
  if (!best || !own) return null;
  const ascending = [...known.values()].sort((a, b) => a.startMs - b.startMs);
  return {
    entry: entry.name,
    zone,
    seeds: seeds.length,
    starts: ascending,
    best: isLike(own, best) ? own : best,
    own,
    isFlat: ascending.every((start) => isLike(start, best)),
    isPartial: signal?.aborted ?? false,
  };
}

/** The settings that start an entry then, in a run that is long enough for every start of the day. */
export function startSettings(scenario: Scenario, entry: TrafficEntry, startMs: number, dayMs: number): Setting[] {
  const { clock, traffic } = scenario;
  const path = `traffic[${traffic.indexOf(entry)}]`;
  const isAtOnce = entry.shape.kind === 'flood';
  const lastsMs = isAtOnce ? 1 : entry.durationMs;
  return [
    { path: `${path}.startAt`, value: isoInstant(clock.startAtMs + startMs) },
    ...(isAtOnce ? [] : [{ path: `${path}.duration`, value: `${lastsMs}ms` }]),
    { path: 'clock.duration', value: `${Math.max(clock.durationMs, Math.max(dayMs, entry.startMs) + lastsMs)}ms` },
  ];
}

/** From an instant to the same wall time on the next day. */
export function lengthOfDay(atMs: number, zone: string): number {
  const minutes = wallMinute(atMs, zone) - wallMinute(atMs + DAY_MS, zone);
  const halfDay = DAY_MS / MINUTE_MS / 2;
  const change = minutes > halfDay ? minutes - 2 * halfDay : minutes < -halfDay ? minutes + 2 * halfDay : minutes;
  return DAY_MS + change * MINUTE_MS;
}

/** Each start once all its seeds are there. */
async function* looked(
  scenario: Scenario,
  entry: TrafficEntry,
  startsMs: readonly number[],
  dayMs: number,
  { evaluate, seeds, zone, signal }: BestStartOptions,
): AsyncIterable<Start> {
  const tasks = startsMs.flatMap((startMs) => {
    const settings = startSettings(scenario, entry, startMs, dayMs);
    return seeds.map((seed): Task => ({ settings, seed }));
  });
  const found: Summary[][] = startsMs.map(() => []);
  for await (const { index, summary } of evaluate(tasks, signal)) {
    const of = Math.floor(index / seeds.length);
    const summaries = found[of]!;
    summaries[index % seeds.length] = summary;
    if (Object.keys(summaries).length < seeds.length) continue;
    const startMs = startsMs[of]!;
    const atMs = scenario.clock.startAtMs + startMs;
    const when = { atMs, startMs, wall: isoWall(atMs, zone), untilResetMs: nextMidnightMs(atMs) - atMs };
    yield { ...when, ...meansOf(summaries, entry.name) };
  }
}

function meansOf(summaries: readonly Summary[], name: string): Omit<Start, 'atMs' | 'startMs' | 'wall' | 'untilResetMs'> {
  const own = summaries.map((summary) => summary.traffic[name]!);
  const others = summaries.map((summary) => Object.entries(summary.traffic).flatMap(([other, block]) => (other === name ? [] : [block])));
  const delivered = (blocks: readonly Summary['traffic'][string][]): number | null => {
    const offered = sum(blocks.map(({ requests }) => requests.offered));
    return offered === 0 ? null : sum(blocks.map(({ requests }) => requests.delivered)) / offered;
  };
  return {
    holdsRatio: summaries.filter(({ passed }) => passed).length / summaries.length,
    successRatio: delivered(own),
    othersSuccessRatio: delivered(others.flat()),
    othersLatencyMsP95: mean(others.map((blocks) => largest(blocks.map(({ latencyMs }) => latencyMs.p95)))),
    lastAfterMs: mean(own.map(({ latencyMs }) => latencyMs.max)),
    costUsd: mean(summaries.map(({ costUsd }) => costUsd.total))!,
    firstBucket: commonest(summaries.map(({ firstBucket }) => firstBucket?.bucket ?? null)),
  };
}

/** Thresholds before deliveries before the end before money; the earliest of those that are as good. */
function bestOf(starts: Iterable<Start>): Start | null {
  let left = [...starts];
  for (const { of, minded } of MEASURES) {
    const best = left.reduce<Start | null>((least, start) => (least === null || of(start) < of(least) ? start : least), null);
    if (best !== null) left = left.filter((start) => of(start) - of(best) <= minded(best));
  }
  return left.reduce<Start | null>((first, start) => (first === null || start.startMs < first.startMs ? start : first), null);
}

/** Neither is better. */
function isLike(a: Start, b: Start): boolean {
  return MEASURES.every(({ of, minded }) => Math.abs(of(a) - of(b)) <= minded(b));
}

/** Smaller is better; differences up to `minded` nobody minds. */
const MEASURES: readonly { of: (start: Start) => number; minded: (start: Start) => number }[] = [
  { of: ({ holdsRatio }) => -holdsRatio, minded: () => 0 },
  { of: ({ successRatio }) => -(successRatio ?? 1), minded: () => 0.001 },
  { of: ({ othersSuccessRatio }) => -(othersSuccessRatio ?? 1), minded: () => 0.001 },
  {
    of: ({ lastAfterMs }) => lastAfterMs ?? Number.MAX_SAFE_INTEGER,
    minded: ({ lastAfterMs }) => Math.max(MINUTE_MS, 0.05 * (lastAfterMs ?? 0)),
  },
  { of: ({ costUsd }) => costUsd, minded: ({ costUsd }) => 0.01 * costUsd },
];

function sum(values: readonly number[]): number {
  return values.reduce((all, value) => all + value, 0);
}

/** Of those there are. */
function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : sum(known) / known.length;
}

function largest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function commonest<T>(values: readonly T[]): T {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most))[0];
}
