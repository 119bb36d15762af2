/**
 * Finds the JSON in a text: whole bodies, log lines around them, server-sent events, Python's spelling of a dict, Ruby's of a hash, Go's of a map,
 * Swift's of a dictionary, quotes escaped by a logger, and bodies that were cut off. What cannot be read is left out; nothing is thrown.
 */
import { withoutTransport } from './transport.ts';

export interface Found {
  readonly values: readonly unknown[];
  /** The text between and around the values. */
  readonly around: string;
  /** A value was cut off: what it does not say it may have said. */
  readonly isCut: boolean;
}

const VALUES_MAX = 64;
const DEPTH_MAX = 40;
const ESCAPED_LEVELS_MAX = 3;

export function findJson(text: string): Found {
  const whole = strict(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  if (whole !== undefined) return { values: [whole], around: '', isCut: false };
  return scan(withoutTransport(text), ESCAPED_LEVELS_MAX);
}

function strict(text: string): unknown {
  if (!/^\s*[[{"]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // not JSON as a whole: the loose reader looks for parts
  }
}

function scan(text: string, levels: number): Found {
  if (levels > 0 && /[{[,]\s*\\+["']/.test(text)) return scan(unescaped(text), levels - 1);
  const values: unknown[] = [];
  let around = '';
  let from = 0;
  let isCut = false;
  // `{code=429}` is how Java prints a map; its words may hold anything, so it is read as prose.
  const opening = /\bmap\[(?=[@\w]+:)|[{[](?![{[\s]{0,20}@?\w{1,60}=(?!>))/g;
  while (values.length < VALUES_MAX) {
    opening.lastIndex = from;
    const start = opening.exec(text)?.index;
    if (start === undefined) break;
    around += text.slice(from, start);
    const reader = new LooseReader(text, start);
    const value = reader.value(0);
    const end = Math.max(reader.at, start + 1);
    isCut ||= reader.isCut;
    if (holdsSomething(value)) values.push(value);
    else around += text.slice(start, end);
    from = end;
  }
  return { values, around: around + text.slice(from), isCut };
}

function unescaped(text: string): string {
  return text.replace(/\\(["'\\/n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}

/** Brackets in prose (`[worker 3]`) are no data; a list of strings is where one of them holds some. */
function holdsSomething(value: unknown): boolean {
  if (Array.isArray(value))
    return value.some((item) =>
      typeof item === 'string' ? /\{\s*\\*["']\w+\\*["']\s*:/.test(item) : typeof item === 'object' && item !== null,
    );
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

/** A reader that forgives: either quote, True/None, missing commas, and an end in the middle. */
class LooseReader {
  readonly text: string;
  at: number;
  isCut = false;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  value(depth: number): unknown {
    this.skipBlank();
    const character = this.text[this.at];
    if (character === undefined) return undefined;
    if (depth > DEPTH_MAX) {
      this.at = this.text.length;
      return undefined;
    }
    if (character === '{') return this.object(depth);
    if (character === '%' && this.text[this.at + 1] === '{') {
      this.at++;
      return this.object(depth);
    }
    if (GO_MAP.test(this.text.slice(this.at, this.at + 5))) return this.goMap(depth);
    if (character === '[') return this.isDictionary() ? this.object(depth, ']') : this.array(depth);
    if (character === '"' || character === "'" || character === '`') return this.concatenated(character);
    return bareValue(this.bare());
  }

  /** `["code": 429]`. */
  private isDictionary(): boolean {
    DICTIONARY.lastIndex = this.at;
    return DICTIONARY.test(this.text);
  }

  private object(depth: number, end: '}' | ']' = '}'): Record<string, unknown> {
    const read: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    this.at++;
    for (;;) {
      this.skipBlank();
      const character = this.text[this.at];
      if (character === undefined) {
        this.isCut = true;
        return read;
      }
      if (character === end) {
        this.at++;
        return read;
      }
      const key = character === '"' || character === "'" ? this.quoted(character) : this.bare();
      this.skipBlank();
      // Protocol buffers print `violations { … }` without a colon, once for each.
      const isMessage = this.text[this.at] === '{' && key !== '';
      if (this.text[this.at] === ':') this.at++;
      else if (this.text.startsWith('=>', this.at)) this.at += 2;
      else if (!isMessage) return read;
      const value = this.value(depth + 1);
      if (isMessage && read[key] !== undefined) read[key] = [read[key], value].flat();
      else if (value !== undefined) read[key] = value;
    }
  }

  /** `map[code:429 details:[map[quotaValue:5]]]`: a value ends where the next key or the end stands. */
  private goMap(depth: number): Record<string, unknown> {
    const read: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    this.at += 'map['.length;
    for (;;) {
      GO_KEY.lastIndex = this.at;
      const key = GO_KEY.exec(this.text)?.[1];
      if (key === undefined) break;
      this.at = GO_KEY.lastIndex;
      read[key] = this.goValue(depth + 1);
    }
    if (this.text[this.at] === ']') this.at++;
    return read;
  }

  private goValue(depth: number): unknown {
    if (depth > DEPTH_MAX) {
      this.at = this.text.length;
      return undefined;
    }
    if (GO_MAP.test(this.text.slice(this.at, this.at + 5))) return this.goMap(depth);
    if (this.text[this.at] !== '[') {
      GO_SCALAR.lastIndex = this.at;
      const scalar = GO_SCALAR.exec(this.text)?.[0] ?? '';
      this.at += scalar.length;
      return bareValue(scalar.trim());
    }
    const items: unknown[] = [];
    this.at++;
    while (this.at < this.text.length && this.text[this.at] !== ']') {
      const from = this.at;
      if (this.text[this.at] === ' ') this.at++;
      else items.push(this.goValue(depth + 1));
      if (this.at === from) break;
    }
    this.at++;
    return items;
  }

  private array(depth: number): unknown[] {
    const read: unknown[] = [];
    this.at++;
    for (;;) {
      this.skipBlank();
      const character = this.text[this.at];
      if (character === undefined || character === '}') return read;
      if (character === ']') {
        this.at++;
        return read;
      }
      if (character === ':') this.at++;
      else read.push(this.value(depth + 1));
    }
  }

  /** Node prints long strings as `'one\n' +` and the rest on the next line. */
  private concatenated(quote: string): string {
    let read = this.quoted(quote);
    for (;;) {
      CONTINUED.lastIndex = this.at;
      const next = CONTINUED.exec(this.text);
      if (next === null) return read;
      this.at = CONTINUED.lastIndex - 1;
      read += this.quoted(next[1] ?? quote);
    }
  }

  private quoted(quote: string): string {
    let read = '';
    let from = ++this.at;
    while (this.at < this.text.length && (this.text[this.at] !== quote || this.isApostrophe())) {
      if (this.text[this.at] !== '\\') {
        this.at++;
        continue;
      }
      read += this.text.slice(from, this.at) + this.escape();
      from = this.at;
    }
    read += this.text.slice(from, this.at);
    this.at++;
    return read;
  }

  /** Within a word, as in `doesn't`. */
  private isApostrophe(): boolean {
    return this.text[this.at] === "'" && /^[a-z]'[a-z]$/i.test(this.text.slice(this.at - 1, this.at + 2));
  }

  private escape(): string {
    const character = this.text[this.at + 1] ?? '';
    this.at += 2;
    if (character === 'u') {
      const digits = /^[0-9a-fA-F]{4}/.exec(this.text.slice(this.at, this.at + 4))?.[0];
      if (digits === undefined) return '';
      this.at += 4;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    return ESCAPES[character] ?? character;
  }

  private bare(): string {
    const from = this.at;
    while (this.at < this.text.length && !/[,:{}[\]\n]/.test(this.text[this.at] ?? '')) this.at++;
    return this.text.slice(from, this.at).trim();
  }

  private skipBlank(): void {
    for (;;) {
      const character = this.text[this.at] ?? '';
      if (/[\s,]/.test(character)) this.at++;
      // Python prints bytes with their line ends spelt out.
      else if (character === '\\' && /[nrt]/.test(this.text[this.at + 1] ?? '')) this.at += 2;
      else return;
    }
  }
}

const DICTIONARY = /\[\s{0,20}"[^"\\\n]{1,60}"\s{0,5}:/y;
const GO_MAP = /^map\[/;
const GO_KEY = /\s*(@?\w{1,60}):/y;
/** Up to a closing bracket or ` key:`. */
const GO_SCALAR = /(?:(?! @?\w{1,60}:)[^\][]){0,4000}/y;
const CONTINUED = /\s*\+\s*(["'`])/y;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function bareValue(word: string): unknown {
  if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(word)) return Number(word);
  if (word === 'true' || word === 'True') return true;
  if (word === 'false' || word === 'False') return false;
  if (word === 'null' || word === 'None' || word === '') return undefined;
  return word;
}
