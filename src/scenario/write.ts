/**
 * Settings written into the user's own YAML: only what they change is touched, so comments, order and layout stay.
 *
 * The text is edited by offsets, since printing a parsed document would lay all of it out anew. Where that cannot be done (an
 * anchor that others refer to) the document is printed, and as a last resort its plain value, without comments. Whichever it
 * is, the answer is read back before it is handed out.
 */
import { Document, isCollection, isMap, isPair, isScalar, isSeq, type Node, type Pair, parse, parseDocument, stringify } from 'yaml';
import { InvariantError, invariant } from '../model/errors.ts';
import type { Setting } from '../model/scenario.ts';
import { type Path, type ScenarioDocument, valueAt } from './document.ts';
import { isSetAside } from './set-aside.ts';
import { applySettings } from './settings.ts';

/**
 * The text of a scenario file that says what the document says under the settings. A setting whose value is undefined takes
 * its key out. The settings fit the document, as resolving it under them has shown.
 */
export function writeSettings(document: ScenarioDocument, settings: readonly Setting[]): string {
  const changed = applySettings(document, settings);
  invariant(changed.problems.length === 0, `settings to write lead somewhere: ${changed.problems[0]}`);
  const wanted = defined(withoutSetAside(changed));
  const changes = [...changesOf(document.value, wanted, [])];
  for (const write of [edited, printed, () => stringify(wanted, LAYOUT)]) {
    const text = write(document.text, changes);
    if (text !== null && saysSame(text, wanted)) return text;
  }
  throw new InvariantError('invariant broken: a scenario that was written reads as it was meant');
}

/** `value` undefined: the key is taken out. */
interface Change {
  readonly path: Path;
  readonly value: unknown;
}

/** The fewest and deepest changes from one value to the other. */
function* changesOf(from: unknown, to: unknown, path: Path): Iterable<Change> {
  if (isMapping(from) && isMapping(to) && Object.keys(from).some((key) => key in to)) {
    for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
      if (!(key in to)) yield { path: [...path, key], value: undefined };
      else if (!(key in from)) yield { path: [...path, key], value: to[key] };
      else yield* changesOf(from[key], to[key], [...path, key]);
    }
  } else if (Array.isArray(from) && Array.isArray(to) && to.length >= from.length) {
    for (const [i, item] of to.entries()) {
      if (i < from.length) yield* changesOf(from[i], item, [...path, i]);
      else yield { path: [...path, i], value: item };
    }
  } else if (JSON.stringify(from) !== JSON.stringify(to)) yield { path, value: to };
}

/** Limits that were read at another tier would count again in a file that names the new one. */
function withoutSetAside(document: ScenarioDocument): unknown {
  const { value } = document;
  const quota = valueAt(value, ['quota']);
  const limits = valueAt(quota, ['limits']);
  if (!isMapping(value) || !isMapping(quota) || !isMapping(limits)) return value;
  const isAside = (model: string, name: string): boolean => isSetAside(document, ['quota', 'limits', model, name]);
  const entries = Object.entries(limits).map(([model, own]) => [model, Object.entries(own ?? {})] as const);
  if (!entries.some(([model, own]) => own.some(([name]) => isAside(model, name)))) return value;
  const kept = entries.flatMap(([model, own]) => {
    const some = own.filter(([name]) => !isAside(model, name));
    return some.length === 0 ? [] : [[model, Object.fromEntries(some)]];
  });
  return { ...value, quota: { ...quota, limits: kept.length === 0 ? undefined : Object.fromEntries(kept) } };
}

interface Edit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** One change after another, each in the text that the one before left. null where one cannot be made so. */
function edited(text: string, changes: readonly Change[]): string | null {
  let result = text;
  for (const change of changes) {
    const edit = editOf(result, parseDocument(result).contents, change);
    if (edit === null) return null;
    result = result.slice(0, edit.from) + edit.text + result.slice(edit.to);
  }
  return result;
}

function editOf(text: string, contents: Node | null, { path, value }: Change): Edit | null {
  const key = path.at(-1);
  const parent = nodeAt(contents, path.slice(0, -1));
  if (!isCollection(parent) || key === undefined) return null;
  const items = parent.items as (Node | Pair)[];
  const at = isMap(parent) ? parent.items.findIndex((pair) => keyOf(pair) === key) : (key as number);
  const item = items[at];
  if (item === undefined) return parent.flow ? intoFlow(parent, key, value) : intoBlock(text, parent, key, value);
  if (value !== undefined) return replaced(text, item, value);
  return parent.flow ? outOfFlow(items, at) : outOfBlock(text, items, at);
}

