/** The MSW face of the mock, for a team's own test suite: one handler for every host that the API answers on. */
import { HttpResponse, http, type RequestHandler } from 'msw';
import type { Scenario } from '../model/scenario.ts';
import { service } from '../service/service.ts';
import type { PictureSource } from './bodies.ts';
import { coverCatalogue, type EmulatedOptions, emulatedScenario } from './emulated.ts';
import { DRAW_HEADER, Mock, type PlainResponse } from './handle.ts';
import type { MockAnswerRow } from './tally.ts';

export interface GeminiHandlersOptions extends EmulatedOptions {
  /** Emulates this scenario's service; tier, profile, window, projects, limits and service are then its own. */
  readonly scenario?: Scenario;
  /** Epoch ms (real time, so that fake timers move it; with a scenario, counted from its start). */
  readonly now?: () => number;
  /** `real` answers after the drawn latency, by `setTimeout`; `none` at once (none). */
  readonly delays?: 'real' | 'none';
  /** Where else the API is called, e.g. `https://relay.example/gemini`. */
  readonly baseUrl?: string;
  readonly apiKeys?: readonly string[] | null;
  readonly onAnswer?: (row: MockAnswerRow) => void;
  /** null: one pixel, for suites with very many images (a landscape of the asked size). */
  readonly picture?: PictureSource | null;
  /** Answers instead of one built from the other options, for who wants its `summary()`. */
  readonly mock?: Mock;
}

/** What `geminiHandlers` answers with, for callers that want it in hand. */
export function emulate(options: GeminiHandlersOptions = {}): Mock {
  // biome-ignore lint/style/noRestrictedGlobals: the default of an injected clock; read at every call, so that fake timers count
  const realNow = (): number => Date.now();
  const startedMs = realNow();
  const given = options.scenario;
  const now = options.now ?? (given ? () => given.clock.startAtMs + realNow() - startedMs : realNow);
  const scenario = given ? coverCatalogue(given) : emulatedScenario(options, now());
  const { apiKeys = null, onAnswer, picture } = options;
  return new Mock({
    service: service(scenario, options.seed ?? scenario.seed),
    startAtMs: scenario.clock.startAtMs,
    nowMs: now,
    apiKeys,
    ...(onAnswer ? { onAnswer } : {}),
    ...(picture === undefined ? {} : { picture }),
  });
}

const HOSTS = /^https?:\/\/(?:generativelanguage|[a-z0-9-]*aiplatform)\.googleapis\.com(?::\d+)?\//;
/** Tells our own target how long the answer would have taken. Never sent to a stranger. */
const AFTER_HEADER = 'x-rundry-after-ms';

/**
 * Handlers for `setupServer` or `getResponse` of MSW 3: an emulated tier, with its quota arithmetic, instead of canned answers.
 * Each call of this function starts with full buckets.
 */
export function geminiHandlers(options: GeminiHandlersOptions = {}): RequestHandler[] {
  const mock = options.mock ?? emulate(options);
  const waits = options.delays === 'real';
  const base = options.baseUrl?.replace(/\/+$/, '');
  const resolver = async ({ request }: { readonly request: Request }): Promise<Response> => {
    const path = pathOf(request.url, base);
    const body = await request.text();
    const answer = mock.handle({ method: request.method, path, headers: Object.fromEntries(request.headers), body });
    if (waits && answer.afterMs > 0) await new Promise((resolve) => setTimeout(resolve, answer.afterMs));
    return fetchResponse(answer, !waits && request.headers.has(DRAW_HEADER));
  };
  return [http.all(HOSTS, resolver), ...(base ? [http.all(`${base}/*`, resolver)] : [])];
}

/** Path and query as the API sees them: without host, and without what a base URL puts before them. */
function pathOf(url: string, base: string | undefined): string {
  return base && url.startsWith(`${base}/`) ? url.slice(base.length) : url.slice(new URL(url).origin.length);
}

function fetchResponse({ status, headers, body, chunks, afterMs }: PlainResponse, tellsAfter: boolean): Response {
  const told = tellsAfter ? { ...headers, [AFTER_HEADER]: String(afterMs) } : headers;
  return new HttpResponse(chunks ? streamBody(chunks) : (body as string | Uint8Array<ArrayBuffer>), { status, headers: told }); // never shared memory
}

function streamBody(chunks: readonly string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(encoder.encode(chunk));
      controller.close();
    },
  });
}
