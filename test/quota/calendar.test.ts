/** Local days and months, against the golden days and against clocks that jump in odd ways. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../src/model/time.ts';
import { daysTouched, localDate, monthsTouched, nextMidnightMs, nextMonthMs, startOfDayMs } from '../../src/quota/calendar.ts';
import { golden } from './golden.ts';

interface CalendarCase {
  readonly id: string;
  readonly inputs: { readonly localDate?: string; readonly nowUtc?: string; readonly timeZone: string };
  readonly expected: {
    readonly startUtc?: string;
    readonly endUtc?: string;
    readonly hours?: number;
    readonly nextResetUtc?: string;
    readonly dayKey?: string;
  };
}

const LOS_ANGELES = 'America/Los_Angeles';
const calendar = golden<CalendarCase>('rpd_calendar');

describe.skipIf(!calendar)('golden rpd_calendar', () => {
  test.each((calendar?.cases ?? []).map((each) => [each.id, each] as const))('%s', (_, { inputs, expected }) => {
    const zone = inputs.timeZone;
    if (inputs.nowUtc !== undefined) {
      const nowMs = Date.parse(inputs.nowUtc);
      expect(nextMidnightMs(nowMs, zone)).toBe(Date.parse(expected.nextResetUtc!));
      expect(localDate(nowMs, zone)).toBe(expected.dayKey);
      return;
    }
    const startMs = Date.parse(expected.startUtc!);
    const endMs = Date.parse(expected.endUtc!);
    for (const atMs of [startMs, startMs + 12 * HOUR_MS, endMs - 1]) {
      expect(startOfDayMs(atMs, zone)).toBe(startMs);
      expect(nextMidnightMs(atMs, zone)).toBe(endMs);
      expect(localDate(atMs, zone)).toBe(inputs.localDate);
    }
    expect(nextMidnightMs(startMs - 1, zone)).toBe(startMs);
    expect(endMs - startMs).toBe(expected.hours! * HOUR_MS);
  });
});

test.each([
  ['America/Los_Angeles', '2026-03-08T20:00:00Z', '2026-03-08T08:00:00Z', 23],
  ['America/Los_Angeles', '2026-11-01T20:00:00Z', '2026-11-01T07:00:00Z', 25],
  ['UTC', '2026-03-08T20:00:00Z', '2026-03-08T00:00:00Z', 24],
  ['Asia/Kolkata', '2026-03-08T20:00:00Z', '2026-03-08T18:30:00Z', 24],
  ['Australia/Lord_Howe', '2026-04-05T01:00:00Z', '2026-04-04T13:00:00Z', 24.5], // clocks move by half an hour
  ['America/Sao_Paulo', '2018-11-04T12:00:00Z', '2018-11-04T03:00:00Z', 23], // midnight is skipped
  ['America/Sao_Paulo', '2018-02-17T12:00:00Z', '2018-02-17T02:00:00Z', 25], // the last hour comes twice
  ['America/Havana', '2026-11-01T12:00:00Z', '2026-11-01T04:00:00Z', 25], // midnight comes twice: the first counts
  ['America/St_Johns', '2006-10-29T02:45:00Z', '2006-10-29T02:30:00Z', 25], // yesterday's date comes back for an hour
  ['Pacific/Apia', '2011-12-30T09:59:59Z', '2011-12-29T10:00:00Z', 24], // the next date has no instant
  ['Pacific/Apia', '2011-12-30T10:00:00Z', '2011-12-30T10:00:00Z', 24],
])('in %s the day of %s begins at %s and has %d hours', (zone, at, start, hours) => {
  expect(new Date(startOfDayMs(Date.parse(at), zone)).toISOString()).toBe(new Date(start).toISOString());
  expect(nextMidnightMs(Date.parse(at), zone)).toBe(Date.parse(start) + hours * HOUR_MS);
});

test('days follow each other without gap or overlap in any zone', () => {
  const zones = fc.constantFrom(
    LOS_ANGELES,
    'UTC',
    'Europe/Berlin',
    'America/Sao_Paulo',
    'America/Havana',
    'America/St_Johns',
    'Asia/Beirut',
    'Pacific/Apia',
  );
  const instants = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2035, 0, 1) });
  fc.assert(
    fc.property(zones, instants, (zone, atMs) => {
      const startMs = startOfDayMs(atMs, zone);
      const endMs = nextMidnightMs(atMs, zone);
      expect(startMs).toBeLessThanOrEqual(atMs);
      expect(endMs).toBeGreaterThan(atMs);
      expect(nextMidnightMs(startMs, zone)).toBe(endMs);
      expect(nextMidnightMs(endMs - 1, zone)).toBe(endMs);
      expect(startOfDayMs(endMs, zone)).toBe(endMs);
      expect(nextMidnightMs(startMs - 1, zone)).toBe(startMs);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['2026-11-20T12:00:00Z', '2026-12-01T08:00:00Z'],
  ['2026-10-31T12:00:00Z', '2026-11-01T07:00:00Z'], // still summer time on the first
  ['2026-12-31T12:00:00Z', '2027-01-01T08:00:00Z'],
  ['2026-12-01T07:59:59Z', '2026-12-01T08:00:00Z'], // the last second of November
  ['2026-12-01T08:00:00Z', '2027-01-01T08:00:00Z'],
  ['2028-02-29T12:00:00Z', '2028-03-01T08:00:00Z'],
])('the month of %s ends at %s', (at, end) => {
  expect(nextMonthMs(Date.parse(at))).toBe(Date.parse(end));
});

test.each([
  // start at a Pacific midnight, how long, days, months
  ['2026-12-01T08:00:00Z', 0, 1, 1],
  ['2026-12-01T08:00:00Z', DAY_MS, 1, 1], // up to, not including, the next midnight
  ['2026-12-01T08:00:00Z', DAY_MS + 1, 2, 1],
  ['2026-12-01T07:59:59.999Z', 2, 2, 2],
  ['2026-11-01T07:00:00Z', 25 * HOUR_MS, 1, 1],
  ['2026-03-08T08:00:00Z', DAY_MS, 2, 1], // 23 hours and one more
  ['2026-12-15T08:00:00Z', 31 * DAY_MS, 31, 2],
  ['2026-01-01T08:00:00Z', 365 * DAY_MS, 365, 12],
])('a run from %s for %d ms touches %i days and %i months', (from, forMs, days, months) => {
  const fromMs = Date.parse(from);
  expect(daysTouched(fromMs, fromMs + forMs)).toBe(days);
  expect(monthsTouched(fromMs, fromMs + forMs)).toBe(months);
});

test('asking about the same day again costs nothing', () => {
  const atMs = Date.UTC(2031, 5, 5, 12);
  nextMidnightMs(atMs);
  const original = Intl.DateTimeFormat.prototype.formatToParts;
  let calls = 0;
  Intl.DateTimeFormat.prototype.formatToParts = function (this: Intl.DateTimeFormat, date) {
    calls += 1;
    return original.call(this, date);
  };
  try {
    for (let n = 0; n < 1_000; n += 1) nextMidnightMs(atMs + n);
  } finally {
    Intl.DateTimeFormat.prototype.formatToParts = original;
  }
  expect(calls).toBe(0);
});
