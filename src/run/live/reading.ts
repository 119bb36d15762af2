/** The rows of a journal that broke off, gathered request by request. */
import type { Spent } from '../../client/budget.ts';
import type { Begun, EarlierJob, InJob, Past } from '../../engine/past.ts';
import type { Lane, ModelId } from '../../model/names.ts';
import type { AttemptRow, CanaryRow, DropRow, EndRow, HeaderRow, Row, SentRow } from '../../model/rows.ts';
import type { Scenario } from '../../model/scenario.ts';
import { type Answered, reservedMicroUsd, spentMicroUsd } from '../../model/worst-case.ts';
import { EarlierJobs, type ToldJob } from './earlier-jobs.ts';
import { EarlierUsers } from './earlier-users.ts';
import type { Unended } from './rewritten-journal.ts';

/** What is known of one request. */
interface Known {
  readonly traffic: string;
  attempts: number;
  firstSentMs: number;
  model: ModelId;
  lane: Lane;
  /** 429s and other failures since `model` was asked first. */
  throttled: number;
  failures: number;
  againAtMs: number;
  /** Ended for good; `open`: not yet, or only because the run was interrupted. */
  state: 'open' | 'over';
  /** ms of the run; null: no row says it. */
  endedMs: number | null;
  inJob: InJob | null;
}

export class Reading {
  header: HeaderRow | null = null;
  end: EndRow | null = null;
  readonly canaries: CanaryRow[] = [];
  lastMs = 0;
  private readonly unanswered = new Map<number, SentRow>();
  private readonly jobs = new EarlierJobs();
  private readonly users = new EarlierUsers();
  private readonly requests = new Map<number, Known>();
  private readonly promptBytesMax: number;
  private attempts = 0;
  private sent = 0;
  private answeredMicroUsd = 0;

  constructor(promptBytesMax: number) {
    this.promptBytesMax = promptBytesMax;
  }

  add(row: Row): void {
    switch (row.kind) {
      case 'header':
        this.header = row;
        return;
      case 'canary':
        // Announced first, and again with its answer.
        if (row.doneMs !== null) this.canaries.pop();
        this.canaries.push(row);
        return;
      case 'due':
        this.users.add(row);
        return;
      case 'sent':
        this.sentOne(row);
        return;
      case 'attempt':
        this.answered(row);
        return;
      case 'drop':
        this.dropped(row);
        return;
      case 'batch':
      case 'job':
        this.jobs.add(row);
        this.seenAt(row.atMs);
        return;
      case 'breaker':
      case 'resume':
        this.seenAt(row.atMs);
        return;
      case 'end':
        this.end = row;
        this.seenAt(row.atMs);
        return;
      default:
        row satisfies never;
    }
  }

  spent(): Spent {
    let microUsd = this.answeredMicroUsd;
    const { unanswered, inJobs, neverSent } = this.open();
    for (const row of [...unanswered, ...inJobs]) microUsd += reservedMicroUsd(row, this.promptBytesMax);
    for (const canary of this.canaries) microUsd += canaryMicroUsd(canary, this.promptBytesMax);
    return { microUsd, requests: this.sent - neverSent.length + this.canaries.length };
  }

  past(scenario: Scenario): Past {
    const { unanswered, inJobs, neverSent } = this.open();
    const inDoubt = new Set(unanswered.map(({ request }) => request));
    const jobs = Map.groupBy(inJobs, ({ seq }) => this.jobs.of(seq)!);
    for (const [job, rows] of jobs) this.goOnInJob(job, rows);
    for (const row of neverSent) {
      const known = this.known(row, row.n);
      known.attempts = row.n - 1;
      known.lane = row.lane;
      known.model = row.model;
    }
    return {
      attempts: this.attemptsBut(neverSent),
      batches: this.jobs.batches,
      submissions: this.jobs.submissions,
      users: scenario.traffic.some(({ shape }) => shape.kind === 'users') ? this.users.past() : null,
      of: (request) => {
        const known = this.requests.get(request);
        if (known === undefined) return undefined;
        if (known.state === 'over' || inDoubt.has(request)) return { state: 'over', endedMs: known.endedMs ?? this.lastMs };
        return known.attempts === 0 ? undefined : begun(known, scenario);
      },
    };
  }

  /** Attempts that nobody heard of again, by what is known of them. */
  open(): Unended {
    const unanswered: SentRow[] = [];
    const inJobs: SentRow[] = [];
    const neverSent: SentRow[] = [];
    for (const row of this.unanswered.values()) {
      const job = row.lane === 'batch' ? this.jobs.of(row.seq) : undefined;
      (job === undefined ? unanswered : job.created === null ? neverSent : inJobs).push(row);
    }
    return { unanswered, inJobs, neverSent };
  }

