/**
 * Files: uploads in every way that clients of the API know (resumable, multipart, raw, and the older `uploadType`), get, list,
 * delete and download. Kept in memory for 48 emulated hours.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { HOUR_MS, isoInstant } from '../../model/time.ts';
import type { PlainRequest, PlainResponse } from '../plain.ts';
import { isProblem, type Problem, problem } from '../problems.ts';
import { type Call, type Caller, errorAnswer, type Inside, jsonAnswer, nameOf, pageOf, problemAnswer, type Surface } from './call.ts';
import { type Fields, field, fieldsOf, parsed, textOf } from './fields.ts';
import { bytesOf, headerOf, type Room, relatedParts, Uploads } from './uploads.ts';

export interface FileStore {
  readonly surface: Surface;
  /** The bytes of a file that the caller may read, or why not. */
  read(caller: Caller, name: string): Uint8Array | Problem;
  /** What is wrong with an address in a prompt: null for a file of the caller's, and for addresses that are none of ours. */
  problemWith(caller: Caller, uri: string): Problem | null;
  /** A file that the service itself makes; its pieces are made when somebody reads them. */
  generate(caller: Caller, name: string, mimeType: string, pieces: () => Iterable<string>): void;
}

interface Stored {
  /** `files/abc` */
  readonly name: string;
  readonly caller: Caller;
  readonly displayName: string | null;
  readonly mimeType: string;
  readonly createdAtMs: number;
  readonly source: 'UPLOADED' | 'GENERATED';
  readonly content: Uint8Array | (() => Iterable<string>);
}

/** What was said of a file when its upload began. */
interface Announced {
  readonly caller: Caller;
  readonly metadata: Fields;
  readonly mimeType: string | null;
}

/** Source: ai.google.dev/gemini-api/docs/files, read 2026-10. */
const KEPT_MS = 48 * HOUR_MS;
/** The API's own store holds 20 GB; this one is in memory. */
const STORE_BYTES_MAX = 256 * 1024 * 1024;
const FILES_MAX = 10_000;
/** Source: ai.google.dev/api/files, read 2026-10. */
const PAGE_SIZE_MAX = 100;
const HOST = 'https://generativelanguage.googleapis.com';

const UPLOAD = /^\/upload\/(v1|v1beta|v1alpha)\/files$/;
const FILES = /^\/(?:download\/)?(v1|v1beta|v1alpha)\/files(?:\/([^/:]+)(:download)?)?$/;
/** As files are told where they are; other addresses are fetched by the service itself. */
const ADDRESS = /^https?:\/\/[^/]+\/(?:v1|v1beta|v1alpha)\/(files\/[^/?:]+)$/;

export function files(inside: Inside): FileStore {
  const cabinet = new Cabinet(inside);
  return {
    surface: (call) => {
      const [upload, version] = UPLOAD.exec(call.path) ?? [];
      if (upload !== undefined) return cabinet.upload(call, version!);
      const [found, , id, download] = FILES.exec(call.path) ?? [];
      return found === undefined ? null : cabinet.visit(call, id, download !== undefined);
    },
    read: (caller, name) => cabinet.read(caller, name),
    problemWith: (caller, uri) => cabinet.problemWith(caller, uri),
    generate: (caller, name, mimeType, pieces) => cabinet.generate(caller, name, mimeType, pieces),
  };
}

class Cabinet {
  private readonly inside: Inside;
  private readonly stored = new Map<string, Stored>();
  private readonly room: Room = { keptBytes: 0, has: (bytes) => this.hasRoom(bytes) };
  private readonly uploads: Uploads<Announced>;
  private named = 0;

  constructor(inside: Inside) {
    this.inside = inside;
    this.uploads = new Uploads('upload', this.room, () => inside.nowMs(), FULL);
  }

  read(caller: Caller, name: string): Uint8Array | Problem {
    const file = this.find(caller, name);
    if (isProblem(file)) return file;
    return typeof file.content === 'function' ? Buffer.from([...file.content()].join('')) : file.content;
  }

