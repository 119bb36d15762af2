/**
 * The order in which things happen: arrivals fall due, wait for their turn, are sent, answered, tried again and closed.
 * Driven by events of whatever clock it is given; it neither sleeps nor draws nor touches I/O.
 */
import type { Client, Verdict } from '../client/gate.ts';
import type { Target } from '../model/attempt.ts';
import { fnv1a } from '../model/chance.ts';
import { type Clock, RANK, type Task } from '../model/clock.ts';
import { costOf, listMicroUsd } from '../model/cost.ts';
import { invariant } from '../model/errors.ts';
import type { BucketName, DropCause } from '../model/names.ts';
import { classOf, httpStatusOf, type Reply } from '../model/reply.ts';
import { type RequestSpec, withModel } from '../model/request-spec.ts';
import type { AttemptRow, EndRow, Recorder } from '../model/rows.ts';
import type { Scenario } from '../model/scenario.ts';
import { arrivals } from '../traffic/arrivals.ts';
import { BatchLane, type BatchListener } from './batch-lane.ts';
import { ClientQueue, type QueueListener } from './client-queue.ts';
import { type ArrivalListener, type EntryState, OpenEntry, type Place, type User, UsersEntry } from './entry.ts';
import { Alarm, Line } from './line.ts';
import type { Begun, EarlierDue, Past } from './past.ts';
import { type Listener, Pending, Try } from './pending.ts';

export interface Drive {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: Clock;
  readonly target: Target;
  /** One for each of scenario.clients. */
  readonly clients: readonly Client[];
  readonly record: Recorder;
  /** Records a `sent` row before each send, so that a crash loses nothing. */
  readonly announceSends?: boolean;
  /** Records what a run that goes on after a crash needs beyond that: who asked, and which attempts a job of the batch lane holds. */
  readonly isResumable?: boolean;
  /** What an earlier part of this run has done: the same scenario and seed, so the same requests by number. */
  readonly past?: Past;
}

export interface Running {
  /** Closes everything that is open as pending and stops the clock. */
  interrupt(reason: EndRow['reason']): void;
}

/** Posts the first arrivals; the clock does the rest. The last row it records is `end`, without lateness. */
export function drive(options: Drive): Running {
  const engine = new Engine(options);
  engine.start();
  return engine;
}

const NO_BUCKETS: readonly BucketName[] = [];

class Engine implements Listener, QueueListener, ArrivalListener, BatchListener, Running {
  private readonly scenario: Scenario;
  private readonly clock: Clock;
  private readonly target: Target;
  private readonly record: Recorder;
  private readonly announceSends: boolean;
  private readonly past: Past | null;
  private readonly sources: (OpenEntry | UsersEntry)[] = [];
  private readonly queues: readonly ClientQueue[];
  private readonly batchLane: BatchLane;
  private readonly projects: readonly string[];
  /** Open requests of each project. */
  private readonly openOf: number[];
  private sourcesLeft: number;
  /** Whether journal numbers tell who asked only with a row for each request that falls due. */
  private readonly announcesDue: boolean;
  private requests: number;
  private jobs: number;
  private attempts = 0;
  private open = 0;
  private ended = false;
  private reason: EndRow['reason'] = 'done';
  private readonly freePendings: Pending[] = [];
  /** Those that are free, linked by `next`: the one used last goes first, which is still in the cache. */
  private freeTry: Try | null = null;
  private readonly row: AttemptRow;
  /** Names of the buckets in a list of violations; lists are shared between refusals of one kind. */
  private readonly bucketLists = new WeakMap<object, readonly BucketName[]>();
  private lastViolations: readonly { bucket: BucketName }[] | null = null;
  private lastBuckets: readonly BucketName[] = NO_BUCKETS;

