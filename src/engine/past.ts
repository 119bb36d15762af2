/** What an earlier part of the same run did: nothing of it is done again. */
import type { HandedIn } from '../model/attempt.ts';
import type { Lane, ModelId } from '../model/names.ts';

/** It is over: it falls due again and nothing happens, but that its user, if it has one, goes on from there. */
export interface Over {
  readonly state: 'over';
  /** ms of the run. */
  readonly endedMs: number;
}

/** A request that was answered but not ended: it waits for its next attempt. */
export interface Begun {
  readonly state: 'begun';
  readonly attempts: number;
  /** 429s and other failures on its present model. */
  readonly throttled: number;
  readonly failures: number;
  readonly firstSentMs: number;
  /** Whom it asks now: a fallback may have changed it. */
  readonly model: ModelId;
  /** By which door: `batch`, it fills a job again. */
  readonly lane: Lane;
  readonly step: number;
  /** Not before this instant, ms of the run. */
  readonly againAtMs: number;
  /** The attempt of it that is under way in a job of the batch lane; null: none is. */
  readonly inJob: InJob | null;
}

export interface InJob {
  readonly seq: number;
  readonly sentMs: number;
  readonly job: EarlierJob;
}

/** A job that was handed in and has not come back. */
export interface EarlierJob extends HandedIn {
  /** As its rows in the journal call it, and in the order of submission. */
  readonly batch: number;
  readonly number: number;
  readonly firstSeq: number;
  /** How many of its rows have no answer: all of them fall due again. */
  readonly rowsOpen: number;
}

/** A job of a user, or of an entry beside users, that had fallen due. */
export interface EarlierDue {
  readonly job: number;
  /** Its requests, in order; those that had not fallen due are missing. */
  readonly requests: readonly number[];
}

export interface Past {
  /** Attempts that were sent. */
  readonly attempts: number;
  /** Batch jobs that were filled, and handed in. */
  readonly batches: number;
  readonly submissions: number;
  /** Only where the scenario has users: numbers then depend on answers, and are those of the journal. */
  readonly users: {
    /** How many numbers are taken. */
    readonly requests: number;
    readonly jobs: number;
    /** @param user null: the entry has none; `nth`: which job of theirs */
    due(traffic: string, user: number | null, nth: number): EarlierDue | undefined;
  } | null;
  /** undefined: it was never sent nor ended, and goes its way. */
  of(request: number): Begun | Over | undefined;
}
