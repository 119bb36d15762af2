/** What happened to a share of the traffic: counts, times and money of one entry and model, and their sums. */
import { DROP_CAUSES, type DropCause, type Lane, type ModelId } from '../model/names.ts';
import type { AttemptRow } from '../model/rows.ts';
import { type Distribution, Tally } from './tally.ts';

export interface Counts {
  readonly jobs: { readonly offered: number; readonly delivered: number };
  readonly requests: {
    readonly offered: number;
    readonly delivered: number;
    readonly blocked: number;
    readonly failed: number;
    readonly dropped: number;
    readonly pending: number;
  };
  readonly attempts: {
    readonly sent: number;
    readonly ok: number;
    readonly throttled: number;
    readonly overloaded: number;
    readonly errored: number;
    readonly open: number;
    readonly wasted: number;
  };
  readonly images: { readonly delivered: number; readonly blocked: number };
}

export interface BlockSummary extends Counts {
  readonly latencyMs: Distribution;
  readonly queueWaitMs: Distribution;
  readonly serviceMs: Distribution;
  readonly costUsd: number;
}

export class Block {
  readonly traffic: string;
  readonly model: ModelId;
  readonly lane: Lane;
  jobsOffered = 0;
  jobsDelivered = 0;
  offered = 0;
  delivered = 0;
  blocked = 0;
  failed = 0;
  pending = 0;
  readonly dropped: Record<DropCause, number> = { queueFull: 0, queueDeadline: 0, breaker: 0, schedule: 0, deadline: 0, budget: 0 };
  sent = 0;
  ok = 0;
  throttled = 0;
  overloaded = 0;
  errored = 0;
  open = 0;
  deliveredAttempts = 0;
  denied = 0;
  timedOut = 0;
  costMicroUsd = 0;
  wastedMicroUsd = 0;
  uncertainMicroUsd = 0;
  /** First due instant and last answer; infinite without one. */
  firstDueMs = Infinity;
  lastAnswerMs = -Infinity;
  readonly latency = new Tally();
  readonly queueWait = new Tally();
  readonly service = new Tally();

  constructor(traffic: string, model: ModelId, lane: Lane) {
    this.traffic = traffic;
    this.model = model;
    this.lane = lane;
  }

  /** One attempt, whatever came of it. */
  attempted(row: AttemptRow): void {
    this.sent++;
    this.costMicroUsd += row.costMicroUsd;
    if (row.n === 1) this.queueWait.add(row.sentMs - row.dueMs);
    this.due(row.dueMs);
    if (row.doneMs === null) {
      this.open++;
      return;
    }
    const status = row.httpStatus;
    if (status !== null && row.doneMs > this.lastAnswerMs) this.lastAnswerMs = row.doneMs;
    if (status === 200) this.ok++;
    else if (status === 429) this.throttled++;
    else if (status === 503) this.overloaded++;
    else {
      this.errored++;
      if (status === 401 || status === 403) this.denied++;
      if (status === null && row.class === 'client.timeout') this.timedOut++;
      if (status === null || status === 504) this.uncertainMicroUsd += row.costMicroUsd;
    }
    if (row.outcome === 'delivered') {
      this.deliveredAttempts++;
      this.service.add(row.doneMs - row.sentMs);
      this.latency.add(row.doneMs - row.dueMs);
    } else this.wastedMicroUsd += row.costMicroUsd;
  }

  /** A request of it, sent or not. */
  due(atMs: number): void {
    if (atMs < this.firstDueMs) this.firstDueMs = atMs;
  }

  add(other: Block): void {
    for (const key of NUMBERS) this[key] += other[key];
    this.due(other.firstDueMs);
    if (other.lastAnswerMs > this.lastAnswerMs) this.lastAnswerMs = other.lastAnswerMs;
    for (const cause of DROP_CAUSES) this.dropped[cause] += other.dropped[cause];
    this.latency.addAll(other.latency);
    this.queueWait.addAll(other.queueWait);
    this.service.addAll(other.service);
  }

  /** From the first instant due to the last answer; null without one. */
  get makespanMs(): number | null {
    return this.lastAnswerMs === -Infinity ? null : this.lastAnswerMs - this.firstDueMs;
  }

  get droppedTotal(): number {
    return DROP_CAUSES.reduce((sum, cause) => sum + this.dropped[cause], 0);
  }

  get wasted(): number {
    return this.sent - this.open - this.deliveredAttempts;
  }

  summary(): BlockSummary {
    return {
      jobs: { offered: this.jobsOffered, delivered: this.jobsDelivered },
      requests: {
        offered: this.offered,
        delivered: this.delivered,
        blocked: this.blocked,
        failed: this.failed,
        dropped: this.droppedTotal,
        pending: this.pending,
      },
      attempts: {
        sent: this.sent,
        ok: this.ok,
        throttled: this.throttled,
        overloaded: this.overloaded,
        errored: this.errored,
        open: this.open,
        wasted: this.wasted,
      },
      images: { delivered: this.delivered, blocked: this.blocked },
      latencyMs: this.latency.distribution(),
      queueWaitMs: this.queueWait.distribution(),
      serviceMs: this.service.distribution(),
      costUsd: this.costMicroUsd / 1e6,
    };
  }
}

const NUMBERS = [
  'jobsOffered',
  'jobsDelivered',
  'offered',
  'delivered',
  'blocked',
  'failed',
  'pending',
  'sent',
  'ok',
  'throttled',
  'overloaded',
  'errored',
  'open',
  'deliveredAttempts',
  'denied',
  'timedOut',
  'costMicroUsd',
  'wastedMicroUsd',
  'uncertainMicroUsd',
] as const;

/** The sum of some blocks, as one. */
export function sum(blocks: Iterable<Block>, traffic: string, model: ModelId, lane: Lane): Block {
  const total = new Block(traffic, model, lane);
  for (const block of blocks) total.add(block);
  return total;
}
