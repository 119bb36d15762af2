/** A user's own limits as a profile: what the file may say, and every mistake in it at once. */
import { findModel, IMAGE_MODELS } from '../model/catalogue.ts';
import { TIERS, type Tier } from '../model/names.ts';
import { type AccountLimit, type Figure, MODEL_LIMITS, type ModelLimit, type Profile, type TierFigures } from './profiles-data.ts';

export interface LimitsFile {
  /** Without the figures that had problems; the file's name stands for the profile's. */
  readonly profile: Profile;
  readonly asOf: string | null;
  /** The tiers that the file speaks of. */
  readonly tiers: readonly Tier[];
  /** Everything that is wrong, each with its path: show all of them at once. */
  readonly problems: readonly string[];
}

/**
 * A user's own limits, already parsed from YAML or JSON:
 *
 *   {name, asOf, source, tiers: {'1': {models: {'gemini-3-pro-image': {rpm, tpm, ipm, rpd, batchTokens}},
 *                                      account: {spend10mUsd, monthlyUsd, batchJobs}}}}
 *
 * Values are numbers (also '100k', '2M', '1G'), 'none', 'unknown' or an interval '8..12'; null is unknown.
 */
export function parseLimitsFile(value: unknown): LimitsFile {
  const reading = new Reading();
  const file = reading.section(value, '', ['name', 'asOf', 'source', 'tiers']);
  const name = reading.text(file['name'], 'name') ?? 'own limits';
  const asOf = reading.text(file['asOf'], 'asOf');
  const source = reading.text(file['source'], 'source');
  if (file['tiers'] === undefined) reading.problem('tiers', 'is missing; write the limits under tiers: {"1": {models: …}}');
  const tiers: Partial<Record<Tier, TierFigures>> = {};
  for (const [tier, section] of Object.entries(reading.section(file['tiers'], 'tiers', TIERS))) {
    if (isTier(tier)) tiers[tier] = reading.tier(section, `tiers.${tier}`, asOf);
  }
  const warning = {
    code: 'profile-own',
    text: `Limits are from ${name}${source ? ` (${source})` : ''}, ${asOf ? `as of ${asOf}` : 'undated'}; what it leaves out is unknown.`,
  };
  const profile: Profile = { name, asOf, warning, tiers, otherwise: 'unknown', bases: [] };
  return { profile, asOf, tiers: TIERS.filter((tier) => tiers[tier]), problems: reading.problems };
}

const ACCOUNT_KEYS: Readonly<Record<string, { readonly bucket: AccountLimit; readonly unit: number }>> = {
  spend10mUsd: { bucket: 'spend10m', unit: 1_000_000 },
  monthlyUsd: { bucket: 'monthly', unit: 1_000_000 },
  batchJobs: { bucket: 'batchJobs', unit: 1 },
};
const MULTIPLES: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };
const WHAT_IS_ALLOWED = 'a number from 0 (100k, 2M), none, unknown or an interval like 8..12';

/** Reads on after a mistake, so that all of them are told at once. */
class Reading {
  readonly problems: string[] = [];

  problem(path: string, what: string): void {
    this.problems.push(path === '' ? what : `${path}: ${what}`);
  }

  /** The keys of a section that are allowed there; of any name where `keys` is null. */
  section(value: unknown, path: string, keys: readonly string[] | null): Readonly<Record<string, unknown>> {
    if (value === undefined || value === null) {
      if (path === '') this.problem(path, 'the limits file is empty');
      return {};
    }
    if (typeof value !== 'object' || Array.isArray(value)) {
      this.problem(path, `must be a map of ${keys ? keys.join(', ') : 'model ids'}, found ${shown(value)}`);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (keys && !keys.includes(key)) this.problem(join(path, key), `is not known here; allowed are ${keys.join(', ')}`);
    }
    return Object.fromEntries(Object.entries(value).filter(([key]) => !keys || keys.includes(key)));
  }

  text(value: unknown, path: string): string | null {
    if (value === undefined || value === null) return null;
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value); // asOf: 2026
    this.problem(path, `must be a text, found ${shown(value)}`);
    return null;
  }

  tier(value: unknown, path: string, asOf: string | null): TierFigures {
    const section = this.section(value, path, ['models', 'account']);
    const models: Record<string, Partial<Record<ModelLimit, Figure>>> = {};
    for (const [id, row] of Object.entries(this.section(section['models'], `${path}.models`, null))) {
      const rowPath = `${path}.models.${quoted(id)}`;
      const model = id === '*image' ? id : findModel(id)?.id;
      if (model === undefined) this.problem(rowPath, `is no image model; known are ${IMAGE_MODELS.map(({ id }) => id).join(', ')}`);
      else if (models[model]) this.problem(rowPath, `names ${model} a second time; a preview id and its GA id are one model`);
      else models[model] = this.row(row, rowPath, asOf);
    }
    const account: Partial<Record<AccountLimit, Figure>> = {};
    const accountKeys = Object.keys(ACCOUNT_KEYS);
    for (const [key, value] of Object.entries(this.section(section['account'], `${path}.account`, accountKeys))) {
      const { bucket, unit } = ACCOUNT_KEYS[key]!;
      const figure = this.figure(value, `${path}.account.${key}`, unit, asOf);
      if (figure) account[bucket] = figure;
    }
    return { models, account };
  }

  private row(value: unknown, path: string, asOf: string | null): Partial<Record<ModelLimit, Figure>> {
    const section = this.section(value, path, MODEL_LIMITS);
    const row: Partial<Record<ModelLimit, Figure>> = {};
    for (const bucket of MODEL_LIMITS) {
      if (!(bucket in section)) continue;
      const figure = this.figure(section[bucket], `${path}.${bucket}`, 1, asOf);
      if (figure) row[bucket] = figure;
    }
    return row;
  }

  /** @param unit micro-dollars in a dollar, or 1 for what is counted */
  private figure(value: unknown, path: string, unit: number, asOf: string | null): Figure | null {
    const read = limitValue(value, unit);
    if (read !== null) return { value: read, grade: 'observed', asOf };
    this.problem(path, `must be ${WHAT_IS_ALLOWED}, found ${shown(value)}`);
    return null;
  }
}

function limitValue(value: unknown, unit: number): Figure['value'] | null {
  if (value === null || value === 'unknown') return 'unknown';
  if (value === 'none') return 'none';
  if (typeof value !== 'string' || !value.includes('..')) return amount(value, unit);
  const ends = value.split('..').map((end) => amount(end, unit));
  const [low, high] = ends;
  return ends.length === 2 && low != null && high != null && low <= high ? [low, high] : null;
}

/** A whole number of requests, images, tokens, jobs or micro-dollars; null: it is none. */
function amount(value: unknown, unit: number): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kMG]?)\s*$/.exec(typeof value === 'number' || typeof value === 'string' ? String(value) : '');
  if (!match) return null;
  const whole = Math.round(Number(match[1]) * MULTIPLES[match[2]!]! * unit * 1e6) / 1e6;
  if (unit > 1) return Math.round(whole);
  return Number.isSafeInteger(whole) ? whole : null;
}

function isTier(text: string): text is Tier {
  return (TIERS as readonly string[]).includes(text);
}

function join(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`;
}

function quoted(id: string): string {
  return /^[\w-]+$/.test(id) ? id : `"${id}"`;
}

/** Enough to find it by: a file that was named by mistake is not quoted whole. */
const VALUE_SHOWN_MAX = 60;

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > VALUE_SHOWN_MAX ? `${text.slice(0, VALUE_SHOWN_MAX)}…` : text;
}
