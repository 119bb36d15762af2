/** What the reasons mean that a content filter gives for a prompt or a picture withheld. */
import type { ErrorClass } from '../model/names.ts';
import type { Reading } from './reading.ts';

const BLOCKS: Readonly<Record<string, ErrorClass>> = {
  SAFETY: 'safety.prompt',
  IMAGE_SAFETY: 'safety.image',
  PROHIBITED_CONTENT: 'safety.prohibited',
  BLOCKLIST: 'safety.prohibited',
  SPII: 'safety.prohibited',
  JAILBREAK: 'safety.prohibited',
  MODEL_ARMOR: 'safety.prohibited',
  OTHER: 'safety.no-image',
};

export const FINISHES: Readonly<Record<string, ErrorClass>> = {
  ...BLOCKS,
  IMAGE_PROHIBITED_CONTENT: 'safety.prohibited',
  RECITATION: 'safety.recitation',
  IMAGE_RECITATION: 'safety.recitation',
  NO_IMAGE: 'safety.no-image',
  IMAGE_OTHER: 'safety.no-image',
  LANGUAGE: 'safety.no-image',
  MALFORMED_RESPONSE: 'safety.no-image',
  MALFORMED_FUNCTION_CALL: 'safety.no-image',
  UNEXPECTED_TOOL_CALL: 'safety.no-image',
  TOO_MANY_TOOL_CALLS: 'safety.no-image',
  MAX_TOKENS: 'safety.no-image',
};

export const FILTER_WORDS = /\b(image_safety|image_prohibited_content|prohibited_content|image_recitation|image_other|no_image)\b/;
/** `finish_reason=<FinishReason.SAFETY: 'SAFETY'>`, `blockReason: "OTHER"`, `Content generation stopped. Reason: RECITATION`. */
const SPOKEN_REASON =
  /(?:finish|block)_?reason\\?["']?\s*(?:[:=]|is)\s*\\?["'<([]*(?:\d+ ?\(|\w+\.)?(?:\w{1,40}\((?:rawvalue: ?)?){0,3}\\?["']?([a-z_]+)|\b(?:stopped|blocked)\b[^.]{0,20}\. reason: ([a-z_]+)|\bcandidate was blocked due to ([a-z_]+)|\b(?:response|prompt|content) (?:was |is |has been )?(?:blocked|stopped) (?:due to|because of) ([a-z_]+)\b/;

/** The class that a filter's reason alone gives; null when no filter spoke. */
export function filterClass(reading: Reading): ErrorClass | null {
  for (const block of reading.blockReasons) if (Object.hasOwn(BLOCKS, block)) return BLOCKS[block] ?? null;
  for (const finish of reading.finishReasons) if (Object.hasOwn(FINISHES, finish)) return FINISHES[finish] ?? null;
  return reading.blockReasons.length > 0 ? 'safety.no-image' : null;
}

/** The reason that a text names where no structure is left, in lower case. */
export function spokenFilterReason(text: string): string | undefined {
  const found = SPOKEN_REASON.exec(text);
  return found?.[1] ?? found?.[2] ?? found?.[3] ?? found?.[4];
}
