/** The mock's own count of what it answered: who refuses first is said by the one who refused. */
import { type EnforcedBucket, type ErrorClass, isAccountBucket, type ModelId } from '../model/names.ts';
import type { BucketSpec } from '../quota/bucket.ts';

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
  /** `request.attempt` of the draw. */
  readonly draw: string;
}

export interface MockSummary {
  /** Generate calls answered, wrong ones included. */
  readonly attempts: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Quota refusals by the primary bucket. */
  readonly refusedBy: Readonly<Partial<Record<EnforcedBucket, number>>>;
  readonly firstRefusal: {
    readonly bucket: EnforcedBucket;
    /** Model and project: null for buckets of an account. */
    readonly model: ModelId | null;
    readonly project: string | null;
    readonly atMs: number;
    readonly limit: number;
  } | null;
  /** Calls to paths that the mock does not serve. */
  readonly unrouted: number;
  /** Which, without their queries, in the order of first calls; at most 100. */
  readonly unroutedPaths: readonly { readonly method: string; readonly path: string; readonly calls: number }[];
}

const UNROUTED_PATHS_MAX = 100;
const PATH_CHARS_MAX = 200;

export class Tally {
  attempts = 0;
  private readonly byStatus: Record<string, number> = {};
  private readonly refusedBy: Partial<Record<EnforcedBucket, number>> = {};
  private firstRefusal: MockSummary['firstRefusal'] = null;
  private unrouted = 0;
  private readonly unroutedCalls = new Map<string, number>();

  note(row: MockAnswerRow, refusing: BucketSpec | null): void {
    this.attempts += 1;
    this.byStatus[row.status] = (this.byStatus[row.status] ?? 0) + 1;
    if (refusing === null) return;
    const { bucket, limit } = refusing;
    this.refusedBy[bucket] = (this.refusedBy[bucket] ?? 0) + 1;
    const ofAccount = isAccountBucket(bucket);
    this.firstRefusal ??= {
      bucket,
      model: ofAccount ? null : refusing.model,
      project: ofAccount ? null : row.project,
      atMs: row.atMs,
      limit,
    };
  }

  noteUnrouted(method: string, path: string): void {
    this.unrouted += 1;
    const known = `${method} ${/^[^?#]*/.exec(path)![0].slice(0, PATH_CHARS_MAX)}`;
    const calls = this.unroutedCalls.get(known);
    if (calls !== undefined || this.unroutedCalls.size < UNROUTED_PATHS_MAX) this.unroutedCalls.set(known, (calls ?? 0) + 1);
  }

  summary(): MockSummary {
    const { attempts, firstRefusal, unrouted } = this;
    const unroutedPaths = [...this.unroutedCalls].map(([call, calls]) => {
      const space = call.indexOf(' ');
      return { method: call.slice(0, space), path: call.slice(space + 1), calls };
    });
    return { attempts, byStatus: { ...this.byStatus }, refusedBy: { ...this.refusedBy }, firstRefusal, unrouted, unroutedPaths };
  }
}
