/**
 * Small scenarios whose numbers were worked out by hand, to the integer, before they were run: each combines rules that are tested
 * alone elsewhere. Written as scenario files are, played in virtual time.
 */
import { describe, expect, test } from 'vitest';
import { bucketsCsv } from '../../src/report/buckets-csv.ts';
import { capacityHeader, capacityRows } from '../../src/report/capacity-csv.ts';
import { timelineCsv } from '../../src/report/timeline-csv.ts';
import { at, every, LITE, LITE_BATCH, LITE_COST, lite, named, overloaded, PRO, PRO_COST, played, sent } from '../support/by-hand.ts';

const table = (chunks: Iterable<string>): Record<string, string>[] => {
  const [head = [], ...lines] = [...chunks]
    .join('')
    .trim()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  return lines.map((line) => Object.fromEntries(line.map((cell, i) => [head[i], cell])));
};

describe('client', () => {
  test('fallback, pace and budget: the fallback takes the next turn of the pace, and the last one finds the budget spent', () => {
    // A: 503 at 2, falls back at once, the pace of 5 s lets it go at 5, done at 10. B: sent at 10, 503 at 12; its turn comes at 15,
    // where three attempts have been sent: dropped.
    const run = played({
      service: overloaded('18:00Z', '19:00Z', { models: [PRO] }),
      traffic: [at('+0s', 2)],
      client: { pace: '12/min', fallback: [LITE] },
      budget: { requests: 3 },
    });
    expect(sent(run)).toEqual([
      [0, 0, 503],
      [0, 5_000, 200],
      [1, 10_000, 503],
    ]);
    expect(run.requests.map(({ outcome, doneMs }) => [outcome, doneMs])).toEqual([
      ['delivered', 10_000],
      ['budget', 15_000],
    ]);
  });

  test('the pace is rounded up: 7 a minute is 8,572 ms', () => {
    expect(played({ traffic: [at('+0s', 3)], client: { pace: '7/min' } }).sends.map((row) => row.sentMs)).toEqual([0, 8_572, 17_144]);
  });

  test('a breaker whose trials time out', () => {
    // Due every 4 s. 0 times out at 3: open to 13; trial at 16, open at 19 to 29; trial at 32, 35 to 45; trial at 48, 51 to 61.
    // Not called from 3 to 16, 19 to 32, 35 to 48, and from 51 to the end at 60.
    const { summary } = played({
      traffic: [every('4s', 15)],
      client: { timeout: '3s', breaker: { failures: 1, cooldown: '10s' } },
    });
    expect(summary).toMatchObject({
      requests: { failed: 4 },
      dropped: { breaker: 11 },
      breakers: [{ openings: 4, openMs: 48_000 }],
      costUsd: { total: (4 * PRO_COST) / 1e6, uncertain: (4 * PRO_COST) / 1e6 },
    });
  });

  test('a breaker opens while retries wait; the first of them after the cooldown is the trial', () => {
    // Two tries 4 s apart, 2 s each. Request 0 fails at 8: open to 13. 1 was sent again at 7 and fails at 9, which changes nothing.
    // 2 … 6 find it open at 8 … 12. 7, due again at 13 before the arrival of 13, is the trial and fails at 15: open to 20.
    const run = played({
      duration: '20s',
      service: overloaded('18:00Z', '19:00Z'),
      traffic: [every('1s', 20)],
      client: { breaker: { failures: 1, cooldown: '5s' }, retry: { attempts: 2, base: '4s', jitter: 'none' } },
    });
    expect(run.requests.filter(({ outcome }) => outcome === 'failed').map(({ request, doneMs }) => [request, doneMs])).toEqual([
      [0, 8_000],
      [1, 9_000],
      [7, 15_000],
    ]);
    expect(run.summary).toMatchObject({ dropped: { breaker: 17 }, attempts: { sent: 11 } });
  });

  test('a breaker of the chain counts what the whole chain could not do', () => {
    // Both models fail: requests end at 4 and 14, open to 44: 20, 30, 40 are dropped, 50 is the trial and fails at 54.
    const { summary } = played({
      service: overloaded('18:00Z', '19:00Z'),
      traffic: [every('10s', 6)],
      client: { breaker: { failures: 2, cooldown: '30s', scope: 'chain' }, fallback: [LITE] },
    });
    expect(summary).toMatchObject({
      requests: { failed: 3 },
      dropped: { breaker: 3 },
      attempts: { sent: 6 },
      breakers: [{ model: null, openings: 2 }],
    });
  });

  test('schedule and queue deadline: who could be sent at the last instant is sent, who waited too long was held by the schedule', () => {
    // The window opens at 60 s. Due at 0: dropped at 30. Due at 30: sent at exactly its deadline. Due at 45: sent.
    const run = played({
      duration: '2m',
      traffic: named([at('+0s'), at('+30s'), at('+45s')]),
      client: { schedule: { allow: ['18:01Z-18:02Z'] }, queue: { deadline: '30s' } },
    });
    expect(sent(run)).toEqual([
      [1, 60_000, 200],
      [2, 60_000, 200],
    ]);
    expect(run.summary.dropped).toMatchObject({ schedule: 1, queueDeadline: 0 });
  });

  test('a retry that falls outside its schedule waits without its slot', () => {
    // Sent at 59, 503 at 61, ready at 62: the window is closed until 180. It was due before the other.
    const run = played({
      duration: '4m',
      service: overloaded('18:00Z', '18:01Z'),
      traffic: named([at('+59s'), at('+62s')]),
      client: { concurrency: 1, schedule: { allow: ['18:00Z-18:01Z', '18:03Z-18:04Z'] }, retry: { attempts: 2, jitter: 'none' } },
    });
    expect(sent(run)).toEqual([
      [0, 59_000, 503],
      [0, 180_000, 200],
      [1, 185_000, 200],
    ]);
  });

  test('a window of New York opens twice in the night that has an hour twice, and late in the one that lacks it', () => {
    // 01:30 EDT is 05:30Z, 01:30 EST is 06:30Z.
    const client = { schedule: { allow: ['01:30-02:00 America/New_York'] } };
    const autumn = played({ at: '2026-11-01T05:00:00Z', duration: '3h', traffic: named([at('+0s'), at('+60m')]), client });
    expect(autumn.sends.map((row) => row.sentMs)).toEqual([30 * 60_000, 90 * 60_000]);
    // There is no 02:30: at 07:00Z the clocks show 03:00, and the window is open.
    const spring = played({
      at: '2027-03-14T06:00:00Z',
      duration: '3h',
      traffic: [at('+0s')],
      client: { schedule: { allow: ['02:30-03:30 America/New_York'] } },
    });
    expect(spring.sends.map((row) => row.sentMs)).toEqual([60 * 60_000]);
  });

  test("an entry's deadline: done by then, in flight, or not sent; it drains beyond the drain", () => {
    // One slot, 5 s each, deadline 30 s: six are done by 30, exactly then included; the seventh is sent at 30, before the deadline
    // takes those that wait, and its answer of 35 is too late, but billed; the eighth is dropped.
    const { summary } = played({ duration: '10s', drain: '0s', traffic: [at('+0s', 8, { deadline: '30s' })], client: { concurrency: 1 } });
    expect(summary).toMatchObject({
      requests: { delivered: 6, failed: 1 },
      dropped: { deadline: 1 },
      attempts: { ok: 7, wasted: 1 },
      costUsd: { total: (7 * PRO_COST) / 1e6, wasted: PRO_COST / 1e6, uncertain: 0 },
    });
  });

  test('without its slot a retry lets others go first, and needs no place in the queue', () => {
    // 0: A sent, B waits, C finds the queue full. 2: A fails, B sent. 3.5: D waits, E finds it full though A waits too. 4: A again,
    // before D. 9: B again. 14: D.
    const run = played({
      at: '2026-12-01T18:00:57Z',
      service: overloaded('18:00Z', '18:01Z'),
      traffic: named([at('+0s', 3), at('+3500ms', 2)]),
      client: { concurrency: 1, queue: { limit: 1 }, retry: { attempts: 3, jitter: 'none', holdsSlot: false } },
    });
    expect(run.sends.map((row) => [row.request, row.sentMs])).toEqual([
      [0, 0],
      [1, 2_000],
      [0, 4_000],
      [1, 9_000],
      [3, 14_000],
    ]);
    expect(run.summary.dropped.queueFull).toBe(2);
  });

  test.each([
    ['linear', [0, 4_000, 10_000, 17_000]], // 2, 4, then 6 capped at 5, each after 2 s
    ['constant', [0, 4_000, 8_000, 12_000]],
    ['exponential', [0, 4_000, 11_000, 18_000]], // 2, then 6 and 18 capped at 5
  ])('%s growth under a cap', (growth, instants) => {
    const run = played({
      service: overloaded('18:00Z', '19:00Z'),
      traffic: [at('+0s')],
      client: { retry: { attempts: 4, growth, base: '2s', factor: 3, cap: '5s', jitter: 'none' } },
    });
    expect(run.sends.map((row) => row.sentMs)).toEqual(instants);
  });

  test.each([
    ['16s', 3],
    ['15999ms', 2],
  ])('retry.deadline %s from the first send: the wait that ends at 16 s', (deadline, attempts) => {
    const { summary } = played({
      service: overloaded('18:00Z', '19:00Z'),
      traffic: [at('+3s')],
      client: { retry: { attempts: 3, base: '4s', jitter: 'none', deadline } }, // sent at 0, 6 and 16 after the first
    });
    expect(summary.attempts.sent).toBe(attempts);
  });

  test('a 429 and a 503 are counted apart, and so are their waits', () => {
    // B is told to wait 2 s, for the minute; then 503s at 4, 7 and 11 with waits of 1 and 2 s between: its third ends it.
    const run = played({
      at: '2026-12-01T18:00:58Z',
      limits: { [PRO]: { ipm: 1 } },
      service: overloaded('18:01Z', '18:10Z'),
      traffic: [at('+0s', 2)],
      client: { retry: { attempts: 3, jitter: 'none' } },
    });
    expect(sent(run)).toEqual([
      [0, 0, 200],
      [1, 0, 429],
      [1, 2_000, 503],
      [1, 5_000, 503],
      [1, 9_000, 503],
    ]);
  });

  test('limits of its own less a margin: 80 % off 10 a minute is 2, the first two at once', () => {
    const run = played({ traffic: [at('+0s', 4)], client: { limits: { ipm: 10, margin: 0.8 } } });
    expect(run.sends.map((row) => row.sentMs)).toEqual([0, 0, 30_000, 60_000]);
  });

  test('a provider has room for so many at a time', () => {
    // The 503s come at 2 s; then two places, 10 s each.
    const run = played({
      service: overloaded('18:00Z', '19:00Z'),
      providers: { elsewhere: { usdPerImage: 0.04, concurrency: 2, latency: { fixed: '10s' } } },
      traffic: [at('+0s', 5)],
      client: { fallback: [{ provider: 'elsewhere' }] },
    });
    expect(run.requests.map(({ doneMs }) => doneMs)).toEqual([12_000, 12_000, 22_000, 22_000, 32_000]);
    expect(run.summary.costUsd.total).toBe(0.2);
  });

  test('priority, and users who think', () => {
    const order = played({
      traffic: [at('+0s', 3, { name: 'low' }), at('+2s', 1, { name: 'high', priority: 5 })],
      client: { concurrency: 1 },
    });
    expect(order.sends.map((row) => row.traffic)).toEqual(['low', 'high', 'low', 'low']);
    // A job of two images in one slot ends after 10 s, the next is due 10 s later.
    const shape = { kind: 'users', users: 1, think: { mean: '10s', distribution: 'fixed' } };
    const users = played({ traffic: [{ shape, request: { model: PRO, images: 2 } }], client: { concurrency: 1 } });
    expect(users.sends.map((row) => [row.dueMs, row.sentMs])).toEqual(
      [0, 20_000, 40_000].flatMap((t) => [
        [t, t],
        [t, t + 5_000],
      ]),
    );
  });
});

