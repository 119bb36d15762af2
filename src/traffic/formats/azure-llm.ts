/** Azure Public Dataset, LLM inference traces of 2023 and 2024: arrivals and prompt lengths of text requests. */
import { instant, whole } from './cells.ts';
import type { TableFormat } from './table.ts';

export const AZURE_LLM: TableFormat = {
  name: 'azure-llm',
  required: [['TIMESTAMP'], ['ContextTokens']],
  row: (cell) => ({ atMs: instant(cell('TIMESTAMP')), promptTokens: whole('ContextTokens', cell('ContextTokens')) }),
};
