/** Rows to understanding: told every row of a journal once, in order, it answers with the summary and the series. */

import { listMicroUsd } from '../model/cost.ts';
import { type BucketName, DROP_CAUSES, type DropCause, type ModelId } from '../model/names.ts';
import {
  type AttemptRow,
  type BreakerRow,
  type CanaryRow,
  type DropRow,
  type EndRow,
  type HeaderRow,
  type ResumeRow,
  type Row,
  SCHEMA_VERSION,
  type SentRow,
} from '../model/rows.ts';
import type { Scenario, Threshold, TrafficEntry, Warning } from '../model/scenario.ts';
import { DAY_MS } from '../model/time.ts';
import { openAttempt, pendingOf } from '../model/unanswered.ts';
import { type Audit, AuditTally } from './audit.ts';
import { Block, type BlockSummary, sum } from './block.ts';
import { Demand } from './demand.ts';
import { type Failure, Failures } from './failures.ts';
import { horizons } from './horizons.ts';
import { type BucketRecord, Levels, type RefusalMark } from './levels.ts';
import { METRICS, type MetricSource, meets } from './metrics.ts';
import { type ClosedRequest, Requests } from './requests.ts';
import { SendingOrder } from './sending-order.ts';
import type { BucketSummary, Summary, ThresholdResult } from './summary.ts';
import { Timeline, type TimelineMinute } from './timeline.ts';

export interface AnalysisOptions {
  /** Also keep what happened in each minute: for buckets.csv, timeline.csv and charts. */
  readonly minutes?: boolean;
  /** Told every closed request; the object is reused. */
  readonly onRequest?: (request: ClosedRequest) => void;
}

/** Everything that a report can say beyond single requests. */
export interface Results {
  readonly header: HeaderRow;
  readonly summary: Summary;
  readonly timeline: readonly TimelineMinute[];
  readonly buckets: readonly BucketRecord[];
  readonly marks: readonly RefusalMark[];
  readonly failures: readonly Failure[];
  readonly audit: Audit;
  /** One for each model that was offered traffic. */
  readonly models: readonly Block[];
  readonly total: Block;
  /** Metric values of the whole run or one model by name. */
  metric(name: string, model?: ModelId): number | string | null;
}

export class Analysis {
  private readonly header: HeaderRow;
  private readonly scenario: Scenario;
  private readonly options: AnalysisOptions;
  private readonly blocks = new Map<string, Map<ModelId, Block>>();
  private readonly entries: ReadonlyMap<string, TrafficEntry>;
  private readonly askedBy: ReadonlyMap<string, Asked>;
  private readonly requests = new Requests((row) => this.asked(row).model);
  private readonly levels: Levels;
  private readonly order: SendingOrder;
  private readonly demand: Demand;
  private readonly failures = new Failures();
  private readonly audit = new AuditTally();
  private readonly timeline: Timeline | null;
  private readonly unanswered = new Map<number, SentRow>();
  /** By client and model: each client has breakers of its own. */
  private readonly breakers = new Map<string, BreakerState>();
  private lastBlock: Block | null = null;
  private endRow: EndRow | null = null;
  private readonly besides: Warning[] = [];
  private lastMs = 0;

  constructor(header: HeaderRow, options: AnalysisOptions = {}) {
    this.header = header;
    this.scenario = header.resolved;
    this.options = options;
    this.entries = new Map(this.scenario.traffic.map((entry) => [entry.name, entry]));
    this.askedBy = new Map(this.scenario.traffic.flatMap((entry) => (entry.shape.kind === 'replay' ? [] : [[entry.name, askedBy(entry)]])));
    this.levels = new Levels(this.scenario, options.minutes ?? false);
    this.order = new SendingOrder(this.scenario.service.overloadConsumes, (attempt) => this.levels.add(attempt));
    this.demand = new Demand(this.scenario);
    this.timeline = options.minutes ? new Timeline() : null;
  }

