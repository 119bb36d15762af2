/** How old limits of one's own are: Google changes them without a word, so after a month they are to be read again. */
import type { QuotaSpec } from '../model/scenario.ts';
import { DAY_MS, epochMs } from '../model/time.ts';
import { findProfile } from './profiles.ts';

const OLD_AFTER_DAYS = 30;

/**
 * A sentence about limits that are old or undated; null: they are fresh. A month or a year counts to its end.
 * @param file as the scenario names it @param nowMs epoch ms
 */
export function oldLimits(file: string, asOf: string | null, nowMs: number): string | null {
  const again = 'read them again with rundry limits import';
  if (asOf === null) return `The limits in ${file} have no date: write asOf, or ${again}.`;
  const readMs = endOf(asOf);
  if (Number.isNaN(readMs)) return `The limits in ${file} are as of "${asOf}", which is no date such as 2026-11-20.`;
  const days = Math.floor((nowMs - readMs) / DAY_MS);
  return days > OLD_AFTER_DAYS ? `The limits in ${file} are ${days} days old (${asOf}): ${again}.` : null;
}

/** The same of a scenario, where it names a file; null where a built-in profile answers, which says itself how old it is. */
export function oldLimitsOf({ profile, profileAsOf }: QuotaSpec, nowMs: number): string | null {
  return findProfile(profile) === undefined ? oldLimits(profile, profileAsOf, nowMs) : null;
}

/** Epoch ms at which the day, month or year ends; NaN: it is none. */
function endOf(asOf: string): number {
  const match = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:T.*)?$/.exec(asOf);
  if (!match) return Number.NaN;
  const [, year, month, day] = match;
  if (day !== undefined) return epochMs(`${year}-${month}-${day}T00:00:00Z`) + DAY_MS;
  const next = month === undefined ? [Number(year) + 1, 1] : month === '12' ? [Number(year) + 1, 1] : [Number(year), Number(month) + 1];
  return epochMs(`${next[0]}-${String(next[1]).padStart(2, '0')}-01T00:00:00Z`);
}
