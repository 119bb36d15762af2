/** When a line of a log was written, in the forms in which logs tell it. No clock is asked: a year that is not told stays untold. */
import { epochMs, isoInstant } from '../model/time.ts';

export interface Instant {
  /** null where the log tells no year or no date: then the order of the lines is all there is. */
  readonly atMs: number | null;
  /** ISO 8601; with Z where the zone is told; `11-21T06:13:02` without a year, `T06:13:02` without a date. */
  readonly text: string;
}

type Reader = readonly [form: RegExp, read: (found: RegExpExecArray) => Instant | null];

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = MONTHS.join('|');

/** Those without a year come last: a date that is told in full counts more, unless the line itself begins on another day. */
const DATED: readonly Reader[] = [
  // "time":1788343200000 of pino, ts=1788343200.123 of zap, microseconds of journald; or at the very start of a line.
  [
    /"?(?:time|ts|timestamp|timeMillis|__REALTIME_TIMESTAMP)"?\s*[:=]\s*"?(\d{10}(?:\.\d{1,9})?|\d{13}|\d{16})\b|^\[?(\d{10}(?:\.\d{1,9})?|\d{13})\]?(?=[\s:|])/,
    ([, named, leading]) => fromEpoch(named ?? leading ?? ''),
  ],
  [
    /\b(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,](\d{1,9}))?\s?(Z|UTC|[+-]\d{2}:?\d{2})?(?![\d.])/,
    ([, year, month, day, time = '', fraction, zone]) => {
      const seconds = `${time.length === 5 ? `${time}:00` : time}.${(fraction ?? '').padEnd(3, '0').slice(0, 3)}`;
      const offset = zone === undefined || zone === 'UTC' ? 'Z' : zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2');
      return instant(epochMs(`${year}-${month}-${day}T${seconds}${offset}`), zone !== undefined);
    },
  ],
  [
    /\b(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})\b/,
    ([, day, month = '', year, time, hours, minutes]) =>
      instant(epochMs(`${year}-${monthNumber(month)}-${day}T${time}${hours}:${minutes}`), true),
  ],
  // 11/21/2026, 7:18:57 AM
  [
    /\b(\d{1,2})\/(\d{1,2})\/(\d{4}),? (\d{1,2}):(\d{2}):(\d{2}) ([AP])M\b/,
    ([, month, day, year, hour, minute, second, half]) =>
      instant(
        epochMs(`${year}-${two(month)}-${two(day)}T${two((Number(hour) % 12) + (half === 'P' ? 12 : 0))}:${minute}:${second}Z`),
        false,
      ),
  ],
];

const YEARLESS: readonly Reader[] = [
  // syslog and journald: Nov 21 06:13:02
  [
    new RegExp(`\\b(${MONTH}) ([ \\d]\\d) (\\d{2}:\\d{2}:\\d{2}(?:\\.\\d{1,9})?)`),
    ([, month = '', day, time]) => untold(`${monthNumber(month)}-${two(day)}T${time}`),
  ],
  // klog: E1121 06:13:02.123456, and logcat: 11-21 06:13:02.123
  [
    /^(?:[IWEF](\d{2})(\d{2})|(\d{2})-(\d{2})) (\d{2}:\d{2}:\d{2}\.\d{1,9})/,
    ([, a, b, c, d, time]) => untold(`${a ?? c}-${b ?? d}T${time}`),
  ],
  [/^[^\w\s]{0,3}(\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?)(?![\d:])/, ([, time = '']) => untold(`T${time.replace(',', '.')}`)],
];

/** The first instant that a text tells; one without a zone is taken as it stands. */
export function instantIn(text: string): Instant | null {
  let first: { at: number; instant: Instant } | null = null;
  for (const [form, read] of DATED) {
    const found = form.exec(text);
    if (found === null || (first !== null && found.index >= first.at)) continue;
    const told = read(found);
    if (told !== null) first = { at: found.index, instant: told };
  }
  if (first !== null && !isSpokenOf(first.instant, text)) return first.instant;
  for (const [form, read] of YEARLESS) {
    const found = form.exec(text);
    if (found !== null) return read(found);
  }
  return null;
}

const SYSLOG = new RegExp(`^(?:<\\d{1,3}>)?(${MONTH}) ([ \\d]\\d) \\d{2}:\\d{2}:\\d{2}`);
const TWO_DAYS_MS = 2 * 86_400_000;

/** The line begins at an instant of its own, days away from this one: the message is about that day. */
function isSpokenOf({ atMs, text: told }: Instant, text: string): boolean {
  const [, month = '', day] = SYSLOG.exec(text) ?? [];
  if (month === '' || atMs === null) return false;
  return Math.abs(epochMs(`${told.slice(0, 4)}-${monthNumber(month)}-${two(day)}T12:00:00Z`) - atMs) > TWO_DAYS_MS;
}

/** Whether the text tells a date with its year. */
export function hasDate(text: string): boolean {
  return DATED.some(([form]) => form.test(text));
}

function fromEpoch(digits: string): Instant | null {
  const [whole = ''] = digits.split('.');
  const factor = whole.length === 10 ? 1000 : whole.length === 13 ? 1 : 0.001;
  return instant(Math.round(Number(digits) * factor), true);
}

/** Years 0001 to 9999; what else looks like an instant is none. */
function instant(atMs: number, zoned: boolean): Instant | null {
  if (!Number.isFinite(atMs) || Math.abs(atMs) > 253_402_300_799_999) return null;
  const text = isoInstant(atMs);
  return { atMs, text: zoned ? text : text.slice(0, -1) };
}

function untold(text: string): Instant {
  return { atMs: null, text };
}

function monthNumber(name: string): string {
  return two(MONTHS.indexOf(name) + 1);
}

function two(number: string | number | undefined): string {
  return String(number).trim().padStart(2, '0');
}
