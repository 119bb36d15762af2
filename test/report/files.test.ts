import { parse } from 'csv-parse/sync';
import { describe, expect, test } from 'vitest';
import type { Results } from '../../src/analysis/analysis.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/model/time.ts';
import { bucketsCsv } from '../../src/report/buckets-csv.ts';
import { capacityHeader, capacityRows } from '../../src/report/capacity-csv.ts';
import { type ClassInfo, failuresCsv } from '../../src/report/failures-csv.ts';
import { requestsCsv } from '../../src/report/requests-csv.ts';
import { summaryJson } from '../../src/report/summary-json.ts';
import { timelineCsv } from '../../src/report/timeline-csv.ts';
import { clientSpec, entry, limits } from '../support/scenario.ts';
import { burst, RETRYING, run } from './support.ts';

type Line = Readonly<Record<string, string>>;
const read = (chunks: Iterable<string>): Line[] => parse([...chunks].join(''), { columns: true, record_delimiter: '\r\n' });
const headerOf = (chunks: Iterable<string>): string => [...chunks][0]!.trimEnd();
const total = (lines: readonly Line[], column: string): number => lines.reduce((sum, line) => sum + Number(line[column]), 0);

/** Refusals, overload, retries, drops, blocked images, two buckets. */
const BUSY = burst({
  quota: { ...burst().quota, limits: limits({ ipm: 10, rpd: 30, spend10m: 20_000_000 }) },
  service: {
    ...burst().service,
    blockRatio: 0.1,
    overload: [{ span: { kind: 'daily', fromMs: 0, toMs: DAY_MS }, errorRatio: 0.3, models: null, meanSpellMs: null, latencyFactor: 1 }],
  },
  clients: [{ ...RETRYING, queue: { limit: 30, deadlineMs: null } }],
});
const busy = run(BUSY);

function requestLines({
  results,
  closed,
}: {
  results: Results;
  closed: readonly Parameters<ReturnType<typeof requestsCsv>['row']>[0][];
}): string[] {
  const csv = requestsCsv(results.header);
  return [csv.header(), ...closed.map((request) => csv.row(request))];
}

describe('requests.csv', () => {
  const lines = read(requestLines(busy));

  test('has the columns of the contract', () => {
    expect(headerOf(requestLines(busy))).toBe(
      'schema_version,run_id,request_id,job_id,traffic,due_at,first_sent_at,done_at,queue_wait_ms,latency_ms,attempts,outcome,final_status,bucket,quota_id,project,model,lane,image_size,input_tokens,output_tokens,cost_usd',
    );
  });

  test('adds up to the summary', () => {
    const { requests, attempts, costUsd } = busy.results.summary;
    expect(lines).toHaveLength(requests.offered);
    for (const outcome of ['delivered', 'blocked', 'failed', 'dropped', 'pending'] as const)
      expect(lines.filter((line) => line['outcome'] === outcome)).toHaveLength(requests[outcome]);
    expect(requests.dropped).toBeGreaterThan(0);
    expect(total(lines, 'attempts')).toBe(attempts.sent);
    expect(total(lines, 'cost_usd')).toBeCloseTo(costUsd.total, 6);
  });

  test('tells latency from the instant due, and only of what was delivered', () => {
    for (const line of lines) {
      if (line['outcome'] !== 'delivered') expect(line['latency_ms']).toBe('');
      else {
        expect(Number(line['latency_ms'])).toBe(Date.parse(line['done_at']!) - Date.parse(line['due_at']!));
        expect(line['output_tokens']).toBe('1298'); // 1,120 of the image and 178 of thinking
      }
    }
  });

  test('names the bucket of a refusal and nothing else', () => {
    for (const line of lines) expect(line['bucket'] !== '').toBe(line['final_status'] === '429');
  });

  test('runs nothing that a scenario calls its traffic', () => {
    const named = run(burst({ traffic: [entry({ kind: 'flood', requests: 1 }, { name: '=cmd|"/C calc"!A0' })] }));
    expect(read(requestLines(named))[0]!['traffic']).toBe('\'=cmd|"/C calc"!A0');
  });
});

describe('buckets.csv', () => {
  const lines = read(bucketsCsv(busy.results));

  test('has the columns of the contract', () => {
    expect(headerOf(bucketsCsv(busy.results))).toBe(
      'schema_version,run_id,t_ms,at,project,model,bucket,limit,window_ms,used,used_ratio,rejected',
    );
  });

  test('adds up to the refusals of each bucket', () => {
    for (const { bucket, rejected } of busy.results.summary.buckets)
      expect(
        total(
          lines.filter((line) => line['bucket'] === bucket),
          'rejected',
        ),
      ).toBe(rejected);
  });

  test('its highest level is the peak of the summary', () => {
    for (const { bucket, peakUtilisation } of busy.results.summary.buckets) {
      if (peakUtilisation === null) continue;
      const levels = lines.filter((line) => line['bucket'] === bucket).map((line) => Number(line['used_ratio']));
      expect(Math.max(...levels)).toBeCloseTo(peakUtilisation, 12);
    }
  });

  test('is in time order, with a row at the first refusal in each window', () => {
    const minutes = lines.map((line) => Math.floor(Number(line['t_ms']) / MINUTE_MS));
    expect([...minutes].sort((a, b) => a - b)).toEqual(minutes);
    const first = read(bucketsCsv(run(burst()).results)).filter((line) => line['bucket'] === 'ipm' && Number(line['rejected']) > 0);
    expect(first.map((line) => [line['t_ms'], line['used'], line['rejected']])).toEqual([
      ['0', '10', '29'],
      ['0', '10', '1'],
      ['300000', '10', '29'],
      ['300000', '10', '1'],
    ]);
  });

  test('money is in dollars and account buckets have no owner', () => {
    const spend = lines.find((line) => line['bucket'] === 'spend10m')!;
    expect(spend).toMatchObject({ limit: '20', window_ms: '600000', project: '', model: '' });
    expect(Number(spend['used'])).toBeLessThan(20);
  });
});

