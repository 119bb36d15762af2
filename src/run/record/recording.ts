/**
 * A team's real traffic as rows of a journal: when, which model, what size, how many tokens and reference images, and how it ended.
 * Told of each call and each answer; keeps no key, prompt or picture, and writes no text of either side.
 */
import { createHash } from 'node:crypto';
import { costOf, listMicroUsd } from '../../model/cost.ts';
import type { Lane } from '../../model/names.ts';
import { classOf, httpStatusOf, type Reply, type Usage } from '../../model/reply.ts';
import type { RequestSpec } from '../../model/request-spec.ts';
import type { AttemptRow, BatchRow, Row, SentRow } from '../../model/rows.ts';
import { MINUTE_MS } from '../../model/time.ts';
import { UNANSWERED } from '../../model/unanswered.ts';
import type { HttpAnswer } from '../../wire/decode.ts';
import { type Asked, askedBy, specAnswered } from './asked.ts';
import { Followed, type Look, type News } from './followed.ts';
import { RECORDED, RECORDED_BATCH } from './recorded-scenario.ts';
import { CANCELLED, repliesOf } from './told.ts';

/** A call under way that is worth rows: one for each picture it asks for. */
export interface Recorded {
  readonly asked: Asked;
  readonly rows: AttemptRow[];
  readonly specs: RequestSpec[];
  /** Of model and body: tells a retry from a request. Never written. */
  readonly fingerprint: string;
  readonly dueMs: number;
  /** Of a batch, from 0; null: of none. */
  batch: number | null;
  /** Someone asked for its end. */
  isCancelled: boolean;
}

/** A call that gets no rows of its own, and may tell how those of another ended. */
export interface Looking {
  readonly look: Look;
}

/** The same body again within this time after a failure is a retry. */
const RETRY_WITHIN_MS = MINUTE_MS;

export class Recording {
  private readonly write: (row: Row) => void;
  private sent = 0;
  private requests = 0;
  private batches = 0;
  /** Failures that may be retried yet: whether their request has ended is not known before. */
  private readonly undecided = new Map<string, Recorded>();
  private readonly underWay = new Set<Recorded>();
  private readonly followed = new Followed<Recorded>();

  constructor(write: (row: Row) => void) {
    this.write = write;
  }

  get attempts(): number {
    return this.sent;
  }

  /**
   * Before its bytes leave. null: no call for an image of a model that we know, nor one that tells of such a call.
   * @param body as text, unpacked
   */
  began(method: string, path: string, body: string, atMs: number): Recorded | Looking | null {
    this.decide(atMs);
    const look = this.followed.lookOf(method, path);
    if (look !== null) return { look };
    const asked = askedBy(method, path, body);
    if (asked === null) return null;
    const fingerprint = createHash('sha256').update(`${asked.model}\n${body}`).digest('hex');
    const before = this.undecided.get(fingerprint);
    if (before) {
      this.undecided.delete(fingerprint);
      for (const row of before.rows) this.write(row);
    }
    const recorded: Recorded = {
      asked,
      rows: [],
      specs: [],
      fingerprint,
      dueMs: before?.dueMs ?? atMs,
      batch: asked.lane === 'batch' ? (before?.batch ?? this.batches++) : null,
      isCancelled: false,
    };
    this.underWay.add(recorded);
    this.add(recorded, asked.specs, before?.rows ?? [], atMs);
    return recorded;
  }

  /** With the last byte of an answer. */
  answered(passing: Recorded | Looking, answer: HttpAnswer, atMs: number): void {
    const isFine = answer.status >= 200 && answer.status < 300;
    if ('look' in passing) {
      if (isFine) for (const news of this.followed.read(passing.look, answer.bodyText)) this.heard(news, atMs);
      return;
    }
    if (isFine && passing.batch !== null) {
      const news = this.followed.job(passing, answer.bodyText);
      if (news !== null) {
        this.heard(news, atMs);
        return;
      }
    }
    if (isFine && passing.asked.isInteraction && this.followed.interaction(passing, answer.bodyText)) return;
    this.stand(passing, atMs);
    this.settle(passing, repliesOf(answer, passing.rows.length), atMs, false);
  }