describe('quota', () => {
  test('what was used before the start counts through a day of 25 hours', () => {
    // The day of 2026-11-01 ends at 08:00Z, 90 minutes after the start: 1 of 3 is left; k = 1 … 8 are refused, 9, 10, 11 pass.
    const { summary } = played({
      at: '2026-11-02T06:30:00Z',
      duration: '2h',
      limits: { [PRO]: { rpd: 3 } },
      quota: { usedToday: { [PRO]: 2 } },
      traffic: [every('10m', 12)],
    });
    expect(summary).toMatchObject({ requests: { delivered: 4, failed: 8 }, firstBucket: { bucket: 'rpd', atMs: 600_000 } });
    expect(summary.tightestBucket?.utilisation).toBe((2 + 12) / (2 * 3)); // two days touched
    expect(summary.buckets[0]).toMatchObject({ bucket: 'rpd', rejected: 8, exhaustedMs: 5_400_000 - 600_000, peakUtilisation: 1 });
  });

  test('a day of 23 hours refills after 23', () => {
    // From 2027-03-14T08:00Z, midnight there; the next one is 07:00Z, k = 23.
    const { summary } = played({ at: '2027-03-14T08:00:00Z', duration: '24h', limits: { [PRO]: { rpd: 2 } }, traffic: [every('1h', 24)] });
    expect(summary.requests.delivered).toBe(3);
    expect(summary.buckets[0]).toMatchObject({ rejected: 21, firstExhaustedAtMs: 7_200_000, exhaustedMs: 21 * 3_600_000 });
  });

  test('what was spent before the start counts until the month ends in Los Angeles; a monthly refusal is never retried', () => {
    // 0.95 + 0.0337 fits into 1, one more does not; 08:00Z on the first is a new month, ten minutes after the start.
    const { summary } = played({
      at: '2026-12-01T07:50:00Z',
      duration: '20m',
      account: { monthlyUsd: 1 },
      quota: { spentThisMonthUsd: 0.95 },
      traffic: [every('5m', 4, lite)],
      client: { retry: { attempts: 5, jitter: 'none' } },
    });
    expect(summary).toMatchObject({
      requests: { delivered: 3, failed: 1 },
      attempts: { sent: 4 },
      firstBucket: { bucket: 'monthly', model: null, project: null, atMs: 300_000, limit: 1 },
      attribution: { named: 1 },
    });
    expect(summary.tightestBucket).toMatchObject({ bucket: 'monthly', utilisation: (950_000 + 4 * LITE_COST) / 2e6 });
    expect(summary.buckets[0]).toMatchObject({ limit: 1, windowMs: null, peakUtilisation: 0.9837, exhaustedMs: null });
  });

  test('February has a 29th', () => {
    // 24 h after 2028-02-29T07:59Z it is still the 29th there: refused by the month all along. A minute later it is March.
    const account = { monthlyUsd: 0.3 };
    const quota = { spentThisMonthUsd: 0.1 };
    const traffic = [every('1h', 25)];
    const before = played({ at: '2028-02-29T07:59:00Z', duration: '25h', account, quota, traffic });
    expect(before.summary.requests).toMatchObject({ delivered: 1, failed: 24 });
    const after = played({ at: '2028-02-29T08:00:00Z', duration: '25h', account, quota, traffic });
    expect(after.summary.requests).toMatchObject({ delivered: 2, failed: 23 });
  });

  test('projects and accounts: requests take turns, money is shared by every second project', () => {
    // 0, 3, 6 on p1, 1, 4, 7 on p2, 2, 5, 8 on p3; p1 and p3 share what pays for two, p2 has its own.
    const run = played({ quota: { projects: 3, accounts: 2 }, account: { spend10mUsd: 0.07 }, traffic: [at('+0s', 9, lite)] });
    expect(run.requests.filter(({ outcome }) => outcome === 'delivered').map(({ request }) => request)).toEqual([0, 1, 2, 4]);
    const money = run.summary.buckets.filter(({ bucket }) => bucket === 'spend10m');
    expect(money.map(({ rejected, peakUtilisation }) => [rejected, peakUtilisation])).toEqual([
      [4, 67_400 / 70_000],
      [1, 67_400 / 70_000],
    ]);
    expect(run.summary.tightestBucket).toEqual({ bucket: 'spend10m', model: null, project: null, utilisation: (6 * LITE_COST) / 70_000 });
  });

  test('a token bucket of tokens tells the instant at which there are enough', () => {
    // 600, 250 each: two pass, 100 are left and 150 lacking, 15 s. There one passes and the other waits for 250 more, 25 s.
    const run = played({
      quota: { window: 'token-bucket' },
      limits: { [PRO]: { tpm: 600 } },
      traffic: [at('+0s', 4, { request: { model: PRO, promptTokens: 250 } })],
      client: { retry: { attempts: 9, jitter: 'none' } },
    });
    expect(sent(run).slice(2)).toEqual([
      [2, 0, 429],
      [3, 0, 429],
      [2, 15_000, 200],
      [3, 15_000, 429],
      [3, 40_000, 200],
    ]);
    expect(run.summary.buckets.find(({ bucket }) => bucket === 'tpm')).toMatchObject({ rejected: 3, exhaustedMs: 40_000 });
  });

  test('a sliding counter fades the last minute', () => {
    // Four at :20. A minute later 4 (60 − e) + 60 ≤ 240 from e = 15 on, for two from e = 30 on.
    const run = played({
      at: '2026-12-01T18:00:20Z',
      duration: '3m',
      quota: { window: 'sliding-counter' },
      limits: { [PRO]: { rpm: 4 } },
      traffic: named([at('+0s', 4), at('+40s', 2)]),
      client: { retry: { attempts: 9, jitter: 'none' } },
    });
    expect(sent(run).slice(6)).toEqual([
      [4, 55_000, 200],
      [5, 55_000, 429],
      [5, 70_000, 200],
    ]);
  });

  test('a daily limit among the violations ends a request, also where another bucket comes back later', () => {
    // 30 s before midnight the sliding minute comes back 30 s after it.
    const run = played({
      at: '2026-12-02T07:59:30Z',
      duration: '30s',
      quota: { window: 'sliding' },
      limits: { [PRO]: { rpd: 1, ipm: 1 } },
      traffic: [at('+0s', 2)],
      client: { retry: { attempts: 3, jitter: 'none' } },
    });
    expect(run.sends[1]).toMatchObject({ buckets: ['ipm', 'rpd'], retryAtMs: 60_000 });
    expect(run.summary).toMatchObject({ attempts: { sent: 2 }, requests: { failed: 1 }, firstBucket: { bucket: 'ipm' } });
  });

  test('buckets.csv: a row for each minute and one for the first refusal in each window; exhausted is a union', () => {
    // One a minute: refused at 10 and 30, told 60; admitted at 60, refused at 70, told 120: 50 s and 50 s.
    const { summary, results } = played({
      duration: '3m',
      limits: { [PRO]: { ipm: 1 } },
      traffic: named(['+0s', '+10s', '+30s', '+60s', '+70s'].map((instant) => at(instant))),
    });
    expect(summary.buckets[0]).toMatchObject({ rejected: 3, firstExhaustedAtMs: 10_000, exhaustedMs: 100_000 });
    const own = table(bucketsCsv(results)).filter(({ model }) => model === PRO);
    expect(own.map((row) => [row['t_ms'], row['used'], row['rejected']])).toEqual([
      ['0', '1', '1'],
      ['10000', '1', '1'],
      ['60000', '1', '0'],
      ['70000', '1', '1'],
      ['120000', '0', '0'],
    ]);
  });
});

