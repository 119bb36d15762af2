/** Which limits are near enough to a run to be worth a word. */
import type { Finalist } from './result.ts';

/** Below this share of demand over a whole run a limit is far away, bursts included. Assumed. */
const NEAR = 0.25;

/** Whether the tightest limit is near enough to matter. */
export function isNear({ tightestBucket }: Pick<Finalist, 'tightestBucket'>): boolean {
  return tightestBucket !== null && (tightestBucket.utilisation === null || tightestBucket.utilisation >= NEAR);
}
