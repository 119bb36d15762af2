/** The MSW face of the mock, for a team's own test suite: one handler for every host that the API answers on. */
import { Buffer } from 'node:buffer';
import { HttpResponse, type RequestHandler } from 'msw';
import { ScenarioError } from '../model/errors.ts';
import type { KeyOwner } from '../model/projects.ts';
import type { Scenario } from '../model/scenario.ts';
import { AnsweringHandler } from './answering-handler.ts';
import type { PictureSource } from './bodies.ts';
import { type EmulatedOptions, emulatedScenario } from './emulated.ts';
import { firstHalf } from './fault-answers.ts';
import { type MockFaultRule, parseFaultRule } from './fault-rules.ts';
import { DRAW_HEADER, Mock } from './handle.ts';
import type { Breakage, PlainRequest, PlainResponse } from './plain.ts';
import { plainFetchRequest } from './plain-request.ts';
import type { MockAnswerRow } from './rows.ts';
import { world } from './world.ts';

export interface GeminiHandlersOptions extends EmulatedOptions {
  /** Emulates this scenario's service; tier, profile, window, projects, limits and service are then its own. */
  readonly scenario?: Scenario;
  /** Epoch ms (real time, so that fake timers move it; with a scenario, counted from its start). */
  readonly nowMs?: () => number;
  /** `real` answers after the drawn latency, by `setTimeout`; `none` at once (none). */
  readonly delays?: 'real' | 'none';
  /** Where else the API is called, e.g. `https://relay.example/gemini`. */
  readonly baseUrl?: string;
  readonly apiKeys?: readonly string[] | null;
  /** Which key belongs to which project, tier and billing account; any other key is invalid then. */
  readonly keys?: Readonly<Record<string, KeyOwner>>;
  /** Answers that some calls get instead of their own, as objects or in the words of `rundry mock --fault` (none). */
  readonly faults?: readonly (MockFaultRule | string)[];
  /** What a refusal by the day tells to wait: until midnight, or a minute at most (honest). */
  readonly rpdRetryInfo?: 'honest' | 'misleading';
  readonly onAnswer?: (row: MockAnswerRow) => void;
  /** null: one pixel, for suites with very many images (a landscape of the asked size). */
  readonly picture?: PictureSource | null;
  /** Answers instead of one built from the other options, for who wants its `summary()`. */
  readonly mock?: Mock;
}

/**
 * What `geminiHandlers` answers with, for callers that want it in hand.
 * @throws ScenarioError when profile, limits, keys or faults cannot be
 */
export function emulate(options: GeminiHandlersOptions = {}): Mock {
  // biome-ignore lint/style/noRestrictedGlobals: the default of an injected clock; read at every call, so that fake timers count
  const realNow = (): number => Date.now();
  const startedMs = realNow();
  const given = options.scenario;
  const nowMs = options.nowMs ?? (given ? () => given.clock.startAtMs + realNow() - startedMs : realNow);
  const startAtMs = nowMs();
  const { apiKeys = null, keys = {}, faults = [], rpdRetryInfo = 'honest', onAnswer, picture, seed = null } = options;
  const { scenario, service, projects } = world({
    scenarioAt: (tier) => {
      const own = given ?? emulatedScenario(tier === null ? options : { ...options, tier }, startAtMs);
      if (tier === null || tier === own.quota.tier) return own;
      throw new ScenarioError([`keys: a scenario is resolved at tier ${own.quota.tier}; leave it out to have projects at tier ${tier}`]);
    },
    seed,
    keys: Object.entries(keys),
  });
  return new Mock({
    service,
    projects,
    startAtMs: scenario.clock.startAtMs,
    nowMs,
    apiKeys,
    faults: faults.map((fault) => (typeof fault === 'string' ? parseFaultRule(fault) : fault)),
    seed: seed ?? scenario.seed,
    rpdRetryInfo,
    ...(onAnswer ? { onAnswer } : {}),
    ...(picture === undefined ? {} : { picture }),
  });
}

