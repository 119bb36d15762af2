/** Capacity rows of several combinations for people: a table in the terminal and the same as Markdown. */
import type { Results } from '../analysis/analysis.ts';
import type { BucketName } from '../model/names.ts';
import type { Warning } from '../model/scenario.ts';
import type { Carried } from '../plan/carried.ts';
import { CAPACITY_COLUMNS, type CapacityFoundByModel, capacityCells } from './capacity-csv.ts';
import type { Cell } from './csv.ts';
import { markdownList, markdownRows } from './markdown.ts';
import { type TableColumn, table } from './table.ts';
import { count, dollars, duration, percent } from './words.ts';

/** One combination, run. */
export interface CapacityRow {
  readonly results: Results;
  readonly found: CapacityFoundByModel;
  /** null: nothing on the interactive lane. */
  readonly carried: Carried | null;
}

/** The one row of a combination: of its model where it offers one, else of all. Aligned with `CAPACITY_COLUMNS`. */
export function combinationCells({ results, found }: Pick<CapacityRow, 'results' | 'found'>): Cell[] {
  const rows = capacityCells(results, found);
  return results.models.length === 1 ? rows[0]! : rows.at(-1)!;
}

/** A cell of such a row by the name of its column. */
export function cellOf(cells: readonly Cell[], column: (typeof CAPACITY_COLUMNS)[number]): Cell {
  return cells[CAPACITY_COLUMNS.indexOf(column)] ?? null;
}

const COLUMNS: readonly TableColumn[] = [
  { title: 'scenario' },
  { title: 'tier' },
  { title: 'model' },
  { title: 'size' },
  { title: 'profile' },
  { title: 'carries/min', align: 'right' },
  { title: 'carries/day', align: 'right' },
  { title: 'success', align: 'right' },
  { title: 'makespan', align: 'right' },
  { title: 'first bucket' },
  { title: 'binding' },
  { title: 'in flight', align: 'right' },
  { title: 'pace/min', align: 'right' },
  { title: 'cost', align: 'right' },
  { title: '$/image', align: 'right' },
  { title: 'not known' },
];

/** Columns that say the same in every row are left out of the terminal; the CSV has them all. */
export function capacityTable(rows: readonly CapacityRow[]): string {
  const cells = rows.map(wordsOf);
  const always = ['tier', 'carries/min', 'carries/day', 'success'];
  const shown = COLUMNS.map((_, index) => index).filter(
    (index) => always.includes(COLUMNS[index]!.title) || new Set(cells.map((row) => row[index])).size > 1 || index > 7,
  );
  const same = COLUMNS.flatMap(({ title }, index) => (shown.includes(index) || !cells[0] ? [] : [`${title} ${cells[0][index]}`]));
  return [
    ...(same.length > 0 ? [same.join(', ')] : []),
    ...table(
      shown.map((index) => COLUMNS[index]!),
      cells.map((row) => shown.map((index) => row[index]!)),
    ),
    ...NOTES.map((note) => `  ${note}`),
    '',
  ].join('\n');
}

/** Every column, then what the numbers rest on. */
export function capacityMarkdown(rows: readonly CapacityRow[], notes: readonly string[] = []): string {
  const { header } = rows[0]!.results;
  return [
    '# Capacity',
    '',
    `Simulated by ${header.tool.name} ${header.tool.version}; each row is one run of its scenario, as \`rundry run\` with those settings gives it.`,
    '',
    markdownRows(COLUMNS, rows.map(wordsOf)),
    markdownList([...NOTES, ...rows.flatMap(bindingNote)]),
    '## What it rests on',
    '',
    markdownList([...warningsOf(rows).map(({ text }) => text), ...notes]),
  ].join('\n');
}

/** Of all rows, each once. */
export function warningsOf(rows: readonly CapacityRow[]): Warning[] {
  const all = rows.flatMap(({ results }) => results.summary.warnings);
  return all.filter((warning, index) => all.findIndex(({ text }) => text === warning.text) === index);
}

const NOTES = [
  'carries: what the known limits let through for this mix of requests, before overload; a month counts 30 days. Unknown: a limit that decides is not known.',
  'in flight and pace: what uses it without a refusal, with 2 s of network jitter assumed. Everything from success on is this scenario as it was run.',
];

function wordsOf(row: CapacityRow): string[] {
  const cells = combinationCells(row);
  const number = (column: (typeof CAPACITY_COLUMNS)[number]): number | null => {
    const cell = cellOf(cells, column);
    return typeof cell === 'number' ? cell : null;
  };
  const text = (column: (typeof CAPACITY_COLUMNS)[number], missing: string): string => String(cellOf(cells, column) ?? missing);
  const rate = (value: number | null): string => (value === null ? 'unknown' : value === Infinity ? 'no limit' : count(value));
  const { carried } = row; // null: nothing was asked of the interactive lane
  return [
    text('scenario', ''),
    text('tier', ''),
    text('model', ''),
    text('image_size', 'several'),
    text('profile', ''),
    carried === null ? '–' : rate(carried.perMinute),
    carried === null ? '–' : rate(carried.perDay),
    percent(number('success_ratio')),
    duration(number('makespan_ms')),
    firstWords(text('first_bucket', 'none'), number('first_exhausted_ms')),
    text('binding_bucket', 'unknown'),
    number('recommended_concurrency') === null ? '' : count(number('recommended_concurrency')!),
    number('recommended_pace_per_min') === null ? '' : count(number('recommended_pace_per_min')!),
    dollars(number('cost_usd')),
    dollars(number('cost_usd_per_image')),
    (row.carried?.unknown ?? ([] as BucketName[])).join(' '),
  ];
}

function firstWords(bucket: string, atMs: number | null): string {
  return atMs === null ? bucket : `${bucket} at ${duration(atMs)}`;
}

function bindingNote({ carried, results }: CapacityRow): string[] {
  const day = carried?.day;
  if (!carried || !day) return [];
  const { quota } = results.header.resolved;
  const next = day.next ? `; then ${day.next.bucket} at ${count(day.next.rate)}` : '';
  return [
    `${results.header.scenario.name}, tier ${quota.tier}, ${quota.profile}: ${day.binding} decides the day at ${count(day.rate)} requests${next}.`,
  ];
}
