/** Words of tables of limits, as AI Studio shows them and people write them down: models, columns, tiers, amounts. */
import { findModel, IMAGE_MODELS } from '../model/catalogue.ts';
import { type ModelId, TIERS, type Tier } from '../model/names.ts';
import type { StatedLimit } from '../model/stated-limit.ts';

export type Bucket = StatedLimit['bucket'];

/** `value` null: it says that nobody knows. `unclear`: it looks like a limit and cannot be taken for one. */
export type Cell =
  | {
      readonly kind: 'limit';
      readonly value: number | 'none' | null /** Those that its unit allows; null: any. */;
      readonly buckets: readonly Bucket[] | null;
    }
  | { readonly kind: 'unclear'; readonly why: string };

/**
 * `7 / 20` (used, then the limit), `20 RPM`, `100K`, `1,000`, `1.5M / day`, `Unlimited`, `N/A`; null: it is no limit at all.
 * Sources: rows copied from aistudio.google.com/rate-limit, 2025-11 to 2026-02: "0 / 250K", "0 / 1K", "3.06K / 100K", "N/A".
 */
export function limitCell(text: string): Cell | null {
  const cell = text
    .trim()
    .replace(/^[`*_]+|[`*_]+$/g, '')
    .replace(/\s*\([^()]*\)$/, '')
    .trim();
  if (/\d\s*\+\s*\d/.test(cell)) return unclear(`"${text.trim()}" says what more would be added: write the limit alone`);
  const { amount, buckets } = withUnit(cell);
  const limit = amount.replace(/^\s*[^/]*?(?:\/|\bout of\b|\bof\b)\s*(?=\S)/i, '');
  const used = amount
    .slice(0, amount.length - limit.length)
    .replace(/(?:\/|\bout of\b|\bof\b)\s*$/i, '')
    .trim();
  if (/^(?:-|–|—|n\/?a)$/i.test(amount.trim())) return { kind: 'limit', value: null, buckets };
  if (used !== '' && numberIn(used) === undefined && !/^(?:-|–|—|n\/?a)$/i.test(used)) return null;
  if (/^(?:unlimited|no limit|none|∞)$/i.test(limit.trim())) return { kind: 'limit', value: 'none', buckets };
  if (/^(?:-|–|—|n\/?a)$/i.test(limit.trim())) return { kind: 'limit', value: null, buckets };
  const value = numberIn(limit);
  if (value === undefined) return null;
  if (value === null || !Number.isInteger(value))
    return unclear(`"${text.trim()}" can be read in two ways: write the number without separators`);
  return { kind: 'limit', value, buckets };
}

const unclear = (why: string): Cell => ({ kind: 'unclear', why });

/** Nouns and periods behind an amount, and the buckets that they leave. */
function withUnit(cell: string): { amount: string; buckets: readonly Bucket[] | null } {
  const short = /^(.*\S)\s*\b(rpm|tpm|rpd|ipm)$/i.exec(cell);
  if (short) return { amount: short[1]!, buckets: [short[2]!.toLowerCase() as Bucket] };
  const long =
    /^(.*?\d\s*[kmgb]?|unlimited|no limit)\s*\b(req(?:uest)?s?|tokens?|images?|imgs?)?\s*(?:(?:\/|\bper)\s*(min(?:ute)?|day|d)\b)?$/i.exec(
      cell,
    );
  const [noun, period] = [long?.[2]?.toLowerCase(), long?.[3]?.toLowerCase()];
  if (!long || (noun === undefined && period === undefined)) return { amount: cell, buckets: null };
  const byNoun = noun === undefined ? ALL : noun.startsWith('r') ? REQUESTS : noun.startsWith('t') ? TOKENS : IMAGES;
  const byPeriod = period === undefined ? ALL : period.startsWith('d') ? DAILY : MINUTELY;
  return { amount: long[1]!, buckets: byNoun.filter((bucket) => byPeriod.includes(bucket)) };
}

const ALL: readonly Bucket[] = ['rpm', 'tpm', 'ipm', 'rpd', 'batchTokens'];
const REQUESTS: readonly Bucket[] = ['rpm', 'rpd'];
const TOKENS: readonly Bucket[] = ['tpm', 'batchTokens'];
const IMAGES: readonly Bucket[] = ['ipm'];
const DAILY: readonly Bucket[] = ['rpd'];
const MINUTELY: readonly Bucket[] = ['rpm', 'tpm', 'ipm'];

