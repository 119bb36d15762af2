/** The HTTP face of the mock: node:http around the plain core, with as little between the two as possible. */
import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions as TlsServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { type Duplex, pipeline, Readable } from 'node:stream';
import { SetupError } from '../model/errors.ts';
import { google } from '../wire/error-catalogue.ts';
import { breakOff } from './breakage.ts';
import type { Control } from './control.ts';
import type { Mock } from './handle.ts';
import type { PlainRequest, PlainResponse } from './plain.ts';
import { BODY_BYTES_MAX, PlainRequests } from './plain-request.ts';

export interface ListenOptions {
  /** 0 picks a free one. */
  readonly port: number;
  /** Interface to listen on (127.0.0.1). */
  readonly host?: string;
  /** Emulated ms that pass in one real ms (1). */
  readonly speed?: number;
  /** Answers its own paths beside the mock (nothing). */
  readonly control?: Control | null;
  /** PEM texts: serves https with them (http). */
  readonly tls?: { readonly cert: string; readonly key: string } | null;
  /** A longer body is 413 (100 MB, as the API). */
  readonly bodyBytesMax?: number;
  /** A head must have come whole within this (60 s), and a call within five times of it. */
  readonly headMsMax?: number;
  /** Told in a sentence what a client did that the server could not serve (nobody). */
  readonly onTrouble?: (text: string) => void;
}

export interface MockServer {
  /** `http://127.0.0.1:PORT`; https with TLS */
  readonly url: string;
  readonly port: number;
  /** Takes no more calls and resolves when the last socket is gone; answers still due after `graceMs` (1000) are cut off. */
  close(graceMs?: number): Promise<void>;
}

/** Epoch ms, whole, of a calendar that starts now at `startAtMs` and runs `speed` times as fast as real time. */
export function calendar(startAtMs: number, speed = 1): () => number {
  const startedMs = performance.now();
  return () => startAtMs + Math.floor((performance.now() - startedMs) * speed);
}

/** Bursts open many sockets at once; the default of 511 would drop some. */
const BACKLOG = 4096;
/** A pooled socket that we close first costs its client a failed request, so we wait longer than clients do. */
const KEEP_ALIVE_MS = 120_000;
const GRACE_MS = 1_000;
/** As node:http has it. */
const HEAD_MS_MAX = 60_000;

/** @throws SetupError (exit 3) when the port is taken or not ours to take, or the certificate is none */
export async function listen(mock: Pick<Mock, 'handle'>, options: ListenOptions): Promise<MockServer> {
  const { port, host = '127.0.0.1', tls = null, headMsMax = HEAD_MS_MAX, onTrouble = () => {} } = options;
  const face = new Face(mock, options);
  const receive = (request: IncomingMessage, response: ServerResponse): void => face.receive(request, response);
  const patience = { headersTimeout: headMsMax, requestTimeout: 5 * headMsMax, connectionsCheckingInterval: Math.ceil(headMsMax / 2) };
  const server = tls === null ? createServer(patience, receive) : tlsServer({ ...tls, ...patience }, receive);
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => hangUp(error, socket, onTrouble));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => reject(portError(cause, host, port)));
    server.listen({ port, host, backlog: BACKLOG }, resolve);
  });
  const { port: boundPort } = server.address() as AddressInfo; // listens on a port, not on a pipe
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${tls === null ? 'http' : 'https'}://${name}:${boundPort}`,
    port: boundPort,
    close: (graceMs = GRACE_MS) => closed(server, face, sockets, graceMs),
  };
}

function tlsServer(tls: TlsServerOptions, receive: (request: IncomingMessage, response: ServerResponse) => void): Server {
  try {
    if (!(tls.cert && tls.key)) throw new Error('an empty file'); // which node takes for a server that needs none
    return createTlsServer(tls, receive);
  } catch (cause) {
    throw new SetupError('the certificate and the key are not a matching pair of PEM files', { cause });
  }
}

function portError(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  const at = `port ${port} on ${host}`;
  if (cause.code === 'EADDRINUSE')
    return new SetupError(`${at} is taken; stop what listens there, or use --port 0 to pick a free one`, { cause });
  if (cause.code === 'EACCES') return new SetupError(`${at} may not be opened by this user; use one above 1023`, { cause });
  return new SetupError(`cannot listen on ${at}: ${cause.message}`, { cause });
}

function closed(server: Server, face: Face, sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  face.isClosing = true;
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
    // To node:http a socket is only idle once it has had an answer.
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  });
}

/** What was no call, or never became a whole one. A client that only left is no trouble. */
function hangUp(error: NodeJS.ErrnoException, socket: Duplex, onTrouble: (text: string) => void): void {
  const isGone = LEAVINGS.has(error.code ?? '') || !socket.writable;
  if (isGone) {
    socket.destroy();
    return;
  }
  const [status, text] = TROUBLES[error.code ?? ''] ?? ['400 Bad Request', 'a client sent what is no HTTP call'];
  onTrouble(`${text}: answered ${status}`);
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}

const LEAVINGS: ReadonlySet<string> = new Set(['ECONNRESET', 'EPIPE', 'HPE_INVALID_EOF_STATE']);
const TROUBLES: Readonly<Record<string, readonly [status: string, text: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'a client did not finish its call in time'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'a client sent too long a head'],
};

