/** Limits of one's own as tables: alone, and beside a profile. */
import { type BucketName, isMoney, type ModelId, type Tier } from '../model/names.ts';
import type { LimitSpec } from '../model/scenario.ts';
import { table } from './table.ts';
import { amount } from './words.ts';

/** `20`, `$10`, `none`, `unknown`, `8..12` */
function limitOf({ bucket, state, limit, interval }: LimitSpec): string {
  if (state === 'none') return 'none';
  const shown = (value: number): string => amount(bucket, value / (isMoney(bucket) ? 1e6 : 1));
  if (limit !== null) return shown(limit);
  return interval?.map(shown).join('..') ?? 'unknown';
}

/** A block for each tier. Ends with a line end. */
export function limitsTable(tiers: readonly { readonly tier: Tier; readonly limits: readonly LimitSpec[] }[]): string {
  const blocks = tiers.map(({ tier, limits }) => {
    const known = limits.filter(({ state, interval }) => state !== 'unknown' || interval !== null);
    const rows = known.map((limit) => [limit.model ?? 'account', limit.bucket, limitOf(limit)]);
    const columns = [{ title: `tier ${tier}` }, { title: '' }, { title: 'limit', align: 'right' as const }];
    return table(columns, rows).join('\n');
  });
  return `${blocks.join('\n\n')}\n`;
}

export interface DiffRow {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly own: LimitSpec;
  readonly profile: LimitSpec;
  readonly judgement: 'same' | 'lower' | 'higher' | 'only-own' | 'only-profile';
}

const JUDGEMENTS: Readonly<Record<DiffRow['judgement'], string>> = {
  same: 'same',
  lower: 'yours is lower',
  higher: 'yours is higher',
  'only-own': 'the profile does not know it',
  'only-profile': 'yours does not say',
};

/** Ends with a line end. */
export function limitsDiffTable(rows: readonly DiffRow[], { tier, profile }: { readonly tier: Tier; readonly profile: string }): string {
  if (rows.length === 0) return `Tier ${tier}: neither your file nor ${profile} knows a limit.\n`;
  const cells = rows.map(({ bucket, model, own, profile: other, judgement }) => [
    model ?? 'account',
    bucket,
    limitOf(own),
    limitOf(other),
    JUDGEMENTS[judgement],
    other.state === 'unknown' ? '' : [other.source.grade, other.source.asOf].filter(Boolean).join(', '),
  ]);
  const right = { align: 'right' as const };
  const columns = [
    { title: `tier ${tier}` },
    { title: '' },
    { title: 'yours', ...right },
    { title: profile, ...right },
    { title: '' },
    { title: 'its source' },
  ];
  return `${table(columns, cells).join('\n')}\n`;
}
