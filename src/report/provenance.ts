/** Where the numbers of a report come from, and which limits nobody knows: what must be read before any of them is quoted. */
import type { Results } from '../analysis/analysis.ts';
import { BUCKETS, type Grade } from '../model/names.ts';
import { count, counted } from './words.ts';

/** Profile, dates, assumptions: a line each. */
export function provenance({ header, buckets, summary }: Results): string[] {
  const { quota, service } = header.resolved;
  const grades = new Map<Grade, number>();
  for (const { limit } of buckets) if (limit.state !== 'unknown') grades.set(limit.source.grade, (grades.get(limit.source.grade) ?? 0) + 1);
  const graded = [...grades].map(([grade, times]) => `${times} ${grade}`).join(', ');
  return [
    `Limits: profile ${quota.profile}${quota.profileAsOf === null ? '' : `, as of ${quota.profileAsOf}`}, tier ${quota.tier}${graded === '' ? '' : `; ${graded}`}.`,
    'Google: "Specified rate limits are not guaranteed" (ai.google.dev/gemini-api/docs/rate-limits).',
    `Minute limits refill by a ${quota.window} window: assumed, the service does not say.`,
    ...(header.mode === 'live'
      ? []
      : [
          `Latency: the scenario's, else public measurements of 2026. Overload: ${service.overloadPreset ?? (service.overload.length === 0 ? 'none' : 'as the scenario says')}. ${summary.mode === 'sim' ? 'A simulation shows' : 'An emulation shows'} what these assumptions imply, not what Google will do.`,
        ]),
    ...leftOut(header.traces),
  ];
}

function leftOut(traces: Results['header']['traces']): string[] {
  return traces
    .filter(({ leftOut: after, damaged }) => after + damaged > 0)
    .map(
      ({ file, rows, leftOut: after, damaged }) =>
        `Left out of ${file}: ${count(after)} of ${counted(rows, 'row')} after the end, ${count(damaged)} damaged.`,
    );
}

/** Limits of models in use that no profile knows: they refused nothing here, and may refuse in earnest. */
export function unknowns({ header }: Results): string[] {
  const unknown = header.resolved.quota.limits.filter(
    ({ state, bucket }) => state === 'unknown' && (BUCKETS as readonly string[]).includes(bucket),
  );
  const byOwner = Map.groupBy(unknown, ({ model }) => model ?? 'the account');
  const lines = [...byOwner].map(([owner, limits]) => {
    const names = limits.map(({ bucket, interval }) =>
      interval ? `${bucket} (${interval[0]} to ${interval[1]}: ${interval[0]} was used)` : bucket,
    );
    return `Limits of ${owner}: ${names.join(', ')}.`;
  });
  return lines.length === 0
    ? []
    : [
        ...lines,
        'A limit that is not known refuses nothing here, and may refuse in earnest: read yours in AI Studio, write it under quota.limits.',
      ];
}
