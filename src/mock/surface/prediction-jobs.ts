/**
 * Batch jobs of the Agent Platform: requests as lines of an object in Cloud Storage, answers as lines of another. Created, watched,
 * listed, cancelled and deleted as `batchPredictionJobs`.
 *
 * Source: docs.cloud.google.com, batch inference from Cloud Storage, and the resource's reference, read 2026-11; what @google/genai
 * 3.1.0 sends. That a source which cannot be read fails the job and not the call, and that a line's own key comes back, is assumed.
 */
import { findModel } from '../../model/catalogue.ts';
import { isoInstant } from '../../model/time.ts';
import type { PlainResponse } from '../plain.ts';
import { publisherModelNotFound } from '../platform-words.ts';
import { isProblem, type Problem, problem } from '../problems.ts';
import { failedRows, isOpen, type Job, stateOf } from './batch-job.ts';
import type { BatchJobs } from './batch-jobs.ts';
import { type BatchInput, type BatchRow, RowReader } from './batch-rows.ts';
import { type Call, errorAnswer, type Inside, jsonAnswer, pageOf, problemAnswer, type RowAnswer, type Surface } from './call.ts';
import { type Fields, field, fieldsOf, listOf, parsed, textOf } from './fields.ts';
import type { ObjectStore } from './storage.ts';

const JOBS = /^\/(?:v1|v1beta1)\/(projects\/[^/]+\/locations\/[^/]+\/)?batchPredictionJobs(?:\/([^/:]+)(:cancel)?)?$/;
/** Where a job is that was created with a key alone. */
const NOWHERE = 'projects/express/locations/global/';
const PREFIX = 'batchPredictionJobs/';
const PAGE_SIZE_MAX = 100;
/** Ids are numbers with many digits. */
const FIRST_ID = 4_000_000_000_000_000;
const ID_STEP = 7_919_000_003;

export function predictionJobs(inside: Inside, objects: ObjectStore, jobs: BatchJobs): Surface {
  const desk = new Desk(inside, objects, jobs);
  return (call) => {
    const [found, parent, id, cancel] = JOBS.exec(call.path) ?? [];
    if (found === undefined) return null;
    const isCreation = id === undefined && call.method === 'POST';
    return isCreation ? desk.create(call, parent ?? NOWHERE) : desk.visit(call, id, cancel !== undefined);
  };
}

/** What a job was asked with, to be told again. */
interface Asked {
  readonly parent: string;
  readonly model: string;
  readonly inputConfig: Fields;
  readonly outputConfig: Fields;
  /** `gs://…`, where the results lie. */
  readonly folder: string;
}

class Desk {
  private readonly inside: Inside;
  private readonly objects: ObjectStore;
  private readonly jobs: BatchJobs;

  constructor(inside: Inside, objects: ObjectStore, jobs: BatchJobs) {
    this.inside = inside;
    this.objects = objects;
    this.jobs = jobs;
  }

