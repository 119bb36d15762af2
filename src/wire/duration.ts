/** Durations as Google writes them (`34.286670503s`, `20h3m13.2s`, `850ms`), to whole ms and back, without floating point. */

const SPELLED = /^(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,15})(?:\.(\d{1,30}))?(s|ms|us|µs|ns))?$/;
const NS_PER_UNIT = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, µs: 1_000n, ns: 1n } as const;
const NS_PER_MS = 1_000_000n;

/** Whole ms, rounded up, so that waiting them is never too short; null when the text is no duration. */
export function durationMs(text: string): number | null {
  const found = SPELLED.exec(text);
  if (!found || text === '') return null;
  const [, hours, minutes, whole, fraction, unit] = found;
  let ns = (BigInt(hours ?? 0) * 3600n + BigInt(minutes ?? 0) * 60n) * NS_PER_UNIT.s;
  let beyondNs = false;
  if (whole !== undefined) {
    const nsPerUnit = NS_PER_UNIT[unit as keyof typeof NS_PER_UNIT]; // the pattern allows no other unit
    const digits = fraction ?? '';
    const scaled = BigInt(whole + digits) * nsPerUnit;
    const divisor = 10n ** BigInt(digits.length);
    ns += scaled / divisor;
    beyondNs = scaled % divisor !== 0n;
  }
  const ms = ns / NS_PER_MS;
  return Number(ns % NS_PER_MS === 0n && !beyondNs ? ms : ms + 1n);
}

/** As Go prints a time.Duration: `0s`, `286ms`, `34.286s`, `1m0s`, `20h3m13.257s`. */
export function goDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const fraction = String(ms % 1000)
    .padStart(3, '0')
    .replace(/0+$/, '');
  const seconds = `${Math.floor(ms / 1000) % 60}${fraction === '' ? '' : `.${fraction}`}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

const TOLD = '(?:(?:re)?try(?: again)?|quota will reset) (?:in|after):? ';
const RETRY_IN = new RegExp(`${TOLD}((?:\\d+h ?)?(?:\\d+m(?!s|i) ?)?(?:\\d+(?:\\.\\d+)?(?:ms|us|µs|ns|s)\\b)?)`, 'i');
const RETRY_IN_WORDS = new RegExp(`${TOLD}(?:about )?(\\d{1,9}(?:\\.\\d{1,9})?) (sec|min|hour)`, 'i');

/** The delay that a sentence such as `Please retry in 34.286s.` tells; null when it tells none. */
export function toldDelayMs(text: string): number | null {
  const spelled = RETRY_IN.exec(text)?.[1]?.replaceAll(' ', '');
  if (spelled) return durationMs(spelled);
  const words = RETRY_IN_WORDS.exec(text);
  if (!words) return null;
  const unit = words[2]?.toLowerCase();
  return Math.ceil(Number(words[1]) * (unit === 'hour' ? 3_600_000 : unit === 'min' ? 60_000 : 1000));
}
