/** What holds for every run, over random small scenarios; and that results are what a plain recount of the rows says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Analysis } from '../../src/analysis/analysis.ts';
import { JournalReader, line } from '../../src/journal/lines.ts';
import type { AttemptRow } from '../../src/model/rows.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { type Played, play, sends } from '../support/play.ts';
import { randomScenario, randomScenarioWithBatches } from '../support/random-scenario.ts';
import { naive } from './naive.ts';

const seeds = fc.nat(1_000);

/** fast-check prints its own seed, the scenario and the run's seed when a law breaks. */
function law(holds: (played: Played, of: Scenario, seed: number) => void, numRuns = 120): void {
  fc.assert(
    fc.property(randomScenario, seeds, (of, seed) => holds(play(of, { seed }), of, seed)),
    { numRuns },
  );
}

const clientOf = (of: Scenario, row: { traffic: string }) => of.clients[of.traffic.find((entry) => entry.name === row.traffic)!.client]!;
const entryOf = (of: Scenario, row: { traffic: string }) => of.traffic.find((entry) => entry.name === row.traffic)!;

test('among the random scenarios everything happens', () => {
  const seen = new Set<string>();
  for (const of of fc.sample(randomScenario, { seed: 1, numRuns: 200 })) {
    const played = play(of);
    for (const request of played.requests) seen.add(request.outcome);
    for (const row of played.attempts) seen.add(String(row.class ?? row.httpStatus ?? 'open'));
    for (const row of played.breakers) seen.add(row.state);
  }
  const outcomes = ['delivered', 'blocked', 'failed', 'pending', 'queueFull', 'queueDeadline', 'breaker', 'deadline', 'budget'];
  const quotas = ['quota.rpm', 'quota.tpm', 'quota.ipm', 'quota.rpd', 'quota.spend', 'quota.zero-limit', 'billing.monthly-cap'];
  const others = [
    'capacity.overloaded',
    'server.internal',
    'server.timeout',
    'client.timeout',
    'client.cancelled',
    'safety.prompt',
    'safety.image',
    'open',
    'half-open',
    'closed',
  ];
  expect([...outcomes, ...quotas, ...others].filter((name) => !seen.has(name))).toEqual([]);
});

