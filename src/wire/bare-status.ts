/** What a status means where nothing else is said: Google's own words, HTTP's numbers, and when a number may be believed at all. */
import type { ErrorClass } from '../model/names.ts';
import { type Case, speaksLikeGoogle } from './case.ts';
import type { Finding } from './finding.ts';

const GOOGLE_STATUSES: Readonly<Record<string, ErrorClass>> = {
  RESOURCE_EXHAUSTED: 'quota.unspecified',
  UNAVAILABLE: 'capacity.overloaded',
  INTERNAL: 'server.internal',
  UNKNOWN: 'server.internal',
  ABORTED: 'server.internal',
  DEADLINE_EXCEEDED: 'server.timeout',
  CANCELLED: 'client.cancelled',
  INVALID_ARGUMENT: 'request.invalid',
  FAILED_PRECONDITION: 'request.invalid',
  OUT_OF_RANGE: 'request.invalid',
  UNIMPLEMENTED: 'request.invalid',
  PERMISSION_DENIED: 'auth.key-mismatch',
  UNAUTHENTICATED: 'auth.key-invalid',
  NOT_FOUND: 'request.model-not-found',
};

const HTTP_STATUSES: Readonly<Record<number, ErrorClass>> = {
  400: 'request.invalid',
  401: 'auth.key-invalid',
  402: 'billing.prepay-depleted',
  403: 'auth.key-mismatch',
  404: 'request.model-not-found',
  408: 'server.timeout',
  413: 'request.invalid',
  416: 'request.invalid',
  429: 'quota.unspecified',
  499: 'client.cancelled',
  500: 'server.internal',
  502: 'server.bad-gateway',
  503: 'capacity.overloaded',
  504: 'server.timeout',
  524: 'server.bad-gateway',
  529: 'capacity.overloaded',
};

/** The class of a status alone: Google's word for it, else the number. */
export function byStatus({ reading, status }: Case): Finding | null {
  const google = reading.statuses.findLast((one) => Object.hasOwn(GOOGLE_STATUSES, one)) ?? spokenGoogleStatus(reading.messages.join(' '));
  // UNAVAILABLE behind a 502 and the like: the number is nearer to what happened.
  if (google && (status === null || status < 400 || status === 429 || HTTP_STATUSES[status] === undefined || google !== 'UNKNOWN')) {
    return { class: GOOGLE_STATUSES[google] ?? 'unknown', confidence: 'medium', evidence: `status ${google}` };
  }
  const found = status === null ? undefined : HTTP_STATUSES[status];
  return found ? { class: found, confidence: 'low', evidence: `only the status ${status}` } : null;
}

/** `RESOURCE_EXHAUSTED`, or `ResourceExhausted` as gRPC's libraries write it; short names count only where they stand as a code. */
function spokenGoogleStatus(text: string): string | undefined {
  const found =
    SPELLED.exec(text)?.[1] ??
    /\b(?:code ?= ?|StatusCode\.|RPCStatus\.)(unavailable|internal|cancell?ed|not_?found|aborted|unknown)\b/i.exec(text)?.[1];
  const bare = found?.replace(/[_ ]/g, '').toLowerCase().replace('canceled', 'cancelled');
  return Object.keys(GOOGLE_STATUSES).find((name) => name.replace('_', '').toLowerCase() === bare);
}

/** In capitals or in one word: `permission_denied` is what anybody may call an error. */
const SPELLED =
  /(RESOURCE_EXHAUSTED|DEADLINE_EXCEEDED|INVALID_ARGUMENT|FAILED_PRECONDITION|PERMISSION_DENIED|UNAUTHENTICATED|[Rr]esourceExhausted|[Dd]eadlineExceeded|[Ii]nvalidArgument|[Ff]ailedPrecondition|[Pp]ermissionDenied|\bUnauthenticated\b)/;

/** The same where the status is all that is known, unless it may be anybody's. */
export function bareStatus(one: Case, body: string): Finding | null {
  const { reading, ours } = one;
  if (reading.hasResult && !reading.hasError && (one.status ?? 200) < 400) return null;
  const isKnownOrigin = ours || one.relayed || speaksLikeGoogle(one) || !one.fromAnywhere;
  if (!isKnownOrigin && GRPC.test(one.text)) return null;
  // A number in an answer of nobody knows whom: it counts where it is all there is, or stands in Google's own form.
  if (
    !isKnownOrigin &&
    (reading.hasError
      ? reading.words.length > 0 || (body.includes('{') && !/\berror\b["'\\]*\s*[:=]/.test(body))
      : !saysNothingElse(one.text, body))
  )
    return null;
  return byStatus(one);
}

/** Every second service speaks it, and its codes are the same everywhere. */
const GRPC = /\brpc error: code = |\bstatusruntimeexception\b|\binactiverpcerror\b|\bgrpc_(?:status|message)\b/;

/** Words that any error line holds, whoever wrote it. */
const NEUTRAL =
  /\b(?:https?|an?|the|of|for|on|in|at|to|from|by|and|or|is|was|be|we|your?|it|this|again|later|please|try(?:ing)?|retr\w+|attempts?|after|seconds?|api|errors?|exceptions?|requests?|responses?|respond\w*|returned|fail\w*|with|status|codes?|url|server|client|service|got|received|no|not|body|too|many|unavailable|temporarily|bad|gateway|timeout|internal|forbidden|found|unauthorized|payment|required|unknown|unexpected|message|call\w*|generat\w*|images?|pictures?|prompts?|models?|workers?|jobs?|tasks?|warn\w*|info|fatal|level|msg|critical|ratelimit|rate|limit(?:ed|s)?|exceeded|quota|http\w*error|resource_?exhausted|deadline_?exceeded|invalid_?argument|failed_?precondition|permission_?denied|unauthenticated|not_?found|cancell?ed|aborted)\b/gi;
const OTHER_LETTERS_MAX = 8;

/** `Request failed with status code 429`: beside the number nothing that another matter would be about. */
function saysNothingElse(text: string, body: string): boolean {
  if (text.length > 200 || /^\s*[{[]/.test(body)) return false;
  const words = text.replace(/([a-z])(?=error\b|exception\b)/g, '$1 ').replace(NEUTRAL, '');
  return words.replace(/[^\p{L}]/gu, '').length <= OTHER_LETTERS_MAX;
}
