/** The best start of an entry: the answer in words, the curve of its day as a table with a bar for each start, and both as CSV. */
import { createColors } from 'picocolors';
import { isoInstant } from '../model/time.ts';
import type { BestStart, Start } from '../plan/best-start.ts';
import { bar } from './bars.ts';
import { rowsToCsv } from './csv.ts';
import { table } from './table.ts';
import { dollars, duration, percent } from './words.ts';

const BAR_WIDTH = 16;

export function bestStartText(found: BestStart, colour: boolean): string {
  const { entry, best, own, starts, isFlat, isPartial, seeds } = found;
  const { bold } = createColors(colour);
  const isMoved = best !== own && !isFlat;
  const verdict = isFlat
    ? `No start is better than another for "${entry}": leave it at ${instantText(own, found)}.`
    : isMoved
      ? `Start "${entry}" at ${instantText(best, found)}.`
      : `"${entry}" starts at the best time of the day already: ${instantText(own, found)}.`;
  const lines = [
    bold(verdict),
    '',
    ...(isMoved ? [`  then:  ${effectText(best, seeds)}`, `  now:   ${effectText(own, seeds)}`] : [`  ${effectText(own, seeds)}`]),
    '',
    ...(isPartial ? ['Interrupted: what follows is what was known by then.'] : []),
    `The day, simulated on ${seeds} ${seeds === 1 ? 'seed' : 'seeds'} for each start; > the best, * as the file has it`,
    ...curve(starts, found),
    '',
  ];
  return lines.join('\n');
}

/** A row for each start; times in the zone of the day and in UTC. */
export function bestStartCsv({ starts, best, own, seeds }: BestStart): string {
  const csv = rowsToCsv([
    'start_at',
    'start_wall',
    'start_ms',
    'until_reset_ms',
    'seeds',
    'holds_ratio',
    'success_ratio',
    'others_success_ratio',
    'others_latency_ms_p95',
    'last_after_ms',
    'cost_usd',
    'first_bucket',
    'is_best',
    'is_own',
  ]);
  const rows = starts.map((start) =>
    csv.row([
      isoInstant(start.atMs),
      start.wall,
      start.startMs,
      start.untilResetMs,
      seeds,
      start.holdsRatio,
      start.successRatio,
      start.othersSuccessRatio,
      start.othersLatencyMsP95,
      start.lastAfterMs,
      start.costUsd,
      start.firstBucket ?? 'none',
      start === best,
      start === own,
    ]),
  );
  return [csv.header(), ...rows].join('');
}

function curve(starts: readonly Start[], { best, own, zone, seeds }: BestStart): string[] {
  const latest = Math.max(...starts.map(({ lastAfterMs }) => lastAfterMs ?? 0));
  const hasOthers = starts.some(({ othersSuccessRatio }) => othersSuccessRatio !== null);
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    { title: '' },
    { title: 'UTC' },
    { title: zone },
    right('quota turns in'),
    right('thresholds'),
    right('delivered'),
    ...(hasOthers ? [right('others'), right('their p95')] : []),
    right('cost'),
    { title: 'first bucket' },
    right('last after'),
    { title: '' },
  ];
  const rows = starts.map((start) => [
    `${start === best ? '>' : ' '}${start === own ? '*' : ''}`,
    utc(start),
    wallText(start.wall),
    duration(start.untilResetMs),
    `${Math.round(start.holdsRatio * seeds)} of ${seeds}`,
    percent(start.successRatio),
    ...(hasOthers ? [percent(start.othersSuccessRatio), duration(rounded(start.othersLatencyMsP95))] : []),
    dollars(start.costUsd),
    start.firstBucket ?? 'none',
    duration(rounded(start.lastAfterMs)),
    bar(start.lastAfterMs ?? 0, latest, BAR_WIDTH),
  ]);
  return table(columns, rows);
}

function effectText(start: Start, seeds: number): string {
  const holds = Math.round(start.holdsRatio * seeds);
  const others = start.othersSuccessRatio === null ? '' : ` (of all else ${percent(start.othersSuccessRatio)})`;
  return [
    `thresholds hold on ${holds} of ${seeds} seeds`,
    `${percent(start.successRatio)} delivered${others}`,
    start.lastAfterMs === null ? 'nothing arrives' : `the last after ${duration(rounded(start.lastAfterMs))}`,
    dollars(start.costUsd),
    start.firstBucket === null ? 'no bucket runs dry' : `${start.firstBucket} runs dry first`,
  ].join(', ');
}

function instantText(start: Start, { zone }: BestStart): string {
  return `${utc(start)} UTC, ${wallText(start.wall)} ${zone}`;
}

function utc({ atMs }: Start): string {
  return isoInstant(atMs).slice(0, 16).replace('T', ' ');
}

/** `2026-11-01T01:30-07:00` as `11-01 01:30 -07:00`. */
function wallText(wall: string): string {
  return `${wall.slice(5, 16).replace('T', ' ')} ${wall.slice(16)}`;
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