  constructor({ scenario, seed, clock, target, clients, record, announceSends, isResumable, past }: Drive) {
    this.scenario = scenario;
    this.clock = clock;
    this.target = target;
    this.record = record;
    this.announceSends = announceSends ?? false;
    this.past = past ?? null;
    this.attempts = past?.attempts ?? 0;
    this.requests = past?.users?.requests ?? 0;
    this.jobs = past?.users?.jobs ?? 0;
    this.announcesDue = isResumable === true && scenario.traffic.some(({ shape }) => shape.kind === 'users');
    this.projects = Array.from({ length: scenario.quota.projects }, (_, index) => `p${index + 1}`);
    this.openOf = this.projects.map(() => 0);
    this.row = blankRow();
    this.batchLane = new BatchLane({
      scenario,
      clock,
      target,
      record,
      listener: this,
      announces: isResumable ?? false,
      filled: past?.batches ?? 0,
      submitted: past?.submissions ?? 0,
    });
    this.queues = clients.map((client) => new ClientQueue(client, clock, this));
    const { startAtMs, durationMs } = scenario.clock;
    for (const [index, entry] of scenario.traffic.entries()) {
      if (entry.startMs >= durationMs) continue;
      const queue = this.queues[entry.client]!;
      const pass = (pending: Pending, atMs: number): void => this.deadlinePassed(pending, atMs);
      const open = new Line(entry.deadlineMs === null ? [] : [new Alarm(clock, RANK.queueDeadline, entry.deadlineMs, dueMsOf, pass)]);
      const surroundings = { entry, rank: RANK.arrival + index, queue, open, clock, listener: this };
      this.sources.push(
        entry.shape.kind === 'users'
          ? new UsersEntry(surroundings, fnv1a(`${seed}/think/${entry.name}`), Math.min(entry.startMs + entry.durationMs, durationMs))
          : new OpenEntry(surroundings, arrivals(entry, { seed, startAtMs, endMs: durationMs })),
      );
    }
    this.sourcesLeft = this.sources.length;
  }

  start(): void {
    const { durationMs, drainMs } = this.scenario.clock;
    const closing: Task = { fire: (atMs) => this.drained(atMs) };
    this.clock.at(durationMs + drainMs, RANK.closing, closing);
    for (const source of this.sources) source.start();
    this.stopIfDone();
  }

  // ---- arrivals

  nextJob(entry: EntryState, user: User | null): number {
    return this.past === null ? this.jobs++ : (this.fellDueBefore(entry, entry.placeOf(user))?.job ?? this.jobs++);
  }

  private fellDueBefore(entry: EntryState, { user, nth }: Place): EarlierDue | undefined {
    return this.past?.users?.due(entry.entry.name, user, nth);
  }

  arrived(entry: EntryState, job: number, jobImages: number, spec: RequestSpec, dueMs: number, user: User | null): void {
    const id = this.announcesDue ? this.fallsDue(entry, job, dueMs, user) : this.requests++;
    const past = this.past?.of(id);
    if (past?.state === 'over') {
      user?.ended(past.endedMs);
      return;
    }
    const pending = this.freePendings.pop() ?? new Pending(this);
    pending.id = id;
    pending.job = job;
    pending.jobImages = jobImages;
    pending.entry = entry;
    pending.user = user;
    pending.queue = entry.queue;
    pending.project = this.projects.length === 1 ? 0 : this.projectOf(id, job);
    pending.lane = entry.entry.lane;
    pending.spec = pending.asked = spec;
    pending.dueMs = dueMs;
    pending.turn = id - entry.entry.priority * 2 ** 41;
    pending.firstSentMs = -1;
    pending.attempts = pending.throttled = pending.failures = pending.throttledWaitMs = pending.failureWaitMs = pending.step = 0;
    pending.holdsSlot = pending.closed = pending.late = false;
    this.link(pending);
    if (past) {
      this.goOn(pending, past);
      return;
    }
    if (pending.lane === 'batch') {
      this.batchLane.add(pending);
      return;
    }
    const queue = entry.queue;
    if (queue.length >= queue.client.queueLimit && queue.isBehind(pending)) {
      this.drop(pending, 'queueFull', dueMs);
      return;
    }
    if (!queue.isIdle || !queue.hasSlot || !this.trySend(queue, pending)) {
      queue.add(pending);
      this.pump(queue);
    }
    if (!pending.queued) return;
    if (queue.length > queue.client.queueLimit) {
      queue.leave(pending);
      this.drop(pending, 'queueFull', dueMs);
    } else queue.queueDeadlines?.start(pending, dueMs);
  }

