/** Settings in the words of the scenario file: which place a path means, and the document after it is changed. */
import { parse as parseYaml } from 'yaml';
import { ScenarioError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';
import type { Setting } from '../model/scenario.ts';
import { formatPath, type Path, type ScenarioDocument } from './document.ts';

/**
 * `PATH=VALUE`, the value read as YAML.
 * @throws ScenarioError for a text that is no setting
 */
export function parseSetting(text: string): Setting {
  const split = /^((?:"[^"]*"|[^="])+)=(.*)$/s.exec(text);
  if (!split) throw new ScenarioError([`--set ${text}: expected PATH=VALUE such as traffic[0].shape.rate=9/min`]);
  const path = split[1]!.trim();
  if (parsePath(path) === null) throw new ScenarioError([`--set ${text}: ${notAPath(path)}`]);
  try {
    return { path, value: parseYaml(split[2]!) };
  } catch (error) {
    throw new ScenarioError([`--set ${text}: the value is not YAML`], { cause: error });
  }
}

/** The document with all settings made; a path that leads nowhere becomes a problem of it. Changes nothing in place. */
export function applySettings(document: ScenarioDocument, settings: readonly Setting[]): ScenarioDocument {
  if (settings.length === 0) return document;
  const problems = [...document.problems];
  const set: Path[] = [...document.set];
  let value = document.value;
  for (const setting of settings) {
    const path = resolvePath(value, setting.path);
    if (typeof path === 'string') {
      problems.push(`--set ${setting.path}: ${path}`);
      continue;
    }
    value = withValue(value, path, setting.value);
    set.push(path);
  }
  return { ...document, value, set, problems };
}

/** Keys as texts, `[1]` as numbers; null for a text that is no path. */
export function parsePath(text: string): Path | null {
  const part = /"((?:[^"\\]|\\.)*)"|\[(\d+)\]|([^.[\]"=]+)/y;
  const path: (string | number)[] = [];
  let at = 0;
  while (at < text.length) {
    if (path.length > 0 && text[at] === '.') at++;
    else if (path.length > 0 && text[at] !== '[') return null;
    part.lastIndex = at;
    const match = part.exec(text);
    if (!match) return null;
    if (match[2] !== undefined) path.push(Number(match[2]));
    else path.push(match[1] ?? match[3]!);
    at = part.lastIndex;
  }
  return path.length > 0 ? path : null;
}

/** The path with `traffic.NAME` as an index, or what is wrong with it. */
function resolvePath(root: unknown, text: string): Path | string {
  const parts = parsePath(text);
  if (parts === null) return notAPath(text);
  const path: (string | number)[] = [];
  let value = root;
  for (const [i, part] of parts.entries()) {
    const step = Array.isArray(value) ? indexIn(value, part, formatPath(path)) : keyIn(value, part, path, parts.slice(i));
    if (typeof step === 'object') return step.problem;
    path.push(step);
    value = typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined;
  }
  return path;
}

/** An index into a list, by number or by the name of its entry; one past the end adds to it. */
function indexIn(list: readonly unknown[], part: string | number, where: string): number | { problem: string } {
  if (typeof part === 'number') {
    if (part <= list.length) return part;
    return { problem: `${where} has ${list.length === 1 ? '1 entry, [0]' : `${list.length} entries, [0] to [${list.length - 1}]`}` };
  }
  const names = list.map((entry, i) => nameOf(entry) ?? (where === 'traffic' ? `traffic ${i + 1}` : ''));
  const index = names.indexOf(part);
  if (index >= 0) return index;
  const named = names.filter((name) => name !== '');
  const meant = nearest(part, named);
  if (meant !== null) return { problem: `${where} has no entry "${part}", did you mean ${formatPath([where, meant])}?` };
  return {
    problem: `${where} has no entry "${part}"${named.length > 0 ? `, only ${named.map((name) => `"${name}"`).join(', ')}` : ''}`,
  };
}

/** A key of a mapping, or of what will become one: whether it exists is for the definition to say. */
function keyIn(value: unknown, part: string | number, path: Path, rest: Path): string | { problem: string } {
  const where = formatPath(path);
  if (typeof part === 'number') return { problem: `${where === '' ? 'the scenario' : where} is not a list` };
  const dotted = rest.length > 1 && typeof rest[1] === 'string' && /^gemini-\d$/.test(part);
  if (dotted) return { problem: `put a key with a dot in quotes: ${where}."${part}.${rest[1]}"` };
  const replaceable = value === undefined || value === null || typeof value === 'object' || isPreset(value, path);
  if (replaceable) return part;
  return { problem: `${where} is ${JSON.stringify(value)} and has no keys` };
}

/** Changing one key of `retry: genai-3` keeps the rest of the preset. */
function isPreset(value: unknown, path: Path): boolean {
  return typeof value === 'string' && path.at(-1) === 'retry';
}

function withValue(root: unknown, path: Path, value: unknown): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return structuredClone(value);
  if (typeof part === 'number') {
    const list = Array.isArray(root) ? [...(root as unknown[])] : [];
    list[part] = withValue(list[part], rest, value);
    return list;
  }
  const mapping: Record<string, unknown> =
    typeof root === 'string' ? { preset: root } : { ...(root as Record<string, unknown> | null | undefined) };
  mapping[part] = withValue(mapping[part], rest, value);
  return mapping;
}

function nameOf(entry: unknown): string | null {
  const name = typeof entry === 'object' && entry !== null ? (entry as { name?: unknown }).name : undefined;
  return typeof name === 'string' ? name : null;
}

function notAPath(text: string): string {
  return `expected a path such as traffic[0].shape.rate or quota.limits."gemini-3.1-flash-image".rpm, found ${JSON.stringify(text)}`;
}
