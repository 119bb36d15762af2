/** What went wrong, by class and status and quota, with when it was first and last seen. */
import type { BucketName, ErrorClass } from '../model/names.ts';
import type { AttemptRow } from '../model/rows.ts';

export interface Failure {
  readonly class: ErrorClass;
  readonly httpStatus: number | null;
  readonly bucket: BucketName | null;
  occurrences: number;
  readonly firstSeenMs: number;
  lastSeenMs: number;
  /** Redacted; null where nothing was sent over a wire. */
  readonly sampleMessage: string | null;
}

export class Failures {
  private readonly byKey = new Map<string, Failure>();
  private readonly last: { class: ErrorClass | null; bucket: BucketName | null; failure: Failure | null } = {
    class: null,
    bucket: null,
    failure: null,
  };

  add(row: AttemptRow): void {
    if (row.class === null || row.doneMs === null) return;
    const bucket = row.buckets[0] ?? (row.httpStatus === 429 ? 'unnamed' : null);
    const { last } = this;
    if (last.failure === null || last.class !== row.class || last.bucket !== bucket || last.failure.httpStatus !== row.httpStatus) {
      last.failure = this.find(row, row.class, bucket);
      last.class = row.class;
      last.bucket = bucket;
    }
    last.failure.occurrences++;
    last.failure.lastSeenMs = row.doneMs;
  }

  /** Most frequent first. */
  rows(): Failure[] {
    return [...this.byKey.values()].sort((a, b) => b.occurrences - a.occurrences || a.firstSeenMs - b.firstSeenMs);
  }

  private find(row: AttemptRow, errorClass: ErrorClass, bucket: BucketName | null): Failure {
    const key = `${errorClass} ${row.httpStatus} ${bucket}`;
    let failure = this.byKey.get(key);
    if (!failure) {
      failure = {
        class: errorClass,
        httpStatus: row.httpStatus,
        bucket,
        occurrences: 0,
        firstSeenMs: row.doneMs ?? row.sentMs,
        lastSeenMs: 0,
        sampleMessage: row.message,
      };
      this.byKey.set(key, failure);
    }
    return failure;
  }
}
