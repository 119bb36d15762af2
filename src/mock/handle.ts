/**
 * The emulated service as plain requests and answers: one synchronous core, of which the HTTP server and the MSW handlers are
 * thin faces. Told the time; keeps no clock and touches no network.
 */
import { findModel, type ImageModel } from '../model/catalogue.ts';
import { InvariantError } from '../model/errors.ts';
import type { MockSummary } from '../model/mock-summary.ts';
import { classOf, httpStatusOf, type Reply } from '../model/reply.ts';
import { type RequestSpec, requestSpec } from '../model/request-spec.ts';
import { MINUTE_MS } from '../model/time.ts';
import type { FaultClass } from '../service/faults.ts';
import type { Answer, Draw, Service } from '../service/service.ts';
import { type Encoded, encodeReply, type ServiceTier, type Shown } from '../wire/encode.ts';
import type { CatalogueEntry } from '../wire/error-catalogue.ts';
import { ImageBodies, type PictureSource, streamOf } from './bodies.ts';
import { classAnswer, continuation, entryAnswer, faultProblem, shaped } from './fault-answers.ts';
import { type ActiveFault, asksForPictures, createsBatch, FaultRules, type MockFaultRule, modelOf } from './fault-rules.ts';
import { countTokensAnswer, modelAnswer, modelList, modelNotFound } from './models.ts';
import { pictureOf } from './picture.ts';
import { bearerOf, type PlainRequest, type PlainResponse } from './plain.ts';
import { platformRefusal } from './platform-words.ts';
import { isProblem, type Problem, problem } from './problems.ts';
import type { Place, Projects } from './projects.ts';
import { Remembered } from './remembered.ts';
import { queryValue, type Route, readBody, readGenerate, routeOf } from './request.ts';
import type { MockAnswerRow, MockBatchRow } from './rows.ts';
import type { Caller, RowAnswer } from './surface/call.ts';
import { withOrigin } from './surface/cors.ts';
import { type Surfaces, surfaces } from './surface/surfaces.ts';
import { Tally } from './tally.ts';
import { Unrouted } from './unrouted.ts';

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
  /** Told what became of batch jobs: handed in, refused, ended (when that is looked at). */
  readonly onBatch?: (row: MockBatchRow) => void;
  /** Whose picture an answer carries (a landscape of the asked size; null: one pixel). */
  readonly picture?: PictureSource | null;
  /** Answers that some calls get instead of their own (none). */
  readonly faults?: readonly MockFaultRule[];
  /** What faults with a ratio draw from (1). */
  readonly seed?: number;
  /**
   * What a refusal by the day tells to wait: until midnight, or as short a time as other refusals (honest). Both were captured:
   * honest 2026-08-01 and 2026-10-07, misleading 2026-05-16 and 2026-09.
   */
  readonly rpdRetryInfo?: 'honest' | 'misleading';
  /** Where calls to unknown paths are counted (its own). */
  readonly unrouted?: Unrouted;
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
  private readonly tally: Tally;
  private readonly bodies: ImageBodies;
  private lastAtMs = Number.NEGATIVE_INFINITY;
  private foreigners = 0;
  /** Everything but generate calls and their neighbours. */
  private readonly beside: Surfaces;
  private readonly routes = new Remembered<Route | null>();
  private readonly bodiesSeen = new Remembered<{ readonly route: Route; readonly wanted: Wanted | Problem }>();
  private readonly faults: FaultRules;
  private readonly rpdMisleads: boolean;
  /** What a call in another dialect finds where it asks for an image. */
  private standIn: PlainResponse | null = null;
  /** What the call in hand is to be refused with when the service is asked. */
  private forced: FaultClass | null = null;
  private lastRefusal: { readonly model: string; readonly reply: Refused; readonly encoded: Encoded } | null = null;

  constructor(options: MockOptions) {
    this.first = { service: options.service, project: 0, name: 'p1' };
    this.projects = options.projects ?? null;
    this.startAtMs = options.startAtMs;
    this.nowMs = options.nowMs;
    this.apiKeys = options.apiKeys ? new Set(options.apiKeys) : null;
    this.onAnswer = options.onAnswer ?? null;
    this.tally = new Tally(options.unrouted ?? new Unrouted());
    this.bodies = new ImageBodies(options.picture === undefined ? pictureOf : options.picture);
    this.faults = new FaultRules(options.faults ?? [], options.seed ?? 1);
    this.rpdMisleads = options.rpdRetryInfo === 'misleading';
    this.beside = surfaces({
      bodies: this.bodies,
      answer: (request) => this.takeStandIn() ?? this.answer(request),
      again: (request) => this.answer(request),
      callerOf: (request) => this.callerOf(request),
      nowMs: () => this.atMs(),
      runMs: (atMs) => atMs - this.startAtMs,
      forced: (caller, spec) => this.takeForced(caller, spec),
      rowFault: (caller, spec, request) => this.rowFault(caller, spec, request),
      note: (model, caller, answer) => this.note(model, answer, this.drawOf({}), this.atMs(), caller.name),
      noteBatch: (row) => options.onBatch?.(row),
    });
  }

  handle(request: PlainRequest): PlainResponse {
    const fault = this.faults.of(request, this.runMs);
    const answer = fault === null ? this.answer(request) : this.faulty(request, fault);
    const origin = request.headers['origin'];
    return origin === undefined ? answer : withOrigin(answer, String(origin));
  }

  private readonly runMs = (): number => this.atMs() - this.startAtMs;

  private faulty(request: PlainRequest, fault: ActiveFault | string): PlainResponse {
    if (typeof fault === 'string') return faultProblem(fault);
    const { effect } = fault;
    const afterMs = fault.afterMs ?? 0;
    switch (effect.do) {
      case 'entry':
        if (effect.entry.httpStatus < 400 && !asksForPictures(request)) return this.answer(request);
        this.noteFault(request, effect.entry);
        return this.retold(request, entryAnswer(effect.entry, afterMs), effect.entry);
      case 'class':
        return this.refusing(effect.class, request, afterMs);
      case 'continuation':
        return (routeOf(request.method, request.path)?.model ? continuation(request, effect.hops, afterMs) : null) ?? this.answer(request);
      default:
        return shaped(this.answer(request), fault);
    }
  }

  /** What the API itself says reaches callers of other dialects in theirs; what has another's form already goes as it is. */
  private retold(request: PlainRequest, answer: PlainResponse, { surface, id }: CatalogueEntry): PlainResponse {
    const isOwn = surface === 'gemini' && !id.startsWith('interactions-');
    if (!isOwn || routeOf(request.method, request.path) !== null) return answer;
    if (!asksForPictures(request)) return this.beside.told(request, answer);
    this.standIn = answer;
    const told = this.beside.answer(request);
    const isSaid = this.standIn === null;
    this.standIn = null;
    return isSaid && told !== null ? told : this.beside.told(request, answer);
  }

  /** A call that never asks the service is refused from the catalogue, and does nothing else; a picture it cannot lack. */
  private refusing(faultClass: FaultClass, request: PlainRequest, afterMs: number): PlainResponse {
    const told = classAnswer(faultClass, afterMs);
    const isRefusal = told.status >= 400;
    if (asksForPictures(request) || createsBatch(request)) {
      this.forced = faultClass;
      const answer = this.answer(request);
      const isSaid = this.forced === null;
      this.forced = null;
      if (isSaid || !isRefusal) return { ...answer, afterMs };
    }
    return isRefusal ? this.beside.told(request, told) : this.answer(request);
  }

  private takeStandIn(): PlainResponse | null {
    const answer = this.standIn;
    this.standIn = null;
    return answer;
  }

  private takeForced({ service }: Caller, spec: RequestSpec): Reply | null {
    if (this.forced === null) return null;
    const reply = service.fault(this.forced, spec, this.atMs());
    this.forced = null;
    return reply;
  }

  /** A marker in the row's own prompt, or a rule about rows; what a filter is asked to withhold of a batch it withholds of each row. */
  private rowFault({ service }: Caller, spec: RequestSpec, request: unknown): RowAnswer | null {
    const effect = this.faults.ofRow(spec.model, request, this.runMs);
    if (effect === null) return null;
    if (effect.do === 'entry') return { status: effect.entry.httpStatus, body: effect.entry.body };
    return encodeReply(service.fault(effect.class, spec, this.atMs()), { model: spec.model, referenceImages: spec.referenceImages }, null);
  }

  /** Generate calls first: they come most often. */
  private answer(request: PlainRequest): PlainResponse {
    const route = this.routeOf(request);
    if (route === null) {
      const answer = this.beside.answer(request);
      if (answer !== null) return answer;
      this.tally.noteUnrouted(request.method, request.path);
      return refused(NO_ROUTE);
    }
    const denied = this.denied(route, request.headers);
    switch (route.kind) {
      case 'generate':
      case 'stream':
        return this.generate(route, request, denied);
      case 'countTokens':
        return refusedOr(denied ?? countTokensAnswer(route, request.path, request.body));
      case 'listModels':
        return refusedOr(denied ?? modelList(route));
      case 'getModel':
        return refusedOr(denied ?? modelAnswer(route, request.path));
      default:
        return route.kind satisfies never;
    }
  }

  summary(): MockSummary {
    const { batches } = this.beside;
    return this.tally.summary(batches.summary(this.atMs()), batches.firstRefusal);
  }

  /** Which calls meet which fault; may be changed while the mock runs. */
  get faultRules(): FaultRules {
    return this.faults;
  }

  /** From now on these answer; what was tallied stays. */
  use(service: Service, projects: Projects | null): void {
    this.first = { service, project: 0, name: 'p1' };
    this.projects = projects;
  }

  private generate(route: Route, request: PlainRequest, denied: Problem | null): PlainResponse {
    const atMs = this.atMs();
    const wanted = denied ?? this.wantedOf(route, request);
    const draw = this.drawOf(request.headers);
    const place = this.placeOf(route, request.headers);
    const answer = isProblem(wanted) ? wanted : (this.filesProblem(wanted, place) ?? this.ask(place, wanted.spec, draw, atMs));
    this.note(isProblem(wanted) ? route.model : wanted.spec.model, answer, draw, atMs, place.name);
    if (isProblem(answer)) return refused(answer, isArrayStream(route));
    if ((wanted as Wanted).serviceTier !== 'standard') this.tally.noteTier((wanted as Wanted).serviceTier);
    return this.encode(route, wanted as Wanted, this.told(answer.reply, atMs), answer.afterMs); // no problem, so it was asked
  }

  /** Routes of POST calls are the same object for the same path. */
  private routeOf({ method, path }: PlainRequest): Route | null {
    if (method !== 'POST') return routeOf(method, path);
    const known = this.routes.get(path);
    return known === undefined ? this.routes.keep(path, routeOf(method, path)) : known;
  }

  private wantedOf(route: Route, { path, body }: PlainRequest): Wanted | Problem {
    const known = this.bodiesSeen.get(body);
    if (known !== undefined && known.route === route) return known.wanted;
    const model = findModel(route.model);
    if (!model) return modelNotFound(route, path);
    const wanted = wantedOf(model, body, route.isPlatform);
    this.bodiesSeen.keep(body, { route, wanted });
    return wanted;
  }

  private filesProblem({ fileUris }: Wanted, place: Charged): Problem | null {
    return fileUris === null ? null : this.beside.problemWith(place, fileUris);
  }

  /** Who a call beside the generate calls is charged to, or why it is not answered. */
  private callerOf({ path, headers }: PlainRequest): Caller | Problem {
    const mark = path.indexOf('?');
    const called = { query: mark === -1 ? '' : path.slice(mark + 1), takesBearerKeys: path.includes('/openai/') };
    const denied = this.denied(called, headers);
    const place = denied ?? this.placeOf(called, headers);
    if (isProblem(place)) return place;
    return place.service.scenario.quota.projects > place.project && place.project >= 0 ? place : problem('gemini-400-generic', NO_PROJECT);
  }

  /** A project out of range is found by the service itself, before it takes anything. */
  private ask({ service, project }: Charged, spec: RequestSpec, draw: Draw, atMs: number): Answer | Problem {
    if (project < 0) return problem('gemini-400-generic', NO_PROJECT);
    if (this.forced !== null) {
      const reply = service.fault(this.forced, spec, atMs);
      this.forced = null;
      return { reply, afterMs: 0, truth: FORCED };
    }
    try {
      return service.answer({ project, spec }, draw, atMs);
    } catch (error) {
      if (project > 0 && error instanceof InvariantError) return problem('gemini-400-generic', NO_PROJECT);
      throw error;
    }
  }

  /** Whose buckets a call is charged to: its key's project, or the one that our header names. */
  private placeOf(route: Called, headers: PlainRequest['headers']): Charged {
    if (this.projects !== null) {
      return this.projects.ofKey(keyOf(route, headers)) ?? { ...this.first, name: '' }; // nobody's, and denied
    }
    const header = headers[PROJECT_HEADER];
    if (header === undefined) return this.first;
    const number = Number(/^p?(\d{1,6})$/.exec(String(header))?.[1] ?? 0);
    return { service: this.first.service, project: number - 1, name: `p${number}` };
  }

  /** Misled, a caller is sent back within the minute and refused again. */
  private told(reply: Reply, atMs: number): Reply {
    if (!this.rpdMisleads || reply.kind !== 'refused' || reply.class !== 'quota.rpd' || reply.retryAfterMs === null) return reply;
    return { ...reply, retryAfterMs: Math.min(reply.retryAfterMs, MINUTE_MS - (atMs % MINUTE_MS)) };
  }

  private encode(route: Route, { spec, shown, serviceTier }: Wanted, reply: Reply, afterMs: number): PlainResponse {
    const asked = { shown, serviceTier, serial: this.tally.attempts, isPlatform: route.isPlatform };
    if (route.kind === 'generate' && reply.kind === 'image')
      return { status: 200, headers: JSON_HEADERS, ...this.bodies.whole(spec, reply, asked), afterMs };
    if (route.isPlatform && reply.kind === 'refused' && reply.httpStatus === 429)
      return { ...refused(platformRefusal(reply.violations[0]?.bucket ?? null, spec.model)), afterMs };
    const { status, headers, body } =
      reply.kind === 'refused'
        ? this.encodeRefusal(spec.model, reply, serviceTier)
        : encodeReply(
            reply,
            { model: spec.model, referenceImages: spec.referenceImages, ...asked },
            reply.kind === 'image' ? this.bodies.picture(spec) : null,
          );
    if (route.kind === 'stream' && status === 200) {
      const isEvents = queryValue(route.query, 'alt') === 'sse';
      return { status, headers: isEvents ? EVENT_HEADERS : JSON_HEADERS, body: '', chunks: streamOf(body, isEvents), afterMs };
    }
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return { status, headers, body: isArrayStream(route) ? `[${text}]` : text, afterMs };
  }

  /** In a storm, refusals within one millisecond are the same: the last body serves again. */
  private encodeRefusal(model: string, reply: Refused, serviceTier: ServiceTier): Encoded {
    const last = this.lastRefusal;
    const isUsual = serviceTier === 'standard';
    if (isUsual && last && last.model === model && isSame(last.reply, reply)) return last.encoded;
    const { body, ...rest } = encodeReply(reply, { model, serviceTier }, null);
    const encoded = { ...rest, body: typeof body === 'string' ? body : JSON.stringify(body) };
    if (!isUsual) return encoded;
    this.lastRefusal = { model, reply, encoded };
    return encoded;
  }

  /** Epoch ms of the emulated calendar. The service wants instants that never decrease, whatever the clock does. */
  atMs(): number {
    this.lastAtMs = Math.max(this.lastAtMs, Math.floor(this.nowMs()));
    return this.lastAtMs;
  }

  private drawOf(headers: PlainRequest['headers']): Draw {
    const header = headers[DRAW_HEADER];
    const told = header === undefined ? null : /^(\d{1,15})\.(\d{1,9})$/.exec(String(header));
    return told ? { request: Number(told[1]), attempt: Number(told[2]) } : { request: this.foreigners++, attempt: 1 };
  }

  private denied(route: Called, headers: PlainRequest['headers']): Problem | null {
    const key = keyOf(route, headers);
    if (key === '') return KEY_MISSING;
    const isKnown = this.projects === null ? this.apiKeys === null || this.apiKeys.has(key) : this.projects.ofKey(key) !== null;
    if (isKnown) return null;
    // What comes as a bearer is taken for a token; only the compatible endpoint takes keys that way.
    return headers['x-goog-api-key'] || bearerOf(headers) === undefined || route.takesBearerKeys ? KEY_INVALID : TOKEN_REJECTED;
  }

  /** Calls for pictures are counted as such, jobs as jobs, the rest nowhere. */
  private noteFault(request: PlainRequest, { httpStatus, class: errorClass }: CatalogueEntry): void {
    const refusal: Problem = { problem: true, status: httpStatus, class: errorClass, body: '' };
    const model = modelOf(request);
    if (asksForPictures(request)) this.note(model, refusal, this.drawOf(request.headers), this.atMs(), '');
    const caller = createsBatch(request) ? this.callerOf(request) : refusal;
    if (!isProblem(caller)) this.beside.noteRefusedJob(caller, model, refusal);
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
      draw,
    };
    this.tally.note(row, primary);
    this.onAnswer?.(row);
  }
}

