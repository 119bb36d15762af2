/** Tables of people's own: a row per job, `at` and whatever else is known. Lines of JSON (`jsonl`) say the same by key. */
import { instantOrNumber, milliseconds, whole, word } from './cells.ts';
import type { Cell, TableFormat } from './table.ts';

/** `at` is an ISO instant, epoch seconds or ms, or seconds from some start; `at_ms` is ms from any start. */
export const TIME_COLUMNS = ['at', 'at_ms', 'timestamp'] as const;

export const CSV: TableFormat = {
  name: 'csv',
  required: [TIME_COLUMNS],
  row: (cell) => ({
    atMs: timeOf(cell),
    images: whole('images', cell('images')),
    promptTokens: whole('prompt_tokens', cell('prompt_tokens')),
    referenceImages: whole('reference_images', cell('reference_images')),
    model: word(cell('model')),
    size: word(cell('size', 'image_size')),
    lane: word(cell('lane')),
  }),
};

function timeOf(cell: Cell): number {
  const atMs = word(cell('at_ms'));
  return atMs === undefined ? instantOrNumber(cell('at', 'timestamp')) : milliseconds(atMs);
}
