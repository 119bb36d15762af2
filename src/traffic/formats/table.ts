/** Reads a CSV with a header row: cells by column name, damaged rows counted, a file that is something else refused. */
import { CsvError, parse } from 'csv-parse/sync';
import { InputError } from '../../model/errors.ts';
import type { TraceBuilder, TraceRow } from '../trace-builder.ts';

/** The cell of the first of these columns that the file has; undefined when it has none or the row is too short. */
export type Cell = (...columns: string[]) => string | undefined;

/** Each inner list names one required column by all its spellings. */
export interface TableFormat {
  readonly name: string;
  readonly required: readonly (readonly string[])[];
  row(cell: Cell): TraceRow;
}

/** @throws InputError when a required column is missing or a quote is never closed. */
export function readTable(text: string, builder: TraceBuilder, format: TableFormat): void {
  let columns: ReadonlyMap<string, number> | null = null;
  let cells: readonly string[] = [];
  const cell: Cell = (...names) => {
    for (const name of names) {
      const index = columns?.get(columnKey(name));
      if (index !== undefined) return cells[index];
    }
    return undefined;
  };
  eachRecord(text, builder.file, (record, line) => {
    cells = record;
    if (columns) return builder.add(`line ${line}`, () => format.row(cell));
    columns = header(record);
    const missing = format.required.find((spellings) => cell(...spellings) === undefined);
    if (missing) throw new InputError(`${builder.file} line ${line}: not in the format ${format.name} (no column "${missing[0]}")`);
  });
}

/** Column names of the first line, as `columnKey` writes them. */
export function columnKeys(text: string): ReadonlySet<string> {
  const first = firstLine(text);
  return new Set(first.split(delimiterOf(first)).map(columnKey));
}

/** `prompt_tokens`, `promptTokens` and `"Prompt Tokens"` are the same column. */
export function columnKey(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

function header(record: readonly string[]): ReadonlyMap<string, number> {
  const columns = new Map<string, number>();
  record.forEach((name, index) => {
    if (!columns.has(columnKey(name))) columns.set(columnKey(name), index);
  });
  return columns;
}

function eachRecord(text: string, file: string, tell: (record: readonly string[], line: number) => void): void {
  try {
    parse(text, {
      bom: true,
      delimiter: delimiterOf(firstLine(text)),
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      on_record: (record: string[], { lines }) => {
        tell(record, lines);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(`${file}: not a CSV file (${error.message})`, { cause: error });
  }
}

function firstLine(text: string): string {
  const end = text.search(/[\r\n]/);
  return (end < 0 ? text : text.slice(0, end)).replace(/^\uFEFF/, '');
}

function delimiterOf(line: string): string {
  return line.includes(',') ? ',' : ([';', '\t'].find((delimiter) => line.includes(delimiter)) ?? ',');
}
