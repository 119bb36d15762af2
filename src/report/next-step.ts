/** What to do about a bucket that refuses, or about overload: one step, the likeliest to help. */
import type { BucketSummary } from '../analysis/summary.ts';
import { count, dollars } from './words.ts';

/** @param usdPerImage what one delivered image costs; null when none was */
export function quotaStep({ bucket, limit }: Pick<BucketSummary, 'bucket' | 'limit'>, usdPerImage: number | null): string {
  if (limit === 0) return `Nothing is allowed on this tier (${bucket} limit 0): enable billing, or move to a tier that has this model.`;
  switch (bucket) {
    case 'ipm':
    case 'rpm':
      return limit === null
        ? `Pace sends on the client (client.pace), and read the ${bucket} limit in AI Studio: nobody publishes it.`
        : `Pace sends to at most ${count(limit)}/min (client.pace), retries included, and wait as long as the answer says.`;
    case 'tpm':
      return 'Send shorter prompts or fewer reference images, or pace them (client.pace).';
    case 'rpd':
      return 'Waiting helps only at midnight Pacific time: move to a higher tier, use the Batch API, or offer less.';
    case 'spend10m':
      return limit !== null && usdPerImage !== null && usdPerImage > 0
        ? `At ${dollars(usdPerImage)} an image the limit lets ${count(Math.floor(limit / usdPerImage))} images through in ten minutes: pace to that, or use a cheaper size.`
        : 'Pace by money (client.limits.spend10mUsd), or use a cheaper size or model; the answer does not say how long to wait.';
    case 'monthly':
      return 'Raise the spending cap of the billing account, or wait for the next month; retries cannot help.';
    case 'tpd':
      return 'Daily tokens come back at midnight Pacific time: send less, or ask for more quota.';
    case 'batchTokens':
    case 'batchJobs':
      return 'Submit fewer or smaller batch jobs at once.';
    case 'unnamed':
      return 'The answer names no quota: read your limits in AI Studio, write them under quota.limits, and back off a full minute.';
    default:
      return bucket satisfies never;
  }
}

export const OVERLOAD_STEP =
  "This is Google's capacity, not your quota: a higher tier cures nothing. Retry a few times with growing, jittered waits, then fall back.";
