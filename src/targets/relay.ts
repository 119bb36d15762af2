/** The real service behind a proxy of ours: whatever is called goes there as it came, and what it answers comes back as it is. */
import type { Readable } from 'node:stream';
import { Agent } from 'undici';

export interface RelayedCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
}

export interface RelayedAnswer {
  readonly status: number;
  /** Those of the connection left out. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** As sent: compressed if the caller asked for that. */
  readonly body: Readable;
}

export interface Relay {
  /** Rejects when no answer begins. */
  send(call: RelayedCall): Promise<RelayedAnswer>;
  close(): Promise<void>;
}

/** Answers may take longer than an image does: the service ends them, not we. */
const ANSWER_TIMEOUT_MS = 1_200_000;

/** They belong to one connection and not to the call. Source: RFC 9110, 7.6.1. `expect` was met when the body came. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** @param upstream http or https, with the path that stands before every other, if any */
export function relay(upstream: URL): Relay {
  const agent = new Agent({ headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS, connections: null });
  const base = upstream.pathname.replace(/\/+$/, '');
  return {
    async send({ method, path, rawHeaders, body, signal }) {
      const {
        statusCode,
        headers,
        body: answer,
      } = await agent.request({
        origin: upstream.origin,
        path: base + path,
        method: method as 'GET', // any method goes, whatever the type lists
        headers: forwarded(rawHeaders),
        body: body.length === 0 ? null : body,
        signal,
      });
      return { status: statusCode, headers: answered(headers), body: answer };
    },
    close: () => agent.destroy(),
  };
}

/** Content-length is the client's own business again: the body is whole by now. */
function forwarded(rawHeaders: readonly string[]): string[] {
  const named = new Set<string>();
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.toLowerCase() === 'connection')
      for (const name of rawHeaders[i + 1]!.split(',')) named.add(name.trim().toLowerCase());
  const kept: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    if (!HOP_BY_HOP.has(name) && !named.has(name) && name !== 'content-length') kept.push(rawHeaders[i]!, rawHeaders[i + 1]!);
  }
  return kept;
}

function answered(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string | string[]> {
  const named = new Set(
    String(headers['connection'] ?? '')
      .toLowerCase()
      .split(/\s*,\s*/),
  );
  return Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] => entry[1] !== undefined && !HOP_BY_HOP.has(entry[0]) && !named.has(entry[0]),
    ),
  );
}
