/** A limits file, dated and commented, from limits that were read. */
import { TIERS, type Tier } from '../model/names.ts';
import type { StatedLimit } from '../model/stated-limit.ts';
import { findProfile } from './profiles.ts';
import { MODEL_LIMITS } from './profiles-data.ts';

export interface LimitsText {
  /** What the limits are called in reports. */
  readonly name: string;
  /** ISO date of the reading. */
  readonly asOf: string;
  /** In words. */
  readonly source: string;
  readonly limits: readonly StatedLimit[];
}

/** YAML that `parseLimitsFile` takes. Where one bucket was stated twice, the lower one counts. Ends with a line end. */
export function limitsText({ name, asOf, source, limits }: LimitsText): string {
  const tiers = TIERS.filter((tier) => limits.some((limit) => limit.tier === tier));
  return [
    '# Limits of your own. In a scenario: quota: { profile: <this file>, tier: … }. What is left out is unknown.',
    '# After 30 days they are told to be old: read them again with rundry limits import.',
    `name: ${JSON.stringify(name)}`,
    `asOf: ${JSON.stringify(asOf)}`,
    `source: ${JSON.stringify(source)}`,
    'tiers:',
    ...tiers.flatMap((tier) => tierLines(tier, lowest(limits.filter((limit) => limit.tier === tier)))),
    '',
  ].join('\n');
}

function tierLines(tier: Tier, limits: readonly StatedLimit[]): string[] {
  const models = [...new Set(limits.map(({ model }) => model))].toSorted((a, b) => Number(a === '*image') - Number(b === '*image'));
  const rows = models.map((model) => {
    const own = MODEL_LIMITS.flatMap((bucket) => limits.filter((limit) => limit.model === model && limit.bucket === bucket));
    return `      ${JSON.stringify(model)}: { ${own.map(({ bucket, value }) => `${bucket}: ${value}`).join(', ')} }`;
  });
  return [`  ${JSON.stringify(tier)}:`, '    models:', ...rows, ...accountLines(tier)];
}

/** No listing has what belongs to the billing account: the official figures stand ready as a comment. */
function accountLines(tier: Tier): string[] {
  const account = findProfile('observed-2026')?.tiers[tier]?.account;
  const usd = (bucket: 'spend10m' | 'monthly'): string | null => {
    const value = account?.[bucket]?.value;
    return typeof value === 'number' ? `${bucket}Usd: ${value / 1e6}` : null;
  };
  const stated = [usd('spend10m'), usd('monthly')].filter((text) => text !== null);
  return stated.length === 0 ? [] : [`    # Not in any listing; official, ${account!.spend10m?.asOf}: account: { ${stated.join(', ')} }`];
}

function lowest(limits: readonly StatedLimit[]): StatedLimit[] {
  const amount = ({ value }: StatedLimit): number => (value === 'none' ? Infinity : value);
  const found = new Map<string, StatedLimit>();
  for (const limit of limits) {
    const key = `${limit.model} ${limit.bucket}`;
    const other = found.get(key);
    if (!other || amount(limit) < amount(other)) found.set(key, limit);
  }
  return [...found.values()];
}
