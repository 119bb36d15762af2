/**
 * Clients, lanes and projects at their corners: numbers that were worked out by hand, to the integer, before they were run.
 * The marks on a time line that the comments use are seconds since the start.
 */
import { describe, expect, test } from 'vitest';
import { at, every, LITE, LITE_BATCH, LITE_COST, lite, named, overloaded, PRO, PRO_COST, played, sent } from '../support/by-hand.ts';

const HOUR_MS = 3_600_000;
const ALWAYS = overloaded('18:00Z', '20:00Z');
const sentAt = (run: ReturnType<typeof played>) => run.sends.map((row) => row.sentMs);
const outcomes = ({ requests }: ReturnType<typeof played>) =>
  requests.toSorted((a, b) => a.request - b.request).map(({ outcome, doneMs }) => [outcome, doneMs]);

describe('retry', () => {
  // base 2 s, factor 3, cap 5 s: the three waits before the cap, in ms
  const uncapped = { exponential: [2_000, 6_000, 18_000], linear: [2_000, 4_000, 6_000], constant: [2_000, 2_000, 2_000] };
  const CAP_MS = 5_000;
  const bounds = (jitter: string, v: number, lastMs: number): [number, number] => {
    const capped = Math.min(CAP_MS, v);
    if (jitter === 'full') return [0, capped];
    if (jitter === 'equal') return [capped / 2, capped];
    if (jitter === 'additive') return [capped, Math.min(CAP_MS, v + 1_000)];
    if (jitter === 'decorrelated') return [2_000, Math.min(CAP_MS, 3 * lastMs)];
    return [capped, capped];
  };

  test.each(
    Object.keys(uncapped).flatMap((growth) => ['none', 'full', 'equal', 'decorrelated', 'additive'].map((jitter) => [growth, jitter])),
  )('%s growth with %s jitter stays within its bounds and comes near to both', (growth, jitter) => {
    const run = played({
      service: ALWAYS,
      traffic: [at('+0s', 200)],
      client: { retry: { attempts: 4, growth, base: '2s', factor: 3, cap: '5s', jitter } },
    });
    const [lows, highs]: [number[], number[]] = [
      [1, 1, 1],
      [0, 0, 0],
    ];
    for (const { request } of run.requests) {
      const tries = run.sends.filter((row) => row.request === request);
      expect(tries).toHaveLength(4);
      let lastMs = 2_000;
      for (const [i, v] of uncapped[growth as keyof typeof uncapped].entries()) {
        const waitMs = tries[i + 1]!.sentMs - tries[i]!.doneMs!;
        const [low, high] = bounds(jitter!, v, lastMs);
        expect(waitMs).toBeGreaterThanOrEqual(low);
        expect(waitMs).toBeLessThanOrEqual(high);
        const share = high === low ? 0.5 : (waitMs - low) / (high - low);
        lows[i] = Math.min(lows[i]!, share);
        highs[i] = Math.max(highs[i]!, share);
        lastMs = waitMs;
      }
    }
    if (jitter !== 'none') expect(Math.max(...lows)).toBeLessThan(0.51);
    for (const [i, low] of lows.entries()) if (low !== 0.5) expect([low < 0.1, highs[i]! > 0.9]).toEqual([true, true]);
  });

  test('a budget of one retry for two requests: the second and fourth that fail have one, the fifth not', () => {
    const run = played({
      service: ALWAYS,
      traffic: named([at('+0s', 4), at('+10s'), at('+11s')]),
      client: { retry: { attempts: 5, base: '1s', jitter: 'none', budgetRatio: 0.5 } },
    });
    expect(sent(run).map(([request, sentMs]) => [request, sentMs])).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 0],
      [1, 3_000],
      [3, 3_000],
      [4, 10_000],
      [5, 11_000],
      [5, 14_000],
    ]);
  });

  test('a told delay counts past the cap, and is obeyed to 250 ms', () => {
    const told = (retry: object) =>
      played({
        at: '2026-12-01T18:00:20Z',
        limits: { [PRO]: { ipm: 1 } },
        traffic: [at('+0s', 2)],
        client: { retry: { attempts: 3, base: '1s', cap: '1s', ...retry } },
      });
    expect(sentAt(told({ jitter: 'none' }))).toEqual([0, 0, 40_000]);
    const [, , jittered] = sentAt(told({ jitter: 'full' }));
    expect(jittered).toBeGreaterThanOrEqual(40_000);
    expect(jittered).toBeLessThanOrEqual(40_250);
    expect(sentAt(told({ jitter: 'none', obeyRetryInfo: false }))).toEqual([0, 0, 1_000, 2_000]);
    expect(sentAt(told({ jitter: 'none', throttledAttempts: 1 }))).toEqual([0, 0]);
  });

  test('a 429 that takes its time tells the delay that is left', () => {
    const run = played({
      at: '2026-12-01T18:00:20Z',
      limits: { [PRO]: { ipm: 1 } },
      service: { refusalLatency: '700ms' },
      traffic: [at('+0s', 2)],
      client: { retry: { jitter: 'none' } },
    });
    expect(sentAt(run)).toEqual([0, 0, 40_000]);
  });

  test.each([
    ['2026-11-01T07:00:00Z', [90_000_000]], // 25 hours
    ['2027-03-14T08:00:00Z', [82_800_000]], // 23 hours
    ['2028-02-28T20:00:00Z', [43_200_000, 129_600_000]], // noon, then the 29th
    ['2026-12-31T20:00:00Z', [43_200_000]], // the year's last noon
  ])('who waits for the day to end is sent at midnight in Los Angeles: from %s', (start, resetsMs) => {
    const run = played({
      at: start,
      drain: '3d',
      limits: { [PRO]: { rpd: 1 } },
      traffic: [at('+0s', 1 + resetsMs.length)],
      client: { retry: { jitter: 'none', onDailyLimit: 'wait' } },
    });
    expect(run.sends.filter((row) => row.httpStatus === 200).map((row) => row.sentMs)).toEqual([0, ...resetsMs]);
  });

  test.each([
    ['a 429 where only 503 is retried', { limits: { [PRO]: { ipm: 1 } } }, [503], 2],
    ['a 503 where only 429 is retried', { service: ALWAYS }, [429], 2],
    ['a spent day where only that is', { limits: { [PRO]: { rpd: 1 } } }, ['rpd'], 3],
    ['a spent minute where only a spent day is', { limits: { [PRO]: { ipm: 1 } } }, ['rpd'], 2],
    ['a blocked image where nothing of it is said', { service: { blockRatio: 1 } }, [429, '5xx'], 2],
    ['a blocked image once', { service: { blockRatio: 1 } }, ['safety'], 4],
  ])('of two requests, %s', (_, file, retryOn, attempts) => {
    const { summary } = played({
      drain: '2d',
      ...file,
      traffic: [at('+0s', 2)],
      client: { retry: { attempts: 5, jitter: 'none', retryOn, onDailyLimit: 'wait' } },
    });
    expect(summary.attempts.sent).toBe(attempts);
  });

  test('who waits for a retry keeps its slot: the second request goes when the first has ended', () => {
    const run = played({
      service: ALWAYS,
      traffic: [at('+0s', 2)],
      client: { concurrency: 1, retry: { attempts: 2, base: '1s', jitter: 'none' } },
    });
    expect(sentAt(run)).toEqual([0, 3_000, 5_000, 8_000]);
  });

  test('a waiting retry is dropped at the deadline of its entry', () => {
    const run = played({
      service: ALWAYS,
      traffic: [at('+0s', 1, { deadline: '10s' })],
      client: { retry: { attempts: 3, base: '10s', jitter: 'none' } },
    });
    expect(outcomes(run)).toEqual([['deadline', 10_000]]);
    expect(run.summary).toMatchObject({ dropped: { deadline: 1 }, attempts: { sent: 1, overloaded: 1 } });
  });

  test('a spent window tells no delay: it gets the backoff, and a minute from `recommended`', () => {
    const spent = (retry: unknown) => played({ drain: '20m', account: { spend10mUsd: 0.2 }, traffic: [at('+0s', 2)], client: { retry } });
    expect(sent(spent({ attempts: 3, base: '1s', jitter: 'none' }))).toEqual([
      [0, 0, 200],
      [1, 0, 429],
      [1, 1_000, 429],
      [1, 3_000, 429],
    ]);
    const [, , ...again] = sentAt(spent('recommended'));
    expect(again.map((sentMs, i) => Math.floor((sentMs - (again[i - 1] ?? 0)) / 1_000))).toEqual(again.map(() => 60));
  });

  test('a budget that is spent ends a waiting retry', () => {
    const run = played({
      service: ALWAYS,
      traffic: [at('+0s')],
      budget: { requests: 2 },
      client: { retry: { attempts: 5, base: '1s', jitter: 'none' } },
    });
    expect(outcomes(run)).toEqual([['budget', 7_000]]);
  });
});

