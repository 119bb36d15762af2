/** An answer as the rules of the classifier look at it: its status, its words on one line, and whether anything in it is Google's. */
import type { Reading } from './reading.ts';

export interface Answer {
  readonly status?: number | null;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Somebody pasted it: whom it comes from is not known. */
  readonly pasted?: boolean;
}

/** What a rule looks at. */
export interface Case {
  readonly reading: Reading;
  /** HTTP status: of the answer, or, in its absence or when it is 200, of the error inside. */
  readonly status: number | null;
  /** All sentences on one line, lower case. */
  readonly text: string;
  /** Something in it belongs to Google's image APIs. */
  readonly ours: boolean;
  /** Its errors stand in a list, with numbers for codes, as only Google's compatible endpoint writes them. */
  readonly isListed: boolean;
  /** It names a gateway through which these APIs are called, among others. */
  readonly relayed: boolean;
  /** Of an answer from a known address it is known who was asked, and that it is one. */
  readonly fromAnywhere: boolean;
}

const TEXT_CHARS_MAX = 40_000;

export function caseOf(reading: Reading, answer: Answer): Case {
  const outer = answer.status ?? null;
  const inner = reading.codes.findLast((code) => code >= 400 && code < 600) ?? null;
  const text = reading.messages.join(' ').slice(0, TEXT_CHARS_MAX);
  const everything = `${text} ${reading.statuses.join(' ')} ${reading.services.join(' ')} ${reading.reasons.join(' ')} ${reading.model ?? ''} ${(answer.body ?? '').slice(0, TEXT_CHARS_MAX)}`;
  const ours = isOurs(everything);
  const status = outer === null || outer < 400 ? (inner ?? spokenStatus(text) ?? (ours ? looseStatus(text) : null) ?? outer) : outer;
  const fromAnywhere = outer === null || answer.pasted === true;
  const isListed = LISTED.test(answer.body ?? '');
  const relayed = reading.gateway.seen || (fromAnywhere && GATEWAYS.test(everything));
  return { reading, status, text: text.replace(/[’‘]/g, "'").replace(/\s+/g, ' ').toLowerCase(), ours, isListed, relayed, fromAnywhere };
}

const OURS =
  /generative ?language|aiplatform|firebase[-_. ]?(?:vertex)?ai|cloudcode-pa|gemini|ai\.google\.dev|ai[-_. ]?studio|\bvertex[-_. ]?ai|vertex\/|\bimagen(?:[-_ ]?\d|[-_]|\s+(?:api|models?|on|is only)\b)|imagegeneration@|nano.?banana|google[-_/. ]?gen|generative ?ai|cloudaicompanion|code assist|quotafailure|generate_?content|\/v1beta\/(?:models|files|openai)|"provider"\s*:\s*"google|\bimage_?config\b|\bgenai\b|google's safety (?:review|filter|polic|setting)/i;
/** Whether something in these words belongs to Google's image APIs. */
export function isOurs(words: string): boolean {
  return OURS.test(words);
}

const GATEWAYS = /openrouter|gateway\.ai\.cloudflare|ai-gateway\.(?:vercel|helicone)|portkey|helicone/i;
export const GOOGLE_STATUS =
  /^(?:RESOURCE_EXHAUSTED|UNAVAILABLE|INTERNAL|DEADLINE_EXCEEDED|CANCELLED|INVALID_ARGUMENT|FAILED_PRECONDITION|PERMISSION_DENIED|UNAUTHENTICATED|NOT_FOUND|OUT_OF_RANGE|ABORTED|UNKNOWN|UNIMPLEMENTED)$/;

