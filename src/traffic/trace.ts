/** Reads a recorded trace, whatever its format, and says which format a file has. */
import { InputError } from '../model/errors.ts';
import type { Lane } from '../model/names.ts';
import type { Trace, TraceFormat } from '../model/scenario.ts';
import { AZURE_LLM } from './formats/azure-llm.ts';
import { CSV, TIME_COLUMNS } from './formats/csv.ts';
import { GENTD26 } from './formats/gentd26.ts';
import { readHar } from './formats/har.ts';
import { readJournal } from './formats/journal.ts';
import { JSONL, readLines } from './formats/jsonl.ts';
import { linesOf, objectOf } from './formats/lines.ts';
import { MOONCAKE } from './formats/mooncake.ts';
import { columnKey, columnKeys, readTable } from './formats/table.ts';
import { type LaneTraces, roundMicroseconds, TraceBuilder } from './trace-builder.ts';

/**
 * The rows of each lane in the order of time; equal instants in the order of the file. `file` is for messages only.
 *
 * @throws InputError when the text is not of this format or holds no readable row; single damaged rows are counted.
 */
export function readLanes(format: TraceFormat, text: string, file: string, sha256: string): LaneTraces {
  const builder = new TraceBuilder(file, sha256);
  read(format, text, builder);
  return builder.build();
}

/**
 * What an entry replays: the rows of a lane, each at its place among all rows of the file. Where it does not say which (null), the
 * interactive ones, their earliest at 0, with those of the batch lane counted as left out.
 *
 * @throws InputError when there are none
 */
export function traceOfLane({ interactive, batch }: LaneTraces, lane: Lane | null, file: string): Trace {
  const trace = lane === 'batch' ? batch : interactive;
  if (trace === null) throw new InputError(`${file}: no row of the ${lane ?? 'interactive'} lane could be read`);
  if (lane !== null || batch === null) return trace;
  const { rows, examples } = trace.damaged;
  const ofBatch = `${batch.rows} of the batch lane, which an entry replays whose shape says lane: batch`;
  const atMs = trace.atMs.map((rowMs) => roundMicroseconds(rowMs - trace.atMs[0]!));
  return { ...trace, atMs, damaged: { rows: rows + batch.damaged.rows + batch.rows, examples: [ofBatch, ...examples] } };
}

/** The format that a file seems to have; null when it looks like none. */
export function detectFormat(text: string, fileName: string): TraceFormat | null {
  const first = linesOf(text).next().value;
  if (!first) return null;
  if (first.text.startsWith('{') || first.text.startsWith('[')) return detectJson(text, first.text, fileName);
  const columns = columnKeys(text);
  if (columns.has('gmtcreate')) return 'gentd26';
  if (columns.has('timestamp') && columns.has('contexttokens')) return 'azure-llm';
  return TIME_COLUMNS.some((name) => columns.has(columnKey(name))) ? 'csv' : null;
}

function read(format: TraceFormat, text: string, builder: TraceBuilder): void {
  switch (format) {
    case 'gentd26':
      return readTable(text, builder, GENTD26);
    case 'azure-llm':
      return readTable(text, builder, AZURE_LLM);
    case 'mooncake':
      return readLines(text, builder, MOONCAKE);
    case 'har':
      return readHar(text, builder);
    case 'journal':
      return readJournal(text, builder);
    case 'csv':
      return readTable(text, builder, CSV);
    case 'jsonl':
      return readLines(text, builder, JSONL);
    default:
      return format satisfies never;
  }
}

/** A HAR is one JSON text over many lines; the others hold an object in their first line. */
function detectJson(text: string, firstLine: string, fileName: string): TraceFormat | null {
  const object = objectOf(firstLine);
  if (object?.['kind'] === 'header') return 'journal';
  const isHar = fileName.toLowerCase().endsWith('.har') || /^\uFEFF?\s*\{\s*"log"\s*:/.test(text);
  if (!object || isHar) return isHar ? 'har' : null;
  const keys = new Set(Object.keys(object).map(columnKey));
  if (keys.has('timestamp') && keys.has('inputlength')) return 'mooncake';
  return TIME_COLUMNS.some((name) => keys.has(columnKey(name))) ? 'jsonl' : null;
}