describe('service', () => {
  test('a fault of the account touches no bucket and answers at once; what comes after it finds all the room', () => {
    // Five 403s at 0. At 30 two of three pass, the third is told to come at 60.
    const { summary } = played({
      limits: { [PRO]: { rpm: 2, ipm: 2 } },
      service: { faults: [{ class: 'auth.project-denied', ratio: 1, from: '+0s', to: '+30s' }] },
      traffic: named([at('+0s', 5), at('+30s', 3)]),
      client: { retry: { attempts: 3, jitter: 'none' } },
      thresholds: ['denied_ratio > 0.5'],
    });
    expect(summary).toMatchObject({
      attempts: { sent: 9, errored: 5, ok: 3, throttled: 1 },
      requests: { failed: 5, delivered: 3 },
      thresholds: [{ observed: 5 / 9, passed: true }],
    });
  });

  test('a quota fault names its bucket and takes nothing of it; its delay counts from where the answer arrives', () => {
    const run = played({
      at: '2026-12-01T18:00:10Z',
      limits: { [PRO]: { ipm: 5 } },
      service: { refusalLatency: '300ms', faults: [{ class: 'quota.ipm', ratio: 1, from: '+0s', to: '+30s' }] },
      traffic: [at('+0s', 2)],
      client: { retry: { attempts: 3, jitter: 'none' } },
    });
    expect(run.sends.map((row) => [row.sentMs, row.doneMs, row.retryAtMs])).toEqual([
      [0, 300, 50_000],
      [0, 300, 50_000],
      [50_000, 55_000, null],
      [50_000, 55_000, null],
    ]);
    expect(run.summary.firstBucket).toMatchObject({ bucket: 'ipm', limit: 5 });
    expect(run.summary.buckets[0]).toMatchObject({ bucket: 'ipm', rejected: 2, peakUtilisation: 0.4 });
  });

  test.each([
    ['a 500 takes requests only', { faults: [{ class: 'server.internal', ratio: 1 }] }, { errored: 2, throttled: 1 }, 'rpm', 0],
    ['a refused prompt takes all but money', { promptBlockRatio: 1 }, { ok: 2, throttled: 1 }, 'ipm', 0],
    ['a withheld image takes all but money', { blockRatio: 1 }, { ok: 2, throttled: 1 }, 'ipm', 0],
    ['a 504 takes all', { deadline: '4999ms' }, { errored: 2, throttled: 1 }, 'ipm', 2],
    ['a latency of exactly the deadline is in time', { deadline: '5s' }, { ok: 2, throttled: 1 }, 'ipm', 2],
  ])('%s', (_, service, attempts, bucket, billed) => {
    // Two a minute of each, three at once; both are short then, and ipm goes before rpm.
    const { summary } = played({
      limits: { [PRO]: { rpm: 2, ipm: 2 } },
      service: { latency: { [PRO]: { fixed: '5s' } }, ...service },
      traffic: [at('+0s', 3)],
    });
    expect(summary).toMatchObject({ attempts, firstBucket: { bucket }, costUsd: { total: (billed * PRO_COST) / 1e6 } });
  });
});