function replaced(text: string, item: Node | Pair, value: unknown): Edit | null {
  const node = isPair(item) ? (item.value as Node | null) : item;
  const place = node?.range;
  if (!place) return null;
  const from = text[place[0] - 1] === ':' ? ' ' : '';
  // A value that stands on lines of its own moves up to its key.
  const colon = isPair(item) && isCollection(node) && !node.flow ? endOf(item.key as Node) + 1 : null;
  return colon === null
    ? { from: place[0], to: place[1], text: from + flowText(value) }
    : { from: colon, to: endOf(node as Node), text: ` ${flowText(value)}` };
}

function intoFlow(parent: Node & { items: unknown[] }, key: string | number, value: unknown): Edit | null {
  const [from, to] = parent.range!;
  const text = entryText(key, value);
  const last = parent.items.at(-1) as Node | Pair | undefined;
  if (!last) return { from, to, text: isMap(parent) ? `{ ${text} }` : `[${text}]` };
  const end = endOf(last);
  return { from: end, to: end, text: `, ${text}` };
}

/** On a line of its own after the last one, comment included. */
function intoBlock(text: string, parent: Node & { items: unknown[] }, key: string | number, value: unknown): Edit | null {
  const last = parent.items.at(-1) as Node | Pair;
  const first = parent.range![0];
  const indent = ' '.repeat(first - (text.lastIndexOf('\n', first - 1) + 1));
  const line = `${indent}${isSeq(parent) ? '- ' : ''}${entryText(key, value)}`;
  const end = endOf(last);
  if (text[end - 1] === '\n') return { from: end, to: end, text: `${line}\n` };
  const newline = text.indexOf('\n', end);
  const at = newline < 0 ? text.length : newline;
  return { from: at, to: at, text: `\n${line}` };
}

function outOfFlow(items: readonly (Node | Pair)[], at: number): Edit | null {
  const own = items[at]!;
  const next = items[at + 1];
  const previous = items[at - 1];
  if (next) return { from: startOf(own), to: startOf(next), text: '' };
  return previous ? { from: endOf(previous), to: endOf(own), text: '' } : { from: startOf(own), to: endOf(own), text: '' };
}

/** Its lines, comments at their ends included. An item that shares its line with a dash, or is alone, is for another way. */
function outOfBlock(text: string, items: readonly (Node | Pair)[], at: number): Edit | null {
  const own = items[at]!;
  const from = text.lastIndexOf('\n', startOf(own) - 1) + 1;
  if (items.length === 1 || text.slice(from, startOf(own)).trim() !== '') return null;
  const newline = text.indexOf('\n', endOf(own) - 1);
  return { from, to: newline < 0 ? text.length : newline + 1, text: '' };
}

/** Lays the document out anew, comments kept. null where an alias is in the way. */
function printed(text: string, changes: readonly Change[]): string | null {
  const document = parseDocument(text);
  try {
    for (const { path, value } of changes) {
      if (value === undefined) document.deleteIn(path);
      else document.setIn(path, document.createNode(value, { flow: true }));
    }
  } catch {
    return null; // yaml says so where a path leads through an alias; the next way needs no path
  }
  return document.toString(LAYOUT);
}

const LAYOUT = { lineWidth: 0 } as const;

function saysSame(text: string, wanted: unknown): boolean {
  try {
    const read: unknown = parse(text);
    return canonical(read) === canonical(wanted);
  } catch {
    return false; // not YAML any more
  }
}

function nodeAt(contents: Node | null, path: Path): unknown {
  let node: unknown = contents;
  for (const part of path) {
    if (isMap(node)) node = node.items.find((pair) => keyOf(pair) === part)?.value;
    else if (isSeq(node) && typeof part === 'number') node = node.items[part];
    else return null; // an alias, or nothing
  }
  return node;
}

function keyOf({ key }: Pair): string | null {
  return isScalar(key) ? String(key.value) : null;
}

function startOf(item: Node | Pair): number {
  return (isPair(item) ? (item.key as Node) : item).range![0];
}

/** Behind the last character that belongs to it, without spaces, comments and line ends that follow. */
function endOf(item: Node | Pair): number {
  if (isPair(item)) return endOf((item.value ?? item.key) as Node);
  const last = isCollection(item) && !item.flow ? (item.items.at(-1) as Node | Pair | undefined) : undefined;
  return last ? endOf(last) : item.range![1];
}

function entryText(key: string | number, value: unknown): string {
  return typeof key === 'number' ? flowText(value) : `${scalarText(key)}: ${flowText(value)}`;
}

/** On one line: `{ attempts: 5, retryOn: [429, 503] }`. */
function flowText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (!isMapping(value)) return scalarText(value);
  const entries = Object.entries(value).map(([key, inner]) => entryText(key, inner));
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}

/** Quoted where it has to be to stand inside braces. */
function scalarText(value: unknown): string {
  const list = new Document([value]).toString({ ...LAYOUT, collectionStyle: 'flow', flowCollectionPadding: false });
  return list.trim().slice(1, -1);
}

/** Without keys that are there and undefined. */
function defined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(defined);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, defined(inner)]])));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isMapping(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
