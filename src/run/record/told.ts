/** What an answer on any surface tells of the pictures that were asked for: one reply for each. */
import { field, fieldsOf, isFields, listOf } from '../../mock/surface/fields.ts';
import type { Reply } from '../../model/reply.ts';
import { decodeReply, type HttpAnswer } from '../../wire/decode.ts';
import { HTTP_OF_GRPC } from '../../wire/reading.ts';

export const CANCELLED: Reply = {
  kind: 'refused',
  httpStatus: 499,
  class: 'client.cancelled',
  violations: [],
  retryAfterMs: null,
  message: null,
};
const WITHHELD: Reply = { kind: 'blocked', class: 'safety.image', usage: null };

/** A call that asks for several pictures in one answer got so many of them; the rest were filtered out. */
export function repliesOf(answer: HttpAnswer, count: number): readonly Reply[] {
  const reply = decodeReply({ ...answer, bodyText: withoutEvents(answer.bodyText) });
  if (count === 1) return [reply];
  const delivered = reply.kind === 'image' ? reply.images : count;
  return Array.from({ length: count }, (_, index) => (index < delivered ? reply : WITHHELD));
}

/** What a stream tells in its events, as one list: a long one has more of them than a reader of loose text looks for. */
export function withoutEvents(text: string): string {
  if (!/^(?::|data:|event:|id:|retry:)/.test(text)) return text;
  const events = [...text.matchAll(/^data:[ \t]?([[{].*?)\r?$/gm)].map(([, event]) => event);
  return events.length === 0 ? text : `[${events.join(',')}]`;
}

/** Each value of a text that holds one in all, or one in each line; what is none is left out. */
export function valuesOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  const whole = jsonOf(text);
  if (whole !== undefined) return listOf(whole).filter(isFields);
  return text.split(/\r?\n/).map(jsonOf).filter(isFields);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A row of a batch: its response, its error with a gRPC code, or on the Agent Platform a sentence beside an empty response. */
export function rowReply(row: Readonly<Record<string, unknown>>): Reply {
  const response = field(row, 'response');
  if (isFields(response) && Object.keys(response).length > 0) return decodeReply({ status: 200, bodyText: JSON.stringify(response) });
  const error = field(row, 'error');
  if (isFields(error)) return errorReply(error);
  const status = field(row, 'status');
  return typeof status === 'string' && status !== '' ? decodeReply({ status: 400, bodyText: status }) : CANCELLED;
}

/** The error of a row or of a whole job. */
export function errorReply(error: Readonly<Record<string, unknown>>): Reply {
  const code = Number(field(fieldsOf(error), 'code'));
  const status = code >= 100 ? code : (HTTP_OF_GRPC[code] ?? 500);
  return decodeReply({ status, bodyText: JSON.stringify({ error }) });
}