describe('every run', () => {
  test('closes every request with exactly one row, every job whole, and ends with its end', () => {
    law((played) => {
      const closings = new Map<number, number>();
      for (const row of played.rows)
        if (row.kind === 'drop' || (row.kind === 'attempt' && row.outcome !== null))
          closings.set(row.request, (closings.get(row.request) ?? 0) + 1);
      expect([...closings.values()].every((times) => times === 1)).toBe(true);
      expect([...closings.keys()].toSorted((a, b) => a - b)).toEqual(Array.from({ length: played.end.requests }, (_, k) => k));
      expect(played.requests).toHaveLength(played.end.requests);
      expect(played.rows.at(-1)).toBe(played.end);
      expect(sends(played).map((row) => row.seq)).toEqual(Array.from({ length: played.end.attempts }, (_, k) => k));
    });
  });

  test('has offered = delivered + blocked + failed + dropped + pending, and throttled = named + inferred + unexplained', () => {
    law((played, of) => {
      const { requests, attempts, attribution, dropped, traffic, lanes } = played.results.summary;
      expect(requests.offered).toBe(requests.delivered + requests.blocked + requests.failed + requests.dropped + requests.pending);
      expect(attempts.sent).toBe(attempts.ok + attempts.throttled + attempts.overloaded + attempts.errored + attempts.open);
      expect(Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(requests.dropped);
      expect(attribution.throttled).toBe(attempts.throttled);
      expect(attribution.named + attribution.inferred + attribution.unexplained).toBe(attribution.throttled);
      // Our service names what it refuses by; a fault may be a 429 that names nothing.
      if (of.service.faults.length === 0) expect(attribution.named).toBe(attribution.throttled);
      expect(Object.values(traffic).reduce((sum, block) => sum + block.requests.offered, 0)).toBe(requests.offered);
      expect(lanes.interactive.requests).toEqual(requests);
    });
  });

  test('happens in order: due, sent, answered, sent again; rows are told as time passes', () => {
    law((played, of) => {
      let nowMs = 0;
      for (const row of played.rows) {
        const atMs = row.kind === 'attempt' ? (row.doneMs ?? nowMs) : 'atMs' in row ? row.atMs : nowMs;
        expect(atMs).toBeGreaterThanOrEqual(nowMs);
        nowMs = atMs;
      }
      for (const rows of Map.groupBy(sends(played), (row) => row.request).values()) {
        expect(rows.map((row) => row.n)).toEqual(rows.map((_, i) => i + 1));
        expect(rows[0]!.sentMs).toBeGreaterThanOrEqual(rows[0]!.dueMs);
        for (const [i, row] of rows.entries()) {
          if (i > 0 && clientOf(of, row).hedge === null) expect(row.sentMs).toBeGreaterThanOrEqual(rows[i - 1]!.doneMs!);
          if (row.doneMs !== null) expect(row.doneMs).toBeGreaterThanOrEqual(row.sentMs);
        }
      }
    });
  });

  test('is the same again, to the last row', () => {
    law((played, of, seed) => {
      expect(play(of, { seed }).rows).toEqual(played.rows);
    }, 40);
  });
});

test('all that holds with the batch lane, schedules, own limits and adaptive concurrency, too', () => {
  fc.assert(
    fc.property(randomScenarioWithBatches, seeds, (of, seed) => {
      const played = play(of, { seed });
      expect(played.requests.map((request) => request.request).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: played.end.requests }, (_, k) => k),
      );
      expect(sends(played).map((row) => row.seq)).toEqual(Array.from({ length: played.end.attempts }, (_, k) => k));
      const { requests, attempts, attribution } = played.results.summary;
      expect(requests).toEqual(naive(of, played.rows).requests);
      expect(attempts).toEqual(naive(of, played.rows).attempts);
      expect(attribution.named + attribution.inferred + attribution.unexplained).toBe(attempts.throttled);
      const { microUsd, requests: most } = of.budget;
      if (most !== null) expect(attempts.sent).toBeLessThanOrEqual(most);
      if (microUsd !== null) expect(played.attempts.reduce((sum, row) => sum + row.costMicroUsd, 0)).toBeLessThanOrEqual(microUsd);
    }),
    { numRuns: 150 },
  );
});

