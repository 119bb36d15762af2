/** What of a foreign text may be written down: never keys, addresses, projects, users or the query of a URL. */

export const MESSAGE_CHARS_MAX = 500;
/** Longer texts are cut before they are searched, so that a hostile body cannot keep the patterns busy. */
const SEARCHED_CHARS_MAX = 8_000;

/** Order matters: the key of a URL goes with its query, a project inside a consumer goes before bare numbers do. */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g, '<key>'],
  [/[A-Za-z0-9+/_-]{200,}={0,2}/g, '<data>'],
  [/\b((?:https?|wss?):\/\/)[^\s/@"'<>]{1,200}@/gi, '$1'],
  [/\b((?:https?|wss?):\/\/[^\s?#"'<>]+)\?(?!<query>)[^\s"'<>]+/gi, '$1?<query>'],
  [/\bBearer\s+[^\s"',;]+/gi, 'Bearer <key>'],
  [/\b[Bb]asic\s+(?=[A-Za-z]*(?:[0-9+/=]|[a-z][A-Z]))[A-Za-z0-9+/_-]{8,}={0,2}/g, 'Basic <key>'],
  [/\bAIza[0-9A-Za-z_-]+/g, '<key>'],
  [/\bAQ\.[0-9A-Za-z_.-]{8,}/g, '<key>'],
  [/\bya29\.[0-9A-Za-z_.-]+/g, '<key>'],
  [/\b1\/\/0[0-9A-Za-z_-]{10,}/g, '<key>'],
  [/\bGOCSPX-[0-9A-Za-z_-]{8,}/g, '<key>'],
  [/\b(?:sk|pk|rk)-[0-9A-Za-z_-]{8,}/g, '<key>'],
  [/\beyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_.-]+/g, '<key>'],
  [
    /\b((?:x-goog-)?api[_-]?key|(?:access|refresh|id)[_-]?token|private[_-]?key|assertion|authorization|client[_-]?secret|password)(\\?["']?\s*[:=]\s*\\?["']?)(?!<key>|Bearer |Basic )[^\s"'\\,;&)}]+/gi,
    '$1$2<key>',
  ],
  [/([?&\s"'(]|^)(key|token)=[^\s"'&]+/gi, '$1$2=<key>'],
  [/[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g, '<e-mail>'],
  [/\bprojects\/[^\s/"'`?,;)\]}]+/gi, 'projects/<project>'],
  [/\b(project[_ ]?(?:number|id)?(?:\\?["'])?\s?[:=#]+\s*(?:\\?["'])?)[^\s"'\\,;)}.]+/gi, '$1<project>'],
  [/\b(project )#?(?:[a-z][a-z0-9]*-[a-z0-9-]{2,28}|[a-z][a-z0-9]{4,28}[0-9]|\d+)\b/gi, '$1<project>'],
  [/\b(resource project )[^\s.,;"']+/gi, '$1<project>'],
  [/\b(user[_-]?id(?:\\?["'])?\s*[:=]\s*(?:\\?["'])?)[^\s"'\\,;}]+/gi, '$1<user>'],
  [/\b(?:user|org)[_-](?=[A-Za-z]*[0-9A-Z])[0-9A-Za-z]{5,}\b/g, '<user>'],
  [/(?<![.\d])\d{10,}(?![\w.])/g, '<number>'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '<address>'],
];

/** The text on one line, without secrets, at most 500 characters. */
export function redact(text: string): string {
  let clean = text.length > SEARCHED_CHARS_MAX ? text.slice(0, SEARCHED_CHARS_MAX).replace(/\S+$/, '…') : text;
  for (const [secret, stand] of SECRETS) clean = clean.replace(secret, stand);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals act on control characters, so they go
  clean = clean.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return clean.length > MESSAGE_CHARS_MAX ? `${clean.slice(0, MESSAGE_CHARS_MAX - 1)}…` : clean;
}
