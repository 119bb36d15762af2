/** Tables for a terminal, without rules around them: aligned columns, read as well without colour. */
import Table from 'cli-table3';

export interface TableColumn {
  readonly title: string;
  /** `left` */
  readonly align?: 'left' | 'right';
}

/** A row of cells, or a text over all columns. */
export type TableRow = readonly string[] | string;

/**
 * One line for each row, no spaces at its end. @param widthMax where given, the last column wraps at words so that lines
 * are no longer than this
 */
export function table(columns: readonly TableColumn[], rows: readonly TableRow[], widthMax?: number): string[] {
  const last = columns.length - 1;
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => (typeof row === 'string' ? 0 : visibleLength(row[index]!)))),
  );
  const before = widths.slice(0, last).reduce((sum, width) => sum + width + GAP.length, 0);
  if (widthMax !== undefined) widths[last] = Math.min(widths[last]!, Math.max(columns[last]!.title.length, widthMax - before));
  const drawn = new Table({
    head: columns.map(({ title }) => title),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    colWidths: widths,
    wordWrap: true,
    chars: { ...BARE, middle: GAP },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  drawn.push(...rows.map((row) => (typeof row === 'string' ? [{ content: row, colSpan: columns.length }] : [...row])));
  return drawn
    .toString()
    .split('\n')
    .map((text) => text.trimEnd());
}

/** Characters that show: colours take none. */
export function visibleLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what starts a colour
  return text.replace(/\u001b\[\d+m/g, '').length;
}

const GAP = '  ';

const BARE = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
} as const;
