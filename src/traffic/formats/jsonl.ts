/** Lines of JSON: the same columns as a plain table, by key. */
import { InputError } from '../../model/errors.ts';
import { RowDamage, type TraceBuilder } from '../trace-builder.ts';
import { CSV } from './csv.ts';
import { cellOf, linesOf, objectOf } from './lines.ts';
import { type Cell, columnKey, type TableFormat } from './table.ts';

export const JSONL: TableFormat = { ...CSV, name: 'jsonl' };

/** @throws InputError when the first object lacks a required key. A line that is no object is damaged. */
export function readLines(text: string, builder: TraceBuilder, format: TableFormat): void {
  let isFirst = true;
  for (const line of linesOf(text)) {
    const object = objectOf(line.text);
    if (object && isFirst) {
      isFirst = false;
      const missing = format.required.find((spellings) => !spellings.some((name) => keysOf(object).has(columnKey(name))));
      if (missing) throw new InputError(`${builder.file} line ${line.number}: not in the format ${format.name} (no key "${missing[0]}")`);
    }
    builder.add(`line ${line.number}`, () => {
      if (!object) throw new RowDamage('not a JSON object');
      return format.row(cellsOf(object));
    });
  }
}

function keysOf(object: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  return new Set(Object.keys(object).map(columnKey));
}

function cellsOf(object: Readonly<Record<string, unknown>>): Cell {
  const values = new Map(Object.entries(object).map(([name, value]) => [columnKey(name), value]));
  return (...names) => {
    const name = names.find((candidate) => values.has(columnKey(candidate)));
    return name === undefined ? undefined : cellOf(values.get(columnKey(name)));
  };
}
