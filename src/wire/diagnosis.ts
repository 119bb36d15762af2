/**
 * From any text to a diagnosis: one answer as it came (with headers, colours, line wraps, quoting), or a whole log, which is
 * split into its entries, each judged by the classifier and counted by class. Nothing is ever thrown, no secret is repeated.
 */
import type { BucketName, ErrorClass } from '../model/names.ts';
import { epochMs, isoInstant } from '../model/time.ts';
import type { Answer } from './case.ts';
import { GATEWAY_QUESTIONS, noteFor, waveSigns } from './class-notes.ts';
import { classifyReading, judgementOf, type Verdict } from './classify.ts';
import type { Retryable, Whose } from './error-classes.ts';
import { type Reading, readAnswer } from './reading.ts';
import { redact } from './redact.ts';

export interface Diagnosis {
  readonly class: ErrorClass;
  readonly bucket: BucketName | null;
  readonly retryable: Retryable;
  readonly waitMs: number | null;
  readonly whose: Whose | null;
  readonly fix: readonly string[];
  readonly confidence: Verdict['confidence'];
  readonly evidence: readonly string[];

  readonly what: string;
  readonly check: readonly string[];
  /** How to tell an incident at Google from a mistake of one's own. */
  readonly signs: readonly string[];
  /** What only the reader knows. */
  readonly questions: readonly string[];
  readonly links: readonly string[];
  readonly quotaId: string | null;
  readonly limit: number | null;
  readonly model: string | null;
  /** Entries of a log; 1 for a single answer. */
  readonly entries: number;
  /** Entries that speak of an error and are not about these APIs, or do not say enough. */
  readonly unclear: number;
  /** The most frequent first; the fields above are those of the first. */
  readonly classes: readonly ClassCount[];
}

export interface ClassCount {
  readonly class: ErrorClass;
  readonly bucket: BucketName | null;
  readonly retryable: Retryable;
  readonly whose: Whose | null;
  readonly count: number;
  /** As the log writes it, in ISO form; with Z only where the log tells its zone. null: no date stood there. */
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  /** Of the first one, from 1. */
  readonly line: number;
  readonly models: readonly string[];
}

export function diagnose(text: string): Diagnosis {
  const clean = withoutQuoting(withoutColours(text));
  const entries = logEntries(clean);
  if (entries.length > 1) {
    const log = diagnoseLog(entries);
    if (log !== null) return log;
  }
  const judged = judge(clean);
  const verdict = verdictOf(judged);
  const seen = instantIn(clean.slice(0, HEAD_CHARS_MAX));
  const tally = new Tally(verdict, 1);
  tally.add(seen, modelsIn(clean.slice(0, HEAD_CHARS_MAX)));
  return diagnosisOf({ verdict, reading: judged.reading, entries: 1, unclear: 0, classes: [tally.row()], more: [] });
}

const HEAD_CHARS_MAX = 20_000;

// One answer

interface Judged {
  readonly class: ErrorClass;
  readonly confidence: Verdict['confidence'];
  readonly reading: Reading;
  readonly answer: Answer;
}

function judge(text: string): Judged {
  const whole = judgeAs(text);
  const joined = unwrappedLines(text);
  if (joined === null) return whole;
  const again = judgeAs(joined);
  return again.class !== 'unknown' && RANKS[again.confidence] >= RANKS[whole.confidence] ? again : whole;
}

const RANKS = { low: 0, medium: 1, high: 2 } as const;

function judgeAs(text: string): Judged {
  const { status, headers, body } = httpParts(text);
  const reading = readAnswer(body, headers);
  const answer: Answer = { status, headers, body, pasted: true };
  return { ...judgementOf(reading, answer), reading, answer };
}

/** All that is said about it. Of a log only the first and the last of each class are looked at so closely. */
function verdictOf({ reading, answer }: Judged): Verdict {
  return classifyReading(reading, answer);
}

