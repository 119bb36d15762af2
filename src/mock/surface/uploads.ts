/**
 * Uploads in every way that clients of Google's APIs know: resumable by `x-goog-upload-command` or by `Content-Range`, in one or many
 * pieces, and both parts of a `multipart/related` body. What becomes of the bytes is the store's business.
 */
import { Buffer } from 'node:buffer';
import { HOUR_MS } from '../../model/time.ts';
import type { PlainRequest, PlainResponse } from '../plain.ts';
import { errorAnswer, jsonAnswer, nameOf } from './call.ts';
import { type Fields, parsed } from './fields.ts';

/** How much a store may keep, what is under way included. */
export interface Room {
  keptBytes: number;
  /** Makes room where it can. */
  has(bytes: number): boolean;
}

/** An upload that is complete. */
export interface Uploaded<T> {
  readonly of: T;
  readonly content: Uint8Array;
}

interface Session<T> {
  readonly of: T;
  readonly openedAtMs: number;
  /** null: not told. */
  readonly totalBytes: number | null;
  readonly pieces: Uint8Array[];
  receivedBytes: number;
}

const SESSIONS_MAX = 1_000;
const KEPT_MS = 48 * HOUR_MS;

/** @template T what the store was told when the upload began */
export class Uploads<T> {
  private readonly kind: string;
  private readonly room: Room;
  private readonly nowMs: () => number;
  private readonly full: PlainResponse;
  private readonly sessions = new Map<string, Session<T>>();
  private opened = 0;

  /** @param full told to whom the room is too small for */
  constructor(kind: string, room: Room, nowMs: () => number, full: PlainResponse) {
    this.kind = kind;
    this.room = room;
    this.nowMs = nowMs;
    this.full = full;
  }

  /** @param urlOf where the bytes go, by the session's name */
  open(of: T, request: PlainRequest, urlOf: (id: string) => string): PlainResponse {
    const total = headerOf(request, 'x-goog-upload-header-content-length') ?? headerOf(request, 'x-upload-content-length');
    const id = nameOf(this.kind, this.opened++, 40);
    this.sessions.set(id, {
      of,
      openedAtMs: this.nowMs(),
      totalBytes: total !== null && /^\d{1,15}$/.test(total) ? Number(total) : null,
      pieces: [],
      receivedBytes: 0,
    });
    for (const oldest of this.sessions.keys()) {
      if (this.sessions.size <= SESSIONS_MAX) break;
      this.close(oldest);
    }
    const url = urlOf(id);
    return {
      status: 200,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'x-goog-upload-status': 'active',
        'x-goog-upload-url': url,
        'x-goog-upload-control-url': url,
        'x-goog-upload-chunk-granularity': '262144',
        'x-guploader-uploadid': id,
        location: url,
      },
      body: '',
      afterMs: 0,
    };
  }

  /** The URL of a session is its credential: no key is asked for. */
  resume(id: string, request: PlainRequest): PlainResponse | Uploaded<T> {
    const session = this.sessions.get(id);
    if (!session) return errorAnswer(404, 'NOT_FOUND', 'Upload session not found.');
    const command = headerOf(request, 'x-goog-upload-command');
    if (request.method === 'DELETE') {
      this.close(id);
      return { ...jsonAnswer({}, 499), body: '' };
    }
    if (command === null) return this.resumeByRange(id, session, request);
    const commands = command.split(',').map((word) => word.trim().toLowerCase());
    if (commands.includes('cancel')) {
      this.close(id);
      return jsonAnswer({}, 200, { 'x-goog-upload-status': 'cancelled' });
    }
    if (commands.includes('upload')) {
      const refusal = this.append(session, request, headerOf(request, 'x-goog-upload-offset'));
      if (refusal) return refusal;
    }
    if (commands.includes('finalize')) return this.finalize(id, session);
    const received = String(session.receivedBytes);
    return { ...jsonAnswer({}, 200, { 'x-goog-upload-status': 'active', 'x-goog-upload-size-received': received }), body: '' };
  }

  /** Forgets what nobody went on with. */
  expire(): void {
    for (const [id, { openedAtMs }] of this.sessions) if (this.nowMs() >= openedAtMs + KEPT_MS) this.close(id);
  }

  /** `PUT` with `Content-Range: bytes 0-9/20`, as media uploads of the older client libraries do. */
  private resumeByRange(id: string, session: Session<T>, request: PlainRequest): PlainResponse | Uploaded<T> {
    const range = headerOf(request, 'content-range');
    const [, first, last, total] = /^bytes (?:(\d{1,15})-(\d{1,15})|\*)\/(\d{1,15}|\*)$/.exec(range ?? '') ?? [];
    if (range === null || last !== undefined) {
      const refusal = this.append(session, request, first ?? null);
      if (refusal) return refusal;
    }
    if (range === null || Number(total) === session.receivedBytes) return this.finalize(id, session);
    const received = session.receivedBytes === 0 ? {} : { range: `bytes=0-${session.receivedBytes - 1}` };
    return { status: 308, headers: { ...received }, body: '', afterMs: 0 };
  }

  private append(session: Session<T>, request: PlainRequest, offset: string | null): PlainResponse | null {
    const bytes = bytesOf(request);
    if (offset !== null && Number(offset) !== session.receivedBytes)
      return errorAnswer(
        400,
        'INVALID_ARGUMENT',
        `Upload offset ${offset.slice(0, 20)} is not ${session.receivedBytes}, what was received so far.`,
      );
    if (!this.room.has(bytes.length)) return this.full;
    session.pieces.push(bytes);
    session.receivedBytes += bytes.length;
    this.room.keptBytes += bytes.length;
    return null;
  }

  private finalize(id: string, session: Session<T>): PlainResponse | Uploaded<T> {
    const { totalBytes, receivedBytes } = session;
    if (totalBytes !== null && totalBytes !== receivedBytes)
      return errorAnswer(400, 'INVALID_ARGUMENT', `Upload has ${receivedBytes} bytes of the ${totalBytes} that were announced.`);
    this.close(id);
    return { of: session.of, content: Buffer.concat(session.pieces) };
  }

  private close(id: string): void {
    this.room.keptBytes -= this.sessions.get(id)?.receivedBytes ?? 0;
    this.sessions.delete(id);
  }
}

