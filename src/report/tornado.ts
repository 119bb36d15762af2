/** A tornado for people: a bar for each factor around the scenario as it stands, the widest first; and as CSV. */
import type { Swing, Tornado } from '../plan/tornado.ts';
import { rowsToCsv } from './csv.ts';
import { table } from './table.ts';
import { metricText, percent } from './words.ts';

/** Characters on either side of the middle. */
const HALF_WIDTH = 14;

export function tornadoText({ metric, base, ratio, seeds, swings, leftOut }: Tornado): string {
  const text = (value: number | null): string => (value === null ? '' : metricText(metric, value));
  const moving = swings.filter(({ swing }) => swing > 0);
  const still = swings.filter(({ swing }) => swing === 0).map(({ factor }) => factor.name);
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [{ title: 'factor' }, right('less'), right('more'), right('at less'), { title: '' }, { title: 'at more' }, { title: '' }];
  const widest = Math.max(...moving.flatMap((swing) => extents(swing, base).map(Math.abs)));
  return [
    `What moves ${metric}: each alone, ${percent(ratio)} less and more (${text(base) || 'no value'} as it stands, ${seeds} ${seeds === 1 ? 'seed' : 'seeds'}, simulated)`,
    ...(moving.length === 0
      ? ['Nothing that was varied does.']
      : table(
          columns,
          moving.map((swing) => [
            swing.factor.name,
            swing.factor.low?.text ?? '–',
            swing.factor.high.text,
            text(swing.atLow),
            barOf(swing, base, widest),
            text(swing.atHigh),
            swing.isSure || seeds === 1 ? '' : 'may be chance',
          ]),
        )),
    ...(still.length === 0 ? [] : ['', `Without effect: ${still.join(', ')}`]),
    ...(leftOut.length === 0 ? [] : ['', `Not varied: ${leftOut.join(', ')}`]),
    '',
  ].join('\n');
}

export function tornadoCsv({ metric, base, seeds, swings }: Tornado): string {
  const csv = rowsToCsv([
    'rank',
    'factor',
    'base_value',
    'low_value',
    'high_value',
    'metric',
    'at_base',
    'at_low',
    'at_high',
    'swing',
    'seeds',
    'sure',
  ]);
  const rows = swings.map(({ factor, atLow, atHigh, swing, isSure }, index) =>
    csv.row([
      index + 1,
      factor.name,
      factor.base,
      factor.low?.text ?? null,
      factor.high.text,
      metric,
      base,
      atLow,
      atHigh,
      swing,
      seeds,
      isSure,
    ]),
  );
  return [csv.header(), ...rows].join('');
}

/** How far it goes below and above the middle. */
function extents({ atLow, atHigh }: Swing, base: number | null): [below: number, above: number] {
  const moves = base === null ? [] : [atLow, atHigh].flatMap((value) => (value === null ? [] : [value - base]));
  return [Math.min(0, ...moves), Math.max(0, ...moves)];
}

function barOf(swing: Swing, base: number | null, widest: number): string {
  const [below, above] = extents(swing, base).map((move) => (widest === 0 ? 0 : Math.round((Math.abs(move) / widest) * HALF_WIDTH)));
  return `${'█'.repeat(below!).padStart(HALF_WIDTH)}│${'█'.repeat(above!).padEnd(HALF_WIDTH)}`;
}