describe('pace, limits and concurrency of its own', () => {
  test('pace and slots together: whichever is later', () => {
    // Two slots of 12 s, a turn each 5 s from the last send: 12 (slot), 17 (both), 24 (slot).
    const latency = { latency: { [PRO]: { fixed: '12s' } } };
    const run = played({ service: latency, traffic: [at('+0s', 5)], client: { pace: '12/min', concurrency: 2 } });
    expect(sentAt(run)).toEqual([0, 5_000, 12_000, 17_000, 24_000]);
  });

  test('dollars in ten minutes less a tenth: 900,000 µ$ hold six, the rest comes in at 1.5 µ$ a ms', () => {
    // 6 × 136,556 leave 80,664; 55,892 are missing: 37,262 ms. Then a single one is over, and 136,555 take 91,037 ms.
    const run = played({ duration: '10m', traffic: [at('+0s', 8)], client: { limits: { spend10mUsd: 1, margin: 0.1 } } });
    expect(sentAt(run)).toEqual([0, 0, 0, 0, 0, 0, 37_262, 128_299]);
  });

  test('tokens less a fifth: two of 400 at once, then one each 30 s; a looser limit beside it changes nothing', () => {
    const run = played({ duration: '2m', traffic: [at('+0s', 4, lite)], client: { limits: { tpm: 1_000, rpm: 10, margin: 0.2 } } });
    expect(sentAt(run)).toEqual([0, 0, 30_000, 60_000]);
  });

  test('adaptive concurrency: one more for each round, a half for each failure, never outside of its bounds', () => {
    // 1; 2; 2.5, 2.9; 3.24, 3.55; 3.83, then 4. From 20 all fail after 2 s: 4, 2, 1, and one at a time.
    const run = played({
      service: overloaded('+20s', '+10m'),
      traffic: [at('+0s', 16)],
      client: { adaptive: { min: 1, max: 4 } },
    });
    expect(sentAt(run)).toEqual([0, ...[5, 5, 10, 10, 15, 15, 15, 20, 20, 20, 20, 22, 24, 26, 28].map((s) => s * 1_000)]);
  });
});

