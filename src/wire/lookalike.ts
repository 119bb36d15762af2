/** What reads like an error of these APIs and is none: other vendors, other services of Google, sizes of gRPC, pictures delivered. */
import { type Case, hasGoogleStatus, hostsIn, isOurs, RELAYS, speaksLikeGoogle } from './case.ts';
import { FILTER_WORDS, filterClass } from './filter-reasons.ts';
import { isForeignPage } from './pages.ts';
import type { Reading } from './reading.ts';

const OTHER_VENDORS =
  /insufficient_quota|openai|anthropic|claude|\bgpt-?\d|youtube|mistral|groq|bedrock|deepseek|\bx\.ai\b|x-ai\/|z-ai\/|qwen|tongyi|dashscope|moonshot|\bkimi\b|\bllama-?\d|cohere|\breplicate\b|stability\.ai|\bfal\.ai|\bxai\b|cerebras|together\.ai|fireworks\.ai|siliconflow|minimax|zhipu|bigmodel|volcengine|doubao|hunyuan|qianfan|midjourney|\bkling|black ?forest|\bbfl\b|recraft|leonardo\.ai|hugging ?face|perplexity|eleven ?labs|deepgram|assemblyai|rapidapi|runwayml|\bcopilot\b|ideogram|azure/i;
/** What only other vendors' own answers say; a product of ours beside it is named in passing. */
const VENDOR_ITSELF = /platform\.openai\.com\/(?:docs|account)|azure openai's|azureexception/;
const OUR_SERVICES = /generativelanguage|aiplatform|firebasevertexai|cloudcode|cloudaicompanion|serviceusage|cloudquotas/;
/** Those of them that count pictures and prompts. */
const OUR_QUOTAS = /generativelanguage|aiplatform|firebasevertexai|cloudcode|cloudaicompanion/;
/** The Agent Platform also rents machines. */
const TRAINING = /aiplatform\.googleapis\.com\/(?:custom_model_|\w{1,80}_[gtc]pus\b)/;
/** Hosts that say nothing about which service was asked. */
const SHARED_HOSTS = /^(?:www|type|oauth2|sts|iamcredentials|iam|accounts)\.googleapis\.com$/;

