/** What a mock says when it ends: which bucket ran dry first, by its own count. */
import type { BucketName, ModelId } from '../model/names.ts';
import { amount, BUCKET_TITLES, count, counted, duration } from './words.ts';

export interface MockCount {
  readonly attempts: number;
  readonly byStatus: Readonly<Record<string, number>>;
  readonly refusedBy: Readonly<Partial<Record<BucketName, number>>>;
  readonly firstRefusal: {
    readonly bucket: BucketName;
    readonly model: ModelId | null;
    readonly project: string | null;
    readonly atMs: number;
    readonly limit: number;
  } | null;
  readonly unrouted: number;
  readonly unroutedPaths: readonly { readonly method: string; readonly path: string; readonly calls: number }[];
}

/** Ends with a line end. */
export function mockVerdict(mock: MockCount): string {
  const first = mock.firstRefusal;
  const of = first?.model ? ` of ${first.model} (${first.project})` : '';
  const lines = [
    first === null
      ? `No bucket ran dry: ${counted(mock.attempts, 'call')} answered.`
      : `${BUCKET_TITLES[first.bucket]} (${first.bucket})${of} ran dry first, ${duration(first.atMs)} after the start, at a limit of ${amount(first.bucket, first.limit)}.`,
    `Answers: ${
      Object.entries(mock.byStatus)
        .map(([status, n]) => `${count(n)} x ${status}`)
        .join(', ') || 'none'
    }`,
  ];
  const refused = Object.entries(mock.refusedBy).map(([bucket, n]) => `${bucket} ${count(n ?? 0)}`);
  if (refused.length > 0) lines.push(`Refused by: ${refused.join(', ')}`);
  if (mock.unrouted > 0) {
    lines.push(`${counted(mock.unrouted, 'call')} to paths that this mock does not serve, answered 404:`);
    for (const { method, path, calls } of mock.unroutedPaths) lines.push(`  ${count(calls)} x ${method} ${path}`);
  }
  return `${lines.join('\n')}\n`;
}