  add(row: Row): void {
    switch (row.kind) {
      case 'attempt':
        this.attempt(row);
        return;
      case 'drop':
        this.drop(row);
        return;
      case 'sent':
        this.unanswered.set(row.seq, row);
        return;
      case 'breaker':
        this.breaker(row);
        return;
      case 'end':
        this.endRow = row;
        return;
      case 'header':
      case 'due':
      case 'batch':
      case 'job':
        return;
      case 'canary':
      case 'resume':
        this.aside(row);
        return;
      default:
        row satisfies never;
    }
  }

  finish(): Results {
    const torn = this.closeTorn();
    this.order.end();
    const endMs = Math.max(this.scenario.clock.durationMs, this.endRow?.atMs ?? this.lastMs);
    this.levels.end(endMs);
    for (const state of this.breakers.values())
      if (state.sinceMs !== null) state.openMs += Math.min(endMs - state.sinceMs, state.openMaxMs);
    const blocks = [...this.blocks.values()].flatMap((models) => [...models.values()]);
    const total = sum(blocks, 'all', 'all', 'interactive');
    const models = [...new Set(blocks.map((block) => block.model))].sort();
    const byModel = new Map(models.map((model) => [model, sum(of(blocks, { model }), 'all', model, 'interactive')]));
    const summary = this.summary(blocks, total, torn);
    const sources = new Map<ModelId | undefined, MetricSource>();
    const metric = (name: string, model?: ModelId): number | string | null => {
      const block = model === undefined ? total : byModel.get(model);
      if (!block) return null;
      const source = sources.get(model) ?? this.metricSource(block, of(blocks, model === undefined ? {} : { model }), summary);
      sources.set(model, source);
      return METRICS[name]?.(source) ?? null;
    };
    return {
      header: this.header,
      summary,
      timeline: this.timeline?.rows(endMs) ?? [],
      buckets: this.levels.records,
      marks: this.levels.marks,
      failures: this.failures.rows(),
      audit: summary.audit,
      models: [...byModel.values()],
      total,
      metric,
    };
  }

  // ---- rows

  private attempt(row: AttemptRow): void {
    if (this.unanswered.size > 0) this.unanswered.delete(row.seq);
    this.order.add(row);
    this.failures.add(row);
    this.timeline?.attempt(row);
    const before = this.requests.before(row);
    const block = this.blockOf(row.traffic, before?.model ?? this.asked(row).model);
    if (row.n > 1) this.audit.again(row, before);
    block.attempted(row);
    if (row.n === 1) this.offer(row);
    if (row.doneMs !== null && row.doneMs > this.lastMs) this.lastMs = row.doneMs;
    const closed = this.requests.attempt(row, before);
    if (closed) this.closed(closed, block);
  }

  private offer(row: AttemptRow | DropRow): void {
    const { model, lane, inputTokens, listMicroUsd } = this.asked(row);
    this.demand.offered(row.project, model, lane, inputTokens, listMicroUsd);
  }

  /**
   * What a request was as it fell due. Its first row may be of a fallback already, where a breaker was open; only a replay says
   * in its rows alone what was asked for.
   */
  private asked(row: AttemptRow | DropRow): Asked {
    return this.askedBy.get(row.traffic) ?? row;
  }

  private drop(row: DropRow): void {
    this.timeline?.drop(row);
    if (row.attempts === 0) this.offer(row);
    if (row.atMs > this.lastMs) this.lastMs = row.atMs;
    const closed = this.requests.drop(row);
    const block = this.blockOf(row.traffic, closed.firstModel);
    block.due(row.dueMs);
    this.closed(closed, block);
  }

  private closed(request: ClosedRequest, block: Block): void {
    this.audit.closed(request);
    block.offered++;
    switch (request.outcome) {
      case 'delivered':
      case 'blocked':
      case 'failed':
      case 'pending':
        block[request.outcome]++;
        break;
      default:
        block.dropped[request.outcome]++;
    }
    const job = this.requests.job(request);
    if (job) {
      block.jobsOffered++;
      if (job.delivered) block.jobsDelivered++;
    }
    this.options.onRequest?.(request);
  }