describe('timeline.csv', () => {
  const lines = read(timelineCsv(busy.results));

  test('has the columns of the contract, a row per whole minute, and adds up', () => {
    expect(headerOf(timelineCsv(busy.results))).toBe(
      'schema_version,run_id,t_ms,at,offered,sent,ok,throttled,overloaded,errored,delivered,in_flight,queued,latency_ms_p50,latency_ms_p95,cost_usd',
    );
    expect(lines.map((line) => line['t_ms'])).toEqual(lines.map((_, minute) => String(minute * MINUTE_MS)));
    const { requests, attempts } = busy.results.summary;
    expect(total(lines, 'offered')).toBe(requests.offered);
    expect(total(lines, 'delivered')).toBe(requests.delivered);
    expect(total(lines, 'sent')).toBe(attempts.sent);
    expect(total(lines, 'throttled')).toBe(attempts.throttled);
  });
});

describe('capacity.csv', () => {
  test('has a row per model, then one for all', () => {
    const flash = 'gemini-3.1-flash-lite-image';
    const two = burst({
      quota: { ...burst().quota, limits: [...limits({ ipm: 10 }), ...limits({ ipm: 100 }, flash).filter(({ model }) => model !== null)] },
      traffic: [
        ...burst().traffic,
        entry({ kind: 'flood', requests: 5 }, { name: 'other', request: { ...burst().traffic[0]!.request, model: flash } }),
      ],
      clients: [clientSpec({ concurrency: 100, pace: { count: 120, perMs: HOUR_MS }, paceIntervalMs: null })],
    });
    const lines = read([capacityHeader(), ...capacityRows(run(two).results)]);
    expect(
      lines.map((line) => [line['model'], line['first_bucket'], line['rejected_429'], line['offered_per_min'], line['pace_per_min']]),
    ).toEqual([
      ['gemini-3-pro-image', 'ipm', '60', '8', '2'],
      [flash, 'none', '0', '0.5', '2'],
      ['all', 'ipm', '60', '8.5', '2'],
    ]);
  });

  test('says nothing about a day after ten minutes, nor about what was not searched for', () => {
    const [line] = read([capacityHeader(), ...capacityRows(run(burst()).results)]);
    expect(line).toMatchObject({
      profile: 'community-2026-02',
      limit_source: 'community-2026-02',
      limits_as_of: '2026-02',
      first_exhausted_ms: '0',
      headroom_ratio: '0',
      delivered_per_day: '',
      sustainable_per_min: '',
      recommended_concurrency: '',
      passed: 'false',
    });
  });

  test('takes what a search found', () => {
    const lines = read([
      capacityHeader(),
      ...capacityRows(run(burst()).results, { all: { sustainablePerDay: 250, recommendedConcurrency: 4 } }),
    ]);
    expect(lines.map((line) => [line['sustainable_per_day'], line['recommended_concurrency']])).toEqual([
      ['', ''],
      ['250', '4'],
    ]);
  });
});

describe('failures.csv', () => {
  const info: ClassInfo = {
    whose: 'your quota',
    retryable: 'after-delay',
    fix: ['Pace.', 'Wait.'],
  };
  const lines = read(failuresCsv(busy.results, () => info));

  test('has the columns of the contract and counts every failed attempt', () => {
    expect(headerOf(failuresCsv(busy.results, () => info))).toBe(
      'schema_version,run_id,class,http_status,status,bucket,whose,retryable,occurrences,first_seen_at,last_seen_at,fix,sample_message',
    );
    const { attempts, images } = busy.results.summary;
    expect(total(lines, 'occurrences')).toBe(attempts.throttled + attempts.overloaded + attempts.errored + images.blocked);
  });

  test('carries what the catalogue says, and runs nothing of it', () => {
    expect(lines.find((line) => line['http_status'] === '429')).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      whose: 'your quota',
      fix: 'Pace. Wait.',
      sample_message: '', // nothing was sent over a wire, so nothing was heard
    });
    const heard = {
      ...busy.results,
      failures: busy.results.failures.map((failure) => ({ ...failure, sampleMessage: '=You exceeded your quota' })),
    };
    expect(read(failuresCsv(heard, () => info))[0]).toMatchObject({ sample_message: "'=You exceeded your quota" });
  });
});

describe('summary.json', () => {
  test('has the keys of the contract in its order, then ours, and loses none', () => {
    const text = summaryJson(busy.results.summary);
    const keys = Object.keys(JSON.parse(text));
    expect(keys.slice(0, 8)).toEqual(['schemaVersion', 'runId', 'tool', 'scenario', 'mode', 'seed', 'startAt', 'durationMs']);
    expect(keys.slice(22, 29)).toEqual(['breakers', 'attribution', 'costUsd', 'thresholds', 'passed', 'advice', 'warnings']);
    expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(busy.results.summary)));
    expect(text.endsWith('}\n')).toBe(true);
  });

  test('the same run gives the same bytes', () => {
    expect(summaryJson(run(BUSY).results.summary)).toBe(summaryJson(busy.results.summary));
  });
});
