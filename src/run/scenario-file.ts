/** A scenario file on disk, its settings, and what follows from both: the resolved scenario and its identity. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve as resolvePath } from 'node:path';
import { InputError, ScenarioError } from '../model/errors.ts';
import type { Mode } from '../model/names.ts';
import type { Scenario, Setting } from '../model/scenario.ts';
import { canonicalText, parseDocument, type ScenarioDocument } from '../scenario/document.ts';
import { type Files, resolve } from '../scenario/resolve.ts';
import { applySettings } from '../scenario/settings.ts';
import { secretFound } from './secrets.ts';
import { readTextFile } from './text-file.ts';
import { TOOL } from './tool.ts';

export interface LoadedScenario {
  readonly file: string;
  readonly document: ScenarioDocument;
  readonly scenario: Scenario;
  readonly settings: readonly Setting[];
  /** Of the file as it stands. */
  readonly sha256: string;
}

export interface ReadOptions {
  readonly settings?: readonly Setting[];
  readonly mode?: Mode;
  /** Epoch ms; stands for clock.startAt. */
  readonly startAtMs?: number;
}

/**
 * @throws ScenarioError with every problem at once, also when the file does not exist
 * @throws InputError when a trace or limits file that it names is damaged
 */
export function readScenario(file: string, options: ReadOptions = {}): LoadedScenario {
  return parseScenario(readTextFile(file), file, options);
}

/** The same for a text that is not on disk; paths in it are relative to `file`. */
export function parseScenario(text: string, file: string, options: ReadOptions = {}): LoadedScenario {
  return scenarioReader(text, file)(options);
}

/** For one text under many settings: it is parsed once, and what it names is read once. Throws as `readScenario` does. */
export function scenarioReader(text: string, file: string): (options?: ReadOptions) => LoadedScenario {
  const secret = secretFound(text, file, process.env);
  if (secret !== null) throw new ScenarioError([secret]);
  const document = parseDocument(text, file);
  const files = filesBeside(file);
  const hash = sha256(text);
  return ({ settings = [], mode, startAtMs } = {}) => {
    const among = settings.flatMap(({ path, value }) => secretFound(`${path}=${JSON.stringify(value)}`, 'a setting', process.env) ?? []);
    if (among.length > 0) throw new ScenarioError(among);
    const { scenario } = resolve(document, settings, files, {
      ...(mode ? { mode } : {}),
      ...(startAtMs === undefined ? {} : { startAtMs }),
    });
    return { file, document, scenario, settings, sha256: hash };
  };
}

/** Names a run by everything its results follow from: scenario, settings, traces, seed, mode and version. */
export function runIdOf(loaded: LoadedScenario, seed: number, mode: Mode): string {
  const traces = loaded.scenario.traffic.map((entry) => (entry.shape.kind === 'replay' ? (entry.shape.trace?.sha256 ?? '') : ''));
  const text = canonicalText(applySettings(loaded.document, loaded.settings));
  return sha256(JSON.stringify([TOOL.version, mode, seed, text, traces])).slice(0, 16);
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Of a trace only known columns are read, and recorded calls may well hold keys. */
const TRACE = /\.(?:csv|jsonl|ndjson|har)$/i;

/** Files that a scenario names, relative to it; each is read once. */
function filesBeside(file: string): Files {
  const folder = dirname(resolvePath(file));
  const known = new Map<string, ReturnType<Files['read']>>();
  return {
    read(path) {
      const read = known.get(path);
      if (read !== undefined) return read;
      const text = readText(resolvePath(folder, path));
      const secret = text === null || TRACE.test(path) ? null : secretFound(text, path, process.env);
      if (secret !== null) throw new InputError(secret);
      const fresh = text === null ? null : { text, sha256: sha256(text) };
      known.set(path, fresh);
      return fresh;
    },
  };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR' || error.code === 'ENOTDIR'))
      return null;
    throw error;
  }
}
