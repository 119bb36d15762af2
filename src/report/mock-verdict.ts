/** What a mock says when it ends: which bucket ran dry first, by its own count. */
import type { MockSummary } from '../model/mock-summary.ts';
import { amount, BUCKET_TITLES, count, counted, duration } from './words.ts';

/** Ends with a line end. */
export function mockVerdict(mock: MockSummary): string {
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
  const tiers = Object.entries(mock.serviceTiers).map(([tier, n]) => `${tier} ${count(n)}`);
  if (tiers.length > 0)
    lines.push(
      `Another service tier was asked for (${tiers.join(', ')}): told again in the answers, at the limits and prices of standard. Prices of flex and priority are not known, limits of priority are 0.3 of these.`,
    );
  lines.push(...batchLines(mock.batches));
  if (mock.unrouted > 0) {
    lines.push(`${counted(mock.unrouted, 'call')} to paths that this mock does not serve, answered 404:`);
    for (const { method, path, calls } of mock.unroutedPaths) lines.push(`  ${count(calls)} x ${method} ${path}`);
  }
  return `${lines.join('\n')}\n`;
}

/** Nothing where nobody handed in a job. */
function batchLines({ jobs, byState, refused, refusedBy, rows, costMicroUsd, enqueuedTokens }: MockSummary['batches']): string[] {
  const list = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .filter(([, n]) => n > 0)
      .map(([name, n]) => `${name} ${count(n)}`)
      .join(', ');
  const ended = list({ delivered: rows.delivered, blocked: rows.blocked, failed: rows.failed });
  const open = enqueuedTokens > 0 ? `; ${counted(enqueuedTokens, 'prompt token')} still enqueued` : '';
  return [
    ...(jobs > 0
      ? [
          `Batch jobs: ${count(jobs)} (${list(byState)}), ${counted(rows.asked, 'row')}${ended === '' ? '' : ` (${ended})`}, ` +
            `$${(costMicroUsd / 1e6).toFixed(2)} at half price${open}`,
        ]
      : []),
    ...(refused > 0 ? [`Batch jobs refused: ${list(refusedBy)}`] : []),
  ];
}
