/** Takes a secret out of whatever form a text may carry it in. */
import { Buffer } from 'node:buffer';

const STAND = '<key>';
/** Shorter ones would take ordinary words with them. */
const CHARS_MIN = 8;
/** Of a longer text (an image) the middle is searched for the secret as it is, and for no other form. */
const EDGE_CHARS = 64 * 1024;

/**
 * The text without the secret: plain, in a URL, in JSON once or more often, in HTML, in hex, and in Base64, where it may be a
 * part of something longer, such as a Basic header.
 */
export function withoutSecret(text: string, secret: string): string {
  if (secret.length < CHARS_MIN) return secret === '' ? text : text.replaceAll(secret, STAND);
  const forms = formsOf(secret);
  const clean = without(text, [secret]);
  if (clean.length <= 2 * EDGE_CHARS) return without(clean, forms);
  return without(clean.slice(0, EDGE_CHARS), forms) + clean.slice(EDGE_CHARS, -EDGE_CHARS) + without(clean.slice(-EDGE_CHARS), forms);
}

/** The same for several. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce(withoutSecret, text);
}

function without(text: string, forms: readonly string[]): string {
  let clean = text;
  for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, STAND);
  return clean;
}

/** Every answer is searched: what to search for is worked out once. */
const remembered = new Map<string, readonly string[]>();
const REMEMBERED_MAX = 32;
/** JSON as a string in JSON, as gateways and loggers pile it up. */
const JSON_DEPTH_MAX = 5;

/** The longest first: one form may begin another. */
function formsOf(secret: string): readonly string[] {
  const known = remembered.get(secret);
  if (known !== undefined) return known;
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  const inUrl = [encodeURIComponent(secret), new URLSearchParams({ '': secret }).toString().slice(1), encodeURI(secret)];
  const plain = [secret, ...inUrl, ...inUrl.map(lowerEscapes), ...inUrl.map(encodeURIComponent), inHtml(secret), ...linesOf(secret)];
  const inJson = plain.flatMap((form) => [quoted(form), escaped(form)]);
  const all = new Set([...plain, ...inBase64(secret), ...inHex(secret)]);
  for (let depth = 0, level = inJson; depth < JSON_DEPTH_MAX; depth++, level = level.map(quoted)) for (const form of level) all.add(form);
  const forms = [...all].filter((form) => form.length >= CHARS_MIN).toSorted((a, b) => b.length - a.length);
  remembered.set(secret, forms);
  return forms;
}

/** A private key is quoted in part as well, line by line. */
function linesOf(secret: string): string[] {
  return secret.split(/\r?\n|\\n/).filter((line) => line.length >= 32 && line !== secret);
}

const lowerEscapes = (text: string): string => text.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);
/** As Google's own servers and Go write JSON. */
const escaped = (text: string): string =>
  quoted(text).replaceAll(/[<>&=']/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
const inHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&#39;');

/**
 * Depending on how many bytes come before it, Base64 writes the same bytes in three ways; the characters at both ends depend on
 * the neighbours too, and are left.
 */
function inBase64(secret: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret)]);
    const inner = bytes.toString('base64').slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6));
    const forUrls = inner.replaceAll('+', '-').replaceAll('/', '_');
    return [inner, forUrls, encodeURIComponent(inner), inner.replaceAll('/', '\\/')];
  });
}

function inHex(secret: string): string[] {
  const hex = Buffer.from(secret).toString('hex');
  return [hex, hex.toUpperCase()];
}

const SECRET_VARIABLES = ['GOOGLE_API_KEY', 'GEMINI_API_KEY', 'CLOUDSDK_AUTH_ACCESS_TOKEN'] as const;

/** Keys and tokens that the environment holds, whether or not they are used. */
export function environmentSecrets(environment: Readonly<Record<string, string | undefined>>): string[] {
  return SECRET_VARIABLES.flatMap((name) => environment[name]?.trim() || []).filter((secret) => secret.length >= CHARS_MIN);
}

/** For texts that are shown: without the secrets, without what looks like one, and without a name and password in front of a host. */
export function discreetly(secrets: readonly string[]): (text: string) => string {
  return (text) =>
    withoutSecrets(text, secrets)
      .replace(SHAPES, STAND)
      .replace(/\/\/[^/@\s]+@/g, '//');
}

/** What keys, tokens and private keys of Google and of gateways look like. Source: keys and files of 2025 and 2026. */
const SHAPES =
  /AIza[\w-]{30,}|\bAQ\.[\w-]{20,}|\bya29\.[\w.-]{10,}|\b1\/\/0[\w-]{20,}|\bGOCSPX-[\w-]{10,}|\bsk-(?:or-|ant-)?[\w-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----/g;

/**
 * What would be copied from this text into results must hold no secret: neither one of the environment's, in whatever form, nor
 * anything that looks like one.
 * @returns what to tell the user, with the line; null: it holds none
 */
export function secretFound(text: string, name: string, environment: Readonly<Record<string, string | undefined>>): string | null {
  const clean = discreetly(environmentSecrets(environment));
  const holds = (part: string): boolean => clean(part).includes(STAND) && !part.includes(STAND);
  if (!holds(text)) return null;
  const line = text.split('\n').findIndex(holds) + 1;
  return `${name}${line > 0 ? `:${line}` : ''} holds what looks like an API key, or is one: take it out, for it would be copied into results; keys come from GEMINI_API_KEY or --key-file`;
}
