/** The `quota` section: the profile's limits for every model that may be called, and the user's own values over them. */
import type { BucketName, ModelId, Source } from '../model/names.ts';
import { nearest } from '../model/nearest.ts';
import type { LimitSpec, QuotaSpec } from '../model/scenario.ts';
import { findProfile, limitsOf, PROFILE_NAMES, type Profile } from '../quota/profiles.ts';
import type { LimitSection, QuotaSection } from './definition.ts';
import type { Path, ScenarioDocument } from './document.ts';
import type { Findings } from './findings.ts';
import { readLimitsFile } from './limits-file.ts';
import { canonical } from './models.ts';
import { isSetAside } from './set-aside.ts';
import type { Files } from './traffic.ts';

const FROM_SCENARIO: Source = { grade: 'observed', from: 'scenario', asOf: null };

const KEYS: Readonly<Record<string, BucketName>> = { spend10mUsd: 'spend10m', monthlyUsd: 'monthly' };

interface Override {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly value: NonNullable<LimitSection>;
}

export function quotaSpec(
  section: QuotaSection,
  models: readonly ModelId[],
  document: ScenarioDocument,
  files: Files,
  findings: Findings,
): QuotaSpec {
  const { projects, spread, accounts, tier, window, profile } = section;
  const overrides = overridesOf(section, document, findings);
  const used = usedToday(section, findings);
  const all = [...new Set([...models, ...overrides.flatMap(({ model }) => model ?? []), ...Object.keys(used)])];
  const known = profileOf(profile, files, findings);
  const { limits, asOf, warnings } = known ? limitsOf(known, tier, all) : { limits: [], asOf: null, warnings: [] };
  for (const warning of warnings) findings.warn(warning.code, warning.text);
  if (projects > 1 && accounts === 1) {
    findings.warn(
      'projects-share-account',
      `${projects} projects are assumed to share one spend window and one monthly cap; check also that the terms allow spreading over projects`,
    );
  }
  return {
    profile,
    profileAsOf: asOf,
    tier,
    window,
    projects,
    spread,
    accounts,
    limits: overridden(limits, overrides),
    usedToday: used,
    spentThisMonthMicroUsd: section.spentThisMonthUsd,
  };
}

/** A built-in name wins over a file of the same name. */
function profileOf(name: string, files: Files, findings: Findings): Profile | undefined {
  const builtIn = findProfile(name);
  if (builtIn) return builtIn;
  const path: Path = ['quota', 'profile'];
  const file = files.read(name);
  if (file) return findings.input(() => readLimitsFile(name, file.text).profile);
  const meant = nearest(name, PROFILE_NAMES);
  if (/[./\\]/.test(name) && meant === null) findings.problem(path, `there is no file ${name}`);
  else
    findings.problem(
      path,
      meant === null
        ? `expected one of ${PROFILE_NAMES.join(', ')} or the path of a limits file`
        : `expected a profile or the path of a limits file, {found} (did you mean ${meant}?)`,
    );
  return undefined;
}

/** The values of `quota.limits` that count. */
function overridesOf(section: QuotaSection, document: ScenarioDocument, findings: Findings): readonly Override[] {
  const overrides: Override[] = [];
  const setAside: string[] = [];
  for (const [key, limits] of Object.entries(section.limits)) {
    const model = key === 'account' ? null : canonical(key, findings);
    if (overrides.some((override) => model !== null && override.model === model)) {
      findings.problem(['quota', 'limits', key], `${key} and another key are one model, ${model}: keep one`);
    }
    for (const [name, value] of Object.entries(limits ?? {})) {
      if (value === undefined) continue;
      if (isSetAside(document, ['quota', 'limits', key, name])) setAside.push(`${key} ${name}`);
      else overrides.push({ bucket: KEYS[name] ?? (name as BucketName), model, value }); // the definition allows bucket names only
    }
  }
  if (setAside.length > 0) {
    findings.warn(
      'limits-set-aside',
      `quota.limits were read at tier ${String(document.tierInFile ?? 1)}; at tier ${section.tier} the profile counts instead of ${setAside.join(', ')}`,
    );
  }
  return overrides;
}

function overridden(limits: readonly LimitSpec[], overrides: readonly Override[]): readonly LimitSpec[] {
  return limits.map((limit) => {
    const override = overrides.find(({ bucket, model }) => bucket === limit.bucket && model === limit.model);
    return override ? limitSpec(override) : limit;
  });
}

function limitSpec({ bucket, model, value }: Override): LimitSpec {
  const base = { bucket, model, source: FROM_SCENARIO };
  switch (value.state) {
    case 'known':
      return { ...base, state: 'known', limit: value.limit, interval: null };
    case 'none':
      return { ...base, state: 'none', limit: null, interval: null };
    case 'unknown':
      return { ...base, state: 'unknown', limit: null, interval: value.interval };
    default:
      return value satisfies never;
  }
}

function usedToday(section: QuotaSection, findings: Findings): Readonly<Record<ModelId, number>> {
  const used: Record<ModelId, number> = {};
  for (const [id, requests] of Object.entries(section.usedToday)) {
    if (requests === undefined) continue;
    const model = canonical(id, findings);
    used[model] = (used[model] ?? 0) + requests;
  }
  return used;
}
