/** How full one bucket was over the run, drawn in two lines: its level, and where it refused. */

import type { BucketRecord } from '../analysis/levels.ts';
import { isMoney } from '../model/names.ts';
import { formatDuration, MINUTE_MS } from '../model/time.ts';
import { binned, column } from './bars.ts';
import { amount } from './words.ts';

/** No lines where the minutes were not kept or nothing is enforced. @param width of the whole chart, in characters */
export function levelChart(record: BucketRecord, width: number): string[] {
  const { enforced, levels, rejections, bucket } = record;
  if (enforced === null || levels.length === 0) return [];
  const { limit } = enforced.spec;
  const room = width - MARGIN.length - 1;
  const level = binned(levels, room, (values) => Math.max(...values));
  const refused = binned(rejections, room, (values) => values.reduce((sum, here) => sum + here, 0));
  const full = amount(bucket, isMoney(bucket) ? limit / 1e6 : limit);
  const end = formatDuration(levels.length * MINUTE_MS);
  const axis = `0${end.padStart(Math.max(end.length + 1, level.bins.length - 1))}`;
  return [
    `Level of ${[bucket, record.model, record.project].filter(Boolean).join(' · ')}: highest in each ${formatDuration(level.each * MINUTE_MS)}, full is ${full}`,
    `${'level'.padEnd(MARGIN.length)}${level.bins.map((value) => column(value, limit)).join('')}`.trimEnd(),
    `${'429'.padEnd(MARGIN.length)}${refused.bins.map((value) => (value > 0 ? '×' : '·')).join('')}`,
    `${MARGIN}${axis}`,
  ];
}

const MARGIN = ' '.repeat(7);
