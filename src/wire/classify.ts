/**
 * What an answer, a log line or an error text means. Structure decides first (details, reasons, quota ids), then key words,
 * then the bare status; texts that are not about these APIs are `unknown`. Nothing is ever thrown.
 */
import type { Confidence, Retryable, Whose } from '../model/diagnosis.ts';
import type { BucketName, ErrorClass, ModelId } from '../model/names.ts';
import { bareStatus, byStatus } from './bare-status.ts';
import { type Answer, type Case, caseOf, GOOGLE_STATUS, speaksLikeGoogle } from './case.ts';
import { adviceFor } from './error-classes.ts';
import { FILTER_WORDS, FINISHES, filterClass, spokenFilterReason } from './filter-reasons.ts';
import { type Finding, high, medium } from './finding.ts';
import { exceptionNamed, vaguely } from './last-resort.ts';
import { elsewhere, lookalikeOf, namesOtherHosts } from './lookalike.ts';
import { tellsOnlyOfTheConnection } from './lost-connection.ts';
import { notAReport } from './not-a-report.ts';
import { inAnotherTongue } from './other-tongues.ts';
import { pageFinding } from './pages.ts';
import { classOfViolations, governing } from './quota-names.ts';
import { type Reading, readAnswer, readValue } from './reading.ts';
import { redact } from './redact.ts';
import { isPlaceholder, kindOf, NETWORK_RULES, WORD_RULES } from './word-rules.ts';

export interface Verdict {
  readonly class: ErrorClass;
  /** null when the class is about no quota. */
  readonly bucket: BucketName | null;
  readonly retryable: Retryable;
  /** How long to wait before another try; null when nobody knows or waiting cures nothing. */
  readonly waitMs: number | null;
  readonly whose: Whose | null;
  readonly fix: readonly string[];
  readonly confidence: Confidence;
  readonly evidence: readonly string[];
  readonly quotaId: string | null;
  readonly limit: number | null;
  readonly model: ModelId | null;
}

export function classify(answer: Answer): Verdict {
  return classifyReading(readAnswer(answer.body ?? '', answer.headers), answer);
}

/** The same for an answer that was read before. */
export function classifyReading(reading: Reading, answer: Answer): Verdict {
  const one = caseOf(reading, answer);
  const decision = decide(one, answer);
  return typeof decision === 'string' ? unknown([decision]) : verdict(one, decision);
}

/** The class and how sure it is, for those who read many answers. */
export function judgementOf(reading: Reading, answer: Answer): Pick<Verdict, 'class' | 'confidence'> {
  const decision = decide(caseOf(reading, answer), answer);
  return typeof decision === 'string'
    ? { class: 'unknown', confidence: 'low' }
    : { class: decision.class, confidence: decision.confidence };
}

/** What was found, or what is missing. */
function decide(one: Case, answer: Answer): Finding | string {
  const { headers, body = '' } = answer;
  const lookalike = lookalikeOf(one) ?? (one.fromAnywhere ? elsewhere(one, body, headers) : null);
  if (lookalike) return lookalike;
  const found =
    structured(one) ??
    spokenReason(one) ??
    worded(one) ??
    previously(one.reading) ??
    // 400 stands for many things: where words of another language tell which, they do.
    (one.status === 400 ? inAnotherTongue(one) : null) ??
    bareStatus(one, body) ??
    inAnotherTongue(one) ??
    exceptionNamed(one) ??
    vaguely(one);
  if (found === null) return `missing: ${missing(one)}`;
  return (one.fromAnywhere && found.confidence !== 'high' ? notAReport(one, body) : null) ?? found;
}

// Structure

function structured(one: Case): Finding | null {
  return (
    overloadReason(one) ??
    quota(one) ??
    reason(one) ??
    pageFinding(one) ??
    gateway(one) ??
    (one.reading.hasError ? withheld(one) : filtered(one)) ??
    word(one)
  );
}

function overloadReason({ reading }: Case): Finding | null {
  return reading.reasons.includes('MODEL_CAPACITY_EXHAUSTED') ? high('capacity.overloaded', 'reason MODEL_CAPACITY_EXHAUSTED') : null;
}

