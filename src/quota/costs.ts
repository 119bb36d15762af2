/** What one request costs each bucket, by how it ends; vectors aligned with BUCKETS. */
import { BUCKETS, type EnforcedBucket } from '../model/names.ts';

/** What every bucket must have room for, and what an image, a 504 or an abandoned attempt takes. */
export function wholeCost(inputTokens: number, listMicroUsd: number): readonly number[] {
  return vector({ monthly: listMicroUsd, rpd: 1, spend10m: listMicroUsd, ipm: 1, tpm: inputTokens, rpm: 1 });
}

/** A blocked prompt or image: everything but dollars. */
export function unpaidCost(inputTokens: number): readonly number[] {
  return vector({ monthly: 0, rpd: 1, spend10m: 0, ipm: 1, tpm: inputTokens, rpm: 1 });
}

/** A 503 or 500, where those count at all. */
export const REQUESTS_ONLY: readonly number[] = vector({ monthly: 0, rpd: 1, spend10m: 0, ipm: 0, tpm: 0, rpm: 1 });

/** A row of the batch lane: money of the month, and of the ten minutes where those count it. */
export function batchCost(microUsd: number, countsToSpend10m: boolean): readonly number[] {
  return vector({ monthly: microUsd, rpd: 0, spend10m: countsToSpend10m ? microUsd : 0, ipm: 0, tpm: 0, rpm: 0 });
}

function vector(costs: Readonly<Record<EnforcedBucket, number>>): readonly number[] {
  return BUCKETS.map((bucket) => costs[bucket]);
}
