/** One pasted answer, as it came: taken apart into status, headers and body, made whole where a terminal cut it, and judged. */
import type { ErrorClass } from '../model/names.ts';
import type { Answer } from './case.ts';
import { classifyReading, judgementOf, type Verdict } from './classify.ts';
import { type Reading, readAnswer } from './reading.ts';
import { withoutTransport } from './transport.ts';

export interface Judged {
  readonly class: ErrorClass;
  readonly confidence: Verdict['confidence'];
  readonly reading: Reading;
  readonly answer: Answer;
}

export function judge(text: string): Judged {
  const whole = judgeAs(withoutTransport(text));
  const joined = unwrappedLines(text);
  if (joined === null) return whole;
  const again = judgeAs(joined);
  return again.class !== 'unknown' && RANKS[again.confidence] >= RANKS[whole.confidence] ? again : whole;
}

export const RANKS = { low: 0, medium: 1, high: 2 } as const;

function judgeAs(text: string): Judged {
  const { status, headers, body } = httpParts(text);
  const reading = readAnswer(body, headers);
  const answer: Answer = { status, headers, body, pasted: true };
  return { ...judgementOf(reading, answer), reading, answer };
}

/** All that is said about it. Of a log only the first and the last of each class are looked at so closely. */
export function verdictOf({ reading, answer }: Judged): Verdict {
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
