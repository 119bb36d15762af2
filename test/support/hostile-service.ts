/** A service that charges as it likes within what one answer may cost, and a live run against it on the virtual clock that may die anywhere. */
import { Budget } from '../../src/client/budget.ts';
import { drive } from '../../src/engine/engine.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import type { Attempt, BatchSubmission, Target } from '../../src/model/attempt.ts';
import { findModel } from '../../src/model/catalogue.ts';
import { chance } from '../../src/model/chance.ts';
import { RANK } from '../../src/model/clock.ts';
import type { Reply, Usage } from '../../src/model/reply.ts';
import type { JobRow, Row } from '../../src/model/rows.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { reservedMicroUsd } from '../../src/model/worst-case.ts';
import type { EarlierPart } from '../../src/run/live/earlier-part.ts';
import { Guard } from '../../src/run/live/guard.ts';
import { worstCase } from '../../src/run/live/worst-case-pricing.ts';
import { clientsOf } from '../../src/run/simulate.ts';

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

/** What the service has seen, which outlives every crash. */
export interface Ledger {
  billedMicroUsd: number;
  readonly sent: string[];
  /** Answers of the rows of each job, by its display name. */
  readonly jobs: Map<string, readonly (Reply | null)[]>;
}

export function ledger(): Ledger {
  return { billedMicroUsd: 0, sent: [], jobs: new Map() };
}

export interface PartOptions {
  readonly seed: number;
  readonly ledger: Ledger;
  /** It dies before it writes another row. */
  readonly rowsMax: number;
  readonly wallMs: number | null;
  readonly earlier: EarlierPart | null;
}

class Killed extends Error {}

const SILENCE: Reply = { kind: 'silence', why: 'network' };
/** How long the service takes to name a job, and to be done with it. */
const NAMED_AFTER_MS = 900;
const DONE_AFTER_MS = 60_000;

/** Runs until it ends, or dies; rows that were written and attempts that were billed outlive it. */
export function part(of: Scenario, { seed, ledger, rowsMax, wallMs, earlier }: PartOptions): Row[] {
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
  const create = (batch: BatchSubmission): void => {
    const { number, firstSeq } = batch;
    const job = (name: string | null): JobRow => ({
      kind: 'job',
      atMs: clock.nowMs,
      number,
      firstSeq,
      rows: batch.rows.length,
      displayName: `job ${number}`,
      name,
    });
    record(job(null));
    if (ledger.jobs.has(`job ${number}`)) throw new Error(`job ${number} is created twice`);
    ledger.jobs.set(
      `job ${number}`,
      batch.rows.map((row) => bill(row, 'batch').reply),
    );
    clock.at(clock.nowMs + NAMED_AFTER_MS, RANK.timer, { fire: () => record(job(`batches/${number}`)) });
  };
  const target: Target = {
    send(attempt) {
      const { reply, afterMs } = bill(attempt, 'interactive');
      if (reply === null) return;
      attempt.reply = reply;
      clock.at(clock.nowMs + afterMs, RANK.completion, attempt);
    },
    submit(batch) {
      if (batch.earlier === null) create(batch);
      const answers = ledger.jobs.get(batch.earlier?.displayName ?? `job ${batch.number}`);
      for (const row of batch.rows) row.reply = answers?.[row.seq - batch.firstSeq] ?? SILENCE;
      batch.state = 'succeeded';
      clock.at(clock.nowMs + DONE_AFTER_MS, RANK.completion, batch);
    },
    abandon() {},
  };
  const guard = new Guard({
    budget: new Budget(of.budget, worstCase(0), earlier?.spent ?? { microUsd: 0, requests: 0 }),
    wallMs,
    errorRatioMax: 1,
    cheapestMicroUsd: 0,
    batchRows: earlier?.inJobs.length ?? 0,
    onQuiet: () => {}, // in virtual time what is left falls due at once anyway
  });
  const clients = clientsOf(of, seed, record, guard);
  if (earlier) clock.at(earlier.lastMs, RANK.completion, { fire: () => {} });
  try {
    drive({
      scenario: of,
      seed,
      clock,
      target,
      clients,
      record,
      announceSends: true,
      isResumable: true,
      ...(earlier ? { past: earlier.past } : {}),
    });
    clock.run();
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
  return rows;
}
