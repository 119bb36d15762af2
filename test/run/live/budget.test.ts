/** The budget is never passed: whatever the service bills, however often the run is killed and gone on with. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { line } from '../../../src/journal/lines.ts';
import { requestSpec } from '../../../src/model/request-spec.ts';
import type { DueRow, Row } from '../../../src/model/rows.ts';
import { RETRY_NONE, type Scenario, type TrafficEntry } from '../../../src/model/scenario.ts';
import { header } from '../../../src/run/header.ts';
import { earlierPart } from '../../../src/run/live/earlier-part.ts';
import { type Ledger, ledger, part } from '../../support/hostile-service.ts';
import { clientSpec, entry, scenario } from '../../support/scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'rundry-budget-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DURATION_MS = 600_000;
const CROWD_MS = 200_000;
const lane = fc.constantFrom('interactive' as const, 'interactive' as const, 'batch' as const);
const burst = fc.record({
  requests: fc.integer({ min: 1, max: 12 }),
  times: fc.integer({ min: 1, max: 4 }),
  images: fc.integer({ min: 1, max: 3 }),
  lane,
  deadlineMs: fc.option(fc.constantFrom(15_000, 90_000)),
});
const crowd = fc.record({
  users: fc.integer({ min: 1, max: 6 }),
  thinkMs: fc.constantFrom(5_000, 45_000),
  images: fc.integer({ min: 1, max: 3 }),
  lane,
});
const runs = fc.record({
  seed: fc.nat(1e6),
  model: fc.constantFrom('gemini-3-pro-image', 'gemini-3.1-flash-image', 'gemini-3.1-flash-lite-image', 'gemini-nano-banana-2.1'),
  promptTokens: fc.nat(5_000),
  bursts: fc.array(burst, { minLength: 0, maxLength: 2 }),
  crowds: fc.array(crowd, { minLength: 0, maxLength: 2 }),
  concurrency: fc.option(fc.integer({ min: 1, max: 20 })),
  timeoutMs: fc.option(fc.constantFrom(5_000, 20_000)),
  attempts: fc.integer({ min: 1, max: 5 }),
  hedge: fc.boolean(),
  fallback: fc.subarray(['model', 'batch'] as const),
  rowsPerJob: fc.integer({ min: 1, max: 7 }),
  usd: fc.option(fc.double({ min: 0.1, max: 40, noNaN: true })),
  attemptsMax: fc.option(fc.integer({ min: 1, max: 60 })),
  wallMs: fc.option(fc.integer({ min: 1_000, max: 300_000 })),
});
type Drawn = typeof runs extends fc.Arbitrary<infer T> ? T : never;

function trafficOf({ bursts, crowds, model, promptTokens, seed }: Drawn): TrafficEntry[] {
  const request = requestSpec(model, '1K', promptTokens, seed % 3);
  const common = { durationMs: DURATION_MS, request };
  const all = [
    ...bursts.map(({ requests, times, images, lane, deadlineMs }, k) =>
      entry({ kind: 'burst', requests, everyMs: 20_000, times }, { ...common, name: `burst ${k}`, images, lane, deadlineMs }),
    ),
    ...crowds.map(({ users, thinkMs, images, lane }, k) =>
      entry(
        { kind: 'users', users, thinkMeanMs: thinkMs, thinkDistribution: 'fixed' },
        { ...common, name: `crowd ${k}`, images, lane, durationMs: CROWD_MS },
      ),
    ),
  ];
  return all.length > 0 ? all : [entry({ kind: 'flood', requests: 5 }, { ...common, name: 'burst 0' })];
}

function scenarioOf(drawn: Drawn): Scenario {
  return scenario({
    clock: { startAtMs: Date.UTC(2026, 11, 1, 18), durationMs: DURATION_MS, drainMs: 120_000 },
    traffic: trafficOf(drawn),
    clients: [
      clientSpec({
        concurrency: drawn.concurrency,
        timeoutMs: drawn.timeoutMs,
        hedge: drawn.hedge ? { afterMs: 4_000 } : null,
        rowsPerJob: drawn.rowsPerJob,
        retry: {
          ...RETRY_NONE,
          preset: null,
          attempts: drawn.attempts,
          throttledAttempts: drawn.attempts,
          retryOn: [429, 500, 502, 503, 504, 'timeout', 'network'],
        },
        fallback: drawn.fallback.map((to) => ({
          to: to === 'batch' ? { lane: 'batch' as const } : { model: 'gemini-2.5-flash-image' },
          on: ['5xx' as const, 'timeout' as const],
        })),
      }),
    ],
    budget: {
      microUsd: drawn.usd === null ? null : Math.floor(drawn.usd * 1e6),
      requests: drawn.usd === null ? (drawn.attemptsMax ?? 20) : drawn.attemptsMax,
    },
  });
}

function expectWithin({ billedMicroUsd, sent }: Ledger, { budget }: Scenario): void {
  expect(billedMicroUsd).toBeLessThanOrEqual(budget.microUsd ?? Infinity);
  expect(sent.length).toBeLessThanOrEqual(budget.requests ?? Infinity);
  expect(new Set(sent).size).toBe(sent.length);
}

/** What is wrong with a journal in which every request ends once, none is left out, and each user asks again just when it has thought. */
function faultsOf(rows: readonly Row[], { bursts, crowds }: Drawn): string[] {
  const faults: string[] = [];
  const endedMs = new Map<number, number>();
  for (const row of rows) {
    if (row.kind !== 'drop' && (row.kind !== 'attempt' || row.outcome === null)) continue;
    if (endedMs.has(row.request)) faults.push(`request ${row.request} ended twice`);
    endedMs.set(row.request, row.kind === 'drop' ? row.atMs : row.doneMs!);
  }
  const due = rows.filter((row): row is DueRow => row.kind === 'due');
  if (crowds.length > 0) {
    if (new Set(due.map(({ request }) => request)).size !== due.length) faults.push('two requests have one number');
    for (const { request } of due) if (!endedMs.has(request)) faults.push(`request ${request} has no end`);
    if (endedMs.size !== due.length) faults.push('an end without a request');
  }
  const open = bursts.reduce((sum, { requests, times, images }) => sum + requests * times * images, 0);
  const seen = crowds.length > 0 ? due.filter(({ user }) => user === null).length : endedMs.size;
  if (seen !== (open || (crowds.length > 0 ? 0 : 5))) faults.push(`${seen} requests instead of ${open}`);
  const jobs = Map.groupBy(due, ({ traffic, user, nth }) => `${traffic} ${user} ${nth}`);
  for (const [k, { thinkMs, images }] of crowds.entries())
    for (const { traffic, user, nth } of due.filter((row) => row.traffic === `crowd ${k}`)) {
      const requests = jobs.get(`${traffic} ${user} ${nth}`)!;
      const thoughtMs = Math.max(...requests.map(({ request }) => endedMs.get(request)!)) + thinkMs;
      if (requests.length !== images) faults.push(`job ${nth} of user ${user} has ${requests.length} requests`);
      if (nth > 0 && !jobs.has(`${traffic} ${user} ${nth - 1}`)) faults.push(`user ${user} left out job ${nth - 1}`);
      const next = jobs.get(`${traffic} ${user} ${nth + 1}`)?.[0];
      if (next !== undefined && next.dueMs !== thoughtMs) faults.push(`user ${user} asked at ${next.dueMs}, not at ${thoughtMs}`);
      if (next === undefined && thoughtMs < CROWD_MS) faults.push(`user ${user} never asked again after ${thoughtMs}`);
    }
  return faults;
}

