/** A call and its answer without any network: what the core is asked and says, whatever face stands before it. */

/** Whole or in pieces, what a broken connection makes of an answer; `reset` and `hang` leave no byte of it. */
export type Breakage = 'reset' | 'hang' | 'cut' | 'stall';

export interface PlainRequest {
  readonly method: string;
  /** With its query, without host. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** The body as it came, where it need not be text: calls under `/upload/`. */
  readonly bytes?: Uint8Array;
  /** Scheme and host as the client called them: what URLs in answers begin with (Google's own host). */
  readonly origin?: string;
}

/** What is sent as `Authorization: Bearer …`: a token, or a key where keys come that way. */
export function bearerOf(headers: PlainRequest['headers']): string | undefined {
  const header = headers['authorization'];
  return header === undefined ? undefined : /^Bearer\s+(\S+)/i.exec(String(header))?.[1];
}

export interface PlainResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty when the answer comes in chunks. */
  readonly body: string | Uint8Array;
  /** What follows a body of bytes: ASCII (nothing). */
  readonly tail?: string;
  /** A stream: the pieces in order, to be sent one by one. */
  readonly chunks?: readonly string[];
  /** A long answer: made piece by piece as it is read, in place of `body`. */
  readonly pieces?: Iterable<string>;
  /** How long the answer takes, in emulated ms. */
  readonly afterMs: number;
  /** How the connection breaks on the way (not at all). */
  readonly broken?: Breakage;
}
