/** What a text came to, for texts that come again and again: a load test sends few different calls, very often. */

/** Short texts only, and not too many: what is kept is bounded, 4 MB at most. */
const CHARS_MAX = 4_096;
const TEXTS_MAX = 1_000;

export class Remembered<T> {
  private readonly known = new Map<string, T>();
  private lastText: string | null = null;
  private last: T | undefined;

  /** To compare with the text before is cheaper than to look a new one up, since that has to read all of it twice. */
  get(text: string): T | undefined {
    if (text === this.lastText) return this.last;
    if (text.length > CHARS_MAX) return undefined;
    const value = this.known.get(text);
    if (value !== undefined) this.note(text, value);
    return value;
  }

  /** When there are too many, all are forgotten: a caller whose texts all differ gains nothing either way. */
  keep(text: string, value: T): T {
    if (text.length > CHARS_MAX) return value;
    if (this.known.size >= TEXTS_MAX) this.known.clear();
    this.known.set(text, value);
    this.note(text, value);
    return value;
  }

  private note(text: string, value: T): void {
    this.lastText = text;
    this.last = value;
  }
}
