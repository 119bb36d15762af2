/** requests.csv: one row for each closed request, in the order of closing. */
import type { ClosedRequest } from '../analysis/requests.ts';
import type { HeaderRow } from '../model/rows.ts';
import { epochMs, isoInstant } from '../model/time.ts';
import { type Csv, rowsToCsv } from './csv.ts';

const COLUMNS = [
  'run_id',
  'request_id',
  'job_id',
  'traffic',
  'due_at',
  'first_sent_at',
  'done_at',
  'queue_wait_ms',
  'latency_ms',
  'attempts',
  'outcome',
  'final_status',
  'bucket',
  'quota_id',
  'project',
  'model',
  'lane',
  'image_size',
  'input_tokens',
  'output_tokens',
  'cost_usd',
] as const;

export interface RequestsCsv {
  header(): string;
  row(request: ClosedRequest): string;
}

/**
 * The columns add up to summary.json: `outcome` is `dropped` whatever the cause, `latency_ms` is of delivered requests only
 * and counted from the instant due, `model` is the one that answered last.
 */
export function requestsCsv(header: HeaderRow): RequestsCsv {
  const csv: Csv = rowsToCsv(COLUMNS);
  const startAtMs = epochMs(header.startAt);
  const at = (ms: number | null): string | null => (ms === null ? null : isoInstant(startAtMs + ms));
  return {
    header: csv.header,
    row(request) {
      const { row, outcome, dueMs, firstSentMs, doneMs, httpStatus } = request;
      const usage = row.kind === 'attempt' ? row.usage : null;
      return csv.row([
        header.runId,
        request.request,
        request.job,
        request.traffic,
        at(dueMs),
        at(firstSentMs),
        at(doneMs),
        firstSentMs === null ? null : firstSentMs - dueMs,
        outcome === 'delivered' && doneMs !== null ? doneMs - dueMs : null,
        request.attempts,
        outcomeOf(outcome),
        httpStatus,
        request.buckets[0] ?? (httpStatus === 429 ? 'unnamed' : null),
        request.quotaId,
        row.project,
        row.model,
        row.lane,
        row.size,
        row.inputTokens,
        usage && usage.imageTokens + usage.thoughtsTokens + usage.otherTokens,
        request.costMicroUsd / 1e6,
      ]);
    },
  };
}

function outcomeOf(outcome: ClosedRequest['outcome']): string {
  switch (outcome) {
    case 'delivered':
    case 'blocked':
    case 'failed':
    case 'pending':
      return outcome;
    default:
      return 'dropped';
  }
}
