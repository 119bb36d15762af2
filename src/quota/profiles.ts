/** Which limits a project has on a tier, as a profile knows them: a built-in one, or one read from the user's own file. */
import { findModel } from '../model/catalogue.ts';
import type { BucketName, ModelId, Source, Tier } from '../model/names.ts';
import type { LimitSpec, Warning } from '../model/scenario.ts';
import { ACCOUNT_LIMITS, type Figure, MODEL_LIMITS, type ModelLimit, PROFILES, type Profile } from './profiles-data.ts';

export { parseLimitsFile } from './limits-file.ts';
export type { Profile } from './profiles-data.ts';

export interface ProfileLimits {
  /** For each model rpm, tpm, ipm, rpd, batchTokens; then spend10m, monthly, batchJobs of the account. */
  readonly limits: readonly LimitSpec[];
  readonly asOf: string | null;
  readonly warnings: readonly Warning[];
}

export const PROFILE_NAMES: readonly string[] = PROFILES.map((profile) => profile.name);

/** A built-in profile; undefined: no such name. */
export function findProfile(name: string): Profile | undefined {
  return PROFILES.find((profile) => profile.name === name);
}

/** Aliases count as their GA id. A model is answered once, however often it is named. */
export function limitsOf(profile: Profile, tier: Tier, models: readonly ModelId[]): ProfileLimits {
  const layers = [profile, ...profile.bases];
  const ids = [...new Set(models.map((id) => findModel(id)?.id ?? id))];
  const ofModels = ids.flatMap((id) => {
    const rows = layers.map((layer) => rowOf(layer, tier, id));
    const isClosed = tier === 'free' && profile.otherwise === 'unknown' && findModel(id) !== undefined && !rows.some(Boolean);
    return MODEL_LIMITS.map((bucket) => {
      const known = foundIn(
        layers,
        rows.map((row) => row?.[bucket]),
      );
      const rest = isClosed && CLOSED_LIMITS.includes(bucket) ? NO_FREE_IMAGES : missing(profile);
      return limitSpec(bucket, id, known ?? rest);
    });
  });
  const ofAccount = ACCOUNT_LIMITS.map((bucket) => {
    const known = foundIn(
      layers,
      layers.map((layer) => layer.tiers[tier]?.account[bucket]),
    );
    return limitSpec(bucket, null, known ?? missing(profile));
  });
  return { limits: [...ofModels, ...ofAccount], asOf: profile.asOf, warnings: warningsOf(profile, tier) };
}

interface Found {
  readonly value: Figure['value'];
  readonly source: Source;
}

/**
 * On the free tier an image model without a row has no quota: bodies of 2026-07 to 2026-10 say limit 0 for each of them, and
 * the table of 2025-11 had no row.
 */
const NO_FREE_IMAGES: Found = { value: 0, source: { grade: 'assumed', from: 'no row on the free tier', asOf: '2026-10' } };
const CLOSED_LIMITS: readonly ModelLimit[] = ['rpm', 'tpm', 'rpd'];

function rowOf(layer: Profile, tier: Tier, id: ModelId): Partial<Readonly<Record<ModelLimit, Figure>>> | undefined {
  const models = layer.tiers[tier]?.models;
  return models?.[id] ?? (findModel(id) ? models?.['*image'] : undefined);
}

/** The first figure there is, in the name of the layer that has it. */
function foundIn(layers: readonly Profile[], figures: readonly (Figure | undefined)[]): Found | undefined {
  const index = figures.findIndex(Boolean);
  const figure = figures[index];
  return figure && { value: figure.value, source: { grade: figure.grade, from: `profile ${layers[index]!.name}`, asOf: figure.asOf } };
}

function missing(profile: Profile): Found {
  return { value: profile.otherwise, source: { grade: 'assumed', from: `profile ${profile.name}`, asOf: null } };
}

function limitSpec(bucket: BucketName, model: ModelId | null, { value, source }: Found): LimitSpec {
  if (typeof value === 'number') return { bucket, model, state: 'known', limit: value, interval: null, source };
  if (value === 'none') return { bucket, model, state: 'none', limit: null, interval: null, source };
  return { bucket, model, state: 'unknown', limit: null, interval: value === 'unknown' ? null : value, source };
}

function warningsOf(profile: Profile, tier: Tier): readonly Warning[] {
  const isKnown = [profile, ...profile.bases].some((layer) => layer.tiers[tier] !== undefined);
  if (isKnown || profile.otherwise === 'none') return [profile.warning];
  const text = `${profile.name} says nothing about tier ${tier}: all of its limits there are unknown.`;
  return [profile.warning, { code: 'profile-without-tier', text }];
}
