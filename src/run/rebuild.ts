/** Every result of a run, from its journal alone. */
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { Analysis, type Results } from '../analysis/analysis.ts';
import { JournalReader } from '../journal/lines.ts';
import { InputError, ScenarioError } from '../model/errors.ts';
import type { Row } from '../model/rows.ts';
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
  let analysis: Analysis | null = null;
  const take = (row: Row): void => {
    if (row.kind === 'header') {
      if (row.schemaVersion > 1)
        throw new InputError(`${path} line 1: schemaVersion ${row.schemaVersion} is newer than this version reads (1)`);
      files?.begin(row);
      analysis = new Analysis(row, { minutes: true, ...(files ? { onRequest: (request) => files.request(request) } : {}) });
    } else analysis?.add(row);
  };
  const reader = new JournalReader(path, take);
  try {
    for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) reader.push(String(chunk));
    reader.end();
    const results = advised((analysis as Analysis | null)!.finish());
    files?.finish(results);
    return results;
  } finally {
    files?.close();
  }
}