function quota({ reading, text }: Case): Finding | null {
  const { violations } = reading;
  if (violations.length === 0) return null;
  const decisive = governing(violations);
  if (reading.limitsMissing && !reading.messages.some((message) => /limit: [1-9]/.test(message))) {
    return high('quota.zero-limit', 'quotas are named in full, none states a value: the allowance is 0');
  }
  if (decisive?.quotaMetric?.endsWith('online_prediction_requests_per_base_model') && decisive.limit === null) {
    return {
      class: 'quota.shared-capacity',
      confidence: 'medium',
      evidence: `metric ${decisive.quotaMetric} without a value`,
    };
  }
  const named = classOfViolations(violations);
  if (named === 'quota.unspecified' && /per (?:minute|day)|daily/.test(text)) return null;
  // The free tier's metrics name no period; no minute is refilled after hours.
  if (named === 'quota.unspecified' && decisive?.quotaMetric && (toldMs(reading) ?? 0) > BELIEVED_DAILY_MS)
    return medium(
      decisive.quotaMetric.includes('token') ? 'quota.tpd' : 'quota.rpd',
      `quota metric ${decisive.quotaMetric}, which is to be waited for as long as a day's is`,
    );
  return high(named, decisive?.quotaId ? `quota id ${decisive.quotaId}` : `quota metric ${decisive?.quotaMetric ?? 'named by a gateway'}`);
}

const REASONS: Readonly<Record<string, ErrorClass>> = {
  ACCESS_TOKEN_TYPE_UNSUPPORTED: 'auth.key-invalid',
  ACCESS_TOKEN_EXPIRED: 'auth.key-expired',
  CREDENTIALS_MISSING: 'auth.key-invalid',
  ACCESS_TOKEN_SCOPE_INSUFFICIENT: 'auth.key-mismatch',
  RESOURCE_PROJECT_INVALID: 'auth.key-mismatch',
  API_KEY_SERVICE_BLOCKED: 'auth.api-blocked',
  SERVICE_DISABLED: 'auth.api-disabled',
  IAM_PERMISSION_DENIED: 'auth.iam',
  USER_PROJECT_DENIED: 'auth.iam',
  BILLING_DISABLED: 'auth.billing-disabled',
  CONSUMER_SUSPENDED: 'auth.suspended',
  ACCOUNT_STATE_INVALID: 'auth.suspended',
  LOCATION_POLICY_VIOLATED: 'auth.region',
  API_KEY_HTTP_REFERRER_BLOCKED: 'auth.referrer-or-ip-blocked',
  API_KEY_IP_ADDRESS_BLOCKED: 'auth.referrer-or-ip-blocked',
  API_KEY_ANDROID_APP_BLOCKED: 'auth.referrer-or-ip-blocked',
  API_KEY_IOS_APP_BLOCKED: 'auth.referrer-or-ip-blocked',
  QUOTA_EXHAUSTED: 'quota.rpd',
  RATE_LIMIT_EXCEEDED: 'quota.rpm',
};

function reason({ reading, text }: Case): Finding | null {
  for (const found of reading.reasons) {
    if (found === 'API_KEY_INVALID') return high(text.includes('expired') ? 'auth.key-expired' : 'auth.key-invalid', `reason ${found}`);
    if (found === 'CONSUMER_INVALID') return high(isPlaceholder(text) ? 'auth.key-mismatch' : 'auth.iam', `reason ${found}`);
    if (Object.hasOwn(REASONS, found)) return high(REASONS[found] ?? 'unknown', `reason ${found}`);
  }
  return null;
}