  /** Its number: the one it had before, or a new one. */
  private fallsDue(entry: EntryState, job: number, dueMs: number, user: User | null): number {
    const place = entry.placeOf(user);
    const known = this.fellDueBefore(entry, place)?.requests[place.image];
    if (known !== undefined) return known;
    const request = this.requests++;
    this.record({ kind: 'due', request, job, traffic: entry.entry.name, user: place.user, nth: place.nth, dueMs });
    return request;
  }

  /** As an earlier part of the run left it, between two attempts or in a job of the batch lane. */
  private goOn(pending: Pending, past: Begun): void {
    pending.attempts = past.attempts;
    pending.throttled = past.throttled;
    pending.failures = past.failures;
    pending.firstSentMs = past.firstSentMs;
    if (past.model !== pending.spec.model) pending.spec = withModel(pending.spec, past.model);
    pending.step = past.step;
    pending.lane = past.lane;
    if (past.inJob !== null) {
      const { seq, sentMs, job } = past.inJob;
      pending.current = this.newTry(pending, seq, sentMs);
      this.batchLane.rejoin(pending, pending.current, job);
      return;
    }
    if (past.lane === 'batch') {
      this.batchLane.add(pending);
      return;
    }
    pending.references++;
    this.clock.at(Math.max(past.againAtMs, this.clock.nowMs), RANK.retry, pending);
  }

  exhausted(entry: EntryState): void {
    this.sourcesLeft--;
    this.batchLane.flush(entry);
    this.stopIfDone();
  }

  private projectOf(id: number, job: number): number {
    switch (this.scenario.quota.spread) {
      case 'round-robin':
        return id % this.projects.length;
      case 'sticky':
        return job % this.projects.length;
      case 'least-loaded':
        return this.leastLoaded(id);
      default:
        return this.scenario.quota.spread satisfies never;
    }
  }

  /** The project with the fewest open requests; equal ones take turns. */
  private leastLoaded(id: number): number {
    const n = this.openOf.length;
    let best = id % n;
    for (let k = 1; k < n; k++) {
      const project = (id + k) % n;
      if (this.openOf[project]! < this.openOf[best]!) best = project;
    }
    return best;
  }

  // ---- sending

  /** Sends whatever may be sent, in order; arms a timer for the first that may not yet. */
  pump(queue: ClientQueue): void {
    for (let head = queue.head(); head !== null && !queue.isHeld(head); head = queue.head()) {
      const readyMs = this.readyAtMs(queue, head);
      if (readyMs > this.clock.nowMs && readyMs !== Infinity) {
        queue.hold(head, readyMs);
        return;
      }
      queue.remove(head);
      if (readyMs === Infinity) this.refused(head);
      else this.send(queue, head);
    }
  }

  /** An instant has come that one client waited for, and others may have too: those first whose turn it is. */
  woken(queue: ClientQueue): void {
    for (let first = this.firstOfAll(); first !== null; first = this.firstOfAll()) {
      first.queue.remove(first);
      if (this.readyAtMs(first.queue, first) === Infinity) this.refused(first);
      else this.send(first.queue, first);
    }
    this.pump(queue);
  }

  /** Whom its gates hold back no longer, or for ever, over all clients; null: there is one client, and `pump` knows. */
  private firstOfAll(): Pending | null {
    if (this.queues.length === 1) return null;
    let first: Pending | null = null;
    for (const queue of this.queues) {
      const head = queue.head();
      if (head === null || queue.isHeld(head) || (first !== null && first.turn < head.turn)) continue;
      const readyMs = this.readyAtMs(queue, head);
      if (readyMs === this.clock.nowMs || readyMs === Infinity) first = head;
      else queue.hold(head, readyMs);
    }
    return first;
  }