describe('breaker', () => {
  test('429s count where it says so', () => {
    // One a second, one a minute passes. 1 and 2 fail: open to 12; 12 fails: to 22; 22 fails: to 32.
    const { summary } = played({
      duration: '30s',
      limits: { [PRO]: { rpm: 1 } },
      traffic: [every('1s', 30)],
      client: { breaker: { failures: 2, cooldown: '10s', counts: [429] } },
    });
    expect(summary).toMatchObject({
      requests: { delivered: 1, failed: 4, dropped: 25 },
      dropped: { breaker: 25 },
      breakers: [{ model: PRO, openings: 3, openMs: 28_000 }],
      audit: { breaker: { openingsADay: 3, isSystemic: true } },
    });
  });

  test('of several after the cooldown one is the trial, with its retries; the others are not called until it ended', () => {
    // 0: 503 at 2 and 5: open to 15. 12: two dropped. 15: one of three goes, 503 at 17, again at 18. 20: two dropped. 23: it is
    // delivered, and then both that come at 23 go.
    const run = played({
      service: overloaded('+0s', '+16s'),
      traffic: named([at('+0s'), at('+12s', 2), at('+15s', 3), at('+20s', 2), at('+23s', 2)]),
      client: { breaker: { failures: 1, cooldown: '10s' }, retry: { attempts: 2, base: '1s', jitter: 'none' } },
    });
    expect(run.summary).toMatchObject({ requests: { delivered: 3, failed: 1, dropped: 6 }, attempts: { sent: 6 } });
    expect(sentAt(run)).toEqual([0, 3_000, 15_000, 18_000, 23_000, 23_000]);
  });

  test('afterCooldown closed: all go again, with the count at 0', () => {
    // Each 2 s; 0 and 2 fail: open from 4 to 14; 14 and 16 fail: open from 18 to 28; 28 fails, from 30 on all is well.
    const { summary } = played({
      service: overloaded('+0s', '+30s'),
      traffic: [every('2s', 20)],
      client: { breaker: { failures: 2, cooldown: '10s', afterCooldown: 'closed' } },
    });
    expect(summary).toMatchObject({
      requests: { delivered: 5, failed: 5, dropped: 10 },
      breakers: [{ openings: 2, openMs: 20_000 }],
    });
  });

  test('afterCooldown closed: it is open for its cooldown and no longer, whenever somebody comes', () => {
    const { summary } = played({
      service: overloaded('+0s', '+20s'),
      traffic: [every('30s', 2)],
      client: { breaker: { failures: 1, cooldown: '10s', afterCooldown: 'closed' } },
      thresholds: ['breaker_open_ratio == 0.16666666666666666'],
    });
    expect(summary).toMatchObject({ requests: { delivered: 1, failed: 1 }, breakers: [{ openings: 1, openMs: 10_000 }], passed: true });
  });

  test('afterCooldown closed: a failure that comes after the cooldown counts, though nobody has asked since', () => {
    // 0 fails at 2: open to 12. 1, sent at 1, times out at 16 and opens it again, to 26: that of 20 is dropped.
    const run = played({
      service: { latency: { [PRO]: { fixed: '30s' } }, ...overloaded('+0s', '+1s') },
      traffic: named([at('+0s'), at('+1s'), at('+20s')]),
      client: { timeout: '15s', breaker: { failures: 1, cooldown: '10s', afterCooldown: 'closed' } },
    });
    expect(outcomes(run)).toEqual([
      ['failed', 2_000],
      ['failed', 16_000],
      ['breaker', 20_000],
    ]);
  });

  test.each([
    ['model', 2, 2],
    ['chain', 4, 0],
  ])('scope %s: where another model answers in between, %i fail and %i are dropped', (scope, failed, dropped) => {
    const { summary } = played({
      service: overloaded('18:00Z', '19:00Z', { models: [PRO] }),
      traffic: named([every('10s', 4), { ...every('10s', 4, lite), startAt: '+5s' }]),
      client: { breaker: { failures: 2, cooldown: '1m', scope } },
    });
    expect(summary.requests).toMatchObject({ delivered: 4, failed, dropped });
  });

  test('two openings a day are not systemic, on whichever side of midnight the third is', () => {
    // Open at 2, at midnight and 8 s later.
    const { summary } = played({
      at: '2026-12-01T23:59:50Z',
      service: overloaded('23:00Z', '01:00Z'),
      traffic: [every('8s', 3)],
      client: { breaker: { failures: 1, cooldown: '5s' } },
    });
    expect(summary.audit.breaker).toMatchObject({ openings: 3, openingsADay: 2, isSystemic: false });
  });
});

