/** How many tokens a prompt counts as, and a prompt that counts as so many: what our runner sends is what our mock counts. */

/** Google's own rule of thumb; the real tokenizer is not public. Source: ai.google.dev/gemini-api/docs/tokens, read 2026-10. */
const CHARS_PER_TOKEN = 4;
const PROMPT = 'A small house between green hills under a morning sun, painted plainly. ';

export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/** A harmless prompt of exactly so many tokens; empty for 0. */
export function promptOf(tokens: number): string {
  const chars = tokens * CHARS_PER_TOKEN;
  return PROMPT.repeat(Math.ceil(chars / PROMPT.length)).slice(0, chars);
}
