import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Results } from '../../src/analysis/analysis.ts';
import type { Summary } from '../../src/analysis/summary.ts';
import type { Mode } from '../../src/model/names.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { DAY_MS, MINUTE_MS } from '../../src/model/time.ts';
import { verdict } from '../../src/report/verdict.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';
import { burst, RETRYING, run } from './support.ts';

const PRO = 'gemini-3-pro-image';

const said = (what: Scenario): string => verdict(run(what).results);
/** The same run with other findings, for what a simulation cannot show. */
const changed = (what: Scenario, summary: Partial<Summary>): Pick<Results, 'summary' | 'header'> => {
  const { results } = run(what);
  return { header: results.header, summary: { ...results.summary, ...summary } };
};

describe('the verdict', () => {
  test('names the first bucket, when it ran dry and what came of it', () => {
    expect(said(burst())).toBe(
      'Images per minute (ipm) of gemini-3-pro-image ran dry first (limit 10), at 0 ms: 20 of 80 images were delivered (25 %), 60 requests were refused (simulated).',
    );
  });

  test('says until when a daily limit stays dry', () => {
    const steady = scenario({
      clock: { startAtMs: Date.UTC(2026, 11, 1, 8), durationMs: DAY_MS, drainMs: 10 * MINUTE_MS },
      quota: { ...scenario().quota, limits: limits({ rpd: 250, ipm: 10 }) },
      traffic: [entry({ kind: 'steady', rate: { count: 9, perMs: MINUTE_MS } }, { durationMs: DAY_MS })],
    });
    expect(said(steady)).toBe(
      'Requests per day (rpd) of gemini-3-pro-image ran dry first (limit 250), at 27m 46s (1,666,667 ms), until midnight Pacific time (2026-12-02T08:00:00.000Z): 250 of 12,960 images were delivered (1.9 %), 12,710 requests were refused (simulated).',
    );
  });

  test('calls the spend window by its dollars', () => {
    const what = burst({ quota: { ...scenario().quota, limits: limits({ spend10m: 1_000_000 }) } });
    expect(said(what)).toMatch(/^The \$1 per ten minutes \(spend10m\) ran dry first, at 0 ms: /);
  });

  test('says when the month ends for the monthly cap', () => {
    const what = burst({ quota: { ...scenario().quota, limits: limits({ monthly: 1_000_000 }) } });
    expect(said(what)).toContain(
      'The monthly spending cap of $1 ran dry first, at 0 ms, until the month ends in Pacific time (2027-01-01T08:00:00.000Z): ',
    );
  });

  test('does not say that a bucket ran dry which never held anything', () => {
    const what = burst({ quota: { ...scenario().quota, limits: limits({ ipm: 0 }) } });
    expect(said(what)).toMatch(
      /^Gemini-3-pro-image is allowed no images per minute \(ipm, limit 0\), first refused at 0 ms: 0 of 80 images were delivered \(0 %\)/,
    );
  });

  test('admits that a refusal named no quota', () => {
    const judged = changed(burst(), { firstBucket: { bucket: 'unnamed', model: PRO, project: 'p1', atMs: 1_500, limit: null } });
    expect(verdict(judged)).toMatch(
      /^The first refusal \(429\) of gemini-3-pro-image came at 1.5s \(1,500 ms\) and named no quota: 20 of 80/,
    );
  });

  test('says so when nothing ran dry, and no more than is known', () => {
    const calm = burst({ quota: { ...scenario().quota, limits: limits({}) } });
    expect(said(calm)).toBe('No quota ran dry: 80 of 80 images were delivered (100 %) (simulated).');
    const unknown = limits({}).map((limit) => (limit.bucket === 'ipm' ? { ...limit, state: 'unknown' as const } : limit));
    expect(said({ ...calm, quota: { ...calm.quota, limits: unknown } })).toMatch(/^No quota that is known ran dry: /);
  });

  test('puts overload first where it is what happened', () => {
    const overload = [
      { span: { kind: 'daily', fromMs: 0, toMs: DAY_MS }, errorRatio: 0.5, models: null, meanSpellMs: null, latencyFactor: 1 },
    ] as const;
    const what = burst({ quota: { ...scenario().quota, limits: limits({}) }, service: { ...burst().service, overload } });
    expect(said(what)).toMatch(
      /^No quota ran dry, but the service was overloaded \(503\): \d+ of 80 images were delivered .* after \d+ overload answers \(503\) \(simulated\)\.$/,
    );
  });

  test('counts what the client dropped, by cause', () => {
    const what = burst({ clients: [clientSpec({ concurrency: 1, queue: { limit: 5, deadlineMs: null } })] });
    expect(said(what)).toMatch(/(\d+) dropped by the client \(queue full \1\)/);
  });

  test('says that nothing was asked where nothing was due', () => {
    expect(said(burst({ traffic: [] }))).toBe('No request was due in 10m (600,000 ms), so nothing was asked of any quota (simulated).');
  });

  test('leads with what casts doubt on all the rest', () => {
    const warnings = [
      { code: 'generator-late', text: '' },
      { code: 'journal-torn', text: '' },
    ];
    const judged = changed(burst(), { mode: 'mock', lateness: { p50Ms: 1, p99Ms: 120, maxMs: 900 }, warnings });
    expect(verdict(judged)).toMatch(
      /^The load generator itself was late \(p99 120 ms, at most 900 ms\), so distrust the times\. The journal is torn: .* \(emulated, over HTTP against the mock\)\.$/,
    );
  });

  test('every number in it is the summary’s, in one line, and the mode is told', () => {
    const numbers = fc.record({
      requests: fc.integer({ min: 0, max: 60 }),
      ipm: fc.integer({ min: 0, max: 30 }),
      rpd: fc.integer({ min: 0, max: 120 }),
      spendUsd: fc.integer({ min: 1, max: 12 }),
      overload: fc.constantFrom(0, 0.3, 0.9),
      error: fc.constantFrom(0, 0.2),
      block: fc.constantFrom(0, 0.2),
      queue: fc.constantFrom(null, 3),
      drainMs: fc.constantFrom(0, MINUTE_MS),
      retries: fc.boolean(),
      mode: fc.constantFrom<Mode>('sim', 'mock', 'live'),
      seed: fc.integer({ min: 1, max: 1000 }),
    });
    fc.assert(
      fc.property(numbers, (given) => {
        const { results } = run(described(given), given.seed);
        const summary = { ...results.summary, mode: given.mode };
        const text = verdict({ header: results.header, summary });
        expect(text).not.toContain('\n');
        expect(text).toContain({ sim: '(simulated)', mock: '(emulated, over HTTP against the mock)', live: '(live)' }[given.mode]);
        judge(text, summary);
      }),
      { numRuns: 60 },
    );
  });
});

