/**
 * The emulated service as plain requests and answers: one synchronous core, of which the HTTP server and the MSW handlers are
 * thin faces. Told the time; keeps no clock and touches no network.
 */
import { findModel, IMAGE_MODELS, type ImageModel, REFERENCE_IMAGE_INPUT_TOKENS } from '../model/catalogue.ts';
import { InvariantError } from '../model/errors.ts';
import { classOf, httpStatusOf, type Reply } from '../model/reply.ts';
import { type RequestSpec, requestSpec } from '../model/request-spec.ts';
import type { Answer, Draw, Service } from '../service/service.ts';
import { type Encoded, encodeReply } from '../wire/encode.ts';
import { ImageBodies, type PictureSource, streamOf } from './bodies.ts';
import { pictureOf } from './picture.ts';
import { isProblem, type Problem, problem } from './problems.ts';
import type { Place, Projects } from './projects.ts';
import { queryValue, type Route, readBody, readCountTokens, readGenerate, routeOf } from './request.ts';
import { type MockAnswerRow, type MockSummary, Tally } from './tally.ts';

export interface PlainRequest {
  readonly method: string;
  /** With its query, without host. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface PlainResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty when the answer comes in chunks. */
  readonly body: string | Uint8Array;
  /** A stream: the pieces in order, to be sent one by one. */
  readonly chunks?: readonly string[];
  /** How long the answer takes, in emulated ms. */
  readonly afterMs: number;
}

export interface MockOptions {
  /** Knows every model of the catalogue; see `coverCatalogue`. */
  readonly service: Service;
  /** Epoch ms at which the emulated calendar starts; rows and summary count from it. */
  readonly startAtMs: number;
  /** Epoch ms of the emulated calendar. */
  readonly nowMs: () => number;
  /** Keys that are accepted (any that is not empty). */
  readonly apiKeys?: readonly string[] | null;
  /** Projects with keys of their own, each charged where it belongs; any other key is invalid then (one project, any key). */
  readonly projects?: Projects | null;
  /** Told every answer to a generate call. */
  readonly onAnswer?: (row: MockAnswerRow) => void;
  /** Whose picture an answer carries (a landscape of the asked size; null: one pixel). */
  readonly picture?: PictureSource | null;
}

/** Says which draw is meant, as `request.attempt`. Only our own targets send it; others get the mock's own count. */
export const DRAW_HEADER = 'x-rundry-draw';
/** The project that is charged: `p1` (or none) for the first. Not asked where keys name their projects. */
export const PROJECT_HEADER = 'x-rundry-project';

export class Mock {
  /** Where calls are charged that name no project. */
  private first: Charged;
  private projects: Projects | null;
  private readonly startAtMs: number;
  private readonly nowMs: () => number;
  private readonly apiKeys: ReadonlySet<string> | null;
  private readonly onAnswer: ((row: MockAnswerRow) => void) | null;
  private readonly tally = new Tally();
  private readonly bodies: ImageBodies;
  private lastAtMs = Number.NEGATIVE_INFINITY;
  private foreigners = 0;
  private lastRefusal: { readonly model: string; readonly reply: Refused; readonly encoded: Encoded } | null = null;

  constructor(options: MockOptions) {
    this.first = { service: options.service, project: 0, name: 'p1' };
    this.projects = options.projects ?? null;
    this.startAtMs = options.startAtMs;
    this.nowMs = options.nowMs;
    this.apiKeys = options.apiKeys ? new Set(options.apiKeys) : null;
    this.onAnswer = options.onAnswer ?? null;
    this.bodies = new ImageBodies(options.picture === undefined ? pictureOf : options.picture);
  }

  handle(request: PlainRequest): PlainResponse {
    const route = routeOf(request.method, request.path);
    if (route === null) {
      this.tally.noteUnrouted(request.method, request.path);
      return refused(NO_ROUTE);
    }
    const denied = this.denied(route, request.headers);
    switch (route.kind) {
      case 'generate':
      case 'stream':
        return this.generate(route, request, denied);
      case 'countTokens':
        return refusedOr(denied ?? countTokensAnswer(route, request.body));
      case 'listModels':
        return refusedOr(denied ?? modelList(route.query));
      case 'getModel':
        return refusedOr(denied ?? modelAnswer(route));
      default:
        return route.kind satisfies never;
    }
  }

  summary(): MockSummary {
    return this.tally.summary();
  }

  /** From now on these answer; what was tallied stays. */
  use(service: Service, projects: Projects | null): void {
    this.first = { service, project: 0, name: 'p1' };
    this.projects = projects;
  }

