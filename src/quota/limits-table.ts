/** Limits from a table that people have: rows copied from AI Studio, or a CSV. */
import { findModel, IMAGE_MODELS } from '../model/catalogue.ts';
import { type ModelId, TIERS, type Tier } from '../model/names.ts';
import type { StatedLimit, StatedLimits } from '../model/stated-limit.ts';

type Bucket = StatedLimit['bucket'];

/** What AI Studio shows, in its order; seen 2026. It has no column of images per minute. */
const STUDIO_COLUMNS: readonly Bucket[] = ['rpm', 'tpm', 'rpd'];

/**
 * Rows as a browser copies them: cells between tabs, bars or wide gaps, or each on a line of its own. A cell is a limit or
 * `used / limit`. Without a header of their own the columns are RPM, TPM, RPD.
 */
export function pastedLimits(text: string, tier: Tier): StatedLimits {
  const cells = text.split(/\r?\n|\t|\s{2,}|\s*\|\s*/).map((cell) => cell.trim());
  const named = cells.map(modelNamed);
  const first = named.findIndex((model) => model !== null);
  const head = cells.slice(0, Math.max(0, first)).flatMap((cell) => bucketNamed(cell) ?? []);
  const columns = head.length > 0 ? head : STUDIO_COLUMNS;
  const limits: StatedLimit[] = [];
  const strangers: string[] = [];
  let model: ModelId | null = null;
  let column = 0;
  for (const [index, cell] of cells.entries()) {
    const value = cellValue(cell);
    if (named[index] !== null) {
      model = named[index]!;
      column = 0;
    } else if (value === undefined) {
      // A name that is no image model's begins a row of its own, but for the category beside a model.
      if (column > 0 && cell !== '' && bucketNamed(cell) === null) {
        model = null;
        column = 0;
        strangers.push(cell);
      }
    } else if (model !== null && column < columns.length) {
      const bucket = columns[column++]!;
      if (value !== null) limits.push({ tier, model, bucket, value, from: bucket.toUpperCase() });
    } else column++;
  }
  const others = [...new Set(strangers)].filter((name) => modelNamed(name) === null);
  return { limits, notes: others.length === 0 ? [] : [`Left out, as no image models: ${others.join(', ')}.`] };
}

/**
 * A table with a header: `model`, one column for each of rpm, tpm, ipm, rpd, batchTokens that it has, and perhaps `tier`.
 * @returns as a text what is wrong with it
 */
export function tableLimits(rows: readonly (readonly string[])[], tier: Tier): StatedLimits | string {
  const [head = [], ...body] = rows;
  const names = head.map((cell) => cell.trim().toLowerCase());
  const [modelAt, tierAt] = [names.indexOf('model'), names.indexOf('tier')];
  const columns = head.flatMap((cell, index) => {
    const bucket = bucketNamed(cell);
    return bucket === null ? [] : [{ bucket, index }];
  });
  if (modelAt < 0 || columns.length === 0) return 'expected a header with model and at least one of rpm, tpm, ipm, rpd, batchTokens';
  const problems: string[] = [];
  const limits = body.flatMap((cells, at) => {
    const line = at + 2;
    const model = modelNamed(cells[modelAt] ?? '');
    const own = tierAt < 0 || !cells[tierAt] ? tier : tierNamed(cells[tierAt]!);
    if (model === null) problems.push(`line ${line}: "${cells[modelAt] ?? ''}" is no image model`);
    if (own === null) problems.push(`line ${line}: "${cells[tierAt]}" is no tier; expected ${TIERS.join(', ')}`);
    return columns.flatMap(({ bucket, index }): StatedLimit[] => {
      const cell = (cells[index] ?? '').trim();
      const value = cell === '' ? null : cellValue(cell);
      if (value === undefined) problems.push(`line ${line}: ${bucket} is "${cell}"; expected a number such as 20 or 100k, or unlimited`);
      return value == null || model === null || own === null ? [] : [{ tier: own, model, bucket, value, from: bucket }];
    });
  });
  return problems.length > 0 ? problems.join('\n') : { limits, notes: [] };
}

const BUCKET_NAMES: Readonly<Record<string, Bucket>> = {
  rpm: 'rpm',
  tpm: 'tpm',
  rpd: 'rpd',
  ipm: 'ipm',
  batchtokens: 'batchTokens',
};

/** Of a column's title, `RPM` or `Requests per minute (RPM)`. */
function bucketNamed(cell: string): Bucket | null {
  const word = /^\(?(rpm|tpm|rpd|ipm|batch ?tokens)\)?$|\((rpm|tpm|rpd|ipm)\)$/i.exec(cell.trim());
  const found = word?.[1] ?? word?.[2];
  return found === undefined ? null : (BUCKET_NAMES[found.toLowerCase().replace(' ', '')] ?? null);
}

function tierNamed(cell: string): Tier | null {
  const word = cell
    .trim()
    .toLowerCase()
    .replace(/^(?:paid )?tier ?/, '');
  return (TIERS as readonly string[]).includes(word) ? (word as Tier) : null;
}

/** `7 / 20`, `100K`, `1,000`, `Unlimited`; null: it says that nobody knows; undefined: it is no limit. */
function cellValue(cell: string): number | 'none' | null | undefined {
  const limit = cell.split('/').at(-1)!.trim();
  if (/^(?:-|–|—|n\/?a|a)$/i.test(limit)) return null;
  if (/^(?:unlimited|no limit|none|∞|\*)$/i.test(limit)) return 'none';
  const match = /^(\d[\d,]*(?:\.\d+)?)\s*([kmg]?)$/i.exec(limit);
  if (!match) return undefined;
  return Math.round(Number(match[1]!.replaceAll(',', '')) * MULTIPLES[match[2]!.toLowerCase()]!);
}

const MULTIPLES: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');

/** Every name of every image model, the longest first: one may begin another. */
const NAMES: readonly (readonly [name: string, id: ModelId])[] = IMAGE_MODELS.flatMap(({ id, nickname, aliases, quotaName }) =>
  [id, nickname, quotaName, ...aliases].map((name): [string, ModelId] => [plain(name), id]),
).toSorted(([a], [b]) => b.length - a.length);

/** `Nano Banana Pro (Gemini 3 Pro Image)`, an id, an alias; null: of no image model. */
function modelNamed(cell: string): ModelId | null {
  const exact = findModel(cell.trim());
  if (exact) return exact.id;
  const words = `-${plain(cell)}-`;
  return NAMES.find(([name]) => words.includes(`-${name}-`))?.[1] ?? null;
}
