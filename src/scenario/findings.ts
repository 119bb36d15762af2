/** What is found in one pass over a scenario: every problem with its place, and warnings. */
import { z } from 'zod';
import { InputError, ScenarioError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';
import type { Warning } from '../model/scenario.ts';
import { locate, type Path, type ScenarioDocument, valueAt } from './document.ts';
import { MODEL_IDS, unknownModel } from './models.ts';

type Issue = z.core.$ZodIssue;
/** Stands in the message of a union that has none of its own: the branch that fits best speaks. */
const SILENT = ' ';
const VALUE_SHOWN_MAX = 60;

export class Findings {
  readonly warnings: Warning[] = [];
  private readonly damaged: InputError[] = [];
  private readonly found: { line: number; text: string }[] = [];
  private readonly document: ScenarioDocument;

  constructor(document: ScenarioDocument) {
    this.document = document;
    for (const text of document.problems) this.add(text);
  }

  /** All problems, in the order of the file. */
  get problems(): readonly string[] {
    return [...new Set(this.found.sort((a, b) => a.line - b.line).map(({ text }) => text))];
  }

  /** A text that begins with `expected` is completed with what was found. */
  problem(path: Path, text: string): void {
    this.add(`${locate(this.document, path)}: ${completed(text, valueAt(this.document.value, path))}`);
  }

  unknownKey(path: Path, known: readonly string[]): void {
    this.problem(path, unknownKey(String(path.at(-1)), known));
  }

  /** What is made of another file; a damaged one is kept for `throwIfAny`, so that the scenario's own problems come first. */
  input<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.damaged.push(error);
      return undefined;
    }
  }

  /** @throws ScenarioError with all problems, or else InputError with all damaged files */
  throwIfAny(): void {
    const problems = this.problems;
    if (problems.length > 0) throw new ScenarioError(problems);
    if (this.damaged.length > 0) throw new InputError(this.damaged.map((error) => error.message).join('\n'), { cause: this.damaged[0] });
  }

  warn(code: string, text: string): void {
    if (!this.warnings.some((warning) => warning.code === code && warning.text === text)) this.warnings.push({ code, text });
  }

  /** The value that a definition makes of what stands at a path; undefined when it is wrong, or not there. */
  parse<T extends z.ZodType>(definition: T, path: Path): z.output<T> | undefined {
    const result = definition.safeParse(valueAt(this.document.value, path), { error: message, reportInput: true });
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.report(issue, path);
    return undefined;
  }

  /**
   * The same key by key: a key that is wrong, or required and missing, gets its default or what stands in for it, so that the
   * others can still be checked.
   */
  parseKeys<T extends z.ZodObject>(definition: T, path: Path, standIns: Partial<z.output<T>>): z.output<T> {
    const value = valueAt(this.document.value, path) ?? {};
    const isMapping = typeof value === 'object' && !Array.isArray(value);
    if (!isMapping) this.problem(path, 'expected a mapping');
    const known = Object.keys(definition.shape);
    for (const key of isMapping ? Object.keys(value) : []) if (!known.includes(key)) this.unknownKey([...path, key], known);
    const parsed: Record<string, unknown> = {};
    for (const [key, inner] of Object.entries(definition.shape as Record<string, z.ZodType>)) {
      const good = isMapping ? this.parse(inner, [...path, key]) : undefined;
      const result = good === undefined ? (inner.safeParse(undefined).data ?? standIns[key as keyof typeof standIns]) : good;
      if (result !== undefined) parsed[key] = result;
    }
    return parsed as z.output<T>; // every key of the shape is right, or stands in
  }

  private report(issue: Issue, base: Path): void {
    const path = [...base, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
    if (issue.code === 'unrecognized_keys') {
      const texts = issue.message.split('\n');
      for (const [i, key] of issue.keys.entries()) this.problem([...path, key], texts[i] ?? 'unknown key');
      return;
    }
    if (issue.code === 'invalid_union') {
      const branch = bestBranch(issue.errors);
      if (branch && (fitsType(branch) || issue.message === SILENT)) {
        for (const inner of branch) this.report(inner, path);
        return;
      }
    }
    this.problem(path, issue.message === SILENT ? 'expected something else' : issue.message);
  }

  private add(text: string): void {
    const line = text.startsWith(this.document.file) ? Number.parseInt(text.slice(this.document.file.length + 1), 10) : 0;
    this.found.push({ line: Number.isNaN(line) ? 0 : line, text });
  }
}

/** Of the alternatives, the one of the right type with the fewest issues. */
function bestBranch(branches: readonly Issue[][]): Issue[] | undefined {
  const fitting = branches.filter(fitsType);
  return (fitting.length > 0 ? fitting : branches.slice(0)).sort((a, b) => a.length - b.length || depth(b) - depth(a))[0];
}

function fitsType(issues: Issue[]): boolean {
  return issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys');
}

function depth(issues: Issue[]): number {
  return Math.max(...issues.map((issue) => issue.path.length));
}

/** What zod says where the definition says nothing. */
function message(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.expected === 'object' || issue.expected === 'record'
        ? 'expected a mapping'
        : `expected ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, keysOf(issue.inst))).join('\n');
    case 'invalid_union':
      return SILENT;
    case 'too_small':
      return issue.origin === 'array' ? `expected a list of at least ${issue.minimum}` : `expected at least ${issue.minimum}`;
    case 'too_big':
      return issue.origin === 'array' ? `expected a list of at most ${issue.maximum}` : `expected at most ${issue.maximum}`;
    default:
      return `expected something else (${issue.code})`;
  }
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
};

function unknownKey(key: string, known: readonly string[]): string {
  if (known.includes(MODEL_IDS[0]!)) {
    const meant = nearest(
      key,
      known.filter((candidate) => !MODEL_IDS.includes(candidate)),
    );
    return meant === null ? unknownModel(key).replace('{found}', `found ${JSON.stringify(key)}`) : `unknown key, did you mean ${meant}?`;
  }
  const meant = nearest(key, known);
  return meant === null ? `unknown key, expected one of ${known.join(', ')}` : `unknown key, did you mean ${meant}?`;
}

function keysOf(definition: unknown): readonly string[] {
  return definition instanceof z.ZodObject ? Object.keys(definition.shape) : [];
}

function completed(text: string, value: unknown): string {
  const found = `found ${shown(value)}`;
  if (text.includes('{found}')) return text.replace('{found}', () => found);
  if (!text.startsWith('expected') || text.includes(', found ')) return text;
  const listed = /(?:one of|preset:|format:) (.+)$/.exec(text);
  const meant = typeof value === 'string' && listed ? nearest(value, listed[1]!.split(', ')) : null;
  return meant === null ? `${text}, ${found}` : `${text}, ${found} (did you mean ${meant}?)`;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > VALUE_SHOWN_MAX ? `${text.slice(0, VALUE_SHOWN_MAX)}…` : text;
}
