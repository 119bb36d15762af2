import { describe, expect, test } from 'vitest';
import { Analysis } from '../../src/analysis/analysis.ts';
import {
  attainment,
  blockedTime,
  burnRate,
  burnRateThreshold,
  costPerSuccess,
  errorBudget,
  timeToExhaustion,
} from '../../src/analysis/slo.ts';
import { interpolatedQuantile } from '../../src/analysis/statistics.ts';
import { nearestRank, Tally } from '../../src/analysis/tally.ts';
import type { BucketName } from '../../src/model/names.ts';
import type { AttemptRow, DropRow } from '../../src/model/rows.ts';
import { MINUTE_MS } from '../../src/model/time.ts';
import { header } from '../../src/run/header.ts';
import { entry, limits, scenario } from '../support/scenario.ts';
import { type GoldenCase, golden } from '../traffic/shared.ts';

const cases = golden('metrics');
if (cases === null) console.warn('skipped: ../shared/golden/metrics.json is absent');
const starting = (prefix: string): GoldenCase[] => (cases ?? []).filter(({ id }) => id.startsWith(prefix));
const find = (id: string): GoldenCase => cases!.find((one) => one.id === id)!;

const NAMES: Readonly<Record<string, BucketName>> = { IPM: 'ipm', RPD: 'rpd' };

