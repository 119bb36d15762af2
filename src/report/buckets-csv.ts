/** buckets.csv: how full each bucket was in each whole minute, and the first refusal in each of its windows, in time order. */

import type { Results } from '../analysis/analysis.ts';
import type { BucketRecord } from '../analysis/levels.ts';
import { isMoney } from '../model/names.ts';
import { epochMs, isoInstant, MINUTE_MS } from '../model/time.ts';
import { type Cell, rowsToCsv } from './csv.ts';

const COLUMNS = ['run_id', 't_ms', 'at', 'project', 'model', 'bucket', 'limit', 'window_ms', 'used', 'used_ratio', 'rejected'] as const;

/**
 * Yields the header, then a chunk for each row. `used` of a minute is its highest level. The row of a first refusal counts
 * that refusal and the row of its minute the others, so that `rejected` adds up to summary.json. Where nothing is enforced
 * the level is unknown.
 */
export function* bucketsCsv({ header, buckets, marks }: Results): Generator<string> {
  const csv = rowsToCsv(COLUMNS);
  const startAtMs = epochMs(header.startAt);
  const row = (record: BucketRecord, tMs: number, used: number, rejected: number): string =>
    csv.row([header.runId, tMs, isoInstant(startAtMs + tMs), ...identity(record), ...level(record, used), rejected]);
  yield csv.header();
  const minutes = Math.max(0, ...buckets.map((record) => record.levels.length));
  let next = 0;
  for (let minute = 0; minute < minutes; minute++) {
    const from = next;
    while (next < marks.length && marks[next]!.atMs < (minute + 1) * MINUTE_MS) next++;
    const first = marks.slice(from, next);
    for (const record of buckets) {
      const marked = first.filter((mark) => mark.record === record).length;
      yield row(record, minute * MINUTE_MS, record.levels[minute] ?? 0, (record.rejections[minute] ?? 0) - marked);
    }
    for (const mark of first) yield row(mark.record, mark.atMs, mark.used, 1);
  }
}

function identity({ project, model, bucket, limit, windowMs }: BucketRecord): Cell[] {
  const value = limit.state === 'known' ? limit.limit : null;
  return [project, model, bucket, value !== null && isMoney(bucket) ? value / 1e6 : value, windowMs];
}

function level({ bucket, enforced }: BucketRecord, used: number): Cell[] {
  if (enforced === null) return [null, null];
  const { limit } = enforced.spec;
  return [isMoney(bucket) ? used / 1e6 : used, limit === 0 ? null : used / limit];
}
