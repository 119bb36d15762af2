/** Two runs against each other: which may be compared, how sure a change is, which bucket explains it, which rules it breaks. */
import { describe, expect, test } from 'vitest';
import type { Results } from '../../src/analysis/analysis.ts';
import { changeOverMinutes, changeOverSeeds } from '../../src/analysis/change.ts';
import { incomparable, settingsChanged } from '../../src/analysis/comparable.ts';
import { type CompareOptions, compare } from '../../src/analysis/compare.ts';
import { chance } from '../../src/model/chance.ts';
import type { ChangeRule } from '../../src/model/change-rule.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { MINUTE_MS } from '../../src/model/time.ts';
import { simulate } from '../../src/run/simulate.ts';
import { parseChangeRule } from '../../src/scenario/change-rules.ts';
import { entry, limits, scenario } from '../support/scenario.ts';

const PRO = 'gemini-3-pro-image';
const QUOTA = scenario().quota;

/** Twenty a minute for half an hour under a limit of `rpm`. */
function minutes(rpm: number, overrides: Partial<Scenario> = {}): Scenario {
  return scenario({
    clock: { startAtMs: Date.UTC(2026, 11, 1, 18), durationMs: 30 * MINUTE_MS, drainMs: 10 * MINUTE_MS },
    quota: { ...QUOTA, limits: limits({ rpm, rpd: 100_000 }) },
    traffic: [entry({ kind: 'poisson', rate: { count: 20, perMs: MINUTE_MS } }, { durationMs: 30 * MINUTE_MS })],
    ...overrides,
  });
}

const run = (of: Scenario, seed = 1): Results => simulate(of, seed, { minutes: true });
const [WIDE, NARROW] = [run(minutes(30)), run(minutes(10))];

function rule(expression: string): ChangeRule {
  const read = parseChangeRule(expression);
  if (typeof read === 'string') throw new Error(read);
  return read;
}

function compared(base: Results, next: Results, rules: readonly string[] = [], seeds: CompareOptions['seeds'] = []) {
  return compare(base, next, { rules: rules.map(rule), seeds });
}

describe('what may be compared', () => {
  test('the same traffic under other limits', () => {
    expect(incomparable(WIDE, NARROW)).toEqual([]);
    expect(settingsChanged(WIDE.header.resolved, NARROW.header.resolved)).toEqual([
      { path: `quota.limits.${PRO} rpm`, base: 30, next: 10 },
    ]);
  });

  test('dollars are told in dollars', () => {
    const under = (spend10m: number): Scenario => scenario({ quota: { ...QUOTA, limits: limits({ spend10m }) } });
    expect(settingsChanged(under(10_000_000), under(200_000_000))).toMatchObject([{ base: '$10', next: '$200' }]);
  });

  test.each<[string, Partial<Scenario>, RegExp]>([
    ['another length', { clock: { ...minutes(1).clock, durationMs: 10 * MINUTE_MS } }, /1800000 ms and 600000 ms/],
    ['another day', { clock: { ...minutes(1).clock, startAtMs: Date.UTC(2026, 11, 2, 18) } }, /calendars start at/],
    [
      'another rate',
      { traffic: [entry({ kind: 'poisson', rate: { count: 21, perMs: MINUTE_MS } })] },
      /shape\.rate\.count is 20 in BASE and 21 in NEW/,
    ],
    ['another entry', { traffic: [entry({ kind: 'flood', requests: 5 }, { name: 'other' })] }, /traffic\.other is in NEW only/],
  ])('not %s', (_, overrides, reason) => {
    const reasons = incomparable(WIDE, run(minutes(30, overrides)));
    expect(reasons.join('\n')).toMatch(reason);
  });

  test('not another model or size: those are other requests', () => {
    const [before] = minutes(30).traffic;
    const bigger = run(minutes(30, { traffic: [{ ...before!, request: { ...before!.request, size: '4K' } }] }));
    expect(incomparable(WIDE, bigger).join('\n')).toMatch(/request\.size is "1K" in BASE and "4K" in NEW: other requests were asked for/);
  });

  test('not a run that broke off, and not one that offered nothing', () => {
    const warnings = [{ code: 'run-ended-early', text: 'The run was interrupted at 5 ms.' }];
    const torn = { ...WIDE, summary: { ...WIDE.summary, warnings } };
    expect(incomparable(torn, WIDE)).toEqual(['BASE did not run to its end: The run was interrupted at 5 ms.']);
    const empty = { ...WIDE, summary: { ...WIDE.summary, requests: { ...WIDE.summary.requests, offered: 0 } } };
    expect(incomparable(WIDE, empty)).toEqual(['NEW offered no request']);
  });

  test('a live run begins when it begins', () => {
    const live = (startAt: string, startAtMs: number): Results => {
      const resolved = { ...WIDE.header.resolved, clock: { ...WIDE.header.resolved.clock, startAtMs } };
      return { ...WIDE, header: { ...WIDE.header, mode: 'live', startAt, resolved } };
    };
    const [before, after] = [live('2026-12-01T18:00:00.000Z', 1), live('2026-12-02T09:00:00.000Z', 2)];
    expect(incomparable(before, after)).toEqual([]);
    expect(compared(before, after).notes.join('\n')).toContain('the hour, and what was used of the day, are not the same');
  });
});

