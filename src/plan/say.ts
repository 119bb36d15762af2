/** Limits and rates in the words of a scenario file, for advice and recommendations. */
import type { LimitSpec, Rate } from '../model/scenario.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../model/time.ts';

const UNITS = [
  ['min', MINUTE_MS],
  ['h', HOUR_MS],
  ['day', DAY_MS],
] as const;

/** `7.1/min`, as a scenario file writes it. */
export function rateText({ count, perMs }: Rate): string {
  const [unit] = UNITS.find(([, unitMs]) => unitMs === perMs) ?? ['min'];
  const perUnit = unit === 'min' ? (count * MINUTE_MS) / perMs : count;
  return `${Number(perUnit.toPrecision(6))}/${unit}`;
}

/** A rate in the first unit that gives at least one, rounded down to three digits, so that it is never above what was meant. */
export function slower(perMinute: number): Rate {
  const [, perMs] = UNITS.find(([, unitMs]) => (perMinute * unitMs) / MINUTE_MS >= 1) ?? UNITS[2];
  const count = (perMinute * perMs) / MINUTE_MS;
  const step = 10 ** (Math.floor(Math.log10(count)) - 2);
  return { count: Number((Math.floor(Number((count / step).toPrecision(12))) * step).toPrecision(3)), perMs };
}

/** `rpd of gemini-3-pro-image`, `spend10m` */
export function nameOfLimit({ bucket, model }: LimitSpec): string {
  return model === null ? bucket : `${bucket} of ${model}`;
}

/** `$50`, `15,000`, `none`, `unknown`, `8 to 12` */
export function amountOf({ bucket, state, limit, interval }: LimitSpec): string {
  const isMoney = bucket === 'monthly' || bucket === 'spend10m';
  const text = (value: number): string => (isMoney ? `$${(value / 1e6).toLocaleString('en-US')}` : value.toLocaleString('en-US'));
  if (state === 'none') return 'any number';
  if (limit !== null) return text(limit);
  return interval === null ? 'unknown' : `${text(interval[0])} to ${text(interval[1])}`;
}
