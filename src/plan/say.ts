/** Limits and rates in the words of a scenario file, for advice and recommendations. */
import type { BucketName, ModelId } from '../model/names.ts';
import type { LimitSpec, OverloadRule, Rate, Setting } from '../model/scenario.ts';
import { DAY_MS, HOUR_MS, isoInstant, MINUTE_MS } from '../model/time.ts';

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

/** The overload of a scenario, every hour worse by a factor, as a setting; no share of errors goes beyond 1. */
export function overloadSetting(rules: readonly OverloadRule[], factor: number): Setting {
  const value = rules.map(({ span, errorRatio, models, meanSpellMs, latencyFactor }) => ({
    from: span.kind === 'daily' ? wallText(span.fromMs) : isoInstant(span.fromAtMs),
    to: span.kind === 'daily' ? wallText(span.toMs) : isoInstant(span.toAtMs),
    errorRate: Math.min(1, errorRatio * factor),
    ...(models === null ? {} : { models }),
    ...(meanSpellMs === null ? {} : { meanSpell: `${meanSpellMs}ms` }),
    ...(latencyFactor === 1 ? {} : { latencyFactor }),
  }));
  return { path: 'service.overload', value };
}

/** `06:00Z`; the end of a day is `24:00Z`. @param ofDayMs of the UTC day */
export function wallText(ofDayMs: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(ofDayMs / HOUR_MS))}:${two(Math.floor((ofDayMs % HOUR_MS) / MINUTE_MS))}Z`;
}

/** A rate in the first unit that gives at least one, rounded down to three digits, so that it is never above what was meant. */
export function slower(perMinute: number): Rate {
  const [, perMs] = UNITS.find(([, unitMs]) => (perMinute * unitMs) / MINUTE_MS >= 1) ?? UNITS[2];
  const count = (perMinute * perMs) / MINUTE_MS;
  const step = 10 ** (Math.floor(Math.log10(count)) - 2);
  return { count: Number((Math.floor(Number((count / step).toPrecision(12))) * step).toPrecision(3)), perMs };
}

/** A value as a scenario file writes it in one line. @param nothing what stands for null and undefined */
export function valueText(value: unknown, nothing: string): string {
  if (value === null || value === undefined) return nothing;
  if (Array.isArray(value)) return `[${value.map((item) => valueText(item, 'none')).join(', ')}]`;
  if (typeof value !== 'object') return String(value);
  const keys = Object.entries(value).map(([key, item]) => `${key}: ${valueText(item, 'none')}`);
  return `{${keys.join(', ')}}`;
}

/** `quota.tier to 2 and client.pace to 7.1/min`; nothing to set is the file as it stands. */
export function changesText(changes: readonly { readonly path: string; readonly to: unknown }[]): string {
  if (changes.length === 0) return 'the file as it stands';
  return listed(changes.map(({ path, to }) => (to === undefined ? `no ${path}` : `${path} to ${valueText(to, 'none')}`)));
}

/** `a, b and c` */
export function listed(texts: readonly string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} and ${texts.at(-1)}`;
}

/** `rpd of gemini-3-pro-image`, `spend10m` */
export function nameOfBucket({ bucket, model }: { readonly bucket: BucketName; readonly model: ModelId | null }): string {
  return model === null ? bucket : `${bucket} of ${model}`;
}

/** `rpm, ipm and rpd of gemini-3.1-flash-image`, each model once. */
export function unknownText(limits: readonly { readonly bucket: BucketName; readonly model: ModelId | null }[]): string {
  const models = [...new Set(limits.map(({ model }) => model))];
  return listed(
    models.map((model) => {
      const buckets = listed(limits.filter((limit) => limit.model === model).map(({ bucket }) => bucket));
      return model === null ? buckets : `${buckets} of ${model}`;
    }),
  );
}

/** `8 to 12`; ends that are the same are the least that it is taken to be: `10 or more`. */
export function intervalText([low, high]: readonly [low: string, high: string]): string {
  return low === high ? `${low} or more` : `${low} to ${high}`;
}

/** `$50`, `15,000`, `none`, `unknown`, `8 to 12` */
export function amountOf({ bucket, state, limit, interval }: LimitSpec): string {
  const isMoney = bucket === 'monthly' || bucket === 'spend10m';
  const text = (value: number): string =>
    isMoney ? `$${(value / 1e6).toLocaleString('en-US', { maximumFractionDigits: 2 })}` : value.toLocaleString('en-US');
  if (state === 'none') return 'any number';
  if (limit !== null) return text(limit);
  return interval === null ? 'unknown' : intervalText([text(interval[0]), text(interval[1])]);
}
