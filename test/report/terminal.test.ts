import { describe, expect, test } from 'vitest';
import type { Scenario } from '../../src/model/scenario.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/model/time.ts';
import { seedRun, seedStatistics, seedsTable } from '../../src/report/seeds.ts';
import { visibleLength } from '../../src/report/table.ts';
import { terminalReport } from '../../src/report/terminal.ts';
import { trafficChart } from '../../src/report/traffic-chart.ts';
import { verdict } from '../../src/report/verdict.ts';
import { clientSpec, limits, scenario } from '../support/scenario.ts';
import { burst, RETRYING, run } from './support.ts';

const PLAIN = { colour: false, width: 100 } as const;

describe('what an odd scenario is told', () => {
  const said = (overrides: Partial<Scenario>): string => terminalReport(run(burst(overrides)).results, { ...PLAIN, width: 1_000 });

  test('each billing account has its own dollars, and what refused is the sum of them', () => {
    const quota = { ...burst().quota, projects: 2, accounts: 2, limits: limits({ spend10m: 1_000_000 }) };
    const text = said({ quota });
    expect(text).toMatch(/^ {2}account 1$.*^ {2}spend10m .*^ {2}account 2$.*^ {2}spend10m /ms);
    const refused = [...text.matchAll(/^ {2}spend10m +\$1 +10m +[\d.]+ % +(\d+)/gm)].map(([, count]) => Number(count));
    expect(refused).toHaveLength(2);
    expect(text).toContain(`by bucket: spend10m ${refused[0]! + refused[1]!}`);
  });

  test('on the batch lane alone, how long it took', () => {
    const traffic = burst().traffic.map((one) => ({ ...one, lane: 'batch' as const, deadlineMs: 24 * HOUR_MS }));
    expect(said({ traffic })).toMatch(/^ {2}Batch lane: 80 requests, \S+( \S+)? each\.$/m);
  });
});

describe('the terminal report', () => {
  test('of a burst', () => {
    expect(terminalReport(run(burst()).results, PLAIN)).toMatchInlineSnapshot(`
      "Images per minute (ipm) of gemini-3-pro-image ran dry first (limit 10), at 0 ms: 20 of 80 images were delivered (25 %), 60 requests were refused (simulated).

      burst · simulated · seed 1 · 10m from 2026-12-01T18:00:00.000Z · rundry 0.1.0 · run unnamed

      Buckets
             limit  window   peak  refused  first at  dry for  source
        gemini-3-pro-image
        rpd    250  day       8 %        0         –        –  test, assumed
        ipm     10  1m      100 %       60      0 ms       2m  test, assumed
        Tightest: ipm of gemini-3-pro-image, 80 % of what it allows in this run was asked for: it does not
          bind.
        What runs dry first at this mix of requests: over a minute ipm (10 images), over an hour rpd (250
          images), over a day rpd (250 images), over a month rpd (7,500 images).

      Level of ipm · gemini-3-pro-image · p1: highest in each 1m, full is 10
      level  █    █
      429    ×····×····
             0      10m

      Outcome
        80 requests: 20 (25 %) delivered, 60 (75 %) failed, 0 blocked, 0 dropped, 0 open at the end
        80 attempts: 20 answered 200, 60 refused (429), 0 overloaded (503), 0 other errors, 0 open; 60
          delivered nothing (75 %)

      Time
                     p50   p90   p95   p99   max  mean
        latency      20s   20s   20s   20s   20s   20s
        queue wait  0 ms  0 ms  0 ms  0 ms  0 ms  0 ms
        service      20s   20s   20s   20s   20s   20s
        Latency runs from the instant a request was due to its image (delivered ones only); queue wait is
          the part before its first send.
        From the first request due to the last answer: 5m 20s.

      Refused (429)
        60 refusals (75 % of all attempts): 60 named, 0 inferred, 0 unexplained; by bucket: ipm 60
        Next step (ipm): Pace sends to at most 10/min (client.pace), retries included, and wait as long as
          the answer says.

      Overloaded (503)
        None.

      Client
        1 attempt a request, none sent again.
        Calls that delivered nothing: quota.ipm 60; they cost $0.
        ! Answers other than 200 75 %, above 20 %: alarm by a community guide of 2026 (claim only).

      Cost
        $2.74 in all, $0.137 per delivered image, $0 for attempts that delivered nothing; nothing was
          really spent.
        List price of gemini-3-pro-image: documented, 2026-10-09, ai.google.dev/gemini-api/docs/pricing.

      Thresholds
        ✗ success_ratio >= 0.99  (observed 0.25)
        ✓ cost_usd <= 40  (observed 2.74272)

      Where the numbers come from
        Limits: profile community-2026-02, as of 2026-02, tier 1; 2 assumed.
        Google: "Specified rate limits are not guaranteed" (ai.google.dev/gemini-api/docs/rate-limits).
        Minute limits refill by a fixed window: assumed, the service does not say.
        Latency: the scenario's, else public measurements of 2026. Overload: none. A simulation shows what
          these assumptions imply, not what Google will do.
      "
    `);
  });

  test('begins with the verdict and is no wider than asked for after it', () => {
    const busy = burst({
      quota: {
        ...burst().quota,
        projects: 12,
        limits: limits({ rpm: 3, tpm: 100_000, ipm: 2, rpd: 40, spend10m: 10_000_000, monthly: 250_000_000 }),
      },
      service: {
        ...burst().service,
        overload: [
          { span: { kind: 'daily', fromMs: 0, toMs: 24 * HOUR_MS }, errorRatio: 0.4, models: null, meanSpellMs: null, latencyFactor: 1 },
        ],
      },
      clients: [RETRYING],
      warnings: [{ code: 'long', text: 'word '.repeat(60).trim() }],
    });
    const { results } = run(busy);
    for (const width of [80, 100, 240]) {
      const [first, ...rest] = terminalReport(results, { ...PLAIN, width }).split('\n');
      expect(first).toBe(verdict(results));
      expect(Math.max(...rest.map((line) => line.length))).toBeLessThanOrEqual(Math.min(width, 100));
    }
  });

  test('colours change no character', () => {
    const { results } = run(burst());
    const coloured = terminalReport(results, { ...PLAIN, colour: true });
    expect(coloured).toContain('\u001b[');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what starts a colour
    expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(terminalReport(results, PLAIN));
  });

  test('lists limits that nobody knows', () => {
    const known = limits({ rpd: 250 });
    const some = known.map((limit) => {
      if (limit.bucket === 'ipm') return { ...limit, state: 'unknown' as const };
      return limit.bucket === 'rpm' ? { ...limit, state: 'unknown' as const, interval: [8, 12] as const } : limit;
    });
    const text = terminalReport(run(burst({ quota: { ...burst().quota, limits: some } })).results, PLAIN);
    expect(text).toContain('Limits of gemini-3-pro-image: ipm, rpm (8 to 12: 8 was used).');
  });

  test('says what to do about quota and about overload apart', () => {
    const overload = [
      { span: { kind: 'daily', fromMs: 0, toMs: 24 * HOUR_MS }, errorRatio: 0.5, models: null, meanSpellMs: null, latencyFactor: 1 },
    ] as const;
    const text = terminalReport(run(burst({ service: { ...burst().service, overload } })).results, PLAIN);
    expect(text).toContain('Next step (ipm): Pace sends to at most 10/min');
    expect(text).toContain("Next step: This is Google's capacity, not your quota");
  });

  test('of a run without traffic or limits has nothing to draw and says so', () => {
    const text = terminalReport(run(scenario({ quota: { ...scenario().quota, limits: [] } })).results, PLAIN);
    expect(text).toContain('No request was due');
    expect(text).toContain('None: the scenario has no limits.');
    expect(text).not.toContain('NaN');
  });
});

