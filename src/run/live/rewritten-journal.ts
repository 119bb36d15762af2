/** The journal of a run that broke off, as it is gone on with. */
import { createReadStream, renameSync } from 'node:fs';
import { JournalReader, line } from '../../journal/lines.ts';
import type { Row, SentRow } from '../../model/rows.ts';
import { openAttempt, pendingOf } from '../../model/unanswered.ts';
import { FileSink } from '../output-folder.ts';

/** Tells every row of a journal. @throws InputError when it is damaged anywhere but in a torn last line */
export async function readRows(path: string, each: (row: Row) => void): Promise<void> {
  const reader = new JournalReader(path, each);
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 256 * 1024 })) reader.push(String(chunk));
  reader.end();
}

/** Attempts without an answer, by what is known of them. */
export interface Unended {
  readonly unanswered: readonly SentRow[];
  readonly inJobs: readonly SentRow[];
  /** In jobs whose creation never began: they did not leave, and go their way as if they had not been announced. */
  readonly neverSent: readonly SentRow[];
}

/**
 * The same journal without what going on makes untrue: the end, the torn tail, and the endings of requests that were merely
 * waiting, or whose job is looked at again, and without what never left. Attempts that nobody heard of again get the ending that
 * they have. Replaces the file in one step.
 */
export async function rewriteJournal(path: string, { unanswered, inJobs, neverSent }: Unended, lastMs: number): Promise<void> {
  const inDoubt = new Set(unanswered.map(({ request }) => request));
  const open = new Set(inJobs.map(({ seq }) => seq));
  const unsent = new Set(neverSent.map(({ seq }) => seq));
  const isUntrue = (row: Row): boolean => {
    switch (row.kind) {
      case 'end':
        return true;
      case 'drop':
        return row.cause === 'pending' && !inDoubt.has(row.request);
      case 'sent':
        return unsent.has(row.seq);
      case 'batch':
        return row.firstSeq !== undefined && unsent.has(row.firstSeq);
      case 'attempt':
        return row.doneMs === null && (open.has(row.seq) || unsent.has(row.seq));
      default:
        return false;
    }
  };
  const next = `${path}.next`;
  const out = new FileSink(next);
  const write = (row: Row): void => out.write(line(row));
  const ended = new Set<number>();
  const rowed = new Set<number>();
  try {
    await readRows(path, (row) => {
      if (isUntrue(row)) return;
      if (row.kind === 'drop' && row.cause === 'pending') ended.add(row.request);
      if (row.kind === 'attempt' && row.doneMs === null) rowed.add(row.seq);
      write(row);
    });
    for (const row of unanswered) if (!rowed.has(row.seq)) write(openAttempt(row));
    for (const row of new Map(unanswered.map((one) => [one.request, one])).values())
      if (!ended.has(row.request)) write(pendingOf(row, row.n, lastMs));
  } finally {
    out.close();
  }
  renameSync(next, path);
}