  /** Where no answer came, or none to its end: with when that is known. */
  ended(passing: Recorded | Looking, reply: Reply, atMs: number): void {
    if ('look' in passing) return;
    this.stand(passing, atMs);
    const { rows } = passing;
    this.settle(
      passing,
      rows.map(() => reply),
      atMs,
      false,
    );
  }

  /** Requests that failed so long ago that nobody retries them have failed. */
  decide(atMs: number): void {
    for (const [fingerprint, { rows }] of this.undecided) {
      if (atMs - rows[0]!.doneMs! < RETRY_WITHIN_MS) continue;
      this.undecided.delete(fingerprint);
      for (const row of rows) this.write({ ...row, outcome: 'failed' });
    }
  }

  /** Everything that is open is written as it stands. */
  close(atMs: number): void {
    this.decide(Number.POSITIVE_INFINITY);
    for (const recorded of [...this.underWay]) {
      if (recorded.isCancelled) this.settle(recorded, [CANCELLED], atMs, true);
      else for (const row of recorded.rows) this.write(row);
    }
    this.underWay.clear();
    this.write({ kind: 'end', atMs, reason: 'done', requests: this.requests, attempts: this.sent, lateness: null });
  }

  /** What a look told of a call that was made before. */
  private heard({ of, state, count, tookMs, rows, ending }: News<Recorded>, atMs: number): void {
    if (!this.underWay.has(of)) return;
    const missing = (count ?? 0) - of.rows.length;
    if (missing > 0) this.add(of, this.late(of, rows, missing), [], atMs);
    if (state === 'cancelled' && ending === null) of.isCancelled = true;
    else if (state !== null) this.tell(of, state, atMs);
    if (rows === null && ending === null) return;
    this.stand(of, atMs);
    const first = of.rows[0]!.sentMs;
    const doneMs = tookMs === null ? atMs : Math.max(first, Math.min(atMs, of.dueMs + tookMs));
    this.settle(of, ending === null ? inOrder(of.asked.keys, rows!) : of.rows.map(() => ending), doneMs, true);
  }

  /** Rows that the call itself did not tell of: what their answers say is all that is known. */
  private late(of: Recorded, rows: News<Recorded>['rows'], missing: number): readonly RequestSpec[] {
    const from = of.rows.length;
    return Array.from({ length: missing }, (_, index) => {
      const reply = rows?.[from + index]?.reply;
      return specAnswered(of.asked.model, reply?.kind === 'image' ? reply.usage.imageTokens : 0);
    });
  }

  /** A job of which nobody told how many rows it has stands as one. */
  private stand(recorded: Recorded, atMs: number): void {
    if (recorded.rows.length === 0) this.add(recorded, [specAnswered(recorded.asked.model, 0)], [], atMs);
  }

  /** @param before the same rows of an earlier try; none: first tries */
  private add(recorded: Recorded, specs: readonly RequestSpec[], before: readonly AttemptRow[], atMs: number): void {
    const { lane } = recorded.asked;
    const isJob = lane === 'interactive';
    const firstRequest = this.requests;
    for (const [index, spec] of specs.entries()) {
      const earlier = before[index];
      const request = earlier?.request ?? this.requests++;
      const row = rowOf(spec, lane, {
        seq: this.sent++,
        request,
        job: earlier?.job ?? (isJob ? firstRequest : request),
        jobImages: isJob ? specs.length : 1,
        n: (earlier?.n ?? 0) + 1,
        dueMs: recorded.dueMs,
        sentMs: atMs,
      });
      recorded.rows.push(row);
      recorded.specs.push(spec);
      this.write(sentRow(row));
    }
  }

  private tell({ asked, batch, rows }: Recorded, state: BatchRow['state'], atMs: number): void {
    if (batch === null) return;
    this.write({ kind: 'batch', atMs, batch, traffic: RECORDED_BATCH, project: 'p1', model: asked.model, rows: rows.length, state });
  }

