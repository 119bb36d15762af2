/** Days and months of a zone as instants: where they begin and how many a span touches. */
import { DAY_MS, HOUR_MS, isoInstant, MINUTE_MS, QUOTA_ZONE, SECOND_MS } from '../model/time.ts';

/** The first instant of the local day after the one that `atMs` lies in; 23, 24 or 25 hours after that day began. */
export function nextMidnightMs(atMs: number, zone: string = QUOTA_ZONE): number {
  return dayAt(calendarOf(zone), atMs).endMs;
}

/** The first instant of the local day that `atMs` lies in. Where clocks skip midnight, the day begins at the jump. */
export function startOfDayMs(atMs: number, zone: string = QUOTA_ZONE): number {
  return dayAt(calendarOf(zone), atMs).startMs;
}

/** The first instant of the next local month. */
export function nextMonthMs(atMs: number, zone: string = QUOTA_ZONE): number {
  const calendar = calendarOf(zone);
  if (atMs < calendar.monthStartMs || atMs >= calendar.monthEndMs) {
    const { year, month } = dateOfDay(dayAt(calendar, atMs).number);
    calendar.monthStartMs = midnightMs(calendar, dayNumber(year, month, 1));
    calendar.monthEndMs = midnightMs(calendar, month === 12 ? dayNumber(year + 1, 1, 1) : dayNumber(year, month + 1, 1));
  }
  return calendar.monthEndMs;
}

/** Local days that [fromMs, toMs) lies in, at least 1: `fromMs` itself counts. */
export function daysTouched(fromMs: number, toMs: number, zone: string = QUOTA_ZONE): number {
  const calendar = calendarOf(zone);
  const first = dayAt(calendar, fromMs).number;
  return dayAt(calendar, Math.max(fromMs, toMs - 1)).number - first + 1;
}

/** Local months that [fromMs, toMs) lies in, at least 1. */
export function monthsTouched(fromMs: number, toMs: number, zone: string = QUOTA_ZONE): number {
  const calendar = calendarOf(zone);
  const first = dateOfDay(dayAt(calendar, fromMs).number);
  const last = dateOfDay(dayAt(calendar, Math.max(fromMs, toMs - 1)).number);
  return (last.year - first.year) * 12 + last.month - first.month + 1;
}

/** The local date, `2026-03-08`. */
export function localDate(atMs: number, zone: string = QUOTA_ZONE): string {
  const { year, month, day } = dateOfDay(dayAt(calendarOf(zone), atMs).number);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** Minutes that the clocks of the zone show past midnight. */
export function wallMinute(atMs: number, zone: string): number {
  return Math.floor((((wallMs(calendarOf(zone), atMs) % DAY_MS) + DAY_MS) % DAY_MS) / MINUTE_MS);
}

/** What the clocks of the zone show, with their offset, to the minute: `2026-11-01T01:30-07:00`. An hour that comes twice is told apart. */
export function isoWall(atMs: number, zone: string): string {
  const shownMs = wallMs(calendarOf(zone), atMs);
  const minutes = Math.round((shownMs - atMs) / MINUTE_MS);
  const two = (value: number): string => String(value).padStart(2, '0');
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return `${isoInstant(shownMs).slice(0, 16)}${offset}`;
}

interface Day {
  /** Days since 1970-01-01, of the local date. */
  readonly number: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** One zone, with the day and the month asked for last: the zone database is asked about once per day of a run. */
interface Calendar {
  readonly format: Intl.DateTimeFormat;
  day: Day;
  monthStartMs: number;
  monthEndMs: number;
}

const calendars = new Map<string, Calendar>();

function calendarOf(zone: string): Calendar {
  const known = calendars.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const made: Calendar = { format, day: { number: 0, startMs: 0, endMs: 0 }, monthStartMs: 0, monthEndMs: 0 };
  calendars.set(zone, made);
  return made;
}

function dayAt(calendar: Calendar, atMs: number): Day {
  const { day } = calendar;
  if (atMs >= day.startMs && atMs < day.endMs) return day;
  let number = Math.floor(wallMs(calendar, atMs) / DAY_MS);
  let endMs = midnightMs(calendar, number + 1);
  // Clocks that fall back over midnight show yesterday's date again; the new day has begun all the same. A date that the
  // zone skipped has no instant at all.
  while (atMs >= endMs) {
    number += 1;
    endMs = midnightMs(calendar, number + 1);
  }
  calendar.day = { number, startMs: midnightMs(calendar, number), endMs };
  return calendar.day;
}

/** The first instant at which the clocks of the zone show midnight of that day, or jump over it. */
function midnightMs(calendar: Calendar, number: number): number {
  const goalMs = number * DAY_MS;
  // Offsets lie within a day; at most one change of them is assumed to be near.
  let low = goalMs - DAY_MS;
  let high = goalMs + DAY_MS;
  const unchangedMs = goalMs - (wallMs(calendar, low) - low);
  if (wallMs(calendar, unchangedMs) === goalMs) return unchangedMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (wallMs(calendar, middle) >= goalMs) high = middle;
    else low = middle;
  }
  return high;
}

/** What the clocks of the zone show, as if it were UTC. */
function wallMs(calendar: Calendar, atMs: number): number {
  const secondMs = Math.floor(atMs / SECOND_MS) * SECOND_MS;
  let year = 0;
  let month = 0;
  let day = 0;
  let ofDayMs = atMs - secondMs;
  for (const { type, value } of calendar.format.formatToParts(secondMs)) {
    if (type === 'year') year = Number(value);
    else if (type === 'month') month = Number(value);
    else if (type === 'day') day = Number(value);
    else if (type === 'hour') ofDayMs += Number(value) * HOUR_MS;
    else if (type === 'minute') ofDayMs += Number(value) * MINUTE_MS;
    else if (type === 'second') ofDayMs += Number(value) * SECOND_MS;
  }
  return dayNumber(year, month, day) * DAY_MS + ofDayMs;
}

/** Days since 1970-01-01 of a Gregorian date. The year is counted from March, so that leap days come last. */
function dayNumber(year: number, month: number, day: number): number {
  const marchYear = month <= 2 ? year - 1 : year;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateOfDay(number: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = number + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
  };
}
