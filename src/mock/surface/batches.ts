/**
 * The Batch API: a job's fate is decided when it is handed in, and told as emulated time passes: pending, running, and how it ended.
 * Results come inline where the requests did, as a file where they came from one.
 */
import { Buffer } from 'node:buffer';
import { findModel, type ImageModel } from '../../model/catalogue.ts';
import type { ModelId } from '../../model/names.ts';
import type { Reply } from '../../model/reply.ts';
import { type RequestSpec, requestSpec } from '../../model/request-spec.ts';
import { isoInstant, SECOND_MS } from '../../model/time.ts';
import type { BatchAnswer } from '../../service/service.ts';
import { encodeReply } from '../../wire/encode.ts';
import type { PlainResponse } from '../plain.ts';
import { isProblem, type Problem, problem } from '../problems.ts';
import { readGenerate } from '../request.ts';
import {
  type Call,
  type Caller,
  errorAnswer,
  type Inside,
  jsonAnswer,
  NOT_FOUND,
  nameOf,
  pageOf,
  problemAnswer,
  type Surface,
} from './call.ts';
import { type Fields, field, fieldsOf, isFields, listOf, parsed, textOf } from './fields.ts';
import type { FileStore } from './files.ts';

const CREATE = /^\/(?:v1|v1beta|v1alpha)\/models\/([^/:]+):batchGenerateContent$/;
const BATCHES = /^\/(?:v1|v1beta|v1alpha)\/batches(?:\/([^/:]+)(:cancel)?)?$/;
const TYPE = 'type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch';

/** Inline requests together. Source: ai.google.dev/gemini-api/docs/batch-api, read 2026-10. */
const INLINE_BYTES_MAX = 20 * 1024 * 1024;
/** Share of its turnaround that a job waits before it runs. Assumed. */
const PENDING_RATIO = 0.1;
/**
 * Inline results that are too large cannot be fetched though they are billed: 122 rows of 2K came (about 1 GB), 150 gave this
 * after a minute. Source: discuss.ai.google.dev/t/174261 and /t/113603, 2026.
 */
const INLINE_RESULT_BYTES_MAX = 1_000_000_000;
const TOO_LARGE_AFTER_MS = 60 * SECOND_MS;
const PAGE_SIZE_MAX = 1_000;
const JOBS_KEPT_MAX = 10_000;

interface Row {
  readonly key: string | null;
  readonly metadata: unknown;
  readonly spec: RequestSpec | null;
  /** What is wrong with a row that has no spec. */
  readonly error: RpcError | null;
}

interface RpcError {
  readonly code: number;
  readonly message: string;
}

interface Job {
  readonly name: string;
  readonly caller: Caller;
  /** As called. */
  readonly model: ModelId;
  readonly displayName: string | null;
  readonly createdAtMs: number;
  readonly runsAtMs: number;
  readonly endsAtMs: number;
  readonly ending: 'SUCCEEDED' | 'FAILED' | 'EXPIRED';
  /** Why the whole job failed. */
  readonly error: RpcError | null;
  readonly rows: readonly Row[];
  /** One for each row that has a spec, in order. */
  readonly replies: readonly Reply[];
  readonly promptTokens: number;
  readonly isFromFile: boolean;
  cancelledAtMs: number | null;
}

type State = 'PENDING' | 'RUNNING' | 'CANCELLED' | Job['ending'];

