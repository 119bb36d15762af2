/** What the cells of recorded traces mean: instants, whole numbers that may be empty, texts that may be empty. */
import { RowDamage } from '../trace-builder.ts';

const WALL_TIME = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?$/i;
/** Plain numbers from here on are epoch seconds or ms; below, seconds since some start. 1e11 ms is in 1973, 1e11 s in the year 5138. */
const EPOCH_MS_MIN = 1e11;

/** An ISO instant in ms with its microseconds; a time without a zone is taken as UTC. */
export function instant(text: string | undefined): number {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') throw new RowDamage('no timestamp');
  const match = WALL_TIME.exec(trimmed);
  const atMs = match ? wallTimeMs(match) : Number.NaN;
  if (Number.isNaN(atMs)) throw new RowDamage(`no timestamp: expected one such as 2026-12-01 06:00:00, found "${trimmed}"`);
  return atMs;
}

/** An ISO instant, or a number: epoch ms when it is that large, else seconds. */
export function instantOrNumber(text: string | undefined): number {
  const value = number(text);
  if (value === undefined || Number.isNaN(value)) return instant(text);
  return value >= EPOCH_MS_MIN ? value : value * 1_000;
}

/** A plain number of ms, with or without a fraction. */
export function milliseconds(text: string | undefined): number {
  const value = number(text);
  if (value === undefined || Number.isNaN(value)) throw new RowDamage(`no timestamp: expected ms, found "${text ?? ''}"`);
  return value;
}

/** `4`, `4.0`, or empty: undefined. */
export function whole(name: string, text: string | undefined): number | undefined {
  const value = number(text);
  if (value === undefined || Number.isInteger(value)) return value;
  throw new RowDamage(`${name}: expected a whole number, found "${text}"`);
}

export function word(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed ? trimmed : undefined;
}

/** undefined for an empty cell (also NULL, NaN, None, as data frames write it), NaN for a text that is no number. */
function number(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (/^(|null|nan|none|na)$/i.test(trimmed)) return undefined;
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : Number.NaN;
}

function wallTimeMs(match: RegExpExecArray): number {
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month) || hour > 23 || minute > 59 || second > 60) return Number.NaN;
  const fractionMs = match[7] ? Number(`0.${match[7]}`) * 1_000 : 0;
  return Date.UTC(year, month - 1, day, hour, minute, second) + fractionMs - offsetMs(match[8]);
}

function daysOf(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function offsetMs(zone: string | undefined): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone ?? '');
  if (!match) return 0;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}