  /** The fast path of `pump` for a request that finds nobody waiting. @returns false: it has to wait */
  private trySend(queue: ClientQueue, pending: Pending): boolean {
    if (queue.client.gate !== null) {
      const readyMs = this.readyAtMs(queue, pending);
      if (readyMs === Infinity) {
        this.refused(pending);
        this.pump(queue);
        return true;
      }
      if (readyMs > this.clock.nowMs) return false;
    }
    this.send(queue, pending);
    return true;
  }

  private readyAtMs(queue: ClientQueue, pending: Pending): number {
    const { gate } = queue.client;
    return gate === null ? this.clock.nowMs : gate.readyAtMs(pending, this.clock.nowMs);
  }

  /** Its gates will never let it through. */
  private refused(pending: Pending): void {
    const { client } = pending.queue;
    this.follow(pending, client.refused(pending, client.gate?.cause ?? 'budget', this.clock.nowMs), this.clock.nowMs);
  }

  private send(queue: ClientQueue, pending: Pending): void {
    const nowMs = this.clock.nowMs;
    queue.client.gate?.take(pending, nowMs);
    if (!pending.holdsSlot) {
      pending.holdsSlot = true;
      queue.inFlight++;
    }
    const attempt = this.begin(pending, nowMs);
    pending.current = attempt;
    queue.unanswered?.append(attempt);
    if (this.announceSends) this.announce(pending, attempt);
    this.target.send(attempt);
  }

  private begin(pending: Pending, nowMs: number): Try {
    if (pending.attempts++ === 0) pending.firstSentMs = nowMs;
    return this.newTry(pending, this.attempts++, nowMs);
  }

  private newTry(pending: Pending, seq: number, sentMs: number): Try {
    const attempt = this.freeTry ?? new Try(this);
    this.freeTry = attempt.next;
    attempt.next = null;
    attempt.seq = seq;
    attempt.request = pending.id;
    attempt.n = pending.attempts;
    attempt.project = pending.project;
    attempt.lane = pending.lane;
    attempt.spec = pending.spec;
    attempt.sentMs = sentMs;
    attempt.reply = null;
    attempt.pending = pending;
    attempt.abandoned = attempt.isHedge = false;
    return attempt;
  }

  /** A second attempt beside the first, if slot and gates allow it at once; it does not wait for them. */
  hedgeDue(first: Try): void {
    const nowMs = this.clock.nowMs;
    const pending = first.pending!; // in flight, so it has one
    const { queue } = pending;
    if (first.isHedge || pending.hedge !== null || pending.late || !queue.hasSlot || this.readyAtMs(queue, pending) !== nowMs) return;
    queue.client.gate?.take(pending, nowMs);
    queue.inFlight++;
    const attempt = this.begin(pending, nowMs);
    attempt.isHedge = true;
    pending.hedge = attempt;
    queue.unanswered?.append(attempt);
    if (this.announceSends) this.announce(pending, attempt);
    this.target.send(attempt);
  }

  // ---- the batch lane

  assign(pending: Pending, project: number): void {
    this.openOf[pending.project]!--;
    pending.project = project;
    this.openOf[project]!++;
  }

  handInAtMs(pending: Pending): number {
    const nowMs = this.clock.nowMs;
    const readyMs = pending.queue.client.budget?.readyAtMs(pending, nowMs) ?? nowMs;
    return readyMs === Infinity ? nowMs : readyMs;
  }

  submitted(pending: Pending): Try | null {
    const { budget } = pending.queue.client;
    const nowMs = this.clock.nowMs;
    if (budget?.readyAtMs(pending, nowMs) === Infinity) {
      this.drop(pending, 'budget', nowMs);
      return null;
    }
    budget?.take(pending, nowMs);
    const attempt = this.begin(pending, nowMs);
    pending.current = attempt;
    if (this.announceSends) this.announce(pending, attempt);
    return attempt;
  }

  rowAnswered(attempt: Try, atMs: number): void {
    const { pending, reply } = attempt;
    if (attempt.abandoned || this.ended || pending === null) return;
    invariant(reply, 'a batch job is posted with a reply for each row');
    const costMicroUsd = costOf(attempt.spec, reply, 'batch');
    pending.current = null;
    pending.queue.client.budget?.ended(pending, reply, costMicroUsd, atMs);
    const verdict = pending.late ? FAIL : pending.queue.client.judgeRow(pending, reply);
    this.recordAttempt(pending, attempt, reply, costMicroUsd, atMs, outcomeOf(verdict));
    if (verdict.do === 'fallback') pending.lane = 'interactive';
    this.follow(pending, verdict, atMs);
    this.pump(pending.queue);
  }

