/**
 * For texts that are about these APIs and fit no rule: the name of the exception that a client raised, then the plain
 * sense of the words. What is found here is never surer than `low`, yet it is more than nothing.
 */
import type { ErrorClass } from '../model/names.ts';
import { type Case, speaksLikeGoogle } from './case.ts';
import { type Finding, low } from './finding.ts';

/** Names that clients of these APIs, gateways' and OpenAI's among them, give to kinds of answers. */
const EXCEPTIONS: readonly (readonly [RegExp, ErrorClass])[] = [
  [/\b\w*(?:ratelimit|toomanyrequests|resource_?exhausted|quotaexceeded)(?:error|exception)?\b/, 'quota.unspecified'],
  [/\b\w*(?:authentication|unauthori[sz]ed|unauthenticated)(?:error|exception)\b/, 'auth.key-invalid'],
  [/\b\w*(?:permission_?denied|forbidden(?=e))(?:error|exception)?\b/, 'auth.key-mismatch'],
  [/\b\w*notfound(?:error|exception)?\b/, 'request.model-not-found'],
  [/\b\w*(?:badrequest|invalidargument|invalidrequest|unprocessableentity|failed_?precondition)(?:error|exception)?\b/, 'request.invalid'],
  [/\b\w*(?:serviceunavailable|overloaded)(?:error|exception)?\b/, 'capacity.overloaded'],
  [/\b\w*(?:internalserver|internal)(?:error|exception)\b/, 'server.internal'],
  [/\b\w*badgateway(?:error|exception)?\b/, 'server.bad-gateway'],
  [/\b\w*(?:deadline_?exceeded|gatewaytimeout)(?:error|exception)?\b/, 'server.timeout'],
  [/\b\w*timeout(?:error|exception)\b|\blitellm\.timeout\b/, 'client.timeout'],
];

/** The class that the name of an exception tells. */
export function exceptionNamed(one: Case): Finding | null {
  if (!isReport(one)) return null;
  for (const [name, errorClass] of EXCEPTIONS) {
    const found = name.exec(one.text)?.[0];
    if (found === undefined) continue;
    // A gateway calls everything an internal error; what it says beside that tells more.
    return (errorClass === 'server.internal' ? vaguely(one) : null) ?? low(errorClass, `the exception "${found}"`);
  }
  return null;
}

/** What a sentence means in plain words. */
const SENSES: readonly (readonly [RegExp, ErrorClass])[] = [
  [/\bblocked\b|safety (?:filter|system|polic|setting|reason)|content polic|violat\w+ .{0,40}polic/, 'safety.prompt'],
  [
    /text instead of|returned no (?:\w{1,20} )?(?:images?|output|content)|\bno (?:image|inline_?) ?data\b|did not (?:return|contain|include) (?:an? )?image|without (?:an )?image|\bno (?:images?|output|content) (?:was |were |data |has been )?(?:generated|returned|found|in (?:the )?response|received)|empty (?:response|content|candidate)|did not (?:provide|return) any/,
    'safety.no-image',
  ],
  [
    /\b(?:model|endpoint|entity|resource)\b.{0,80}(?:not found|does not exist|doesn't exist)|unknown model|no such model/,
    'request.model-not-found',
  ],
  [/throttl/, 'quota.unspecified'],
  [/internal (?:server )?error/, 'server.internal'],
  [
    /not an? valid\b|does(?:n't| not) (?:support|accept|allow)|inputs are not permitted|not (?:supported|allowed|permitted|valid)\b|only (?:supported|available) (?:on|in|for|with)|unsupported|\binvalid\b|\bmust (?:be|have|contain|not|start|end|include)\b|\b(?:is|are) required\b|required (?:field|parameter|oneof)|can ?not be (?:empty|used|null|set|accessed)|exceeds? the (?:maximum|limit|size|supported)|too (?:large|long)\b|malformed|\bbad request\b|unknown (?:field|name|parameter)|validation error/,
    'request.invalid',
  ],
  [/unauthori[sz]ed|authentication (?:failed|error)|credentials? (?:is|are|were)? ?(?:invalid|wrong|missing)/, 'auth.key-invalid'],
  [/forbidden|permission|access denied/, 'auth.key-mismatch'],
  [/rate limit|quota/, 'quota.unspecified'],
  [/overloaded|unavailable|high load|server (?:is )?busy/, 'capacity.overloaded'],
  [/timed? ?out/, 'client.timeout'],
];

/** The class that the plain sense of an error's words tells. */
export function vaguely(one: Case): Finding | null {
  if (!one.ours || !isReport(one)) return null;
  for (const [sense, errorClass] of SENSES) {
    const found = sense.exec(one.text)?.[0];
    if (found !== undefined) return low(errorClass, `the words "${found}", and nothing clearer`);
  }
  return null;
}

/** An error that came from a service, not a fault of the program that called it. */
function isReport(one: Case): boolean {
  if (one.reading.hasResult || !(one.ours || one.relayed || speaksLikeGoogle(one))) return false;
  return (one.reading.hasError || TROUBLE.test(one.text)) && !OWN_FAULT.test(one.text);
}

const TROUBLE =
  /error|\bbad request\b|exception|unauthori[sz]ed|forbidden|\bfail|invalid|exhausted|warn|\bretry|\battempt|rate limit(?!s)|\bno images?\b|did not (?:return|produce|generate|include)|instead of|\bproblem\b|empty response|(?:has been|have|was) exceeded|must be (?:one of|between|less|greater|at (?:most|least))|blocked by|报错|错误|失败|錯誤|失敗|エラー|오류|실패|ошибк|\berro\b|erreur|fehler|fall[oó]\b|\b[45]\d\d\b(?! ?(?:m?s|px|[kmg]b|images|requests)\b|%)/;
const OWN_FAULT =
  /modulenotfound|importerror|cannot find (?:module|package|name)|no module named|attributeerror|nameerror|indentationerror|keyerror|'nonetype'|cannot read propert|undefined is not|is not a (?:function|constructor)|is not defined|err_(?:module|require|invalid_arg|invalid_return|package|unknown_file)\w*|\bnpm err|eresolve|no matching (?:version|distribution)|could not find a version|segmentation fault|undefined method|nullpointerexception|cannot import name/;
