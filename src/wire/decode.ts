/** What a client learns from one HTTP answer. */
import type { ErrorClass } from '../model/names.ts';
import type { Reply, Usage, Violation } from '../model/reply.ts';
import { wordOf } from '../model/word-of.ts';
import { judgementOf, toldMs } from './classify.ts';
import { filterClass } from './filter-reasons.ts';
import { isRecord, type Reading, readAnswer, retryAfterMs } from './reading.ts';
import { redact } from './redact.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly bodyText: string;
}

export function decodeReply(answer: HttpAnswer): Reply {
  const { status, bodyText } = answer;
  const reading = readAnswer(bodyText, answer.headers);
  const isAnswered = status >= 200 && status < 300 && !reading.html;
  if (isAnswered && !(reading.hasError && reading.images === 0)) {
    const usage = usageOf(reading);
    if (reading.images > 0) return { kind: 'image', images: reading.images, usage: usage === null ? NO_USAGE : plain(usage) };
    if (reading.hasResult || bodyIsEmptyObject(bodyText))
      return { kind: 'blocked', class: filterClass(reading) ?? 'safety.no-image', usage: withheld(usage) };
  }
  return refused(answer, reading, isAnswered);
}

function refused(answer: HttpAnswer, reading: Reading, isAnswered: boolean): Reply {
  const errorClass = judgementOf(reading, { status: answer.status, body: answer.bodyText }).class;
  const headerDelayMs = answer.headers === undefined ? null : retryAfterMs(answer.headers);
  const inner = reading.codes.findLast((code) => code >= 400 && code < 600);
  return {
    kind: 'refused',
    // A gateway's 200 around an error counts as that error.
    httpStatus: isAnswered ? (inner ?? answer.status) : answer.status,
    class: errorClass,
    violations: violationsOf(errorClass, reading),
    retryAfterMs: toldMs(reading),
    ...(headerDelayMs === null ? {} : { headerDelayMs }),
    message: messageOf(reading, answer.bodyText),
  };
}

const MONTHLY: Violation = { bucket: 'monthly', model: null, limit: null, quotaId: null, quotaMetric: null };
const SPEND: Violation = { ...MONTHLY, bucket: 'spend10m' };

function violationsOf(errorClass: ErrorClass, reading: Reading): readonly Violation[] {
  if (errorClass === 'billing.monthly-cap') return [MONTHLY];
  if (errorClass === 'quota.spend') return [SPEND];
  if (!errorClass.startsWith('quota.')) return [];
  // Named in full without any value: the allowance is 0.
  const isZero = errorClass === 'quota.zero-limit' && reading.limitsMissing;
  return isZero ? reading.violations.map((violation) => ({ ...violation, limit: violation.limit ?? 0 })) : reading.violations;
}

/** The innermost sentence is the service's own. */
function messageOf(reading: Reading, bodyText: string): string | null {
  const text = redact(reading.messages.at(-1) ?? bodyText);
  return text === '' ? null : text;
}

/** How :predict answers when every image was filtered. */
function bodyIsEmptyObject(bodyText: string): boolean {
  return /^\s*\{\s*\}\s*$/.test(bodyText);
}

const NO_USAGE: Usage = { promptTokens: 0, imageTokens: 0, thoughtsTokens: 0, otherTokens: 0 };

function plain({ promptTokens, imageTokens, thoughtsTokens, otherTokens }: Counted): Usage {
  return { promptTokens, imageTokens, thoughtsTokens, otherTokens };
}

interface Counted extends Usage {
  readonly totalTokens: number | null;
  readonly isDetailed: boolean;
}

function usageOf({ usage }: Reading): Counted | null {
  if (usage === null) return null;
  return usage['promptTokenCount'] !== undefined || usage['totalTokenCount'] !== undefined ? geminiUsage(usage) : otherUsage(usage);
}

function geminiUsage(block: Record<string, unknown>): Counted {
  const candidates = count(block['candidatesTokenCount']);
  const details = Array.isArray(block['candidatesTokensDetails']) ? block['candidatesTokensDetails'].filter(isRecord) : [];
  const pictures = details.filter((detail) => detail['modality'] === 'IMAGE');
  const imageTokens = pictures.length > 0 ? pictures.reduce((sum, detail) => sum + count(detail['tokenCount']), 0) : candidates;
  return {
    promptTokens: count(block['promptTokenCount']),
    imageTokens,
    thoughtsTokens: count(block['thoughtsTokenCount']),
    otherTokens: Math.max(0, candidates - imageTokens),
    totalTokens: block['totalTokenCount'] === undefined ? null : count(block['totalTokenCount']),
    isDetailed: pictures.length > 0,
  };
}

/** The Interactions API, and gateways that count as OpenAI does. */
function otherUsage(block: Record<string, unknown>): Counted {
  const details = block['completion_tokens_details'] ?? block['output_tokens_details'];
  const { reasoning_tokens: reasoned, image_tokens: pictured } = isRecord(details) ? details : {};
  // OpenAI counts thoughts among the output, the Interactions API beside it.
  const output = count(block['total_output_tokens'] ?? block['completion_tokens'] ?? block['output_tokens']) - count(reasoned);
  const byModality = Array.isArray(block['output_tokens_by_modality']) ? block['output_tokens_by_modality'].filter(isRecord) : [];
  const pictures = byModality.filter((detail) => wordOf(detail['modality']).toLowerCase() === 'image');
  const imageTokens = pictures.length > 0 ? pictures.reduce((sum, detail) => sum + count(detail['tokens']), 0) : count(pictured) || output;
  return {
    promptTokens: count(block['total_input_tokens'] ?? block['prompt_tokens'] ?? block['input_tokens']),
    imageTokens: Math.max(0, imageTokens),
    thoughtsTokens: count(block['total_thought_tokens'] ?? reasoned),
    otherTokens: Math.max(0, output - imageTokens),
    totalTokens: null,
    isDetailed: pictures.length > 0 || count(pictured) > 0,
  };
}

/** Without an image, candidates are text, or only repeat the thoughts when the total counts those once. */
function withheld(counted: Counted | null): Usage | null {
  if (counted === null) return null;
  const { promptTokens, imageTokens, thoughtsTokens, otherTokens, totalTokens, isDetailed } = counted;
  if (isDetailed) return plain(counted);
  const candidates = imageTokens + otherTokens;
  const mirrors = candidates === thoughtsTokens && totalTokens === promptTokens + thoughtsTokens;
  return { promptTokens, imageTokens: 0, thoughtsTokens, otherTokens: mirrors ? 0 : candidates };
}

function count(value: unknown): number {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : 0;
}
