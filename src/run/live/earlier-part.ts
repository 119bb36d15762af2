/** What the journal of a run that broke off says: what was spent, what is over, what is not, and where to go on. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Spent } from '../../client/budget.ts';
import type { Past } from '../../engine/past.ts';
import { ScenarioError } from '../../model/errors.ts';
import type { CanaryRow, HeaderRow, SentRow } from '../../model/rows.ts';
import { Reading } from './reading.ts';
import { readRows, rewriteJournal } from './rewritten-journal.ts';

export interface EarlierPart {
  readonly header: HeaderRow;
  readonly spent: Spent;
  /** The last instant that the journal knows, ms of the run. */
  readonly lastMs: number;
  readonly past: Past;
  /** Sent, and no answer was heard nor can be: their requests are over. */
  readonly unanswered: readonly SentRow[];
  /** Sent in jobs of the batch lane, which are looked at again. */
  readonly inJobs: readonly SentRow[];
  /** The requests that went ahead; only the last may be without an answer. */
  readonly canaries: readonly CanaryRow[];
  /** The journal as it is to be gone on with. */
  continue(): Promise<void>;
}

const JOURNAL = 'journal.ndjson';

/**
 * Reads `DIR/journal.ndjson`; writes nothing before `continue`.
 * @throws ScenarioError when there is no journal, or it is of a run that needs no going on
 * @throws InputError when it is damaged anywhere but in a torn last line
 */
export async function earlierPart(folder: string, promptBytesMax: number): Promise<EarlierPart> {
  const path = join(folder, JOURNAL);
  if (!existsSync(path)) throw new ScenarioError([`--resume ${folder}: there is no ${JOURNAL} in it`]);
  const reading = new Reading(promptBytesMax);
  await readRows(path, (row) => reading.add(row));
  const header = reading.header!; // without one the reader throws
  if (header.mode !== 'live') throw new ScenarioError([`--resume ${folder}: that run was ${header.mode}, not live; start it anew instead`]);
  if (reading.end?.reason === 'done' || reading.end?.reason === 'stopped')
    throw new ScenarioError([`--resume ${folder}: that run is over (${reading.end.reason}); rundry report ${folder} shows it`]);
  if (header.resolved.traffic.some(({ shape }) => shape.kind === 'users') && !reading.knowsWhoAsked)
    throw new ScenarioError([
      `--resume ${folder}: its journal does not tell which user asked for what, as versions before this one wrote it; start that run anew`,
    ]);
  const { unanswered, inJobs, neverSent } = reading.open();
  return {
    header,
    spent: reading.spent(),
    lastMs: reading.lastMs,
    past: reading.past(header.resolved),
    unanswered,
    inJobs,
    canaries: reading.canaries,
    continue: () => rewriteJournal(path, { unanswered, inJobs, neverSent }, reading.lastMs),
  };
}
