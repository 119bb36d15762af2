/** What a fault on demand makes of an answer. */
import { Buffer } from 'node:buffer';
import { type CatalogueEntry, entriesOf, google } from '../wire/error-catalogue.ts';
import type { ActiveFault } from './fault-rules.ts';
import type { Breakage, PlainRequest, PlainResponse } from './plain.ts';

const JSON_HEADERS = { 'content-type': 'application/json; charset=UTF-8' } as const;
const HTML_HEADERS = { 'content-type': 'text/html; charset=UTF-8' } as const;

/** The body of an entry, byte for byte. */
export function entryAnswer(entry: CatalogueEntry, afterMs: number): PlainResponse {
  const isPage = typeof entry.body === 'string';
  const body = typeof entry.body === 'string' ? entry.body : JSON.stringify(entry.body);
  return { status: entry.httpStatus, headers: isPage ? HTML_HEADERS : JSON_HEADERS, body, afterMs };
}

/** Where a call that meets a class of fault has nothing that the service could say it about. */
export function classAnswer(errorClass: CatalogueEntry['class'], afterMs: number): PlainResponse {
  return entryAnswer(entriesOf(errorClass)[0]!, afterMs); // every class that can be asked for has an entry
}

/** Told to whoever asks for a fault that does not exist. */
export function faultProblem(text: string): PlainResponse {
  return { status: 400, headers: JSON_HEADERS, body: JSON.stringify(google(400, 'INVALID_ARGUMENT', `rundry: ${text}`)), afterMs: 0 };
}

/** The usual answer, late, broken or unreadable. */
export function shaped(answer: PlainResponse, { effect, afterMs }: ActiveFault): PlainResponse {
  switch (effect.do) {
    case 'latency':
      return { ...answer, afterMs: afterMs ?? answer.afterMs };
    case 'break':
      return { ...answer, afterMs: afterMs ?? 0, broken: effect.how satisfies Breakage };
    case 'empty':
      return { status: 200, headers: answer.headers, body: '', afterMs: afterMs ?? 0 };
    case 'invalid-json':
      return { ...answer, ...halved(answer), afterMs: afterMs ?? 0 };
    default:
      return answer;
  }
}

/** The first half of an answer, as if that were all. */
export function halved({ body, chunks, pieces }: PlainResponse): Pick<PlainResponse, 'body' | 'chunks'> {
  const all = chunks ?? (pieces && Array.from(pieces));
  if (!all) return { body: body.slice(0, Math.floor(body.length / 2)) };
  const whole = all.join('');
  return { body: '', chunks: [whole.slice(0, Math.floor(whole.length / 2))] };
}

const TOKEN = 'rundry-continuation-';

/**
 * An answer that is not finished: no image yet, and a token with which the caller goes on. null when this call is the one that
 * gets the rest. Fields: @google/genai 3.1.0, read 2026-11.
 */
export function continuation(request: PlainRequest, hops: number, afterMs: number): PlainResponse | null {
  const told = new RegExp(`${TOKEN}(\\d{1,4})`).exec(request.body)?.[1];
  const left = told === undefined ? hops : Number(told) - 1;
  if (left <= 0) return null;
  const candidate = {
    content: { role: 'model', parts: [{ text: '' }] },
    finishReason: 'CONTINUATION',
    continuationToken: TOKEN + left,
    index: 0,
  };
  const body = { candidates: [candidate], usageMetadata: { promptTokenCount: 0, totalTokenCount: 0 }, responseId: TOKEN + left };
  const text = JSON.stringify(body);
  if (!request.path.includes(':streamGenerateContent')) return { status: 200, headers: JSON_HEADERS, body: text, afterMs };
  const isEvents = /[?&](?:\$|%24)?alt=sse\b/.test(request.path);
  const headers = isEvents ? { 'content-type': 'text/event-stream' } : JSON_HEADERS;
  return { status: 200, headers, body: '', chunks: [isEvents ? `data: ${text}\r\n\r\n` : `[${text}]`], afterMs };
}

/** Half of the bytes, for a connection that breaks midway. */
export function firstHalf(answer: PlainResponse): Buffer {
  const { body, chunks } = halved(answer);
  const half = chunks ? chunks.join('') : body;
  return typeof half === 'string' ? Buffer.from(half) : Buffer.from(half);
}