  // ---- answers

  answered(attempt: Try, atMs: number): void {
    const pending = attempt.pending;
    if (attempt.abandoned || this.ended || pending === null) {
      this.recycle(attempt);
      return;
    }
    invariant(attempt.reply, 'an attempt is posted with its reply');
    pending.queue.unanswered?.remove(attempt);
    this.settle(pending, attempt, attempt.reply, atMs);
    this.recycle(attempt);
  }

  timedOut(attempt: Try, atMs: number): void {
    const pending = attempt.pending!; // in flight, so it has one
    this.giveUp(attempt);
    this.settle(pending, attempt, TIMED_OUT, atMs);
  }

  /** An attempt has its answer: what it cost, what the client makes of it, and who may go next. */
  private settle(pending: Pending, attempt: Try, reply: Reply, atMs: number): void {
    const queue = pending.queue;
    const costMicroUsd = costOf(attempt.spec, reply, pending.lane);
    queue.client.budget?.ended(pending, reply, costMicroUsd, atMs);
    if (pending.hedge !== null && !this.decides(pending, attempt, reply, costMicroUsd, atMs)) return;
    pending.current = null;
    const judged = queue.client.judge(pending, reply, attempt.sentMs, atMs, pending.late);
    const verdict = pending.late ? FAIL : judged;
    this.recordAttempt(pending, attempt, reply, costMicroUsd, atMs, outcomeOf(verdict));
    this.follow(pending, verdict, atMs);
    this.pump(queue);
  }

  /** One of two attempts has its answer: with HTTP 200 it ends the other, else the other goes on alone. */
  private decides(pending: Pending, attempt: Try, reply: Reply, costMicroUsd: number, atMs: number): boolean {
    const { queue } = pending;
    const other = pending.current === attempt ? pending.hedge! : pending.current!;
    pending.hedge = null;
    queue.inFlight--;
    if (httpStatusOf(reply) !== 200) {
      pending.current = other;
      this.recordAttempt(pending, attempt, reply, costMicroUsd, atMs, null);
      this.pump(queue);
      return false;
    }
    const abortedMicroUsd = costOf(other.spec, ABORTED, pending.lane);
    queue.client.budget?.ended(pending, ABORTED, abortedMicroUsd, atMs);
    this.recordAttempt(pending, other, ABORTED, abortedMicroUsd, atMs, null);
    this.giveUp(other);
    return true;
  }

  private giveUp(attempt: Try): void {
    attempt.abandoned = true;
    if (attempt.lane === 'interactive') attempt.pending!.queue.unanswered?.remove(attempt);
    this.target.abandon(attempt);
  }

  private follow(pending: Pending, verdict: Verdict, atMs: number): void {
    switch (verdict.do) {
      case 'deliver':
      case 'block':
      case 'fail':
        this.close(pending, atMs);
        return;
      case 'drop':
        this.drop(pending, verdict.cause, atMs);
        return;
      case 'retry':
        if (!pending.queue.client.holdsSlot) this.releaseSlot(pending);
        pending.references++;
        this.clock.at(verdict.atMs, RANK.retry, pending);
        return;
      case 'fallback':
        pending.spec = verdict.spec;
        if (!pending.queue.client.isOpen(atMs)) this.releaseSlot(pending);
        pending.queue.add(pending);
        return;
      case 'batch':
        this.releaseSlot(pending);
        pending.lane = 'batch';
        this.batchLane.add(pending);
        return;
      default:
        return verdict satisfies never;
    }
  }

  retryDue(pending: Pending, atMs: number): void {
    if (pending.closed || this.ended) return;
    const { queue } = pending;
    if (!queue.client.isOpen(atMs)) this.releaseSlot(pending);
    if (queue.isIdle && (pending.holdsSlot || queue.hasSlot) && this.trySend(queue, pending)) return;
    queue.add(pending);
    this.pump(queue);
  }