describe('no client sends', () => {
  test('more at once than its concurrency', () => {
    law((played, of) => {
      for (const [name, rows] of Map.groupBy(sends(played), (row) => clientOf(of, row).name)) {
        const { concurrency } = of.clients.find((client) => client.name === name)!;
        if (concurrency === null) continue;
        const endsMs = of.clock.durationMs + of.clock.drainMs; // what is open then is given up, and its slot is free
        for (const { sentMs } of rows) {
          const inFlight = rows.filter((row) => row.sentMs <= sentMs && (row.doneMs ?? endsMs) > sentMs).length;
          expect(inFlight).toBeLessThanOrEqual(concurrency);
        }
      }
    });
  });

  test('faster than its pace', () => {
    law((played, of) => {
      for (const [name, rows] of Map.groupBy(sends(played), (row) => clientOf(of, row).name)) {
        const { paceIntervalMs } = of.clients.find((client) => client.name === name)!;
        for (let i = 1; i < rows.length; i++) expect(rows[i]!.sentMs - rows[i - 1]!.sentMs).toBeGreaterThanOrEqual(paceIntervalMs ?? 0);
      }
    });
  });

  test('later than a queue deadline, an entry deadline or a timeout allow', () => {
    law((played, of) => {
      for (const row of played.attempts) {
        const { queue, timeoutMs } = clientOf(of, row);
        const { deadlineMs } = entryOf(of, row);
        if (row.n === 1 && queue.deadlineMs !== null) expect(row.sentMs).toBeLessThanOrEqual(row.dueMs + queue.deadlineMs);
        if (deadlineMs !== null) {
          expect(row.sentMs).toBeLessThanOrEqual(row.dueMs + deadlineMs);
          if (row.outcome === 'delivered') expect(row.doneMs).toBeLessThanOrEqual(row.dueMs + deadlineMs);
        }
        if (timeoutMs !== null && row.doneMs !== null) expect(row.doneMs - row.sentMs).toBeLessThanOrEqual(timeoutMs);
      }
    });
  });

  test('more than the budget, in attempts or in money', () => {
    law((played, of) => {
      const { microUsd, requests } = of.budget;
      if (requests !== null) expect(played.attempts.length).toBeLessThanOrEqual(requests);
      if (microUsd !== null) expect(played.attempts.reduce((sum, row) => sum + row.costMicroUsd, 0)).toBeLessThanOrEqual(microUsd);
    });
  });

  test('more failures or 429s of one model than its retry allows', () => {
    law((played, of) => {
      for (const rows of Map.groupBy(sends(played), (row) => `${row.request} ${row.model}`).values()) {
        const { retry, hedge, fallback } = clientOf(of, rows[0]!);
        if (hedge !== null || fallback.length > 0) continue;
        const throttled = rows.filter((row) => row.httpStatus === 429).length;
        expect(throttled).toBeLessThanOrEqual(retry.throttledAttempts!);
        expect(rows.length - throttled).toBeLessThanOrEqual(retry.attempts);
      }
    });
  });

  test('to a model whose breaker is open', () => {
    law((played, of) => {
      const open = new Map<string, [fromMs: number, toMs: number][]>();
      for (const row of played.breakers) {
        const spans = open.get(`${row.client} ${row.model}`) ?? [];
        open.set(`${row.client} ${row.model}`, spans);
        if (row.state === 'open') spans.push([row.atMs, Infinity]);
        else if (spans.at(-1)?.[1] === Infinity) spans.at(-1)![1] = row.atMs;
      }
      for (const row of played.attempts) {
        const { name, breaker, hedge } = clientOf(of, row);
        if (!breaker || hedge) continue;
        const spans = open.get(`${name} ${breaker.scope === 'chain' ? null : row.model}`) ?? [];
        // At the instant itself it may have been sent before the breaker opened.
        for (const [fromMs, toMs] of spans) expect(row.sentMs > fromMs && row.sentMs < toMs).toBe(false);
      }
    });
  });
});

test('the service never admits more than a fixed or sliding window holds', () => {
  law((played, of) => {
    if (of.quota.window !== 'fixed' && of.quota.window !== 'sliding') return;
    const { startAtMs } = of.clock;
    // What took an image for sure: delivered, blocked or out of time; a given-up attempt may have been refused in the end.
    const took = sends(played).filter((row) => row.httpStatus === 200 || row.httpStatus === 504);
    for (const rows of Map.groupBy(took, (row) => `${row.project} ${row.model}`).values()) {
      const limit = of.quota.limits.find((one) => one.bucket === 'ipm' && one.model === rows[0]!.model)?.limit ?? null;
      if (limit === null) continue;
      for (const last of rows) {
        const isWithin = (row: AttemptRow): boolean =>
          of.quota.window === 'sliding'
            ? row.sentMs > last.sentMs - 60_000 && row.sentMs <= last.sentMs
            : Math.floor((startAtMs + row.sentMs) / 60_000) === Math.floor((startAtMs + last.sentMs) / 60_000);
        expect(rows.filter(isWithin).length).toBeLessThanOrEqual(limit);
      }
    }
  });
});

