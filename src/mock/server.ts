/** The HTTP face of the mock: node:http around the plain core, with as little between the two as possible. */
import { Buffer } from 'node:buffer';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { SetupError } from '../model/errors.ts';
import { google } from '../wire/error-catalogue.ts';
import type { Control } from './control.ts';
import type { Mock, PlainRequest, PlainResponse } from './handle.ts';
import { BODY_BYTES_MAX, plainRequest } from './plain-request.ts';

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

/** @throws SetupError (exit 3) when the port is taken or not ours to take, or the certificate is none */
export async function listen(mock: Pick<Mock, 'handle'>, options: ListenOptions): Promise<MockServer> {
  const { port, host = '127.0.0.1', speed = 1, control = null, tls = null } = options;
  const face = new Face(mock, speed, control);
  const receive = (request: IncomingMessage, response: ServerResponse): void => face.receive(request, response);
  const server = tls === null ? createServer(receive) : tlsServer(tls, receive);
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
    close: (graceMs = GRACE_MS) => closed(server, face, graceMs),
  };
}

function tlsServer(tls: NonNullable<ListenOptions['tls']>, receive: (request: IncomingMessage, response: ServerResponse) => void): Server {
  try {
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

function closed(server: Server, face: Face, graceMs: number): Promise<void> {
  face.isClosing = true;
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

class Face {
  isClosing = false;
  private readonly mock: Pick<Mock, 'handle'>;
  private readonly speed: number;
  private readonly control: Control | null;

  constructor(mock: Pick<Mock, 'handle'>, speed: number, control: Control | null) {
    this.mock = mock;
    this.speed = speed;
    this.control = control;
  }

  receive(request: IncomingMessage, response: ServerResponse): void {
    if (Number(request.headers['content-length']) > BODY_BYTES_MAX) {
      tooLarge(response);
      return;
    }
    const pieces: Buffer[] = [];
    let bytes = 0;
    request.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= BODY_BYTES_MAX) pieces.push(piece);
      else if (!response.headersSent) tooLarge(response);
    });
    request.on('end', () => {
      if (bytes > BODY_BYTES_MAX) return;
      const plain = plainRequest(request, pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces));
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

  private respond({ status, headers, body, chunks, pieces }: PlainResponse, response: ServerResponse): void {
    if (response.destroyed) return;
    if (this.isClosing) response.shouldKeepAlive = false;
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
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    response.writeHead(status, { ...headers, 'content-length': length });
    // Plain ASCII goes out in one piece with the head, without the cost of encoding it.
    if (typeof body === 'string' && length === body.length) response.end(body, 'latin1');
    else response.end(body);
  }
}

const UNREADABLE: PlainResponse = {
  status: 400,
  headers: { 'content-type': 'application/json; charset=UTF-8' },
  body: JSON.stringify(google(400, 'INVALID_ARGUMENT', 'Request body could not be decompressed.')),
  afterMs: 0,
};

/** Longer timers fire at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** The rest of the body is not read, so the socket cannot be used again. */
function tooLarge(response: ServerResponse): void {
  const body = JSON.stringify(google(413, 'INVALID_ARGUMENT', `Request payload size exceeds the limit: ${BODY_BYTES_MAX} bytes.`));
  response.writeHead(413, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  });
  response.end(body);
}
