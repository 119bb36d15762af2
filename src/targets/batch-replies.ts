/** What the rows of an ended batch job got, each its own. */
import type { BatchJob } from '@google/genai';
import type { Attempt, BatchSubmission } from '../model/attempt.ts';
import type { Reply } from '../model/reply.ts';
import { decodeReply } from '../wire/decode.ts';
import { HTTP_OF_GRPC } from '../wire/reading.ts';

/** A row without an answer of its own: whether it is billed nobody says, so it is counted as if. */
export const UNTOLD: Reply = {
  kind: 'refused',
  httpStatus: 499,
  class: 'client.cancelled',
  violations: [],
  retryAfterMs: null,
  message: null,
};

/** By the key that each row carries; by position where the service left the keys out. */
export function repliesOf(batch: BatchSubmission, job: BatchJob, onImage?: (attempt: Attempt, bodyText: string) => void): Reply[] {
  const answers = job.dest?.inlinedResponses ?? [];
  const byKey = new Map(answers.flatMap((answer) => (answer.metadata?.['key'] === undefined ? [] : [[answer.metadata['key'], answer]])));
  return batch.rows.map((row) => {
    const answer = byKey.size > 0 ? byKey.get(String(row.seq)) : answers[row.seq - batch.firstSeq];
    if (answer?.response) {
      const bodyText = JSON.stringify(answer.response);
      const reply = decodeReply({ status: 200, bodyText });
      if (reply.kind === 'image') onImage?.(row, bodyText);
      return reply;
    }
    if (answer?.error)
      return decodeReply({ status: httpStatusOfCode(answer.error.code), bodyText: JSON.stringify({ error: answer.error }) });
    return UNTOLD;
  });
}

/** What is an HTTP status already stays. */
function httpStatusOfCode(code: number | undefined): number {
  if (code === undefined) return 500;
  return code >= 100 ? code : (HTTP_OF_GRPC[code] ?? 500);
}