export function batches(inside: Inside, files: FileStore): Surface {
  const lane = new Lane(inside, files);
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

class Lane {
  private readonly inside: Inside;
  private readonly files: FileStore;
  private readonly jobs = new Map<string, Job>();
  private created = 0;
  private rowsSeen = 0;

  constructor(inside: Inside, files: FileStore) {
    this.inside = inside;
    this.files = files;
  }

  create(call: Call, id: ModelId): PlainResponse {
    const caller = this.inside.callerOf(call.request);
    if (isProblem(caller)) return problemAnswer(caller);
    const model = findModel(id);
    if (!model) return problemAnswer(problem('gemini-404-model-not-found', notFound(id, call.path)));
    if (caller.service.scenario.quota.tier === 'free') return problemAnswer(problem('gemini-400-precondition-batch'));
    const body = parsed(call.request.body);
    if (body === null) return errorAnswer(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received. Expected a value that is an object.');
    const batch = fieldsOf(field(body, 'batch'));
    const input = this.inputOf(fieldsOf(field(batch, 'inputConfig')), caller, model, call.request.body.length);
    return isProblem(input) ? problemAnswer(input) : this.enter(caller, id, model, batch, input);
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
    const job = this.jobs.get(`batches/${id}`);
    if (!job || !isOf(job, caller)) return problemAnswer(NOT_FOUND);
    if (isCancel) {
      if (isOpen(job, atMs)) job.cancelledAtMs = atMs;
      return jsonAnswer({});
    }
    if (method === 'GET') return this.shown(job, atMs);
    // Forgotten, but what still runs keeps its place: it is no cancellation.
    this.jobs.delete(job.name);
    if (isOpen(job, atMs)) this.forgotten.add(job);
    return jsonAnswer({});
  }

  private readonly forgotten = new Set<Job>();

  private enter(caller: Caller, id: ModelId, model: ImageModel, batch: Fields, input: Input): PlainResponse {
    const atMs = this.inside.nowMs();
    const promptTokens = input.rows.reduce((sum, { spec }) => sum + (spec?.promptTokens ?? 0), 0);
    const refusal = this.refusalOf(caller, model, promptTokens, atMs);
    if (refusal) return problemAnswer(refusal);
    const asked = input.rows.flatMap(({ spec }) => (spec ? [{ spec, request: this.rowsSeen++, n: 1 }] : []));
    const number = this.created++;
    const answer: BatchAnswer =
      asked.length > 0
        ? caller.service.answerBatch({ number, project: caller.project, rows: asked }, atMs)
        : { afterMs: SECOND_MS, state: input.error ? 'failed' : 'succeeded', replies: [] };
    if (asked.length > 0 && answer.state === 'failed') return refusedWhole(answer, id);
    const job: Job = {
      name: `batches/${nameOf('batch', number, 36)}`,
      caller,
      model: id,
      displayName: textOf(field(batch, 'displayName')),
      createdAtMs: atMs,
      runsAtMs: atMs + Math.round(answer.afterMs * PENDING_RATIO),
      endsAtMs: atMs + answer.afterMs,
      ending: ENDINGS[answer.state],
      error: input.error,
      rows: input.rows,
      replies: answer.replies,
      promptTokens,
      isFromFile: input.isFromFile,
      cancelledAtMs: null,
    };
    this.keep(job);
    return jsonAnswer(resource(job, atMs));
  }

  private keep(job: Job): void {
    this.jobs.set(job.name, job);
    for (const oldest of this.jobs.keys()) {
      if (this.jobs.size <= JOBS_KEPT_MAX) break;
      this.jobs.delete(oldest);
    }
  }

  /** What is unknown refuses nothing. Nobody has captured these refusals: the bare sentence is assumed. */
  private refusalOf(caller: Caller, model: ImageModel, promptTokens: number, atMs: number): Problem | null {
    const { accounts, limits } = caller.service.scenario.quota;
    const limitOf = (bucket: string, of: ModelId | null): number => {
      const limit = limits.find((one) => one.bucket === bucket && one.model === of);
      return limit?.limit ?? limit?.interval?.[0] ?? Number.POSITIVE_INFINITY;
    };
    for (const job of this.forgotten) if (!isOpen(job, atMs)) this.forgotten.delete(job);
    const open = [...this.jobs.values(), ...this.forgotten].filter(
      (job) => job.caller.service === caller.service && job.caller.project % accounts === caller.project % accounts && isOpen(job, atMs),
    );
    if (open.length >= limitOf('batchJobs', null)) return problem('gemini-429-unspecified');
    const enqueued = open
      .filter((job) => job.caller.project === caller.project && findModel(job.model) === model)
      .reduce((sum, job) => sum + job.promptTokens, promptTokens);
    return enqueued > limitOf('batchTokens', model.id) ? problem('gemini-429-unspecified') : null;
  }

  private inputOf(config: Fields, caller: Caller, model: ImageModel, bodyChars: number): Input | Problem {
    const fileName = textOf(field(config, 'fileName'));
    if (fileName !== null) {
      const content = this.files.read(caller, fileName);
      return isProblem(content) ? content : fileInput(content, model);
    }
    if (bodyChars > INLINE_BYTES_MAX)
      return problem('gemini-400-generic', `Request payload size exceeds the limit: ${INLINE_BYTES_MAX} bytes.`);
    const requests = listOf(field(fieldsOf(field(config, 'requests')), 'requests'));
    if (requests.length === 0)
      return problem('gemini-400-generic', '* BatchGenerateContentRequest.batch.input_config: requests or file_name is required\n');
    const rows = requests.map((one) => {
      const row = fieldsOf(one);
      return rowOf(field(row, 'request'), null, field(row, 'metadata'), model);
    });
    return { rows, error: null, isFromFile: false };
  }

  private list(caller: Caller, query: URLSearchParams, atMs: number): PlainResponse {
    const own = [...this.jobs.values()].filter((job) => isOf(job, caller)).toReversed();
    const { page, ...next } = pageOf(own, query, PAGE_SIZE_MAX);
    return jsonAnswer({ ...(page.length > 0 ? { operations: page.map((job) => resource(job, atMs)) } : {}), ...next });
  }

  private shown(job: Job, atMs: number): PlainResponse {
    const shown = resource(job, atMs);
    if (stateOf(job, atMs) !== 'SUCCEEDED') return jsonAnswer(shown);
    if (job.isFromFile) {
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
        for (const row of this.results(job)) {
          yield between + JSON.stringify({ ...row.body, ...(row.metadata === undefined ? {} : { metadata: row.metadata }) });
          between = ',';
        }
        yield ']';
      }
      yield text;
    }
  }

  private *resultLines(job: Job): Iterable<string> {
    for (const { key, body } of this.results(job)) yield `${JSON.stringify({ ...(key === null ? {} : { key }), ...body })}\n`;
  }

  private *results(job: Job): Iterable<{ readonly key: string | null; readonly metadata: unknown; readonly body: object }> {
    let asked = 0;
    for (const { key, metadata, spec, error } of job.rows) {
      if (spec === null) yield { key, metadata, body: { error } };
      else yield { key, metadata, body: this.resultOf(job, spec, job.replies[asked]!, asked++) };
    }
  }

  private resultOf(job: Job, spec: RequestSpec, reply: Reply, serial: number): object {
    const picture = reply.kind === 'image' ? this.inside.bodies.picture(spec) : null;
    const { status, body } = encodeReply(reply, { model: job.model, serial, referenceImages: spec.referenceImages }, picture);
    return status === 200 ? { response: body } : { error: rpcError(status, body) };
  }

  private resultBytes(job: Job): number {
    const pictures = job.rows.map(({ spec }) => (spec && this.inside.bodies.picture(spec)?.base64.length) ?? 0);
    return 2 * pictures.reduce((sum, bytes) => sum + bytes, 0);
  }
}

interface Input {
  readonly rows: readonly Row[];
  /** Why no row can be read. */
  readonly error: RpcError | null;
  readonly isFromFile: boolean;
}

/** Lines of `{"key", "request"}`. One that is no JSON spoils the job, as a file that is none does (assumed). */
function fileInput(content: Uint8Array, model: ImageModel): Input {
  const lines = Buffer.from(content)
    .toString()
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  const rows: Row[] = [];
  for (const [index, line] of lines.entries()) {
    const fields = parsed(line);
    if (fields === null) {
      const error = { code: RPC_CODES[400]!, message: `Input file line ${index + 1} is no JSON object.` };
      return { rows: [], error, isFromFile: true };
    }
    rows.push(rowOf(field(fields, 'request'), textOf(field(fields, 'key')), undefined, model));
  }
  const error = rows.length === 0 ? { code: RPC_CODES[400]!, message: 'Input file has no request.' } : null;
  return { rows, error, isFromFile: true };
}

function rowOf(request: unknown, key: string | null, metadata: unknown, model: ImageModel): Row {
  const asked = isFields(request) ? readGenerate(request, model) : problem('gemini-400-contents-missing');
  if (isProblem(asked)) return { key, metadata, spec: null, error: rpcError(asked.status, JSON.parse(asked.body)) };
  return { key, metadata, spec: requestSpec(model.id, asked.size, asked.promptTokens, asked.referenceImages), error: null };
}

/** Rows carry gRPC codes where answers carry HTTP's. */
const RPC_CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 404: 5, 429: 8, 499: 1, 500: 13, 503: 14, 504: 4 };

