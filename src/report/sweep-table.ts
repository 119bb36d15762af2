/** A sweep for people: a heat map of one metric over two settings, else a table; and sweep.csv. */
import { createColors } from 'picocolors';
import type { Results } from '../analysis/analysis.ts';
import { meanOf } from '../analysis/statistics.ts';
import { CAPACITY_COLUMNS, type CapacityFoundByModel } from './capacity-csv.ts';
import { cellOf, combinationCells } from './capacity-table.ts';
import { rowsToCsv } from './csv.ts';
import { table } from './table.ts';
import { count, dollars, duration, percent } from './words.ts';

/** One point of the grid, run under each seed. */
export interface SweepPoint {
  /** Aligned with the paths. */
  readonly values: readonly string[];
  readonly runs: readonly { readonly results: Results; readonly found: CapacityFoundByModel }[];
}

/** The varied paths, then the other columns of capacity.csv; a row for each point and seed. */
export function sweepCsv(paths: readonly string[], points: readonly SweepPoint[]): string {
  const kept = CAPACITY_COLUMNS.filter((column) => !paths.includes(column));
  const csv = rowsToCsv([...paths, ...kept]);
  const rows = points.flatMap(({ values, runs }) =>
    runs.map((run) => {
      const cells = combinationCells(run);
      return csv.row([...values.map(typed), ...kept.map((column) => cellOf(cells, column))]);
    }),
  );
  return [csv.header(), ...rows].join('');
}

/** Means over seeds. */
export function sweepTable(paths: readonly string[], points: readonly SweepPoint[], metric: string, colour: boolean): string {
  return paths.length === 2 ? heatMap(paths, points, metric, colour) : list(paths, points);
}

function list(paths: readonly string[], points: readonly SweepPoint[]): string {
  const columns = [
    ...paths.map((title) => ({ title })),
    ...(['success', 'p95', 'delivered/min', 'first bucket', 'binding', 'makespan', 'cost', 'passed'] as const).map((title) => ({
      title,
      align: 'right' as const,
    })),
  ];
  const rows = points.map(({ values, runs }) => [
    ...values,
    percent(mean(runs, 'success_ratio')),
    duration(rounded(mean(runs, 'latency_ms_p95'))),
    words(mean(runs, 'delivered_per_min')),
    name(runs, 'first_bucket'),
    name(runs, 'binding_bucket'),
    duration(rounded(mean(runs, 'makespan_ms'))),
    dollars(mean(runs, 'cost_usd')),
    passed(runs),
  ]);
  return `${table(columns, rows).join('\n')}\n`;
}

const SHADES = ['·', '░', '▒', '▓', '█'] as const;

/** Rows are the first path, columns the second; a shade from the lowest value (·) to the highest (█), and * where all thresholds hold. */
function heatMap([down = '', across = '']: readonly string[], points: readonly SweepPoint[], metric: string, colour: boolean): string {
  const { green } = createColors(colour);
  const columns = unique(points.map(({ values }) => values[1]!));
  const rows = unique(points.map(({ values }) => values[0]!));
  const known = points.flatMap(({ runs }) => mean(runs, metric) ?? []);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const cell = (row: string, column: string): string => {
    const runs = points.find(({ values }) => values[0] === row && values[1] === column)?.runs;
    if (!runs) return ''; // interrupted before it came to that
    const value = mean(runs, metric);
    const shade = value === null ? ' ' : SHADES[high === low ? 2 : Math.round(((value - low) / (high - low)) * (SHADES.length - 1))]!;
    const text = `${metric.endsWith('_ratio') ? percent(value) : words(value)} ${shade}`;
    return runs.every(({ results }) => results.summary.passed) ? green(`${text}*`) : `${text} `;
  };
  return [
    `${metric}, by ${down} (down) and ${across} (across); * all thresholds hold`,
    ...table(
      [{ title: '' }, ...columns.map((title) => ({ title, align: 'right' as const }))],
      rows.map((row) => [row, ...columns.map((column) => cell(row, column))]),
    ),
    '',
  ].join('\n');
}

type Runs = SweepPoint['runs'];

/** null where no seed has a value. */
function mean(runs: Runs, metric: string): number | null {
  const values = runs.flatMap(({ results }) => {
    const value = results.metric(metric);
    return typeof value === 'number' ? [value] : [];
  });
  return values.length === 0 ? null : meanOf(values);
}

function name(runs: Runs, metric: string): string {
  return unique(runs.map(({ results }) => String(results.metric(metric)))).join('/');
}

function passed(runs: Runs): string {
  const held = runs.filter(({ results }) => results.summary.passed).length;
  if (runs[0]!.results.summary.thresholds.length === 0) return '';
  return runs.length === 1 ? (held === 1 ? 'yes' : 'no') : `${held} of ${runs.length}`;
}

function words(value: number | null): string {
  return value === null ? 'unknown' : count(value);
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value);
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)];
}

/** A plain number stays one in the CSV. */
function typed(value: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
