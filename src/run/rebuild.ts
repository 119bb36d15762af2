/** Every result of a run, from its journal alone. */
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { Analysis, type Results } from '../analysis/analysis.ts';
import { JournalReader } from '../journal/lines.ts';
import { InputError, ScenarioError } from '../model/errors.ts';
import { type EndRow, type Row, SCHEMA_VERSION } from '../model/rows.ts';
import { advised } from './advised.ts';
import { ResultFiles } from './result-files.ts';

const JOURNAL = 'journal.ndjson';

/**
 * Reads `DIR/journal.ndjson` and writes everything else beside it (unless `write` is false).
 * @throws InputError when the journal is damaged anywhere but in a torn last line
 */
export async function rebuild(folder: string, write = true): Promise<Results> {
  const path = join(folder, JOURNAL);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new ScenarioError([`${path}: no such file`]);
  const files = write ? new ResultFiles(folder) : null;
  const counted = new Counted();
  let analysis: Analysis | null = null;
  const take = (row: Row): void => {
    if (row.kind === 'header') {
      if (row.schemaVersion !== SCHEMA_VERSION)
        throw new InputError(
          `${path} line 1: schemaVersion ${row.schemaVersion} is ${row.schemaVersion > SCHEMA_VERSION ? 'newer than' : 'not what'} this version reads (${SCHEMA_VERSION})`,
        );
      files?.begin(row);
      analysis = new Analysis(row, { minutes: true, ...(files ? { onRequest: (request) => files.request(request) } : {}) });
    } else {
      counted.add(row);
      analysis?.add(row);
    }
  };
  const reader = new JournalReader(path, take);
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) reader.push(String(chunk));
    const { header } = reader.end();
    if (header.mode === 'sim') counted.requireWhole(path);
    const results = advised((analysis as Analysis | null)!.finish());
    files?.finish(results);
    return results;
  } finally {
    files?.close();
  }
}

/**
 * A simulated run ends with how much it was. Rows that were lost or doubled since still parse, and every number would be wrong.
 * In other modes a run may have been gone on with, or may have ended before its answers came.
 */
class Counted {
  private requests = 0;
  private attempts = 0;
  private end: EndRow | null = null;

  add(row: Row): void {
    if (row.kind === 'attempt') this.attempts++;
    if (row.kind === 'drop' || (row.kind === 'attempt' && row.outcome !== null)) this.requests++;
    if (row.kind === 'end') this.end = row;
  }

  /** @throws InputError; without a last row the journal is torn, and says so */
  requireWhole(path: string): void {
    if (this.end === null) return;
    const { requests, attempts } = this.end;
    if (requests === this.requests && attempts === this.attempts) return;
    throw new InputError(
      `${path}: rows are lost or doubled: it ends with ${requests} requests and ${attempts} attempts, and has ${this.requests} and ${this.attempts}`,
    );
  }
}