describe('fallback and hedge', () => {
  const asked = { request: { model: PRO, promptTokens: 400 } };

  test('another model, then the batch lane: half of the price of that model, an hour after its minute of gathering', () => {
    const run = played({
      drain: '2h',
      service: { ...ALWAYS, batch: { turnaround: { p50: '1h', p95: '1h' } } },
      traffic: [at('+0s', 1, asked)],
      client: { fallback: [LITE, { lane: 'batch' }] },
    });
    expect(outcomes(run)).toEqual([['delivered', 4_000 + 60_000 + HOUR_MS]]);
    expect(run.summary).toMatchObject({ attempts: { sent: 3, ok: 1, overloaded: 2, wasted: 2 }, costUsd: { total: LITE_BATCH / 1e6 } });
  });

  test('a row that failed in the batch lane goes on along the chain that brought it there', () => {
    const run = played({
      drain: '2h',
      service: { faults: [{ class: 'server.internal', ratio: 1 }], batch: { turnaround: { p50: '1h', p95: '1h' } } },
      providers: { elsewhere: { usdPerImage: 0.05, latency: { fixed: '3s' }, errorRate: 0 } },
      traffic: [at('+0s', 1, asked)],
      client: { fallback: [{ lane: 'batch' }, { provider: 'elsewhere' }] },
    });
    const [refused, row, provided] = run.sends;
    expect([refused?.lane, row?.lane, provided?.lane]).toEqual(['interactive', 'batch', 'interactive']);
    expect([refused?.outcome, row?.outcome, provided?.outcome]).toEqual([null, null, 'delivered']);
    expect(provided!.sentMs).toBe(row!.doneMs);
    expect(run.summary).toMatchObject({ requests: { delivered: 1 }, costUsd: { total: 0.05 } });
  });

  test('each step of a chain has fresh attempts, a provider too', () => {
    const chain = (errorRate: number) =>
      played({
        service: ALWAYS,
        providers: { elsewhere: { usdPerImage: 0.05, latency: { fixed: '3s' }, errorRate } },
        traffic: [at('+0s', 1, asked)],
        client: { retry: { attempts: 2, base: '1s', jitter: 'none' }, fallback: [LITE, { provider: 'elsewhere' }] },
      });
    expect(sentAt(chain(1))).toEqual([0, 3_000, 5_000, 8_000, 10_000, 14_000]);
    expect(chain(1).summary).toMatchObject({ requests: { failed: 1 }, attempts: { errored: 2 }, costUsd: { total: 0 } });
    expect(chain(0).summary).toMatchObject({ latencyMs: { max: 13_000 }, costUsd: { total: 0.05, perDeliveredImage: 0.05 } });
  });

  test('a fallback for a spent day is none for a spent minute', () => {
    const fallen = (limits: object) =>
      played({ limits: { [PRO]: limits }, traffic: [at('+0s', 2, asked)], client: { fallback: [{ model: LITE, on: ['rpd'] }] } }).summary;
    expect(fallen({ rpd: 1 })).toMatchObject({ requests: { delivered: 2 }, attempts: { sent: 3 } });
    expect(fallen({ ipm: 1 })).toMatchObject({ requests: { delivered: 1, failed: 1 }, attempts: { sent: 2 } });
  });

  test('a hedge beside an answer that comes is paid for and thrown away', () => {
    const { summary } = played({ traffic: [at('+0s')], client: { hedge: { after: '3s' } } });
    expect(summary).toMatchObject({
      attempts: { sent: 2, ok: 1, errored: 1, wasted: 1 },
      latencyMs: { max: 5_000 },
      costUsd: { total: (2 * PRO_COST) / 1e6, wasted: PRO_COST / 1e6, uncertain: PRO_COST / 1e6 },
    });
  });

  test('a hedge saves a first attempt that fails, and costs one image', () => {
    const { summary } = played({
      service: { ...overloaded('+0s', '+1s'), overloadLatency: '4s' },
      traffic: [at('+0s')],
      client: { hedge: { after: '3s' } },
    });
    expect(summary).toMatchObject({
      attempts: { sent: 2, ok: 1, overloaded: 1 },
      latencyMs: { max: 8_000 },
      serviceMs: { max: 5_000 },
      costUsd: { total: PRO_COST / 1e6 },
    });
  });

  test('where both fail the pair is one try; without a free slot there is none', () => {
    const file = { service: { ...ALWAYS, overloadLatency: '4s' }, traffic: [at('+0s')] };
    const retry = { attempts: 2, base: '1s', jitter: 'none' };
    expect(sentAt(played({ ...file, client: { hedge: { after: '3s' }, retry } }))).toEqual([0, 3_000, 8_000, 11_000]);
    expect(sentAt(played({ ...file, client: { hedge: { after: '3s' }, retry, concurrency: 1 } }))).toEqual([0, 5_000]);
  });

  test('a hedge has a timeout of its own, and does not wait for a turn of the pace', () => {
    // 12 s are too long: given up at 8, the hedge at 11.
    const slow = { service: { latency: { [PRO]: { fixed: '12s' } } }, traffic: [at('+0s')] };
    const run = played({ ...slow, client: { timeout: '8s', hedge: { after: '3s' } } });
    expect(outcomes(run)).toEqual([['failed', 11_000]]);
    expect(run.summary.attempts).toMatchObject({ sent: 2, errored: 2 });
    expect(sentAt(played({ ...slow, client: { pace: '6/min', hedge: { after: '3s' } } }))).toEqual([0]);
  });
});

