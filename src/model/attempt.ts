/** One try of one request, and who answers it. */
import type { Task } from './clock.ts';
import type { Lane } from './names.ts';
import type { Reply } from './reply.ts';
import type { RequestSpec } from './request-spec.ts';

/**
 * What a target sees of an attempt. To answer, it sets `reply` and posts the attempt itself on the clock with rank
 * `completion`; it never calls back inside `send`.
 */
export interface Attempt extends Task {
  readonly seq: number;
  readonly request: number;
  /** 1 for the first attempt of the request. */
  readonly n: number;
  /** From 0; project pK is index K - 1. */
  readonly project: number;
  readonly lane: Lane;
  readonly spec: RequestSpec;
  readonly sentMs: number;
  reply: Reply | null;
}

/**
 * One job of the Batch API at its submission. To answer, the target sets one reply for each row and posts the job itself on
 * the clock with rank `completion`.
 */
export interface BatchSubmission extends Task {
  /** From 0, in the order of submission. */
  readonly number: number;
  readonly project: number;
  readonly rows: readonly Attempt[];
  /** `seq` of its first row; of a job that an earlier part of the run handed in, the first it had then. */
  readonly firstSeq: number;
  /** That an earlier part of the run handed it in: it is looked for, not created again; null: it is new. */
  readonly earlier: HandedIn | null;
  state: 'succeeded' | 'failed' | 'expired';
}

export interface HandedIn {
  readonly displayName: string;
  /** As the service calls it; null: its creation began, and nobody heard whether it happened. */
  readonly name: string | null;
}

export interface Target {
  send(attempt: Attempt): void;
  /** Hands in a job; its rows carry their replies when it comes back. */
  submit(batch: BatchSubmission): void;
  /** The client no longer waits for it; an answer that comes all the same is ignored. */
  abandon(attempt: Attempt): void;
}
