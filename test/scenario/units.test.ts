import { describe, expect, test } from 'vitest';
import {
  isZone,
  momentAtMs,
  parseCount,
  parseDuration,
  parseInstant,
  parseMoment,
  parseRate,
  parseSize,
  parseUsd,
  parseUtcTime,
  parseWindow,
} from '../../src/scenario/units.ts';

const NOON_MS = Date.UTC(2026, 11, 1, 12);

describe('units as people write them', () => {
  test.each<[string, number | null]>([
    ['500ms', 500],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1.5h', 5_400_000],
    ['24h', 86_400_000],
    ['2d', 172_800_000],
    ['0s', 0],
    ['90', null], // a bare number has no unit
    ['ten minutes', null],
    ['-5s', null],
    ['5 s', null],
    ['1w', null],
    ['', null],
  ])('duration %s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  test.each<[string, [number, number] | null]>([
    ['9/min', [9, 60_000]],
    ['2500/day', [2_500, 86_400_000]],
    ['0.2/s', [0.2, 1_000]],
    ['0.5/h', [0.5, 3_600_000]],
    ['0/min', [0, 60_000]], // whether 0 is allowed is for the shape to say
    ['2k/min', null], // no k or M in rates
    ['9', null],
    ['9/m', null],
    ['nine/min', null],
  ])('rate %s', (text, rate) => expect(parseRate(text)).toEqual(rate && { count: rate[0], perMs: rate[1] }));

  test.each<[string | number, number | null]>([
    [40, 40],
    ['40', 40],
    ['100k', 100_000],
    ['1.5k', 1_500],
    ['2M', 2_000_000],
    ['0.1k', 100],
    [3.5, null],
    [-1, null],
    ['1.2345k', null], // no whole number
    ['2G', null],
    [Number.NaN, null],
  ])('count %s', (written, count) => expect(parseCount(written)).toBe(count));

  test.each<[string | number, number | null]>([
    [10, 10_000_000],
    [0.2, 200_000],
    [0.1 + 0.2, 300_000],
    ['$0.5', 500_000],
    ['40 usd', 40_000_000],
    [-1, null],
    ['ten', null],
  ])('dollars %s', (written, microUsd) => expect(parseUsd(written)).toBe(microUsd));

  test.each<[string | number, string | null]>([
    [512, '512'],
    ['512', '512'],
    ['1K', '1K'],
    ['4K', '4K'],
    ['1k', null],
    ['8K', null],
  ])('size %s', (written, size) => expect(parseSize(written)).toBe(size));

  test.each<[string, number | null]>([
    ['10:00Z', 36_000_000],
    ['00:00Z', 0],
    ['24:00Z', 86_400_000], // the end of the day
    ['24:01Z', null],
    ['10:60Z', null],
    ['10:00', null],
  ])('UTC wall time %s', (text, ms) => expect(parseUtcTime(text)).toBe(ms));

  test.each<[string, unknown]>([
    ['00:00Z-06:00Z', { fromMinute: 0, toMinute: 360, zone: 'UTC' }],
    ['22:00-05:00 America/New_York', { fromMinute: 1_320, toMinute: 300, zone: 'America/New_York' }],
    ['22:00Z-05:00 America/New_York', null], // two zones
    ['06:00Z-06:00Z', null], // nothing
    ['22:00-05:00', null],
    ['22:00-05:00 America/Gotham', null],
  ])('window %s', (text, window) => expect(parseWindow(text)).toEqual(window));

  test.each<[string, string | null]>([
    ['2026-12-01T06:00:00Z', '2026-12-01T06:00:00.000Z'],
    ['2026-12-01T06:00:00+02:00', '2026-12-01T04:00:00.000Z'],
    ['+2h', '2026-12-01T14:00:00.000Z'],
    ['22:00 America/New_York', '2026-12-02T03:00:00.000Z'],
    ['07:00 America/New_York', '2026-12-01T12:00:00.000Z'], // the start itself counts
    ['06:59 America/New_York', '2026-12-02T11:59:00.000Z'],
    ['2026-12-01T06:00:00', null], // no offset
    ['2026-13-01T06:00:00Z', null],
    ['22:00', null],
    ['22:00 Gotham', null],
    ['+2', null],
  ])('instant %s in a run from noon UTC', (text, iso) => {
    const moment = parseMoment(text);
    expect(moment && new Date(momentAtMs(moment, NOON_MS)).toISOString()).toBe(iso);
  });

  test('a wall time that daylight saving skips is the later one', () => {
    const startAtMs = parseInstant('2026-03-08T06:00:00Z')!; // 01:00 in New York, an hour before the clocks go on
    expect(new Date(momentAtMs(parseMoment('02:30 America/New_York')!, startAtMs)).toISOString()).toBe('2026-03-08T07:30:00.000Z');
  });

  test('zones are those that Intl knows', () => {
    expect([isZone('America/Los_Angeles'), isZone('UTC'), isZone('Gotham')]).toEqual([true, true, false]);
  });
});
