/** Rows to lines and back: one JSON object a line, a torn last line is normal after a crash. */
import { InputError } from '../model/errors.ts';
import type { AttemptRow, DropRow, HeaderRow, Row } from '../model/rows.ts';

/** One row as its line, newline included. Attempts and drops, which make up a journal, are written out by hand. */
export function line(row: Row): string {
  switch (row.kind) {
    case 'attempt':
      return attemptLine(row);
    case 'drop':
      return dropLine(row);
    default:
      return `${JSON.stringify(row)}\n`;
  }
}

const quoted = new Map<string, string>();

/** Names repeat: their JSON form is kept. */
function quote(text: string): string {
  let json = quoted.get(text);
  if (json === undefined) {
    json = JSON.stringify(text);
    if (quoted.size < 10_000) quoted.set(text, json);
  }
  return json;
}

function orNull(text: string | null): string {
  return text === null ? 'null' : quote(text);
}

const bucketLists = new WeakMap<readonly string[], string>();

function list(names: readonly string[]): string {
  if (names.length === 0) return '[]';
  let json = bucketLists.get(names);
  if (json === undefined) {
    json = JSON.stringify(names);
    bucketLists.set(names, json);
  }
  return json;
}

const usages = new WeakMap<object, string>();

function usageJson(usage: AttemptRow['usage']): string {
  if (usage === null) return 'null';
  let json = usages.get(usage);
  if (json === undefined) {
    json = JSON.stringify(usage);
    usages.set(usage, json);
  }
  return json;
}

function attemptLine(row: AttemptRow): string {
  return (
    `{"kind":"attempt","seq":${row.seq},"request":${row.request},"job":${row.job},"jobImages":${row.jobImages},"traffic":${quote(row.traffic)},` +
    `"n":${row.n},"project":${quote(row.project)},"model":${quote(row.model)},"lane":"${row.lane}","size":"${row.size}","dueMs":${row.dueMs},` +
    `"sentMs":${row.sentMs},"doneMs":${row.doneMs},"httpStatus":${row.httpStatus},"class":${orNull(row.class)},"buckets":${list(row.buckets)},` +
    `"quotaId":${orNull(row.quotaId)},"quotaValue":${row.quotaValue},"retryAtMs":${row.retryAtMs},"inputTokens":${row.inputTokens},` +
    `${row.referenceImages === undefined ? '' : `"referenceImages":${row.referenceImages},`}"usage":${usageJson(row.usage)},"costMicroUsd":${row.costMicroUsd},"listMicroUsd":${row.listMicroUsd},` +
    `"message":${row.message === null ? 'null' : JSON.stringify(row.message)},"outcome":${orNull(row.outcome)}}\n`
  );
}

function dropLine(row: DropRow): string {
  return (
    `{"kind":"drop","request":${row.request},"job":${row.job},"jobImages":${row.jobImages},"traffic":${quote(row.traffic)},` +
    `"project":${quote(row.project)},"model":${quote(row.model)},"lane":"${row.lane}","size":"${row.size}","dueMs":${row.dueMs},` +
    `"atMs":${row.atMs},"attempts":${row.attempts},"inputTokens":${row.inputTokens},"listMicroUsd":${row.listMicroUsd},"cause":"${row.cause}"}\n`
  );
}

type Is = 'number' | 'number or null' | 'text' | 'list' | 'mapping' | 'anything';

