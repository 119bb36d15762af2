/** What a mock tells as it goes along. */
import type { EnforcedBucket, ErrorClass, ModelId } from '../model/names.ts';
import type { Draw } from '../service/service.ts';

/** One answer to a generate call. */
export interface MockAnswerRow {
  readonly seq: number;
  /** When the call came, in emulated ms since the mock began. */
  readonly atMs: number;
  /** As called where the catalogue does not know it. */
  readonly model: ModelId;
  /** That was charged. */
  readonly project: string;
  readonly status: number;
  readonly class: ErrorClass | null;
  /** The primary one of a quota refusal. */
  readonly bucket: EnforcedBucket | null;
  /** Which one it was given; `request.attempt` in texts. */
  readonly draw: Draw;
}

/** A line of the journal: a job that was handed in, refused, or has ended. */
export interface MockBatchRow {
  readonly kind: 'batch';
  /** Emulated ms since the mock began. */
  readonly atMs: number;
  /** null: it was refused and has no name. */
  readonly job: string | null;
  readonly model: ModelId;
  /** That was charged. */
  readonly project: string;
  readonly state: 'refused' | 'pending' | 'succeeded' | 'failed' | 'expired' | 'cancelled';
  /** HTTP status of its creation. */
  readonly status: number;
  readonly class: ErrorClass | null;
  /** That had no room for it. */
  readonly bucket: string | null;
  readonly rows: number;
  /** Null until it has ended. */
  readonly delivered: number | null;
  readonly failed: number | null;
  readonly promptTokens: number;
  /** Charged when it was handed in, at half price. */
  readonly costMicroUsd: number;
}
