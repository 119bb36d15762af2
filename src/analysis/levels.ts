/**
 * How full each bucket was, when it refused and for how long: every attempt's charge replayed, in the order of sending,
 * through the same buckets that the scenario's limits describe.
 */
import { BUCKETS, type BucketName, isAccountBucket, type ModelId } from '../model/names.ts';
import type { LimitSpec, Scenario } from '../model/scenario.ts';
import { MINUTE_MS } from '../model/time.ts';
import type { Admission } from '../quota/admission.ts';
import type { Bucket } from '../quota/bucket.ts';
import { bucketSet, WINDOW_MS } from '../quota/bucket-set.ts';
import { nextMidnightMs, nextMonthMs } from '../quota/calendar.ts';
import { batchCost, REQUESTS_ONLY, unpaidCost, wholeCost } from '../quota/costs.ts';
import { CHARGE, type SentAttempt } from './sending-order.ts';

/** One bucket of the run: a row of summary.json and the column of its level. */
export class BucketRecord {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly project: string | null;
  readonly limit: LimitSpec;
  readonly windowMs: number | null;
  /** null: nothing is enforced. */
  readonly enforced: Bucket | null;
  rejected = 0;
  firstExhaustedAtMs: number | null = null;
  peakUsed = 0;
  /** Union of [refusal, told instant) so far, and the interval still open. */
  private exhaustedMs = 0;
  private fromMs = -1;
  private toMs = -1;
  private toldNever = false;
  /** End (epoch ms) of the window of the last refusal. */
  private windowEndMs = -Infinity;
  /** Highest level in each whole minute of the run, and refusals in it; only where asked for. */
  readonly levels: number[] = [];
  readonly rejections: number[] = [];

  constructor(limit: LimitSpec, project: string | null, enforced: Bucket | null) {
    this.bucket = limit.bucket;
    this.model = limit.model;
    this.project = project;
    this.limit = limit;
    this.windowMs = WINDOW_MS[limit.bucket as keyof typeof WINDOW_MS];
    this.enforced = enforced;
  }

  refused(atMs: number, untilMs: number | null, epochMs: number): boolean {
    this.rejected++;
    this.firstExhaustedAtMs ??= atMs;
    if (untilMs === null) this.toldNever = true;
    else if (untilMs > this.toMs || atMs > this.toMs) {
      if (atMs > this.toMs) {
        this.exhaustedMs += this.toMs - this.fromMs;
        this.fromMs = atMs;
      }
      this.toMs = Math.max(this.toMs, untilMs);
    }
    if (epochMs < this.windowEndMs) return false;
    this.windowEndMs = this.windowEnd(epochMs);
    return true;
  }

  private windowEnd(epochMs: number): number {
    if (this.windowMs !== null) return (Math.floor(epochMs / this.windowMs) + 1) * this.windowMs;
    return this.bucket === 'monthly' ? nextMonthMs(epochMs) : nextMidnightMs(epochMs);
  }

  /** null where no answer ever said when to come back. */
  get exhausted(): number | null {
    if (isAccountBucket(this.bucket) || (this.toldNever && this.toMs < 0)) return null;
    return this.exhaustedMs + this.toMs - this.fromMs;
  }

  /** Highest level over the limit; null without one. */
  get peakUtilisation(): number | null {
    const limit = this.enforced?.spec.limit;
    return limit === undefined || limit === 0 ? null : this.peakUsed / limit;
  }
}

/** The first refusal in each window, for buckets.csv. */
export interface RefusalMark {
  readonly record: BucketRecord;
  readonly atMs: number;
  readonly used: number;
}

export interface FirstBucket {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly project: string | null;
  readonly atMs: number;
  readonly limit: number | null;
}

interface Gate {
  readonly admission: Admission;
  readonly records: readonly BucketRecord[];
  readonly named: ReadonlyMap<BucketName, BucketRecord>;
}

export class Levels {
  readonly records: readonly BucketRecord[];
  readonly marks: RefusalMark[] = [];
  first: FirstBucket | null = null;
  /** The same for each traffic entry that was refused. */
  readonly firstOf = new Map<string, FirstBucket>();
  named = 0;
  inferred = 0;
  unexplained = 0;
  private readonly gates = new Map<string, Map<ModelId, Gate>>();
  private readonly startAtMs: number;
  private readonly keepsMinutes: boolean;
  private readonly batchCountsToSpend10m: boolean;
  private minute = -1;
  private lastProject = '';
  private lastModel = '';
  private lastGate: Gate | null = null;
  private readonly costs = new Map<number, { whole: readonly number[]; unpaid: readonly number[] }>();