/** Fields without which a row is not what its kind says, and what each is: what is computed with must not be a text. */
const REQUIRED: Readonly<Record<Row['kind'], Readonly<Record<string, Is>>>> = {
  header: { schemaVersion: 'number', runId: 'text', mode: 'text', seed: 'number', startAt: 'text', resolved: 'mapping' },
  due: { request: 'number', job: 'number', traffic: 'text', user: 'number or null', nth: 'number' },
  sent: { seq: 'number', request: 'number', n: 'number', sentMs: 'number' },
  attempt: {
    seq: 'number',
    request: 'number',
    job: 'number',
    traffic: 'text',
    n: 'number',
    project: 'text',
    model: 'text',
    dueMs: 'number',
    sentMs: 'number',
    doneMs: 'number or null',
    buckets: 'list',
    costMicroUsd: 'number',
    outcome: 'anything',
  },
  drop: { request: 'number', dueMs: 'number', atMs: 'number', cause: 'text' },
  breaker: { atMs: 'number', state: 'text' },
  batch: { atMs: 'number', state: 'text' },
  job: { number: 'number', firstSeq: 'number', rows: 'number', displayName: 'text', name: 'anything' },
  canary: { model: 'text', doneMs: 'number or null', costMicroUsd: 'number' },
  resume: { atMs: 'number', at: 'text' },
  end: { atMs: 'number', reason: 'text' },
};

function is(value: unknown, what: Is): boolean {
  switch (what) {
    case 'number':
      return Number.isFinite(value);
    case 'number or null':
      return value === null || Number.isFinite(value);
    case 'text':
      return typeof value === 'string';
    case 'list':
      return Array.isArray(value);
    case 'mapping':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'anything':
      return true;
    default:
      return what satisfies never;
  }
}

/**
 * The row of one line.
 * @throws InputError naming file, line number and what is missing or of another type
 */
export function parseLine(text: string, file: string, lineNumber: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${file} line ${lineNumber}: not JSON`, { cause });
  }
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? String(value.kind) : '';
  const required = Object.hasOwn(REQUIRED, kind) ? REQUIRED[kind as Row['kind']] : undefined;
  if (!required) throw new InputError(`${file} line ${lineNumber}: not a journal row (kind is ${JSON.stringify(kind)})`);
  const row = value as Readonly<Record<string, unknown>>;
  for (const key in required) {
    const lacks = !Object.hasOwn(row, key);
    if (!lacks && is(row[key], required[key]!)) continue;
    const why = lacks ? `missing "${key}"` : `"${key}" is no ${required[key]}`;
    throw new InputError(`${file} line ${lineNumber}: not ${kind === 'attempt' || kind === 'end' ? 'an' : 'a'} ${kind} row (${why})`);
  }
  return value as Row;
}

export interface JournalRead {
  readonly header: HeaderRow;
  /** Whether the last line was cut off, as after a crash. */
  readonly isTorn: boolean;
}

/**
 * Reads rows from chunks of text as they come and hands each on; the header first.
 * @throws InputError for anything that does not parse but a torn last line
 */
export class JournalReader {
  private rest = '';
  private lineNumber = 0;
  private header: HeaderRow | null = null;
  private readonly file: string;
  private readonly each: (row: Row) => void;

  constructor(file: string, each: (row: Row) => void) {
    this.file = file;
    this.each = each;
  }

  push(chunk: string): void {
    const text = this.rest + chunk;
    let from = 0;
    for (let to = text.indexOf('\n', from); to >= 0; to = text.indexOf('\n', from)) {
      this.take(text.slice(from, to));
      from = to + 1;
    }
    this.rest = text.slice(from);
  }

  end(): JournalRead {
    if (this.header === null) throw new InputError(`${this.file} line 1: not a journal (no header row)`);
    return { header: this.header, isTorn: this.rest.length > 0 };
  }

  private take(text: string): void {
    this.lineNumber++;
    if (text.length === 0) throw new InputError(`${this.file} line ${this.lineNumber}: empty line`);
    const row = parseLine(text, this.file, this.lineNumber);
    if (this.lineNumber === 1) {
      if (row.kind !== 'header') throw new InputError(`${this.file} line 1: not a journal (the first row is ${row.kind}, not header)`);
      this.header = row;
    } else if (row.kind === 'header') throw new InputError(`${this.file} line ${this.lineNumber}: a second header`);
    this.each(row);
  }
}