  /** What happened beside the requests of the scenario, and is in no count. */
  private aside(row: CanaryRow | ResumeRow): void {
    if (row.kind === 'resume')
      this.besides.push({
        code: 'resumed',
        text: `The run had broken off and went on from ${row.atMs} ms at ${row.at}; its own clock stood still in between. Attempts without an answer until then: ${row.unanswered}, counted as billed and not sent again.`,
      });
    else if (row.doneMs !== null)
      this.besides.push({
        code: 'canary',
        text: `One request went ahead of the run (${row.class ?? 'delivered'}, ${row.doneMs} ms, $${(row.costMicroUsd / 1e6).toFixed(4)}); it is in no count above.`,
      });
  }

  private breaker(row: BreakerRow): void {
    const key = JSON.stringify([row.client, row.model]);
    let state = this.breakers.get(key);
    if (!state) {
      state = {
        client: row.client,
        model: row.model,
        openMaxMs: this.openMaxMs(row.client),
        openings: 0,
        openMs: 0,
        sinceMs: null,
        openingsADay: 0,
        day: 0,
        openingsOfDay: 0,
      };
      this.breakers.set(key, state);
    }
    if (state.sinceMs !== null) state.openMs += Math.min(row.atMs - state.sinceMs, state.openMaxMs);
    state.sinceMs = row.state === 'open' ? row.atMs : null;
    if (row.state !== 'open') return;
    state.openings++;
    const day = Math.floor((this.scenario.clock.startAtMs + row.atMs) / DAY_MS);
    state.openingsOfDay = day === state.day ? state.openingsOfDay + 1 : 1;
    state.day = day;
    if (state.openingsOfDay > state.openingsADay) state.openingsADay = state.openingsOfDay;
  }

  /** A breaker that needs no trial is open for its cooldown; that it has closed is only seen when somebody comes. */
  private openMaxMs(client: string): number {
    const breaker = this.scenario.clients.find(({ name }) => name === client)?.breaker;
    return breaker?.afterCooldown === 'closed' ? breaker.cooldownMs : Infinity;
  }

  /** What a crash left open: sent without an answer, or answered without an ending. */
  private closeTorn(): { unanswered: number; requests: number } {
    const left = new Map<number, DropRow>();
    const unanswered = [...this.unanswered.values()];
    for (const row of unanswered) {
      this.attempt(openAttempt(row));
      left.set(row.request, pendingOf(row, row.n, this.lastMs));
    }
    for (const open of this.requests.left())
      if (!left.has(open.request)) left.set(open.request, pendingOf(open, open.attempts, this.lastMs));
    for (const row of left.values()) this.drop(row);
    return { unanswered: this.endRow ? 0 : unanswered.length, requests: this.endRow ? 0 : left.size };
  }

  private blockOf(traffic: string, model: ModelId): Block {
    const last = this.lastBlock;
    if (last !== null && last.traffic === traffic && last.model === model) return last;
    let models = this.blocks.get(traffic);
    if (!models) {
      models = new Map();
      this.blocks.set(traffic, models);
    }
    let block = models.get(model);
    if (!block) {
      block = new Block(traffic, model, this.entries.get(traffic)?.lane ?? 'interactive');
      models.set(model, block);
    }
    this.lastBlock = block;
    return block;
  }

  // ---- results

