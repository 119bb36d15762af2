/** What reads like an error of these APIs and is none: other vendors, other services of Google, sizes of gRPC, pictures delivered. */
import { type Case, hasGoogleStatus } from './case.ts';
import { filterClass } from './filter-reasons.ts';

const OTHER_VENDORS = /insufficient_quota|openai|anthropic|claude|\bgpt-?\d|youtube|mistral|groq|bedrock|deepseek|\bx\.ai\b/i;
const OUR_SERVICES = /generativelanguage|aiplatform|firebasevertexai|cloudcode|cloudaicompanion|serviceusage|cloudquotas/;

export function lookalikeOf({ reading, text, ours, status }: Case): string | null {
  if (
    /(?:message|frame) (?:length )?(?:is )?(?:too large|larger than|exceeds)|larger than max|max(?:imum)? (?:receive |send )?message (?:size|length)/.test(
      text,
    )
  ) {
    return 'a size limit of gRPC, not a quota; missing: the answer of the service itself';
  }
  const services = reading.services.filter((service) => service.endsWith('.googleapis.com'));
  if (services.length > 0 && !services.some((service) => OUR_SERVICES.test(service)))
    return `a quota of ${services[0] ?? ''}, not of the image APIs; missing: a quota of generativelanguage or aiplatform`;
  const names = `${text} ${reading.words.join(' ')} ${reading.reasons.join(' ')} ${reading.gateway.seen ? '' : (reading.model ?? '')}`;
  if (
    /youtube/.test(text) ||
    (!ours && (OTHER_VENDORS.test(names) || reading.reasons.some((reason) => /^(?:quotaExceeded|dailyLimitExceeded)$/.test(reason))))
  ) {
    return 'the words of another service; missing: a field of Google, such as status RESOURCE_EXHAUSTED or details';
  }
  if (reading.foreignFields && reading.words.length > 0 && !ours && !hasGoogleStatus(reading)) {
    return "another vendor's error object; missing: a field of Google, such as status or details";
  }
  const withheld = filterClass(reading) !== null && filterClass(reading) !== 'safety.no-image';
  if (reading.images > 0 && !withheld && !reading.hasError && (status ?? 200) < 400) return 'an image was delivered; missing: an error';
  return null;
}

/** Services that answer with the same numbers and words, and are named beside them. */
const ELSEWHERE =
  /\bnpm (?:err|error|warn)|registry\.npmjs|pypi\.org|\bgit (?:push|pull|clone|fetch)\b|github\.com|docker(?:hub|\.io| pull)|\bpostgres|\bmysql|\bmongo|\bredis|\bkafka|:(?:5432|3306|27017|6379|9092|5672|9200)\b|\bs3\b|dynamodb|\bstripe|twilio|sendgrid|kubelet|imagepull|etcdserver|gs:\/\/|storage\.(?:objects|buckets)|\boom\b|out of memory|^(?:get|head|post|put|delete) \//;

/** For texts only: of an answer with a status it is known who was asked. */
export function elsewhere({ reading, text, ours }: Case): string | null {
  const isForeign = !ours && !hasGoogleStatus(reading) && !reading.gateway.seen && ELSEWHERE.test(text);
  return isForeign ? 'the words of another service; missing: a field or address of the Gemini APIs' : null;
}

/** Hosts before which another answer may stand: relays of these APIs, and one's own machine. */
const RELAYS = /^(?:localhost|127\.|\[?::1|.*(?:gateway|proxy|relay|openrouter|litellm|portkey|helicone|cloudflare|vercel|\bai\b|llm))/;

export function namesOtherHosts(text: string): boolean {
  const hosts = [...text.matchAll(/https?:\/\/([^\s/"'<>)]{1,200})/g)].map(([, host = '']) => host);
  return hosts.length > 0 && !hosts.some((host) => RELAYS.test(host));
}