export function lookalikeOf(one: Case): string | null {
  const { reading, text, ours, status } = one;
  if (
    /(?:message|frame) (?:length )?(?:is )?(?:too large|larger than|exceeds)|larger than max|max(?:imum)? (?:receive |send )?message (?:size|length)/.test(
      text,
    )
  ) {
    return 'a size limit of gRPC, not a quota; missing: the answer of the service itself';
  }
  if (
    status === null &&
    NAMESAKE.test(text) &&
    !hasGoogleStatus(reading) &&
    !FILTER_WORDS.test(text) &&
    !isOurs(text.replace(BARE_NAME, ''))
  )
    return 'another bearer of the name Gemini; missing: a model, an address or a sentence of the API';
  const [, denied, required] = FOREIGN_PERMISSION.exec(text) ?? [];
  const owner = denied ?? required;
  if (owner) return `a permission of ${owner}, not of the image APIs; missing: a permission of aiplatform`;
  const services = servicesOf(reading, text);
  const ownQuotas = reading.violations.length === 0 ? OUR_SERVICES : OUR_QUOTAS;
  if (TRAINING.test(text))
    return 'a quota of training or serving own models, not of the image APIs; missing: a quota of generateContent or predict';
  if (services.length > 0 && !services.some((service) => ownQuotas.test(service)))
    return `a quota of ${services[0] ?? ''}, not of the image APIs; missing: a quota of generativelanguage or aiplatform`;
  const [, provider = ''] = /litellm[\s\S]*?\b([a-z_]{2,40})exception\s*-\s/.exec(text) ?? [];
  if (provider !== '' && !/vertex|gemini|google|openrouter|proxy/.test(provider) && !ours && !speaksLikeGoogle(one))
    return `an error of ${provider}; missing: a model or provider of Google`;
  if (VENDOR_ITSELF.test(text) && !speaksLikeGoogle(one) && !/ai\.google\.dev|googleapis|gemini-\d|vertex_ai\//.test(text))
    return 'an answer of another vendor; missing: a sentence, status or address of Google';
  const names = `${text} ${reading.words.join(' ')} ${reading.reasons.join(' ')} ${reading.gateway.seen ? '' : (reading.model ?? '')}`;
  if (
    /youtube|\bapi\.(?:sandbox\.)?gemini\.com/.test(text) ||
    (!ours &&
      ((OTHER_VENDORS.test(names) && !speaksLikeGoogle(one)) ||
        reading.reasons.some((reason) => /^(?:quotaExceeded|dailyLimitExceeded)$/.test(reason)) ||
        reading.domains.includes('usageLimits')))
  ) {
    return 'the words of another service; missing: a field of Google, such as status RESOURCE_EXHAUSTED or details';
  }
  if (
    reading.foreignFields &&
    (reading.words.length > 0 || reading.codes.length === 0 || reading.numericStatus) &&
    !ours &&
    !speaksLikeGoogle(one)
  ) {
    return "another vendor's error object; missing: a field of Google, such as status or details";
  }
  if (!ours && reading.gateway.provider !== null && !/google|vertex/i.test(reading.gateway.provider)) {
    return `an answer of ${reading.gateway.provider} through a gateway; missing: a model or provider of Google`;
  }
  const withheld = filterClass(reading) !== null && filterClass(reading) !== 'safety.no-image';
  if (reading.images > 0 && !withheld && !reading.hasError && (status ?? 200) < 400) return 'an image was delivered; missing: an error';
  return null;
}

/** An exchange, a star sign, a telescope, a spacecraft, a protocol: none of them makes pictures. */
const NAMESAKE =
  /\bgemini:\/\/|\b(?:crypto\w*|bitcoin|btc|eth(?:ereum|usd)?|stablecoin|withdrawals?|custody|horoscopes?|zodiac|astrolog\w*|star signs?|aries|taurus|virgo|scorpio|sagittarius|capricorn|aquarius|pisces|telescopes?|observator\w+|constellations?|spacecraft|astronauts?|nasa|capsule)\b|\bgemini \((?:may|june|21)/;
const BARE_NAME =
  /\bgemini\b(?![-_ ./]?(?:\d|api|pro\b|flash|image|nano|ultra|cli|model|ai\b|error|key|client|call|request|response|provider))/g;

/** Google services that the answer names: in its details, by the host of a reason, or in the text. */
function servicesOf(reading: Reading, text: string): string[] {
  const named = [...reading.services, ...reading.domains].filter((service) => service.endsWith('.googleapis.com'));
  const spoken = [...text.matchAll(/\b[a-z0-9.-]{2,60}\.googleapis\.com\b/g)].map(([host]) => host);
  return (named.length > 0 ? named : spoken).filter((service) => !SHARED_HOSTS.test(service));
}

/** `permission 'storage.objects.get' denied`, or `required 'compute.instances.list' permission`. */
const FOREIGN_PERMISSION =
  /permission:? '(?!aiplatform|cloudaicompanion|generativelanguage|serviceusage|firebase)([a-z]+)\.[a-z]+\.[a-z]+' denied|required '(?!aiplatform|cloudaicompanion|generativelanguage|serviceusage|firebase)([a-z]+)\.[a-z]+\.[a-z]+' permission/;

/** Other services of Google, by package or product: they share status words and sentences. */
const GOOGLE_ELSEWHERE =
  /firestore|firebase[._-]?(?:storage|auth|messaging|functions)|storageexception|bigquery|big query|\bspanner|\bpub\/?sub|bigtable|cloud (?:run|storage|sql|functions|translation|vision)|cloud\.google\.com\/(?:run|bigquery|compute|storage|spanner|sql|functions|kubernetes-engine|pubsub)|compute engine|google[./]cloud[./](?!aiplatform|vertexai)[a-z]|googleapis\.com\/(?:bigquery|drive|calendar|gmail|youtube|storage)|gs:\/\/|google[-. ]?ads\b|androidpublisher|google play\b|play developer|admob|adsense|admanager|search console|analytics ?(?:data|admin)\b|google (?:docs|sheets|slides|forms|photos|translate|maps|calendar|classroom|workspace)\b|dialogflow|document ?ai\b|discovery ?engine|secret ?manager|cloud ?(?:kms|tasks|scheduler|build)\b|artifact ?registry|\bdatastore|dataflow|dataproc|app ?engine\b|storage\.(?:objects|buckets)|not found: (?:dataset|table|job|bucket|topic|subscription|instance|secret)\b/;

/** Services that answer with the same numbers and words, and are named beside them; lines of a web server's own log. */
const ELSEWHERE =
  /\bnpm (?:err|error|warn)|registry\.npmjs|pypi\.org|\bgit (?:push|pull|clone|fetch)\b|github\.com|docker(?:hub|\.io| pull)|\bpostgres|sqlstate|\bjdbc|psycopg|rabbitmq|\bamqp|\bsmtp|\bimap|\bldap|elasticsearch|\bmysql|\bmongo|\bredis|\bkafka|:(?:5432|3306|27017|6379|9092|5672|9200)\b|\bs3\b|dynamodb|\bstripe|twilio|sendgrid|kubelet|imagepull|etcdserver|\boom\b|out of memory|cosmos|request units|^(?:get|head|post|put|delete) \/|"(?:get|head|post|put|patch|delete|options) \/\S{0,2000} http\/[\d.]+" \d{3}\b|\bupstream: "|limiting requests|\bssh:|arn:aws|exception\) when calling the/;

/** Whoever refused is named beside the number; what the text is about otherwise does not matter. */
const FROM_OTHERS =
  /\b[45]\d\d (?:[a-z]+ ){0,3}from (?:the )?(?:discord|telegram|slack|twitter|github|gitlab|docker|npm|openai|claude|anthropic|stripe|supabase|shopify|notion|wordpress)\b|\b(?:docker (?:pull|push)|git (?:push|pull|clone)|npm (?:install|publish|ci)) failed\b|\bfailed to pull image\b|\bback-?off pulling image\b|\b(?:errimagepull|imagepullbackoff|failedscheduling)\b|\bfatal: unable to access '|\bremote: |^(?:discord|telegram|slack|twitter|notion|paypal|github|gitlab|shopify|stripe)\b[^:\n]{0,20}: ?\d{3}\b|https?:\/\/(?:files\.pythonhosted\.org|pypi\.org|registry\.(?:npmjs\.org|yarnpkg\.com)|proxy\.golang\.org|repo1?\.maven\.\w+|rubygems\.org|crates\.io)\/(?!.*(?:generativelanguage|aiplatform))/;

/** What vendors sign their answers with. */
const FOREIGN_HEADERS = /^(?:x-github-|x-amz|x-ms-|openai-|anthropic-|x-shopify-|stripe-|x-slack-|apim-)/;

/** For texts only: of an answer from a known address it is known who was asked. */
export function elsewhere(one: Case, body: string, headers: Readonly<Record<string, string>> = {}): string | null {
  if (isForeignPage(one, body)) return 'a page of another site; missing: an address of the Gemini APIs';
  if (FROM_OTHERS.test(one.text) && !speaksLikeGoogle(one)) return 'a refusal of another service; missing: one of the Gemini APIs';
  if (one.ours || one.reading.gateway.seen) return null;
  const isForeign =
    GOOGLE_ELSEWHERE.test(one.text) ||
    (!hasGoogleStatus(one.reading) && ELSEWHERE.test(one.text)) ||
    (!speaksLikeGoogle(one) && namesOtherHosts(one.text)) ||
    Object.keys(headers).some((name) => FOREIGN_HEADERS.test(name.toLowerCase()));
  return isForeign ? 'the words of another service; missing: a field or address of the Gemini APIs' : null;
}

export function namesOtherHosts(text: string): boolean {
  const hosts = hostsIn(text);
  return hosts.length > 0 && !hosts.some((host) => RELAYS.test(host));
}
