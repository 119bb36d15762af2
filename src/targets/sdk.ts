/**
 * The SDK as we use it: where it sends, as whom, and how one image is asked for. Nothing is left to its environment variables,
 * and its own retries and continuation stay off.
 */
import { type GenerateContentParameters, GoogleGenAI, type GoogleGenAIOptions } from '@google/genai';
import type { Task } from '../model/clock.ts';
import type { Reply } from '../model/reply.ts';
import type { RequestSpec } from '../model/request-spec.ts';

/** One HTTP answer, whole. */
export interface Exchanged {
  readonly status: number;
  readonly bodyText: string;
  readonly contentType: string;
  /** Those that are read here, in lower case: date, retry-after, retry-after-ms. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Only our own mock says it, on a virtual clock: how long after the request the answer is due. */
  readonly afterMs: number | null;
}

/** Sends one request and waits for its whole answer; rejects when there is none. */
export type Exchange = (url: string, init: RequestInit) => Promise<Exchanged>;

/** Where requests go and who pays. */
export type Connection =
  | { readonly kind: 'key'; readonly apiKey: string; readonly baseUrl: string | null }
  | {
      readonly kind: 'platform';
      readonly project: string;
      readonly location: string;
      readonly baseUrl: string | null;
      /** What signs the requests; null: Application Default Credentials. */
      readonly authClient: NonNullable<GoogleGenAIOptions['googleAuthOptions']>['authClient'] | null;
    };

/** @param fetch sees every request and answers it */
export function connect(connection: Connection, fetch: (url: string, init: RequestInit) => Promise<Response>): GoogleGenAI {
  const httpOptions = {
    ...(connection.baseUrl === null ? {} : { baseUrl: connection.baseUrl }),
    fetch: (input: string | URL | Request, init?: RequestInit) => fetch(String(input instanceof Request ? input.url : input), init ?? {}),
  };
  if (connection.kind === 'key') return quietly(() => new GoogleGenAI({ apiKey: connection.apiKey, vertexai: false, httpOptions }));
  const { project, location, authClient } = connection;
  const googleAuthOptions = authClient === null ? {} : { googleAuthOptions: { authClient: authClient as never } };
  return quietly(() => new GoogleGenAI({ vertexai: true, project, location, ...googleAuthOptions, httpOptions }));
}

/** Where variables are set that do not count here, the SDK says so on stdout, in the midst of results. */
function quietly<T>(build: () => T): T {
  const { debug, warn } = console;
  console.debug = console.warn = () => {};
  try {
    return build();
  } finally {
    Object.assign(console, { debug, warn });
  }
}

/** What is sent for one image. */
export function imageRequest(spec: RequestSpec, text: string): GenerateContentParameters {
  const references = Array.from({ length: spec.referenceImages }, () => ({ inlineData: { mimeType: 'image/png', data: PIXEL_PNG } }));
  return {
    model: spec.model,
    contents: [{ role: 'user', parts: [...references, { text }] }],
    config: { responseModalities: ['IMAGE'], imageConfig: { imageSize: spec.size } },
  };
}

/** As the SDK wants it. */
export function responseOf({ bodyText, status, contentType }: Exchanged): Response {
  return new Response(bodyText, { status, headers: { 'content-type': contentType } });
}

/** A failure before any byte left is a mistake of ours, not of the network; one of syntax is that of an answer. */
export function isOurs(error: unknown): boolean {
  return (
    error instanceof Error &&
    !(error instanceof TypeError) &&
    !(error instanceof SyntaxError) &&
    error.name !== 'AbortError' &&
    !('code' in error) &&
    error.cause === undefined
  );
}

/** An answer that the SDK could not parse, such as one cut off midway, gives no program its picture, whatever is found in its pieces. */
export function isUnread(reply: Reply, error: unknown): boolean {
  return error instanceof SyntaxError && (reply.kind === 'image' || reply.kind === 'blocked');
}

/** Ends the run that it is posted in: what is thrown outside an event nobody would catch. */
export function thrown(error: unknown): Task {
  return {
    fire() {
      throw error;
    },
  };
}

const PIXEL_PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';
