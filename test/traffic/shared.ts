/** Golden tables and recorded traces beside the project; tests that need them skip and say so where they are absent. */
import { existsSync, readFileSync } from 'node:fs';

const SHARED = new URL('../../../shared/', import.meta.url);

/** Every file has inputs of its own, and a wrong guess fails its test: hence `any`. */
export interface GoldenCase {
  readonly id: string;
  readonly inputs: Readonly<Record<string, any>>;
  readonly expected: Readonly<Record<string, any>>;
}

export function golden(name: string): readonly GoldenCase[] | null {
  const text = sharedText(`golden/${name}.json`);
  return text === null ? null : JSON.parse(text).cases;
}

export function sharedText(path: string): string | null {
  const url = new URL(path, SHARED);
  return existsSync(url) ? readFileSync(url, 'utf8') : null;
}
