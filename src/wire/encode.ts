/** A reply of the service as the JSON that Google sends for it. `decodeReply` reads the same reply back. */
import { findModel, REFERENCE_IMAGE_INPUT_TOKENS } from '../model/catalogue.ts';
import { invariant } from '../model/errors.ts';
import type { ErrorClass, ModelId, Tier } from '../model/names.ts';
import type { Reply, Usage, Violation } from '../model/reply.ts';
import { goDuration } from './duration.ts';
import { entriesOf, google, HELP, QUOTA_HEAD, quotaFailure, retryInfo } from './error-catalogue.ts';
import { quotaModelName, quotaNames } from './quota-names.ts';

export interface Encoded {
  readonly status: number;
  /** A JSON value; a string is a page of HTML and goes out as it stands. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export interface EncodeContext {
  /** The id that was called. */
  readonly model: ModelId;
  /** Names a quota that the reply left without a name (tier 1). */
  readonly tier?: Tier;
  /** Tells answers apart: goes into responseId (0). */
  readonly serial?: number;
  /** Reference images of the request, whose tokens the details of the usage list apart (0). */
  readonly referenceImages?: number;
  /** What the caller wants to see of an answer (picture). */
  readonly shown?: Shown;
  /** That was asked for, and is told again (standard). */
  readonly serviceTier?: ServiceTier;
  /** Whether the Agent Platform answers (the Gemini API). */
  readonly isPlatform?: boolean;
}

/** At which the service is to work. Source: @google/genai 3.1.0; told again in the usage, and in a header of errors. */
export type ServiceTier = 'standard' | 'flex' | 'priority';

/** The picture; how it was thought out before it; or words in its place, for who asks for text alone. */
export type Shown = 'picture' | 'thoughts' | 'text';

export interface Picture {
  readonly mimeType: string;
  readonly base64: string;
}

const JSON_HEADERS = { 'content-type': 'application/json; charset=UTF-8' } as const;
/** The only extra header seen on errors; there is no Retry-After. Source: captured 429, 2026-09-02. */
const ERROR_HEADERS = { ...JSON_HEADERS, 'x-gemini-service-tier': 'standard' } as const;
const HTML_HEADERS = { 'content-type': 'text/html; charset=UTF-8' } as const;

/** @throws InvariantError for silence, which nobody can send. */
export function encodeReply(reply: Reply, context: EncodeContext, picture: Picture | null): Encoded {
  switch (reply.kind) {
    case 'image':
      return { status: 200, headers: JSON_HEADERS, body: imageBody(reply.images, reply.usage, context, picture) };
    case 'blocked':
      return { status: 200, headers: JSON_HEADERS, body: blockedBody(reply, context) };
    case 'refused':
      return refusedAnswer(reply, context);
    case 'silence':
      invariant(false, 'silence has no answer to encode');
      break;
    default:
      return reply satisfies never;
  }
}

/** One pixel, for callers that do not care what is in the picture. */
const PIXEL: Picture = {
  mimeType: 'image/png',
  base64: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==',
};

/** Base64 of an example: clients decode it, and one that cannot throws the whole answer away. */
const SIGNATURE = 'RVhBTVBMRQ==';

/** Ours: what a model says while it thinks, and where it may not draw. */
const THOUGHT = '**Framing the scene**\n\nA house between hills; the sun stands low on the left, so the roof catches its light.\n\n';
const WORDS = 'A small house stands between green hills under a morning sun.';

function imageBody(images: number, usage: Usage, context: EncodeContext, picture: Picture | null): object {
  const { mimeType, base64 } = picture ?? PIXEL;
  const { shown = 'picture' } = context;
  const drawn = Array.from({ length: images }, () => ({ inlineData: { mimeType, data: base64 }, thoughtSignature: SIGNATURE }));
  const thoughts = shown === 'thoughts' && usage.thoughtsTokens > 0 ? [{ text: THOUGHT, thought: true }] : [];
  const parts = shown === 'text' ? [{ text: WORDS }] : [...thoughts, ...drawn];
  return {
    candidates: [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }],
    usageMetadata: shown === 'text' ? wordsUsage(usage, context) : deliveredUsage(usage, context),
    ...identity(context, usage),
  };
}

/** About four letters a token, as everywhere here. */
function wordsUsage({ promptTokens, thoughtsTokens }: Usage, context: EncodeContext): object {
  const words = Math.ceil(WORDS.length / 4);
  return {
    promptTokenCount: promptTokens,
    candidatesTokenCount: words,
    totalTokenCount: promptTokens + words + thoughtsTokens,
    promptTokensDetails: promptDetails(promptTokens, context),
    ...(thoughtsTokens > 0 ? { thoughtsTokenCount: thoughtsTokens } : {}),
    ...tierOf(context),
  };
}