/** `reason: SERVICE_DISABLED` where no structure is left; those that quota bodies share are not read this way. */
function spokenReason({ text, reading }: Case): Finding | null {
  const spoken = [...text.matchAll(/\breason\\?["']?\s*[:=]\s*\\?["']?([a-z]+(?:_[a-z]+)+)\b/g)].map(([, name = '']) => name.toUpperCase());
  // In capitals such a name stands for itself.
  const named = reading.messages.flatMap((message) => message.slice(0, 5000).match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? []);
  for (const found of [...spoken, ...named]) {
    const expired = text.includes('expired') ? 'auth.key-expired' : 'auth.key-invalid';
    const meant = found === 'API_KEY_INVALID' ? expired : Object.hasOwn(REASONS, found) ? REASONS[found] : undefined;
    if (meant !== undefined && !meant.startsWith('quota.'))
      return { class: meant, confidence: 'medium', evidence: `the text names the reason ${found}` };
  }
  return null;
}

function gateway({ reading, text }: Case): Finding | null {
  if (reading.gateway.sharedPool || text.includes('rate-limited upstream')) {
    return { ...high('quota.shared-capacity', "the gateway's pool is full"), retryable: 'after-delay' };
  }
  if (reading.gateway.errorTypes.some((type) => /overloaded|unavailable/.test(type)))
    return high('capacity.overloaded', 'the gateway says its provider is overloaded');
  return null;
}

function withheld({ reading }: Case): Finding | null {
  const found = filterClass(reading);
  if (found)
    return high(
      found,
      `${reading.blockReasons.length > 0 ? 'blockReason' : 'finishReason'} ${[...reading.blockReasons, ...reading.finishReasons].join(' ')}`,
    );
  return null;
}

function filtered(one: Case): Finding | null {
  const found = withheld(one);
  if (found) return found;
  const { reading, text } = one;
  const spoken = (FILTER_WORDS.exec(text)?.[1] ?? spokenFilterReason(text))?.toUpperCase();
  if (spoken && Object.hasOwn(FINISHES, spoken)) {
    return { class: FINISHES[spoken] ?? 'unknown', confidence: 'medium', evidence: `the text names the filter reason ${spoken}` };
  }
  if (!reading.hasResult || reading.prose.length === 0 || reading.images > 0) return null;
  const refuses = reading.prose.some((prose) => /\b(?:can(?:'|’)?t|cannot|can not|unable|won(?:'|’)t|not able|sorry)\b/i.test(prose));
  if (!refuses && !/image|banana/i.test(reading.model ?? '')) return null;
  return high('safety.no-image', 'text where the image should be');
}

/** Codes of the Interactions API. Source: ai.google.dev/gemini-api/docs/api-errors, newest public copies, 2026. */
const WORDS: Readonly<Record<string, ErrorClass>> = {
  invalid_request: 'request.invalid',
  parameter_unknown: 'request.invalid',
  out_of_range: 'request.invalid',
  unimplemented: 'request.invalid',
  already_exists: 'request.invalid',
  payment_required: 'billing.prepay-depleted',
  permission_denied: 'auth.key-mismatch',
  authentication: 'auth.key-invalid',
  model_not_found: 'request.model-not-found',
  not_found: 'request.model-not-found',
  too_many_requests: 'quota.unspecified',
  aborted: 'server.internal',
  cancelled: 'client.cancelled',
  api_error: 'server.internal',
  service_unavailable: 'capacity.overloaded',
  deadline_exceeded: 'server.timeout',
};

/** Codes that every second API has. */
const ANYBODYS = /^(?:permission_denied|not_found|cancelled|aborted|already_exists|authentication|out_of_range|unimplemented)$/;

function word(one: Case): Finding | null {
  const { reading, text } = one;
  for (const code of new Set(reading.words)) {
    if (ANYBODYS.test(code) && one.fromAnywhere && !one.ours && !one.relayed) continue;
    if (code === 'rate_limit_exceeded') return high(kindOf(text, 'minute'), `code ${code}`);
    if (code === 'quota_exceeded') return high(kindOf(text, 'day'), `code ${code}`);
    // Its sentence tells more than its code.
    if (code === 'failed_precondition') continue;
    if (Object.hasOwn(WORDS, code) && worded({ ...one, status: null, ours: true }) === null)
      return high(WORDS[code] ?? 'unknown', `code ${code}`);
  }
  return null;
}

// Key words

function worded(one: Case): Finding | null {
  const silent = (one.ours || !one.reading.hasError) && !one.reading.hasResult && (one.status === null || one.status === 0);
  const mayBeOurs = one.ours || (!namesOtherHosts(one.text) && (one.relayed || !one.fromAnywhere || tellsOnlyOfTheConnection(one.text)));
  const rules = silent && mayBeOurs ? [...NETWORK_RULES, ...WORD_RULES] : WORD_RULES;
  // Where a success answer holds text, that is the model's, not the service's.
  if (one.reading.hasResult && !one.reading.hasError) return null;
  for (const rule of rules) {
    const words = rule.when.exec(one.text)?.[0];
    if (words === undefined || (rule.googleOnly && !one.ours && !speaksLikeGoogle(one) && !/resource_exhausted/.test(one.text))) continue;
    const found = typeof rule.class === 'function' ? rule.class(one) : rule.class;
    // A lost connection without a host may be anybody's.
    const isAnybodys = NETWORK_RULES.includes(rule) && !one.ours;
    const finding: Finding = { class: found, confidence: isAnybodys ? 'low' : 'medium', evidence: `the words "${words}"` };
    return rule.retryable ? { ...finding, retryable: rule.retryable } : finding;
  }
  return null;
}

/** What the gateway met before, when its last word says nothing. The latest try counts most. */
function previously(reading: Reading): Finding | null {
  for (const earlier of reading.previous.toReversed()) {
    const inner = readValue({ error: earlier });
    const one = caseOf(inner, {});
    const found = lookalikeOf(one) ? null : (structured(one) ?? worded(one) ?? byStatus(one));
    if (found) return { ...found, confidence: 'medium', evidence: `${found.evidence} (an earlier try of the gateway)` };
  }
  return null;
}

// Verdicts

function verdict(one: Case, finding: Finding): Verdict {
  const advice = adviceFor(finding.class);
  const retryable = finding.retryable ?? advice.retryable;
  const isQuota = finding.class.startsWith('quota.') || finding.class === 'billing.monthly-cap';
  const decisive = isQuota ? governing(one.reading.violations) : null;
  const poolOfGateway = one.reading.gateway.seen && !one.reading.gateway.ownKey && finding.class.startsWith('quota.');
  return {
    class: finding.class,
    bucket: bucketOf(finding.class, decisive?.bucket ?? null),
    retryable,
    waitMs: waitMs(one, finding.class, retryable),
    whose: poolOfGateway ? 'a gateway' : advice.whose,
    fix: advice.fix,
    confidence: finding.confidence,
    evidence: evidence(one, finding),
    quotaId: decisive?.quotaId ?? null,
    limit: decisive?.limit ?? (finding.class === 'quota.zero-limit' ? 0 : null),
    model: decisive?.model ?? null,
  };
}

function bucketOf(errorClass: ErrorClass, named: BucketName | null): BucketName | null {
  switch (errorClass) {
    case 'quota.rpm':
    case 'quota.tpm':
    case 'quota.ipm':
    case 'quota.rpd':
    case 'quota.tpd':
      return errorClass.slice('quota.'.length) as BucketName; // each of these is the name of a bucket
    case 'quota.spend':
      return 'spend10m';
    case 'billing.monthly-cap':
      return 'monthly';
    case 'quota.zero-limit':
    case 'quota.unspecified':
      return named ?? 'unnamed';
    default:
      return null;
  }
}

/** A daily quota often tells seconds; only delays above this are believed for it. */
const BELIEVED_DAILY_MS = 600_000;
const MINUTE_MS = 60_000;
const SPEND_WINDOW_MS = 600_000;
/** A RetryInfo was floored to whole seconds; this makes up for it. */
export const FLOORED_MS = 1000;

/** What the answer itself tells a client to wait: its sentence, else RetryInfo and a second, else what a gateway says. */
export function toldMs(reading: Reading): number | null {
  // A page speaks to people; only its header speaks to clients.
  if (reading.html) return reading.gatewayDelayMs;
  return reading.saidDelayMs ?? (reading.retryInfoMs === null ? reading.gatewayDelayMs : reading.retryInfoMs + FLOORED_MS);
}

function waitMs({ reading }: Case, errorClass: ErrorClass, retryable: Retryable): number | null {
  const told = toldMs(reading);
  if (errorClass === 'quota.rpd' || errorClass === 'quota.tpd') return told !== null && told > BELIEVED_DAILY_MS ? told : null;
  if (retryable === 'no') return null;
  if (told !== null) return told;
  if (errorClass === 'quota.spend') return SPEND_WINDOW_MS;
  const perMinute = errorClass === 'quota.rpm' || errorClass === 'quota.tpm' || errorClass === 'quota.ipm';
  return perMinute ? MINUTE_MS : null;
}

function evidence({ reading, status }: Case, finding: Finding): string[] {
  // What the rules themselves write holds nothing of anybody's.
  const lines = [redact(finding.evidence)];
  if (status !== null) lines.push(`HTTP ${status}`);
  for (const name of new Set(reading.statuses)) if (GOOGLE_STATUS.test(name)) lines.push(`status ${name}`);
  for (const { quotaId, limit, model } of reading.violations.slice(0, 6)) {
    if (quotaId) lines.push(redact(`${quotaId}${limit === null ? '' : `, limit ${limit}`}${model === null ? '' : `, model ${model}`}`));
  }
  const told = toldMs(reading);
  if (told !== null) lines.push(`the answer tells to wait ${told} ms`);
  return [...new Set(lines)];
}

function unknown(lines: readonly string[]): Verdict {
  const advice = adviceFor('unknown');
  return {
    class: 'unknown',
    bucket: null,
    retryable: advice.retryable,
    waitMs: null,
    whose: null,
    fix: advice.fix,
    confidence: 'low',
    evidence: lines.map(redact),
    quotaId: null,
    limit: null,
    model: null,
  };
}

function missing(one: Case): string {
  if (one.reading.messages.length === 0 && one.status === null) return 'the answer: neither a status nor a body was given';
  if (one.status !== null && one.status < 400) return 'an error, a block or finish reason; this reads like a success';
  const lacks = [
    one.status === null ? 'the HTTP status' : null,
    one.reading.statuses.length === 0 ? 'error.status' : null,
    one.reading.violations.length === 0 ? 'error.details' : null,
  ];
  return `${lacks.filter((lack) => lack !== null).join(', ')}: no field or phrase of the Gemini APIs was found`;
}
