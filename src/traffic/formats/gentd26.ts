/** Alibaba cluster-trace-v2026-GenAI (GenTD26), `lora_request_trace.csv`: a production text-to-image service. */
import { instant, whole } from './cells.ts';
import type { TableFormat } from './table.ts';

/**
 * A row is a job whatever its status: the service was asked. `gmt_create` is local time, of which only differences matter.
 * `prompt_length` is taken as tokens (assumed). How many reference images an IMG_2_IMG row had is not said.
 */
export const GENTD26: TableFormat = {
  name: 'gentd26',
  required: [['gmt_create']],
  row: (cell) => ({
    atMs: instant(cell('gmt_create')),
    // Pending rows say 0 or nothing.
    images: whole('num_images_per_prompt', cell('num_images_per_prompt')) || undefined,
    promptTokens: whole('prompt_length', cell('prompt_length')),
  }),
};