const HOSTS =
  /^https?:\/\/(?:(?:(?:www\.)?generativelanguage|[a-z0-9-]*aiplatform)\.googleapis\.com(?::\d+)?\/|openrouter\.ai\/api\/v1\/(?:chat\/completions|models)(?:$|[?#]))/;
/** Tells our own target how long the answer would have taken. Never sent to a stranger. */
const AFTER_HEADER = 'x-rundry-after-ms';

/**
 * Handlers for `setupServer` or `getResponse` of MSW 3: an emulated tier, with its quota arithmetic, instead of canned answers.
 * Each call of this function starts with full buckets.
 */
export function geminiHandlers(options: GeminiHandlersOptions = {}): RequestHandler[] {
  const mock = options.mock ?? emulate(options);
  const { baseUrl, delays } = options;
  return handlersOf((request) => mock.handle(request), {
    speed: delays === 'real' ? 1 : Number.POSITIVE_INFINITY,
    ...(baseUrl ? { baseUrl } : {}),
  });
}

/**
 * Handlers around any core, here or in another thread.
 * @param how `speed`: emulated ms that pass in one real ms; Infinity: answers come at once
 */
export function handlersOf(
  answerTo: (request: PlainRequest) => PlainResponse | Promise<PlainResponse>,
  how: { readonly speed: number; readonly baseUrl?: string },
): RequestHandler[] {
  const waits = how.speed !== Number.POSITIVE_INFINITY;
  const base = how.baseUrl?.replace(/\/+$/, '');
  const respond = async (request: Request): Promise<Response> => {
    const path = pathOf(request.url, base);
    const plain = await plainFetchRequest(request, path, request.url.slice(0, request.url.length - path.length));
    if (plain === null) return new HttpResponse(null, { status: 400 });
    const answer = await answerTo(plain);
    const waitMs = answer.afterMs / how.speed;
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    if (answer.broken !== undefined) return brokenResponse(answer, answer.broken, request.signal);
    return fetchResponse(answer, !waits && request.headers.has(DRAW_HEADER), request.method === 'HEAD');
  };
  return [new AnsweringHandler(HOSTS, respond), ...(base ? [new AnsweringHandler(`${base}/*`, respond)] : [])];
}

/** Path and query as the API sees them: without host, and without what a base URL puts before them. */
function pathOf(url: string, base: string | undefined): string {
  return base && url.startsWith(`${base}/`) ? url.slice(base.length) : url.slice(url.indexOf('/', url.indexOf('//') + 2)); // absolute and normal, as requests have it
}

function fetchResponse(answer: PlainResponse, tellsAfter: boolean, isBare: boolean): Response {
  const { status, headers, chunks, pieces = chunks, afterMs } = answer;
  const told = tellsAfter ? { ...headers, [AFTER_HEADER]: String(afterMs) } : headers;
  if (isBare) return new HttpResponse(null, { status, headers: told });
  return new HttpResponse(pieces ? streamBody(pieces) : wholeBody(answer), { status, headers: told }); // never shared memory
}

/** A network that fails, in so far as a fetch can tell. */
async function brokenResponse(answer: PlainResponse, how: Breakage, signal: AbortSignal): Promise<Response> {
  if (how === 'reset') return HttpResponse.error();
  if (how === 'hang') {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    return HttpResponse.error();
  }
  const half = firstHalf(answer);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(half),
    pull: (controller) => (how === 'cut' ? controller.error(new TypeError('terminated')) : new Promise(() => {})),
  });
  return new HttpResponse(body, { status: answer.status, headers: answer.headers });
}

function wholeBody({ body, tail }: PlainResponse): string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> {
  if (tail !== undefined) return bytesBody(typeof body === 'string' ? Buffer.from(body) : body, tail);
  return body as string | Uint8Array<ArrayBuffer>; // never shared memory
}

/** Made of the one copy that is the caller's own; a Response would copy bytes once more. */
function bytesBody(body: Uint8Array, tail: string): ReadableStream<Uint8Array> {
  const whole = Buffer.allocUnsafeSlow(body.length + tail.length); // a stream of bytes takes hold of all the memory that a piece is from
  whole.set(body);
  whole.write(tail, body.length, 'latin1');
  return new ReadableStream({
    type: 'bytes',
    start(controller) {
      controller.enqueue(whole);
      controller.close();
    },
  });
}

/** Each piece is made when it is asked for. */
function streamBody(made: Iterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const pieces = made[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = pieces.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
}
