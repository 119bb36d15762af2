/** What a text came to, for texts that come again and again: a load test sends few different calls, very often. */

/** Short texts only, and not too many: what is kept is bounded, 4 MB at most. */
const CHARS_MAX = 4_096;
const TEXTS_MAX = 1_000;

export class Remembered<T> {
  private readonly known = new Map<string, T>();

  get(text: string): T | undefined {
    return text.length > CHARS_MAX ? undefined : this.known.get(text);
  }

  /** When there are too many, all are forgotten: a caller whose texts all differ gains nothing either way. */
  keep(text: string, value: T): T {
    if (text.length > CHARS_MAX) return value;
    if (this.known.size >= TEXTS_MAX) this.known.clear();
    this.known.set(text, value);
    return value;
  }
}