function rpcError(status: number, body: unknown): RpcError {
  const message = textOf(field(fieldsOf(field(fieldsOf(body), 'error')), 'message'));
  return { code: RPC_CODES[status] ?? 2, message: message ?? 'Unknown error.' };
}

/** The month has no room for the job: nothing was taken, and it is not entered. */
function refusedWhole({ replies, afterMs }: BatchAnswer, model: ModelId): PlainResponse {
  const { status, body, headers } = encodeReply(replies[0]!, { model }, null);
  return { status, headers, body: JSON.stringify(body), afterMs };
}

const ENDINGS = { succeeded: 'SUCCEEDED', failed: 'FAILED', expired: 'EXPIRED' } as const;

function stateOf(job: Job, atMs: number): State {
  if (job.cancelledAtMs !== null) return 'CANCELLED';
  return atMs >= job.endsAtMs ? job.ending : atMs >= job.runsAtMs ? 'RUNNING' : 'PENDING';
}

function isOpen(job: Job, atMs: number): boolean {
  return job.cancelledAtMs === null && atMs < job.endsAtMs;
}

function isOf({ caller }: Job, { service, project }: Caller): boolean {
  return caller.service === service && caller.project === project;
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
  const failed = job.rows.filter(({ spec }) => spec === null).length + job.replies.filter(({ kind }) => kind === 'refused').length;
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
    ...(state === 'CANCELLED' ? { error: { code: RPC_CODES[499], message: 'The batch was cancelled.' } } : {}),
    ...(state === 'EXPIRED' ? { error: { code: RPC_CODES[504], message: 'The batch expired before it was done.' } } : {}),
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
