/** A text that a user named: read whole, and refused where it is none. */
import { readFileSync } from 'node:fs';
import { ScenarioError } from '../model/errors.ts';

/** @throws ScenarioError (exit 2) when there is no such file, or it is a folder, or no text */
export function readTextFile(path: string): string {
  const text = asText(bytesOf(path));
  if (text === null) throw new ScenarioError([`${path}: is no text in UTF-8`]);
  return text;
}

/** UTF-8 or UTF-16, without a byte order mark. null: neither. */
export function asText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** As its byte order mark says: PowerShell writes UTF-16 where it redirects. */
export function encodingOf(start: Uint8Array): 'utf-16le' | 'utf-8' {
  return start[0] === 0xff && start[1] === 0xfe ? 'utf-16le' : 'utf-8';
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new ScenarioError([`${path}: ${unreadable(cause)}`], { cause });
  }
}

/** Why a file that was named cannot be read. */
function unreadable(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'no such file';
  if (code === 'EISDIR') return 'is a folder; name a file in it';
  return `cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`;
}