  generate(caller: Caller, name: string, mimeType: string, pieces: () => Iterable<string>): void {
    if (this.stored.has(name)) return;
    this.put({ name, caller, displayName: null, mimeType, createdAtMs: this.inside.nowMs(), source: 'GENERATED', content: pieces });
  }

  /** `id` undefined: the list. */
  visit(call: Call, id: string | undefined, isDownload: boolean): PlainResponse | null {
    const { method, request, query } = call;
    if (method !== 'GET' && !(method === 'DELETE' && id !== undefined && !isDownload)) return null;
    const caller = this.inside.callerOf(request);
    if (isProblem(caller)) return problemAnswer(caller);
    if (id === undefined) return this.list(caller, request, query);
    const file = this.find(caller, `files/${id}`);
    if (isProblem(file)) return problemAnswer(file);
    if (isDownload) return contentOf(file);
    if (method === 'GET') return jsonAnswer(resource(file, request));
    this.drop(file);
    return jsonAnswer({});
  }

  /** First the way that names a protocol in its headers, then the one that names it in the query. */
  upload(call: Call, version: string): PlainResponse | null {
    const { method, request, query } = call;
    const session = query.get('upload_id');
    if (method !== 'POST' && method !== 'PUT' && !(method === 'DELETE' && session !== null)) return null;
    if (session !== null) {
      const told = this.uploads.resume(session, request);
      return 'of' in told ? this.finish(told.of, told.content, request) : told;
    }
    const caller = this.inside.callerOf(request);
    if (isProblem(caller)) return problemAnswer(caller);
    const protocol = headerOf(request, 'x-goog-upload-protocol') ?? query.get('uploadType') ?? query.get('upload_protocol') ?? 'raw';
    switch (protocol) {
      case 'resumable':
        return this.open(caller, request, version);
      case 'multipart':
        return this.multipart(caller, request);
      case 'raw':
      case 'media':
        return this.finish({ caller, metadata: {}, mimeType: headerOf(request, 'content-type') }, bytesOf(request), request);
      default:
        return errorAnswer(400, 'INVALID_ARGUMENT', `Upload protocol ${protocol.slice(0, 50)} is not supported.`);
    }
  }

