/** Units as people write them, to numbers: durations, rates, counts, dollars, sizes, instants and daily windows. */
import { Temporal } from 'temporal-polyfill';
import { SIZES, type Size } from '../model/names.ts';
import type { AllowedWindow, Rate } from '../model/scenario.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../model/time.ts';

/** What each unit looks like; JSON Schema carries the same patterns, so that editors check as one types. */
export const PATTERN = {
  duration: /^\d+(\.\d+)?(ms|s|m|h|d)$/,
  rate: /^\d+(\.\d+)? ?\/ ?(s|min|h|day)$/,
  count: /^\d+(\.\d+)?[kM]?$/,
  usd: /^(\$ ?\d+(\.\d+)?|\d+(\.\d+)?( ?(usd|USD|\$))?)$/,
  interval: /^\d+(\.\d+)?[kM]?\.\.\d+(\.\d+)?[kM]?$/,
  utcTime: /^([01]?\d|2[0-4]):[0-5]\dZ$/,
  instant: /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/,
  moment: /^(\d{4}-\d\d-\d\dT.+|\+\d.*|\d{1,2}:\d\d [A-Za-z].*)$/,
  spanEnd: /^(\d{4}-\d\d-\d\dT.+|\+\d.*|\d{1,2}:\d\d ?[A-Za-z].*)$/,
  window: /^\d{1,2}:\d\d(Z-\d{1,2}:\d\dZ|-\d{1,2}:\d\d [A-Za-z].*)$/,
} as const;

/** How a message says what it wants; `, found …` follows. */
export const EXPECTED = {
  duration: 'expected a duration such as 500ms, 90s, 10m, 24h or 2d',
  rate: 'expected a rate such as 9/min',
  count: 'expected a whole number such as 40, 100k or 2M',
  usd: 'expected dollars such as 10 or $0.5',
  size: `expected a size: ${SIZES.join(', ')}`,
  utcTime: 'expected a UTC wall time such as 10:00Z',
  instant: 'expected an instant with an offset such as 2026-12-01T08:00:00Z',
  moment: 'expected an instant such as 2026-12-01T06:00:00Z, +2h or 22:00 America/New_York',
  spanEnd: 'expected a UTC wall time such as 10:00Z, or an instant such as +2h or 2026-12-01T06:00:00Z',
  window: 'expected a daily window such as 00:00Z-06:00Z or 22:00-05:00 America/New_York',
} as const;

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };
const RATE_UNITS: Readonly<Record<string, number>> = { s: SECOND_MS, min: MINUTE_MS, h: HOUR_MS, day: DAY_MS };
const COUNT_UNITS: Readonly<Record<string, number>> = { '': 1, k: 1_000, M: 1_000_000 };
const MICRO = 1_000_000;

/** Whole ms; null for anything that is no duration. */
export function parseDuration(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return match ? Math.round(Number(match[1]) * DURATION_UNITS[match[2]!]!) : null;
}

/** Kept as count and unit, never as a fraction per ms. Without k or M: nobody offers a thousand images a second. */
export function parseRate(text: string): Rate | null {
  const match = /^(\d+(?:\.\d+)?) ?\/ ?(s|min|h|day)$/.exec(text);
  return match ? { count: Number(match[1]), perMs: RATE_UNITS[match[2]!]! } : null;
}

/** A whole number >= 0, with k or M or as it stands. */
export function parseCount(value: string | number): number | null {
  const match = /^(\d+(?:\.\d+)?)([kM]?)$/.exec(String(value));
  if (!match) return null;
  const count = Number((Number(match[1]) * COUNT_UNITS[match[2]!]!).toPrecision(15));
  return Number.isSafeInteger(count) ? count : null;
}

