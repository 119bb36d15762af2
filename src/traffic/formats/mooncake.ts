/** Mooncake traces (FAST 2025): a JSON object per line, timestamps in ms, prompt lengths of text requests. */
import { milliseconds, whole } from './cells.ts';
import type { TableFormat } from './table.ts';

export const MOONCAKE: TableFormat = {
  name: 'mooncake',
  required: [['timestamp'], ['input_length']],
  row: (cell) => ({ atMs: milliseconds(cell('timestamp')), promptTokens: whole('input_length', cell('input_length')) }),
};