interface Wanted {
  readonly spec: RequestSpec;
  readonly shown: Shown;
  readonly serviceTier: ServiceTier;
  readonly fileUris: readonly string[] | null;
}

/** As far as keys go. */
interface Called extends Pick<Route, 'query'> {
  readonly takesBearerKeys?: boolean;
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
const FORCED: Answer['truth'] = { fate: 'faulted', refusal: null };
const NO_ROUTE = problem('gemini-404-entity-not-found');
const KEY_MISSING = problem('gemini-403-key-missing');
const KEY_INVALID = problem('gemini-400-key-invalid');
const TOKEN_REJECTED = problem('gemini-401-credential-rejected');

const NO_PROJECT = `${PROJECT_HEADER} names none of the emulated projects; the first is p1.`;

/** Empty: none was sent. */
function keyOf(route: Called, headers: PlainRequest['headers']): string {
  return String(headers['x-goog-api-key'] || bearerOf(headers) || queryValue(route.query, 'key') || '');
}

function wantedOf(model: ImageModel, text: string, isPlatform: boolean): Wanted | Problem {
  const body = readBody(text);
  if (isProblem(body)) return body;
  const asked = readGenerate(body, model, isPlatform);
  if (isProblem(asked)) return asked;
  const { size, promptTokens, referenceImages, shown, serviceTier, fileUris } = asked;
  return { spec: requestSpec(model.id, size, promptTokens, referenceImages), shown, serviceTier, fileUris };
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
