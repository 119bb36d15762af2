/** timeline.csv: a row for each whole minute of the run. */
import type { Results } from '../analysis/analysis.ts';
import { epochMs, isoInstant } from '../model/time.ts';
import { rowsToCsv } from './csv.ts';

const COLUMNS = [
  'run_id',
  't_ms',
  'at',
  'offered',
  'sent',
  'ok',
  'throttled',
  'overloaded',
  'errored',
  'delivered',
  'in_flight',
  'queued',
  'latency_ms_p50',
  'latency_ms_p95',
  'cost_usd',
] as const;

/** Yields the header, then a chunk for each minute. Needs results that kept their minutes. */
export function* timelineCsv({ header, timeline }: Results): Generator<string> {
  const csv = rowsToCsv(COLUMNS);
  const startAtMs = epochMs(header.startAt);
  yield csv.header();
  for (const minute of timeline) {
    yield csv.row([
      header.runId,
      minute.tMs,
      isoInstant(startAtMs + minute.tMs),
      minute.offered,
      minute.sent,
      minute.ok,
      minute.throttled,
      minute.overloaded,
      minute.errored,
      minute.delivered,
      minute.inFlight,
      minute.queued,
      minute.latencyMsP50,
      minute.latencyMsP95,
      minute.costMicroUsd / 1e6,
    ]);
  }
}
