/** Success bodies: the same bytes for the same request, put together once, and cut into chunks for streams. */
import { Buffer } from 'node:buffer';
import type { ModelId, Size } from '../model/names.ts';
import type { Reply } from '../model/reply.ts';
import type { RequestSpec } from '../model/request-spec.ts';
import { encodeReply, type Picture, type Shown } from '../wire/encode.ts';

export type PictureSource = (model: ModelId, size: Size) => Picture;

/** Bytes of finished bodies that are kept; the oldest go first. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;
/** Stands for the picture while the rest is encoded; no base64 has a space. */
const PLACE = 'the picture';

export class ImageBodies {
  private readonly source: PictureSource | null;
  private readonly kept = new Map<RequestSpec, Buffer>();
  private keptBytes = 0;

  /** @param source null: one pixel */
  constructor(source: PictureSource | null) {
    this.source = source;
  }

  picture(spec: RequestSpec): Picture | null {
    return this.source?.(spec.model, spec.size) ?? null;
  }

  /** Kept in the form that almost everybody asks for. */
  whole(spec: RequestSpec, reply: Reply, shown: Shown): Buffer {
    if (shown !== 'picture') return this.built(spec, reply, shown);
    const known = this.kept.get(spec);
    if (known) return known;
    const body = this.built(spec, reply, shown);
    this.keep(spec, body);
    return body;
  }

  private built(spec: RequestSpec, reply: Reply, shown: Shown): Buffer {
    const picture = this.picture(spec);
    const encoded = encodeReply(
      reply,
      { model: spec.model, referenceImages: spec.referenceImages, shown },
      picture && { ...picture, base64: PLACE },
    );
    const text = JSON.stringify(encoded.body);
    return picture === null ? Buffer.from(text) : Buffer.from(text.replaceAll(PLACE, picture.base64));
  }

  private keep(spec: RequestSpec, body: Buffer): void {
    this.kept.set(spec, body);
    this.keptBytes += body.length;
    for (const [oldest, { length }] of this.kept) {
      if (this.keptBytes <= KEPT_BYTES_MAX) break;
      this.kept.delete(oldest);
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