describe('batch lane', () => {
  const turnaround = { batch: { turnaround: { p50: '1h', p95: '1h' } } };
  const rows = (requests: number, more: object = {}) => at('+0s', requests, { ...lite, lane: 'batch', ...more });

  test('rows fill jobs, the last when its last row is due; tokens make jobs wait', () => {
    const filled = played({
      duration: '10m',
      service: turnaround,
      traffic: [every('1m', 5, { ...lite, lane: 'batch' })],
      client: { batch: { rowsPerJob: 2 } },
    });
    expect(filled.requests.map(({ firstSentMs }) => firstSentMs)).toEqual([60_000, 60_000, 180_000, 180_000, 240_000]);
    expect(filled.summary).toMatchObject({ costUsd: { total: (5 * LITE_BATCH) / 1e6 }, makespanMs: 3_840_000, latencyMs: { max: null } });
    const waiting = played({
      duration: '10m',
      limits: { [LITE]: { batchTokens: 1_000 } },
      service: turnaround,
      traffic: [rows(4)],
      client: { batch: { rowsPerJob: 2 } },
    });
    expect(waiting.requests.map(({ doneMs }) => doneMs! / 3_600_000)).toEqual([1, 1, 2, 2]);
  });

  test('a job of the account waits behind one of another project; with two accounts it does not', () => {
    const file = {
      duration: '10m',
      account: { batchJobs: 1 },
      service: turnaround,
      traffic: [rows(4)],
      client: { batch: { rowsPerJob: 1 } },
    };
    const hours = (quota: object) => played({ ...file, quota }).requests.map(({ doneMs }) => doneMs! / 3_600_000);
    expect(hours({ projects: 2 })).toEqual([1, 2, 3, 4]);
    expect(hours({ projects: 2, accounts: 2 })).toEqual([1, 1, 2, 2]);
  });

  test.each([
    ['60m', 'delivered'],
    ['3599999ms', 'failed'],
  ])('a row that is back after an hour, with a deadline of %s, is %s, and billed', (deadline, outcome) => {
    const { requests, summary } = played({ duration: '10m', service: turnaround, traffic: [rows(1, { deadline })] });
    expect([requests[0]?.outcome, summary.costUsd.total]).toEqual([outcome, LITE_BATCH / 1e6]);
  });

  test.each([
    [true, 0],
    [false, 1],
  ])('countsToSpend10m %s: an image of the other lane that needs the room is delivered %i times', (countsToSpend10m, delivered) => {
    const { summary } = played({
      duration: '10m',
      account: { spend10mUsd: 0.04 },
      service: { ...turnaround, batch: { ...turnaround.batch, countsToSpend10m } },
      traffic: [rows(2, { name: 'batch' }), at('+1s', 1, { ...lite, name: 'now' })],
    });
    expect(summary.traffic['batch']?.requests.delivered).toBe(2);
    expect(summary.traffic['now']?.requests.delivered).toBe(delivered);
  });
});