const RUNS = 1_000;

test('in random runs against a hostile service neither dollars nor attempts nor time pass the budget', () => {
  let stopped = 0;
  fc.assert(
    fc.property(runs, (drawn) => {
      const of = scenarioOf(drawn);
      const spent = ledger();
      const rows = part(of, { seed: drawn.seed, ledger: spent, rowsMax: Infinity, wallMs: drawn.wallMs, earlier: null });
      expectWithin(spent, of);
      const sent = rows.filter((row) => row.kind === 'sent');
      expect(sent).toHaveLength(spent.sent.length);
      expect(sent.filter(({ sentMs }) => sentMs >= (drawn.wallMs ?? Infinity))).toEqual([]);
      if (rows.some((row) => row.kind === 'drop' && row.cause === 'budget')) stopped++;
    }),
    { numRuns: RUNS },
  );
  expect(stopped).toBeGreaterThan(RUNS / 10); // else nothing was tried
});

test('killed anywhere and gone on with, twice, nothing is sent again and the budget still holds', async () => {
  let resumed = 0;
  let jobs = 0;
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 60 }), async (drawn, firstRows, secondRows) => {
      const of = scenarioOf(drawn);
      const path = join(folder, 'journal.ndjson');
      const first = { ...header({ scenario: of, seed: drawn.seed, mode: 'live' }) };
      const spent = ledger();
      const common = { seed: drawn.seed, ledger: spent, wallMs: null };
      let text = [first, ...part(of, { ...common, rowsMax: firstRows, earlier: null })].map(line).join('');
      for (const rowsMax of [secondRows, Infinity]) {
        writeFileSync(path, text.includes('"kind":"end"') ? text : `${text}{"kind":"att`); // torn, as a crash leaves it
        if (text.includes('"kind":"end"')) break;
        const earlier = await earlierPart(folder, 0);
        await earlier.continue();
        text =
          readFileSync(path, 'utf8') +
          part(of, { ...common, rowsMax, earlier })
            .map(line)
            .join('');
        resumed++;
        if (earlier.inJobs.length > 0) jobs++;
      }
      expectWithin(spent, of);
      const rows = text
        .trimEnd()
        .split('\n')
        .map((one) => JSON.parse(one) as Row);
      if (rows.at(-1)?.kind === 'end') expect(faultsOf(rows, drawn)).toEqual([]);
    }),
    { numRuns: RUNS / 4 },
  );
  expect(resumed).toBeGreaterThan(RUNS / 20);
  expect(jobs).toBeGreaterThan(0);
});
