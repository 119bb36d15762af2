/** mock-answers.csv: a row for each answer of the mock. */
import type { BucketName, ErrorClass, ModelId } from '../model/names.ts';
import { isoInstant } from '../model/time.ts';
import { rowsToCsv } from './csv.ts';

/** What the mock says of one answer. */
export interface MockAnswer {
  readonly seq: number;
  readonly atMs: number;
  readonly model: ModelId;
  readonly project: string;
  readonly status: number;
  readonly class: ErrorClass | null;
  readonly bucket: BucketName | null;
  readonly draw: { readonly request: number; readonly attempt: number };
}

/** @param startAtMs epoch ms at which the mock's calendar began */
export function mockAnswersCsv(startAtMs: number): { header(): string; row(answer: MockAnswer): string } {
  const csv = rowsToCsv(['seq', 't_ms', 'at', 'model', 'project', 'http_status', 'class', 'bucket', 'draw']);
  return {
    header: csv.header,
    row: ({ seq, atMs, model, project, status, class: errorClass, bucket, draw }) =>
      csv.row([seq, atMs, isoInstant(startAtMs + atMs), model, project, status, errorClass, bucket, `${draw.request}.${draw.attempt}`]),
  };
}