  private generate(route: Route, request: PlainRequest, denied: Problem | null): PlainResponse {
    const atMs = this.tick();
    const model = findModel(route.model);
    const spec = denied ?? (model ? specOf(model, request.body) : modelNotFound(route));
    const draw = this.drawOf(request.headers);
    const place = this.placeOf(route, request.headers);
    const answer = isProblem(spec) ? spec : this.ask(place, spec, draw, atMs);
    this.note(isProblem(spec) ? route.model : spec.model, answer, draw, atMs, place.name);
    if (isProblem(answer)) return refused(answer, isArrayStream(route));
    return this.encode(route, spec as RequestSpec, answer.reply, answer.afterMs); // no problem, so it was asked
  }

  /** A project out of range is found by the service itself, before it takes anything. */
  private ask({ service, project }: Charged, spec: RequestSpec, draw: Draw, atMs: number): Answer | Problem {
    if (project < 0) return problem('gemini-400-generic', NO_PROJECT);
    try {
      return service.answer({ project, spec }, draw, atMs);
    } catch (error) {
      if (project > 0 && error instanceof InvariantError) return problem('gemini-400-generic', NO_PROJECT);
      throw error;
    }
  }

  /** Whose buckets a call is charged to: its key's project, or the one that our header names. */
  private placeOf(route: Route, headers: PlainRequest['headers']): Charged {
    if (this.projects !== null) {
      return this.projects.ofKey(keyOf(route, headers)) ?? { ...this.first, name: '' }; // nobody's, and denied
    }
    const header = headers[PROJECT_HEADER];
    if (header === undefined) return this.first;
    const number = Number(/^p?(\d{1,6})$/.exec(String(header))?.[1] ?? 0);
    return { service: this.first.service, project: number - 1, name: `p${number}` };
  }