class Face {
  isClosing = false;
  private readonly mock: Pick<Mock, 'handle'>;
  private readonly speed: number;
  private readonly control: Control | null;
  private readonly bodyBytesMax: number;
  private readonly onTrouble: (text: string) => void;
  private readonly calls = new PlainRequests();
  private readonly heads = new Heads();

  constructor(mock: Pick<Mock, 'handle'>, options: ListenOptions) {
    const { speed = 1, control = null, bodyBytesMax = BODY_BYTES_MAX, onTrouble = () => {} } = options;
    this.mock = mock;
    this.speed = speed;
    this.control = control;
    this.bodyBytesMax = bodyBytesMax;
    this.onTrouble = onTrouble;
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    if (Number(request.headers['content-length']) > this.bodyBytesMax) {
      this.tooLarge(response);
      return;
    }
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= this.bodyBytesMax) pieces.push(piece);
      else if (!response.headersSent) this.tooLarge(response);
    });
    request.on('end', () => {
      if (bytes > this.bodyBytesMax) return;
      const plain = this.calls.of(request, pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
      if (plain === null) this.respond(UNREADABLE, response);
      else this.answer(plain, response);
    });
  }

  private answer(plain: PlainRequest, response: ServerResponse): void {
    const controlled = this.control === null ? null : this.control(plain);
    if (controlled !== null) {
      controlled.then(
        (told) => this.respond(told, response),
        (error: unknown) => response.destroy(error as Error),
      );
      return;
    }
    const answer = this.mock.handle(plain);
    if (answer.afterMs <= 0) this.respond(answer, response);
    else this.respondAt(performance.now() + answer.afterMs / this.speed, answer, response);
  }

  /** Not before the instant, which a timer alone would miss by up to a millisecond; never when the client has gone. */
  private respondAt(atMs: number, answer: PlainResponse, response: ServerResponse): void {
    let timer: NodeJS.Timeout | undefined;
    const wake = (): void => {
      const leftMs = atMs - performance.now();
      if (leftMs > 0) timer = setTimeout(wake, Math.min(Math.ceil(leftMs), TIMER_MS_MAX));
      else this.respond(answer, response);
    };
    response.once('close', () => clearTimeout(timer));
    wake();
  }

  private respond(answer: PlainResponse, response: ServerResponse): void {
    const { status, headers, body, tail, chunks, pieces, broken } = answer;
    if (response.destroyed) return;
    if (this.isClosing) response.shouldKeepAlive = false;
    if (broken !== undefined) {
      breakOff(answer, broken, response);
      return;
    }
    if (chunks) {
      response.writeHead(status, headers);
      for (const chunk of chunks) response.write(chunk);
      response.end();
      return;
    }
    if (pieces) {
      response.writeHead(status, headers);
      pipeline(Readable.from(pieces), response, (error) => error && response.destroy());
      return;
    }
    const length = this.heads.lengthOf(body);
    response.writeHead(status, this.heads.of(headers, tail === undefined ? length : length + tail.length));
    if (tail !== undefined) {
      response.write(body);
      response.end(tail, 'latin1');
      return;
    }
    // Plain ASCII goes out in one piece with the head, without the cost of encoding it.
    if (typeof body === 'string' && length === body.length) response.end(body, 'latin1');
    else response.end(body);
  }

  /** The rest of the body is not read, so the socket cannot be used again. */
  private tooLarge(response: ServerResponse): void {
    const text = `Request payload size exceeds the limit: ${this.bodyBytesMax} bytes.`;
    const body = JSON.stringify(google(413, 'INVALID_ARGUMENT', text));
    this.onTrouble(`a client sent a body of more than ${this.bodyBytesMax} bytes: answered 413`);
    response.writeHead(413, { ...UNREADABLE.headers, 'content-length': Buffer.byteLength(body), connection: 'close' });
    response.end(body);
  }
}

/** Heads of whole answers. Most answers have the headers of the one before, and in a storm of refusals its text too. */
class Heads {
  private lastHeaders: PlainResponse['headers'] | null = null;
  private lastHead: (string | number)[] = [];
  private lastBody = '';
  private lastLength = 0;

  /** Names and values in turn, as node:http takes them without looking anything up; valid until the next. */
  of(headers: PlainResponse['headers'], length: number): (string | number)[] {
    if (headers !== this.lastHeaders) {
      this.lastHeaders = headers;
      this.lastHead = [...Object.entries(headers).flat(), 'content-length', length];
    }
    this.lastHead[this.lastHead.length - 1] = length;
    return this.lastHead;
  }

  /** In bytes. */
  lengthOf(body: PlainResponse['body']): number {
    if (typeof body !== 'string') return body.byteLength;
    if (body === this.lastBody) return this.lastLength;
    const length = Buffer.byteLength(body);
    if (length <= KEPT_LENGTH_MAX) {
      this.lastBody = body;
      this.lastLength = length;
    }
    return length;
  }
}

/** Bytes of a text that is kept to know it again. */
const KEPT_LENGTH_MAX = 16_384;

const UNREADABLE: PlainResponse = {
  status: 400,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify(google(400, 'INVALID_ARGUMENT', 'Request body could not be decompressed.')),
  afterMs: 0,
};

/** Longer timers fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;