  create(call: Call, parent: string): PlainResponse {
    const caller = this.inside.callerOf(call.request);
    if (isProblem(caller)) return problemAnswer(caller);
    const body = parsed(call.request.body) ?? {};
    const named = textOf(field(body, 'model')) ?? '';
    const id = named.replace(/^.*\//, '').replace(/@.*$/, '');
    const model = findModel(id);
    if (!model) return this.jobs.refuse(caller, id, publisherModelNotFound(id, call.path));
    const inputConfig = fieldsOf(field(body, 'inputConfig'));
    const outputConfig = fieldsOf(field(body, 'outputConfig'));
    const places = placesOf(inputConfig, outputConfig);
    if (isProblem(places)) return this.jobs.refuse(caller, id, places);
    if ('status' in places) return places;
    const input = this.inputOf(places.sources, new RowReader(this.inside, caller, model, true));
    const time = isoInstant(this.inside.nowMs()).replace(/\.\d+/, '').replaceAll(':', '_');
    const folder = `${places.destination.replace(/\/+$/, '')}/prediction-model-${time}`;
    const asked: Asked = { parent, model: named, inputConfig, outputConfig, folder };
    const job = this.jobs.enter({ nameOf: jobName, caller, id, model, displayName: textOf(field(body, 'displayName')), input, asked });
    if ('status' in job) return job;
    const isThere = (): boolean => stateOf(job, this.inside.nowMs()) === 'SUCCEEDED';
    this.objects.write(`${folder}/predictions.jsonl`, () => this.lines(job), isThere);
    return jsonAnswer(resource(job, this.inside.nowMs()));
  }

  /** `id` undefined: the list. */
  visit({ method, request, query }: Call, id: string | undefined, isCancel: boolean): PlainResponse | null {
    const isKnown = isCancel ? method === 'POST' : method === 'GET' || (method === 'DELETE' && id !== undefined);
    if (!isKnown) return null;
    const caller = this.inside.callerOf(request);
    if (isProblem(caller)) return problemAnswer(caller);
    const atMs = this.inside.nowMs();
    if (id === undefined) {
      const { page, ...next } = pageOf(this.jobs.list(PREFIX, caller), query, PAGE_SIZE_MAX);
      return jsonAnswer({ ...(page.length > 0 ? { batchPredictionJobs: page.map((job) => resource(job, atMs)) } : {}), ...next });
    }
    const job = this.jobs.find(PREFIX + id, caller);
    if (!job) return errorAnswer(404, 'NOT_FOUND', `The BatchPredictionJob does not exist: ${id.slice(0, 40)}.`);
    if (method === 'GET') return jsonAnswer(resource(job, atMs));
    if (isCancel) {
      this.jobs.cancel(job);
      return jsonAnswer({});
    }
    this.jobs.forget(job);
    const { parent } = job.asked as Asked;
    return jsonAnswer({
      name: `${parent}operations/${id}`,
      metadata: { '@type': 'type.googleapis.com/google.cloud.aiplatform.v1beta1.DeleteOperationMetadata' },
      done: true,
      response: { '@type': 'type.googleapis.com/google.protobuf.Empty' },
    });
  }

  private inputOf(sources: readonly string[], reader: RowReader): BatchInput {
    const rows: BatchRow[] = [];
    for (const source of sources) {
      const content = this.objects.read(source);
      if (content === null) return { rows: [], error: { code: 5, message: `Failed to read input: ${source} was not found.` } };
      const { rows: own, error } = reader.lines(content);
      if (error !== null) return { rows: [], error };
      rows.push(...own);
    }
    return { rows, error: null };
  }

  private *lines(job: Job): Iterable<string> {
    const time = isoInstant(job.endsAtMs);
    for (const { row, answer } of this.jobs.results(job)) yield `${JSON.stringify(lineOf(row, answer, time))}\n`;
  }
}

function jobName(number: number): string {
  return `${PREFIX}${FIRST_ID + number * ID_STEP}`;
}

interface Places {
  readonly sources: readonly string[];
  readonly destination: string;
}

function placesOf(input: Fields, output: Fields): Places | Problem | PlainResponse {
  if (field(input, 'bigquerySource') !== undefined || field(output, 'bigqueryDestination') !== undefined) return NO_BIGQUERY;
  const format = textOf(field(input, 'instancesFormat'));
  if (format !== 'jsonl') return invalid(`inputConfig.instancesFormat must be jsonl, found ${JSON.stringify(format)}.`);
  const sources = listOf(field(fieldsOf(field(input, 'gcsSource')), 'uris')).map(String);
  const destination = textOf(field(fieldsOf(field(output, 'gcsDestination')), 'outputUriPrefix')) ?? '';
  const isUri = (uri: string): boolean => /^gs:\/\/[^/]+\/?/.test(uri);
  if (sources.length === 0 || !sources.every(isUri))
    return invalid('inputConfig.gcsSource.uris must be addresses such as gs://bucket/in.jsonl.');
  if (!isUri(destination)) return invalid('outputConfig.gcsDestination.outputUriPrefix must be an address such as gs://bucket/out.');
  return { sources, destination };
}

const NO_BIGQUERY = errorAnswer(501, 'UNIMPLEMENTED', 'This mock reads and writes no BigQuery: use gcsSource and gcsDestination.');

function invalid(message: string): Problem {
  return problem('gemini-400-generic', message);
}

function resource(job: Job, atMs: number): object {
  const { parent, model, inputConfig, outputConfig, folder } = job.asked as Asked;
  const state = stateOf(job, atMs);
  const isEnded = !isOpen(job, atMs);
  const endedAtMs = job.cancelledAtMs ?? job.endsAtMs;
  const hasRun = atMs >= job.runsAtMs && (job.cancelledAtMs === null || job.cancelledAtMs >= job.runsAtMs);
  const failed = failedRows(job);
  const isAnswered = state === 'SUCCEEDED';
  return {
    name: `${parent}${job.name}`,
    ...(job.displayName === null ? {} : { displayName: job.displayName }),
    model,
    inputConfig,
    outputConfig,
    ...(isAnswered ? { outputInfo: { gcsOutputDirectory: folder } } : {}),
    state: `JOB_STATE_${state}`,
    ...(isAnswered
      ? { completionStats: { successfulCount: String(job.rows.length - failed), ...(failed > 0 ? { failedCount: String(failed) } : {}) } }
      : {}),
    ...(state === 'FAILED' && job.error ? { error: job.error } : {}),
    ...(state === 'CANCELLED' ? { error: { code: 1, message: 'CANCELED' } } : {}),
    ...(state === 'EXPIRED' ? { error: { code: 4, message: 'The job expired before it was done.' } } : {}),
    createTime: isoInstant(job.createdAtMs),
    ...(hasRun ? { startTime: isoInstant(job.runsAtMs) } : {}),
    ...(isEnded ? { endTime: isoInstant(endedAtMs) } : {}),
    updateTime: isoInstant(isEnded ? endedAtMs : hasRun ? job.runsAtMs : job.createdAtMs),
  };
}

/** A line that failed has a sentence and an empty response. */
function lineOf({ key, request }: BatchRow, { status, body }: RowAnswer, processedTime: string): object {
  const beside = { processed_time: processedTime, ...(key === null ? {} : { key }), request };
  if (status === 200) return { status: '', ...beside, response: body };
  return { status: `${WORDS[status] ?? 'Error'}: ${typeof body === 'string' ? body : JSON.stringify(body)}`, ...beside, response: {} };
}

const WORDS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
