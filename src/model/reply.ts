/** What a caller can learn from one answer. A Reply holds only what the wire can carry; it is data and never thrown. */
import type { BucketName, ErrorClass, ModelId } from './names.ts';

/** usageMetadata in our words; tokens. */
export interface Usage {
  readonly promptTokens: number;
  readonly imageTokens: number;
  readonly thoughtsTokens: number;
  /** Candidate tokens beside the image: text and internal output. */
  readonly otherTokens: number;
}

/** One quota that an answer names. `limit` is null when the answer did not state it. */
export interface Violation {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly limit: number | null;
  readonly quotaId: string | null;
  readonly quotaMetric: string | null;
}

export type Reply =
  | { readonly kind: 'image'; readonly images: number; readonly usage: Usage }
  | { readonly kind: 'blocked'; readonly class: ErrorClass; readonly usage: Usage | null }
  | {
      readonly kind: 'refused';
      readonly httpStatus: number;
      readonly class: ErrorClass;
      /** Primary first; empty when the answer names no quota. */
      readonly violations: readonly Violation[];
      /** How long the answer tells the client to wait, counted from its arrival; null when it tells nothing. */
      readonly retryAfterMs: number | null;
      /** What a Retry-After header told, where there was one: Gemini sends none, gateways do. */
      readonly headerDelayMs?: number;
      /** Redacted text of a real answer; null where nothing was sent over a wire. */
      readonly message: string | null;
    }
  | { readonly kind: 'silence'; readonly why: 'timeout' | 'network' | 'aborted' };

/** The class of what went wrong; null for a delivered image. */
export function classOf(reply: Reply): ErrorClass | null {
  switch (reply.kind) {
    case 'image':
      return null;
    case 'blocked':
    case 'refused':
      return reply.class;
    case 'silence':
      return reply.why === 'timeout' ? 'client.timeout' : reply.why === 'network' ? 'network.unreachable' : 'client.cancelled';
    default:
      return reply satisfies never;
  }
}

/** HTTP status of the answer; null when none came. */
export function httpStatusOf(reply: Reply): number | null {
  switch (reply.kind) {
    case 'image':
    case 'blocked':
      return 200;
    case 'refused':
      return reply.httpStatus;
    case 'silence':
      return null;
    default:
      return reply satisfies never;
  }
}
