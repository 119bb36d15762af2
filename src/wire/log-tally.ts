/** A log counted by class, entry after entry: what is kept does not grow with the log. */
import type { ClassCount } from '../model/diagnosis.ts';
import type { ErrorClass } from '../model/names.ts';
import { waveSigns } from './class-notes.ts';
import type { Verdict } from './classify.ts';
import { type Instant, instantIn } from './instants.ts';
import { judge, RANKS, verdictOf } from './judging.ts';
import type { Entry } from './log-entries.ts';

export const HEAD_CHARS_MAX = 20_000;

/** Most lines of a log are about nothing that went wrong; they are not read further. */
const ALARMING =
  /\b[45]\d\d\b|error|exception|fail|exhaust|quota|denied|blocked|forbidden|unavailable|overload|timed? ?out|finish_?reason|econn|enotfound|cancel|abort|socket|deadline|no_image|safety|credit|cap\b|not (?:found|available|enabled|supported|allowed|permitted)|unsupported|invalid|disabled|leaked|suspended|block_?reason|empty response|instead of/i;
/** Signs that an entry is about these APIs, without which a bare number or a lost connection in a log proves nothing. */
const AT_HOME =
  /generativelanguage|aiplatform|[Gg]emini|GEMINI|[Gg]oogle|[Ii]magen|[Vv]ertex|[Bb]anana|[Oo]pen[Rr]outer|RESOURCE_EXHAUSTED|PERMISSION_DENIED|UNAVAILABLE|INVALID_ARGUMENT|DEADLINE_EXCEEDED|[Cc]ode [Aa]ssist|[Gg]enerative [Ll]anguage|fetch failed|ApiError|image/;

/** Of another script: what is wrong is said in other words. */
const FOREIGN_LETTER = /[\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]/;

export class LogTally {
  entries = 0;
  /** Entries that speak of an error and are not about these APIs, or do not say enough. */
  unclear = 0;
  /** Errors of these APIs. */
  errors = 0;
  readonly #classes = new Map<ErrorClass, ClassTally>();
  readonly #remembered = new Map<string, Judgement>();

  add({ text, line }: Entry): void {
    this.entries++;
    if (!ALARMING.test(text) && !(FOREIGN_LETTER.test(text) && AT_HOME.test(text))) return;
    const { class: errorClass, confidence } = this.#judgement(text);
    const isDoubtful = confidence === 'low' || errorClass === 'network.unreachable' || errorClass === 'client.timeout';
    if (errorClass === 'unknown' || (isDoubtful && !AT_HOME.test(text))) {
      if (/error|exception|fail|fatal/i.test(text)) this.unclear++;
      return;
    }
    let tally = this.#classes.get(errorClass);
    if (tally === undefined) {
      tally = new ClassTally(verdictOf(judge(text)), line, this.errors);
      this.#classes.set(errorClass, tally);
    }
    const head = text.slice(0, HEAD_CHARS_MAX);
    tally.add(instantIn(head), modelsIn(head), text);
    this.errors++;
  }

  /** The most frequent first, of equals the surest: libraries log the bare status beside what the error says. */
  tallies(): ClassTally[] {
    const sureness = ({ verdict }: ClassTally): number => RANKS[verdict.confidence];
    return [...this.#classes.values()].sort((a, b) => b.count - a.count || sureness(b) - sureness(a));
  }

  /** The same error comes a thousand times, with another time, id and delay: it is judged once. */
  #judgement(text: string): Judgement {
    if (text.length > REMEMBERED_CHARS_MAX) return judge(text);
    const kind = text.replace(PASSING, '#');
    const known = this.#remembered.get(kind);
    if (known !== undefined) return known;
    const { class: errorClass, confidence } = judge(text);
    if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear();
    const judged = { class: errorClass, confidence };
    this.#remembered.set(kind, judged);
    return judged;
  }
}

type Judgement = Pick<Verdict, 'class' | 'confidence'>;

const REMEMBERED_MAX = 1000;
const REMEMBERED_CHARS_MAX = 8000;
/** What differs between two of the same: instants, long numbers and ids, fractions of delays. Codes and limits of 0 stay. */
const PASSING =
  /\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?|\b\d{2}:\d{2}:\d{2}(?:[.,]\d+)?|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b(?=[a-f]*\d)[0-9a-f]{12,}\b|\d{5,}|(?<=\d)\.\d+(?=m?s\b)/g;

/** One class within a log. */
export class ClassTally {
  readonly verdict: Verdict;
  /** Of the first one, from 1. */
  readonly line: number;
  /** Errors of other classes before the first of this one. */
  readonly errorsBefore: number;
  readonly models = new Set<string>();
  count = 0;
  lastText = '';
  #first: Instant | null = null;
  #last: Instant | null = null;

  constructor(verdict: Verdict, line: number, errorsBefore: number) {
    this.verdict = verdict;
    this.line = line;
    this.errorsBefore = errorsBefore;
  }

  add(seen: Instant | null, models: readonly string[], text: string): void {
    this.count++;
    this.lastText = text;
    for (const model of models) if (this.models.size < 20) this.models.add(model);
    if (seen === null) return;
    if (this.#first === null || isBefore(seen, this.#first)) this.#first = seen;
    if (this.#last === null || !isBefore(seen, this.#last)) this.#last = seen;
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
      models: [...this.models],
    };
  }
}

/** Where no year is told, the order of the lines is that of time. */
function isBefore(one: Instant, other: Instant): boolean {
  return one.atMs !== null && other.atMs !== null && one.atMs < other.atMs;
}

export function modelsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/\b(?:gemini|imagen)-\d[a-z0-9.-]{0,50}[a-z0-9]/g)].map(([model]) => model))].slice(0, 10);
}

/** What the course of the log says for or against a wave. */
export function signsInLog(tallies: readonly ClassTally[]): string[] {
  const [first, ...others] = tallies;
  if (first === undefined || waveSigns(first.verdict.class).length === 0) return [];
  const { count, line, errorsBefore } = first;
  const models = [...first.models];
  const otherModels = others.flatMap((other) => [...other.models]).filter((model) => !first.models.has(model));
  const lines = [
    errorsBefore > 0
      ? `In this log it begins at line ${line}, after other errors (${errorsBefore}): it was not there from the first call.`
      : `In this log it is there from the first error on, ${count} ${count === 1 ? 'time' : 'times'}.`,
  ];
  if (models.length === 1)
    lines.push(`Only ${models[0]} is named with it${otherModels.length > 0 ? '; other models met other errors' : ''}.`);
  if (models.length > 1) lines.push(`${models.length} models are named with it: that speaks against a wave.`);
  return lines;
}