export function headerOf({ headers }: PlainRequest, name: string): string | null {
  const value = headers[name];
  return value === undefined || value === '' ? null : String(value);
}

export function bytesOf({ bytes, body }: PlainRequest): Uint8Array {
  return bytes ?? Buffer.from(body);
}

/** The metadata and the bytes of a `multipart/related` body; null: it is none. */
export function relatedParts(
  request: PlainRequest,
): { readonly metadata: Fields; readonly mimeType: string | null; readonly bytes: Uint8Array } | null {
  const boundary = /boundary=(?:"([^"]{1,200})"|'([^']{1,200})'|([^;\s]{1,200}))/i.exec(headerOf(request, 'content-type') ?? '');
  if (!boundary) return null;
  const body = bytesOf(request);
  const mark = Buffer.from(`--${boundary[1] ?? boundary[2] ?? boundary[3]}`);
  const whole = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const parts: Part[] = [];
  let at = whole.indexOf(mark);
  while (at !== -1 && parts.length < 2) {
    const from = at + mark.length;
    const next = whole.indexOf(mark, from);
    if (next === -1) break;
    const part = partOf(whole.subarray(from, next));
    if (part === null) return null;
    parts.push(part);
    at = next;
  }
  const [head, content] = parts;
  const metadata = head && parsed(Buffer.from(head.bytes).toString());
  return metadata && content ? { metadata, ...content } : null;
}

interface Part {
  readonly mimeType: string | null;
  readonly bytes: Uint8Array;
}

/** Head and bytes between two boundaries, each with the line break that belongs to its boundary. */
function partOf(section: Buffer): Part | null {
  const isLong = section.indexOf('\r\n\r\n') !== -1;
  const lineBreak = isLong ? '\r\n' : '\n';
  const end = section.indexOf(lineBreak + lineBreak);
  if (end === -1) return null;
  const head = section.subarray(0, end).toString('latin1');
  const bytes = section.subarray(end + 2 * lineBreak.length, section.length - lineBreak.length);
  return { mimeType: /^content-type:\s*([^\r\n]+)/im.exec(head)?.[1]?.trim() ?? null, bytes };
}
