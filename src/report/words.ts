/** How numbers, instants and buckets are written for people: rounded for reading, never rounded into something untrue. */
import { type BucketName, isMoney, type Mode } from '../model/names.ts';
import { formatDuration, SECOND_MS } from '../model/time.ts';

const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

/** `12,710` */
export function count(value: number): string {
  return COUNT.format(value);
}

/** `1 request`, `2 requests` */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `22.8 %`; nearly all is never 100 %, and a few are never 0 %. */
export function percent(ratio: number | null): string {
  if (ratio === null) return 'unknown';
  const rounded = Math.round(ratio * 1000) / 10;
  if (rounded === 100 && ratio < 1) return '>99.9 %';
  if (rounded === 0 && ratio > 0) return '<0.1 %';
  return `${count(rounded)} %`;
}

export function percentOf(part: number, whole: number): string {
  return percent(whole === 0 ? null : part / whole);
}

/** `$12.30`, `$0.134`; three digits below a dollar. */
export function dollars(usd: number | null): string {
  if (usd === null) return 'unknown';
  if (usd === 0) return '$0';
  if (usd < 1) return `$${Number(usd.toPrecision(3))}`;
  return `$${usd.toLocaleString('en-US', { minimumFractionDigits: Number.isInteger(usd) ? 0 : 2, maximumFractionDigits: 2 })}`;
}

/** `27m 46s`, or `0 ms` below a second. */
export function duration(ms: number | null): string {
  if (ms === null) return 'unknown';
  return ms < SECOND_MS ? `${count(ms)} ms` : formatDuration(ms);
}

/** `27m 46s (1,666,667 ms)`: for people, and exactly. */
export function instant(ms: number): string {
  return ms < SECOND_MS ? duration(ms) : `${formatDuration(ms)} (${count(ms)} ms)`;
}

/** What a threshold saw: a number to six digits, a bucket's name, or `unknown`. */
export function observedText(observed: number | string | null): string {
  if (observed === null) return 'unknown';
  return typeof observed === 'number' ? String(Number(observed.toPrecision(6))) : observed;
}

/** A metric's value in its unit, which its name ends in. Intervals may reach below zero: shown as they are. */
export function metricText(metric: string, value: number): string {
  if (value < 0) return `-${metricText(metric, -value)}`;
  if (metric.endsWith('_ratio') || metric === 'peak_utilisation') return percent(value);
  if (metric.includes('_ms')) return duration(Math.round(value));
  if (metric.startsWith('cost_usd')) return dollars(value);
  return count(value);
}

/** A limit or a level, in the bucket's own unit. */
export function amount(bucket: BucketName, value: number): string {
  return isMoney(bucket) ? dollars(value) : count(value);
}

/** What a bucket counts, as the start of a sentence. */
export const BUCKET_TITLES: Readonly<Record<BucketName, string>> = {
  monthly: 'The monthly spending cap',
  rpd: 'Requests per day',
  spend10m: 'The dollars per ten minutes',
  ipm: 'Images per minute',
  tpm: 'Input tokens per minute',
  rpm: 'Requests per minute',
  tpd: 'Tokens per day',
  batchTokens: 'Enqueued batch tokens',
  batchJobs: 'Batch jobs at once',
  unnamed: 'A quota that no answer named',
};

export const MODE_WORDS: Readonly<Record<Mode, string>> = { sim: 'simulated', mock: 'emulated, over HTTP against the mock', live: 'live' };
