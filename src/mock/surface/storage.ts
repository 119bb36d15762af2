/**
 * As much of Cloud Storage as batch jobs of the Agent Platform need: objects that clients put, list, fetch and delete by the JSON API,
 * and those that jobs write. Buckets are there as soon as they are named; nobody is asked for credentials, as with other emulators
 * that STORAGE_EMULATOR_HOST points to.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { isoInstant } from '../../model/time.ts';
import type { PlainRequest, PlainResponse } from '../plain.ts';
import { type Call, type Inside, jsonAnswer, pageOf, type Surface } from './call.ts';
import { crc32c } from './crc32c.ts';
import { type Fields, field, parsed, textOf } from './fields.ts';
import type { Generated } from './generated.ts';
import { bytesOf, headerOf, type Room, relatedParts, Uploads } from './uploads.ts';

export interface ObjectStore {
  readonly surface: Surface;
  /** The bytes at `gs://bucket/name`; null: there is no such object. */
  read(uri: string): Uint8Array | null;
  /** An object that the service writes; its pieces are made when somebody reads them. @param isThere whether it has been written yet */
  write(uri: string, pieces: () => Iterable<string>, isThere: () => boolean): void;
}

interface Stored {
  readonly bucket: string;
  readonly name: string;
  readonly contentType: string;
  readonly createdAtMs: number;
  readonly generation: number;
  readonly content: Uint8Array | (() => Iterable<string>);
  readonly isThere: () => boolean;
}

interface Announced {
  readonly bucket: string;
  readonly name: string;
  readonly contentType: string | null;
}

const BUCKETS = /^\/storage\/v1\/b$/;
const BUCKET = /^\/storage\/v1\/b\/([^/]+)$/;
const OBJECTS = /^\/storage\/v1\/b\/([^/]+)\/o$/;
const OBJECT = /^\/(?:download\/)?storage\/v1\/b\/([^/]+)\/o\/(.+)$/;
const UPLOAD = /^\/(?:resumable\/)?upload\/storage\/v1\/b\/([^/]+)\/o$/;
const HOST = 'https://storage.googleapis.com';
const STORE_BYTES_MAX = 256 * 1024 * 1024;
const PAGE_SIZE_MAX = 1_000;

export function storage(inside: Inside): ObjectStore {
  const cellar = new Cellar(inside);
  return {
    surface: (call) => cellar.answer(call),
    read: (uri) => cellar.read(uri),
    write: (uri, pieces, isThere) => cellar.write(uri, pieces, isThere),
  };
}

class Cellar {
  private readonly inside: Inside;
  private readonly stored = new Map<string, Stored>();
  private readonly room: Room = { keptBytes: 0, has: (bytes) => this.room.keptBytes + bytes <= STORE_BYTES_MAX };
  private readonly uploads: Uploads<Announced>;
  private written = 0;

  constructor(inside: Inside) {
    this.inside = inside;
    this.uploads = new Uploads('object', this.room, () => inside.nowMs(), FULL);
  }

  answer(call: Call): PlainResponse | null {
    const { method, path, query, request } = call;
    const uploadTo = UPLOAD.exec(path)?.[1];
    if (uploadTo !== undefined) return this.upload(call, decoded(uploadTo));
    const [object, bucket, name] = OBJECT.exec(path) ?? [];
    if (object !== undefined) return this.visit(call, decoded(bucket!), decoded(name!));
    const listed = OBJECTS.exec(path)?.[1];
    if (listed !== undefined) return method === 'GET' ? this.list(decoded(listed), query, request) : null;
    const named = BUCKET.exec(path)?.[1];
    if (named !== undefined) return method === 'GET' ? jsonAnswer(bucketResource(decoded(named))) : null;
    if (!BUCKETS.test(path) || method !== 'POST') return null;
    const made = textOf(field(parsed(request.body) ?? {}, 'name'));
    return made === null ? wrong(400, 'Required', 'required') : jsonAnswer(bucketResource(made));
  }

  read(uri: string): Uint8Array | null {
    const file = this.stored.get(uri);
    if (!file?.isThere()) return null;
    return typeof file.content === 'function' ? Buffer.from([...file.content()].join('')) : file.content;
  }