const MULTIPLES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, b: 1e9 };

/** undefined: no number; null: one that countries read differently, such as 1.000. */
function numberIn(text: string): number | null | undefined {
  const [, digits = '', letter = ''] = /^([\d.,'’_\s\u00a0\u202f]*\d)\s*([kmgb]?)$/i.exec(text.trim()) ?? [];
  if (digits === '') return undefined;
  const times = MULTIPLES[letter.toLowerCase()]!;
  if (/^\d+$/.test(digits)) return Number(digits) * times;
  if (/^\d{1,3}(?:([,'’_\s\u00a0\u202f])\d{3})(?:\1\d{3})*$/.test(digits)) return Number(digits.replaceAll(/\D/g, '')) * times;
  if (/^\d+[.,]\d+$/.test(digits) && letter !== '') return Math.round(Number(digits.replace(',', '.')) * times);
  return /^\d+(?:[.,]\d+)+$/.test(digits) ? null : undefined;
}

/** Of a column's title: `RPM`, `Requests per minute (RPM)`, `Peak TPM`. */
export function bucketNamed(cell: string): Bucket | null {
  const title = cell
    .trim()
    .replace(/^[`*_]+|[`*_:]+$/g, '')
    .replace(/^(?:peak|max|input|limit|current)\s+/i, '');
  const short = /^\(?(rpm|tpm|rpd|ipm|batch ?tokens)\)?(?:\s+(?:limit|usage|peak|used))?$|\((rpm|tpm|rpd|ipm)\)$/i.exec(title);
  const found = short?.[1] ?? short?.[2];
  if (found !== undefined) return /^batch/i.test(found) ? 'batchTokens' : (found.toLowerCase() as Bucket);
  const long = /^(requests|(?:input )?tokens|images)\s*(?:per|\/)\s*(minute|min|day)$/i.exec(title);
  if (!long) return null;
  const [noun, period] = [long[1]!.toLowerCase(), long[2]!.toLowerCase()];
  if (noun === 'requests') return period === 'day' ? 'rpd' : 'rpm';
  return period === 'day' ? null : noun === 'images' ? 'ipm' : 'tpm';
}

/** `2`, `Tier 2`, `Paid tier 2`, `Free tier`; null: none. */
export function tierNamed(cell: string): Tier | null {
  const word = cell
    .trim()
    .toLowerCase()
    .replace(/^(?:paid |usage )?tier ?:? ?/, '')
    .replace(/ tier$/, '');
  return (TIERS as readonly string[]).includes(word) ? (word as Tier) : null;
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

const NAMES: ReadonlyMap<string, ModelId> = new Map(
  IMAGE_MODELS.flatMap(({ id, nickname, aliases, quotaName }) =>
    [id, nickname, quotaName, ...aliases].flatMap((name): [string, ModelId][] => [
      [plain(name), id],
      [`${plain(name)}-preview`, id],
    ]),
  ),
);

/** `Nano Banana Pro (Gemini 3 Pro Image)`, an id, an alias, with `models/` before it or `Preview` behind; null: of no image model. */
export function modelNamed(cell: string): ModelId | null {
  const name = cell.trim().replace(/^[`*_]*(?:models\/|google\/|publishers\/google\/models\/)?|[`*_:]+$/g, '');
  const exact = findModel(name)?.id ?? NAMES.get(plain(name));
  if (exact !== undefined) return exact;
  const [, before, inside] = /^(.*\S)\s*\(([^()]+)\)$/.exec(name) ?? [];
  if (before === undefined || inside === undefined) return null;
  const [one, other] = [NAMES.get(plain(before)), NAMES.get(plain(inside))];
  return one !== undefined && other !== undefined && one !== other ? null : (one ?? other ?? null);
}

/** What the page lists besides: families that make no images by this API. A name with image in it is taken for none of them. */
export function isOtherModel(cell: string): boolean {
  const family =
    /^[`*]*(?:models\/)?(?:gemini|gemma|imagen|veo|lyria|learnlm|text[- ]?embedding|embedding|aqa|computer use|deep research|antigravity|robotics)\b/i;
  return family.test(cell.trim()) && !/image(?!n)|banana/i.test(cell);
}

/** Names to suggest where one is not known. */
export const MODEL_NAMES: readonly string[] = IMAGE_MODELS.flatMap(({ id, nickname }) => [nickname, id]);