interface HttpParts {
  readonly status: number | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const STATUS_LINE = /^HTTP\/\d(?:\.\d)? (\d{3})\b/;

/** Takes `curl -i` and `curl -v` apart; redirects and `100 Continue` before the last answer are left out. */
function httpParts(text: string): HttpParts {
  let lines = text.split(/\r?\n/);
  if (lines.some((line) => /^< HTTP\/\d/.test(line)))
    lines = lines.filter((line) => !/^(?:[*>](?: |$)|[{}] \[\d)/.test(line)).map((line) => line.replace(/^<(?: |$)/, ''));
  const start = lines.findLastIndex((line) => STATUS_LINE.test(line));
  if (start < 0 || lines.slice(0, start).some((line) => /^\s*[{[<]/.test(line))) return { status: null, headers: {}, body: text };
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = start + 1;
  for (; at < lines.length; at++) {
    const header = /^([A-Za-z0-9-]{1,80}):\s?(.*)$/.exec(lines[at] ?? '');
    if (!header) break;
    headers[header[1]?.toLowerCase() ?? ''] = header[2] ?? '';
  }
  return { status: Number(STATUS_LINE.exec(lines[start] ?? '')?.[1]), headers, body: lines.slice(at).join('\n').trim() };
}

function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what starts a colour
  return text.replace(/^\ufeff/, '').replace(/(?:\u001b|\\u001b|\\x1b|\u241b)\[[\d;?]{0,20}[A-Za-z]/gi, '');
}

/** Without what mail programs and docker compose put before each line, and without the frame that a terminal draws around a text. */
function withoutQuoting(text: string): string {
  const lines = text.split(/\r?\n/);
  if (lines.every((line) => /^\s*[│┃|╭╰╔╚─]|^\s*$/.test(line)) && /[│┃]/.test(text))
    return lines.map((line) => line.replace(/^\s*[│┃|] ?/, '').replace(/\s*[│┃|]\s*$/, '')).join('\n');
  const prefix = /^(?:\s*>\s?|\s*[\w.-]{1,40}\s*\|\s)/;
  const isQuoted = lines.length > 1 && lines.every((line) => prefix.test(line) || line.trim() === '');
  return isQuoted ? lines.map((line) => line.replace(prefix, '')).join('\n') : text;
}

const WIDTH_MIN = 40;
const WRAPPED_CHARS_MAX = 200_000;

/** Lines that a terminal cut at its width, made whole; null when nothing looks cut. */
function unwrappedLines(text: string): string | null {
  if (text.length > WRAPPED_CHARS_MAX) return null;
  const lines = text.trimEnd().split(/\r?\n/);
  const width = lines[0]?.length ?? 0;
  const isCut = lines.length > 1 && width >= WIDTH_MIN && lines.every((line, index) => line.length === width || index === lines.length - 1);
  return isCut && (lines.at(-1)?.length ?? 0) <= width ? lines.join('') : null;
}

// Logs

interface Entry {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

const ENTRIES_MAX = 500_000;
const DATED =
  /^[^\w\s]{0,3}(?:[\w.-]{1,40}\s*\|\s*)?[^\w\s]{0,3}(?:\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}|\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}|[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}|\d{2}:\d{2}:\d{2}[.,\]])/;
const LEVELLED = /^\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\]?[\s:]/;
const RAISED = /^(?:Uncaught |Unhandled )?[\w.]{0,80}(?:Error|Exception|Exhausted|Unavailable|PermissionDenied)\b[^\n]{0,20}[:{]/;

/** A log's entries, each with the lines that belong to it; one entry when the text is no log. */
function logEntries(text: string): Entry[] {
  const list = listOfErrors(text);
  if (list !== null) return list;
  if (/^\s*(?:<!doctype|<html)/i.test(text)) return [];
  const lines = text.split(/\r?\n/);
  const isDated = lines.some((line) => DATED.test(line));
  const entries: Entry[] = [];
  let from = 0;
  let trace: 'none' | 'open' | 'chained' = 'none';
  const close = (to: number): void => {
    const body = lines.slice(from, to).join('\n').trim();
    if (body !== '') entries.push({ text: body, line: from + 1 });
    from = to;
  };
  for (const [index, line] of lines.entries()) {
    if (entries.length >= ENTRIES_MAX) break;
    // Records follow upon records; beneath anything else, such a line is its body.
    const isNext = isRecordLine(line) && (isRecordLine(lines[from] ?? '') || hasInstant(line));
    const starts = isDated ? DATED.test(line) : startsUndated(line, trace);
    if (index > from && (isNext || starts)) close(index);
    trace = traceAfter(line, trace);
  }
  close(lines.length);
  return entries;
}

/** The exception at the end of a traceback belongs to it, and so does a further traceback after `During handling of`. */
function startsUndated(line: string, trace: 'none' | 'open' | 'chained'): boolean {
  if (line.startsWith('Traceback ')) return trace !== 'chained';
  if (RAISED.test(line)) return trace === 'none';
  return LEVELLED.test(line) || STATUS_LINE.test(line);
}

function traceAfter(line: string, trace: 'none' | 'open' | 'chained'): 'none' | 'open' | 'chained' {
  if (line.startsWith('Traceback ')) return 'open';
  if (/^(?:During handling of|The above exception was)/.test(line)) return 'chained';
  if (trace === 'open' && RAISED.test(line)) return 'none';
  return trace;
}

/** A line of NDJSON. */
function isRecordLine(line: string): boolean {
  return /^\{.{2,}\}\s*$/.test(line);
}

function hasInstant(line: string): boolean {
  return EPOCH.test(line) || ISO.test(line);
}

/** A JSON array of log records or of several answers; a stream's chunks are one answer. */
function listOfErrors(text: string): Entry[] | null {
  if (!/^\s*\[/.test(text) || text.length > 50_000_000) return null;
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return null; // not a list: it is read line by line
  }
  if (!Array.isArray(values) || values.length < 2) return null;
  if (values.some((value) => typeof value === 'object' && value !== null && 'candidates' in value)) return null;
  return values.slice(0, ENTRIES_MAX).map((value: unknown, index) => ({
    text: typeof value === 'string' ? value : (JSON.stringify(value) ?? ''),
    line: index + 1,
  }));
}

/** Most lines of a log are about nothing that went wrong; they are not read further. */
const ALARMING =
  /\b[45]\d\d\b|error|exception|fail|exhaust|quota|denied|blocked|forbidden|unavailable|overload|timed? ?out|finish_?reason|econn|enotfound|cancel|abort|socket|deadline|no_image|safety|credit|cap\b/i;
/** Signs that an entry is about these APIs, without which a bare number or a lost connection in a log proves nothing. */
const AT_HOME =
  /generativelanguage|aiplatform|gemini|google|imagen|vertex|banana|openrouter|RESOURCE_EXHAUSTED|PERMISSION_DENIED|UNAVAILABLE|INVALID_ARGUMENT|DEADLINE_EXCEEDED|fetch failed|ApiError|image/;

/** null when the text is one answer after all. */
function diagnoseLog(entries: readonly Entry[]): Diagnosis | null {
  const tallies = new Map<ErrorClass, Tally>();
  const last = new Map<ErrorClass, Judged>();
  const course: Step[] = [];
  let unclear = 0;
  for (const { text, line } of entries) {
    if (!ALARMING.test(text)) continue;
    const judged = judge(text);
    const { class: errorClass, confidence } = judged;
    const doubtful = confidence === 'low' || errorClass === 'network.unreachable' || errorClass === 'client.timeout';
    if (errorClass === 'unknown' || (doubtful && !AT_HOME.test(text))) {
      if (/error|exception|fail|fatal/i.test(text)) unclear++;
      continue;
    }
    const tally = tallies.get(errorClass) ?? new Tally(verdictOf(judged), line);
    tallies.set(errorClass, tally);
    const models = modelsIn(text.slice(0, HEAD_CHARS_MAX));
    tally.add(instantIn(text.slice(0, HEAD_CHARS_MAX)), models);
    last.set(errorClass, judged);
    course.push({ class: errorClass, line, models });
  }
  // Loose lines of one report: the one with the number repeats, less well, what the others say.
  if (!isDated(entries)) {
    const better = course.filter((step) => !tallies.get(step.class)?.isLow);
    if (better.length === 1 && course.length <= 3) return null;
  }
  // One error among many quiet lines is still a log; among few, the lines around it belong to it.
  if (course.length === 0 || (course.length === 1 && entries.length <= QUIET_ENTRIES_MAX)) return null;
  return inAll(entries.length, unclear, tallies, last, course);
}

const QUIET_ENTRIES_MAX = 3;

function isDated(entries: readonly Entry[]): boolean {
  return entries.some(({ text }) => hasInstant(text.slice(0, 200)));
}

interface Step {
  readonly class: ErrorClass;
  readonly line: number;
  readonly models: readonly string[];
}

function inAll(
  entries: number,
  unclear: number,
  tallies: ReadonlyMap<ErrorClass, Tally>,
  last: ReadonlyMap<ErrorClass, Judged>,
  course: readonly Step[],
): Diagnosis {
  const rows = [...tallies.values()].sort((a, b) => b.count - a.count).map((tally) => tally.row());
  const first = rows[0]!; // callers counted at least one
  const judged = last.get(first.class)!; // set beside the tally
  return diagnosisOf({
    verdict: verdictOf(judged),
    reading: judged.reading,
    entries,
    unclear,
    classes: rows,
    more: signsInLog(first, course),
  });
}

/** What the course of the log says for or against a wave. */
function signsInLog({ class: errorClass, count, line, models }: ClassCount, course: readonly Step[]): string[] {
  if (waveSigns(errorClass).length === 0) return [];
  const others = course.filter((step) => step.class !== errorClass);
  const before = others.filter((step) => step.line < line).length;
  const otherModels = [...new Set(others.flatMap((step) => step.models))].filter((model) => !models.includes(model));
  const lines = [
    before > 0
      ? `In this log it begins at line ${line}, after other errors (${before}): it was not there from the first call.`
      : `In this log it is there from the first error on, ${count} ${count === 1 ? 'time' : 'times'}.`,
  ];
  if (models.length === 1)
    lines.push(`Only ${models[0]} is named with it${otherModels.length > 0 ? '; other models met other errors' : ''}.`);
  if (models.length > 1) lines.push(`${models.length} models are named with it: that speaks against a wave.`);
  return lines;
}

class Tally {
  readonly verdict: Verdict;
  readonly line: number;
  count = 0;
  readonly #models = new Set<string>();
  #first: Instant | null = null;
  #last: Instant | null = null;

  constructor(verdict: Verdict, line: number) {
    this.verdict = verdict;
    this.line = line;
  }

  get isLow(): boolean {
    return this.verdict.confidence === 'low';
  }

  add(seen: Instant | null, models: readonly string[]): void {
    this.count++;
    for (const model of models) if (this.#models.size < 20) this.#models.add(model);
    if (seen === null) return;
    if (this.#first === null || seen.atMs < this.#first.atMs) this.#first = seen;
    if (this.#last === null || seen.atMs > this.#last.atMs) this.#last = seen;
  }

  row(): ClassCount {
    const { class: errorClass, bucket, retryable, whose } = this.verdict;
    return {
      class: errorClass,
      bucket,
      retryable,
      whose,
      count: this.count,
      firstSeen: this.#first?.text ?? null,
      lastSeen: this.#last?.text ?? null,
      line: this.line,
      models: [...this.#models],
    };
  }
}

function modelsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\b(?:gemini|imagen)-\d[a-z0-9.-]{0,50}[a-z0-9]/g)].map(([model]) => model))].slice(0, 10);
}

// Instants

interface Instant {
  readonly atMs: number;
  readonly text: string;
}

const ISO = /\b(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d{2}:?\d{2})?(?![\d.])/;
const APACHE = /\b(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})\b/;
const EPOCH = /"?(?:time|ts|timestamp)"?\s*[:=]\s*"?(\d{10}(?:\.\d+)?|\d{13})\b/;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The first instant with a date in a text; one without a zone is taken as it stands. */
function instantIn(text: string): Instant | null {
  const epoch = EPOCH.exec(text)?.[1];
  if (epoch !== undefined) return instant(epoch.length === 13 ? Number(epoch) : Math.round(Number(epoch) * 1000), true);
  const iso = ISO.exec(text);
  if (iso) {
    const [, year, month, day, time = '', fraction, zone] = iso;
    const seconds = `${time.length === 5 ? `${time}:00` : time}.${(fraction ?? '').padEnd(3, '0').slice(0, 3)}`;
    const offset = zone === undefined || zone === 'UTC' ? 'Z' : zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
    return instant(epochMs(`${year}-${month}-${day}T${seconds}${offset}`), zone !== undefined);
  }
  const apache = APACHE.exec(text);
  if (!apache) return null;
  const [, day, month = '', year, time, hours, minutes] = apache;
  return instant(epochMs(`${year}-${String(MONTHS.indexOf(month) + 1).padStart(2, '0')}-${day}T${time}${hours}:${minutes}`), true);
}