  // ---- endings

  waitedTooLong(pending: Pending, atMs: number): void {
    const { queue } = pending;
    queue.leave(pending);
    this.drop(pending, queue.client.isOpen(atMs) ? 'queueDeadline' : 'schedule', atMs);
    this.pump(queue);
  }

  private deadlinePassed(pending: Pending, atMs: number): void {
    if (pending.current !== null) {
      pending.late = true;
      return;
    }
    if (pending.queued) pending.queue.leave(pending);
    this.drop(pending, 'deadline', atMs);
    this.pump(pending.queue);
  }

  private drop(pending: Pending, cause: DropCause | 'pending', atMs: number): void {
    const { spec, entry } = pending;
    this.record({
      kind: 'drop',
      request: pending.id,
      job: pending.job,
      jobImages: pending.jobImages,
      traffic: entry.entry.name,
      project: this.projects[pending.project]!,
      model: spec.model,
      lane: pending.lane,
      size: spec.size,
      dueMs: pending.dueMs,
      atMs,
      attempts: pending.attempts,
      inputTokens: spec.inputTokens,
      listMicroUsd: listMicroUsd(spec, pending.lane),
      cause,
    });
    this.close(pending, atMs);
  }

  private close(pending: Pending, atMs: number): void {
    pending.closed = true;
    pending.queue.client.closed(pending);
    this.releaseSlot(pending);
    this.unlink(pending);
    pending.user?.ended(atMs);
    if (pending.references === 0) this.freePendings.push(pending);
    this.stopIfDone();
  }

  private releaseSlot(pending: Pending): void {
    if (!pending.holdsSlot) return;
    pending.holdsSlot = false;
    pending.queue.inFlight--;
  }

  /** What waits or is in flight had until now, but for entries with a deadline of their own. */
  private drained(atMs: number): void {
    this.closeAsPending(atMs, (pending) => pending.entry.entry.deadlineMs === null);
    for (const source of this.sources) this.pump(source.queue);
    this.stopIfDone();
  }

  interrupt(reason: EndRow['reason']): void {
    if (this.ended) return;
    this.reason = reason;
    this.closeAsPending(this.clock.nowMs, () => true);
    if (!this.ended) this.end();
  }

  private closeAsPending(atMs: number, which: (pending: Pending) => boolean): void {
    for (const pending of this.openRequests().filter(which)) {
      if (pending.hedge) pending.queue.inFlight--;
      for (const attempt of [pending.current, pending.hedge]) {
        if (attempt === null) continue;
        this.recordAttempt(pending, attempt, null, listMicroUsd(attempt.spec, pending.lane), null, null);
        this.giveUp(attempt);
      }
      pending.current = pending.hedge = null;
      if (pending.queued) pending.queue.leave(pending);
      this.drop(pending, 'pending', atMs);
    }
  }

  private stopIfDone(): void {
    if (this.open === 0 && this.sourcesLeft === 0 && !this.ended) this.end();
  }

  private end(): void {
    this.ended = true;
    this.record({
      kind: 'end',
      atMs: this.clock.nowMs,
      reason: this.reason,
      requests: this.requests,
      attempts: this.attempts,
      lateness: null,
    });
    this.clock.stop();
  }

  // ---- rows

  private announce(pending: Pending, attempt: Try): void {
    const { spec } = attempt;
    this.record({
      kind: 'sent',
      seq: attempt.seq,
      request: pending.id,
      n: attempt.n,
      sentMs: attempt.sentMs,
      job: pending.job,
      jobImages: pending.jobImages,
      traffic: pending.entry.entry.name,
      project: this.projects[pending.project]!,
      model: spec.model,
      lane: pending.lane,
      size: spec.size,
      dueMs: pending.dueMs,
      inputTokens: spec.inputTokens,
      listMicroUsd: listMicroUsd(spec, pending.lane),
    });
  }

