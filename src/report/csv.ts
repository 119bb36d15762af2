/** How a value becomes a CSV cell: RFC 4180, `schema_version` first, empty = unknown, and nothing that a spreadsheet would run. */
import { stringify } from 'csv-stringify/sync';
import { invariant } from '../model/errors.ts';
import { SCHEMA_VERSION } from '../model/rows.ts';

/** null is unknown, and so is a number that is not finite. */
export type Cell = string | number | boolean | null;

/** One file, told row by row; every answer ends with its line end. */
export interface Csv {
  header(): string;
  /** @param values one for each column, without the schema version */
  row(values: readonly Cell[]): string;
}

/** @param columns the names after `schema_version` */
export function rowsToCsv(columns: readonly string[]): Csv {
  return {
    header: () => line(['schema_version', ...columns]),
    row(values) {
      invariant(values.length === columns.length, `a CSV row has ${columns.length} cells, got ${values.length}`);
      return plainLine(values) ?? line([SCHEMA_VERSION, ...values]);
    },
  };
}

const OPTIONS = {
  record_delimiter: '\r\n',
  /** Text that begins with = + - @ tab or CR gets an apostrophe; a negative number stays one. */
  escape_formulas: true,
  cast: {
    boolean: (value: boolean) => String(value),
    number: (value: number) => (Number.isFinite(value) ? String(value) : ''),
  },
} as const;

function line(cells: readonly Cell[]): string {
  return stringify([cells as Cell[]], OPTIONS);
}

/** Text that needs neither quotes nor an apostrophe. */
const PLAIN = /^[A-Za-z0-9][A-Za-z0-9 ._:-]*$/;

/**
 * The same line without asking the library: most rows hold only numbers, instants and names, and asking costs ten times
 * more. null where a cell is not plain.
 */
function plainLine(cells: readonly Cell[]): string | null {
  let text = String(SCHEMA_VERSION);
  for (const cell of cells) {
    text += ',';
    if (cell === null) continue;
    if (typeof cell === 'string') {
      if (cell !== '' && !PLAIN.test(cell)) return null;
      text += cell;
    } else if (typeof cell === 'boolean' || Number.isFinite(cell)) text += cell;
  }
  return `${text}\r\n`;
}