  write(uri: string, pieces: () => Iterable<string>, isThere: () => boolean): void {
    const [, bucket = '', name = ''] = /^gs:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
    this.put({ bucket, name, contentType: 'application/json' }, pieces, isThere);
  }

  private visit({ method, query, request }: Call, bucket: string, name: string): PlainResponse | null {
    if (method !== 'GET' && method !== 'DELETE') return null;
    const file = this.stored.get(`gs://${bucket}/${name}`);
    if (!file?.isThere()) return wrong(404, `No such object: ${bucket}/${name}`, 'notFound');
    if (method === 'DELETE') {
      this.drop(file);
      return { status: 204, headers: {}, body: '', afterMs: 0 };
    }
    return query.get('alt') === 'media' ? contentOf(file) : jsonAnswer(resource(file, request));
  }

  private upload({ method, query, request }: Call, bucket: string): PlainResponse | null {
    const session = query.get('upload_id');
    if (session !== null && (method === 'PUT' || method === 'POST' || method === 'DELETE')) {
      const told = this.uploads.resume(session, request);
      return 'of' in told ? this.finish(told.of, told.content, request) : told;
    }
    if (method !== 'POST') return null;
    const named = query.get('name');
    switch (query.get('uploadType') ?? 'media') {
      case 'media':
        return this.finish(announced(bucket, named, {}, headerOf(request, 'content-type')), bytesOf(request), request);
      case 'multipart': {
        const parts = relatedParts(request);
        if (!parts) return wrong(400, 'Multipart body expected: metadata as JSON, then the bytes of the object.', 'badRequest');
        return this.finish(announced(bucket, named, parts.metadata, parts.mimeType), parts.bytes, request);
      }
      case 'resumable': {
        const metadata = parsed(Buffer.from(bytesOf(request)).toString());
        const of = announced(bucket, named, metadata ?? {}, headerOf(request, 'x-upload-content-type'));
        if (metadata === null || of === null) return NAMELESS;
        const urlOf = (id: string): string =>
          `${request.origin ?? HOST}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o?uploadType=resumable&name=${encodeURIComponent(of.name)}&upload_id=${id}`;
        return this.uploads.open(of, request, urlOf);
      }
      default:
        return wrong(400, 'Invalid value for uploadType.', 'badRequest');
    }
  }

  private finish(of: Announced | null, content: Uint8Array, request: PlainRequest): PlainResponse {
    if (of === null) return NAMELESS;
    const before = this.stored.get(`gs://${of.bucket}/${of.name}`);
    if (before) this.drop(before);
    if (!this.room.has(content.length)) return FULL;
    return jsonAnswer(
      resource(
        this.put(of, content, () => true),
        request,
      ),
    );
  }

  private put({ bucket, name, contentType }: Announced, content: Stored['content'], isThere: () => boolean): Stored {
    this.written += 1;
    const createdAtMs = this.inside.nowMs();
    const file: Stored = {
      bucket,
      name,
      contentType: contentType ?? 'application/octet-stream',
      createdAtMs,
      generation: createdAtMs * 1_000 + (this.written % 1_000),
      content,
      isThere,
    };
    this.stored.set(`gs://${bucket}/${name}`, file);
    this.room.keptBytes += sizeOf(file);
    return file;
  }

  private drop(file: Stored): void {
    if (this.stored.delete(`gs://${file.bucket}/${file.name}`)) this.room.keptBytes -= sizeOf(file);
  }

  private list(bucket: string, query: URLSearchParams, request: PlainRequest): PlainResponse {
    const prefix = query.get('prefix') ?? '';
    const own = [...this.stored.values()]
      .filter((file) => file.bucket === bucket && file.name.startsWith(prefix) && file.isThere())
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const delimiter = query.get('delimiter') ?? '';
    const folderOf = ({ name }: Stored): string | null => {
      const at = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length);
      return at === -1 ? null : name.slice(0, at + delimiter.length);
    };
    const folders = [...new Set(own.map(folderOf).filter((folder) => folder !== null))];
    const files = own.filter((file) => folderOf(file) === null);
    const { page, ...next } = pageOf(files, sized(query), PAGE_SIZE_MAX);
    return jsonAnswer({
      kind: 'storage#objects',
      ...next,
      ...(folders.length > 0 ? { prefixes: folders } : {}),
      ...(page.length > 0 ? { items: page.map((file) => resource(file, request)) } : {}),
    });
  }
}

