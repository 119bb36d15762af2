/** failures.csv: what went wrong, by class, and what to do about it. */
import type { Results } from '../analysis/analysis.ts';
import type { ErrorClass } from '../model/names.ts';
import { epochMs, isoInstant } from '../model/time.ts';
import { rowsToCsv } from './csv.ts';

/** What the error catalogue says about a class; handed in, since reports do not know the wire. */
export interface ClassInfo {
  /** Whose matter it is; null for a class that nobody knows. */
  readonly whose: string | null;
  readonly retryable: string;
  /** The likeliest cure first. */
  readonly fix: readonly string[];
  /** Google's name for the status (the usual one for the HTTP status). */
  readonly status?: string | null;
}

const COLUMNS = [
  'run_id',
  'class',
  'http_status',
  'status',
  'bucket',
  'whose',
  'retryable',
  'occurrences',
  'first_seen_at',
  'last_seen_at',
  'fix',
  'sample_message',
] as const;

/** Yields the header, then a chunk for each failure, most frequent first. */
export function* failuresCsv({ header, failures }: Results, classInfo: (errorClass: ErrorClass) => ClassInfo): Generator<string> {
  const csv = rowsToCsv(COLUMNS);
  const startAtMs = epochMs(header.startAt);
  yield csv.header();
  for (const failure of failures) {
    const info = classInfo(failure.class);
    yield csv.row([
      header.runId,
      failure.class,
      failure.httpStatus,
      info.status ?? USUAL_STATUS[failure.httpStatus ?? 0] ?? null,
      failure.bucket,
      info.whose,
      info.retryable,
      failure.occurrences,
      isoInstant(startAtMs + failure.firstSeenMs),
      isoInstant(startAtMs + failure.lastSeenMs),
      info.fix.join(' '),
      failure.sampleMessage,
    ]);
  }
}

/** google.rpc.Code by HTTP status. Source: cloud.google.com/apis/design/errors, 2026. */
const USUAL_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  499: 'CANCELLED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
};
