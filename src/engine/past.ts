/** What an earlier part of the same run did: nothing of it is done again. */
import type { ModelId } from '../model/names.ts';

/** A request that was answered but not ended: it waits for its next attempt. */
export interface Begun {
  readonly attempts: number;
  /** 429s and other failures on its present model. */
  readonly throttled: number;
  readonly failures: number;
  readonly firstSentMs: number;
  /** Whom it asks now: a fallback may have changed it. */
  readonly model: ModelId;
  readonly step: number;
  /** Not before this instant, ms of the run. */
  readonly againAtMs: number;
}

export interface Past {
  /** Attempts that were sent. */
  readonly attempts: number;
  /** `over`: it falls due again and nothing happens; undefined: it was never sent nor ended, and goes its way. */
  of(request: number): Begun | 'over' | undefined;
}
