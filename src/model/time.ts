/** Spans of time and how they are written. */

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const SPEND_WINDOW_MS = 600_000;
/** Daily and monthly quota turn at midnight here. Source: ai.google.dev/gemini-api/docs/rate-limits, 2026. */
export const QUOTA_ZONE = 'America/Los_Angeles';

/** `1m 30s`, `450ms`, `2d 3h`: at most two units, for people. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'never';
  if (ms < SECOND_MS) return `${Math.round(ms)}ms`;
  if (ms < MINUTE_MS) return `${tenths(ms / SECOND_MS)}s`;
  const units: readonly [string, number][] = [
    ['d', DAY_MS],
    ['h', HOUR_MS],
    ['m', MINUTE_MS],
    ['s', SECOND_MS],
  ];
  const first = units.findIndex(([, unitMs]) => ms >= unitMs);
  const [name, unitMs] = units[first]!;
  const next = units[first + 1];
  const whole = Math.floor(ms / unitMs);
  if (!next) return `${whole}${name}`;
  const rest = Math.floor((ms - whole * unitMs) / next[1]);
  return rest === 0 ? `${whole}${name}` : `${whole}${name} ${rest}${next[0]}`;
}

/** To a tenth; what would round up to a minute stays below it. */
function tenths(seconds: number): string {
  return String(Math.min(59.9, Math.round(seconds * 10) / 10));
}

/** Epoch ms of an ISO instant, or of an HTTP date; NaN: it is neither. */
export function epochMs(instant: string): number {
  return Date.parse(instant);
}

/** Epoch ms, now. For run/ and cli/ only: everything else is told the time. */
export function epochNowMs(): number {
  return Date.now();
}

let prefixMinute = Number.NaN;
let prefix = '';

/** ISO instant in UTC with ms. Tables have many of one minute: the part they share is kept. */
export function isoInstant(atMs: number): string {
  const minute = Math.floor(atMs / MINUTE_MS);
  if (minute !== prefixMinute) {
    prefixMinute = minute;
    prefix = new Date(minute * MINUTE_MS).toISOString().slice(0, -7);
  }
  const ofMinuteMs = atMs - minute * MINUTE_MS;
  const second = Math.floor(ofMinuteMs / SECOND_MS);
  return `${prefix}${String(second).padStart(2, '0')}.${String(Math.floor(ofMinuteMs - second * SECOND_MS)).padStart(3, '0')}Z`;
}