  private summary(blocks: readonly Block[], total: Block, torn: { unanswered: number; requests: number }): Summary {
    const { header, scenario, levels } = this;
    const interactive = sum(of(blocks, { lane: 'interactive' }), 'all', 'all', 'interactive');
    const batch = sum(of(blocks, { lane: 'batch' }), 'all', 'all', 'batch').summary();
    const whole = total.summary();
    const lanes = { interactive: interactive.summary(), batch };
    const traffic: Readonly<Record<string, BlockSummary>> = Object.fromEntries(
      scenario.traffic.map(({ name, lane }) => [name, sum(of(blocks, { traffic: name }), name, 'all', lane).summary()]),
    );
    const tightest = this.demand.tightest();
    const binding = tightest && (tightest.utilisation === null || tightest.utilisation > 1) ? tightest : null;
    const dropped: Record<DropCause, number> = { queueFull: 0, queueDeadline: 0, breaker: 0, schedule: 0, deadline: 0, budget: 0 };
    for (const cause of DROP_CAUSES) dropped[cause] = total.dropped[cause];
    const base = {
      schemaVersion: SCHEMA_VERSION,
      runId: header.runId,
      tool: header.tool,
      scenario: header.scenario,
      mode: header.mode,
      seed: header.seed,
      startAt: header.startAt,
      durationMs: scenario.clock.durationMs,
      jobs: whole.jobs,
      requests: whole.requests,
      dropped,
      attempts: whole.attempts,
      images: whole.images,
      firstBucket: levels.first,
      tightestBucket: tightest,
      bindingBucket: binding,
      horizons: horizons(scenario, this.demand),
      buckets: levels.records.map(bucketSummary),
      latencyMs: lanes.interactive.latencyMs,
      queueWaitMs: lanes.interactive.queueWaitMs,
      serviceMs: lanes.interactive.serviceMs,
      makespanMs: total.makespanMs,
      lanes,
      traffic,
      breakers: [...this.breakers.values()].map(({ model, openings, openMs }) => ({ model, openings, openMs })),
      attribution: { throttled: total.throttled, named: levels.named, inferred: levels.inferred, unexplained: levels.unexplained },
      costUsd: {
        total: total.costMicroUsd / 1e6,
        perDeliveredImage: total.delivered === 0 ? null : total.costMicroUsd / total.delivered / 1e6,
        wasted: total.wastedMicroUsd / 1e6,
        uncertain: total.uncertainMicroUsd / 1e6,
      },
      audit: this.audit.summary({
        total,
        interactive,
        failures: this.failures.rows(),
        dropped,
        breakers: [...this.breakers.values()],
        peakUtilisationRpd: peakOf(levels.records, 'rpd'),
      }),
      lateness: this.endRow?.lateness ?? null,
      advice: [],
      warnings: [...scenario.warnings, ...this.warnings(torn)],
    };
    const thresholds = this.thresholds(blocks, total, base);
    return { ...base, thresholds, passed: thresholds.every((threshold) => threshold.passed) };
  }

  private thresholds(blocks: readonly Block[], total: Block, summary: SummaryBase): ThresholdResult[] {
    const judge = (traffic: string | null, source: MetricSource, { expression, metric, op, value }: Threshold): ThresholdResult => {
      const observed = METRICS[metric]?.(source) ?? null;
      return { traffic, expression, observed, passed: meets(observed, op, value) };
    };
    const { thresholds, traffic } = this.scenario;
    const whole = thresholds.length === 0 ? null : this.metricSource(total, blocks, summary);
    return [
      ...thresholds.flatMap((threshold) => (whole ? [judge(null, whole, threshold)] : [])),
      ...traffic.flatMap((entry) => {
        if (entry.thresholds.length === 0) return [];
        const members = of(blocks, { traffic: entry.name });
        const source = this.metricSource(sum(members, entry.name, 'all', entry.lane), members, summary, entry);
        return entry.thresholds.map((threshold) => judge(entry.name, source, threshold));
      }),
    ];
  }

  /**
   * Latencies are of the interactive lane, unless the block has only batch rows. For an entry alone the first refusal is its own
   * and breakers are its client's; how full a bucket is and which one binds is the same for all who share it.
   */
  private metricSource(block: Block, members: readonly Block[], summary: SummaryBase, entry?: TrafficEntry): MetricSource {
    const client = entry === undefined ? undefined : this.scenario.clients[entry.client]?.name;
    const breakers = [...this.breakers.values()].filter((breaker) => client === undefined || breaker.client === client);
    const interactive = sum(of(members, { lane: 'interactive' }), block.traffic, block.model, 'interactive');
    const times = new Block(block.traffic, block.model, block.lane);
    times.add(block);
    return {
      block: Object.assign(times, { latency: interactive.latency, queueWait: interactive.queueWait, service: interactive.service }),
      batchLatency: sum(of(members, { lane: 'batch' }), block.traffic, block.model, 'batch').latency,
      durationMs: summary.durationMs,
      breakerOpenings: breakers.reduce((openings, breaker) => openings + breaker.openings, 0),
      breakerOpenMs: breakers.reduce((longest, breaker) => Math.max(longest, breaker.openMs), 0),
      buckets: summary.buckets,
      firstBucket: entry === undefined ? summary.firstBucket : (this.levels.firstOf.get(entry.name) ?? null),
      bindingBucket: summary.bindingBucket,
      tightestBucket: summary.tightestBucket,
    };
  }