describe('results', () => {
  test('demand and rows of capacity.csv go by the model asked for, also where an open breaker sends all to the fallback', () => {
    // The first fails on Pro at 2, then it is not called; twelve go to Lite within the minute, ten pass. Pro was asked for 12 times.
    const { summary, results } = played({
      limits: { [PRO]: { ipm: 10 }, [LITE]: { ipm: 10 } },
      service: overloaded('18:00Z', '19:00Z', { models: [PRO] }),
      traffic: [every('5s', 12)],
      client: { breaker: { failures: 1, cooldown: '10m' }, fallback: [LITE] },
    });
    expect(summary.requests).toMatchObject({ delivered: 10, failed: 2 });
    expect(summary.bindingBucket).toEqual({ bucket: 'ipm', model: PRO, project: 'p1', utilisation: 1.2 });
    expect(table([capacityHeader(), ...capacityRows(results)]).map((row) => [row['model'], row['attempts_sent']])).toEqual([
      [PRO, '13'],
      ['all', '13'],
    ]);
  });

  test('thresholds of an entry judge it alone; the peak of any bucket can be one; what is null is missed', () => {
    const { summary } = played({
      limits: { [PRO]: { ipm: 10 }, [LITE]: { ipm: 1 } },
      traffic: [
        at('+0s', 3, { name: 'a', thresholds: ['makespan_ms == 5s', 'first_bucket == none', 'breaker_openings == 0'] }),
        at('+30s', 2, {
          ...lite,
          name: 'b',
          thresholds: ['makespan_ms == 5s', 'first_bucket == ipm', 'breaker_openings == 1', 'success_ratio == 0.5'],
          client: { breaker: { failures: 1, cooldown: '10s', counts: [429] } },
        }),
      ],
      thresholds: ['makespan_ms == 35s', 'peak_utilisation_ipm == 1', 'peak_utilisation_rpm < 9', 'batch_latency_ms_p50 < 100h'],
    });
    expect(summary.thresholds.map(({ traffic, observed, passed }) => [traffic, observed, passed])).toEqual([
      [null, 35_000, true],
      [null, 1, true],
      [null, null, false],
      [null, null, false],
      ['a', 5_000, true],
      ['a', 'none', true],
      ['a', 0, true],
      ['b', 5_000, true],
      ['b', 'ipm', true],
      ['b', 1, true],
      ['b', 0.5, true],
    ]);
  });

  test('timeline.csv has the latency of the interactive lane; an hour of the batch lane is delivered and no latency', () => {
    const { results } = played({
      duration: '10m',
      service: { batch: { turnaround: { p50: '5m', p95: '5m' } } },
      traffic: [at('+0s', 2, { ...lite, lane: 'batch', name: 'night' }), at('+290s', 1, { name: 'now' })],
    });
    const rows = table(timelineCsv(results)).map((row) => [row['delivered'], row['latency_ms_p50'], row['latency_ms_p95']]);
    expect(rows.slice(4, 6)).toEqual([
      ['1', '5000', '5000'],
      ['2', '', ''],
    ]);
  });

  test('timeline.csv has a row for every minute of the run, also behind the last event', () => {
    const { results } = played({ duration: '3m', limits: { [PRO]: { ipm: 2 } }, traffic: [at('+0s', 3)] });
    const rows = table(timelineCsv(results)).map((row) => [row['t_ms'], row['sent'], row['ok'], row['throttled'], row['cost_usd']]);
    expect(rows).toEqual([
      ['0', '3', '2', '1', String((2 * PRO_COST) / 1e6)],
      ['60000', '0', '0', '0', '0'],
      ['120000', '0', '0', '0', '0'],
    ]);
  });

  test.each([
    ['6s', { delivered: 1, pending: 0 }, { open: 0 }],
    ['6001ms', { delivered: 0, pending: 1 }, { open: 1, wasted: 0 }],
  ])('an answer %s after 59 s, with a drain of 5 s, and what is open is counted at list price', (fixed, requests, attempts) => {
    const { summary } = played({ drain: '5s', service: { latency: { [PRO]: { fixed } } }, traffic: [at('+59s')] });
    expect(summary).toMatchObject({ requests, attempts, costUsd: { total: PRO_COST / 1e6, wasted: 0, uncertain: 0 } });
  });

  test('ties of the tightest bucket go in the order of primaries; exactly 1 does not bind', () => {
    const limits = { rpm: 5, ipm: 5, tpm: 50 };
    expect(played({ limits: { [PRO]: limits }, traffic: [at('+0s', 5)] }).summary).toMatchObject({
      tightestBucket: { bucket: 'ipm', utilisation: 1 },
      bindingBucket: null,
    });
    expect(played({ limits: { [PRO]: { ...limits, rpd: 5 } }, traffic: [at('+0s', 6)] }).summary).toMatchObject({
      bindingBucket: { bucket: 'rpd', utilisation: 1.2 },
    });
    // A batch row is request 0, of p1, so that p2 is the first with one that ipm counts.
    const night = at('+0s', 1, { lane: 'batch', name: 'night' });
    expect(played({ quota: { projects: 2 }, limits: { [PRO]: { ipm: 5 } }, traffic: [night, at('+1s', 4)] }).summary).toMatchObject({
      tightestBucket: { bucket: 'ipm', project: 'p1', utilisation: 0.4 },
    });
  });

  test('an entry may have any name', () => {
    const entry = { name: '__proto__', shape: { kind: 'flood', requests: 2 }, request: { model: PRO } };
    const { summary } = played({ traffic: [entry] });
    expect(Object.entries(summary.traffic)).toEqual([['__proto__', expect.objectContaining({ costUsd: (2 * PRO_COST + 1_160) / 1e6 })]]);
  });

  test('jobs of a stage, stairs and a spike: fractions carry over, halves are rounded up', () => {
    const due = (shape: object, more: object = {}) =>
      played({ ...more, traffic: [{ shape, request: { model: PRO } }] }).sends.map((row) => row.dueMs);
    // Up to 1/s in 20 s and down again: t²/40 = k, then 10 + u − u²/40 = k.
    expect(
      due({
        kind: 'stages',
        stages: [
          { to: '60/min', for: '20s' },
          { to: '0/min', for: '20s' },
        ],
      }),
    ).toEqual([
      ...Array.from({ length: 11 }, (_, k) => Math.round(Math.sqrt(40 * k) * 1_000)),
      ...Array.from({ length: 9 }, (_, k) => Math.round((40 - Math.sqrt(400 - 40 * (k + 1))) * 1_000)),
    ]);
    // One job in the first level, two in the second; the fourth would be due at its end.
    expect(due({ kind: 'stairs', from: '6/min', step: '6/min', every: '10s', times: 2 })).toEqual([0, 10_000, 15_000]);
    expect(due({ kind: 'spike', base: '6/min', peak: '60/min', at: '15s', width: '4s' })).toEqual([
      0, 10_000, 15_500, 16_500, 17_500, 18_500, 24_000, 34_000, 44_000, 54_000,
    ]);
    expect(due({ kind: 'steady', rate: '16/s' }, { duration: '250ms' })).toEqual([0, 63, 125, 188]);
  });
});
