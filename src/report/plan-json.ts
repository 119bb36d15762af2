/** The part of `plan.json` that says what to do and why: one row for each setting, what is said without one, and how sure it is. */

import { isoInstant } from '../model/time.ts';
import { type Recommendation, type RecommendationLine, restsOnText } from '../plan/recommendation.ts';

/** Settings in the order to try them; a step that makes several has a row for each, with the effect of all. Unknown is null. */
export function recommendationRows({ lines }: Recommendation): object[] {
  return lines.flatMap((line, step) =>
    line.changes.map(({ lever, path, from, to }) => ({
      setting: lever,
      path,
      from: from ?? null,
      to: to ?? null,
      effect: line.effect,
      why: line.why,
      step: step + 1,
      ...said(line),
    })),
  );
}

/** What is no setting: reading limits, the spend window. */
export function recommendationNotes({ lines }: Recommendation): object[] {
  return lines.filter(({ changes }) => changes.length === 0).map((line) => ({ about: line.about, why: line.why, ...said(line) }));
}

/** Three things, never one number: chance stands in `promised`, `verified` and `guarantee`. */
export function confidenceJson({ grade, restsOn, stand }: Recommendation): object {
  return {
    inputs: { grade, limits: restsOnText(restsOn) },
    doubt: stand?.doubt && {
      bucket: stand.doubt.limit.bucket,
      model: stand.doubt.limit.model,
      taken: stand.doubt.limit.limit,
      holdsFrom: stand.doubt.holdsFrom,
    },
    overload: stand?.overload ?? null,
    unknown: stand?.unknown ?? null,
    silent: (stand?.silent ?? []).map(({ limit: { bucket, model }, holdsFrom, measurement }) => ({
      bucket,
      model,
      holdsFrom,
      measurement,
    })),
  };
}

/** null: today's tier does. */
export function bridgeJson({ bridge }: Recommendation): object | null {
  if (!bridge) return null;
  const { reach, today } = bridge;
  const { fromAtMs, ...rest } = reach;
  return { ...rest, from: fromAtMs === null ? null : isoInstant(fromAtMs), today };
}

function said({ relieves, bindsNext, doesNotFix, grade }: RecommendationLine): object {
  return { relieves, bindsNext, doesNotFix, grade };
}
