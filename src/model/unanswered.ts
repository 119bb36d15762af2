/** Attempts that nobody has answered, and what a crash leaves open, as the rows that close it. */
import type { AttemptRow, DropRow, SentRow } from './rows.ts';

/** What an attempt's row says until its answer comes. */
export const UNANSWERED = {
  doneMs: null,
  httpStatus: null,
  class: null,
  buckets: [],
  quotaId: null,
  quotaValue: null,
  retryAtMs: null,
  usage: null,
  message: null,
  outcome: null,
} as const satisfies Partial<AttemptRow>;

type Identity = Omit<SentRow, 'kind' | 'seq' | 'n' | 'sentMs'>;

/** Sent, and never heard of again: it counts at list price. */
export function openAttempt(row: SentRow): AttemptRow {
  return { ...row, ...UNANSWERED, kind: 'attempt', costMicroUsd: row.listMicroUsd };
}

/** Its request, which has no ending either. @param attempts sent of it */
export function pendingOf(row: Identity, attempts: number, atMs: number): DropRow {
  const { request, job, jobImages, traffic, project, model, lane, size, dueMs, inputTokens, listMicroUsd } = row;
  return {
    kind: 'drop',
    request,
    job,
    jobImages,
    traffic,
    project,
    model,
    lane,
    size,
    dueMs,
    atMs,
    attempts,
    inputTokens,
    listMicroUsd,
    cause: 'pending',
  };
}
