/**
 * What later calls tell of earlier ones: batch jobs are looked at until they have ended, and their results are fetched; an interaction
 * in the background is asked for again. Known by the names that the service gave; nothing else of an answer is kept.
 */
import { type Fields, field, fieldsOf, isFields, listOf, textOf } from '../../mock/surface/fields.ts';
import { tidied } from '../../mock/surface/surfaces.ts';
import type { Reply } from '../../model/reply.ts';
import type { BatchRow } from '../../model/rows.ts';
import { epochMs } from '../../model/time.ts';
import { CANCELLED, errorReply, repliesOf, rowReply, valuesOf, withoutEvents } from './told.ts';

/** A call that may tell of others. */
export interface Look {
  readonly kind: 'jobs' | 'cancel' | 'results' | 'interaction';
  /** Of a job, a file or an interaction; empty: a list. */
  readonly name: string;
}

/** What a look told of a call that is still open. */
export interface News<T> {
  readonly of: T;
  /** null: nothing new. */
  readonly state: BatchRow['state'] | null;
  /** How many rows it has; null: not told. */
  readonly count: number | null;
  /** How long it took by the service's own clock; null: not told. */
  readonly tookMs: number | null;
  /** How its rows ended, and what each is known by; null: they have not, or nobody has fetched them. */
  readonly rows: readonly { readonly key: string; readonly reply: Reply }[] | null;
  /** It ended for all rows alike; null: see `rows`. */
  readonly ending: Reply | null;
}

const JOBS = /\/(batches|batchPredictionJobs)(?:\/([^/:]+)(:cancel)?)?$/;
const DOWNLOAD = /\/(files\/[^/:]+):download$/;
const OBJECT = /^\/(?:download\/)?storage\/v1\/b\/([^/]+)\/o\/(.+)$/;
const INTERACTION = /\/interactions\/([^/:]+)$/;
const KEPT_MAX = 10_000;

const STATES: Readonly<Record<string, BatchRow['state']>> = {
  PENDING: 'queued',
  QUEUED: 'queued',
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  PARTIALLY_SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  EXPIRED: 'expired',
};
const RUNNING = new Set(['in_progress', 'queued']);

interface Job<T> {
  readonly of: T;
  state: BatchRow['state'];
  tookMs: number | null;
}

/** @template T a call that is open */
export class Followed<T> {
  private readonly jobs = new Map<string, Job<T>>();
  /** Where the results of a job lie: a file's name, or the beginning of the names of objects. */
  private readonly results = new Map<string, Job<T>>();
  private readonly interactions = new Map<string, T>();

