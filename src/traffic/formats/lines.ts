/** Reads a file of JSON objects, one per line. */
import { RowDamage } from '../trace-builder.ts';

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly text: string;
  /** Whether the file ends here without a line break: after a crash the last line may be torn. */
  readonly isUnfinished: boolean;
}

/** The lines that are not blank. */
export function* linesOf(text: string): Generator<Line> {
  let start = text.startsWith('\uFEFF') ? 1 : 0;
  for (let number = 1; start < text.length; number += 1) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end < 0 ? text.length : end).trim();
    if (line !== '') yield { number, text: line, isUnfinished: end < 0 };
    start = end < 0 ? text.length : end + 1;
  }
}

/** The object that a line holds; undefined when it holds none. */
export function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What lies behind these keys, or undefined where the way ends. */
export function valueAt(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce<unknown>((inner, key) => (isObject(inner) ? inner[key] : undefined), value);
}

/** A number or text as the cell of a table would hold it. */
export function cellOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new RowDamage(`expected a number or a text, found ${JSON.stringify(value).slice(0, 40)}`);
}