  private recordAttempt(
    pending: Pending,
    attempt: Try,
    reply: Reply | null,
    costMicroUsd: number,
    doneMs: number | null,
    outcome: AttemptRow['outcome'],
  ): void {
    const { row } = this;
    const { spec } = attempt;
    row.seq = attempt.seq;
    row.request = pending.id;
    row.job = pending.job;
    row.jobImages = pending.jobImages;
    row.traffic = pending.entry.entry.name;
    row.n = attempt.n;
    row.project = this.projects[pending.project]!;
    row.model = spec.model;
    row.lane = pending.lane;
    row.size = spec.size;
    row.dueMs = pending.dueMs;
    row.sentMs = attempt.sentMs;
    row.doneMs = doneMs;
    row.httpStatus = reply === null ? null : httpStatusOf(reply);
    row.class = reply === null ? null : classOf(reply);
    row.inputTokens = spec.inputTokens;
    row.costMicroUsd = costMicroUsd;
    row.listMicroUsd = listMicroUsd(spec, pending.lane);
    row.outcome = outcome;
    if (reply !== null && reply.kind === 'refused') {
      const first = reply.violations[0];
      row.buckets = this.bucketsOf(reply.violations);
      row.quotaId = first?.quotaId ?? null;
      row.quotaValue = first?.limit ?? null;
      row.retryAtMs = reply.retryAfterMs === null || doneMs === null ? null : doneMs + reply.retryAfterMs;
      row.usage = null;
      row.message = reply.message;
    } else {
      row.buckets = NO_BUCKETS;
      row.quotaId = row.quotaValue = row.retryAtMs = row.message = null;
      row.usage = reply !== null && reply.kind !== 'silence' ? reply.usage : null;
    }
    this.record(row);
  }

  private bucketsOf(violations: readonly { bucket: BucketName }[]): readonly BucketName[] {
    if (violations === this.lastViolations) return this.lastBuckets;
    let names = this.bucketLists.get(violations);
    if (!names) {
      names = violations.map((violation) => violation.bucket);
      this.bucketLists.set(violations, names);
    }
    this.lastViolations = violations;
    this.lastBuckets = names;
    return names;
  }

  // ---- bookkeeping

  /** Oldest first. */
  private openRequests(): Pending[] {
    const all: Pending[] = [];
    for (const { open } of this.sources) for (let pending = open.first; pending !== null; pending = pending.next) all.push(pending);
    return all.sort((a, b) => a.id - b.id);
  }

  private link(pending: Pending): void {
    pending.entry.open.append(pending);
    this.open++;
    this.openOf[pending.project]!++;
  }

  private unlink(pending: Pending): void {
    pending.entry.open.remove(pending);
    this.open--;
    this.openOf[pending.project]!--;
  }

  private recycle(attempt: Try): void {
    attempt.pending = null;
    attempt.reply = null;
    attempt.next = this.freeTry;
    this.freeTry = attempt;
  }
}

const TIMED_OUT: Reply = { kind: 'silence', why: 'timeout' };
const ABORTED: Reply = { kind: 'silence', why: 'aborted' };
const FAIL: Verdict = { do: 'fail' };

function dueMsOf(pending: Pending): number {
  return pending.dueMs;
}

function outcomeOf(verdict: Verdict): AttemptRow['outcome'] {
  switch (verdict.do) {
    case 'deliver':
      return 'delivered';
    case 'block':
      return 'blocked';
    case 'fail':
      return 'failed';
    default:
      return null;
  }
}

function blankRow(): AttemptRow {
  return {
    kind: 'attempt',
    seq: 0,
    request: 0,
    job: 0,
    jobImages: 1,
    traffic: '',
    n: 0,
    project: '',
    model: '',
    lane: 'interactive',
    size: '1K',
    dueMs: 0,
    sentMs: 0,
    doneMs: null,
    httpStatus: null,
    class: null,
    buckets: NO_BUCKETS,
    quotaId: null,
    quotaValue: null,
    retryAtMs: null,
    inputTokens: 0,
    usage: null,
    costMicroUsd: 0,
    listMicroUsd: 0,
    message: null,
    outcome: null,
  };
}