describe('the bucket that explains it', () => {
  test('refuses where it did not', () => {
    const { culprit } = compared(WIDE, NARROW);
    expect(culprit).toMatchObject({ bucket: 'rpm', model: PRO, baseLimit: 30, nextLimit: 10 });
    expect(culprit!.nextRejected).toBe(NARROW.summary.attempts.throttled);
    expect(culprit!.baseRejected).toBe(WIDE.summary.attempts.throttled);
  });

  test('none where nothing changed', () => {
    expect(compared(WIDE, WIDE)).toMatchObject({ culprit: null, differences: [], passed: true });
  });

  test('one whose limit changed goes before one that refuses more for it', () => {
    const [first, second] = NARROW.summary.buckets.filter(({ bucket }) => bucket === 'rpm' || bucket === 'rpd');
    const also = {
      ...NARROW,
      summary: {
        ...NARROW.summary,
        buckets: [
          { ...(first!.bucket === 'rpd' ? first! : second!), rejected: 99_999 },
          ...NARROW.summary.buckets.filter(({ bucket }) => bucket === 'rpm'),
        ],
      },
    };
    expect(compared(WIDE, also).culprit?.bucket).toBe('rpm');
  });
});

describe('rules', () => {
  const why = (base: Results, next: Results, expression: string, seeds: CompareOptions['seeds'] = []) => {
    const [result] = compared(base, next, [expression], seeds).rules;
    return [result!.holds, result!.why];
  };

  test('a simulated run of the same seed differs by its settings alone: what is measured decides', () => {
    expect(why(WIDE, NARROW, 'delivered_per_min < -5%')).toEqual([true, 'exact']);
    expect(why(WIDE, WIDE, 'delivered_per_min < -5%')).toEqual([false, 'within']);
    expect(why(NARROW, WIDE, 'delivered_per_min < -5%')).toEqual([false, 'within']);
    expect(why(WIDE, WIDE, 'delivered_per_min <= 0%')).toEqual([true, 'exact']);
    expect(why(WIDE, NARROW, 'success_ratio < -0.9')).toEqual([false, 'within']);
  });

  test('with other luck the interval must exclude no change', () => {
    const [other, fewer] = [run(minutes(30), 2), run(minutes(10), 2)];
    expect(why(WIDE, fewer, 'delivered_per_min < -5%')).toEqual([true, 'told']);
    const lower = other.metric('delivered_per_min')! < WIDE.metric('delivered_per_min')! ? '<= -0.1%' : '>= 0.1%';
    expect(why(WIDE, other, `delivered_per_min ${lower}`)).toEqual([false, 'luck']);
  });

  test('a percentile of one run each has no interval: it is judged as measured, and that is said', () => {
    const slow = run(minutes(30, { service: { ...minutes(30).service, latency: { [PRO]: { kind: 'fixed', ms: 99_000 } } } }), 2);
    expect(why(WIDE, slow, 'latency_ms_p95 > 1s')).toEqual([true, 'one-run']);
  });

  test('over shared seeds every metric has an interval', () => {
    const pair = (a: number, b: number) => ({ base: { latency_ms_p95: a }, next: { latency_ms_p95: b } });
    expect(why(WIDE, NARROW, 'latency_ms_p95 > 1s', [pair(1_000, 3_000), pair(2_000, 4_100), pair(1_500, 3_500)])).toEqual([true, 'told']);
    expect(why(WIDE, NARROW, 'latency_ms_p95 > 1s', [pair(1_000, 9_000), pair(9_000, 2_000), pair(1_500, 9_900)])).toEqual([false, 'luck']);
  });

  test('a value that is gone breaks a rule about it; one that was never there does not', () => {
    const none = run(minutes(0));
    expect(why(WIDE, none, 'latency_ms_p95 > 5s')).toEqual([true, 'unknown']);
    expect(why(none, none, 'latency_ms_p95 > 5s')).toEqual([false, 'within']);
    expect(why(none, WIDE, 'latency_ms_p95 > 5s')).toEqual([false, 'within']);
  });

  test('from nothing any growth is more than any share', () => {
    const none = run(minutes(0));
    expect(why(none, WIDE, 'delivered_per_min > 1000%')[0]).toBe(true);
    expect(why(none, WIDE, 'delivered_per_min < -5%')[0]).toBe(false);
  });

  test('names may not change where that is asked', () => {
    expect(why(WIDE, NARROW, 'binding_bucket != base')).toEqual([true, 'exact']);
    expect(why(WIDE, WIDE, 'binding_bucket != base')).toEqual([false, 'within']);
  });
});

