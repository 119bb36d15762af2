/** A call as it comes to the server or to MSW, made plain: what is compressed is unpacked, what is an upload stays bytes. */
import { Buffer } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { gunzipSync, inflateSync } from 'node:zlib';
import type { PlainRequest } from './plain.ts';

/** Source: ai.google.dev changelog, 2026-01: inline bodies up to 100 MB. */
export const BODY_BYTES_MAX = 100 * 1024 * 1024;

/** Makes the calls of a server plain. A load test sends the same bytes again and again: the last short body is read once. */
export class PlainRequests {
  private lastBytes: Buffer = Buffer.alloc(0);
  private lastBody = '';

  /** null: its body cannot be unpacked. */
  of(incoming: IncomingMessage, bytes: Buffer): PlainRequest | null {
    const { method = 'GET', url: path = '/', headers } = incoming;
    if (headers['content-encoding'] !== undefined || mindsOrigin(path)) return unusual(incoming, bytes);
    return { method, path, headers, body: this.textOf(bytes) };
  }

  private textOf(bytes: Buffer): string {
    if (bytes.equals(this.lastBytes)) return this.lastBody;
    const body = bytes.toString();
    if (bytes.length <= KEPT_BYTES_MAX) {
      this.lastBytes = Buffer.from(bytes); // a copy, for what came is a part of something larger
      this.lastBody = body;
    }
    return body;
  }
}

/** Longer bodies are read each time. */
const KEPT_BYTES_MAX = 4_096;

function unusual(incoming: IncomingMessage, bytes: Buffer): PlainRequest | null {
  const { method = 'GET', url = '/', headers } = incoming;
  const { localAddress, localPort } = incoming.socket;
  const scheme = 'encrypted' in incoming.socket ? 'https' : 'http';
  const origin = `${scheme}://${headers.host ?? `${localAddress}:${localPort}`}`;
  const unpacked = unpack(bytes, headers['content-encoding']);
  return unpacked === null ? null : { method, path: url, headers, origin, ...bodyOf(url, unpacked) };
}

/** @param path as the API sees it; `origin`: what comes before it */
export async function plainFetchRequest(request: Request, path: string, origin: string): Promise<PlainRequest | null> {
  const { method } = request;
  const headers = Object.fromEntries(request.headers);
  if (headers['content-encoding'] === undefined && !mindsOrigin(path)) return { method, path, headers, body: await request.text() };
  const unpacked = unpack(Buffer.from(await request.arrayBuffer()), headers['content-encoding']);
  return unpacked === null ? null : { method, path, headers, origin, ...bodyOf(path, unpacked) };
}

/** Files have addresses, and are told with them. */
function mindsOrigin(path: string): boolean {
  return path.includes('/files') || path.includes('/storage/v1/');
}

function bodyOf(path: string, bytes: Buffer): Pick<PlainRequest, 'body' | 'bytes'> {
  return path.includes('/upload/') ? { body: '', bytes } : { body: bytes.toString() };
}

/** Unpacked bodies have the same bound as others. */
function unpack(bytes: Buffer, encoding: string | undefined): Buffer | null {
  try {
    switch (encoding?.trim().toLowerCase() ?? '') {
      case '':
      case 'identity':
        return bytes;
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(bytes, { maxOutputLength: BODY_BYTES_MAX });
      case 'deflate':
        return inflateSync(bytes, { maxOutputLength: BODY_BYTES_MAX });
      default:
        return null;
    }
  } catch {
    return null;
  }
}