  /** null: tells of nothing that is followed. */
  lookOf(method: string, path: string): Look | null {
    if (this.jobs.size === 0 && this.interactions.size === 0) return null;
    const called = tidied(path.replace(/[?#].*$/s, ''));
    const [, kind, id, cancel] = JOBS.exec(called) ?? [];
    if (kind !== undefined) {
      if (cancel !== undefined) return method === 'POST' ? { kind: 'cancel', name: `${kind}/${id}` } : null;
      return method === 'GET' ? { kind: 'jobs', name: id === undefined ? '' : `${kind}/${id}` } : null;
    }
    if (method !== 'GET') return null;
    const file = DOWNLOAD.exec(called)?.[1];
    if (file !== undefined) return this.results.has(file) ? { kind: 'results', name: file } : null;
    const [, bucket, object] = OBJECT.exec(called) ?? [];
    if (bucket !== undefined && /[?&]alt=media\b/.test(path)) return { kind: 'results', name: `gs://${bucket}/${object}` };
    const interaction = INTERACTION.exec(called)?.[1];
    return interaction !== undefined && this.interactions.has(interaction) ? { kind: 'interaction', name: interaction } : null;
  }

  /** @returns what the answer to a creation tells; null: it is followed no further, for it has no name */
  job(of: T, text: string): News<T> | null {
    const resource = valuesOf(text)[0];
    const name = resource && nameOf(resource);
    if (!resource || !name) return null;
    bounded(this.jobs);
    this.jobs.set(name, { of, state: 'queued', tookMs: null });
    return { ...this.newsOf(resource)!, state: 'queued' };
  }

  /** @returns whether it goes on in the background, and is followed */
  interaction(of: T, text: string): boolean {
    const values = valuesOf(withoutEvents(text));
    const whole = values
      .map((value) => (isFields(value['interaction']) ? value['interaction'] : value))
      .findLast((value) => textOf(value['id']) !== null);
    if (!whole || !RUNNING.has(String(whole['status']))) return false;
    bounded(this.interactions);
    this.interactions.set(String(whole['id']), of);
    return true;
  }

  /** @param text of an answer that was no error */
  read(look: Look, text: string): readonly News<T>[] {
    switch (look.kind) {
      case 'jobs':
        return listed(text).flatMap((resource) => this.newsOf(resource) ?? []);
      case 'cancel': {
        const job = this.jobs.get(look.name);
        return job ? [{ of: job.of, state: 'cancelled', count: null, tookMs: null, rows: null, ending: null }] : [];
      }
      case 'results': {
        const job = this.jobAt(look.name);
        if (!job) return [];
        const rows = valuesOf(text).map((row) => ({ key: JSON.stringify(field(row, 'key') ?? null), reply: rowReply(row) }));
        return [{ of: job.of, state: null, count: rows.length, tookMs: job.tookMs, rows, ending: null }];
      }
      case 'interaction': {
        const of = this.interactions.get(look.name);
        if (of === undefined || this.interaction(of, text)) return [];
        this.interactions.delete(look.name);
        return [{ of, state: null, count: 1, tookMs: null, rows: null, ending: interactionReply(text) }];
      }
      default:
        return look.kind satisfies never;
    }
  }

  private jobAt(name: string): Job<T> | undefined {
    const own = this.results.get(name);
    if (own) return own;
    for (const [at, job] of this.results) if (at.startsWith('gs://') && name.startsWith(`${at}/`)) return job;
    return undefined;
  }

  private newsOf(resource: Fields): News<T> | null {
    const job = this.jobs.get(nameOf(resource) ?? '');
    if (!job) return null;
    const { metadata } = resource;
    const told = isFields(metadata) ? metadata : resource;
    const state = STATES[String(field(told, 'state') ?? '').replace(/^(?:BATCH|JOB)_STATE_/, '')] ?? job.state;
    const isNew = state !== job.state;
    job.state = state;
    job.tookMs = tookMs(told);
    const news = { of: job.of, state: isNew ? state : null, count: countOf(told), tookMs: job.tookMs, rows: null, ending: null };
    const output = fieldsOf(field(told, 'output') ?? field(resource, 'response') ?? field(told, 'dest'));
    const file = textOf(field(output, 'responsesFile')) ?? textOf(field(output, 'fileName'));
    const folder = textOf(field(fieldsOf(field(told, 'outputInfo')), 'gcsOutputDirectory'));
    if (file !== null || folder !== null) this.results.set(file ?? folder!.replace(/\/$/, ''), job);
    const inline = field(output, 'inlinedResponses');
    const rows = listOf(isFields(inline) ? field(inline, 'inlinedResponses') : inline).map(fieldsOf);
    if (rows.length > 0)
      return {
        ...news,
        count: rows.length,
        rows: rows.map((row) => ({ key: JSON.stringify(field(row, 'metadata') ?? null), reply: rowReply(row) })),
      };
    return { ...news, ending: endingOf(state, fieldsOf(field(resource, 'error') ?? field(told, 'error'))) };
  }
}

/** Without rows of its own a job that did not succeed ended for all of them alike. */
function endingOf(state: BatchRow['state'], error: Fields): Reply | null {
  switch (state) {
    case 'failed':
      return errorReply(error);
    case 'cancelled':
    case 'expired':
      return CANCELLED;
    default:
      return null;
  }
}

function interactionReply(text: string): Reply {
  const status = textOf(field(valuesOf(withoutEvents(text))[0] ?? {}, 'status'));
  return status === 'cancelled' ? CANCELLED : repliesOf({ status: status === 'failed' ? 500 : 200, bodyText: text }, 1)[0]!;
}

/** A list in either form, or the one that was asked for. */
function listed(text: string): readonly Fields[] {
  return valuesOf(text).flatMap((value) => {
    const all = value['operations'] ?? value['batches'] ?? value['batchPredictionJobs'];
    return all === undefined ? [value] : listOf(all).filter(isFields);
  });
}

/** `batches/123` or `batchPredictionJobs/123`, whatever stands before it. */
function nameOf(resource: Fields): string | null {
  return /(?:batches|batchPredictionJobs)\/[^/]+$/.exec(textOf(field(resource, 'name')) ?? '')?.[0] ?? null;
}

function countOf(told: Fields): number | null {
  const count = Number(field(fieldsOf(field(told, 'batchStats')), 'requestCount'));
  if (count > 0) return count;
  const stats = fieldsOf(field(told, 'completionStats'));
  const ended = ['successfulCount', 'failedCount', 'incompleteCount'].reduce(
    (sum, name) => sum + Math.max(0, Number(field(stats, name) ?? 0)),
    0,
  );
  return ended > 0 ? ended : null;
}

function tookMs(told: Fields): number | null {
  const [createTime, endTime] = [textOf(field(told, 'createTime')), textOf(field(told, 'endTime'))];
  const ms = createTime === null || endTime === null ? Number.NaN : epochMs(endTime) - epochMs(createTime);
  return ms >= 0 ? ms : null;
}

/** The oldest goes: nobody looks at so many. */
function bounded(map: Map<string, unknown>): void {
  if (map.size < KEPT_MAX) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    break;
  }
}
