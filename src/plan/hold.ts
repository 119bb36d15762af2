/** Whether a choice holds as often as asked, on seeds that had no part in choosing it. */
import { wilson } from '../analysis/statistics.ts';
import type { Candidate, Finalist } from './result.ts';
import type { Trials } from './trials.ts';

export interface Held {
  readonly finding: Finalist;
  readonly isHeld: boolean;
}

/** Seeds at which it is looked again. 52 that all hold are the fewest that say 95 % with 95 % confidence. */
const LOOKS = [20, 60, 90, 120, 180, 240];
/** Requests that all looks together may simulate, but for the first two. */
const REQUESTS_MAX = 1_500_000;

/**
 * Held once the lower Wilson bound (one-sided, 95 %) reaches the probability; given up as soon as the upper one lies below it.
 * null: aborted before the first run.
 */
export async function hold(trials: Trials, candidate: Candidate): Promise<Held | null> {
  const { probability } = trials.problem;
  let finding: Finalist | null = null;
  for (const [i, seeds] of LOOKS.entries()) {
    if (i > 1 && seeds * trials.weight > REQUESTS_MAX) break;
    finding = (await trials.findings('hold', [candidate], seeds))[0] ?? finding;
    if (!finding || trials.isAborted) break;
    if (finding.holds.low >= probability) return { finding, isHeld: true };
    if (finding.holds.high < probability || !canStillHold(finding, probability)) return { finding, isHeld: false };
  }
  return finding && { finding, isHeld: false };
}

/** Even if every seed to come held. */
function canStillHold({ holds, seeds }: Finalist, probability: number): boolean {
  const missed = Math.round((1 - holds.mean) * seeds);
  const most = LOOKS.at(-1)!;
  return (wilson(most - missed, most, 0.9)?.low ?? 0) >= probability;
}