  private open(caller: Caller, request: PlainRequest, version: string): PlainResponse {
    const body = parsed(Buffer.from(bytesOf(request)).toString());
    if (body === null) return errorAnswer(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received. Expected a value that is an object.');
    const mimeType = headerOf(request, 'x-goog-upload-header-content-type') ?? headerOf(request, 'x-upload-content-type');
    const announced = { caller, metadata: fieldsOf(field(body, 'file')), mimeType };
    const urlOf = (id: string): string => `${request.origin ?? HOST}/upload/${version}/files?upload_id=${id}&upload_protocol=resumable`;
    return this.uploads.open(announced, request, urlOf);
  }

  private multipart(caller: Caller, request: PlainRequest): PlainResponse {
    const parts = relatedParts(request);
    if (!parts) return errorAnswer(400, 'INVALID_ARGUMENT', 'Multipart body expected: metadata as JSON, then the bytes of the file.');
    const { metadata, mimeType, bytes } = parts;
    return this.finish({ caller, metadata: fieldsOf(field(metadata, 'file')), mimeType }, bytes, request);
  }

  private finish({ caller, metadata, mimeType }: Announced, content: Uint8Array, request: PlainRequest): PlainResponse {
    const wanted = textOf(field(metadata, 'name'));
    const name = wanted === null ? `files/${nameOf('file', this.named++, 12)}` : `files/${wanted.replace(/^files\//, '')}`;
    if (!/^files\/[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(name))
      return errorAnswer(400, 'INVALID_ARGUMENT', 'File name must be at most 40 lower-case letters, digits or dashes.');
    if (this.stored.has(name)) return errorAnswer(409, 'ALREADY_EXISTS', `${name} already exists.`);
    if (!this.hasRoom(content.length)) return FULL;
    const file: Stored = {
      name,
      caller,
      displayName: textOf(field(metadata, 'displayName')),
      mimeType: textOf(field(metadata, 'mimeType')) ?? mimeType ?? 'application/octet-stream',
      createdAtMs: this.inside.nowMs(),
      source: 'UPLOADED',
      content,
    };
    this.put(file);
    return jsonAnswer({ file: resource(file, request) }, 200, { 'x-goog-upload-status': 'final' });
  }

  private put(file: Stored): void {
    this.stored.set(file.name, file);
    this.room.keptBytes += sizeOf(file);
    for (const oldest of this.stored.values()) {
      if (this.stored.size <= FILES_MAX) break;
      this.drop(oldest);
    }
  }

  /** What is out of date goes before anything is refused. */
  private hasRoom(bytes: number): boolean {
    if (this.room.keptBytes + bytes <= STORE_BYTES_MAX) return true;
    for (const file of this.stored.values()) if (this.isExpired(file)) this.drop(file);
    this.uploads.expire();
    return this.room.keptBytes + bytes <= STORE_BYTES_MAX;
  }

  private drop(file: Stored): void {
    if (this.stored.delete(file.name)) this.room.keptBytes -= sizeOf(file);
  }

  private list(caller: Caller, request: PlainRequest, query: URLSearchParams): PlainResponse {
    const own = [...this.stored.values()].filter((file) => isOf(file, caller) && !this.isExpired(file));
    const { page, ...next } = pageOf(own, query, PAGE_SIZE_MAX);
    return jsonAnswer({ ...(page.length > 0 ? { files: page.map((file) => resource(file, request)) } : {}), ...next });
  }

  problemWith(caller: Caller, uri: string): Problem | null {
    const name = ADDRESS.exec(uri)?.[1];
    const file = name === undefined ? null : this.find(caller, name);
    return file !== null && isProblem(file) ? file : null;
  }

  private find(caller: Caller, name: string): Stored | Problem {
    const file = this.stored.get(name);
    if (file && this.isExpired(file)) this.drop(file);
    else if (file && isOf(file, caller)) return file;
    const id = name.replace(/^files\//, '').slice(0, 100);
    return problem('gemini-403-file-other-project', `You do not have permission to access the File ${id} or it may not exist.`);
  }

  private isExpired(file: Stored): boolean {
    return this.inside.nowMs() >= file.createdAtMs + KEPT_MS;
  }
}

const FULL = errorAnswer(429, 'RESOURCE_EXHAUSTED', `The file storage of this mock is full: ${STORE_BYTES_MAX} bytes. Delete files.`);

function isOf(file: Stored, caller: Caller): boolean {
  return file.caller.service === caller.service && file.caller.project === caller.project;
}

/** Bytes that the store keeps for it. */
function sizeOf({ content }: Stored): number {
  return typeof content === 'function' ? 0 : content.length;
}

function resource(file: Stored, { origin = HOST }: PlainRequest): object {
  const { name, displayName, mimeType, createdAtMs, source, content } = file;
  const created = isoInstant(createdAtMs);
  const known = typeof content === 'function' ? {} : { sizeBytes: String(content.length), sha256Hash: sha256(content) };
  return {
    name,
    ...(displayName === null ? {} : { displayName }),
    mimeType,
    ...known,
    createTime: created,
    updateTime: created,
    expirationTime: isoInstant(createdAtMs + KEPT_MS),
    uri: `${origin}/v1beta/${name}`,
    ...(source === 'GENERATED' ? { downloadUri: `${origin}/v1beta/${name}:download?alt=media` } : {}),
    state: 'ACTIVE',
    source,
  };
}

/** Base64 of the digest in hex letters, as the API writes it. */
function sha256(bytes: Uint8Array): string {
  return Buffer.from(createHash('sha256').update(bytes).digest('hex')).toString('base64');
}

function contentOf({ mimeType, content }: Stored): PlainResponse {
  const headers = { 'content-type': mimeType };
  if (typeof content === 'function') return { status: 200, headers, body: '', pieces: content(), afterMs: 0 };
  return { status: 200, headers, body: content, afterMs: 0 };
}
