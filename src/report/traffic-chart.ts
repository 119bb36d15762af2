/** Arrivals as a small chart with totals, for `rundry validate`. */
import { createColors } from 'picocolors';
import { formatDuration } from '../model/time.ts';
import { bar, binned } from './bars.ts';
import { table } from './table.ts';
import { count, counted } from './words.ts';

/** How many requests are due in each span of equal length. */
export interface TrafficBins {
  readonly binMs: number;
  /** What to call each bin, such as `00:10` or `+2h`. */
  readonly labels: readonly string[];
  readonly counts: readonly number[];
}

const ROWS_MAX = 24;
const BAR_WIDTH = 40;

/** Neighbouring bins are joined where there are more than fit; the totals are of the bins as given. */
export function trafficChart({ binMs, labels, counts }: TrafficBins, { colour, width }: { colour: boolean; width: number }): string {
  const { cyan, bold } = createColors(colour);
  const total = counts.reduce((sum, here) => sum + here, 0);
  const { bins, each } = binned(counts, ROWS_MAX, (values) => values.reduce((sum, here) => sum + here, 0));
  const peak = bins.reduce((highest, here) => Math.max(highest, here), 0);
  const barWidth = Math.min(BAR_WIDTH, Math.max(10, width - 40));
  const rows = bins.map((here, bin) => [labels[bin * each] ?? '', count(here), cyan(bar(here, peak, barWidth))]);
  const highest = counts.reduce((most, here) => Math.max(most, here), 0);
  const busiest = counts.indexOf(highest);
  const mean = counts.length === 0 ? 0 : total / counts.length;
  const each1 = formatDuration(binMs);
  return [
    bold(`${counted(total, 'request')} due in ${formatDuration(counts.length * binMs)}, a line per ${formatDuration(each * binMs)}`),
    ...table([{ title: 'from' }, { title: 'due', align: 'right' }, { title: '' }], rows),
    `per ${each1}: mean ${count(mean)}, peak ${count(highest)}${total === 0 ? '' : ` (${labels[busiest] ?? ''})`}`,
    '',
  ].join('\n');
}
