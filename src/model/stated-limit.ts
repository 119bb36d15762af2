/** One limit of a project's own, as a listing, a dashboard or a table states it. */
import type { ModelId, Tier } from './names.ts';

export interface StatedLimit {
  readonly tier: Tier;
  /** `*image`: every image model without a row of its own. */
  readonly model: ModelId | '*image';
  readonly bucket: 'rpm' | 'tpm' | 'ipm' | 'rpd' | 'batchTokens';
  readonly value: number | 'none';
  /** The quota id, metric or column that says so. */
  readonly from: string;
}

/** What was read, and what was not taken from it. */
export interface StatedLimits {
  readonly limits: readonly StatedLimit[];
  /** A sentence each. */
  readonly notes: readonly string[];
}
