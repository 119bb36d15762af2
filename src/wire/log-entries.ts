/** The entries of a log, each with the lines that belong to it, one after the other: a log of any length takes the room of its longest entry. */
import { hasDate } from './instants.ts';
import { commonLength } from './prefixes.ts';

export interface Entry {
  readonly text: string;
  /** From 1. */
  readonly line: number;
}

/** How an entry begins in logs that tell the time. */
const DATED =
  /^(?:[\w.-]{1,40}\s*\|\s*)?(?:<\d{1,3}>\d? ?|[DIWEF], )?[^\w\s]{0,3}(?:\d{4}[-/]\d{2}[-/]\d{2}[T ]\d{2}:\d{2}|\d{2}\/[A-Z][a-z]{2}\/\d{4}:\d{2}|[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2}|\d{1,2}\/\d{1,2}\/\d{4},? \d{1,2}:\d{2}|\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d|[IWEF]\d{4} \d{2}:\d{2}:\d{2}\.|\d{2}:\d{2}:\d{2}[.,\]\s]|\d{10}(?:\.\d{1,9})?[\]\s:|]|\d{13}[\]\s:|])|^\S{1,60} \S{1,60} \S{1,60} \[\d{2}\/[A-Z][a-z]{2}\/\d{4}:|^(?:time|ts|t|timestamp)=["\d]/;
const LEVELLED = /^\[?(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|CRITICAL)\]?[\s:]|^(?:level|lvl|severity)=\w/;
const RAISED = /^(?:Uncaught |Unhandled )?[\w.]{0,80}(?:Error|Exception|Exhausted|Unavailable|PermissionDenied)\b[^\n]{0,20}[:{]/;
const STATUS_LINE = /^HTTP\/\d(?:\.\d)? \d{3}\b/;

/** Of an entry that is longer the rest is left out: it is no answer any more. */
const ENTRY_CHARS_MAX = 500_000;

/**
 * The entries of these lines.
 * @param isDated whether the log tells the time: then an entry begins where an instant stands, else where a level, an exception
 * or an answer begins; found out on the way where it is false
 * @param isLong of a long log without times each line that is not part of a trace or a body is an entry
 */
export function* entriesOf(lines: Iterable<string>, { isDated, isLong }: { isDated: boolean; isLong: boolean }): Generator<Entry> {
  let dated = isDated;
  let first = '';
  let from = 0;
  let parts: string[] = [];
  let chars = 0;
  let depth = 0;
  let trace: Trace = 'none';
  let number = 0;
  for (const line of lines) {
    number++;
    const startsDated = DATED.test(line);
    dated ||= startsDated && isLong;
    // Records follow upon records; beneath anything else, such a line is its body.
    const isNext = isRecordLine(line) && (isRecordLine(first) || hasDate(line));
    const beneath = startsDated && depth > 0 ? lineOfBody(first, line) : null;
    const starts = dated
      ? startsDated && beneath === null
      : startsUndated(line, trace) || (isLong && trace === 'none' && depth <= 0 && STANDS_ALONE.test(line));
    if (parts.length > 0 && beneath === null && (isNext || starts)) {
      const text = parts.join('\n').trim();
      if (text !== '') yield { text, line: from };
      parts = [];
    }
    if (parts.length === 0) {
      first = line;
      from = number;
      chars = 0;
      depth = 0;
    }
    if (chars < ENTRY_CHARS_MAX) parts.push((beneath ?? line).slice(0, ENTRY_CHARS_MAX));
    chars += line.length;
    if (dated ? depth > 0 || (startsDated && BODY_OPENS.test(line)) : isLong) depth += opened(line);
    trace = traceAfter(line, trace);
  }
  const text = parts.join('\n').trim();
  if (text !== '') yield { text, line: from };
}

/** Whether any of these lines begins with an instant. */
export function tellsTime(lines: readonly string[]): boolean {
  return lines.some((line) => DATED.test(line));
}

type Trace = 'none' | 'open' | 'chained';

/** Neither indented nor the end of what stands above, as frames of a stack and closing brackets are. */
const STANDS_ALONE = /^(?![\s)\]}]|at |caused by|\.\.\. )./i;

/** At the end of a line that tells the time. */
const BODY_OPENS = /[{[]\s*$/;
const PREFIX_CHARS_MIN = 15;

/** Some collectors date every line of a body: what this one holds of it, or null where something else begins. */
function lineOfBody(first: string, line: string): string | null {
  const length = commonLength([first, line]);
  const rest = line.slice(length);
  return length >= PREFIX_CHARS_MIN && /^\s*["}\]]|^\s+[{[]/.test(rest) ? rest : null;
}

function opened(line: string): number {
  let balance = 0;
  for (const character of line) {
    if (character === '{' || character === '[') balance++;
    else if (character === '}' || character === ']') balance--;
  }
  return balance;
}

/** The exception at the end of a traceback belongs to it, and so does a further traceback after `During handling of`. */
function startsUndated(line: string, trace: Trace): boolean {
  if (line.startsWith('Traceback ')) return trace !== 'chained';
  if (RAISED.test(line)) return trace === 'none';
  return LEVELLED.test(line) || STATUS_LINE.test(line);
}

function traceAfter(line: string, trace: Trace): Trace {
  if (line.startsWith('Traceback ')) return 'open';
  if (/^(?:During handling of|The above exception was)/.test(line)) return 'chained';
  if (trace === 'open' && RAISED.test(line)) return 'none';
  return trace;
}

/** A line of NDJSON. */
function isRecordLine(line: string): boolean {
  return line.startsWith('{') && /^\{.{2,}\}\s*$/.test(line);
}
