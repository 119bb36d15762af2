import { describe, expect, test } from 'vitest';
import { HOUR_MS, isoInstant, MINUTE_MS } from '../../src/model/time.ts';
import { type BestStart, lengthOfDay } from '../../src/plan/best-start.ts';
import { isoWall } from '../../src/quota/calendar.ts';
import { bestStartCsv, bestStartText } from '../../src/report/best-start.ts';
import { findStart } from '../../src/run/best-start.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';

/** Pacific noon; the daily quota turns twelve hours later. */
const NOON = '2026-12-01T20:00:00Z';

/** Sixty images, one after another in 20 s each: 20 minutes. */
const nightly = (keys: string, entry = '') =>
  parseScenario(
    `clock: { startAt: ${NOON}, duration: 1h }
traffic:
  - name: nightly
    startAt: 16:00 America/New_York
    shape: { kind: flood, requests: 60 }
    request: { model: gemini-3-pro-image }
    deadline: 3h
${entry}
client: { concurrency: 1 }
thresholds: [success_ratio >= 0.99]
${keys}
`,
    'nightly.yaml',
  );
const FIXED = 'latency: { gemini-3-pro-image: { fixed: 20s } }';
const HALF_USED = `quota: { profile: none, limits: { gemini-3-pro-image: { rpd: 100 } }, usedToday: { gemini-3-pro-image: 80 } }
service: { ${FIXED} }`;

async function found(text: ReturnType<typeof nightly>, options: Partial<Parameters<typeof findStart>[2]> = {}): Promise<BestStart> {
  return (await findStart(text, 'nightly', { seeds: [1, 2], stepMs: HOUR_MS, workers: 1, ...options }))!;
}

describe('the best start of an entry', () => {
  test('a day that is nearly used up: as soon as the quota turns, when all sixty are delivered in twenty minutes', async () => {
    const { best, own, starts, isFlat } = await found(nightly(HALF_USED));
    expect(best).toMatchObject({
      startMs: 12 * HOUR_MS,
      wall: '2026-12-02T03:00-05:00',
      holdsRatio: 1,
      successRatio: 1,
      othersSuccessRatio: null,
      lastAfterMs: 20 * MINUTE_MS,
      firstBucket: null,
    });
    // 21:00Z is an hour after the start: 20 of 60 are left of the day.
    expect(own).toMatchObject({ startMs: HOUR_MS, holdsRatio: 0, successRatio: 1 / 3, firstBucket: 'rpd', untilResetMs: 11 * HOUR_MS });
    expect(starts).toHaveLength(24 + 4);
    expect(isFlat).toBe(false);
    // A quarter of an hour before the turn: 20 are delivered in 400 s, the rest is refused before midnight.
    expect(starts.find(({ startMs }) => startMs === 11.75 * HOUR_MS)).toMatchObject({ successRatio: 1 / 3, lastAfterMs: 400_000 });
  });

  test('overload by the hour: the first start whose twenty minutes lie outside of it', async () => {
    const { best, starts } = await found(
      nightly(
        `quota: { profile: none }\nservice: { overload: [{ from: "20:00Z", to: "22:30Z", errorRate: 1 }], overloadLatency: 20s, ${FIXED} }`,
      ),
    );
    expect(isoInstant(best.atMs)).toBe('2026-12-01T22:30:00.000Z'); // found between the hours
    expect(starts.find(({ startMs }) => startMs === 2 * HOUR_MS)).toMatchObject({ successRatio: 0, lastAfterMs: null });
    expect(starts.find(({ startMs }) => startMs === 3 * HOUR_MS)).toMatchObject({ successRatio: 1 });
  });

  test('traffic that it shares quota with counts: it is not to take the day from people', async () => {
    const { best, own, starts } = await found(
      nightly(
        `quota: { profile: none, limits: { gemini-3-pro-image: { rpd: 100 } } }\nservice: { ${FIXED} }`,
        `  - name: people
    startAt: +2h
    duration: 4h
    shape: { kind: steady, rate: 15/h }
    request: { model: gemini-3-pro-image }
    client: { concurrency: none }`,
      ),
    );
    // 60 of people and 60 at night do not fit into the 100 of one day.
    expect(own.holdsRatio).toBe(0);
    expect(best.startMs).toBe(12 * HOUR_MS);
    expect(starts.at(-1)).toMatchObject({ successRatio: 1, othersSuccessRatio: 1, othersLatencyMsP95: 20_000 });
  });

  test('where nothing depends on the hour, its own start stays', async () => {
    const flat = await found(nightly(`quota: { profile: none }\nservice: { ${FIXED} }`));
    expect(flat).toMatchObject({ isFlat: true, isPartial: false });
    expect(flat.best).toBe(flat.own);
    expect(bestStartText(flat, false)).toMatch(
      /^No start is better than another for "nightly": leave it at 2026-12-01 21:00 UTC, 12-01 16:00 -05:00 America\/New_York\./,
    );
  });

  test('an entry that lasts keeps its length at every start, and an end after the day', async () => {
    const steady = parseScenario(
      `clock: { startAt: ${NOON}, duration: 6h }
quota: { profile: none }
service: { ${FIXED} }
traffic:
  - name: nightly
    startAt: +2h
    shape: { kind: steady, rate: 60/h }
    request: { model: gemini-3-pro-image }
    deadline: 1h
`,
      'steady.yaml',
    );
    const { starts } = await found(steady, { seeds: [1] });
    expect(new Set(starts.map(({ costUsd }) => costUsd)).size).toBe(1); // 240 images each
    expect(starts.every(({ successRatio, lastAfterMs }) => successRatio === 1 && lastAfterMs === 20_000)).toBe(true);
  });

  test('an aborted search says nothing', async () => {
    expect(
      await findStart(nightly(HALF_USED), 'nightly', { seeds: [1], stepMs: HOUR_MS, workers: 1, signal: AbortSignal.abort() }),
    ).toBeNull();
  });

  test('an entry that is not there, or cannot wait, is a mistake', async () => {
    const options = { seeds: [1], stepMs: HOUR_MS, workers: 1 };
    await expect(findStart(nightly(HALF_USED), 'nigthly', options)).rejects.toThrow(/no such traffic entry, did you mean nightly\?/);
    const people = nightly(HALF_USED, '  - { name: people, shape: { kind: flood, requests: 1 }, request: { model: gemini-3-pro-image } }');
    await expect(findStart(people, 'people', options)).rejects.toThrow(/it cannot wait; write traffic\.people\.deadline, such as 24h/);
  });
});