describe('results', () => {
  test('are what a plain recount of the rows says', () => {
    law((played, of) => {
      const { summary, timeline } = played.results;
      const plain = naive(of, played.rows);
      expect(plain.isWhole).toBe(true);
      expect({
        jobs: summary.jobs,
        requests: summary.requests,
        attempts: summary.attempts,
        latencyMs: summary.latencyMs,
        serviceMs: summary.serviceMs,
        queueWaitMs: summary.queueWaitMs,
        costUsd: summary.costUsd,
        makespanMs: summary.makespanMs,
      }).toEqual({
        jobs: plain.jobs,
        requests: plain.requests,
        attempts: plain.attempts,
        latencyMs: plain.latencyMs,
        serviceMs: plain.serviceMs,
        queueWaitMs: plain.queueWaitMs,
        costUsd: plain.costUsd,
        makespanMs: plain.makespanMs,
      });
      const { firstBucket } = summary;
      expect(
        firstBucket && { bucket: firstBucket.bucket, model: firstBucket.model, project: firstBucket.project, atMs: firstBucket.atMs },
      ).toEqual(plain.firstBucket);
      expect(timeline).toEqual(plain.timeline);
    }, 200);
  });

  test('about buckets are what a replay of every window says', () => {
    law((played, of) => {
      const plain = naive(of, played.rows).buckets;
      const seen = played.results.summary.buckets.map(
        ({ bucket, model, project, rejected, firstExhaustedAtMs, exhaustedMs, peakUtilisation }, i) => ({
          bucket,
          model,
          project,
          rejected,
          firstExhaustedAtMs,
          exhaustedMs,
          ...(plain[i] && 'peakUtilisation' in plain[i] ? { peakUtilisation } : {}),
        }),
      );
      expect(seen).toEqual(plain);
    }, 200);
  });

  test('from the journal alone are those of the run', () => {
    law((played) => {
      const text = [played.header, ...played.rows].map(line).join('');
      let analysis: Analysis | null = null;
      const reader = new JournalReader('journal.ndjson', (row) => {
        if (row.kind === 'header') analysis = new Analysis(row, { minutes: true });
        else analysis!.add(row);
      });
      for (let from = 0; from < text.length; from += 1_000) reader.push(text.slice(from, from + 1_000));
      reader.end();
      const { summary, timeline, marks, failures, buckets } = analysis!.finish();
      const live = played.results;
      expect(summary).toEqual(JSON.parse(JSON.stringify(live.summary)));
      expect(timeline).toEqual(live.timeline);
      expect(failures).toEqual(live.failures);
      expect(marks.map(({ atMs, used }) => [atMs, used])).toEqual(live.marks.map(({ atMs, used }) => [atMs, used]));
      expect(buckets.map(({ levels, rejections }) => [levels, rejections])).toEqual(
        live.buckets.map(({ levels, rejections }) => [levels, rejections]),
      );
    }, 60);
  });

  test('of a journal torn anywhere still count every request that was seen once', () => {
    fc.assert(
      fc.property(randomScenario, seeds, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (of, seed, share) => {
        const played = play(of, { seed, announceSends: true });
        const rows = played.rows.slice(0, Math.floor(played.rows.length * share));
        const closed: number[] = [];
        const analysis = new Analysis(played.header, { minutes: true, onRequest: ({ request }) => closed.push(request) });
        for (const row of rows) analysis.add(row);
        const { summary } = analysis.finish();
        const seen = new Set(rows.flatMap((row) => ('request' in row ? [row.request] : [])));
        expect(closed.toSorted((a, b) => a - b)).toEqual([...seen].toSorted((a, b) => a - b));
        expect(summary.requests.offered).toBe(seen.size);
        expect(summary.attempts.sent).toBe(rows.filter((row) => row.kind === 'sent').length);
        expect(summary.warnings.map((warning) => warning.code)).toContain('journal-torn');
      }),
      { numRuns: 80 },
    );
  });
});
