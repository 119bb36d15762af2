import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Shape, Trace } from '../../src/model/scenario.ts';
import { arrivals } from '../../src/traffic/arrivals.ts';
import { leftOut } from '../../src/traffic/replay.ts';
import { DAY, entryOf, instants, readTrace } from './entry.ts';
import { sharedText } from './shared.ts';

function replay(trace: Trace, settings: { speed?: number; scale?: number } = {}): Shape {
  return { kind: 'replay', file: 'trace.csv', format: 'csv', speed: 1, scale: 1, trace, ...settings };
}

const traceOf = (...rows: readonly string[]): Trace =>
  readTrace('csv', ['at_ms,model,images,size,prompt_tokens,reference_images', ...rows].join('\n'), 'trace.csv', 'abc');
const beats = (count: number): Trace => traceOf(...Array.from({ length: count }, (_, k) => `${k * 1_000},,,,,`));

describe('replay', () => {
  test('the earliest row falls on the start of the entry; speed divides what is between', () => {
    const trace = traceOf('5000,,,,,', '5001,,,,,', '9000,,,,,');
    expect(instants(entryOf(replay(trace), { startMs: 100 }))).toEqual([100, 101, 4_100]);
    expect(instants(entryOf(replay(trace, { speed: 2 }), { startMs: 100 }))).toEqual([100, 101, 2_100]);
  });

  test('a row says what it knows, the entry the rest', () => {
    const trace = traceOf(
      '0,gemini-3.1-flash-lite-image,4,1k,12,2',
      '1,,,,,',
      '2,,,4K,,',
      '3,,,512,,',
      '4,gemini-3-pro-image-preview,,2K,0,0',
    );
    const source = arrivals(entryOf(replay(trace), { images: 3 }), { seed: 1, startAtMs: 0, endMs: DAY });
    const jobs = Array.from({ length: 5 }, () => {
      source.next();
      const { model, size, promptTokens, referenceImages } = source.request;
      return [source.images, model, size, promptTokens, referenceImages];
    });
    expect(jobs).toEqual([
      [4, 'gemini-3.1-flash-lite-image', '1K', 12, 2],
      [3, 'gemini-3-pro-image', '1K', 300, 0],
      [3, 'gemini-3-pro-image', '4K', 300, 0],
      [3, 'gemini-3-pro-image', '1K', 300, 0], // the model makes no 512: its default
      [3, 'gemini-3-pro-image', '2K', 0, 0],
    ]);
    expect(source.next()).toBe(Infinity);
    expect(source.next()).toBe(Infinity);
  });

  test('rows at or behind the end of the entry, or of the run, are counted and left out', () => {
    const entry = entryOf(replay(beats(10)), { startMs: 500, durationMs: 4_000 });
    expect(instants(entry)).toEqual([500, 1_500, 2_500, 3_500]);
    expect(leftOut(entry, DAY)).toBe(6);
    expect(leftOut(entry, 1_501)).toBe(8);
    expect(leftOut(entry, 500)).toBe(10);
    expect(leftOut(entryOf({ kind: 'flood', requests: 9 }), 0)).toBe(0);
  });

  test.each([
    [1, 100],
    [0.29, 29], // 100 × 0.29 in floating point is a little less
    [2.5, 250],
    [0.001, 0],
    [0, 0],
  ])('scale %f makes of 100 rows %i jobs', (scale, jobs) => {
    expect(instants(entryOf(replay(beats(100), { scale })))).toHaveLength(jobs);
  });

  test('scale spreads over the rows: k rows make floor(k × scale) jobs', () => {
    expect(instants(entryOf(replay(beats(4), { scale: 1.5 })))).toEqual([0, 1_000, 1_000, 2_000, 3_000, 3_000]);
    expect(instants(entryOf(replay(beats(6), { scale: 0.5 })))).toEqual([1_000, 3_000, 5_000]);
  });

  test('what is replayed and what is left out are all rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(100_000), { minLength: 1, maxLength: 50 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (at, durationMs, speed) => {
          const entry = entryOf(replay(traceOf(...at.map((ms) => `${ms},,,,,`)), { speed }), { durationMs, startMs: 3 });
          const due = instants(entry);
          expect(due.length + leftOut(entry, DAY)).toBe(at.length);
          expect(due.every((dueMs, k) => dueMs >= (due[k - 1] ?? 3) && dueMs < 3 + durationMs)).toBe(true);
        },
      ),
    );
  });

  test('a shape without its trace is a mistake of ours', () => {
    expect(() => instants(entryOf({ ...replay(beats(1)), trace: null } as Shape))).toThrow('trace.csv is loaded');
  });

  test.skipIf(sharedText('traces/image-service-2024-12-02.csv') === null)('a production day (needs ../shared/traces)', () => {
    const text = sharedText('traces/image-service-2024-12-02.csv')!;
    const entry = entryOf(replay(readTrace('gentd26', text, 'day.csv', '')), { durationMs: DAY });
    expect(instants(entry)).toHaveLength(2_134);
    expect(leftOut(entry, DAY)).toBe(0);
  });
});
