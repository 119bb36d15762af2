/**
 * A team's real traffic as rows of a journal: when, which model, what size, how many tokens and reference images, and how it ended.
 * Told of each call and each answer; keeps no key, prompt or picture, and writes no text of either side.
 */
import { createHash } from 'node:crypto';
import { isProblem } from '../../mock/problems.ts';
import { readBody, readGenerate, routeOf } from '../../mock/request.ts';
import { findModel } from '../../model/catalogue.ts';
import { costOf } from '../../model/cost.ts';
import { classOf, httpStatusOf, type Reply } from '../../model/reply.ts';
import { type RequestSpec, requestSpec } from '../../model/request-spec.ts';
import type { AttemptRow, Row, SentRow } from '../../model/rows.ts';
import { MINUTE_MS } from '../../model/time.ts';
import { RECORDED } from './recorded-scenario.ts';

/** A call under way that is worth a row. */
export interface Recorded {
  readonly row: AttemptRow;
  readonly spec: RequestSpec;
  /** Of path and body: tells a retry from a request. Never written. */
  readonly fingerprint: string;
}

/** The same body again within this time after a failure is a retry. */
const RETRY_WITHIN_MS = MINUTE_MS;

export class Recording {
  private readonly write: (row: Row) => void;
  private sent = 0;
  private requests = 0;
  /** Failures that may be retried yet: whether their request has ended is not known before. */
  private readonly undecided = new Map<string, AttemptRow>();
  private readonly underWay = new Set<Recorded>();

  constructor(write: (row: Row) => void) {
    this.write = write;
  }

  get attempts(): number {
    return this.sent;
  }

  /**
   * Before its bytes leave. null: no call for an image of a model that we know, so it gets no row.
   * @param body as text, unpacked
   */
  began(method: string, path: string, body: string, atMs: number): Recorded | null {
    this.decide(atMs);
    const route = routeOf(method, path);
    const model = route !== null && (route.kind === 'generate' || route.kind === 'stream') ? findModel(route.model) : undefined;
    if (route === null || model === undefined) return null;
    const read = readBody(body);
    const asked = isProblem(read) ? read : readGenerate(read, model, route.isPlatform);
    // What the service may refuse is a call all the same.
    const spec = isProblem(asked)
      ? requestSpec(model.id, model.defaultSize, 0, 0)
      : requestSpec(model.id, asked.size, asked.promptTokens, asked.referenceImages);
    const fingerprint = createHash('sha256').update(`${model.id}\n${body}`).digest('hex');
    const before = this.undecided.get(fingerprint);
    if (before) {
      this.undecided.delete(fingerprint);
      this.write(before);
    }
    const request = before?.request ?? this.requests++;
    const row = rowOf(spec, { seq: this.sent++, request, n: (before?.n ?? 0) + 1, dueMs: before?.dueMs ?? atMs, sentMs: atMs });
    const recorded = { row, spec, fingerprint };
    this.underWay.add(recorded);
    this.write(sentRow(row));
    return recorded;
  }

  /** With the last byte, or when it is known that none will come. */
  ended(recorded: Recorded, reply: Reply, doneMs: number): void {
    if (!this.underWay.delete(recorded)) return;
    const { row, spec, fingerprint } = recorded;
    row.doneMs = doneMs;
    row.httpStatus = httpStatusOf(reply);
    row.class = classOf(reply);
    row.costMicroUsd = costOf(spec, reply, 'interactive');
    if (reply.kind === 'image' || reply.kind === 'blocked') {
      row.usage = reply.usage;
      // Better than our count of the prompt.
      if (reply.usage && reply.usage.promptTokens > 0) row.inputTokens = reply.usage.promptTokens;
    } else if (reply.kind === 'refused') {
      const [first] = reply.violations;
      row.buckets = reply.violations.map(({ bucket }) => bucket);
      row.quotaId = first?.quotaId ?? null;
      row.quotaValue = first?.limit ?? null;
      row.retryAtMs = reply.retryAfterMs === null ? null : doneMs + reply.retryAfterMs;
    }
    row.outcome = reply.kind === 'image' ? 'delivered' : reply.kind === 'blocked' ? 'blocked' : null;
    if (row.outcome === null) this.undecided.set(fingerprint, row);
    else this.write(row);
  }

  /** Requests that failed so long ago that nobody retries them have failed. */
  decide(atMs: number): void {
    for (const [fingerprint, row] of this.undecided) {
      if (atMs - row.doneMs! < RETRY_WITHIN_MS) continue;
      this.undecided.delete(fingerprint);
      this.write({ ...row, outcome: 'failed' });
    }
  }

  /** Everything that is open is written as it stands. */
  close(atMs: number): void {
    this.decide(Number.POSITIVE_INFINITY);
    for (const { row } of this.underWay) this.write(row);
    this.underWay.clear();
    this.write({ kind: 'end', atMs, reason: 'done', requests: this.requests, attempts: this.sent, lateness: null });
  }
}

function rowOf(spec: RequestSpec, known: Pick<AttemptRow, 'seq' | 'request' | 'n' | 'dueMs' | 'sentMs'>): AttemptRow {
  return {
    kind: 'attempt',
    ...known,
    job: known.request,
    jobImages: 1,
    traffic: RECORDED,
    project: 'p1',
    model: spec.model,
    lane: 'interactive',
    size: spec.size,
    doneMs: null,
    httpStatus: null,
    class: null,
    buckets: [],
    quotaId: null,
    quotaValue: null,
    retryAtMs: null,
    inputTokens: spec.inputTokens,
    referenceImages: spec.referenceImages,
    usage: null,
    costMicroUsd: spec.listMicroUsd,
    listMicroUsd: spec.listMicroUsd,
    message: null,
    outcome: null,
  };
}

function sentRow(row: AttemptRow): SentRow {
  const { seq, request, n, sentMs, job, jobImages, traffic, project, model, lane, size, dueMs, inputTokens, listMicroUsd } = row;
  const { referenceImages = 0 } = row;
  const identity = { job, jobImages, traffic, project, model, lane, size, dueMs, inputTokens, referenceImages, listMicroUsd };
  return { kind: 'sent', seq, request, n, sentMs, ...identity };
}
