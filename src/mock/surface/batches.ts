/**
 * The Batch API of the Gemini API: create, poll, list, cancel, delete. Results come inline where the requests did, as a file where
 * they came from one.
 */
import { findModel } from '../../model/catalogue.ts';
import type { ModelId } from '../../model/names.ts';
import { isoInstant, SECOND_MS } from '../../model/time.ts';
import type { PlainResponse } from '../plain.ts';
import { isProblem, type Problem, problem } from '../problems.ts';
import { failedRows, isOpen, type Job, stateOf } from './batch-job.ts';
import type { BatchJobs } from './batch-jobs.ts';
import { type BatchInput, RowReader, resultOf } from './batch-rows.ts';
import { type Call, type Caller, type Inside, jsonAnswer, NOT_FOUND, nameOf, pageOf, problemAnswer, type Surface } from './call.ts';
import { type Fields, field, fieldsOf, listOf, parsed, textOf } from './fields.ts';
import type { FileStore } from './files.ts';

const CREATE = /^\/(?:v1|v1beta|v1alpha)\/models\/([^/:]+):batchGenerateContent$/;
const BATCHES = /^\/(?:v1|v1beta|v1alpha)\/batches(?:\/([^/:]+)(:cancel)?)?$/;
const TYPE = 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch';

/** Inline requests together. Source: ai.google.dev/gemini-api/docs/batch-api, read 2026-10. */
const INLINE_BYTES_MAX = 20 * 1024 * 1024;
/**
 * Inline results that are too large cannot be fetched though they are billed: 122 rows of 2K came (about 1 GB), 150 gave this
 * after a minute. Source: discuss.ai.google.dev/t/174261 and /t/113603, 2026.
 */
const INLINE_RESULT_BYTES_MAX = 1_000_000_000;
const TOO_LARGE_AFTER_MS = 60 * SECOND_MS;
const PAGE_SIZE_MAX = 1_000;

export function batches(inside: Inside, files: FileStore, jobs: BatchJobs): Surface {
  const lane = new Lane(inside, files, jobs);
  return (call) => {
    const [, model] = CREATE.exec(call.path) ?? [];
    if (model !== undefined) return call.method === 'POST' ? lane.create(call, decoded(model)) : null;
    const [found, id, cancel] = BATCHES.exec(call.path) ?? [];
    return found === undefined ? null : lane.visit(call, id, cancel !== undefined);
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // an id with a stray percent sign is no model anyway
  }
}

/** What a job of this API was asked with. */
interface Asked {
  readonly isFromFile: boolean;
}

class Lane {
  private readonly inside: Inside;
  private readonly files: FileStore;
  private readonly jobs: BatchJobs;

  constructor(inside: Inside, files: FileStore, jobs: BatchJobs) {
    this.inside = inside;
    this.files = files;
    this.jobs = jobs;
  }

  create(call: Call, id: ModelId): PlainResponse {
    const caller = this.inside.callerOf(call.request);
    if (isProblem(caller)) return problemAnswer(caller);
    const model = findModel(id);
    if (!model) return this.jobs.refuse(caller, id, problem('gemini-404-model-not-found', notFound(id, call.path)));
    if (caller.service.scenario.quota.tier === 'free') return this.jobs.refuse(caller, id, problem('gemini-400-precondition-batch'));
    const body = parsed(call.request.body);
    if (body === null) return this.jobs.refuse(caller, id, INVALID_JSON);
    const batch = fieldsOf(field(body, 'batch'));
    const config = fieldsOf(field(batch, 'inputConfig'));
    const fileName = textOf(field(config, 'fileName'));
    const reader = new RowReader(this.inside, caller, model, false);
    const input = fileName === null ? inline(config, reader, call.request.body.length) : this.fromFile(fileName, caller, reader);
    if (isProblem(input)) return this.jobs.refuse(caller, id, input);
    const asked: Asked = { isFromFile: fileName !== null };
    const entry = {
      nameOf: jobName,
      caller,
      id,
      model,
      displayName: textOf(field(batch, 'displayName')),
      input,
      asked,
    };
    const job = this.jobs.enter(entry);
    return 'status' in job ? job : jsonAnswer(resource(job, this.inside.nowMs()));
  }

  /** `id` undefined: the list. */
  visit(call: Call, id: string | undefined, isCancel: boolean): PlainResponse | null {
    const { method, request, query } = call;
    const isKnown = isCancel ? method === 'POST' : method === 'GET' || (method === 'DELETE' && id !== undefined);
    if (!isKnown) return null;
    const caller = this.inside.callerOf(request);
    if (isProblem(caller)) return problemAnswer(caller);
    const atMs = this.inside.nowMs();
    if (id === undefined) return this.list(caller, query, atMs);
    const job = this.jobs.find(`batches/${id}`, caller);
    if (!job) return problemAnswer(NOT_FOUND);
    if (method === 'GET') return this.shown(job, atMs);
    if (isCancel) this.jobs.cancel(job);
    else this.jobs.forget(job);
    return jsonAnswer({});
  }

  private fromFile(name: string, caller: Caller, reader: RowReader): BatchInput | Problem {
    const content = this.files.read(caller, name);
    return isProblem(content) ? content : reader.lines(content);
  }

