/**
 * From any text to a diagnosis: one answer as it came (with headers, colours, line wraps, quoting), or a whole log, which is
 * split into its entries, each judged by the classifier and counted by class. Nothing is ever thrown, no secret is repeated.
 */
import type { ClassCount, Diagnosis } from '../model/diagnosis.ts';
import { GATEWAY_QUESTIONS, noteFor, waveSigns } from './class-notes.ts';
import type { Verdict } from './classify.ts';
import { hasDate, instantIn } from './instants.ts';
import { type Judged, judge, verdictOf } from './judging.ts';
import { type Entry, entriesOf, tellsTime } from './log-entries.ts';
import { ClassTally, HEAD_CHARS_MAX, LogTally, modelsIn, signsInLog } from './log-tally.ts';
import { withoutPrefixes } from './prefixes.ts';
import type { Reading } from './reading.ts';
import { redact } from './redact.ts';

/** What an answer, a log line, a page or a whole log means. */
export function diagnose(text: string): Diagnosis {
  const clean = withoutPrefixes(withoutQuoting(withoutColours(text)));
  const entries = entriesIn(clean);
  if (entries.length > 1) {
    const tally = new LogTally();
    for (const entry of entries) tally.add(entry);
    if (isLog(tally, entries)) return ofLog(tally);
  }
  return ofOne(clean);
}

/** The same for a log that is too long to be held: its lines are read once, and what is kept of them does not grow. */
export function diagnoseLines(lines: Iterable<string>): Diagnosis {
  const tally = new LogTally();
  let unclear = '';
  for (const entry of entriesOf(unquoted(lines), { isDated: false, isLong: true })) {
    const before = tally.unclear;
    tally.add(entry);
    if (tally.unclear > before && unclear === '') unclear = entry.text;
  }
  if (tally.errors > 0) return ofLog(tally);
  const judged = judge(unclear);
  return diagnosisOf({
    verdict: verdictOf(judged),
    reading: judged.reading,
    entries: tally.entries,
    unclear: tally.unclear,
    classes: [],
    more: [],
  });
}

function ofOne(text: string): Diagnosis {
  const judged = judge(text);
  const verdict = verdictOf(judged);
  const head = text.slice(0, HEAD_CHARS_MAX);
  const tally = new ClassTally(verdict, 1, 0);
  tally.add(instantIn(head), modelsIn(head), '');
  return diagnosisOf({ verdict, reading: judged.reading, entries: 1, unclear: 0, classes: [tally.row()], more: [] });
}

// One answer as it was copied

function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what starts a colour
  return text.replace(/^\ufeff/, '').replace(/(?:\u001b|\\u001b|\\x1b|\u241b)\[[\d;?]{0,20}[A-Za-z]/gi, '');
}

/** What mail programs and docker compose put before each line. */
const PREFIX = /^(?:\s*>\s?|\s*[\w.-]{1,40}\s*\|\s)/;

/** Without such prefixes, and without the frame that a terminal draws around a text. */
function withoutQuoting(text: string): string {
  const lines = text.split(/\r?\n/);
  if (lines.every((line) => /^\s*[│┃|╭╰╔╚─]|^\s*$/.test(line)) && /[│┃]/.test(text))
    return lines.map((line) => line.replace(/^\s*[│┃|] ?/, '').replace(/\s*[│┃|]\s*$/, '')).join('\n');
  const isQuoted = lines.length > 1 && lines.every((line) => PREFIX.test(line) || line.trim() === '');
  return isQuoted ? lines.map((line) => line.replace(PREFIX, '')).join('\n') : text;
}

const SAMPLE_LINES = 200;

/** The lines of a long log without colours and prefixes; its first lines tell whether there are any. */
function* unquoted(lines: Iterable<string>): Generator<string> {
  const sample: string[] = [];
  let isQuoted: boolean | null = null;
  const plain = (line: string): string => (isQuoted ? line.replace(PREFIX, '') : line);
  for (const line of lines) {
    const clean = line.includes('[') ? withoutColours(line) : line;
    if (isQuoted === null) {
      sample.push(clean);
      if (sample.length < SAMPLE_LINES) continue;
      isQuoted = sample.every((one) => PREFIX.test(one) || one.trim() === '');
      yield* sample.map(plain);
    } else yield plain(clean);
  }
  if (isQuoted === null) yield* sample;
}

// Logs

const ENTRIES_MAX = 500_000;
const LONG_LINES = 200;

/** A log's entries; one or none when the text is no log. */
function entriesIn(text: string): Entry[] {
  const list = listOfErrors(text);
  if (list !== null) return list;
  if (/^\s*(?:<!doctype|<html)/i.test(text)) return [];
  const lines = text.split(/\r?\n/);
  return [...entriesOf(lines, { isDated: tellsTime(lines), isLong: lines.length > LONG_LINES })];
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

const QUIET_ENTRIES_MAX = 3;
const LOOSE_ERRORS_MAX = 3;

/** Whether these are entries of a log, or the lines of one report after all. */
function isLog(tally: LogTally, entries: readonly Entry[]): boolean {
  // Loose lines of one report: the one with the number repeats, less well, what the others say.
  if (!entries.some(({ text }) => hasDate(text.slice(0, 200)))) {
    const sure = tally.tallies().filter(({ verdict }) => verdict.confidence !== 'low');
    if (sure.reduce((sum, { count }) => sum + count, 0) === 1 && tally.errors <= LOOSE_ERRORS_MAX) return false;
  }
  // One error among many quiet lines is still a log; among few, the lines around it belong to it.
  return tally.errors > 1 || (tally.errors === 1 && entries.length > QUIET_ENTRIES_MAX);
}

function ofLog(tally: LogTally): Diagnosis {
  const tallies = tally.tallies();
  const last: Judged = judge(tallies[0]!.lastText); // callers counted at least one
  return diagnosisOf({
    verdict: verdictOf(last),
    reading: last.reading,
    entries: tally.entries,
    unclear: tally.unclear,
    classes: tallies.map((one) => one.row()),
    more: signsInLog(tallies),
  });
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