  /** Numbers of the last attempts are given again where these never left. */
  private attemptsBut(neverSent: readonly SentRow[]): number {
    const free = new Set(neverSent.map(({ seq }) => seq));
    let attempts = this.attempts;
    while (free.has(attempts - 1)) attempts--;
    return attempts;
  }

  get knowsWhoAsked(): boolean {
    return [...this.requests.keys()].every((request) => this.users.knows(request));
  }

  private goOnInJob({ firstSeq, batch, created }: ToldJob, rows: readonly SentRow[]): void {
    const { number, displayName, name } = created!; // of those that are looked at again it is known
    const job: EarlierJob = { batch, number, firstSeq, displayName, name, rowsOpen: rows.length };
    for (const row of rows) {
      const known = this.known(row, row.n);
      known.lane = row.lane;
      known.model = row.model;
      known.inJob = { seq: row.seq, sentMs: row.sentMs, job };
    }
  }

  private sentOne(row: SentRow): void {
    this.sent++;
    this.attempts = Math.max(this.attempts, row.seq + 1);
    this.unanswered.set(row.seq, row);
    const known = this.known(row, row.n);
    known.attempts = Math.max(known.attempts, row.n);
    known.firstSentMs = Math.min(known.firstSentMs, row.sentMs);
    this.seenAt(row.sentMs);
  }

  private answered(row: AttemptRow): void {
    const known = this.known(row, row.n);
    if (row.outcome !== null) {
      known.state = 'over';
      known.endedMs = row.doneMs;
    }
    if (row.doneMs === null) return; // open when the run was interrupted: its `sent` stays without an answer
    this.unanswered.delete(row.seq);
    this.answeredMicroUsd += spentMicroUsd(row, answerOf(row), this.promptBytesMax);
    this.seenAt(row.doneMs);
    if (known.model !== row.model) {
      known.model = row.model;
      known.throttled = known.failures = 0;
    }
    if (row.httpStatus === 429) known.throttled++;
    else known.failures++;
    known.againAtMs = Math.max(row.doneMs, row.retryAtMs ?? 0);
  }

  private dropped(row: DropRow): void {
    const known = this.known(row, row.attempts);
    if (row.cause !== 'pending') known.state = 'over';
    known.endedMs = row.atMs;
    this.seenAt(row.atMs);
  }

  private known(row: SentRow | AttemptRow | DropRow, attempts: number): Known {
    let known = this.requests.get(row.request);
    if (!known) {
      known = {
        traffic: row.traffic,
        attempts,
        firstSentMs: Infinity,
        model: row.model,
        lane: 'interactive',
        throttled: 0,
        failures: 0,
        againAtMs: 0,
        state: 'open',
        endedMs: null,
        inJob: null,
      };
      this.requests.set(row.request, known);
    }
    return known;
  }

  private seenAt(atMs: number): void {
    if (atMs > this.lastMs) this.lastMs = atMs;
  }
}

/** The two counts are one for a client that knows one loop; fallbacks that were taken are not taken again. */
function begun(known: Known, scenario: Scenario): Begun {
  const entry = scenario.traffic.find(({ name }) => name === known.traffic);
  const client = entry === undefined ? undefined : scenario.clients[entry.client];
  const together = client?.retry.countsTogether ?? false;
  const taken = client?.fallback.findIndex(({ to }) => 'model' in to && to.model === known.model) ?? -1;
  const isFirst = entry?.request.model === known.model;
  return {
    state: 'begun',
    attempts: known.attempts,
    throttled: together ? 0 : known.throttled,
    failures: together ? known.throttled + known.failures : known.failures,
    firstSentMs: known.firstSentMs,
    model: known.model,
    lane: known.lane,
    inJob: known.inJob,
    step: isFirst ? 0 : taken + 1,
    againAtMs: known.againAtMs,
  };
}

function answerOf({ httpStatus, usage, class: errorClass }: AttemptRow | CanaryRow): Answered {
  return { httpStatus, usage, isDelivered: httpStatus === 200 && errorClass === null };
}

function canaryMicroUsd(row: CanaryRow, promptBytesMax: number): number {
  const asked = { ...row, lane: 'interactive' as const };
  return row.doneMs === null ? reservedMicroUsd(asked, promptBytesMax) : spentMicroUsd(asked, answerOf(row), promptBytesMax);
}