/** Whole micro-dollars. */
export function parseUsd(value: string | number): number | null {
  if (typeof value === 'number') return value >= 0 && Number.isFinite(value) ? Math.round(value * MICRO) : null;
  const match = /^(?:\$ ?(\d+(?:\.\d+)?)|(\d+(?:\.\d+)?)(?: ?(?:usd|USD|\$))?)$/.exec(value);
  return match ? Math.round(Number(match[1] ?? match[2]) * MICRO) : null;
}

/** YAML reads 512 as a number and 1K as a text. */
export function parseSize(value: string | number): Size | null {
  return SIZES.find((size) => size === String(value)) ?? null;
}

/** ms of a UTC day; 24:00Z is the end of it. */
export function parseUtcTime(text: string): number | null {
  const match = /^(\d{1,2}:\d\d)Z$/.exec(text);
  const minute = match ? minuteOfDay(match[1]!) : null;
  return minute === null ? null : minute * MINUTE_MS;
}

/** An instant as written; `wall` means the first such wall time at or after the start of the run. */
export type Moment =
  | { readonly kind: 'instant'; readonly atMs: number }
  | { readonly kind: 'offset'; readonly afterMs: number }
  | { readonly kind: 'wall'; readonly minute: number; readonly zone: string };

export function parseInstant(text: string): number | null {
  if (!PATTERN.instant.test(text)) return null;
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch {
    return null; // a thirteenth month
  }
}

export function parseMoment(text: string): Moment | null {
  if (text.startsWith('+')) {
    const afterMs = parseDuration(text.slice(1));
    return afterMs === null ? null : { kind: 'offset', afterMs };
  }
  const atMs = parseInstant(text);
  if (atMs !== null) return { kind: 'instant', atMs };
  const match = /^(\d{1,2}:\d\d) (\S+)$/.exec(text);
  const minute = match ? minuteOfDay(match[1]!) : null;
  if (!match || minute === null || minute === 1_440 || !isZone(match[2]!)) return null;
  return { kind: 'wall', minute, zone: match[2]! };
}

/** Epoch ms of a moment in a run that starts at `startAtMs`. */
export function momentAtMs(moment: Moment, startAtMs: number): number {
  switch (moment.kind) {
    case 'instant':
      return moment.atMs;
    case 'offset':
      return startAtMs + moment.afterMs;
    case 'wall':
      return nextWallTime(moment.minute, moment.zone, startAtMs);
    default:
      return moment satisfies never;
  }
}

/** `00:00Z-06:00Z` or `22:00-05:00 America/New_York`; null also for an empty window. */
export function parseWindow(text: string): AllowedWindow | null {
  const match = /^(\d{1,2}:\d\d)(Z?)-(\d{1,2}:\d\d)(?:(Z)| (\S+))$/.exec(text);
  if (!match) return null;
  const utc = match[2] === 'Z';
  const fromMinute = minuteOfDay(match[1]!);
  const toMinute = minuteOfDay(match[3]!);
  const zone = utc ? 'UTC' : match[5];
  if (fromMinute === null || toMinute === null || fromMinute === toMinute || utc !== (match[4] === 'Z')) return null;
  return zone !== undefined && isZone(zone) ? { fromMinute, toMinute, zone } : null;
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** Wall times that daylight saving skips or repeats are read as calendars do: the later, respectively the first one. */
function nextWallTime(minute: number, zone: string, startAtMs: number): number {
  const start = Temporal.Instant.fromEpochMilliseconds(startAtMs).toZonedDateTimeISO(zone);
  const time = Temporal.PlainTime.from({ hour: Math.floor(minute / 60), minute: minute % 60 });
  const today = start.withPlainTime(time);
  return (today.epochMilliseconds >= startAtMs ? today : start.add({ days: 1 }).withPlainTime(time)).epochMilliseconds;
}

/** 0 to 1440, the end of the day. */
function minuteOfDay(text: string): number | null {
  const [hour, minute] = text.split(':').map(Number);
  if (hour === undefined || minute === undefined || minute > 59) return null;
  const total = hour * 60 + minute;
  return total <= 1_440 ? total : null;
}
