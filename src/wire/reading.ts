/**
 * What one answer says, before anybody judges it: codes, status words, reasons, quotas, delays, filter reasons, images.
 * Wrappings (arrays, strings of JSON, gateways, logs, streams) are opened; the words inside a picture's text part are not read.
 */

import type { Violation } from '../model/reply.ts';
import { epochMs } from '../model/time.ts';
import { wordOf } from '../model/word-of.ts';
import { durationMs, toldDelayMs } from './duration.ts';
import { findJson } from './loose-json.ts';
import { bucketOfQuota, modelOfQuotaName } from './quota-names.ts';
import { redact } from './redact.ts';

export interface Reading {
  /** HTTP codes inside the body, outermost first. */
  readonly codes: readonly number[];
  /** `UNAVAILABLE` and its kind. */
  readonly statuses: readonly string[];
  /** Reasons of ErrorInfo and the like. */
  readonly reasons: readonly string[];
  /** Codes that are words: the Interactions API, or another vendor. */
  readonly words: readonly string[];
  /** Sentences of the service, outermost first. */
  readonly messages: readonly string[];
  /** In the order of the wire. */
  readonly violations: readonly Violation[];
  /** A quota is named in full, but nothing states its limit. */
  readonly limitsMissing: boolean;
  /** Delay in a sentence, rounded up to whole ms. */
  readonly saidDelayMs: number | null;
  /** Delay of RetryInfo, not corrected for its floor. */
  readonly retryInfoMs: number | null;
  /** Delay that a gateway or a header tells. */
  readonly gatewayDelayMs: number | null;
  readonly blockReasons: readonly string[];
  readonly finishReasons: readonly string[];
  readonly images: number;
  /** Text that came where an image was asked for. */
  readonly prose: readonly string[];
  /** The last usage block, as it came: chunks of a stream count up. */
  readonly usage: Readonly<Record<string, unknown>> | null;
  readonly model: string | null;
  /** Some object of the answer reports an error. */
  readonly hasError: boolean;
  /** The answer has the form of a success of these APIs. */
  readonly hasResult: boolean;
  readonly html: boolean;
  readonly gateway: {
    readonly seen: boolean;
    readonly ownKey: boolean;
    readonly sharedPool: boolean;
    readonly errorTypes: readonly string[];
    /** Whom the gateway asked, where it says so. */
    readonly provider: string | null;
  };
  /** `metadata.service` and the hosts of metrics. */
  readonly services: readonly string[];
  /** Whose vocabulary the reasons are: `googleapis.com`, a service's host, `usageLimits`. */
  readonly domains: readonly string[];
  /** The error object has fields that other vendors use and Google does not. */
  readonly foreignFields: boolean;
  /** The error object states a number as its `status`, as Google never does. */
  readonly numericStatus: boolean;
  /** What a gateway tried before; only of use when the rest says nothing. */
  readonly previous: readonly unknown[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };
type Draft = Writable<Omit<Reading, 'gateway'>> & {
  gateway: { seen: boolean; ownKey: boolean; sharedPool: boolean; errorTypes: string[]; provider: string | null };
  metadataQuotas: Record<string, unknown>[];
  /** Where protocol buffers printed the metadata entry by entry. */
  printedLimit: string | null;
  quotaFailures: Record<string, unknown>[];
  loose: string[];
  nodes: number;
  isCut: boolean;
};

const NODES_MAX = 20_000;
const DEPTH_MAX = 24;
const SENTENCE_CHARS_MAX = 20_000;
const SENTENCES_MAX = 100;

export function readAnswer(body: string, headers: Readonly<Record<string, string>> = {}): Reading {
  const draft: Draft = emptyDraft();
  visitText(draft, body, 0);
  finishQuotas(draft);
  if (!draft.hasResult && (draft.messages.length === 0 || !draft.hasError)) draft.messages.push(...draft.loose);
  for (const message of draft.messages) draft.saidDelayMs ??= toldDelayMs(message);
  draft.gatewayDelayMs ??= retryAfterMs(headers);
  return draft;
}

/** The same for a part of an answer, such as one of a gateway's earlier tries. */
export function readValue(value: unknown): Reading {
  return readAnswer(JSON.stringify(value) ?? '');
}

function emptyDraft(): Draft {
  return {
    codes: [],
    statuses: [],
    reasons: [],
    words: [],
    messages: [],
    violations: [],
    limitsMissing: false,
    saidDelayMs: null,
    retryInfoMs: null,
    gatewayDelayMs: null,
    blockReasons: [],
    finishReasons: [],
    images: 0,
    prose: [],
    usage: null,
    model: null,
    hasError: false,
    hasResult: false,
    html: false,
    gateway: { seen: false, ownKey: false, sharedPool: false, errorTypes: [], provider: null },
    services: [],
    domains: [],
    foreignFields: false,
    numericStatus: false,
    previous: [],
    metadataQuotas: [],
    printedLimit: null,
    quotaFailures: [],
    loose: [],
    nodes: 0,
    isCut: false,
  };
}

/** `retry-after-ms`, or `retry-after` in seconds or as an HTTP date, which counts from the answer's own `date`: no clock is asked. */
export function retryAfterMs(headers: Readonly<Record<string, string>>): number | null {
  const value = (wanted: string): string =>
    Object.entries(headers)
      .find(([name]) => name.toLowerCase() === wanted)?.[1]
      .trim() ?? '';
  const ms = value('retry-after-ms');
  if (PLAIN_NUMBER.test(ms)) return Math.ceil(Number(ms));
  const after = value('retry-after');
  if (PLAIN_NUMBER.test(after)) return Math.ceil(Number(after) * 1000);
  const waitMs = HTTP_DATE.test(after) ? epochMs(after) - epochMs(value('date')) : Number.NaN;
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : null;
}

const PLAIN_NUMBER = /^\d{1,12}(?:\.\d{1,12})?$/;
const HTTP_DATE = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function visitText(draft: Draft, text: string, depth: number): void {
  if (depth > DEPTH_MAX) return;
  if (/^\s*(?:<!doctype html|<html)/i.test(text)) {
    draft.html = true;
    say(draft, text.replace(/<style[\s\S]*?<\/style>/gi, '').replace(/<[^>]{0,500}>/g, ' '));
    return;
  }
  const { values, around, isCut } = findJson(text);
  draft.isCut ||= isCut && !WHOLE_VIOLATIONS.test(text);
  if (/<!doctype html|<html[\s>]/i.test(around)) draft.html = true;
  const [, seconds, nanos] = /\bretry_delay\s*\{\s*seconds:\s*(\d{1,9})(?:\s+nanos:\s*(\d{1,9}))?\b/.exec(text) ?? [];
  if (seconds !== undefined) draft.retryInfoMs ??= retryDelayMs({ seconds, nanos });
  const delay = /\bretry_?delay\\?["']?\s*[:=]\s*\\?["']?(\d{1,9}(?:\.\d{1,9})?m?s)\b/i.exec(around)?.[1];
  if (delay !== undefined) draft.retryInfoMs ??= durationMs(delay);
  const [, unit, header] = /\bretry-after(-ms)?["']?\s*[:=]\s*["']?(\d{1,9})\b(?![ \d]*[a-z-])/i.exec(around) ?? [];
  if (header !== undefined) draft.gatewayDelayMs ??= Number(header) * (unit === undefined ? 1000 : 1);
  const status = /\bstatus(?:: | = StatusCode\.)([A-Z]+(?:_[A-Z]+)*)\b/.exec(around)?.[1];
  if (status) draft.statuses.push(status);
  for (const value of values) {
    if (typeof value === 'string') visitString(draft, value, depth + 1);
    else visit(draft, value, '', depth + 1);
  }
  // Prose first: in a log line the outermost thing is the line.
  if (around.trim() !== '') draft.messages.unshift(around.slice(0, SENTENCE_CHARS_MAX).trim());
}

/** A list of violations that ends, wherever the rest of the body was cut. */
const WHOLE_VIOLATIONS = /violations\\*["']?\s*:\s*\[[^[\]]{0,5000}\]/;

/** A string that may itself hold an answer. */
function visitString(draft: Draft, text: string, depth: number): void {
  if (/[{[][\s\S]*["'\\:]|<html|<!doctype/i.test(text) && text.length < 1_000_000) visitText(draft, text, depth);
  else say(draft, text);
}

function say(draft: Draft, text: string): void {
  if (draft.messages.length < SENTENCES_MAX && text.trim() !== '') draft.messages.push(text.slice(0, SENTENCE_CHARS_MAX));
}

function visit(draft: Draft, value: unknown, key: string, depth: number): void {
  if (depth > DEPTH_MAX || draft.nodes++ > NODES_MAX) return;
  if (Array.isArray(value)) {
    for (const item of value) visit(draft, item, key, depth + 1);
    return;
  }
  if (typeof value === 'string') {
    if (/[{[]\s*\\*["']/.test(value) && value.length < 200_000) visitText(draft, value, depth + 1);
    else if (draft.loose.length < SENTENCES_MAX && value.length < 4000) draft.loose.push(value);
    return;
  }
  if (!isRecord(value)) return;
  noteError(draft, value, key);
  noteDetail(draft, value, key);
  noteResult(draft, value);
  for (const [name, inner] of Object.entries(value)) visitField(draft, name, inner, depth);
}

const SENTENCES = new Set([
  'message',
  'raw',
  'msg',
  'detail',
  'error_description',
  'error_message',
  'body',
  'responseBody',
  'finishMessage',
  'errorMessage',
  'errorDescription',
  'rawErrorMessage',
  'grpc_message',
  'description',
  'info',
  'log',
  'blockReasonMessage',
]);
/** Links, schema and what the model said are not what the service says about itself. */
const UNREAD = new Set([
  'links',
  'safetyRatings',
  'inlineData',
  'inline_data',
  'thoughtSignature',
  '@type',
  'text',
  'b64_json',
  'bytesBase64Encoded',
  'data',
  'user_id',
  'responseId',
]);

function visitField(draft: Draft, name: string, value: unknown, depth: number): void {
  if (name === 'previous_errors') {
    draft.gateway.seen = true;
    if (Array.isArray(value)) draft.previous.push(...(value.slice(0, 20) as unknown[]));
    return;
  }
  if (typeof value === 'string' && (SENTENCES.has(name) || /[a-z](?:Message|_message|Error)$/.test(name)))
    visitString(draft, value, depth + 1);
  else if (typeof value === 'string' && name === 'error') {
    draft.hasError = true;
    visitString(draft, value, depth + 1);
  } else if (name === 'data' && typeof value === 'object') visit(draft, value, name, depth + 1);
  else if (typeof value === 'string' && name === 'data' && value.length < 20_000 && value.includes('"error"'))
    visitString(draft, value, depth + 1);
  else if (!UNREAD.has(name)) visit(draft, value, name, depth + 1);
}

/** gRPC codes, which rows of a batch carry instead of HTTP's. Source: google/rpc/code.proto. */
export const HTTP_OF_GRPC: Readonly<Record<number, number>> = {
  1: 499,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  12: 501,
  13: 500,
  14: 503,
  16: 401,
};

function noteError(draft: Draft, value: Record<string, unknown>, key: string): void {
  const { code, status, message, reason } = value;
  const isFine = typeof status === 'number' && status < 400;
  const reports = key === 'error' || (!isFine && (code !== undefined || status !== undefined) && message !== undefined);
  if (reports) {
    draft.hasError = true;
    const number = typeof code === 'number' ? code : typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : null;
    if (number !== null) draft.codes.push(HTTP_OF_GRPC[number] ?? number);
    else if (typeof code === 'string') draft.words.push(code);
    if (typeof status === 'number') draft.codes.push(status);
    if (typeof status === 'number' && typeof code !== 'number' && key === 'error') draft.numericStatus = draft.foreignFields = true;
    if (value['param'] !== undefined || typeof value['type'] === 'string') draft.foreignFields = true;
  }
  const ofAnswer = value['headers'] !== undefined || value['statusText'] !== undefined ? status : undefined;
  const spoken = Number(wordOf(value['statusCode'] ?? value['status_code'] ?? value['httpCode'] ?? value['http_code'] ?? ofAnswer));
  if (spoken >= 400 && spoken < 600 && draft.codes.length === 0) draft.codes.push(spoken);
  if (typeof status === 'string' && /^[A-Z]+(_[A-Z]+)*$/.test(status)) draft.statuses.push(status);
  if (typeof reason === 'string') draft.reasons.push(reason);
  if (typeof value['domain'] === 'string') draft.domains.push(value['domain']);
}

function noteDetail(draft: Draft, value: Record<string, unknown>, key: string): void {
  if (typeof value['quotaId'] === 'string' || typeof value['quotaMetric'] === 'string') draft.quotaFailures.push(value);
  if (typeof value['quota_id'] === 'string') draft.quotaFailures.push(inCamelCase(value));
  else if (typeof value['quota_limit'] === 'string' || typeof value['quota_metric'] === 'string') draft.metadataQuotas.push(value);
  if (value['key'] === 'quota_limit_value') draft.printedLimit ??= stringOrNull(value['value']);
  if (typeof value['service'] === 'string') draft.services.push(value['service']);
  if (Object.keys(value).some((name) => /^retry-after/i.test(name))) draft.gatewayDelayMs ??= retryAfterMs(onlyStrings(value));
  const ms = value['retryAfterMs'] ?? value['retry_after_ms'];
  if (typeof ms === 'number' && ms > 0) draft.gatewayDelayMs ??= Math.ceil(ms);
  const seconds = value['retryAfter'] ?? value['retry_after'] ?? value['retryAfterSeconds'];
  if (typeof seconds === 'number' && seconds > 0) draft.gatewayDelayMs ??= Math.ceil(seconds * 1000);
  if (value['retryDelay'] !== undefined) draft.retryInfoMs ??= retryDelayMs(value['retryDelay']);
  if (typeof value['quotaResetDelay'] === 'string') draft.saidDelayMs ??= durationMs(value['quotaResetDelay']);
  if (typeof value['raiFilteredReason'] === 'string') draft.finishReasons.push('IMAGE_SAFETY');
  if (key === 'metadata' || value['provider_name'] !== undefined) noteGateway(draft, value);
}

/** As protocol buffers and Python print a violation. */
function inCamelCase(violation: Record<string, unknown>): Record<string, unknown> {
  return {
    quotaId: violation['quota_id'],
    quotaMetric: violation['quota_metric'],
    quotaValue: violation['quota_value'],
    quotaDimensions: dimensions(violation['quota_dimensions']),
  };
}

/** Protocol buffers print a map as entries of `key` and `value`. */
function dimensions(value: unknown): unknown {
  const entries = [value].flat().filter((entry) => isRecord(entry) && typeof entry['key'] === 'string') as Record<string, unknown>[];
  return entries.length === 0 ? value : Object.fromEntries(entries.map(({ key, value: inner }) => [key, inner]));
}

function onlyStrings(headers: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, wordOf(value)]));
}

function noteGateway(draft: Draft, value: Record<string, unknown>): void {
  const names = [
    'provider_name',
    'raw',
    'error_type',
    'limit_source',
    'provider_error_code',
    'is_byok',
    'retry_after_seconds',
    'remedy_hint',
  ];
  if (names.some((name) => value[name] !== undefined)) draft.gateway.seen = true;
  if (typeof value['provider_name'] === 'string') draft.gateway.provider ??= value['provider_name'];
  if (value['is_byok'] === true) draft.gateway.ownKey = true;
  if (wordOf(value['limit_source']).includes('shared_pool')) draft.gateway.sharedPool = true;
  if (typeof value['error_type'] === 'string') draft.gateway.errorTypes.push(value['error_type']);
  const seconds = wordOf(value['retry_after_seconds'] ?? (isRecord(value['headers']) ? value['headers']['Retry-After'] : undefined));
  if (/^\d{1,9}(\.\d+)?$/.test(seconds)) draft.gatewayDelayMs ??= Math.ceil(Number(seconds) * 1000);
  const limit = isRecord(value['headers']) ? value['headers']['X-RateLimit-Limit'] : undefined;
  if (limit !== undefined) draft.metadataQuotas.push({ quota_limit_value: limit, gateway: true });
}

/** `"34s"`, or seconds and nanos as some clients print it. */
function retryDelayMs(delay: unknown): number | null {
  if (typeof delay === 'string') return durationMs(delay.trim());
  const seconds = isRecord(delay) ? wordOf(delay['seconds']) : '';
  if (!isRecord(delay) || !/^\d{1,12}$/.test(seconds)) return null;
  const nanos = Number(wordOf(delay['nanos']));
  return Number(seconds) * 1000 + (Number.isFinite(nanos) ? Math.ceil(nanos / 1e6) : 0);
}

function noteResult(draft: Draft, value: Record<string, unknown>): void {
  if (Array.isArray(value['candidates']) || value['promptFeedback'] !== undefined || Array.isArray(value['predictions']))
    draft.hasResult = true;
  if (value['object'] === 'interaction' || Array.isArray(value['choices']) || Array.isArray(value['steps'])) draft.hasResult = true;
  const model = value['modelVersion'] ?? (value['object'] === 'interaction' ? value['model'] : undefined);
  if (typeof model === 'string') draft.model ??= model;
  const isCounted = draft.hasResult || value['data'] !== undefined;
  const usage = value['usageMetadata'] ?? value['usage_metadata'] ?? (isCounted ? value['usage'] : undefined);
  if (isRecord(usage)) draft.usage = usage;
  // What a gateway was told comes before what it made of it.
  const finish = value['native_finish_reason'] ?? value['finishReason'] ?? value['finish_reason'];
  if (typeof finish === 'string') draft.finishReasons.push(finish.replace(/^content_filter: /, ''));
  const block = value['blockReason'] ?? value['block_reason'];
  if (typeof block === 'string') draft.blockReasons.push(block);
  if (isPicture(value)) draft.images++;
  else if (typeof value['text'] === 'string' && value['thought'] !== true) draft.prose.push(value['text'].slice(0, 2000));
}

/** An image in any of the forms in which these APIs and their wrappers hand one over. Drafts of the thinking do not count. */
function isPicture(value: Record<string, unknown>): boolean {
  const inline = value['inlineData'] ?? value['inline_data'];
  if (isRecord(inline))
    return (
      value['thought'] !== true &&
      typeof inline['data'] === 'string' &&
      inline['data'] !== '' &&
      !/^(?:audio|text|video)\//.test(wordOf(inline['mimeType'] ?? inline['mime_type']))
    );
  if (typeof value['b64_json'] === 'string' || typeof value['bytesBase64Encoded'] === 'string') return true;
  if (value['type'] === 'image' && typeof value['data'] === 'string') return true;
  const url = isRecord(value['image_url']) ? value['image_url']['url'] : undefined;
  return typeof url === 'string' && url.startsWith('data:image/');
}

interface Line {
  readonly metric: string;
  readonly limit: number | null;
  readonly model: string | null;
}

const LINE = /Quota exceeded for metric: ([^,\s]{1,200})(?:, limit: (\d{1,15}))?(?:, model: ([^\s,]{1,200}))?/g;
/** The same where its beginning was cut off. */
const BARE_LINE = /\b((?:generativelanguage|aiplatform)\.googleapis\.com\/\w{1,120}), limit: (\d{1,15})(?:, model: ([^\s,]{1,200}))?/g;
const BASE_MODEL_LINE =
  /Quota exceeded for\s+([a-z0-9-]{1,60}\.googleapis\.com\/\w{1,120})(?:\s+with\s+base\s+model:\s+([^\s,]{1,200}?)[.,]?(?:\s|$))?/g;

/** Quotas from details, from ErrorInfo, or, where those are missing, from the lines of the message. */
function finishQuotas(draft: Draft): void {
  // A terminal may have broken a metric within or behind its host.
  const text = draft.messages.join('\n').replace(/(\.googleapis\.)\s{0,200}(com\/)\s{0,200}(?=[a-z])/g, '$1$2');
  const lines = [...text.matchAll(text.includes('Quota exceeded for metric') ? LINE : BARE_LINE)].map(
    ([, metric = '', limit, model]): Line => ({
      metric,
      limit: limit === undefined ? null : Number(limit),
      model: model ?? null,
    }),
  );
  const failures = draft.quotaFailures.length > 0 ? draft.quotaFailures : spokenFailures(text);
  for (const [index, failure] of failures.entries()) {
    const metric = stringOrNull(failure['quotaMetric']);
    const line = lines.length === failures.length ? lines[index] : lines.find((one) => one.metric === metric);
    draft.violations.push(ofFailure(failure, line));
  }
  if (failures.length === 0) for (const line of lines) draft.violations.push(ofLine(line));
  draft.limitsMissing =
    !draft.isCut &&
    failures.length > 0 &&
    failures.every(
      (failure, index) =>
        isRecord(failure['quotaDimensions']) && failure['quotaMetric'] !== undefined && draft.violations[index]?.limit === null,
    );
  for (const metadata of draft.metadataQuotas) {
    const violation = metadata['gateway'] === true ? ofGateway(metadata, text) : ofMetadata(metadata);
    if (violation) draft.violations.push(violation);
  }
  if (draft.violations.length === 0 && /quota/i.test(text)) {
    for (const [, metric = '', model] of text.matchAll(BASE_MODEL_LINE))
      draft.violations.push(ofLine({ metric, limit: null, model: model ?? null }));
    const spokenValue = draft.printedLimit ?? SPOKEN_VALUE.exec(text)?.[1];
    for (const [, metric = '', limit = '', service = ''] of text.matchAll(NAMED_LIMIT))
      draft.violations.push(
        ofMetadata({ quota_metric: `${service}/${snake(metric)}`, quota_limit: snake(limit), quota_limit_value: spokenValue }),
      );
  }
  for (const { quotaMetric } of draft.violations) {
    const host = quotaMetric?.split('/')[0];
    if (host?.includes('.')) draft.services.push(host);
  }
}

/** As Google's other services, and this one until 2025, name a quota in prose. */
const NAMED_LIMIT = /quota metric '([^']{1,120})'\s+and\s+limit\s+'([^']{1,120})'\s+of\s+service\s+'([a-z0-9.-]{1,80})'/gi;

const SPOKEN_VALUE = /quota_?limit_?value\\?["']?\s*(?:value)?\s*[:=]\s*\\?["']?(\d{1,15})/i;

/** As ids are written. What nobody may read goes first: joined to other words it would not be known any more. */
function snake(words: string): string {
  return redact(words).replace(/\s+/g, '_');
}

const SPOKEN_ID = /quota_?id\\?["']?\s*[:=]\s*\\?["']?([a-z]{8,120}(?:-[a-z0-9]{1,20})?)/gi;

/** Violations where no structure is left, as in YAML or a cut line. */
function spokenFailures(text: string): Record<string, unknown>[] {
  const found = [...text.matchAll(SPOKEN_ID)].slice(0, 20);
  return found.map(({ 1: quotaId, index }, position) => {
    const part = text.slice(index, Math.min(found[position + 1]?.index ?? text.length, index + 1000));
    const before = text.slice(Math.max(0, index - 200), index);
    return {
      quotaId,
      quotaMetric: /quota_?metric\\?["']?\s*[:=]\s*\\?["']?([\w./-]{1,150})/i.exec(before)?.[1],
      quotaValue: /quota_?value\\?["']?\s*[:=]\s*\\?["']?(\d{1,15})/i.exec(part)?.[1],
      quotaDimensions: /quota_?dimensions/i.test(part) ? {} : undefined,
    };
  });
}

function ofFailure(failure: Record<string, unknown>, line: Line | undefined): Violation {
  const quotaId = stringOrNull(failure['quotaId']);
  const quotaMetric = stringOrNull(failure['quotaMetric']);
  const dimensions = isRecord(failure['quotaDimensions']) ? failure['quotaDimensions'] : {};
  const model = stringOrNull(dimensions['model']) ?? stringOrNull(dimensions['base_model']) ?? line?.model ?? null;
  return {
    bucket: bucketOfQuota(quotaId, quotaMetric),
    model: model === null ? null : modelOfQuotaName(model),
    limit: wholeOrNull(failure['quotaValue']) ?? line?.limit ?? null,
    quotaId,
    quotaMetric,
  };
}

function ofLine({ metric, limit, model }: Line): Violation {
  return {
    bucket: bucketOfQuota(null, metric),
    model: model === null ? null : modelOfQuotaName(model),
    limit,
    quotaId: null,
    quotaMetric: metric,
  };
}

function ofMetadata(metadata: Record<string, unknown>): Violation {
  const quotaId = stringOrNull(metadata['quota_limit']);
  const quotaMetric = stringOrNull(metadata['quota_metric']);
  const unit = stringOrNull(metadata['quota_unit']);
  return {
    bucket: bucketOfQuota(quotaId, quotaMetric, unit),
    model: null,
    limit: wholeOrNull(metadata['quota_limit_value']),
    quotaId,
    quotaMetric,
  };
}

function ofGateway(metadata: Record<string, unknown>, text: string): Violation | null {
  const found = /limit_(rpm|rpd)\/([^\s"',]{1,200})/.exec(text);
  if (!found) return null;
  const bucket = found[1] === 'rpd' ? 'rpd' : 'rpm';
  return {
    bucket,
    model: modelOfQuotaName(found[2] ?? ''),
    limit: wholeOrNull(metadata['quota_limit_value']),
    quotaId: null,
    quotaMetric: null,
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function stringOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function wholeOrNull(value: unknown): number | null {
  const text = wordOf(value);
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
