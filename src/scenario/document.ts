/** A scenario file as read: its plain value, and the line of every path in it. Plain data, structured-cloneable. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument as parseYaml } from 'yaml';

export type Path = readonly (string | number)[];

export interface ScenarioDocument {
  /** As the user named it; messages begin with it. */
  readonly file: string;
  readonly text: string;
  readonly value: unknown;
  /** Line by path, as `formatPath` writes it. */
  readonly lines: ReadonlyMap<string, number>;
  /** Paths that settings have changed: what is wrong there is not the file's fault. */
  readonly set: readonly Path[];
  /** The tier as the file names it; its limits were read there. */
  readonly tierInFile: unknown;
  readonly problems: readonly string[];
}

/** Never throws: what is wrong with the YAML becomes problems, each with its line. */
export function parseDocument(text: string, file: string): ScenarioDocument {
  const counter = new LineCounter();
  const yaml = parseYaml(text, { lineCounter: counter, prettyErrors: false });
  const lines = new Map<string, number>();
  walk(yaml.contents, [], (path, offset) => lines.set(formatPath(path), counter.linePos(offset).line));
  const problems = yaml.errors.map((error) => `${file}:${counter.linePos(error.pos[0]).line}: ${yamlProblem(error.code, error.message)}`);
  const base = { file, text, lines, set: [], tierInFile: undefined };
  if (yaml.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { ...base, value: null, problems };
  try {
    const value: unknown = yaml.toJS();
    return { ...base, value, tierInFile: valueAt(value, ['quota', 'tier']), problems };
  } catch (error) {
    return {
      ...base,
      value: null,
      problems: [...problems, `${file}:1: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
}

/** `traffic[1].shape.rate`; a key that is no plain word is quoted: `quota.limits."gemini-3.1-flash-image".rpm`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += (text === '' ? '' : '.') + (/^[^.[\]"=]+$/.test(part) ? part : JSON.stringify(part));
  }
  return text;
}

/** `launch.yaml:12 traffic[1].shape.rate`, with the line of the nearest thing that is written; `--set` for a setting. */
export function locate(document: ScenarioDocument, path: Path): string {
  const where = formatPath(path);
  const isWritten = document.lines.has(where);
  const isSet = document.set.some((changed) => (isWritten ? changed.length <= path.length : true) && agree(changed, path));
  if (isSet && where !== '') return `--set ${where}`;
  let line = 1;
  for (let length = path.length; length >= 0; length--) {
    const found = document.lines.get(formatPath(path.slice(0, length)));
    if (found === undefined) continue;
    line = found;
    break;
  }
  return where === '' ? `${document.file}:${line}` : `${document.file}:${line} ${where}`;
}

/** Whether one path leads into the other. */
function agree(a: Path, b: Path): boolean {
  const length = Math.min(a.length, b.length);
  return a.slice(0, length).every((part, i) => part === b[i]);
}

export function valueAt(value: unknown, path: Path): unknown {
  let found = value;
  for (const part of path)
    found = typeof found === 'object' && found !== null ? (found as Record<string | number, unknown>)[part] : undefined;
  return found;
}

/**
 * The document after its settings as JSON with sorted keys: equal texts mean the same scenario however it is laid out.
 * The runId follows from it.
 */
export function canonicalText(document: ScenarioDocument): string {
  return JSON.stringify(document.value, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

function walk(node: unknown, path: Path, visit: (path: Path, offset: number) => void): void {
  if (isAlias(node) || isScalar(node) || isMap(node) || isSeq(node)) visitNode(node, path, visit);
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const inner = [...path, String(key.value)];
      if (key.range) visit(inner, key.range[0]);
      walkInside(value, inner, visit);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) walk(item, [...path, index], visit);
  }
}

/** The line of a key counts, not that of a value which begins on a later line. */
function walkInside(node: unknown, path: Path, visit: (path: Path, offset: number) => void): void {
  walk(node, path, (inner, offset) => {
    if (inner.length > path.length) visit(inner, offset);
  });
}

function visitNode(node: Node, path: Path, visit: (path: Path, offset: number) => void): void {
  if (node.range) visit(path, node.range[0]);
}

function yamlProblem(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'the same key stands twice in one mapping';
  if (code === 'TAB_AS_INDENT') return 'tabs cannot indent YAML, use spaces';
  if (code === 'MULTIPLE_DOCS') return 'a file holds one scenario, here a second YAML document begins';
  return message.split('\n')[0]!;
}