function described(given: {
  requests: number;
  ipm: number;
  rpd: number;
  spendUsd: number;
  overload: number;
  error: number;
  block: number;
  queue: number | null;
  drainMs: number;
  retries: boolean;
}): Scenario {
  const span = { kind: 'daily', fromMs: 0, toMs: DAY_MS } as const;
  return burst({
    // The last burst falls ten seconds before the end, so that with images of 20 s some requests stay open.
    clock: { startAtMs: Date.UTC(2026, 11, 1, 18), durationMs: 14 * MINUTE_MS + 10_000, drainMs: given.drainMs },
    quota: { ...scenario().quota, limits: limits({ ipm: given.ipm, rpd: given.rpd, spend10m: given.spendUsd * 1e6 }) },
    service: {
      ...burst().service,
      overload: given.overload === 0 ? [] : [{ span, errorRatio: given.overload, models: null, meanSpellMs: null, latencyFactor: 1 }],
      errorRatio: given.error,
      blockRatio: given.block,
    },
    traffic: given.requests === 0 ? [] : [entry({ kind: 'burst', requests: given.requests, everyMs: 7 * MINUTE_MS, times: 3 })],
    clients: [
      given.retries
        ? RETRYING
        : clientSpec({ concurrency: given.queue === null ? null : 2, queue: { limit: given.queue, deadlineMs: null } }),
    ],
  });
}

/** Reads the sentence back. */
function judge(text: string, { requests, attempts, firstBucket, durationMs }: Summary): void {
  const read = (pattern: RegExp): number | null => {
    const found = pattern.exec(text)?.[1];
    return found === undefined ? null : Number(found.replaceAll(',', ''));
  };
  const orNull = (value: number): number | null => (value === 0 ? null : value);
  if (requests.offered === 0) return expect(read(/\(([\d,]+) ms\)/)).toBe(durationMs);
  expect(read(/([\d,]+) of [\d,]+ images? w/)).toBe(requests.delivered);
  expect(read(/[\d,]+ of ([\d,]+) images? w/)).toBe(requests.offered);
  expect(read(/([\d,]+) requests? (?:failed|was refused|were refused)/)).toBe(orNull(requests.failed));
  expect(read(/([\d,]+) blocked by/)).toBe(orNull(requests.blocked));
  expect(read(/([\d,]+) dropped by/)).toBe(orNull(requests.dropped));
  expect(read(/([\d,]+) still open/)).toBe(orNull(requests.pending));
  if (text.includes('refused (') || / (?:was|were) refused/.test(text)) expect(requests.failed).toBe(attempts.throttled);
  else {
    expect(read(/([\d,]+) refusals? \(429\)/)).toBe(orNull(attempts.throttled));
    expect(read(/([\d,]+) overload answers? \(503\)/)).toBe(orNull(attempts.overloaded));
    expect(read(/([\d,]+) other errors?/)).toBe(orNull(attempts.errored));
  }
  expect(read(/(?:at |\()([\d,]+) ms/)).toBe(firstBucket?.atMs ?? null);
  expect(text.includes('No quota ran dry')).toBe(firstBucket === null);
}