describe('batch lane', () => {
  const batch = (turnaround: string) => ({ batch: { turnaround: { p50: turnaround, p95: turnaround } } });
  const rows = (requests: number, more: object = {}) => [at('+0s', requests, { ...lite, lane: 'batch', ...more })];
  const one = { client: { batch: { rowsPerJob: 1 } } };

  test.each([
    ['50h', 'failed', 0],
    ['48h', 'delivered', LITE_BATCH],
  ])('a job that would take %s: %s after 48 hours', (turnaround, outcome, microUsd) => {
    const run = played({ service: batch(turnaround), traffic: rows(1, { deadline: '3d' }) });
    expect(outcomes(run)).toEqual([[outcome, 48 * HOUR_MS]]);
    expect(run.summary.costUsd.total).toBe(microUsd / 1e6);
  });

  test('what is in flight at the deadline of a day is awaited', () => {
    expect(outcomes(played({ service: batch('50h'), traffic: rows(1) }))).toEqual([['failed', 48 * HOUR_MS]]);
  });

  test('two jobs at a time', () => {
    const run = played({ account: { batchJobs: 2 }, service: batch('1h'), traffic: rows(5), ...one });
    expect(run.requests.map(({ doneMs }) => doneMs! / HOUR_MS)).toEqual([1, 1, 2, 2, 3]);
  });

  test('a hundred jobs at a time, as documented', () => {
    const run = played({ quota: { profile: 'best-known' }, service: batch('1h'), traffic: rows(101), ...one });
    expect(run.requests.filter(({ doneMs }) => doneMs === HOUR_MS)).toHaveLength(100);
    expect(run.requests.filter(({ doneMs }) => doneMs === 2 * HOUR_MS)).toHaveLength(1);
  });

  test('a deadline of 90 minutes: done, back too late and billed, never handed in', () => {
    const run = played({ account: { batchJobs: 1 }, service: batch('1h'), traffic: rows(3, { deadline: '90m' }), ...one });
    expect(outcomes(run)).toEqual([
      ['delivered', HOUR_MS],
      ['failed', 2 * HOUR_MS],
      ['deadline', 1.5 * HOUR_MS],
    ]);
    expect(run.summary.costUsd.total).toBe((2 * LITE_BATCH) / 1e6);
  });

  test.each([
    ['3599999ms', 'failed'],
    ['60m', 'blocked'],
  ])('a blocked image that is back after an hour, with a deadline of %s, is %s', (deadline, outcome) => {
    const run = played({ service: { ...batch('1h'), blockRatio: 1 }, traffic: rows(1, { deadline }) });
    expect(outcomes(run)).toEqual([[outcome, HOUR_MS]]);
  });

  test('a job goes whole, to the project of its first row', () => {
    const run = played({ quota: { projects: 2 }, service: batch('1h'), traffic: rows(4), client: { batch: { rowsPerJob: 2 } } });
    expect(run.sends.map((row) => row.project)).toEqual(['p1', 'p1', 'p1', 'p1']);
  });

  test('a month counts rows at half their price, and what was spent before', () => {
    const both = (monthlyUsd: number, spentThisMonthUsd: number) =>
      played({
        account: { monthlyUsd },
        quota: { spentThisMonthUsd },
        service: batch('1h'),
        traffic: [...rows(2, { name: 'night' }), at('+1s', 1, { ...lite, name: 'now' })],
      }).summary;
    expect(both(0.0337, 0).traffic).toMatchObject({ night: { requests: { delivered: 2 } }, now: { requests: { failed: 1 } } });
    expect(both(1, 0.5).tightestBucket).toMatchObject({
      bucket: 'monthly',
      utilisation: (500_000 + 2 * LITE_BATCH + LITE_COST) / 1_000_000,
    });
  });
});

