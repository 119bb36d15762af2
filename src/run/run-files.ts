/** The files of one run: the journal as things happen, requests as they close, the rest at the end. */
import { join } from 'node:path';
import type { Results } from '../analysis/analysis.ts';
import type { ClosedRequest } from '../analysis/requests.ts';
import { line } from '../journal/lines.ts';
import type { Row } from '../model/rows.ts';
import { FileSink, openFolder } from './output-folder.ts';
import { ResultFiles } from './result-files.ts';

export class RunFiles {
  private readonly journal: FileSink;
  private readonly results: ResultFiles;
  private isClosed = false;

  /** @param options.eager one write for each row, so that a killed run loses nothing */
  constructor(folder: string, options: { readonly force: boolean; readonly eager: boolean }) {
    openFolder(folder, options.force);
    this.journal = new FileSink(join(folder, 'journal.ndjson'), options.eager);
    this.results = new ResultFiles(folder);
  }

  record(row: Row): void {
    this.journal.write(line(row));
    if (row.kind === 'header') this.results.begin(row);
  }

  readonly onRequest = (request: ClosedRequest): void => this.results.request(request);

  finish(results: Results): void {
    this.journal.close();
    this.isClosed = true;
    this.results.finish(results);
  }

  /** After a failure: keeps what there is. */
  close(): void {
    if (!this.isClosed) this.journal.close();
    this.isClosed = true;
    this.results.close();
  }
}
