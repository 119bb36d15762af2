/** What matchers look at, whatever was run: a simulation, a run over HTTP, or a program of one's own against the emulated service. */
import type { Results } from '../analysis/analysis.ts';
import type { Summary } from '../analysis/summary.ts';
import type { BucketName, ModelId } from '../model/names.ts';
import type { RunOutcome } from '../run/run.ts';

export interface ObservedBucket {
  readonly bucket: BucketName;
  /** null: the account's. */
  readonly model: ModelId | null;
  readonly project: string | null;
  /** Requests, images, tokens or dollars; null: not known. A bucket without a limit is not observed. */
  readonly limit: number | null;
  /** Highest level over the limit; null without one. */
  readonly peakUtilisation: number | null;
  readonly refused: number;
}

export interface Observed {
  readonly buckets: readonly ObservedBucket[];
  readonly firstBucket: {
    readonly bucket: BucketName;
    readonly model: ModelId | null;
    readonly atMs: number;
    readonly limit: number | null;
  } | null;
  readonly throttled: number;
  /** Sent again before the instant that a refusal had told. */
  readonly earlyRetries: number;
  /** What only a whole run knows: requests, money, thresholds. null: somebody else's program was watched. */
  readonly summary: Summary | null;
}

/** Anything that tells what was observed; the emulated service of `startGemini` does. */
export interface Observable {
  observed(): Observed;
}

/** What the matchers of `expect` take. */
export type Watched = Results | RunOutcome | Summary | Observable;

/** null: it is none of these. */
export function observedIn(what: unknown): Observed | null {
  if (typeof what !== 'object' || what === null) return null;
  if ('observed' in what && typeof what.observed === 'function') return (what as Observable).observed();
  if ('results' in what) return observedIn(what.results);
  if ('summary' in what && typeof what.summary === 'object') return observedIn(what.summary);
  return 'audit' in what && 'buckets' in what ? ofSummary(what as Summary) : null;
}

/** How a summary's source tells a limit that is not there from one that nobody knows. */
const NO_LIMIT = '(no limit)';

function ofSummary(summary: Summary): Observed {
  return {
    buckets: summary.buckets
      .filter(({ limit, source }) => limit !== null || !source.endsWith(NO_LIMIT))
      .map(({ bucket, model, project, limit, peakUtilisation, rejected }) => ({
        bucket,
        model,
        project,
        limit,
        peakUtilisation,
        refused: rejected,
      })),
    firstBucket: summary.firstBucket,
    throttled: summary.attempts.throttled,
    earlyRetries: summary.audit.earlyRetries,
    summary,
  };
}
