/** Success bodies: put together once for equal requests, but for the id that tells answers apart, and cut into chunks for streams. */
import { Buffer } from 'node:buffer';
import type { ModelId, Size } from '../model/names.ts';
import type { Reply } from '../model/reply.ts';
import type { RequestSpec } from '../model/request-spec.ts';
import { type EncodeContext, encodeReply, type Picture, responseIdOf, type ServiceTier, type Shown } from '../wire/encode.ts';

export type PictureSource = (model: ModelId, size: Size) => Picture;

/** Bytes of finished bodies that are kept; the oldest go first. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;
/** Stands for the picture while the rest is encoded; no base64 has a space. */
const PLACE = 'the picture';

type Delivered = Extract<Reply, { kind: 'image' }>;

/** How an answer is to be told, and which it is. */
interface Asked {
  readonly shown: Shown;
  readonly serviceTier: ServiceTier;
  readonly serial: number;
  readonly isPlatform: boolean;
}

interface Body {
  readonly body: Buffer;
  readonly tail: string;
}

/** What follows the id of an answer. */
const TAIL_END = '"}';

export class ImageBodies {
  private readonly source: PictureSource | null;
  private readonly kept = new Map<RequestSpec, Buffer>();
  private readonly keptOnPlatform = new Map<RequestSpec, Buffer>();
  private keptBytes = 0;

  /** @param source null: one pixel */
  constructor(source: PictureSource | null) {
    this.source = source;
  }

  picture(spec: RequestSpec): Picture | null {
    return this.source?.(spec.model, spec.size) ?? null;
  }

  /** An answer in two pieces: all but the end of it, kept in the form that almost everybody asks for; and the end, its own. */
  whole(spec: RequestSpec, reply: Delivered, asked: Asked): Body {
    const { shown, serviceTier, isPlatform } = asked;
    const context = { model: spec.model, referenceImages: spec.referenceImages, ...asked };
    const tail = `${responseIdOf(context, reply.usage)}${TAIL_END}`;
    if (shown !== 'picture' || serviceTier !== 'standard') return { body: this.headOf(spec, reply, context), tail };
    const kept = isPlatform ? this.keptOnPlatform : this.kept;
    let body = kept.get(spec);
    if (!body) {
      body = this.headOf(spec, reply, context);
      this.keep(kept, spec, body);
    }
    return { body, tail };
  }

  private headOf(spec: RequestSpec, reply: Delivered, context: EncodeContext): Buffer {
    const picture = this.picture(spec);
    const encoded = encodeReply(reply, context, picture && { ...picture, base64: PLACE });
    const text = JSON.stringify(encoded.body);
    const head = text.slice(0, text.length - responseIdOf(context, reply.usage).length - TAIL_END.length);
    return Buffer.from(picture === null ? head : head.replaceAll(PLACE, picture.base64));
  }

  private keep(kept: Map<RequestSpec, Buffer>, spec: RequestSpec, body: Buffer): void {
    kept.set(spec, body);
    this.keptBytes += body.length;
    for (const [oldest, { length }] of kept) {
      if (this.keptBytes <= KEPT_BYTES_MAX) break;
      kept.delete(oldest);
      this.keptBytes -= length;
    }
  }
}

interface Generated {
  readonly candidates?: readonly Readonly<Record<string, unknown>>[];
  readonly usageMetadata?: unknown;
}

/**
 * Each part in one chunk, how it ended in the next; a blocked answer in one. As server-sent events, or as the pieces of one
 * JSON array.
 */
export function streamOf(body: unknown, isEvents: boolean): readonly string[] {
  const parts = partsOf(body as Generated).map((part) => JSON.stringify(part)); // the encoder's 200 bodies have this form
  if (isEvents) return parts.map((part) => `data: ${part}\r\n\r\n`);
  return [...parts.map((part, index) => (index === 0 ? `[${part}` : `\n,\n${part}`)), '\n]'];
}

function partsOf(body: Generated): readonly object[] {
  const candidate = body.candidates?.[0];
  if (candidate?.['finishReason'] !== 'STOP') return [body];
  const { finishReason, content, ...beside } = candidate;
  const { usageMetadata, ...rest } = body;
  const { parts } = content as { readonly parts: readonly object[] }; // what stopped as it should has parts
  const end = { content: { role: 'model', parts: [{ text: '' }] }, finishReason, index: 0 };
  return [
    ...parts.map((part) => ({ ...rest, candidates: [{ content: { role: 'model', parts: [part] }, ...beside }] })),
    { ...rest, candidates: [end], usageMetadata },
  ];
}