/** Years 0001 to 9999; what else looks like an instant is none. */
function instant(atMs: number, zoned: boolean): Instant | null {
  if (!Number.isFinite(atMs) || Math.abs(atMs) > 253_402_300_799_999) return null;
  const text = isoInstant(atMs);
  return { atMs, text: zoned ? text : text.slice(0, -1) };
}

// Diagnoses

interface Findings {
  readonly verdict: Verdict;
  readonly reading: Reading;
  readonly entries: number;
  readonly unclear: number;
  readonly classes: readonly ClassCount[];
  readonly more: readonly string[];
}

function diagnosisOf({ verdict, reading, entries, unclear, classes, more }: Findings): Diagnosis {
  const note = noteFor(verdict.class);
  const viaGateway = verdict.class === 'auth.provider-block' || (reading.gateway.seen && verdict.class !== 'unknown');
  return {
    class: verdict.class,
    bucket: verdict.bucket,
    retryable: verdict.retryable,
    waitMs: verdict.waitMs,
    whose: verdict.whose,
    fix: verdict.fix,
    confidence: verdict.confidence,
    evidence: verdict.evidence,
    what: note.what,
    check: note.check,
    signs: [...waveSigns(verdict.class), ...more],
    questions: viaGateway ? GATEWAY_QUESTIONS : [],
    links: note.links,
    quotaId: verdict.quotaId === null ? null : redact(verdict.quotaId),
    limit: verdict.limit,
    model: verdict.model === null ? null : redact(verdict.model),
    entries,
    unclear,
    classes,
  };
}