  /**
   * @param replies one for each row, in order; the last stands for those that are missing
   * @param isFinal whether a failure can no longer be followed by a retry
   */
  private settle(recorded: Recorded, replies: readonly Reply[], doneMs: number, isFinal: boolean): void {
    if (!this.underWay.delete(recorded)) return;
    const { rows, specs, asked, fingerprint } = recorded;
    for (const [index, row] of rows.entries())
      answer(row, specs[index]!, replies[index] ?? replies.at(-1) ?? CANCELLED, asked.lane, doneMs);
    const isUndecided = !isFinal && rows.every(({ outcome }) => outcome === null);
    if (isUndecided) this.undecided.set(fingerprint, recorded);
    else for (const row of rows) this.write(row.outcome === null ? { ...row, outcome: 'failed' } : row);
  }
}

/** By what each row is known by, where that is told on both sides; by position otherwise. */
function inOrder(keys: readonly string[], rows: NonNullable<News<Recorded>['rows']>): readonly Reply[] {
  const byKey = new Map(rows.map(({ key, reply }) => [key, reply]));
  if (byKey.size !== rows.length || !keys.every((key) => byKey.has(key)) || keys.length === 0) return rows.map(({ reply }) => reply);
  return keys.map((key) => byKey.get(key)!);
}

function answer(row: AttemptRow, spec: RequestSpec, reply: Reply, lane: Lane, doneMs: number): void {
  row.doneMs = doneMs;
  row.httpStatus = httpStatusOf(reply);
  row.class = classOf(reply);
  const usage = reply.kind === 'image' || reply.kind === 'blocked' ? told(reply.usage) : null;
  // A picture without usage is charged what it lists at.
  row.costMicroUsd = reply.kind === 'image' && usage === null ? listMicroUsd(spec, lane) : costOf(spec, reply, lane);
  row.usage = usage;
  // Better than our count of the prompt.
  if (usage !== null && usage.promptTokens > 0) row.inputTokens = usage.promptTokens;
  if (reply.kind === 'refused') {
    const [first] = reply.violations;
    row.buckets = reply.violations.map(({ bucket }) => bucket);
    row.quotaId = first?.quotaId ?? null;
    row.quotaValue = first?.limit ?? null;
    row.retryAtMs = reply.retryAfterMs === null ? null : doneMs + reply.retryAfterMs;
  }
  row.outcome = reply.kind === 'image' ? 'delivered' : reply.kind === 'blocked' ? 'blocked' : null;
}

/** null: it was not told, or says nothing. */
function told(usage: Usage | null): Usage | null {
  return usage !== null && usage.promptTokens + usage.imageTokens + usage.thoughtsTokens + usage.otherTokens > 0 ? usage : null;
}

type Known = Pick<AttemptRow, 'seq' | 'request' | 'job' | 'jobImages' | 'n' | 'dueMs' | 'sentMs'>;

function rowOf(spec: RequestSpec, lane: Lane, known: Known): AttemptRow {
  const list = listMicroUsd(spec, lane);
  return {
    kind: 'attempt',
    ...known,
    traffic: lane === 'batch' ? RECORDED_BATCH : RECORDED,
    project: 'p1',
    model: spec.model,
    lane,
    size: spec.size,
    ...UNANSWERED,
    inputTokens: spec.inputTokens,
    referenceImages: spec.referenceImages,
    costMicroUsd: list,
    listMicroUsd: list,
  };
}

function sentRow(row: AttemptRow): SentRow {
  const { seq, request, n, sentMs, job, jobImages, traffic, project, model, lane, size, dueMs, inputTokens, listMicroUsd } = row;
  const { referenceImages = 0 } = row;
  const identity = { job, jobImages, traffic, project, model, lane, size, dueMs, inputTokens, referenceImages, listMicroUsd };
  return { kind: 'sent', seq, request, n, sentMs, ...identity };
}