  private warnings(torn: { unanswered: number; requests: number }): Warning[] {
    const warnings: Warning[] = [];
    if (this.endRow === null)
      warnings.push({
        code: 'journal-torn',
        text: `The journal ends before the run did: ${torn.unanswered} attempts were sent and have no answer, ${torn.requests} requests no ending; they count as open and pending.`,
      });
    else if (this.endRow.reason !== 'done') warnings.push({ code: 'run-ended-early', text: endedEarly(this.endRow) });
    warnings.push(...this.besides);
    const lateness = this.endRow?.lateness;
    if (lateness && lateness.p99Ms > LATE_P99_MS)
      warnings.unshift({
        code: 'generator-late',
        text: `The generator itself was late: p99 ${lateness.p99Ms} ms after the due instant, at most ${lateness.maxMs} ms.`,
      });
    return warnings;
  }
}

function endedEarly({ reason, atMs, stop }: EndRow): string {
  return stop ? `The run stopped itself at ${atMs} ms. ${stop.text}` : `The run was ${reason} at ${atMs} ms.`;
}

const LATE_P99_MS = 50;

/** One breaker through the run; `sinceMs` is when it opened, null while it is not open. */
interface BreakerState {
  readonly client: string;
  readonly model: ModelId | null;
  /** How long one opening lasts at most. */
  readonly openMaxMs: number;
  openings: number;
  openMs: number;
  sinceMs: number | null;
  /** On the worst UTC day so far, and on the day of its last opening. */
  openingsADay: number;
  day: number;
  openingsOfDay: number;
}

type SummaryBase = Omit<Summary, 'thresholds' | 'passed'>;

function of(blocks: readonly Block[], which: Partial<Pick<Block, 'traffic' | 'model' | 'lane'>>): Block[] {
  return blocks.filter(
    (block) =>
      (which.traffic === undefined || block.traffic === which.traffic) &&
      (which.model === undefined || block.model === which.model) &&
      (which.lane === undefined || block.lane === which.lane),
  );
}

function peakOf(records: readonly BucketRecord[], bucket: BucketName): number | null {
  const peaks = records.flatMap((record) => (record.bucket === bucket ? (record.peakUtilisation ?? []) : []));
  return peaks.length === 0 ? null : Math.max(...peaks);
}

function bucketSummary(record: BucketRecord): BucketSummary {
  const { limit, enforced, bucket } = record;
  const isMoney = bucket === 'monthly' || bucket === 'spend10m';
  const value = limit.state === 'known' ? (enforced?.spec.limit ?? null) : null;
  return {
    bucket,
    model: record.model,
    project: record.project,
    limit: value !== null && isMoney ? value / 1e6 : value,
    windowMs: record.windowMs,
    peakUtilisation: record.peakUtilisation,
    rejected: record.rejected,
    firstExhaustedAtMs: record.firstExhaustedAtMs,
    exhaustedMs: record.exhausted,
    source: `${limit.source.grade}: ${limit.source.from}${limit.state === 'none' ? ' (no limit)' : ''}`,
    asOf: limit.source.asOf,
  };
}

type Asked = Pick<AttemptRow, 'model' | 'lane' | 'inputTokens' | 'listMicroUsd'>;

function askedBy({ request, lane }: TrafficEntry): Asked {
  return { model: request.model, lane, inputTokens: request.inputTokens, listMicroUsd: listMicroUsd(request, lane) };
}
