/** The budget is never passed: whatever the service bills, however often the run is killed and gone on with. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { Budget } from '../../../src/client/budget.ts';
import { drive } from '../../../src/engine/engine.ts';
import { virtualClock } from '../../../src/engine/virtual-clock.ts';
import { line } from '../../../src/journal/lines.ts';
import type { Attempt, Target } from '../../../src/model/attempt.ts';
import { findModel } from '../../../src/model/catalogue.ts';
import { chance } from '../../../src/model/chance.ts';
import { RANK } from '../../../src/model/clock.ts';
import type { Reply, Usage } from '../../../src/model/reply.ts';
import { requestSpec } from '../../../src/model/request-spec.ts';
import type { Row } from '../../../src/model/rows.ts';
import { RETRY_NONE, type Scenario } from '../../../src/model/scenario.ts';
import { reservedMicroUsd } from '../../../src/model/worst-case.ts';
import { header } from '../../../src/run/header.ts';
import { earlierPart } from '../../../src/run/live/earlier-part.ts';
import { Guard } from '../../../src/run/live/guard.ts';
import { worstCase } from '../../../src/run/live/worst-case-pricing.ts';
import { clientsOf } from '../../../src/run/simulate.ts';
import { clientSpec, entry, scenario } from '../../support/scenario.ts';

const folder = mkdtempSync(join(tmpdir(), 'rundry-budget-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Fate {
  readonly reply: Reply | null;
  readonly afterMs: number;
  /** What the service really charges, whatever it says. */
  readonly billedMicroUsd: number;
}

/** What a hostile service may do to an attempt, all of it within what one answer may cost. */
function fateOf({ spec, request, n }: Attempt, seed: number, lane: 'interactive' | 'batch'): Fate {
  const u = (label: number): number => chance(seed, label as 1, request, n);
  const model = findModel(spec.model)!;
  const { image, text, input } = model.usdPerMillion;
  const factor = lane === 'batch' ? 0.5 : 1;
  const reserved = reservedMicroUsd({ ...spec, lane, listMicroUsd: lane === 'batch' ? spec.batchMicroUsd : spec.listMicroUsd });
  const usage: Usage = {
    promptTokens: Math.floor(spec.inputTokens * (0.5 + u(1))),
    imageTokens: (1 + Math.floor(u(2) * 10)) * (model.imageTokens[spec.size] ?? 0),
    thoughtsTokens: Math.floor(u(3) * 790),
    otherTokens: Math.floor(u(4) * 630),
  };
  const used = (usage.imageTokens * image + (usage.thoughtsTokens + usage.otherTokens) * text + usage.promptTokens * input) * factor;
  const silently = Math.floor(u(5) * reserved);
  const afterMs = Math.floor(u(6) * 40_000);
  const refused = (httpStatus: number, billedMicroUsd: number): Fate => ({
    reply: { kind: 'refused', httpStatus, class: 'server.internal', violations: [], retryAfterMs: null, message: null },
    afterMs,
    billedMicroUsd,
  });
  const kind = u(7);
  if (kind < 0.35) return { reply: { kind: 'image', images: 1, usage }, afterMs, billedMicroUsd: used };
  if (kind < 0.45) {
    const untold = { promptTokens: 0, imageTokens: 0, thoughtsTokens: 0, otherTokens: 0 };
    return { reply: { kind: 'image', images: 3, usage: untold }, afterMs, billedMicroUsd: silently };
  }
  if (kind < 0.5) return { reply: { kind: 'blocked', class: 'safety.image', usage: null }, afterMs, billedMicroUsd: silently };
  if (kind < 0.55)
    return { reply: { kind: 'blocked', class: 'safety.image', usage: { ...usage, imageTokens: 0 } }, afterMs, billedMicroUsd: 0 };
  if (kind < 0.6) return refused(429, 0);
  if (kind < 0.7) return refused(503, 0);
  if (kind < 0.75) return refused(504, silently);
  if (kind < 0.8) return refused(502, silently);
  if (kind < 0.9) return { reply: { kind: 'silence', why: 'network' }, afterMs, billedMicroUsd: silently };
  return { reply: null, afterMs, billedMicroUsd: silently }; // never answered
}

