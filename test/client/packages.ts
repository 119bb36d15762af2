/**
 * The packages whose presets we copy, each making one call: timers and Math.random are replaced by a recorder, and what the
 * network answers goes through the package's own fetch.
 */
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import { GoogleGenAI } from '@google/genai';
import { ChatGoogleGenerativeAI } from '@langchain/google-genai';
import { generateText } from 'ai';
import { chance, LABEL } from '../../src/model/chance.ts';
import type { HttpAnswer } from '../../src/wire/decode.ts';

/** What happens to one try: an answer, a lost connection, or nothing until the client's own timeout. */
export type Event = HttpAnswer | 'network' | 'timeout';

export interface Call {
  /** Calls of fetch. */
  readonly attempts: number;
  /** What the package gave to setTimeout between them, as the timer keeps it: whole ms. */
  readonly waitsMs: readonly number[];
  readonly delivered: boolean;
}

type Fetch = typeof globalThis.fetch;

interface Package {
  /** The name of the error by which its own timeout ends a try; null: it has no timeout for a single try. */
  readonly timeout: 'AbortError' | 'TimeoutError' | null;
  /** Draws for all its waits before the first try. */
  readonly drawsAhead: boolean;
  readonly success: HttpAnswer;
  call(fetch: Fetch): Promise<unknown>;
}

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

const GENERATED: HttpAnswer = {
  status: 200,
  bodyText: JSON.stringify({
    candidates: [
      { content: { role: 'model', parts: [{ inlineData: { mimeType: 'image/png', data: PIXEL } }] }, finishReason: 'STOP', index: 0 },
    ],
    usageMetadata: { promptTokenCount: 10, candidatesTokenCount: 1_120, totalTokenCount: 1_130 },
  }),
};

const INTERACTION: HttpAnswer = {
  status: 200,
  bodyText: JSON.stringify({
    id: 'v1_x',
    object: 'interaction',
    status: 'completed',
    model: 'gemini-3-pro-image',
    created: '2026-12-01T08:00:00Z',
    updated: '2026-12-01T08:00:00Z',
    steps: [],
    outputs: [{ type: 'image', mime_type: 'image/png', data: PIXEL }],
  }),
};

const MODEL = 'gemini-3-pro-image';
const BASE = 'http://gemini.invalid';

export const PACKAGES: Readonly<Record<string, Package>> = {
  'genai-3': {
    timeout: 'AbortError',
    drawsAhead: true,
    success: GENERATED,
    call: (fetch) =>
      new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: BASE, fetch, retryOptions: {} } }).models.generateContent({
        model: MODEL,
        contents: 'a mug',
      }),
  },
  interactions: {
    timeout: 'TimeoutError',
    drawsAhead: false,
    success: INTERACTION,
    call: (fetch) =>
      new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: BASE, fetch } }).interactions.create({ model: MODEL, input: 'a mug' }),
  },
  'vercel-ai': {
    timeout: 'TimeoutError',
    drawsAhead: false,
    success: GENERATED,
    call: (fetch) =>
      generateText({ model: createGoogleGenerativeAI({ apiKey: 'k', baseURL: `${BASE}/v1beta`, fetch })(MODEL), prompt: 'a mug' }),
  },
  langchain: {
    timeout: null,
    drawsAhead: false,
    success: GENERATED,
    call: async (fetch) => {
      const own = globalThis.fetch;
      globalThis.fetch = fetch; // it has no hook of its own
      try {
        return await new ChatGoogleGenerativeAI({ apiKey: 'k', model: MODEL, baseUrl: BASE }).invoke('a mug');
      } finally {
        globalThis.fetch = own;
      }
    },
  },
};

/**
 * One call of a package. Its k-th draw for a wait is the one that our policy makes for the wait after the k-th try of request
 * 0; where events end, it succeeds.
 */
export async function callPackage(name: string, events: readonly Event[], seed: number): Promise<Call> {
  const of = PACKAGES[name]!;
  const waitsMs: number[] = [];
  let attempts = 0;
  let ahead = 0;
  // biome-ignore lint/nursery/noJsRestrictedProperties: replaced by a recorder, and put back
  const own = { setTimeout: globalThis.setTimeout, random: Math.random, warn: console.warn };
  const fetch: Fetch = async () => {
    const event = events[attempts++] ?? of.success;
    if (event === 'network')
      throw new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });
    if (event === 'timeout') throw new DOMException('The operation was aborted', of.timeout ?? 'AbortError');
    return new Response(event.bodyText, { status: event.status, headers: { 'content-type': 'application/json', ...event.headers } });
  };
  Math.random = () => chance(seed, LABEL.backoff, 0, of.drawsAhead && attempts === 0 ? ++ahead : attempts);
  globalThis.setTimeout = ((fire: () => void, delayMs = 0) => {
    if (attempts > 0) waitsMs.push(Math.trunc(delayMs)); // as lib/internal/timers.js does
    return own.setTimeout(fire, 0);
  }) as typeof globalThis.setTimeout;
  console.warn = () => {};
  try {
    await of.call(fetch);
    return { attempts, waitsMs, delivered: true };
  } catch {
    return { attempts, waitsMs, delivered: false };
  } finally {
    globalThis.setTimeout = own.setTimeout;
    Math.random = own.random;
    console.warn = own.warn;
  }
}