  constructor(scenario: Scenario, keepsMinutes: boolean) {
    this.startAtMs = scenario.clock.startAtMs;
    this.keepsMinutes = keepsMinutes;
    this.batchCountsToSpend10m = scenario.service.batch.countsToSpend10m;
    const { quota } = scenario;
    const set = bucketSet(quota, scenario.clock.startAtMs);
    const find = (limit: LimitSpec, project: string | null, nth: number): Bucket | null =>
      set.all.filter((b) => b.spec.bucket === limit.bucket && b.spec.model === limit.model && b.spec.project === project)[nth] ?? null;
    const shown = quota.limits.filter((limit) => isShown(limit));
    const order = (a: LimitSpec, b: LimitSpec): number => BUCKETS.indexOf(a.bucket as never) - BUCKETS.indexOf(b.bucket as never);
    const ofAccounts = shown.filter((limit) => limit.model === null).sort(order);
    const accounts = Array.from({ length: quota.accounts }, (_, nth) =>
      ofAccounts.map((limit) => new BucketRecord(limit, null, find(limit, null, nth))),
    );
    const records = accounts.flat().sort((a, b) => order(a.limit, b.limit));
    for (let index = 0; index < quota.projects; index++) {
      const project = `p${index + 1}`;
      const gates = new Map<ModelId, Gate>();
      for (const [model, admissions] of set.admissions) {
        const own = shown
          .filter((limit) => limit.model === model)
          .sort(order)
          .map((limit) => new BucketRecord(limit, project, find(limit, project, 0)));
        records.push(...own);
        const all = [...accounts[index % quota.accounts]!, ...own];
        gates.set(model, { admission: admissions[index]!, records: all, named: new Map(all.map((record) => [record.bucket, record])) });
      }
      this.gates.set(project, gates);
    }
    this.records = records;
    for (const record of records) record.peakUsed = record.enforced?.used(this.startAtMs) ?? 0;
  }

  /** @param attempt in the order of sending */
  add(attempt: SentAttempt): void {
    const gate = this.gateOf(attempt.project, attempt.model);
    if (gate === null) return;
    const epochMs = this.startAtMs + attempt.sentMs;
    if (this.keepsMinutes) this.advance(Math.floor(attempt.sentMs / MINUTE_MS));
    if (attempt.isThrottled) this.refused(gate, attempt, epochMs);
    else if (attempt.charge !== CHARGE.nothing) this.charged(gate, attempt, epochMs);
  }

  /** Fills the minutes up to the end of the run. */
  end(endMs: number): void {
    if (this.keepsMinutes && endMs > 0) this.advance(Math.ceil(endMs / MINUTE_MS) - 1);
  }

  private charged(gate: Gate, attempt: SentAttempt, epochMs: number): void {
    gate.admission.take(this.chargeOf(attempt), epochMs);
    for (const record of gate.records) {
      if (record.enforced === null) continue;
      const used = record.enforced.used(epochMs);
      if (used > record.peakUsed) record.peakUsed = used;
      if (this.keepsMinutes && used > record.levels[this.minute]!) record.levels[this.minute] = used;
    }
  }

  private chargeOf(attempt: SentAttempt): readonly number[] {
    switch (attempt.charge) {
      case CHARGE.whole:
        return this.costsOf(attempt).whole;
      case CHARGE.unpaid:
        return this.costsOf(attempt).unpaid;
      case CHARGE.batch:
        return batchCost(attempt.listMicroUsd, this.batchCountsToSpend10m);
      default:
        return REQUESTS_ONLY;
    }
  }

  private refused(gate: Gate, attempt: SentAttempt, epochMs: number): void {
    const [primary] = attempt.buckets;
    if (primary === undefined) {
      if (gate.admission.refusal(this.costsOf(attempt).whole, epochMs) === null) this.unexplained++;
      else this.inferred++;
    } else this.named++;
    if (!this.firstOf.has(attempt.traffic)) {
      const first = this.firstBucket(gate, attempt, primary);
      this.firstOf.set(attempt.traffic, first);
      this.first ??= first;
    }
    for (const name of attempt.buckets) {
      const record = gate.named.get(name);
      if (!record) continue;
      const isFirst = record.refused(attempt.sentMs, attempt.retryAtMs, epochMs);
      if (!this.keepsMinutes) continue;
      record.rejections[this.minute] = (record.rejections[this.minute] ?? 0) + 1;
      if (isFirst) this.marks.push({ record, atMs: attempt.sentMs, used: record.enforced?.used(epochMs) ?? 0 });
    }
  }

  private firstBucket(gate: Gate, attempt: SentAttempt, primary: BucketName | undefined): FirstBucket {
    const bucket = primary ?? 'unnamed';
    const isAccount = isAccountBucket(bucket);
    const profile = gate.named.get(bucket)?.enforced?.spec.limit ?? null;
    const limit = attempt.quotaValue ?? profile;
    return {
      bucket,
      model: isAccount ? null : attempt.model,
      project: isAccount ? null : attempt.project,
      atMs: attempt.sentMs,
      limit: limit !== null && isAccount ? limit / 1e6 : limit,
    };
  }

  private advance(minute: number): void {
    while (this.minute < minute) {
      this.minute++;
      const epochMs = this.startAtMs + this.minute * MINUTE_MS;
      for (const record of this.records) {
        record.levels.push(record.enforced?.used(epochMs) ?? 0);
        record.rejections.push(0);
      }
    }
  }

  private costsOf(attempt: SentAttempt): { whole: readonly number[]; unpaid: readonly number[] } {
    const key = attempt.inputTokens * 2 ** 30 + attempt.listMicroUsd;
    let costs = this.costs.get(key);
    if (!costs) {
      costs = { whole: wholeCost(attempt.inputTokens, attempt.listMicroUsd), unpaid: unpaidCost(attempt.inputTokens) };
      this.costs.set(key, costs);
    }
    return costs;
  }

  private gateOf(project: string, model: ModelId): Gate | null {
    if (project === this.lastProject && model === this.lastModel) return this.lastGate;
    this.lastProject = project;
    this.lastModel = model;
    this.lastGate = this.gates.get(project)?.get(model) ?? null;
    return this.lastGate;
  }
}

/** Enforced kinds with a number or an open question; ipm always, since people look for it. */
function isShown(limit: LimitSpec): boolean {
  return (BUCKETS as readonly string[]).includes(limit.bucket) && (limit.state !== 'none' || limit.bucket === 'ipm');
}
