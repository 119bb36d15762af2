/** The files that follow from a journal: written beside it by a run, and again, byte for byte, by `rundry report`. */
import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../analysis/analysis.ts';
import type { ClosedRequest } from '../analysis/requests.ts';
import type { ErrorClass } from '../model/names.ts';
import type { HeaderRow } from '../model/rows.ts';
import { foundBy } from '../plan/carried.ts';
import { bucketsCsv } from '../report/buckets-csv.ts';
import { capacityHeader, capacityRows } from '../report/capacity-csv.ts';
import { type ClassInfo, failuresCsv } from '../report/failures-csv.ts';
import { type RequestsCsv, requestsCsv } from '../report/requests-csv.ts';
import { summaryJson } from '../report/summary-json.ts';
import { timelineCsv } from '../report/timeline-csv.ts';
import { adviceFor } from '../wire/error-classes.ts';
import { FileSink, writeText } from './output-folder.ts';

const REQUESTS = 'requests.csv';

export class ResultFiles {
  private readonly folder: string;
  private requests: { readonly csv: RequestsCsv; readonly sink: FileSink } | null = null;
  /** Written row by row, under its name once it is whole. */
  private readonly unfinished: string;

  constructor(folder: string) {
    this.folder = folder;
    this.unfinished = join(folder, `${REQUESTS}.next`);
  }

  begin(header: HeaderRow): void {
    const csv = requestsCsv(header);
    const sink = new FileSink(this.unfinished);
    sink.write(csv.header());
    this.requests = { csv, sink };
  }

  request(request: ClosedRequest): void {
    const { requests } = this;
    requests?.sink.write(requests.csv.row(request));
  }

  finish(results: Results): void {
    this.requests?.sink.close();
    this.requests = null;
    renameSync(this.unfinished, join(this.folder, REQUESTS));
    writeText(this.folder, 'summary.json', summaryJson(results.summary));
    this.write('buckets.csv', bucketsCsv(results));
    this.write('timeline.csv', timelineCsv(results));
    this.write('failures.csv', failuresCsv(results, classInfo));
    writeText(this.folder, 'capacity.csv', capacityCsv([results]));
  }

  /** Whatever was not finished is thrown away. */
  close(): void {
    if (this.requests === null) return;
    const { sink } = this.requests;
    this.requests = null;
    try {
      sink.close();
    } finally {
      rmSync(this.unfinished, { force: true });
    }
  }

  private write(name: string, chunks: Iterable<string>): void {
    const sink = new FileSink(join(this.folder, name));
    for (const chunk of chunks) sink.write(chunk);
    sink.close();
  }
}

/** One table for any number of runs. */
export function capacityCsv(runs: readonly Results[]): string {
  return [capacityHeader(), ...runs.flatMap((results) => [...capacityRows(results, foundBy(results))])].join('');
}

function classInfo(errorClass: ErrorClass): ClassInfo {
  const advice = adviceFor(errorClass);
  return {
    whose: advice.whose,
    retryable: advice.retryable,
    fix: advice.fix,
  };
}