describe('the day of a zone', () => {
  test.each([
    ['2026-12-01T08:00:00Z', 24],
    ['2026-03-08T08:00:00Z', 23], // clocks go forward in Los Angeles
    ['2026-11-01T07:00:00Z', 25], // and back
    ['2026-10-31T20:00:00Z', 25], // from noon to noon
  ])('from %s has %i hours', (at, hours) => expect(lengthOfDay(Date.parse(at), 'America/Los_Angeles')).toBe(hours * HOUR_MS));

  test('an hour that comes twice is told apart by its offset', () => {
    const first = Date.parse('2026-11-01T08:30:00Z');
    expect([first, first + HOUR_MS].map((atMs) => isoWall(atMs, 'America/Los_Angeles'))).toEqual([
      '2026-11-01T01:30-07:00',
      '2026-11-01T01:30-08:00',
    ]);
    expect(isoWall(first, 'Asia/Kolkata')).toBe('2026-11-01T14:00+05:30');
  });
});

test('the CSV has a row for each start, and the table marks the best and the own one', async () => {
  const all = await found(nightly(HALF_USED));
  const rows = bestStartCsv(all).trim().split('\r\n');
  expect(rows).toHaveLength(29);
  expect(rows.filter((row) => row.includes(',true,'))).toEqual([
    '1,2026-12-02T08:00:00.000Z,2026-12-02T03:00-05:00,43200000,86400000,2,1,1,,,1200000,8.22816,none,true,false', // 60 of 0.1344 + 300 x 2 + 178 x 12 dollars per million,
  ]);
  const lines = bestStartText(all, false).split('\n');
  expect(lines[0]).toBe('Start "nightly" at 2026-12-02 08:00 UTC, 12-02 03:00 -05:00 America/New_York.');
  expect(lines.filter((line) => line.startsWith('> '))).toHaveLength(1);
  expect(lines.filter((line) => line.startsWith(' *'))).toHaveLength(1);
});