describe('schedule, priority and projects', () => {
  test('a window over midnight, in the night in which London puts its clocks on', () => {
    // 22:00 GMT is 22:00Z, 05:00 BST is 04:00Z, and 22:00 BST is 21:00Z: open from hour 2 to 8 and again from 25.
    const run = played({
      at: '2027-03-27T20:00:00Z',
      duration: '28h',
      traffic: [every('1h', 27)],
      client: { schedule: { allow: ['22:00-05:00 Europe/London'] } },
    });
    const hours = [2, 2, 2, 3, 4, 5, 6, 7, ...new Array(18).fill(25), 26];
    expect(sentAt(run)).toEqual(hours.map((hour) => hour * HOUR_MS));
  });

  test('clients that share a quota alone: when their windows open at one instant, priority comes before place in the file', () => {
    const client = () => ({ client: { schedule: { allow: ['18:01Z-19:00Z'] } } });
    const { summary } = played({
      duration: '90s',
      limits: { [PRO]: { ipm: 3 } },
      traffic: [at('+0s', 3, { name: 'night', ...client() }), at('+0s', 3, { name: 'people', priority: 1, ...client() })],
    });
    expect([summary.traffic['people']?.requests.delivered, summary.traffic['night']?.requests.delivered]).toEqual([3, 0]);
  });

  test('of a full queue nobody is turned out, whatever the priority', () => {
    const run = played({
      traffic: named([at('+0s', 2), at('+1s', 1, { priority: 9 })]),
      client: { concurrency: 1, queue: { limit: 1 } },
    });
    expect(outcomes(run)).toEqual([
      ['delivered', 5_000],
      ['delivered', 10_000],
      ['queueFull', 1_000],
    ]);
  });

  test.each([
    ['round-robin', ['p1', 'p2', 'p3', 'p1', 'p2', 'p3']],
    ['least-loaded', ['p1', 'p2', 'p3', 'p1', 'p3', 'p3']], // at 6 s only p2 is busy, with a Lite that takes 20 s
  ])('spread %s', (spread, projects) => {
    const run = played({
      quota: { projects: 3, spread },
      service: { latency: { [PRO]: { fixed: '5s' }, [LITE]: { fixed: '20s' } } },
      traffic: named([at('+0s'), at('+0s', 1, lite), at('+0s'), at('+6s', 3)]),
    });
    expect(run.sends.map((row) => row.project)).toEqual(projects);
  });

  test('spread sticky keeps a job together, round-robin does not, and a retry stays where it was', () => {
    const images = { request: { model: PRO, promptTokens: 10, images: 2 } };
    const spread = (kind: string, service = {}) =>
      played({
        quota: { projects: 2, spread: kind },
        service,
        traffic: [at('+0s', 3, images)],
        client: { retry: { attempts: 2, jitter: 'none' } },
      }).sends.map((row) => row.project);
    expect(spread('sticky')).toEqual(['p1', 'p1', 'p2', 'p2', 'p1', 'p1']);
    expect(spread('round-robin', ALWAYS)).toEqual(['p1', 'p2', 'p1', 'p2', 'p1', 'p2', 'p1', 'p2', 'p1', 'p2', 'p1', 'p2']);
  });

  test('three projects on two accounts: two images for each account', () => {
    // 0.1 dollars hold two Lite images. p1 and p3 share the first account.
    const { summary, sends } = played({
      quota: { projects: 3, accounts: 2 },
      account: { spend10mUsd: 0.1 },
      traffic: [at('+0s', 9, lite)],
    });
    expect(sends.filter((row) => row.httpStatus === 200).map((row) => [row.request, row.project])).toEqual([
      [0, 'p1'],
      [1, 'p2'],
      [2, 'p3'],
      [4, 'p2'],
    ]);
    expect(summary).toMatchObject({ requests: { failed: 5 }, firstBucket: { bucket: 'spend10m', model: null, project: null } });
  });

  test('a new request of higher priority goes before a waiting retry', () => {
    const run = played({
      service: overloaded('+0s', '+1s'),
      traffic: [at('+0s', 1, { name: 'night' }), at('+4s', 1, { name: 'people', priority: 3 })],
      client: { pace: '12/min', retry: { attempts: 2, base: '1s', jitter: 'none' } },
    });
    expect(run.sends.map((row) => [row.traffic, row.sentMs])).toEqual([
      ['night', 0],
      ['people', 5_000],
      ['night', 10_000],
    ]);
  });

  test('users who are refused think and ask again', () => {
    // One an instant passes in the minute. The second asks at 0, 10, … 50, the first after its image at 15, 25, … 55.
    const shape = { kind: 'users', users: 2, think: { mean: '10s', distribution: 'fixed' } };
    const { summary } = played({ limits: { [PRO]: { ipm: 1 } }, traffic: [{ shape, request: { model: PRO } }] });
    expect(summary.requests).toMatchObject({ offered: 12, delivered: 1, failed: 11 });
  });

  test('what was used today is used in each project', () => {
    const run = played({ quota: { projects: 2, usedToday: { [PRO]: 2 } }, limits: { [PRO]: { rpd: 3 } }, traffic: [at('+0s', 4)] });
    expect(run.sends.map((row) => row.httpStatus)).toEqual([200, 200, 429, 429]);
  });
});