describe.skipIf(cases === null)('golden metrics', () => {
  test.each(starting('pct'))('$id: nearest rank', ({ inputs, expected }) => {
    const values: number[] = inputs['values'] === '1..100' ? Array.from({ length: 100 }, (_, k) => k + 1) : inputs['values'];
    const tally = new Tally();
    for (const value of values) tally.add(value);
    expect(tally.quantile(inputs['q'])).toBe(expected['nearestRank']);
    expect(values[nearestRank(inputs['q'], values.length) - 1]).toBe(expected['nearestRank']);
    if (expected['type7'] !== undefined) expect(interpolatedQuantile(values, inputs['q'])).toBeCloseTo(expected['type7'], 9);
  });

  test('coordinated omission: latency runs from the instant due', () => {
    const { inputs, expected } = find('coordinated_omission');
    let freeMs = 0;
    const rows = (inputs['intendedStarts'] as number[]).map((dueS, request) => {
      const dueMs = dueS * 1000;
      const sentMs = Math.max(dueMs, freeMs);
      freeMs = sentMs + inputs['serviceSeconds'][request] * 1000;
      return attempt({ seq: request, request, dueMs, sentMs, doneMs: freeMs, outcome: 'delivered' });
    });
    const { summary, total } = analysed(rows);
    const ms = (seconds: number): number => Math.round(seconds * 1000);
    const { fromSend, fromIntended } = expected as Record<string, Record<string, number>>;
    for (const statistic of ['p50', 'p90', 'p95', 'max'] as const) {
      expect(summary.serviceMs[statistic]).toBe(ms(fromSend![statistic]!));
      expect(summary.latencyMs[statistic]).toBe(ms(fromIntended![statistic]!));
    }
    expect(summary.latencyMs.mean).toBe(ms(fromIntended!['mean']!));
    expect(total.queueWait.mean! * total.queueWait.count).toBeCloseTo(ms(expected['queueWaitTotal']), 6);
  });

  test('event_log: everything a report counts', () => {
    const { inputs, expected } = find('event_log');
    const rows = rowsOf(inputs['log'], inputs['horizonSeconds'] * 1000);
    const latenciesMs: number[] = [];
    const { summary, total, failures, metric } = analysed(rows, inputs['horizonSeconds'] * 1000, (doneMs, dueMs) =>
      latenciesMs.push(doneMs - dueMs),
    );
    const { requests, attempts } = summary;
    const minutes = summary.durationMs / MINUTE_MS;
    expect(requests.offered).toBe(expected['offered']);
    expect(metric('offered_per_min')).toBeCloseTo(expected['offeredPerMin'], 9);
    expect(attempts.sent).toBe(expected['attempts']);
    expect(attempts.sent - attempts.throttled).toBe(expected['admittedAttempts']);
    expect((attempts.sent - attempts.throttled) / minutes).toBeCloseTo(expected['admittedPerMin'], 9);
    expect(attempts.ok).toBe(expected['completed']);
    expect(attempts.ok / minutes).toBeCloseTo(expected['completedPerMin'], 9);
    expect(requests.delivered).toBe(expected['good']);
    expect(metric('success_ratio')).toBe(expected['successRate']);
    expect(metric('attempts_per_request')).toBe(expected['attemptsPerOffered']);
    expect(attempts.wasted).toBe(expected['wastedAttempts']);
    expect(metric('wasted_ratio')).toBeCloseTo(expected['wastedFraction'], 9);
    expect(attempts).toMatchObject({
      ok: expected['status']['200'],
      throttled: expected['status']['429'],
      overloaded: expected['status']['503'],
    });
    for (const [name, bucket] of Object.entries(NAMES)) {
      expect(summary.buckets.find((one) => one.bucket === bucket)!.rejected).toBe(expected['reject429ByViolation'][name]);
      expect(failures.filter((failure) => failure.bucket === bucket).reduce((sum, { occurrences }) => sum + occurrences, 0)).toBe(
        expected['primary429'][name],
      );
    }
    expect(summary.firstBucket).toMatchObject({
      bucket: NAMES[expected['firstExhausted'].buckets[0]],
      atMs: expected['firstExhausted'].atSeconds * 1000,
    });
    for (const statistic of ['p50', 'p95', 'max'] as const)
      expect(summary.latencyMs[statistic]).toBe(expected['latency'][statistic] * 1000);
    expect(total.queueWait.mean! / 1000).toBeCloseTo(expected['meanQueueWait'], 9);
    expect(summary.costUsd.total).toBeCloseTo(expected['billedUsd'], 9);
    // One request of the log made two images; ours make one each, so images are counted beside it.
    const images = inputs['log']
      .flatMap((one: any) => one.attempts)
      .reduce((sum: number, one: any) => sum + (one.usable === false ? 0 : (one.images ?? 0)), 0);
    expect(images / minutes).toBeCloseTo(expected['goodputImagesPerMin'], 9);
    expect(costPerSuccess({ billedUsd: summary.costUsd.total, usable: images })).toBeCloseTo(expected['costPerGoodImage'], 9);
    expect(attainment({ latenciesMs, offered: requests.offered, objectiveMs: inputs['latencySloSeconds'] * 1000 })).toBe(
      expected['sloAttainment'],
    );
  });

  test.each(starting('time_to_exhaustion'))('$id', ({ inputs, expected }) => {
    const {
      limit,
      used,
      ratePerMin: ratePerMinute,
      minutesToReset,
    } = inputs as Record<'limit' | 'used' | 'ratePerMin' | 'minutesToReset', number>;
    expect(timeToExhaustion({ limit, used, ratePerMinute, minutesToReset })).toEqual(expected);
  });

  test('error_budget', () => {
    const { inputs, expected } = find('error_budget');
    const { budget, consumedRatio } = errorBudget({ objectiveRatio: inputs['slo'], total: inputs['total'], bad: inputs['bad'] });
    expect(budget).toBeCloseTo(expected['budget'], 9);
    expect(consumedRatio).toBeCloseTo(expected['consumedFraction'], 9);
    expect(burnRate({ objectiveRatio: inputs['slo'], total: inputs['windowTotal'], bad: inputs['windowBad'] })).toBeCloseTo(
      expected['burnRate'],
      9,
    );
  });

  test.each(starting('burn_threshold'))('$id', ({ inputs, expected }) => {
    const {
      budgetFraction: budgetRatio,
      windowHours,
      periodHours,
    } = inputs as Record<'budgetFraction' | 'windowHours' | 'periodHours', number>;
    expect(burnRateThreshold({ budgetRatio, windowHours, periodHours })).toBeCloseTo(expected['burnRate'], 9);
  });

  test('cost_per_success: with safety blocks billed, and free', () => {
    const { inputs, expected } = find('cost_per_success');
    const billed = (answers: number): number => answers * inputs['price'];
    expect(billed(inputs['success'] + inputs['safetyBlocked'])).toBeCloseTo(expected['billSafetyBilled'], 9);
    expect(costPerSuccess({ billedUsd: billed(inputs['success'] + inputs['safetyBlocked']), usable: inputs['success'] })).toBeCloseTo(
      expected['costPerSuccess'],
      9,
    );
    expect(costPerSuccess({ billedUsd: billed(inputs['success']), usable: inputs['success'] })).toBeCloseTo(expected['ifSafetyFree'], 9);
  });

  test('availability_attribution: who blocked for how long', () => {
    const { inputs, expected } = find('availability_attribution');
    const retryAtMs = { IPM: 90, RPD: 40_000 } as Record<string, number>;
    const spans = inputs['intervals'].map((one: any) => ({
      startMs: one.start,
      endMs: one.end,
      short: one.short.map((name: string) => ({ bucket: NAMES[name], retryAtMs: retryAtMs[name] })),
    }));
    const { anyMs, exclusiveMs, sharedMs, primaryMs } = blockedTime(spans);
    const named = (times: Record<string, number>) => Object.fromEntries(Object.entries(times).map(([name, time]) => [NAMES[name], time]));
    expect(anyMs).toBe(expected['anyBlocked']);
    expect(exclusiveMs).toEqual(named(expected['exclusive']));
    expect(sharedMs).toBe(expected['shared']);
    expect(primaryMs).toEqual(named(expected['primaryByLatestRetry']));
  });
});