class Killed extends Error {}

/** Runs until it ends, or dies before row `rowsMax`; rows that were written and attempts that were billed outlive it. */
function part(of: Scenario, seed: number, ledger: Ledger, rowsMax: number, earlier: Awaited<ReturnType<typeof earlierPart>> | null): Row[] {
  const rows: Row[] = [];
  const clock = virtualClock();
  const record = (row: Row): void => {
    if (rows.length >= rowsMax) throw new Killed();
    rows.push({ ...row });
  };
  const bill = (attempt: Attempt, lane: 'interactive' | 'batch'): Fate => {
    const fate = fateOf(attempt, seed, lane);
    ledger.sent.push(`${attempt.request}.${attempt.n}`);
    ledger.billedMicroUsd += fate.billedMicroUsd;
    return fate;
  };
  const target: Target = {
    send(attempt) {
      const { reply, afterMs } = bill(attempt, 'interactive');
      if (reply === null) return;
      attempt.reply = reply;
      clock.at(clock.nowMs + afterMs, RANK.completion, attempt);
    },
    submit(batch) {
      for (const row of batch.rows) row.reply = bill(row, 'batch').reply ?? { kind: 'silence', why: 'network' };
      batch.state = 'succeeded';
      clock.at(clock.nowMs + 60_000, RANK.completion, batch);
    },
    abandon() {},
  };
  const guard = new Guard({
    budget: new Budget(of.budget, worstCase(0), earlier?.spent ?? { microUsd: 0, requests: 0 }),
    wallMs: null,
    errorRatioMax: 1,
    cheapestMicroUsd: 0,
    onQuiet: () => {},
  });
  const clients = clientsOf(of, seed, record, guard);
  if (earlier) clock.at(earlier.lastMs, RANK.completion, { fire: () => {} });
  drive({ scenario: of, seed, clock, target, clients, record, announceSends: true, ...(earlier ? { past: earlier.past } : {}) });
  try {
    clock.run();
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  return rows;
}

interface Ledger {
  billedMicroUsd: number;
  readonly sent: string[];
}

const runs = fc.record({
  seed: fc.nat(1e6),
  model: fc.constantFrom('gemini-3-pro-image', 'gemini-3.1-flash-image', 'gemini-3.1-flash-lite-image', 'gemini-nano-banana-2.1'),
  promptTokens: fc.nat(5_000),
  requests: fc.integer({ min: 1, max: 12 }),
  times: fc.integer({ min: 1, max: 4 }),
  images: fc.integer({ min: 1, max: 3 }),
  lane: fc.constantFrom('interactive' as const, 'interactive' as const, 'batch' as const),
  concurrency: fc.option(fc.integer({ min: 1, max: 20 })),
  timeoutMs: fc.option(fc.constantFrom(5_000, 20_000)),
  attempts: fc.integer({ min: 1, max: 5 }),
  hedge: fc.boolean(),
  fallback: fc.boolean(),
  usd: fc.option(fc.double({ min: 0.1, max: 40, noNaN: true })),
  attemptsMax: fc.option(fc.integer({ min: 1, max: 60 })),
});

function scenarioOf(drawn: typeof runs extends fc.Arbitrary<infer T> ? T : never): Scenario {
  return scenario({
    clock: { startAtMs: Date.UTC(2026, 11, 1, 18), durationMs: 600_000, drainMs: 120_000 },
    traffic: [
      entry(
        { kind: 'burst', requests: drawn.requests, everyMs: 20_000, times: drawn.times },
        {
          durationMs: 600_000,
          images: drawn.images,
          lane: drawn.lane,
          request: requestSpec(drawn.model, '1K', drawn.promptTokens, drawn.seed % 3),
        },
      ),
    ],
    clients: [
      clientSpec({
        concurrency: drawn.concurrency,
        timeoutMs: drawn.timeoutMs,
        hedge: drawn.hedge ? { afterMs: 4_000 } : null,
        rowsPerJob: 7,
        retry: {
          ...RETRY_NONE,
          preset: null,
          attempts: drawn.attempts,
          throttledAttempts: drawn.attempts,
          retryOn: [429, 500, 502, 503, 504, 'timeout', 'network'],
        },
        fallback: drawn.fallback ? [{ to: { model: 'gemini-2.5-flash-image' }, on: ['5xx', 'timeout'] }] : [],
      }),
    ],
    budget: {
      microUsd: drawn.usd === null ? null : Math.floor(drawn.usd * 1e6),
      requests: drawn.usd === null ? (drawn.attemptsMax ?? 20) : drawn.attemptsMax,
    },
  });
}

function expectWithin(ledger: Ledger, { budget }: Scenario): void {
  expect(ledger.billedMicroUsd).toBeLessThanOrEqual(budget.microUsd ?? Infinity);
  expect(ledger.sent.length).toBeLessThanOrEqual(budget.requests ?? Infinity);
  expect(new Set(ledger.sent).size).toBe(ledger.sent.length);
}

const RUNS = 1_000;

test('in random runs against a hostile service neither dollars nor attempts pass the budget', () => {
  let stopped = 0;
  fc.assert(
    fc.property(runs, (drawn) => {
      const of = scenarioOf(drawn);
      const ledger: Ledger = { billedMicroUsd: 0, sent: [] };
      const rows = part(of, drawn.seed, ledger, Infinity, null);
      expectWithin(ledger, of);
      expect(rows.filter((row) => row.kind === 'sent')).toHaveLength(ledger.sent.length);
      if (rows.some((row) => row.kind === 'drop' && row.cause === 'budget')) stopped++;
    }),
    { numRuns: RUNS },
  );
  expect(stopped).toBeGreaterThan(RUNS / 10); // else nothing was tried
});

test('killed anywhere and gone on with, twice, nothing is sent again and the budget still holds', { timeout: 120_000 }, async () => {
  let resumed = 0;
  await fc.assert(
    fc.asyncProperty(runs, fc.integer({ min: 1, max: 120 }), fc.integer({ min: 1, max: 60 }), async (drawn, firstRows, secondRows) => {
      const of = scenarioOf(drawn);
      const path = join(folder, 'journal.ndjson');
      const first = { ...header({ scenario: of, seed: drawn.seed, mode: 'live' }) };
      const ledger: Ledger = { billedMicroUsd: 0, sent: [] };
      let text = [first, ...part(of, drawn.seed, ledger, firstRows, null)].map(line).join('');
      for (const rowsMax of [secondRows, Infinity]) {
        writeFileSync(path, text.includes('"kind":"end"') ? text : `${text}{"kind":"att`); // torn, as a crash leaves it
        if (text.includes('"kind":"end"')) break;
        const earlier = await earlierPart(folder, 0);
        await earlier.continue();
        text = readFileSync(path, 'utf8') + part(of, drawn.seed, ledger, rowsMax, earlier).map(line).join('');
        resumed++;
      }
      expectWithin(ledger, of);
      const rows = text
        .trimEnd()
        .split('\n')
        .map((one) => JSON.parse(one) as Row);
      const closed = rows.flatMap((row) => (row.kind === 'drop' || (row.kind === 'attempt' && row.outcome !== null) ? [row.request] : []));
      expect(new Set(closed).size).toBe(closed.length);
      expect(closed).toHaveLength(drawn.requests * drawn.times * drawn.images);
    }),
    { numRuns: RUNS / 2 },
  );
  expect(resumed).toBeGreaterThan(RUNS / 4);
});
