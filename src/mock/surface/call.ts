/** A call beside the API's generate calls, taken apart; what answers it may ask of the mock; and the plain answers it gives. */
import type { ModelId } from '../../model/names.ts';
import type { Reply } from '../../model/reply.ts';
import type { RequestSpec } from '../../model/request-spec.ts';
import type { Answer, Service } from '../../service/service.ts';
import { google } from '../../wire/error-catalogue.ts';
import type { ImageBodies } from '../bodies.ts';
import type { PlainRequest, PlainResponse } from '../plain.ts';
import { type Problem, problem } from '../problems.ts';
import type { MockBatchRow } from '../rows.ts';

export interface Call {
  /** HEAD is told as GET. */
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly request: PlainRequest;
}

/** Who is charged. */
export interface Caller {
  readonly service: Service;
  /** From 0, within its service. */
  readonly project: number;
  readonly name: string;
}

/** What a row of a batch is answered with, as if it were a call: an HTTP status and a JSON body. */
export interface RowAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The mock as its other surfaces see it. */
export interface Inside {
  readonly bodies: ImageBodies;
  /** A call on the API's own paths: what gateways and other dialects are asked for ends here. */
  answer(request: PlainRequest): PlainResponse;
  /** The same call by the path that its spelling means. */
  again(request: PlainRequest): PlainResponse;
  /** Who calls, or why it may not. */
  callerOf(request: PlainRequest): Caller | Problem;
  /** Epoch ms, never decreasing. */
  nowMs(): number;
  /** Ms since the mock began. @param atMs epoch ms */
  runMs(atMs: number): number;
  /** The reply that a fault has in store for the call in hand; null: none has. Asked once, where the service would be. */
  forced(caller: Caller, spec: RequestSpec): Reply | null;
  /** The answer that a row of a batch gets in place of its own; null: none does. @param request as it was sent */
  rowFault(caller: Caller, spec: RequestSpec, request: unknown): RowAnswer | null;
  /** Counts an answer to a call for pictures that the API's own paths know nothing of. */
  note(model: ModelId, caller: Caller, answer: Answer | Problem): void;
  /** Told what became of batch jobs. */
  noteBatch(row: MockBatchRow): void;
}

/** Answers a call, or leaves it to another. */
export type Surface = (call: Call) => PlainResponse | null;

const JSON_HEADERS = { 'content-type': 'application/json; charset=UTF-8' } as const;

export function jsonAnswer(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): PlainResponse {
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: JSON.stringify(value), afterMs: 0 };
}

export function problemAnswer({ status, body }: Problem): PlainResponse {
  return { status, headers: JSON_HEADERS, body, afterMs: 0 };
}

/** In Google's form, where the catalogue has no body for it. */
export function errorAnswer(httpStatus: number, status: string, message: string): PlainResponse {
  return jsonAnswer(google(httpStatus, status, message), httpStatus);
}

export const NOT_FOUND = problem('gemini-404-entity-not-found');

/** A page of a list, by `pageSize` and `pageToken` as the API takes them; a token is the number of the first element. */
export function pageOf<T>(all: readonly T[], query: URLSearchParams, sizeMax: number): { page: readonly T[]; nextPageToken?: string } {
  const first = wholeNumber(query.get('pageToken') ?? query.get('page_token')) ?? 0;
  const size = Math.min(sizeMax, wholeNumber(query.get('pageSize') ?? query.get('page_size')) || sizeMax);
  const end = first + size;
  return { page: all.slice(first, end), ...(end < all.length ? { nextPageToken: String(end) } : {}) };
}

function wholeNumber(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Letters and digits that follow from a kind and a number alone, so that the same calls get the same names. */
export function nameOf(kind: string, number: number, length: number): string {
  let state = 0x811c9dc5;
  for (const letter of `${kind} ${number}`) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193);
  let name = '';
  for (let index = 0; index < length; index++) {
    state = Math.imul(state ^ (state >>> 15) ^ index, 0x2c1b3c6d);
    name += ID_LETTERS[(state >>> 8) % ID_LETTERS.length];
  }
  return name;
}
