import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { OpenShape, Rate, Shape } from '../../src/model/scenario.ts';
import { arrivals } from '../../src/traffic/arrivals.ts';
import { PRESET_WEIGHTS } from '../../src/traffic/diurnal.ts';
import { fitDay } from '../../src/traffic/statistics.ts';
import { DAY, entryOf, HOUR, instants, MINUTE, perMinute, SECOND } from './entry.ts';

const steady = (rate: Rate): Shape => ({ kind: 'steady', rate });
const ramp = (from: number, to: number): Shape => ({ kind: 'ramp', from: perMinute(from), to: perMinute(to) });
const stages = (...pieces: readonly [to: number, forMs: number][]): Shape => ({
  kind: 'stages',
  from: perMinute(0),
  stages: pieces.map(([to, forMs]) => ({ to: perMinute(to), forMs })),
});

describe('rates', () => {
  test('steady is one division from k', () => {
    const due = instants(entryOf(steady(perMinute(9))));
    expect(due.slice(0, 4)).toEqual([0, 6_667, 13_333, 20_000]);
    expect(due[250]).toBe(1_666_667);
    expect(due).toHaveLength(540);
  });

  test('a day of steady traffic ends where it should', () => {
    expect(instants(entryOf(steady({ count: 2_500, perMs: DAY }), { durationMs: DAY })).at(-1)).toBe(Math.round((2_499 * DAY) / 2_500));
  });

  test('a rate in decimals loses nothing', () => {
    const due = instants(entryOf(steady({ count: 0.2, perMs: SECOND })));
    expect(due).toEqual(Array.from({ length: 720 }, (_, k) => k * 5_000));
  });

  test('a ramp spans its own duration also when the run ends sooner', () => {
    const whole = instants(entryOf(ramp(0, 12), { durationMs: 5 * MINUTE }));
    expect(whole).toHaveLength(30);
    expect(whole[0]).toBe(0);
    expect(whole[8]).toBe(154_919);
    const cut = instants(entryOf(ramp(0, 12), { durationMs: 5 * MINUTE }), { endMs: 2 * MINUTE });
    expect(cut).toEqual(whole.filter((dueMs) => dueMs < 2 * MINUTE));
  });

  test('stairs end with their last level, however long the entry', () => {
    const shape: Shape = { kind: 'stairs', from: perMinute(6), step: perMinute(6), everyMs: 2 * MINUTE, times: 3 };
    const due = instants(entryOf(shape));
    expect(due).toHaveLength(72);
    expect([due[11], due[12], due[13], due[36], due[37]]).toEqual([110_000, 120_000, 125_000, 240_000, 243_333]);
    expect(instants(entryOf(shape, { durationMs: 6 * MINUTE }))).toEqual(due);
  });

  test('the fraction left over at the end of a piece carries into the next', () => {
    // 1.5 jobs in the first half minute at 3/min; the 2nd half of job 1 takes 5 s at 6/min.
    const due = instants(
      entryOf(
        { kind: 'spike', base: perMinute(3), peak: perMinute(6), atMs: 30 * SECOND, widthMs: 30 * SECOND },
        { durationMs: 2 * MINUTE },
      ),
    );
    expect(due).toEqual([0, 20_000, 35_000, 45_000, 55_000, 70_000, 90_000, 110_000]);
  });

  test('a job that falls on the beginning of a silence is due there, not behind it', () => {
    const due = instants(entryOf({ kind: 'spike', base: perMinute(0), peak: perMinute(0.7), atMs: 10 * MINUTE, widthMs: 10 * MINUTE }));
    expect(due).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((k) => (k === 0 ? 0 : Math.round(10 * MINUTE + (k * MINUTE) / 0.7))));
    expect(due.at(-1)).toBe(20 * MINUTE);
  });

  test('stages may rise, fall to nothing, rest and rise again', () => {
    const due = instants(entryOf(stages([12, MINUTE], [0, MINUTE], [0, HOUR / 2], [12, MINUTE])));
    expect(due).toHaveLength(18);
    expect([due[6], due[12], due[13]]).toEqual([MINUTE, 2 * MINUTE, Math.round(32 * MINUTE + Math.sqrt(1 / 6) * MINUTE)]);
  });

  test('a stage of no length is a jump', () => {
    expect(instants(entryOf(stages([12, 0], [12, MINUTE])))).toEqual(Array.from({ length: 12 }, (_, k) => k * 5_000));
  });

  test('a ramp down to zero solves without cancellation', () => {
    const due = instants(entryOf(ramp(1_000, 0), { durationMs: DAY }));
    const mirror = (k: number): number => DAY - Math.sqrt((2 * (720_000 - k) * MINUTE * DAY) / 1_000);
    expect(due).toHaveLength(720_000);
    expect(due.at(-1)).toBe(Math.round(mirror(719_999)));
    expect(due[719_900]).toBe(Math.round(mirror(719_900)));
  });

  test('half a millisecond rounds up, also where a square root finds it', () => {
    expect(instants(entryOf(steady({ count: 8, perMs: 4 })), {}, 4)).toEqual([0, 1, 1, 2]); // 0, 0.5, 1, 1.5
    const halves: Shape = { kind: 'ramp', from: { count: 0, perMs: 1 }, to: { count: 16, perMs: 1 } };
    expect(instants(entryOf(halves, { durationMs: 2 }), {}, 3)).toEqual([0, 1, 1]); // 4 t²: job 1 at 0.5 ms exactly
  });

  const rate = fc.record({ count: fc.integer({ min: 0, max: 600 }), perMs: fc.constantFrom(SECOND, MINUTE, HOUR) });
  const lengths = fc.integer({ min: 1, max: 20 * MINUTE });

  test('a job for every whole number below the integral, in order, half-open', () => {
    const plan = fc.record({ from: rate, stages: fc.array(fc.record({ to: rate, forMs: lengths }), { minLength: 1, maxLength: 4 }) });
    fc.assert(
      fc.property(plan, fc.integer({ min: 0, max: HOUR }), lengths, (written, startMs, durationMs) => {
        fc.pre(written.stages.every(({ to }) => to.perMs > SECOND) && written.from.perMs > SECOND);
        const due = instants(entryOf({ kind: 'stages', ...written }, { startMs, durationMs }));
        const endMs = Math.min(
          durationMs,
          written.stages.reduce((sum, stage) => sum + stage.forMs, 0),
        );
        expect(due.every((dueMs, k) => Number.isInteger(dueMs) && (k === 0 || dueMs >= due[k - 1]!))).toBe(true);
        expect(due[0]).toBe(startMs);
        expect(due.at(-1)! < startMs + endMs).toBe(true);
        // Half up: a job in the last half ms is due at the end, and so left out.
        const integral = integralOf(written, endMs - 0.5);
        expect(Math.abs(due.length - Math.max(1, Math.ceil(integral)))).toBeLessThanOrEqual(
          Math.abs(integral - Math.round(integral)) < 1e-6 ? 1 : 0,
        );
        due.slice(1).forEach((dueMs, k) => {
          const t = dueMs - startMs;
          expect(integralOf(written, t - 0.5)).toBeLessThan(k + 1 + 1e-6);
          expect(integralOf(written, t + 0.5)).toBeGreaterThan(k + 1 - 1e-6);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('cutting a constant rate into pieces changes nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.array(lengths, { minLength: 1, maxLength: 6 }), (count, cuts) => {
        const durationMs = cuts.reduce((sum, length) => sum + length, 0);
        const level = perMinute(count);
        const pieces: Shape = { kind: 'stages', from: level, stages: cuts.map((forMs) => ({ to: level, forMs })) };
        expect(instants(entryOf(pieces, { durationMs }))).toEqual(instants(entryOf(steady(level), { durationMs })));
      }),
      { numRuns: 40 },
    );
  });

  function integralOf(written: { from: Rate; stages: readonly { to: Rate; forMs: number }[] }, untilMs: number): number {
    let [area, startMs, a] = [0, 0, written.from.count / written.from.perMs];
    for (const { to, forMs } of written.stages) {
      const b = to.count / to.perMs;
      const t = Math.min(forMs, Math.max(0, untilMs - startMs));
      area += a * t + ((b - a) * t * t) / (2 * forMs);
      startMs += forMs;
      a = b;
    }
    return area;
  }
});

describe('at once', () => {
  test('a burst is due at one instant, every so often, so many times', () => {
    const shape: Shape = { kind: 'burst', requests: 3, everyMs: 10 * MINUTE, times: 2 };
    expect(instants(entryOf(shape, { startMs: 5 }))).toEqual([5, 5, 5, 600_005, 600_005, 600_005]);
    expect(instants(entryOf(shape, { durationMs: 10 * MINUTE }))).toEqual([0, 0, 0]);
  });

  test('a flood is due at the start', () => {
    expect(instants(entryOf({ kind: 'flood', requests: 1_000 }, { startMs: 7 }))).toEqual(new Array(1_000).fill(7));
  });

  test('an entry that starts behind the end sends nothing, and goes on sending nothing', () => {
    const source = arrivals(entryOf({ kind: 'flood', requests: 3 }, { startMs: 10 }), { seed: 1, startAtMs: 0, endMs: 10 });
    expect([source.next(), source.next()]).toEqual([Infinity, Infinity]);
  });

  test('users are not asked for arrivals', () => {
    const shape: Shape = { kind: 'users', users: 1, thinkMeanMs: 1, thinkDistribution: 'fixed' };
    expect(() => instants(entryOf(shape))).toThrow('users');
  });
});

describe('chance', () => {
  const shapes: readonly OpenShape[] = [
    { kind: 'poisson', rate: perMinute(10) },
    { kind: 'gamma', rate: perMinute(10), cv: 0.5 },
    { kind: 'gamma', rate: perMinute(10), cv: 2 },
    { kind: 'diurnal', perDay: 14_400, weights: PRESET_WEIGHTS.people, preset: 'people', zone: 'UTC' },
  ];

  test('the first ten at seed 1 stay what they are', () => {
    expect(shapes.map((shape) => [shape.kind, ...instants(entryOf(shape), {}, 10)])).toMatchInlineSnapshot(`
      [
        [
          "poisson",
          3114,
          13801,
          20061,
          24176,
          27042,
          31254,
          33355,
          41238,
          47410,
          65850,
        ],
        [
          "gamma",
          4837,
          11500,
          16167,
          20263,
          26880,
          28706,
          33656,
          39912,
          45126,
          56140,
        ],
        [
          "gamma",
          2979,
          4389,
          6403,
          6933,
          8197,
          8236,
          14071,
          16367,
          16405,
          25021,
        ],
        [
          "diurnal",
          11499,
          27380,
          61596,
          61898,
          63073,
          63797,
          65104,
          82425,
          84661,
          89987,
        ],
      ]
    `);
  });

  test.each(shapes.map((shape) => [shape.kind, shape] as const))('%s keeps its mean', (kind, shape) => {
    const durationMs = 20 * DAY;
    const jobs = instants(entryOf(shape, { durationMs })).length;
    const cv = shape.kind === 'gamma' ? shape.cv : 1;
    const expected = 20 * 14_400;
    expect(Math.abs(jobs - expected), kind).toBeLessThan(4 * cv * Math.sqrt(expected));
  });

  test('gamma gaps have the coefficient of variation asked for', () => {
    for (const cv of [0.25, 1, 3]) {
      const due = instants(entryOf({ kind: 'gamma', rate: perMinute(1), cv }, { durationMs: 300 * DAY }), { endMs: 300 * DAY }, 200_000);
      const gaps = due.slice(1).map((dueMs, i) => dueMs - due[i]!);
      const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
      const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
      expect(Math.abs(deviation / mean / cv - 1)).toBeLessThan(0.03);
    }
  });

  test('another name or seed is another stream; the rest of the entry is not', () => {
    const shape: Shape = { kind: 'poisson', rate: perMinute(10) };
    const first = instants(entryOf(shape));
    expect(instants(entryOf(shape, { name: 'bots' }))).not.toEqual(first);
    expect(instants(entryOf(shape), { seed: 2 })).not.toEqual(first);
    expect(instants(entryOf(shape, { images: 4, startMs: 60 }))).toEqual(
      instants(entryOf(shape, { durationMs: HOUR })).map((dueMs) => dueMs + 60),
    );
  });

  test('ascending and half-open, whatever the shape and seed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...shapes), fc.nat(), fc.integer({ min: 1, max: 2 * HOUR }), (shape, seed, durationMs) => {
        const due = instants(entryOf(shape, { durationMs, startMs: 11 }), { seed });
        expect(due.every((dueMs, k) => dueMs >= (due[k - 1] ?? 11) && dueMs < 11 + durationMs && Number.isInteger(dueMs))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the hours of a day', () => {
  const onlyHour = (hour: number): number[] => Array.from({ length: 24 }, (_, h) => (h === hour ? 1 : 0));
  const only = (hour: number, zone: string): Shape => ({ kind: 'diurnal', perDay: 500, weights: onlyHour(hour), preset: null, zone });

  test.each([
    ['2026-12-01T08:00:00Z', 9, 'America/New_York', 6], // 14:00Z
    ['2026-03-07T05:00:00Z', 9, 'America/New_York', 9], // the day before the change: 14:00Z
    ['2026-03-08T05:00:00Z', 9, 'America/New_York', 8], // summer time since 07:00Z: 13:00Z
    ['2026-12-01T00:00:00Z', 9, 'Asia/Kolkata', 3.5], // half an hour off
  ])('from %s hour %i in %s comes %f h later', (startAt, hour, zone, expectedHours) => {
    const due = instants(entryOf(only(hour, zone), { durationMs: DAY }), { startAtMs: Date.parse(startAt) });
    expect(due.length).toBeGreaterThan(400);
    expect(due[0]).toBeGreaterThanOrEqual(expectedHours * HOUR);
    expect(due.at(-1)).toBeLessThan((expectedHours + 1) * HOUR);
  });

  test('the hour that comes twice in autumn counts twice, the one left out in spring not at all', () => {
    const jobs = (startAt: string, hour: number): number =>
      instants(entryOf(only(hour, 'America/New_York'), { durationMs: DAY }), { startAtMs: Date.parse(startAt) }).length;
    expect(jobs('2026-11-01T04:00:00Z', 1)).toBeGreaterThan(900);
    expect(jobs('2026-03-08T05:00:00Z', 2)).toBe(0);
  });

  test('no weight at all is no traffic, and ends', () => {
    expect(instants(entryOf({ kind: 'diurnal', perDay: 500, weights: new Array(24).fill(0), preset: null, zone: 'UTC' }))).toEqual([]);
  });

  test("a consumer app's day swings as far as measured services do", () => {
    const fit = fitDay(PRESET_WEIGHTS.people);
    expect(PRESET_WEIGHTS.people).toHaveLength(24);
    expect(fit.amplitude).toBeGreaterThan(0.6);
    expect(fit.amplitude).toBeLessThan(0.8);
    expect(fit.peakHour).toBeGreaterThan(15);
  });
});