describe('several seeds', () => {
  const drawn = burst({
    service: {
      ...burst().service,
      overload: [
        { span: { kind: 'daily', fromMs: 0, toMs: 24 * HOUR_MS }, errorRatio: 0.3, models: null, meanSpellMs: null, latencyFactor: 1 },
      ],
    },
    clients: [clientSpec()],
  });
  const runs = [1, 2, 3, 4].map((seed) => seedRun(run(drawn, seed).results));

  test('are told as mean and interval, and how many met each threshold', () => {
    const text = seedsTable(runs, { colour: false });
    expect(text).toMatch(/^Over 4 seeds\n/);
    expect(text).toMatch(/success_ratio +\d+(\.\d)? % +\d+(\.\d)? % … \d+(\.\d)? %/);
    expect(text).toContain('✗ success_ratio >= 0.99  met on 0 of 4 (95 %: 0 % … 49 %)');
    expect(text).toContain('✓ cost_usd <= 40  met on 4 of 4 (95 %: 51 % … 100 %)');
    expect(text).toContain('first_bucket: ipm in 4 of 4');
  });

  test('the mean lies in its interval', () => {
    for (const { mean, low, high } of seedStatistics(runs).metrics) {
      expect(low).toBeLessThanOrEqual(mean);
      expect(high).toBeGreaterThanOrEqual(mean);
    }
  });

  test('one seed has no interval', () => {
    expect(seedsTable(runs.slice(0, 1), { colour: false })).toContain('one value only');
  });
});

describe('the chart of arrivals', () => {
  test('draws a bar for each bin and tells the totals', () => {
    expect(
      trafficChart({ binMs: MINUTE_MS, labels: ['00:00', '00:01', '00:02'], counts: [40, 0, 10] }, { colour: false, width: 80 }),
    ).toMatchInlineSnapshot(`
      "50 requests due in 3m, a line per 1m
      from   due
      00:00   40  ████████████████████████████████████████
      00:01    0
      00:02   10  ██████████
      per 1m: mean 16.67, peak 40 (00:00)
      "
    `);
  });

  test('joins bins where there are many and loses none', () => {
    const counts = Array.from({ length: 1440 }, (_, minute) => minute % 7);
    const text = trafficChart({ binMs: MINUTE_MS, labels: counts.map(String), counts }, { colour: false, width: 80 });
    const lines = text.split('\n').slice(2, -2);
    expect(lines.length).toBeLessThanOrEqual(24);
    const drawnTotal = lines.reduce((sum, line) => sum + Number(/^\S+ +([\d,]+)/.exec(line)![1]!.replaceAll(',', '')), 0);
    expect(drawnTotal).toBe(counts.reduce((sum, here) => sum + here, 0));
    expect(Math.max(...lines.map(visibleLength))).toBeLessThanOrEqual(80);
  });
});