/** `got status: 503`, `429 Too Many Requests`, `HTTP 502`, `[500 Internal Server Error]`. */
export function spokenStatus(text: string): number | null {
  const found =
    /(?:status(?:[_ ]?code)?(?: of)?|http(?:\/[\d.]+)?|code|error)["']?\s*[:=]?\s*\(?([45]\d\d)\b/i.exec(text) ??
    /(?:^|[\s[(>'"])([45]\d\d)\b[\s:.()-]{1,3}(?:too[ _]many|resource_exhausted|service|unavailable|bad gateway|internal|gateway|forbidden|not found|bad request|unauthorized|permission|invalid|deadline|client closed|payment)/i.exec(
      text,
    ) ??
    /\b([45]\d\d) status code \(no body\)|\[([45]\d\d) ?\]/i.exec(text);
  return found ? Number(found[1] ?? found[2]) : null;
}

/** `gemini 429: try again in 1m20s`: a number that stands as a code would, in a text that is about these APIs. */
function looseStatus(text: string): number | null {
  return looselyIn(text.replace(AIMS, ' '));
}

/** `fewer 503 errors`, `handles 429s`: what somebody is after, not what was met. */
const AIMS =
  /\b(?:reduc\w+|avoid\w*|prevent\w*|handl(?:e|es|ing)|eliminat\w+|mitigat\w+|fewer|without|no more|zero) (?:\w+ ){0,2}[45]\d\ds?\b/gi;

function looselyIn(text: string): number | null {
  const found =
    /(?:^|(?<!\d,|\b(?:rooms?|lines?|pages?|floor|flight|route|gate|suite|section|chapter|no\.) ?)[\s([\u3040-\u9fff\uac00-\ud7a3])(40[0134]|408|429|499|50[0234])(?=[:)\]，。、；！？）]|,(?!\s?\d)|\.(?!\d)|\s*$|\s*[-–—|]\s|\s*[\u0400-\u04ff\u3040-\ud7a3]|\s+(?:headers|provider|upstream|retry|try|please|from|response|error|client|server|after \d|['{]))/i.exec(
      text,
    );
  const met = found ?? MET.exec(text) ?? (text.length <= TALK_CHARS_MAX && COMPLAINT.test(text) ? BESIDE.exec(text) : null);
  return met ? Number(met[1]) : null;
}

/** `I keep getting a 429 with …`, `gives me 503`, `this 403 error`; never `got 500 images`. */
const MET =
  /\b(?:get(?:s|ting)?|got|gives?|giving|gave|return(?:s|ed|ing)?|throw(?:s|n|ing)?|threw|see(?:s|ing|n)?|receiv(?:e[sd]?|ing)|hit(?:s|ting)?|fail(?:s|ed|ing)? with|runs? into|keeps?|constant|constantly|always|errors?|this|these|just) (?:me |us |back |the |an? |only |this |constant |random |persistent |http |error |status ){0,3}(40[0134]|408|429|499|50[0234])s?\b(?!\.?\d|%|\s?(?:px|ms|kb|mb|gb|x)\b| (?!errors\b|responses\b|always\b)[a-z]{3,}[^\Ws]s\b)/i;

const TALK_CHARS_MAX = 400;
/** Somebody met it; a description of what a program does has none of these. */
const COMPLAINT =
  /\b(?:i|im|i'm|my|me|we|anyone|someone|same (?:issue|problem|error|here)|fails?|failing|keeps|today|yesterday|since|suddenly|help)\b|[!?？]/i;
/** In a few words of somebody's, numbers that count nothing; 400 and 500 may. */
const BESIDE =
  /(?:^|[^\S\n]|[\u3040-\u9fff\uac00-\ud7a3])(?<!\b(?:lines?|port|page|position|version|id|no|seed|took|about|around|over|than|of) )(40[134]|429|499|50[234])s?\b(?!\.?\d|[%:/]|\s?(?:px|ms|kb|mb|gb|x)\b| (?!errors\b|responses\b|always\b)[a-z]{3,}[^\Ws]s\b)/i;

export function hasGoogleStatus(reading: Reading): boolean {
  return reading.statuses.some((status) => GOOGLE_STATUS.test(status));
}

/** Sentences that Google's services, or gateways to them, write, whoever passes them on. */
const SENTENCES =
  /\berror \d{3}, message: |\b[45]\d\d (?:invalid_argument|permission_denied|resource_exhausted|unavailable|not_found|internal|failed_precondition|unauthenticated|deadline_exceeded)\. |google\.api_core|com\.google\.api\.gax|\bnew_api_error|image generation failed with the following error|google's (?:responsible ai|safety)|`?response\.(?:parts|text)`? quick accessor|vertex ai's usage guidelines|api keys are not supported by this api|expected oauth ?2 access token|no (?:cookie )?auth credentials found|unable to submit request because|models\/gemini|function (?:response|call) parts|thought_?signature|invalid value at '(?:contents|generation_config|system_instruction|safety_settings|tools)|resource has been exhausted \(e\.g|resource exhausted\. please try again later|the caller does not have permission|request contains an invalid argument|the model is overloaded\. please try again|currently experiencing high demand\. spikes|api key not valid\b|please pass a valid api key|renew the api key|user location is not supported for the api|deadline expired before operation could complete|prepayment credits are|spend-based rate limit/;

export function speaksLikeGoogle({ reading, text, isListed }: Case): boolean {
  return hasGoogleStatus(reading) || SENTENCES.test(text) || isListed;
}

/** `Error code: 429 - [{'error': {'code': 429, …` */
const LISTED = /\[\{\s?\\?['"]error\\?['"]:\s?\{\s?\\?['"]code\\?['"]:\s?[45]\d\d\b/;

/** Hosts in addresses, and in what network libraries say of a host that they could not reach. */
export function hostsIn(text: string): string[] {
  return [...text.matchAll(ADDRESSED)].map(([, inUrl, spoken]) => (inUrl ?? spoken ?? '').toLowerCase());
}

const ADDRESSED =
  /(?:https?|wss?):\/\/([^\s/"'<>)?#\\]{1,200})|(?:enotfound|eai_again|econnrefused|econnreset|etimedout|could not resolve host:|failed to connect to|lookup|connect to host|host=|resolve '|host ')\s?['"]?((?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}|(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3})\b/gi;

/** Hosts before which another answer may stand: relays of these APIs, and one's own machine. */
export const RELAYS =
  /^(?:localhost|127\.|\[?::1|.*(?:google|mozilla|gateway|proxy|relay|openrouter|litellm|portkey|helicone|cloudflare|vercel|\bai\b|llm))/;