describe('audit and thresholds', () => {
  test('retries before the told instant are early, those after a limit of 0 are hopeless', () => {
    const early = played({
      at: '2026-12-01T18:00:50Z',
      limits: { [PRO]: { ipm: 1 } },
      traffic: [at('+0s', 2)],
      client: { retry: { attempts: 3, base: '1s', jitter: 'none', obeyRetryInfo: false } },
    }).summary.audit;
    expect(early).toMatchObject({ earlyRetries: 2, hopelessRetries: 0, wastedCalls: [{ class: 'quota.ipm', calls: 3 }], amplification: 2 });
    const hopeless = played({ limits: { [PRO]: { ipm: 0 } }, traffic: [at('+0s')], client: { retry: 'litellm' } }).summary.audit;
    expect(hopeless).toMatchObject({ hopelessRetries: 2, wastedUsd: 0, attemptsPerRequest: 3 });
    const copied = played({ limits: { [PRO]: { ipm: 0 } }, traffic: [at('+0s')], client: { retry: {} } }).summary;
    expect(copied).toMatchObject({ attempts: { sent: 1 }, audit: { hopelessRetries: 0 } });
  });

  test('a figure that is just reached raises no alert', () => {
    const codes = (file: Parameters<typeof played>[0]) => played(file).summary.audit.alerts.map(({ code }) => code);
    const once = overloaded('+10s', '+11s');
    expect(codes({ service: once, traffic: [every('1s', 50)] })).toEqual([]); // 1 of 50
    expect(codes({ service: once, traffic: [every('1s', 49)] })).toEqual(['503-share']);
    expect(codes({ limits: { [PRO]: { rpd: 20 } }, traffic: [at('+0s', 17)] })).toEqual([]);
    expect(codes({ limits: { [PRO]: { rpd: 20 } }, traffic: [at('+0s', 18)] })).toEqual(['rpd-utilisation']);
    expect(codes({ limits: { [PRO]: { ipm: 4 } }, traffic: [at('+0s', 5)] })).toEqual([]); // 1 of 5
    expect(codes({ limits: { [PRO]: { ipm: 3 } }, traffic: [at('+0s', 4)] })).toEqual(['error-share']);
    const denied = { faults: [{ class: 'auth.key-invalid', ratio: 1, from: '+0s', to: '+1s' }] };
    expect(codes({ service: denied, traffic: [every('1s', 20)] })).toEqual([]); // that one is a 400
    const forbidden = { faults: [{ class: 'auth.project-denied', ratio: 1, from: '+0s', to: '+1s' }] };
    expect(codes({ service: forbidden, traffic: [every('1s', 20)] })).toEqual(['403']);
  });

  test('thresholds hold at the figure itself, in whatever unit it is written', () => {
    // Ten Lite images, nine pass: 0.3033 dollars.
    const { summary } = played({
      limits: { [LITE]: { ipm: 9 } },
      traffic: [at('+0s', 10, lite)],
      thresholds: [
        'success_ratio >= 0.9',
        'success_ratio >= 90%',
        'error_ratio <= 0.1',
        'throttled_ratio == 10%',
        'wasted_ratio <= 0.1',
        'offered_per_min == 10/min',
        'delivered_per_min >= 9',
        'attempts_per_request == 1',
        'attempts_per_min <= 10/min',
        'latency_ms_p95 <= 5s',
        'latency_ms_max <= 5000',
        'makespan_ms == 5s',
        'cost_usd <= 0.3033',
        'cost_usd_per_image <= 0.0337',
        'peak_utilisation == 1',
        'peak_utilisation_ipm == 100%',
        'first_bucket == ipm',
        'binding_bucket == ipm',
        'tightest_bucket == ipm',
        'pending == 0',
        'breaker_openings == 0',
        'denied_ratio == 0',
      ],
    });
    expect(summary.thresholds.filter(({ passed }) => !passed)).toEqual([]);
    expect(summary.costUsd.total).toBe((9 * LITE_COST) / 1e6);
  });
});

