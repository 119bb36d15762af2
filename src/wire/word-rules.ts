/** The words that mean a class where no structure says it: sentences of the service, of its SDKs, and of clients that got no answer. */
import type { Retryable } from '../model/diagnosis.ts';
import type { ErrorClass } from '../model/names.ts';
import type { Case } from './case.ts';
import { FILTER_WORDS, FINISHES } from './filter-reasons.ts';

export interface WordRule {
  readonly when: RegExp;
  readonly class: ErrorClass | ((one: Case) => ErrorClass);
  readonly retryable?: Retryable;
  /** The words alone are not enough: other vendors use them too. */
  readonly googleOnly?: true;
}

/** The first that fits decides, so what is more specific stands higher. */
export const WORD_RULES: readonly WordRule[] = [
  // Money and quota
  { when: /monthly (?:spend\w*|cap)|spend(?:ing)? cap\b|monthly .{0,20}\bcap\b/, class: 'billing.monthly-cap' },
  { when: /spend-based|spending rate|spend rate limit/, class: 'quota.spend' },
  {
    when: /prepay|prepaid|requires more credits|insufficient credits|credits? (?:are|is|have been|has been) (?:depleted|exhausted|used up)/,
    class: 'billing.prepay-depleted',
  },
  { when: /no capacity available|model_capacity_exhausted|无可用渠道|無可用渠道/, class: 'capacity.overloaded' },
  { when: /out of capacity/, class: 'quota.shared-capacity' },
  { when: /provisioned throughput/, class: 'quota.unspecified', retryable: 'after-delay' },
  { when: /error-code-429(?!-)|resource exhausted[.,]? (?:please )?try again later/, class: 'quota.shared-capacity' },
  { when: /\blimit: 0\b|free quota tier|quota_?(?:limit_?)?value\\?["': ]{1,4}0\b/, class: 'quota.zero-limit' },
  { when: /exhausted your daily quota on this model/, class: 'quota.rpd' },
  { when: /exhausted your capacity on this model/, class: 'quota.unspecified' },
  { when: /limit_rpd\b/, class: 'quota.rpd' },
  { when: /limit_rpm\b/, class: 'quota.rpm' },
  { when: /\b[a-z]+tokens\w*perday/, class: 'quota.tpd' },
  { when: /\b[a-z]+requests\w*perday/, class: 'quota.rpd' },
  { when: /\b[a-z]+tokens\w*perminute/, class: 'quota.tpm' },
  { when: /\b[a-z]+images?perminute/, class: 'quota.ipm' },
  { when: /\b[a-z]+requests\w*perminute/, class: 'quota.rpm' },
  {
    when: /(?:quota|limit|exceed|exhaust)(?:[^.]|\.(?=\S)){0,120}(?:per[- ]day|daily|\brpd\b)|(?:per[- ]day|daily|\brpd\b)(?:[^.]|\.(?=\S)){0,60}(?:quota|limit|exceed|exhaust)/,
    class: ({ text }) => kindOf(text, 'day'),
    googleOnly: true,
  },
  {
    when: /(?:quota|limit|exceed|exhaust)(?:[^.]|\.(?=\S)){0,120}(?:per[- ]minute|\b[rti]pm\b)|(?:per[- ]minute|\b[rti]pm\b)(?:[^.]|\.(?=\S)){0,60}(?:quota|limit|exceed|exhaust)/,
    class: ({ text }) => kindOf(text, 'minute'),
    googleOnly: true,
  },

  // What stands in the way of any request
  {
    when: /free tier is not available|without a billing account|billed users|precondition check failed/,
    class: 'request.free-tier-unavailable',
  },
  { when: /billing country/, class: 'auth.region' },
  {
    when: /user location|location is not supported|not (?:available|supported) in your (?:country|region|location)/,
    class: 'request.location-unsupported',
  },
  { when: /reported as leaked|key .{0,20}leaked/, class: 'auth.key-leaked' },
  { when: /key (?:has )?expired|expired api key|token (?:has )?expired/, class: 'auth.key-expired', googleOnly: true },
  { when: /invalid_grant|invalid_rapt|reauthentication is needed/, class: 'auth.key-expired', googleOnly: true },
  { when: /default credentials were not found|could not load the default credentials/, class: 'auth.key-missing', googleOnly: true },
  {
    when: /no (?:cookie )?auth credentials found|unregistered callers|established identity|api[_ ]?key (?:is )?(?:missing|must be set|required|not set)|missing .{0,40}api[_ ]?key|missing key inputs argument|no api key (?:was )?provided|(?:specify|set|provide|define|export|configure|specify one of)\b.{0,100}\b(?:gemini|google)_(?:generative_ai_)?api_key\b(?!\s?=\s?\S)|(?:gemini|google)_api_key\b.{0,40}\b(?:not set|missing|undefined|not found)/,
    class: 'auth.key-missing',
  },
  { when: /api[_ ]?key (?:is )?not (?:configured|provided|found in)\b/, class: 'auth.key-missing', googleOnly: true },
  {
    when: /api[_ ]?key not (?:valid|found)|(?:invalid|incorrect) api[_ ]?key|api_key_invalid|api keys are not supported|invalid authentication credentials/,
    class: 'auth.key-invalid',
    googleOnly: true,
  },
  { when: /has been suspended|violation of (?:the )?terms of service|disabled in this account/, class: 'auth.suspended' },
  { when: /project has been denied/, class: 'auth.project-denied' },
  {
    when: /requires billing|billing (?:is|has been|to be|must be|needs to be|should be|is not) (?:dis|en)abled|billing account .{0,40}(?:disabled|closed|not open|not active|not found)|enable billing on (?:project|your project|the project)/,
    class: 'auth.billing-disabled',
  },
  {
    when: /has not been used in project|api (?:has not been|is not) enabled|it is disabled|requires the .{0,120}api .{0,80}to be enabled|enable this api/,
    class: 'auth.api-disabled',
    googleOnly: true,
  },
  {
    when: /requests from refer+er|ip address restriction|(?:android|ios) client application/,
    class: 'auth.referrer-or-ip-blocked',
  },
  { when: /requests to this api .{0,200}\bblocked|not valid for this service/, class: 'auth.api-blocked' },
  { when: /blocked by google/, class: 'auth.provider-block' },
  { when: /authentication scopes|caller does not have permission|permission to access the file/, class: 'auth.key-mismatch' },
  {
    when: /permission denied on resource project/,
    class: ({ text }) => (isPlaceholder(text) ? 'auth.key-mismatch' : 'auth.iam'),
  },
  {
    when: /(?:permission|denied|forbidden|\b403\b).{0,200}\baiplatform\.[a-z]+\.(?:predict|get|list|create|update|delete)\b/,
    class: 'auth.iam',
  },
  { when: /denied on resource|principal does not have permission|iam_permission_denied/, class: 'auth.iam' },
  {
    when: /gserviceaccount\.com (?:does not|doesn't) have|service account .{0,80}(?:lacks|does not have|doesn't have|missing)/,
    class: 'auth.iam',
    googleOnly: true,
  },

  // The request itself
  {
    when: /(?:\bmodels?|\b(?:gemini|imagen)-[\w.-]{1,60})\b.{0,120}(?:no longer available|has been (?:retired|shut ?down|discontinued))/,
    class: 'request.model-closed',
  },
  {
    when: /is not found for api version|models\/\S{1,80} (?:is|was) not found|requested url .{0,300}not found on this server|call (?:modelservice\.)?listmodels|publisher model .{0,200}not found|model .{0,120}not found|not an? valid model\b|invalid model (?:id|name)|requested entity was not found|did you mean '/,
    class: 'request.model-not-found',
    googleOnly: true,
  },
  { when: /unable to process input image/, class: 'request.invalid', retryable: 'once' },
  {
    when: /invalid json payload|cannot find field|generatecontentrequest\.|unsupported image_size|not supported for this model|(?:is )?not enabled for (?:this model|models\/)|requested response modalities|image is not valid|person ?generation|unable to submit request because|invalid value at '|unknown name "|function (?:response|call) parts|missing .{0,5}thought_?signature|use a valid role|only supported in (?:the )?(?:vertex|gemini)|payload size exceeds the limit|input token count.{0,40} exceeds|request contains an invalid argument|request has empty input/,
    class: 'request.invalid',
  },

  // Filters
  {
    when: /prompt (?:was |is |has been )?(?:blocked|could not be submitted|rejected)|(?:block|reject)\w* (?:the |your )?prompt/,
    class: 'safety.prompt',
    googleOnly: true,
  },
  {
    when: /response (?:is|was) blocked|violates? our policies|raifilteredreason|prohibited use policy|responsible.ai(?! service)|filtered out because|images? (?:was|were) filtered/,
    class: 'safety.image',
  },
  { when: /third-party content providers/, class: 'safety.prohibited' },
  { when: /malformed function call/, class: 'safety.no-image', googleOnly: true },
  { when: FILTER_WORDS, class: ({ text }) => FINISHES[FILTER_WORDS.exec(text)?.[1]?.toUpperCase() ?? ''] ?? 'safety.no-image' },
  {
    when: /blocked (?:by|due to|for) (?:the )?safety|safety (?:block|rejection)\b|harm_category_[a-z_]{1,40}\b.{0,80}\bblocked\W{1,4}true\b/,
    class: 'safety.prompt',
    googleOnly: true,
  },
  { when: /no ?image ?generated/, class: 'safety.no-image', googleOnly: true },

  // Capacity and time
  // What gRPC says of itself with code 503.
  { when: /failed to connect to all addresses/, class: 'network.unreachable' },
  {
    // The numbers are Cloudflare's: its own limits and workers, and what stands behind it.
    when: /upstream (?:connect error|request timeout)|unexpected token '?<|\berror code:? ?(?:10\d\d|11\d\d|52\d|530)\b/,
    class: 'server.bad-gateway',
    googleOnly: true,
  },
  {
    when: /deadline (?:expired|exceeded)|deadline_?exceeded/,
    googleOnly: true,
    class: ({ text }) => (text.includes('context deadline exceeded') ? 'client.timeout' : 'server.timeout'),
  },
  {
    when: /model is (?:currently )?experiencing high demand|spikes in demand|model (?:is |currently |being )?overloaded(?! with\b)|(?:temporarily|service|provider)[ _]overloaded|overloaded or down|\bis way too hot\b|service is currently unavailable/,
    class: 'capacity.overloaded',
  },
  { when: /high demand/, class: 'capacity.overloaded', googleOnly: true },
  { when: /operation was cancelled|client closed request/, class: 'client.cancelled' },
  { when: /internal error (?:has occurred|encountered)/, class: 'server.internal' },
  { when: /resource has been exhausted|check quota\)/, class: 'quota.unspecified' },
  {
    when: /exceeded your current quota|quota exceeded|too many requests|rate limit exceeded|rate[- ]limited|resources? ?exhausted/,
    class: 'quota.unspecified',
    googleOnly: true,
  },
  // What programs say of a key before or after the service does; they say it of other refusals too.
  {
    when: /(?:invalid|incorrect|wrong) (?:[\w"'-]{1,30} ){1,2}api[_ ]?key|api[_ ]?key (?:(?:is|was|always) ){1,2}(?:invalid|incorrect|wrong)|(?:provide|enter|supply|pass|use) a valid (?:\w+ )?api[_ ]?key/,
    class: 'auth.key-invalid',
    googleOnly: true,
  },
];

/** What a client says when no answer came; only read where no answer is. */
export const NETWORK_RULES: readonly WordRule[] = [
  // No connection came about; those below had one.
  {
    when: /connection timed out|连接失败|連線失敗|newconnectionerror|proxyerror|unable to connect to proxy|temporary failure in name resolution|failed host lookup|failed to lookup address|dns error|could not resolve host|unable to resolve host|failed to connect to|could not connect to|ssl_connect|ssl_error|ssl routines|tls handshake|handshake failure|sslhandshake|certification path|internet connection appears to be offline|network connection was lost|hostname could not be found|connect ?timeout|connect: connection timed out|no such host|dial tcp|cannot connect to host|unknownhost|nameresolutionerror|name or service not known|failed to resolve|network is unreachable|no route to host|\berr_(?:(?:connection|name|internet|network|address|ssl|cert|tunnel|proxy)_|failed\b|timed_out\b)/,
    class: 'network.unreachable',
  },
  {
    when: /und_err_(?:headers|body)_timeout|timeouterror|timed out|(?:read|socket)timeout|timeout of \d+ ?ms|(?<!upstream )request timeout/,
    class: 'client.timeout',
  },
  {
    when: /\b(?:econnreset|etimedout|enotfound|econnrefused|eai_again|epipe|ehostunreach|enetunreach|econnaborted)\b|und_err|fetch failed|failed to fetch|: load failed\b|connection error\b|socket hang up|socket disconnected|getaddrinfo|connection (?:reset|refused|error|aborted|closed)|typeerror: terminated|network ?error|other side closed|peer closed connection|incomplete chunked read|request to \S{1,300} failed, reason|connection broken|": eof\b|unexpected eof|server disconnected|broken pipe|connecterror|certificate/,
    class: 'network.unreachable',
  },
  { when: /aborterror|(?:operation|request) was aborted|user aborted|context canceled|cancellederror/, class: 'client.cancelled' },
];

/** Which bucket a sentence without any quota name is about. */
export function kindOf(text: string, period: 'minute' | 'day'): ErrorClass {
  if (/free quota tier|limit: 0\b/.test(text)) return 'quota.zero-limit';
  const tokens = /\btokens?\b/.test(text) && !/\brequests?\b/.test(text);
  if (period === 'day') return tokens ? 'quota.tpd' : 'quota.rpd';
  if (/\bimages? per minute\b/.test(text)) return 'quota.ipm';
  if (/\bimages?\b/.test(text) && !/\brequests?\b.{0,20}\bper\b/.test(text)) return 'quota.ipm';
  return tokens ? 'quota.tpm' : 'quota.rpm';
}

/** A project that nobody has: copied from documentation, or an unset variable. */
export function isPlaceholder(text: string): boolean {
  const project = /project[s]?[\s/:=#'"]+([^\s'",;)]+)/.exec(text)?.[1] ?? '';
  return /your|my-?project|project[-_]?id|example|placeholder|undefined|null|none|xxx|[{}<>$[\]]|^[.…]*$/.test(project);
}
