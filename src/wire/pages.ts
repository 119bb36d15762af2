/** Pages for people where an answer for programs was due: of a middleman, of Google's front end, or of a site that has nothing to do with it. */
import { type Case, hostsIn, RELAYS } from './case.ts';
import { type Finding, high, medium } from './finding.ts';

/** What a page means; null when it is none. */
export function pageFinding(one: Case): Finding | null {
  const { reading, status, text } = one;
  if (!reading.html) return null;
  if (GOOGLE_PAGE.test(text)) {
    if (status === 404) return medium('request.model-not-found', "Google's page for an address that does not exist");
    if (status === 400 || status === 411 || status === 413)
      return medium('request.invalid', "Google's page for a request it could not read");
  }
  const isBlocked =
    /access denied|blocked|forbidden/.test(text) || (status !== null && status >= 400 && status < 500 && status !== 429 && status !== 408);
  return { ...high('server.bad-gateway', 'HTML instead of JSON'), retryable: isBlocked ? 'once' : 'backoff' };
}

const GOOGLE_PAGE = /that's an error|\)!!1/;

/** Whether a page from nobody knows where is another site's: it names a host of its own, or says more than a middleman would. */
export function isForeignPage({ reading, status, text, ours, relayed }: Case, body: string): boolean {
  if (!reading.html || ours || relayed || GOOGLE_PAGE.test(text)) return false;
  if (status === null && !BLOCKED.test(text)) return true;
  if (status !== null && (status < 400 || status === 400 || status === 401 || status === 404 || status === 410)) return true;
  const words = pageWords(body);
  const named = [...hostsIn(body), ...(words.match(HOST) ?? [])].filter((host) => !MAKERS.test(host));
  if (named.length > 0) return !named.some((host) => RELAYS.test(host));
  return words.replace(MIDDLEMAN, '').replace(/[^\p{L}]/gu, '').length > OTHER_LETTERS_MAX;
}

/** What a page says, without its markup and without what a log wrote around it. */
function pageWords(body: string): string {
  const from = Math.max(0, body.search(/<!doctype html|<html/i));
  const end = body.toLowerCase().lastIndexOf('>');
  return body
    .slice(from, end < from ? body.length : end)
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]{0,500}>|\\[nrt]/g, ' ')
    .toLowerCase();
}

const BLOCKED = /access denied|blocked|forbidden/;
const OTHER_LETTERS_MAX = 60;
const HOST = /\b(?:[a-z0-9-]{1,63}\.){1,5}(?:com|net|org|io|dev|ai|app|co|cn|ru|de|fr|jp|uk|br|eu|info|xyz|cloud|shop|site|online)\b/g;
/** Hosts that a middleman's page links to, whatever it stands before. */
const MAKERS =
  /(?:^|\.)(?:cloudflare\.com|nginx\.(?:org|com)|apache\.org|w3\.org|gstatic\.com|googleapis\.com|google\.com|jquery\.com|jsdelivr\.net|openresty\.org)$/;
/** The words such pages are made of. */
const MIDDLEMAN =
  /\b(?:nginx|openresty|apache|cloudflare|varnish|envoy|squid|haproxy|caddy|traefik|awselb|cloudfront|akamai|fortinet|zscaler|server|error|bad|gateway|time-?out|service|temporarily|unavailable|internal|access|denied|forbidden|too|many|requests?|request|was|is|are|has|been|your|you|the|a|an|by|to|for|of|on|in|at|and|or|not|this|that|it|we|can|could|please|try|again|later|network|security|policy|blocked|firewall|administrator|contact|proxy|upstream|host|web|page|site|ray|id|ip|code|performance|what|happened|do|i|if|minutes?|seconds?|few|reported|visit|more|information|browser|working|reference|generated|complete|process|understand|permission|resource|requested|back-?end|fetch|failed|guru|meditation|cache|xid|no|healthy|client|intended|sent|invalid|response|while|acting|as)\b/g;
