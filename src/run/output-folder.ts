/** The folder of one run: made, checked for another run in it, and written to in chunks. */
import { accessSync, closeSync, constants, existsSync, mkdirSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError } from '../model/errors.ts';

export const RESULT_FILES = [
  'journal.ndjson',
  'summary.json',
  'capacity.csv',
  'buckets.csv',
  'timeline.csv',
  'requests.csv',
  'failures.csv',
  'junit.xml',
  'report.md',
] as const;

/**
 * @param names the files that will be written: with `force` they are removed first
 * @throws SetupError (exit 3) when it cannot be written or holds one of them and `force` is not set
 */
export function openFolder(path: string, force: boolean, names: readonly string[] = RESULT_FILES): void {
  requireFolder(path, force, names);
  makeFolder(path);
  for (const name of names) rmSync(join(path, name), { force: true });
}

/**
 * Before the work whose results go there; makes nothing.
 *
 * @throws SetupError (exit 3) where `openFolder` would, or a file in it could not be written
 */
export function requireFolder(path: string, force: boolean, names: readonly string[] = RESULT_FILES): void {
  const there = nearestThere(path);
  if (!statSync(there).isDirectory()) throw new SetupError(`cannot make the folder ${path}: ${there} is not a folder`);
  requireAccess(there);
  const occupied = names.find((name) => existsSync(join(path, name)));
  if (occupied !== undefined && !force)
    throw new SetupError(`${path} holds another run (${occupied}); name another folder with --out, or overwrite it with --force`);
}

/**
 * Before the work whose end is this file: its folder is not made for it.
 *
 * @throws SetupError (exit 3) where it is there and `force` is not set, or could not be written
 */
export function requireFile(path: string, force: boolean): void {
  if (existsSync(path)) {
    if (!force) throw new SetupError(`${path} is there already; name another file, or overwrite it with --force`);
    if (statSync(path).isDirectory()) throw new SetupError(`cannot write ${path}: it is a folder`);
    requireAccess(path);
    return;
  }
  const folder = dirname(path);
  if (!existsSync(folder)) throw new SetupError(`cannot write ${path}: there is no folder ${folder}`);
  if (!statSync(folder).isDirectory()) throw new SetupError(`cannot write ${path}: ${folder} is not a folder`);
  requireAccess(folder);
}

/** The path itself, or the closest above it that exists. */
function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path));
}

function requireAccess(path: string): void {
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw new SetupError(`cannot write to ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** With the folders above it; nothing where it is there. @throws SetupError (exit 3) */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (cause) {
    throw new SetupError(`cannot make the folder ${path}: ${messageOf(cause)}`, { cause });
  }
}

const CHUNK_CHARS = 64 * 1024;

/**
 * Text to a file: in chunks of 64 KiB, or (`eager`) each piece at once, so that a killed process loses nothing.
 * Whatever cannot be written is a SetupError (exit 3).
 */
export class FileSink {
  private readonly path: string;
  private readonly descriptor: number;
  private readonly eager: boolean;
  private pending = '';

  /** @param flags `a`: goes on at the end of what is there */
  constructor(path: string, eager = false, flags: 'w' | 'a' = 'w') {
    this.path = path;
    this.eager = eager;
    try {
      this.descriptor = openSync(path, flags);
    } catch (cause) {
      throw new SetupError(`cannot write ${path}: ${messageOf(cause)}`, { cause });
    }
  }

  write(text: string): void {
    if (this.eager) {
      this.flush(text);
      return;
    }
    this.pending += text;
    if (this.pending.length >= CHUNK_CHARS) {
      this.flush(this.pending);
      this.pending = '';
    }
  }

  close(): void {
    if (this.pending.length > 0) this.flush(this.pending);
    this.pending = '';
    closeSync(this.descriptor);
  }

  private flush(text: string): void {
    const bytes = Buffer.from(text, 'utf8');
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.descriptor, bytes, written);
    } catch (cause) {
      throw new SetupError(`cannot write ${this.path}: ${messageOf(cause)}`, { cause }); // a full disk, for one
    }
  }
}

export function writeText(folder: string, name: string, text: string): void {
  try {
    writeFileSync(join(folder, name), text);
  } catch (cause) {
    throw new SetupError(`cannot write ${join(folder, name)}: ${messageOf(cause)}`, { cause });
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
