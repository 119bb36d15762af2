/** Who tells the time: tasks posted at instants, fired in one total order. */

/**
 * What goes first at one instant. Arrivals take `ARRIVAL + index of their traffic entry`, so that they fire in file order.
 * At equal instant and rank, what was posted first fires first.
 */
export const RANK = { completion: 0, retry: 1, timer: 2, queueDeadline: 3, arrival: 4, closing: 1e9 } as const;

/** A long-lived object that is told when its instant has come; no closure is made for an event. */
export interface Task {
  /** @param atMs the instant it was posted for, in ms since the run began; a real clock may be later than that */
  fire(atMs: number): void;
}

/** Whole ms since the run began. Never fires inside `at`. */
export interface Clock {
  readonly nowMs: number;
  /** An instant that has passed already counts as now. */
  at(atMs: number, rank: number, task: Task): void;
  /** No event fires after the one being fired. */
  stop(): void;
}

/** Time that jumps to the next event. `hold` stops it while something outside answers; only `runHeld` can wait for that. */
export interface VirtualClock extends Clock {
  run(): void;
  /** As `run`, with `pause` awaited every so many events, in which the program may hear a signal. */
  runInTurns(pause: () => Promise<void>): Promise<void>;
  hold(): () => void;
  runHeld(): Promise<void>;
}
