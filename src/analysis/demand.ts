/** Which bucket is tightest: everything offered, on the model it was offered to, against everything allowed. */
import { BUCKETS, type BucketName, type EnforcedBucket, type Lane, type ModelId } from '../model/names.ts';
import type { LimitSpec, Scenario } from '../model/scenario.ts';
import { QUOTA_ZONE } from '../model/time.ts';
import { enforcedLimit, WINDOW_MS } from '../quota/bucket-set.ts';
import { daysTouched, monthsTouched } from '../quota/calendar.ts';

export interface TightestBucket {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly project: string | null;
  /** Demand over supply; null with limit 0. */
  readonly utilisation: number | null;
}

interface Sums {
  requests: number;
  tokens: number;
  microUsd: number;
}

export class Demand {
  private readonly scenario: Scenario;
  private readonly interactive = new Map<string, Map<ModelId, Sums>>();
  private readonly batchMicroUsd: number[];
  private lastKey: string | null = null;
  private lastModel: ModelId = '';
  private lastSums: Sums | null = null;

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    this.batchMicroUsd = new Array(scenario.quota.accounts).fill(0);
  }

  /** One request as it was offered. */
  offered(project: string, model: ModelId, lane: Lane, inputTokens: number, listMicroUsd: number): void {
    if (lane === 'batch') {
      this.batchMicroUsd[this.accountOf(project)]! += listMicroUsd;
      return;
    }
    if (project !== this.lastKey || model !== this.lastModel) {
      this.lastKey = project;
      this.lastModel = model;
      this.lastSums = this.sumsOf(project, model);
    }
    const sums = this.lastSums!;
    sums.requests++;
    sums.tokens += inputTokens;
    sums.microUsd += listMicroUsd;
  }

  tightest(): TightestBucket | null {
    let best: { found: TightestBucket; rank: number; order: number } | null = null;
    for (const limit of this.scenario.quota.limits) {
      const enforced = enforcedLimit(limit);
      const order = BUCKETS.indexOf(limit.bucket as EnforcedBucket);
      if (enforced === null || order < 0) continue;
      for (const { project, demand } of this.demands(limit)) {
        if (demand === 0) continue;
        const supply = enforced * this.windows(limit.bucket as EnforcedBucket);
        const utilisation = supply === 0 ? null : demand / supply;
        const rank = utilisation ?? Infinity;
        if (best && (rank < best.rank || (rank === best.rank && order >= best.order))) continue;
        best = { found: { bucket: limit.bucket, model: limit.model, project, utilisation }, rank, order };
      }
    }
    return best?.found ?? null;
  }

  /** Offered per bucket dimension of one model over all projects; for horizons and advice. */
  meanCost(model: ModelId): Sums {
    const total: Sums = { requests: 0, tokens: 0, microUsd: 0 };
    for (const models of this.interactive.values()) {
      const sums = models.get(model);
      if (!sums) continue;
      total.requests += sums.requests;
      total.tokens += sums.tokens;
      total.microUsd += sums.microUsd;
    }
    return total;
  }

  private *demands(limit: LimitSpec): Generator<{ project: string | null; demand: number }> {
    const { quota } = this.scenario;
    if (limit.model === null) {
      for (let account = 0; account < quota.accounts; account++) {
        let demand = limit.bucket === 'monthly' ? this.batchMicroUsd[account]! + quota.spentThisMonthMicroUsd : 0;
        for (const [project, models] of this.interactive)
          if (this.accountOf(project) === account) for (const sums of models.values()) demand += sums.microUsd;
        yield { project: null, demand };
      }
      return;
    }
    // By number: of projects that tie, the first is told, whoever had the first request.
    for (const [project, models] of [...this.interactive].sort(([a], [b]) => numberOf(a) - numberOf(b))) {
      const sums = models.get(limit.model);
      if (!sums) continue;
      const used = limit.bucket === 'rpd' ? (quota.usedToday[limit.model] ?? 0) : 0;
      yield { project, demand: used + (limit.bucket === 'tpm' ? sums.tokens : sums.requests) };
    }
  }

  private windows(bucket: EnforcedBucket): number {
    const { startAtMs, durationMs } = this.scenario.clock;
    const windowMs = WINDOW_MS[bucket];
    if (windowMs !== null) return Math.max(1, durationMs / windowMs);
    const touched = bucket === 'rpd' ? daysTouched : monthsTouched;
    return touched(startAtMs, startAtMs + durationMs, QUOTA_ZONE);
  }

  private sumsOf(project: string, model: ModelId): Sums {
    let models = this.interactive.get(project);
    if (!models) {
      models = new Map();
      this.interactive.set(project, models);
    }
    let sums = models.get(model);
    if (!sums) {
      sums = { requests: 0, tokens: 0, microUsd: 0 };
      models.set(model, sums);
    }
    return sums;
  }

  private accountOf(project: string): number {
    return (numberOf(project) - 1) % this.scenario.quota.accounts;
  }
}

/** p1 is 1. */
function numberOf(project: string): number {
  return Number(project.slice(1));
}
