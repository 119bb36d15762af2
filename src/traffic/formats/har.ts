/** A browser's or proxy's HAR file: every call that asked an image model for an image is a job of one image. */
import { REFERENCE_IMAGE_INPUT_TOKENS } from '../../model/catalogue.ts';
import { InputError } from '../../model/errors.ts';
import type { TraceBuilder, TraceRow } from '../trace-builder.ts';
import { instant } from './cells.ts';
import { isObject, objectOf, valueAt } from './lines.ts';

/** `…/models/MODEL:generateContent`, also streamed; for the Interactions API the model is in the body. */
const GENERATE = /\/models\/([^/:?]+):(?:generateContent|streamGenerateContent)(?:[?#]|$)/;
const INTERACTIONS = /\/interactions(?:[?#]|$)/;

/**
 * Other calls are no traffic of ours and are passed over. A call of a model that makes no images is counted as damaged.
 *
 * @throws InputError when this is not a HAR file, or holds no such call.
 */
export function readHar(text: string, builder: TraceBuilder): void {
  const entries = valueAt(objectOf(text.replace(/^\uFEFF/, '')), 'log', 'entries');
  if (!Array.isArray(entries)) throw new InputError(`${builder.file} line 1: not a HAR file (no "log.entries")`);
  let calls = 0;
  entries.forEach((entry: unknown, index) => {
    const request = valueAt(entry, 'request');
    const url = valueAt(request, 'url');
    if (typeof url !== 'string' || valueAt(request, 'method') !== 'POST' || !(GENERATE.test(url) || INTERACTIONS.test(url))) return;
    calls += 1;
    builder.add(`entry ${index + 1}`, () => jobOf(entry, url));
  });
  if (calls === 0) throw new InputError(`${builder.file}: none of its ${entries.length} entries is a call to :generateContent`);
}

function jobOf(entry: unknown, url: string): TraceRow {
  const body = objectOf(textAt(entry, 'request', 'postData', 'text') ?? '');
  const referenceImages = body ? countImages(valueAt(body, 'contents') ?? valueAt(body, 'input')) : undefined;
  return {
    atMs: instant(textAt(entry, 'startedDateTime')),
    images: 1,
    promptTokens: promptTokensOf(entry, referenceImages),
    referenceImages,
    model: GENERATE.exec(url)?.[1] ?? textAt(body, 'model') ?? '',
    size: textAt(body, 'generationConfig', 'imageConfig', 'imageSize') ?? textAt(body, 'response_format', 'image_size'),
  };
}

/** What the answer counted, less its reference images; unknown where the body was not kept, is streamed or is an error. */
function promptTokensOf(entry: unknown, referenceImages = 0): number | undefined {
  const answer = objectOf(textAt(entry, 'response', 'content', 'text') ?? '');
  const counted = valueAt(answer, 'usageMetadata', 'promptTokenCount');
  if (typeof counted !== 'number') return undefined;
  return Math.max(0, counted - referenceImages * REFERENCE_IMAGE_INPUT_TOKENS);
}

/** Pictures among the parts of a prompt, however deep: inline or by reference. */
function countImages(value: unknown): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + countImages(item), 0);
  if (!isObject(value)) return 0;
  const isImage = value['type'] === 'image' || ['inlineData', 'inline_data', 'fileData', 'file_data'].some((key) => key in value);
  return (isImage ? 1 : 0) + (isImage ? 0 : countImages(value['parts'] ?? value['content']));
}

function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  const found = valueAt(value, ...keys);
  return typeof found === 'string' ? found : undefined;
}
