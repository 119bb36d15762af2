/** How a file of fixtures/bad is resolved: a trace or limits file by way of a scenario that names it. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RundryError } from '../../src/model/errors.ts';
import { parseDocument } from '../../src/scenario/document.ts';
import { type Files, resolve } from '../../src/scenario/resolve.ts';

export const BAD = join(import.meta.dirname, '../../fixtures/bad');

export function filesIn(folder: string): Files {
  return {
    read(path) {
      const file = join(folder, path);
      if (!existsSync(file)) return null;
      const text = readFileSync(file, 'utf8');
      return { text, sha256: createHash('sha256').update(text).digest('hex') };
    },
  };
}

/** `exit N` and the message. */
export function outcomeOf(name: string): string {
  try {
    resolve(parseDocument(scenarioText(name), name.endsWith('.yaml') ? name : 'replay.yaml'), [], filesIn(BAD));
    return 'exit 0\n';
  } catch (error) {
    if (!(error instanceof RundryError)) throw error;
    return `exit ${error.exitCode}\n${error.message}\n`;
  }
}

/** The scenario itself, or one that replays the trace, as `replay.yaml` beside it. */
export function scenarioText(name: string): string {
  if (name.endsWith('.yaml')) return readFileSync(join(BAD, name), 'utf8');
  const format = name.startsWith('looks-like') ? '' : `, format: ${name.split('.').at(-1)}`;
  return `clock: { duration: 1h }
traffic:
  - shape: { kind: replay, file: ${name}${format} }
    request: { model: gemini-3-pro-image }
`;
}
