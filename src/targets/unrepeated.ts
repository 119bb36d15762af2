/** What an answer repeats of the prompt goes no further: a message may be shown and written, a prompt never. */
import type { Reply } from '../model/reply.ts';

const STAND = '<prompt>';
/** A passage of a prompt is known by so many characters in a row; scripts that say more with each need fewer. */
const PASSAGE_CHARS = 12;
const DENSE_PASSAGE_CHARS = 4;
/** Shorter prompts would take ordinary words with them. */
const CHARS_MIN = 3;

/**
 * The reply whose message holds no passage of these prompts: plain, or as JSON, HTML or a URL writes it.
 * @param prompts what was sent with the request, or with all rows of its job
 */
export function unrepeated(reply: Reply, prompts: readonly string[]): Reply {
  if (reply.kind !== 'refused' || reply.message === null) return reply;
  const message = withoutPassages(reply.message, new Set(prompts.flatMap(formsOf)));
  return message === reply.message ? reply : { ...reply, message };
}

function withoutPassages(text: string, forms: ReadonlySet<string>): string {
  const taken = new Uint8Array(text.length);
  for (const form of forms) take(text, form, taken);
  let rest = '';
  for (let at = 0; at < text.length; at++) {
    if (!taken[at]) rest += text[at];
    else if (at === 0 || !taken[at - 1]) rest += STAND;
  }
  return rest;
}

/** Marks where the text has a passage of the form. */
function take(text: string, form: string, taken: Uint8Array): void {
  const chars = /[\u0300-\uffff]/.test(form) ? DENSE_PASSAGE_CHARS : PASSAGE_CHARS;
  if (form.length < chars) return takeWord(text, form, taken);
  const passages = new Set<string>();
  for (let at = 0; at + chars <= form.length; at++) passages.add(form.slice(at, at + chars));
  for (let at = 0; at + chars <= text.length; at++) if (passages.has(text.slice(at, at + chars))) taken.fill(1, at, at + chars);
}

/** The whole of a short prompt, not as a part of another word. */
function takeWord(text: string, word: string, taken: Uint8Array): void {
  if (word.length < CHARS_MIN) return;
  const isLetter = (at: number): boolean => /[\p{L}\p{N}]/u.test(text[at] ?? '');
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1))
    if (!isLetter(at - 1) && !isLetter(at + word.length)) taken.fill(1, at, at + word.length);
}

/** Messages are on one line. */
function formsOf(prompt: string): string[] {
  const plain = prompt.replace(/\s+/g, ' ').trim();
  const quoted = JSON.stringify(prompt).slice(1, -1);
  const ascii = quoted.replaceAll(/[^\u0020-\u007e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const html = plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
  return [plain, quoted, ascii, html, html.replaceAll("'", '&#39;'), encodeURIComponent(prompt.toWellFormed())];
}
