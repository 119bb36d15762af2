/** What an earlier part of the same run did: nothing of it is done again. */
import type { RequestSpec } from '../model/request-spec.ts';

/** A request that was answered but not ended: it waits for its next attempt. */
export interface Begun {
  readonly attempts: number;
  /** 429s and other failures on its present model. */
  readonly throttled: number;
  readonly failures: number;
  readonly firstSentMs: number;
  /** What it asks for now: a fallback may have changed it. */
  readonly spec: RequestSpec;
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