describe('objectives', () => {
  test('a bucket at its limit is exhausted, one that nobody uses never is', () => {
    expect(timeToExhaustion({ limit: 10, used: 10, ratePerMinute: 0, minutesToReset: 5 })).toEqual({
      minutes: 0,
      exhaustsBeforeReset: true,
      projectedAtReset: 10,
    });
    expect(timeToExhaustion({ limit: 10, used: 1, ratePerMinute: 0, minutesToReset: 5 })).toMatchObject({
      minutes: Infinity,
      exhaustsBeforeReset: false,
    });
  });

  test('nothing delivered has no price per image', () => {
    expect(costPerSuccess({ billedUsd: 1, usable: 0 })).toBeNull();
  });
});

function analysed(rows: readonly (AttemptRow | DropRow)[], durationMs = MINUTE_MS, onDelivered?: (doneMs: number, dueMs: number) => void) {
  const what = scenario({
    clock: { startAtMs: 0, durationMs, drainMs: 0 },
    quota: { ...scenario().quota, limits: limits({ ipm: 1000, rpd: 1000 }) },
    traffic: [entry({ kind: 'flood', requests: rows.length })],
  });
  const analysis = new Analysis(header({ scenario: what, seed: 1, mode: 'sim' }), {
    onRequest: ({ outcome, doneMs, dueMs }) => {
      if (outcome === 'delivered') onDelivered?.(doneMs!, dueMs);
    },
  });
  for (const row of rows) analysis.add(row);
  analysis.add({ kind: 'end', atMs: durationMs, reason: 'done', requests: rows.length, attempts: rows.length, lateness: null });
  return analysis.finish();
}

/** The rows a journal would have of a golden log: attempts in the order of their answers. */
function rowsOf(log: readonly any[], endMs: number): (AttemptRow | DropRow)[] {
  const attempts = log.flatMap((one) =>
    one.attempts.map((tried: any, index: number) => ({ one, tried, n: index + 1, isLast: index + 1 === one.attempts.length })),
  );
  attempts.sort((a, b) => a.tried.t - b.tried.t || a.one.id - b.one.id);
  const rows = attempts.map(({ one, tried, n, isLast }, seq) => {
    const isBlocked = tried.usable === false;
    return attempt({
      seq,
      request: one.id,
      n,
      dueMs: one.intended * 1000,
      sentMs: tried.t * 1000,
      doneMs: tried.end * 1000,
      httpStatus: tried.status,
      class:
        tried.status === 429
          ? tried.violations[0] === 'IPM'
            ? 'quota.ipm'
            : 'quota.rpd'
          : tried.status === 503
            ? 'capacity.overloaded'
            : isBlocked
              ? 'safety.image'
              : null,
      buckets: (tried.violations ?? []).map((name: string) => NAMES[name]!),
      retryAtMs: tried.retryAt === undefined ? null : tried.retryAt * 1000,
      costMicroUsd: Math.round((tried.billedUsd ?? 0) * 1e6),
      outcome: tried.status === 200 ? (isBlocked ? 'blocked' : 'delivered') : isLast ? 'failed' : null,
    });
  });
  rows.sort((a, b) => a.doneMs! - b.doneMs! || a.seq - b.seq);
  const { request, dueMs } = { request: log.find((one) => one.attempts.length === 0).id, dueMs: 55_000 };
  return [...rows, { ...identity(request, dueMs), kind: 'drop', atMs: endMs, attempts: 0, cause: 'pending' }];
}

function identity(request: number, dueMs: number) {
  return {
    request,
    job: request,
    jobImages: 1,
    traffic: 'traffic 1',
    project: 'p1',
    model: 'gemini-3-pro-image',
    lane: 'interactive',
    size: '1K',
    dueMs,
    inputTokens: 300,
    listMicroUsd: 134_000,
  } as const;
}

function attempt(row: Partial<AttemptRow> & Pick<AttemptRow, 'seq' | 'request' | 'dueMs' | 'sentMs' | 'doneMs' | 'outcome'>): AttemptRow {
  return {
    ...identity(row.request, row.dueMs),
    kind: 'attempt',
    n: 1,
    httpStatus: 200,
    class: null,
    buckets: [],
    quotaId: null,
    quotaValue: null,
    retryAtMs: null,
    usage: null,
    costMicroUsd: 0,
    message: null,
    ...row,
  };
}