  private encode(route: Route, spec: RequestSpec, reply: Reply, afterMs: number): PlainResponse {
    if (route.kind === 'generate' && reply.kind === 'image') {
      return { status: 200, headers: JSON_HEADERS, body: this.bodies.whole(spec, reply), afterMs };
    }
    const { status, headers, body } =
      reply.kind === 'refused'
        ? this.encodeRefusal(spec.model, reply)
        : encodeReply(reply, { model: spec.model }, reply.kind === 'image' ? this.bodies.picture(spec) : null);
    if (route.kind === 'stream' && status === 200) {
      const isEvents = queryValue(route.query, 'alt') === 'sse';
      return { status, headers: isEvents ? EVENT_HEADERS : JSON_HEADERS, body: '', chunks: streamOf(body, isEvents), afterMs };
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { status, headers, body: isArrayStream(route) ? `[${text}]` : text, afterMs };
  }

  /** In a storm, refusals within one millisecond are the same: the last body serves again. */
  private encodeRefusal(model: string, reply: Refused): Encoded {
    const last = this.lastRefusal;
    if (last && last.model === model && isSame(last.reply, reply)) return last.encoded;
    const { body, ...rest } = encodeReply(reply, { model }, null);
    const encoded = { ...rest, body: typeof body === 'string' ? body : JSON.stringify(body) };
    this.lastRefusal = { model, reply, encoded };
    return encoded;
  }

  /** The service wants instants that never decrease, whatever the clock does. */
  private tick(): number {
    this.lastAtMs = Math.max(this.lastAtMs, Math.floor(this.nowMs()));
    return this.lastAtMs;
  }

  private drawOf(headers: PlainRequest['headers']): Draw {
    const told = /^(\d{1,15})\.(\d{1,9})$/.exec(String(headers[DRAW_HEADER] ?? ''));
    return told ? { request: Number(told[1]), attempt: Number(told[2]) } : { request: this.foreigners++, attempt: 1 };
  }

  private denied(route: Route, headers: PlainRequest['headers']): Problem | null {
    const key = keyOf(route, headers);
    if (key === '') return KEY_MISSING;
    if (this.projects !== null) return this.projects.ofKey(key) === null ? KEY_INVALID : null;
    return this.apiKeys === null || this.apiKeys.has(key) ? null : KEY_INVALID;
  }

  private note(model: string, answer: Answer | Problem, draw: Draw, atMs: number, project: string): void {
    const refusal = isProblem(answer) ? null : answer.truth.refusal;
    const primary = refusal?.primary.spec ?? null;
    const row: MockAnswerRow = {
      seq: this.tally.attempts,
      atMs: atMs - this.startAtMs,
      model,
      project,
      status: isProblem(answer) ? answer.status : (httpStatusOf(answer.reply) ?? 0),
      class: isProblem(answer) ? answer.class : classOf(answer.reply),
      bucket: primary?.bucket ?? null,
      draw: `${draw.request}.${draw.attempt}`,
    };
    this.tally.note(row, primary);
    this.onAnswer?.(row);
  }
}

type Charged = Pick<Place, 'service' | 'project' | 'name'>;
type Refused = Extract<Reply, { kind: 'refused' }>;

/** Lists of violations are shared between refusals by the same buckets. */
function isSame(a: Refused, b: Refused): boolean {
  return (
    a.violations === b.violations &&
    a.retryAfterMs === b.retryAfterMs &&
    a.class === b.class &&
    a.httpStatus === b.httpStatus &&
    a.message === b.message
  );
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=UTF-8' } as const;
const EVENT_HEADERS = { 'content-type': 'text/event-stream' } as const;
const NO_ROUTE = problem('gemini-404-entity-not-found');
const KEY_MISSING = problem('gemini-403-key-missing');
const KEY_INVALID = problem('gemini-400-key-invalid');

const NO_PROJECT = `${PROJECT_HEADER} names none of the emulated projects; the first is p1.`;

/** Empty: none was sent. */
function keyOf(route: Route, headers: PlainRequest['headers']): string {
  return String(headers['x-goog-api-key'] || bearer(headers['authorization']) || queryValue(route.query, 'key') || '');
}

function bearer(header: string | readonly string[] | undefined): string | undefined {
  return header === undefined ? undefined : /^Bearer\s+(\S+)/i.exec(String(header))?.[1];
}

function specOf(model: ImageModel, text: string): RequestSpec | Problem {
  const body = readBody(text);
  if (isProblem(body)) return body;
  const asked = readGenerate(body, model);
  return isProblem(asked) ? asked : requestSpec(model.id, asked.size, asked.promptTokens, asked.referenceImages);
}

const METHOD_NAMES = {
  generate: 'generateContent',
  stream: 'streamGenerateContent',
  countTokens: 'countTokens',
  getModel: 'GetModel',
  listModels: 'ListModels',
} as const;

function modelNotFound({ model, version, kind }: Route): Problem {
  return problem(
    'gemini-404-model-not-found',
    `models/${model} is not found for API version ${version}, or is not supported for ${METHOD_NAMES[kind]}. Call ListModels to see the list of available models and their supported methods.`,
  );
}

/** Free and counted nowhere. */
function countTokensAnswer(route: Route, text: string): object {
  if (!findModel(route.model)) return modelNotFound(route);
  const body = readBody(text);
  const counted = isProblem(body) ? body : readCountTokens(body);
  if (isProblem(counted)) return counted;
  const imageTokens = counted.referenceImages * REFERENCE_IMAGE_INPUT_TOKENS;
  const details = [
    { modality: 'TEXT', tokenCount: counted.promptTokens },
    { modality: 'IMAGE', tokenCount: imageTokens },
  ];
  return { totalTokens: counted.promptTokens + imageTokens, promptTokensDetails: details.filter(({ tokenCount }) => tokenCount > 0) };
}

/** The default page of the API. Source: ai.google.dev/api/models, read 2026-10. */
const PAGE_SIZE = 50;

function modelList(query: string): object {
  const first = Number(queryValue(query, 'pageToken') ?? 0) || 0;
  const end = first + (Number(queryValue(query, 'pageSize')) || PAGE_SIZE);
  const models = IMAGE_MODELS.slice(first, end).map((model) => modelResource(model, model.id));
  return end < IMAGE_MODELS.length ? { models, nextPageToken: String(end) } : { models };
}

function modelAnswer(route: Route): object {
  const model = findModel(route.model);
  return model ? modelResource(model, route.model) : modelNotFound(route);
}

/** Token limits: ai.google.dev/gemini-api/docs/models, read 2026-10. */
function modelResource(model: ImageModel, id: string): object {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: model.nickname,
    description: `${model.nickname}, emulated by rundry`,
    inputTokenLimit: 65_536,
    outputTokenLimit: 32_768,
    supportedGenerationMethods: ['generateContent', 'countTokens', 'batchGenerateContent'],
  };
}

/** Without `alt=sse` a stream is one JSON array, and so are its errors. */
function isArrayStream(route: Route): boolean {
  return route.kind === 'stream' && queryValue(route.query, 'alt') !== 'sse';
}

function refused({ status, body }: Problem, isArray = false): PlainResponse {
  return { status, headers: JSON_HEADERS, body: isArray ? `[${body}]` : body, afterMs: 0 };
}

function refusedOr(answer: object): PlainResponse {
  if (isProblem(answer)) return refused(answer);
  return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(answer), afterMs: 0 };
}