/** total = prompt + candidates + thoughts; the details list the image alone. Source: 49 measured answers, 2026. */
function deliveredUsage({ promptTokens, imageTokens, thoughtsTokens, otherTokens }: Usage, context: EncodeContext): object {
  return {
    promptTokenCount: promptTokens,
    candidatesTokenCount: imageTokens + otherTokens,
    totalTokenCount: promptTokens + imageTokens + otherTokens + thoughtsTokens,
    promptTokensDetails: promptDetails(promptTokens, context),
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: imageTokens }],
    ...(thoughtsTokens > 0 ? { thoughtsTokenCount: thoughtsTokens } : {}),
    ...tierOf(context),
  };
}

/** The Agent Platform has a word of its own for it. Source: vercel/ai#10167, langchain-google#1947, 2026-08. */
function tierOf({ serviceTier = 'standard', isPlatform = false }: EncodeContext): object {
  return isPlatform ? { trafficType: TRAFFIC[serviceTier] } : { serviceTier };
}

const TRAFFIC: Readonly<Record<ServiceTier, string>> = {
  standard: 'ON_DEMAND',
  flex: 'ON_DEMAND_FLEX',
  priority: 'ON_DEMAND_PRIORITY',
};

/** Text and reference images apart; what has no tokens is left out. */
function promptDetails(promptTokens: number, { referenceImages = 0 }: EncodeContext): readonly object[] {
  if (referenceImages === 0) return [{ modality: 'TEXT', tokenCount: promptTokens }];
  const imageTokens = Math.min(promptTokens, referenceImages * REFERENCE_IMAGE_INPUT_TOKENS);
  const details = [
    { modality: 'TEXT', tokenCount: promptTokens - imageTokens },
    { modality: 'IMAGE', tokenCount: imageTokens },
  ];
  return details.filter(({ tokenCount }) => tokenCount > 0);
}

/** Without output, candidates mirror the thoughts and the total counts them once. Source: 6 measured refusals, 2026. */
function withheldUsage(usage: Usage, context: EncodeContext): object {
  const { promptTokens, imageTokens, thoughtsTokens, otherTokens } = usage;
  if (imageTokens + otherTokens > 0) return deliveredUsage(usage, context);
  return {
    promptTokenCount: promptTokens,
    ...(thoughtsTokens > 0 ? { candidatesTokenCount: thoughtsTokens } : {}),
    totalTokenCount: promptTokens + thoughtsTokens,
    promptTokensDetails: promptDetails(promptTokens, context),
    ...(thoughtsTokens > 0 ? { thoughtsTokenCount: thoughtsTokens } : {}),
    ...tierOf(context),
  };
}

function identity(context: EncodeContext, usage: Usage | null): object {
  const { model } = context;
  return { modelVersion: findModel(model)?.id ?? model, responseId: responseIdOf(context, usage) };
}

/** The last field of an answer, and the only one in which two answers to the same request differ. */
export function responseIdOf({ model, serial = 0 }: EncodeContext, usage: Usage | null): string {
  return idOf(`${model} ${serial} ${usage === null ? 'null' : textOf(usage)}`);
}

/** Answers to equal requests share their usage. */
const usageTexts = new WeakMap<Usage, string>();

function textOf(usage: Usage): string {
  let text = usageTexts.get(usage);
  if (text === undefined) {
    text = JSON.stringify(usage);
    usageTexts.set(usage, text);
  }
  return text;
}

const ID_LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 22 letters that follow from the text (FNV-1a, one state per letter). */
function idOf(text: string): string {
  let state = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) state = Math.imul(state ^ text.charCodeAt(index), 0x01000193);
  let id = '';
  for (let index = 0; index < 22; index++) {
    state = Math.imul(state ^ index, 0x01000193);
    id += ID_LETTERS[(state >>> 26) & 63];
  }
  return id;
}

function blockedBody(reply: Extract<Reply, { kind: 'blocked' }>, context: EncodeContext): object {
  const template = entriesOf(reply.class)[0]?.body;
  invariant(typeof template === 'object' && template !== null, `the catalogue has a body for ${reply.class}`);
  const { usageMetadata: _, modelVersion: __, responseId: ___, ...form } = template as Record<string, unknown>; // just checked
  return { ...form, ...(reply.usage ? { usageMetadata: withheldUsage(reply.usage, context) } : {}), ...identity(context, reply.usage) };
}

type Refused = Extract<Reply, { kind: 'refused' }>;

function refusedAnswer(reply: Refused, context: EncodeContext): Encoded {
  const body = refusedBody(reply, context);
  return { status: reply.httpStatus, body, headers: typeof body === 'string' ? HTML_HEADERS : errorHeaders(context) };
}

function errorHeaders({ serviceTier = 'standard' }: EncodeContext): Encoded['headers'] {
  return serviceTier === 'standard' ? ERROR_HEADERS : { ...ERROR_HEADERS, 'x-gemini-service-tier': serviceTier };
}