  private list(caller: Caller, query: URLSearchParams, atMs: number): PlainResponse {
    const { page, ...next } = pageOf(this.jobs.list('batches/', caller), query, PAGE_SIZE_MAX);
    return jsonAnswer({ ...(page.length > 0 ? { operations: page.map((job) => resource(job, atMs)) } : {}), ...next });
  }

  private shown(job: Job, atMs: number): PlainResponse {
    const shown = resource(job, atMs);
    if (stateOf(job, atMs) !== 'SUCCEEDED') return jsonAnswer(shown);
    if ((job.asked as Asked).isFromFile) {
      const name = `files/batch-${job.name.slice('batches/'.length)}`;
      this.files.generate(job.caller, name, 'application/jsonl', () => this.resultLines(job));
      return jsonAnswer(withOutput(shown, { responsesFile: name }));
    }
    if (this.resultBytes(job) > INLINE_RESULT_BYTES_MAX)
      return { ...problemAnswer(problem('gemini-503-unavailable')), afterMs: TOO_LARGE_AFTER_MS };
    // The same rows twice, as the API sends them; row by row, so that no text has to hold them all.
    const mark = '"the rows"';
    const frame = JSON.stringify(withOutput(shown, { inlinedResponses: { inlinedResponses: 'the rows' } })).split(mark);
    return { ...jsonAnswer({}), body: '', pieces: this.inlineChunks(job, frame) };
  }

  private *inlineChunks(job: Job, frame: readonly string[]): Iterable<string> {
    for (const [index, text] of frame.entries()) {
      if (index > 0) {
        let between = '[';
        for (const { row, answer } of this.jobs.results(job)) {
          yield between + JSON.stringify({ ...resultOf(answer), ...(row.metadata === undefined ? {} : { metadata: row.metadata }) });
          between = ',';
        }
        yield ']';
      }
      yield text;
    }
  }

  private *resultLines(job: Job): Iterable<string> {
    for (const { row, answer } of this.jobs.results(job))
      yield `${JSON.stringify({ ...(row.key === null ? {} : { key: row.key }), ...resultOf(answer) })}\n`;
  }

  private resultBytes(job: Job): number {
    const pictures = job.rows.map(({ spec }) => (spec && this.inside.bodies.picture(spec)?.base64.length) ?? 0);
    return 2 * pictures.reduce((sum, bytes) => sum + bytes, 0);
  }
}

const INVALID_JSON = problem('gemini-400-generic', 'Invalid JSON payload received. Expected a value that is an object.');

function jobName(number: number): string {
  return `batches/${nameOf('batch', number, 36)}`;
}

function inline(config: Fields, reader: RowReader, bodyChars: number): BatchInput | Problem {
  if (bodyChars > INLINE_BYTES_MAX)
    return problem('gemini-400-generic', `Request payload size exceeds the limit: ${INLINE_BYTES_MAX} bytes.`);
  const requests = listOf(field(fieldsOf(field(config, 'requests')), 'requests'));
  if (requests.length === 0)
    return problem('gemini-400-generic', '* BatchGenerateContentRequest.batch.input_config: requests or file_name is required\n');
  const rows = requests.map((one) => {
    const row = fieldsOf(one);
    return reader.row({ request: field(row, 'request'), metadata: field(row, 'metadata') });
  });
  return { rows, error: null };
}

interface Resource {
  readonly name: string;
  readonly metadata: object;
}

/** A long-running operation; 64-bit numbers are strings. */
function resource(job: Job, atMs: number): Resource {
  const state = stateOf(job, atMs);
  const isEnded = !isOpen(job, atMs);
  const endedAtMs = job.cancelledAtMs ?? job.endsAtMs;
  const failed = failedRows(job);
  const requestCount = job.rows.length;
  const isAnswered = state === 'SUCCEEDED';
  const counts = isAnswered
    ? { successfulRequestCount: String(requestCount - failed), ...(failed > 0 ? { failedRequestCount: String(failed) } : {}) }
    : { pendingRequestCount: String(requestCount) };
  return {
    name: job.name,
    metadata: {
      '@type': TYPE,
      model: `models/${job.model}`,
      ...(job.displayName === null ? {} : { displayName: job.displayName }),
      createTime: isoInstant(job.createdAtMs),
      ...(isEnded ? { endTime: isoInstant(endedAtMs) } : {}),
      updateTime: isoInstant(isEnded ? endedAtMs : state === 'RUNNING' ? job.runsAtMs : job.createdAtMs),
      batchStats: { requestCount: String(requestCount), ...counts },
      state: `BATCH_STATE_${state}`,
      name: job.name,
    },
    ...(isEnded ? { done: true } : {}),
    ...(state === 'FAILED' && job.error ? { error: job.error } : {}),
    ...(state === 'CANCELLED' ? { error: { code: 1, message: 'The batch was cancelled.' } } : {}),
    ...(state === 'EXPIRED' ? { error: { code: 4, message: 'The batch expired before it was done.' } } : {}),
  };
}

function withOutput(shown: Resource, output: object): object {
  return {
    ...shown,
    metadata: { ...shown.metadata, output },
    response: { '@type': `${TYPE.replace(/Batch$/, 'BatchOutput')}`, ...output },
  };
}

function notFound(model: string, path: string): string {
  const version = path.split('/')[1];
  return `models/${model} is not found for API version ${version}, or is not supported for batchGenerateContent. Call ListModels to see the list of available models and their supported methods.`;
}