describe('edges of the service', () => {
  test('a latency that equals the deadline is an image, a longer one a 504 that is billed', () => {
    const deadline = (text: string) => played({ service: { deadline: text }, traffic: [at('+0s')] }).summary;
    expect(deadline('5s')).toMatchObject({ attempts: { ok: 1 }, latencyMs: { max: 5_000 } });
    expect(deadline('4999ms')).toMatchObject({ attempts: { errored: 1 }, costUsd: { total: PRO_COST / 1e6, uncertain: PRO_COST / 1e6 } });
  });

  test('overload: the first rule that matches counts, and slows what it does not break', () => {
    const overload = [
      { from: '18:00Z', to: '18:01Z', errorRate: 0, latencyFactor: 2 },
      { from: '+0s', to: '+10m', errorRate: 1 },
    ];
    const run = played({ duration: '2m', service: { overload }, traffic: [every('1m', 2)] });
    expect(outcomes(run)).toEqual([
      ['delivered', 10_000],
      ['failed', 62_000],
    ]);
  });

  test('the spend window forgets an image after exactly ten minutes', () => {
    const run = played({
      duration: '11m',
      account: { spend10mUsd: 0.0674 },
      traffic: named([at('+0s', 2, lite), at('+599999ms', 1, lite), at('+10m', 2, lite)]),
    });
    expect(run.sends.map((row) => row.httpStatus)).toEqual([200, 200, 429, 200, 200]);
  });

  test('an answer at exactly the end counts, a later one is pending at list price', () => {
    const { summary } = played({ duration: '10s', drain: '0s', traffic: named([at('+5s'), at('+6s')]) });
    expect(summary).toMatchObject({
      requests: { delivered: 1, pending: 1 },
      attempts: { sent: 2, ok: 1, open: 1, wasted: 0 },
      costUsd: { total: (2 * PRO_COST) / 1e6 },
    });
  });

  test('reference images count 258 tokens each', () => {
    const request = { model: LITE, promptTokens: 400, referenceImages: 1 };
    const { summary } = played({ limits: { [LITE]: { tpm: 1_315 } }, traffic: [at('+0s', 2, { request })] });
    expect(summary).toMatchObject({ requests: { delivered: 1, failed: 1 }, firstBucket: { bucket: 'tpm' } }); // 2 × 658 = 1,316
  });

  test('dollars to the last: a budget and a month are spent to the micro-dollar', () => {
    const spent = (file: object) => played({ traffic: [at('+0s', 3, lite)], ...file }).summary;
    expect(spent({ budget: { usd: 0.0674 } })).toMatchObject({ requests: { delivered: 2 }, dropped: { budget: 1 } });
    expect(spent({ budget: { usd: 0.067399 } })).toMatchObject({ requests: { delivered: 1 }, dropped: { budget: 2 } });
    const month = { account: { monthlyUsd: 0.1 }, quota: { spentThisMonthUsd: 0.0326 } };
    expect(spent(month)).toMatchObject({ requests: { delivered: 2, failed: 1 }, firstBucket: { bucket: 'monthly' } });
  });

  test('a 503 takes of rpm, not of ipm; overload may last over midnight', () => {
    const run = played({
      limits: { [PRO]: { rpm: 3, ipm: 1 } },
      service: overloaded('+0s', '+1s'),
      traffic: named([at('+0s', 2), at('+2s', 2)]),
    });
    expect(run.sends.map((row) => row.httpStatus)).toEqual([503, 503, 200, 429]);
    const night = { at: '2026-12-01T22:30:00Z', duration: '4h', service: overloaded('23:00Z', '01:00Z'), traffic: [every('1h', 4)] };
    expect(played(night).sends.map((row) => row.httpStatus)).toEqual([200, 503, 503, 200]);
  });

  test('an image that is blocked after its deadline has failed', () => {
    const run = played({ service: { blockRatio: 1 }, traffic: [at('+0s', 1, { deadline: '4s' })] });
    expect(outcomes(run)).toEqual([['failed', 5_000]]);
    expect(run.summary.images).toEqual({ delivered: 0, blocked: 0 });
  });
});
