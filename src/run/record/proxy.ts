/** The proxy of `rundry record`: calls go up as they came, answers come down as they are, and both are told to the recording. */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { SetupError } from '../../model/errors.ts';
import { type Relay, type RelayedAnswer, relay } from '../../targets/relay.ts';
import { google } from '../../wire/error-catalogue.ts';
import type { Looking, Recorded, Recording } from './recording.ts';
import { WithoutPictures } from './without-pictures.ts';

export interface ProxyOptions {
  readonly upstream: URL;
  /** 0 picks a free one. */
  readonly port: number;
  readonly host: string;
  readonly recording: Recording;
  /** Whole ms since the recording began. */
  readonly nowMs: () => number;
}

export interface RunningProxy {
  readonly url: string;
  /** Calls that got no row, because they are for no image of a model that we know. */
  readonly others: number;
  /** Takes no more calls; those under way may end within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** The API takes 100 MB; more is passed on all the same, up to this. */
const REQUEST_BYTES_MAX = 256 * 1024 * 1024;
const TICK_MS = 5_000;

/** @throws SetupError (exit 3) when the port is taken */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { recording, nowMs } = options;
  const passing = new Passing(options, relay(options.upstream));
  const server = createServer((request, response) => void passing.pass(request, response));
  server.requestTimeout = 0; // uploads take as long as they take
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new SetupError(`cannot listen on port ${options.port} of ${options.host}: ${cause.message}`, { cause })),
    );
    server.listen({ port: options.port, host: options.host }, resolve);
  });
  const deciding = setInterval(() => recording.decide(nowMs()), TICK_MS).unref();
  const { port } = server.address() as AddressInfo; // listens on a port, not on a pipe
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    get others() {
      return passing.others;
    },
    async close(graceMs) {
      clearInterval(deciding);
      const cut = setTimeout(() => server.closeAllConnections(), graceMs);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      clearTimeout(cut);
      await passing.close();
    },
  };
}

class Passing {
  others = 0;
  private readonly recording: Recording;
  private readonly nowMs: () => number;
  private readonly relay: Relay;

  constructor({ recording, nowMs }: ProxyOptions, relayed: Relay) {
    this.recording = recording;
    this.nowMs = nowMs;
    this.relay = relayed;
  }

  /** Never rejects: whatever goes wrong is the answer. */
  async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const body = await bodyOf(request);
    if (body === null) {
      if (!response.destroyed)
        say(response, 413, 'INVALID_ARGUMENT', `Request payload size exceeds the limit: ${REQUEST_BYTES_MAX} bytes.`);
      return;
    }
    const { method = 'GET', url = '/', rawHeaders, headers } = request;
    const text = unpacked(body, headers['content-encoding'])?.toString() ?? '';
    const passing = this.recording.began(method, url, text, this.nowMs());
    if (passing === null || 'look' in passing) this.others += 1;
    try {
      const answer = await this.relay.send({ method, path: url, rawHeaders, body, signal: gone.signal });
      await this.hand(answer, response, passing, gone.signal);
    } catch (error) {
      if (passing !== null)
        this.recording.ended(passing, { kind: 'silence', why: gone.signal.aborted ? 'aborted' : 'network' }, this.nowMs());
      if (response.headersSent) response.destroy();
      else if (!response.destroyed) say(response, 502, 'UNAVAILABLE', `rundry record: the upstream did not answer (${codeOf(error)}).`);
    }
  }

  close(): Promise<void> {
    return this.relay.close();
  }

  /** Each piece goes on as it comes, no faster than the caller reads; what is read of it is read when it has gone. */
  private async hand(
    answer: RelayedAnswer,
    response: ServerResponse,
    passing: Recorded | Looking | null,
    gone: AbortSignal,
  ): Promise<void> {
    const { status, headers, body } = answer;
    response.writeHead(status, headers);
    response.flushHeaders();
    const seen = passing === null ? null : new WithoutPictures(headers['content-encoding']);
    for await (const piece of body as AsyncIterable<Buffer>) {
      await seen?.push(piece);
      if (!response.write(piece)) await once(response, 'drain', { signal: gone });
    }
    const bodyText = (await seen?.end()) ?? '';
    response.end();
    if (passing !== null) this.recording.answered(passing, { status, headers: oneEach(headers), bodyText }, this.nowMs());
  }
}

/** null: too long, or its sender has gone. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes <= REQUEST_BYTES_MAX) pieces.push(piece);
    }
  } catch {
    return null;
  }
  return bytes > REQUEST_BYTES_MAX ? null : Buffer.concat(pieces);
}

/** null: packed in a way that we cannot undo. */
function unpacked(bytes: Buffer, encoding: string | readonly string[] | undefined): Buffer | null {
  const bound = { maxOutputLength: 2 * REQUEST_BYTES_MAX };
  try {
    switch (String(encoding ?? '').toLowerCase()) {
      case '':
      case 'identity':
        return bytes;
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(bytes, bound);
      case 'deflate':
        return inflateSync(bytes, bound);
      case 'br':
        return brotliDecompressSync(bytes, bound);
      case 'zstd':
        return zstdDecompressSync(bytes, bound);
      default:
        return null;
    }
  } catch {
    return null;
  }
}

function oneEach(headers: RelayedAnswer['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** What went wrong by its name alone: messages may quote what was sent. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return /^[A-Z_]{3,40}$/.test(code) ? code : 'no connection';
}

function say(response: ServerResponse, code: number, status: string, message: string): void {
  const body = JSON.stringify(google(code, status, message));
  response.writeHead(code, { 'content-type': 'application/json; charset=UTF-8', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