/** Its pages are asked for by another name than elsewhere. */
function sized(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams({ pageSize: query.get('maxResults') ?? '', pageToken: query.get('pageToken') ?? '' });
}

/** null: nobody named it. */
function announced(bucket: string, named: string | null, metadata: Fields, contentType: string | null): Announced | null {
  const name = named ?? textOf(field(metadata, 'name'));
  return name === null || name === '' ? null : { bucket, name, contentType: textOf(field(metadata, 'contentType')) ?? contentType };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Bytes that the store keeps for it. */
function sizeOf({ content }: Stored): number {
  return typeof content === 'function' ? 0 : content.length;
}

interface Sums {
  readonly size: number;
  readonly md5: string;
  readonly crc: string;
}

/** Clients compare them with what they sent or got. */
function sumsOf({ content }: Stored): Sums {
  const md5 = createHash('md5');
  let size = 0;
  let crc = 0;
  for (const piece of typeof content === 'function' ? content() : [content]) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    md5.update(bytes);
    size += bytes.length;
    crc = crc32c(bytes, crc);
  }
  const crcBytes = Buffer.alloc(4);
  crcBytes.writeUInt32BE(crc);
  return { size, md5: md5.digest('base64'), crc: crcBytes.toString('base64') };
}

function resource(file: Stored, { origin = HOST }: PlainRequest): object {
  const { bucket, name, contentType, createdAtMs, generation } = file;
  const { size, md5, crc } = sumsOf(file);
  const self = `${origin}/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`;
  const created = isoInstant(createdAtMs);
  return {
    kind: 'storage#object',
    id: `${bucket}/${name}/${generation}`,
    selfLink: self,
    mediaLink: `${self.replace('/storage/v1/', '/download/storage/v1/')}?generation=${generation}&alt=media`,
    name,
    bucket,
    generation: String(generation),
    metageneration: '1',
    contentType,
    storageClass: 'STANDARD',
    size: String(size),
    md5Hash: md5,
    crc32c: crc,
    etag: md5,
    timeCreated: created,
    updated: created,
  };
}

function bucketResource(name: string): object {
  return { kind: 'storage#bucket', id: name, name, location: 'US', locationType: 'multi-region', storageClass: 'STANDARD' };
}

function contentOf(file: Stored): PlainResponse {
  const { content, contentType, generation } = file;
  const { md5, crc } = sumsOf(file);
  const headers = { 'content-type': contentType, 'x-goog-generation': String(generation), 'x-goog-hash': `crc32c=${crc},md5=${md5}` };
  if (typeof content === 'function') return { status: 200, headers, body: '', pieces: content(), afterMs: 0 };
  return { status: 200, headers, body: content, afterMs: 0 };
}

/** An error as this API tells it. */
export function storageError(error: Exclude<Generated, { kind: 'answered' }>): PlainResponse {
  if (error.kind === 'opaque') return error.response;
  const { response } = error;
  const reason = REASONS[response.status] ?? 'backendError';
  return { ...wrong(response.status, String(field(error.error, 'message')), reason), afterMs: response.afterMs };
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'badRequest',
  401: 'required',
  403: 'forbidden',
  404: 'notFound',
  429: 'rateLimitExceeded',
};

/** The older form of Google's errors, which this API has kept. */
function wrong(code: number, message: string, reason: string): PlainResponse {
  return jsonAnswer({ error: { code, message, errors: [{ message, domain: 'global', reason }] } }, code);
}

const NAMELESS = wrong(400, 'Required parameter: name', 'required');
const FULL = wrong(429, `The object storage of this mock is full: ${STORE_BYTES_MAX} bytes. Delete objects.`, 'rateLimitExceeded');
