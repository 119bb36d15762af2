import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Schedule } from '../../src/client/schedule.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/model/time.ts';
import { wallMinute } from '../../src/quota/calendar.ts';

const ZONES = ['UTC', 'America/Los_Angeles', 'Australia/Lord_Howe', 'Antarctica/Troll', 'Asia/Kathmandu'];
const minute = fc.integer({ min: 0, max: 1439 });
const windows = fc.array(fc.record({ fromMinute: minute, toMinute: minute, zone: fc.constantFrom(...ZONES) }), {
  minLength: 1,
  maxLength: 3,
});
/** Near the days on which clocks change, and away from them. */
const startAtMs = fc
  .tuple(fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-11-01', '2026-07-01'), fc.nat(2 * DAY_MS - 1))
  .map(([day, ms]) => Date.parse(`${day}T00:00:00Z`) - DAY_MS + ms);

test('a schedule opens at the same instant as one that looks at every minute, also where clocks change', () => {
  fc.assert(
    fc.property(windows, startAtMs, fc.array(fc.nat(9 * HOUR_MS), { minLength: 1, maxLength: 6 }), (all, startMs, steps) => {
      const holds = (atMs: number): boolean =>
        all.some(({ fromMinute, toMinute, zone }) => {
          const now = wallMinute(startMs + atMs, zone);
          if (fromMinute === toMinute) return true;
          return fromMinute < toMinute ? now >= fromMinute && now < toMinute : now >= fromMinute || now < toMinute;
        });
      const schedule = new Schedule(all, startMs);
      let atMs = 0;
      for (const step of steps) {
        atMs += step;
        let expected = atMs;
        for (let next = MINUTE_MS - ((startMs + atMs) % MINUTE_MS); !holds(expected) && expected < atMs + 2 * DAY_MS; next += MINUTE_MS)
          expected = atMs + next;
        expect(schedule.opensAtMs(atMs)).toBe(expected);
      }
    }),
    { numRuns: 60 },
  );
});
