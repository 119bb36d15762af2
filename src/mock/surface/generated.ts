/** A generate call made for somebody who speaks another dialect, and what of its answer every dialect tells again. */

import { Buffer } from 'node:buffer';
import { wordOf } from '../../model/word-of.ts';
import { ERROR_CATALOGUE } from '../../wire/error-catalogue.ts';
import { bearerOf, type PlainRequest, type PlainResponse } from '../plain.ts';
import type { Inside } from './call.ts';
import { type Fields, field, fieldsOf, listOf, parsed, textOf } from './fields.ts';

export interface Picture {
  readonly mimeType: string;
  readonly base64: string;
}

export interface Usage {
  readonly promptTokens: number;
  readonly promptDetails: readonly { readonly modality: string; readonly tokens: number }[];
  /** Images and text, without thoughts. */
  readonly candidatesTokens: number;
  readonly thoughtsTokens: number;
  readonly imageTokens: number;
  readonly totalTokens: number;
  readonly serviceTier: string;
}

export type Generated =
  | {
      readonly kind: 'answered';
      readonly response: PlainResponse;
      readonly pictures: readonly Picture[];
      /** Empty: none. */
      readonly text: string;
      /** Why there is no picture: a finish or block reason in Google's words; null: it stopped as it should. */
      readonly withheld: string | null;
      readonly usage: Usage;
      readonly responseId: string;
    }
  | { readonly kind: 'refused'; readonly response: PlainResponse; readonly error: Fields }
  /** Nothing that can be told in another dialect: a page of HTML, a broken body. */
  | { readonly kind: 'opaque'; readonly response: PlainResponse };

/** @param body a generateContent body in JSON names */
export function generate(inside: Inside, request: PlainRequest, model: string, body: object): Generated {
  const key = /[?&](?:\$|%24)?(key=[^&]*)/.exec(request.path)?.[1];
  const path = `/v1beta/models/${encodeURIComponent(model)}:generateContent${key === undefined ? '' : `?${key}`}`;
  const response = inside.answer({ method: 'POST', path, headers: withKey(request.headers), body: JSON.stringify(body) });
  const told = response.chunks || response.pieces ? null : parsed(bodyText(response));
  if (told === null) return { kind: 'opaque', response };
  const error = field(told, 'error');
  return error === undefined ? answered(response, told) : { kind: 'refused', response, error: fieldsOf(error) };
}

/** Other dialects send their keys as bearers, which the API itself takes for tokens. */
function withKey(headers: PlainRequest['headers']): PlainRequest['headers'] {
  const key = bearerOf(headers);
  return key === undefined || headers['x-goog-api-key'] ? headers : { ...headers, 'x-goog-api-key': key };
}

export function bodyText({ body, tail = '' }: PlainResponse): string {
  return typeof body === 'string' ? body + tail : Buffer.from(body).toString() + tail;
}

/** An error that nothing was asked for, as `generate` would hand it over. */
export function refusedWith(response: PlainResponse): Exclude<Generated, { kind: 'answered' }> {
  const error = parsed(bodyText(response))?.['error'];
  return error === undefined ? { kind: 'opaque', response } : { kind: 'refused', response, error: fieldsOf(error) };
}

function answered(response: PlainResponse, body: Fields): Generated {
  const candidate = fieldsOf(listOf(field(body, 'candidates'))[0]);
  const parts = listOf(field(fieldsOf(field(candidate, 'content')), 'parts')).map(fieldsOf);
  const shown = parts.filter((part) => field(part, 'thought') !== true);
  const pictures = shown.flatMap((part): Picture[] => {
    const data = fieldsOf(field(part, 'inlineData'));
    const base64 = textOf(field(data, 'data'));
    return base64 === null ? [] : [{ mimeType: wordOf(field(data, 'mimeType')), base64 }];
  });
  const finish = textOf(field(candidate, 'finishReason'));
  return {
    kind: 'answered',
    response,
    pictures,
    text: shown.map((part) => textOf(field(part, 'text')) ?? '').join(''),
    withheld: textOf(field(fieldsOf(field(body, 'promptFeedback')), 'blockReason')) ?? (finish === 'STOP' ? null : finish),
    usage: usageOf(fieldsOf(field(body, 'usageMetadata'))),
    responseId: textOf(field(body, 'responseId')) ?? 'EXAMPLE',
  };
}

function usageOf(block: Fields): Usage {
  const count = (name: string): number => Number(field(block, name) ?? 0);
  const details = listOf(field(block, 'candidatesTokensDetails')).map(fieldsOf);
  const image = details.find((detail) => field(detail, 'modality') === 'IMAGE');
  const thoughtsTokens = count('thoughtsTokenCount');
  const promptTokens = count('promptTokenCount');
  const totalTokens = count('totalTokenCount');
  return {
    promptTokens,
    promptDetails: listOf(field(block, 'promptTokensDetails')).map((detail) => ({
      modality: wordOf(field(fieldsOf(detail), 'modality')),
      tokens: Number(field(fieldsOf(detail), 'tokenCount')),
    })),
    candidatesTokens: Math.max(0, totalTokens - promptTokens - thoughtsTokens),
    thoughtsTokens,
    imageTokens: Number(image?.['tokenCount'] ?? 0),
    totalTokens,
    serviceTier: textOf(field(block, 'serviceTier')) ?? 'standard',
  };
}

/** The body of a catalogue entry, with another message where one is given. */
export function catalogueBody(id: string, message?: string): Fields {
  const { error, ...beside } = fieldsOf(ERROR_CATALOGUE.find((entry) => entry.id === id)?.body);
  return { error: message === undefined ? error : { ...fieldsOf(error), message }, ...beside };
}

/** An answer in another dialect that takes as long as the one it was made from. */
export function retold({ response }: Generated, value: unknown, status = response.status): PlainResponse {
  const { tail: _, ...rest } = response;
  return { ...rest, status, body: JSON.stringify(value) };
}

/** Events of a stream in the one-line form that every dialect here uses, and the word that ends it. */
export function retoldStream({ response }: Generated, events: readonly string[]): PlainResponse {
  const { tail: _, ...rest } = response;
  return { ...rest, headers: { 'content-type': 'text/event-stream' }, body: '', chunks: events };
}