describe('intervals', () => {
  /** A run whose minutes are independent draws around `mean`. */
  function drawn(seed: number, mean: number, length = 60): Results {
    const timeline = Array.from({ length }, (_, minute) => ({ delivered: mean * 2 * chance(seed, 'arrivals' as never, minute, 0) }));
    const total = timeline.reduce((sum, { delivered }) => sum + delivered, 0);
    return { metric: () => total / length, timeline, summary: { durationMs: length * MINUTE_MS } } as unknown as Results;
  }

  test('of minutes that are independent cover the true change about as often as they say', () => {
    const runs = 600;
    let covered = 0;
    for (let seed = 0; seed < runs; seed++) {
      const { interval } = changeOverMinutes('delivered_per_min', drawn(2 * seed, 10), drawn(2 * seed + 1, 10));
      if (interval && interval.low <= 0 && interval.high >= 0) covered++;
    }
    expect(covered / runs).toBeGreaterThan(0.92);
    expect(covered / runs).toBeLessThan(0.98);
  });

  test('of minutes that hang together are not given: neighbours that resemble each other are one value, not many', () => {
    const trend = (slope: number): Results => {
      const timeline = Array.from({ length: 40 }, (_, minute) => ({ delivered: slope * minute }));
      return { metric: () => slope * 19.5, timeline, summary: { durationMs: 40 * MINUTE_MS } } as unknown as Results;
    };
    expect(changeOverMinutes('delivered_per_min', trend(1), trend(3)).interval).toBeNull();
  });

  test('of percentiles of one run are not given', () => {
    expect(changeOverMinutes('latency_ms_p95', WIDE, NARROW)).toMatchObject({ interval: null, basis: null });
  });

  test('of a ratio lie around the change that the summaries have', () => {
    const { amount, interval } = changeOverMinutes('success_ratio', WIDE, NARROW);
    expect(amount).toBeCloseTo((NARROW.metric('success_ratio') as number) - (WIDE.metric('success_ratio') as number), 12);
    expect((interval!.low + interval!.high) / 2).toBeCloseTo(amount!, 12);
    expect(interval!.high).toBeLessThan(0);
  });

  test('over seeds are of the differences seed by seed', () => {
    const pairs = [10, 20, 30].map((value) => ({ base: { cost_usd: value }, next: { cost_usd: value + 1 } }));
    expect(changeOverSeeds('cost_usd', pairs)).toMatchObject({
      base: 20,
      next: 21,
      amount: 1,
      interval: { low: 1, high: 1 },
      basis: 'seeds',
    });
  });

  test('over seeds of which one knows no value are not given', () => {
    const pairs = [
      { base: { cost_usd: 1 }, next: { cost_usd: 2 } },
      { base: { cost_usd: 1 }, next: { cost_usd: null } },
    ];
    expect(changeOverSeeds('cost_usd', pairs)).toMatchObject({ next: null, amount: null, interval: null });
  });
});
