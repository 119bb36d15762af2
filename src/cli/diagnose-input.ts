/** What `diagnose` is given: a text short enough to be looked at as a whole, or a log of any length, line by line. */

import { closeSync, openSync, readSync } from 'node:fs';
import { encodingOf } from '../run/text-file.ts';

/** Up to this size a file may be one answer; above it is a log. */
export const TEXT_BYTES_MAX = 1024 * 1024;
const CHUNK_BYTES = 96 * 1024;
const BEGINNING_BYTES = 1000;
/** A longer line is cut: what follows is no answer any more. */
const LINE_CHARS_MAX = 1024 * 1024;

export type DiagnoseInput = { readonly text: string } | { readonly lines: Iterable<string> };

/**
 * Reads a file, or stdin for null: UTF-8, or UTF-16 as PowerShell writes it.
 * @param clean applied to whole lines before anything else sees them
 */
export function diagnoseInput(path: string | null, clean: (text: string) => string): DiagnoseInput {
  const file = path === null ? 0 : openSync(path, 'r');
  const chunks = chunksOf(file);
  const head: Uint8Array[] = [];
  let bytes = 0;
  let ended = false;
  while (bytes <= TEXT_BYTES_MAX) {
    const { value, done } = chunks.next();
    if (done) {
      ended = true;
      break;
    }
    head.push(value);
    bytes += value.length;
  }
  const start = Buffer.concat(head);
  const encoding = encodingOf(start);
  const decoder = new TextDecoder(encoding);
  const beginning = new TextDecoder(encoding).decode(start.subarray(0, BEGINNING_BYTES));
  // A list is read as a whole, however long: its records have no lines of their own.
  if (!ended && !/^\s*\[\s*[{"]/.test(beginning)) return { lines: linesOf(start, chunks, decoder, clean) };
  return { text: clean(decoder.decode(ended ? start : Buffer.concat([start, ...chunks]))) };
}

function* chunksOf(file: number): Generator<Uint8Array, void> {
  try {
    for (;;) {
      const chunk = new Uint8Array(CHUNK_BYTES);
      const length = readWaiting(file, chunk);
      if (length === 0) return;
      yield chunk.subarray(0, length);
    }
  } finally {
    if (file !== 0) closeSync(file);
  }
}

const PAUSE_MS = 10;

/** A pipe may have nothing yet, and on some systems its end is an error. */
function readWaiting(file: number, chunk: Uint8Array): number {
  for (;;) {
    try {
      return readSync(file, chunk);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    }
  }
}

function* linesOf(
  start: Uint8Array,
  chunks: Iterable<Uint8Array>,
  decoder: TextDecoder,
  clean: (text: string) => string,
): Generator<string> {
  let rest = '';
  for (const chunk of pieces(start, chunks)) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) yield* clean(text.slice(0, end)).split(/\r?\n/).slice(0, -1);
    rest = text.slice(end, end + LINE_CHARS_MAX);
  }
  if (rest !== '') yield clean(rest);
}

function* pieces(start: Uint8Array, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (let at = 0; at < start.length; at += CHUNK_BYTES) yield start.subarray(at, at + CHUNK_BYTES);
  yield* chunks;
}