function refusedBody(reply: Refused, context: EncodeContext): unknown {
  const perModel = reply.violations.filter(({ bucket }) => bucket !== 'monthly' && bucket !== 'spend10m');
  if (perModel.length > 0) return quotaBody(perModel, reply.retryAfterMs, context);
  const prose = PROSE[reply.class];
  if (prose) return google(reply.httpStatus, 'RESOURCE_EXHAUSTED', told(prose, reply.retryAfterMs), ...delay(reply.retryAfterMs));
  const entries = entriesOf(reply.class);
  const entry = entries.find(({ httpStatus }) => httpStatus === reply.httpStatus) ?? entries[0];
  invariant(entry, `the catalogue has a body for ${reply.class}`);
  return withModel(withDelay(entry.body, reply), reply.class, context.model);
}

/** Sentences about a model speak of the one that was called. */
function withModel(body: unknown, errorClass: ErrorClass, model: ModelId): unknown {
  const about = errorClass === 'request.model-closed' ? closed(model) : errorClass === 'request.model-not-found' ? notFound(model) : null;
  if (about === null || typeof body !== 'object' || body === null || !('error' in body)) return body;
  return { ...body, error: { ...(body.error as object), message: about } }; // errors of the catalogue have this form
}

function closed(model: ModelId): string {
  const successor = findModel(model)?.successor;
  return `This model models/${model} is no longer available to new users. Please update your code to use ${successor ? `models/${successor}` : 'a newer model'} for the latest features and improvements.`;
}

function notFound(model: ModelId): string {
  return `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`;
}

/** Quota classes whose reply names no quota: sentences without a name, so that no name is read back. Ours, after Google's words. */
const PROSE: Partial<Readonly<Record<ErrorClass, string>>> = {
  'quota.rpm': 'You have exceeded your requests per minute limit.',
  'quota.tpm': 'You have exceeded your input tokens per minute limit.',
  'quota.ipm': 'You have exceeded your images per minute limit.',
  'quota.rpd': 'You have exceeded your requests per day limit.',
  'quota.tpd': 'You have exceeded your input tokens per day limit.',
  'quota.zero-limit': "This model doesn't have a free quota tier.",
};

/** The captured form: a line for each quota, primary first, the delay in nanosecond style in the message, floored in RetryInfo. */
function quotaBody(violations: readonly Violation[], retryAfterMs: number | null, context: EncodeContext): object {
  const named = violations.map((violation) => namedQuota(violation, context));
  const lines = named.map(({ line }) => `\n${line}`).join('');
  return google(
    429,
    'RESOURCE_EXHAUSTED',
    told(QUOTA_HEAD + lines, retryAfterMs),
    HELP,
    quotaFailure(...named.map(({ failure }) => failure)),
    ...delay(retryAfterMs),
  );
}

function namedQuota({ bucket, model, limit, quotaId, quotaMetric }: Violation, context: EncodeContext): { line: string; failure: object } {
  const names = quotaNames(bucket, context.tier ?? '1');
  const baseModel = quotaModelName(model ?? context.model);
  const metric = quotaMetric ?? (quotaId === null ? names.quotaMetric : null);
  const stated = limit === null ? '' : `, limit: ${limit}`;
  return {
    line: `* Quota exceeded for metric: ${metric ?? names.quotaMetric}${stated}, model: ${baseModel}`,
    failure: {
      ...(metric === null ? {} : { quotaMetric: metric }),
      quotaId: quotaId ?? names.quotaId,
      // Named in full without a value means a limit of 0, so where the limit is not known the form is the short one.
      ...(limit === null ? {} : { quotaDimensions: { location: 'global', model: baseModel } }),
      // A limit of 0 carries no value. Source: captured bodies, 2025 to 2026-08.
      ...(limit === null || limit === 0 ? {} : { quotaValue: String(limit) }),
    },
  };
}

function told(message: string, retryAfterMs: number | null): string {
  return retryAfterMs === null ? message : `${message}\nPlease retry in ${goDuration(Math.ceil(retryAfterMs))}.`;
}

function delay(retryAfterMs: number | null): object[] {
  return retryAfterMs === null ? [] : [retryInfo(`${Math.floor(Math.ceil(retryAfterMs) / 1000)}s`)];
}

/** A catalogue body with this reply's status and delay. */
function withDelay(body: unknown, { httpStatus, retryAfterMs }: Refused): unknown {
  if (typeof body !== 'object' || body === null || !('error' in body)) return body;
  const { error, ...beside } = body as { error: { code: unknown; message: string; details?: object[] } }; // errors of the catalogue have this form
  const code = typeof error.code === 'number' ? httpStatus : error.code;
  const details = [...(error.details ?? []), ...delay(retryAfterMs)];
  return {
    error: { ...error, code, message: told(error.message, retryAfterMs), ...(details.length > 0 ? { details } : {}) },
    ...beside,
  };
}
