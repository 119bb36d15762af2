/** Our own journal: the jobs of a recorded run, each once, at the instant it was due. */
import { REFERENCE_IMAGE_INPUT_TOKENS } from '../../model/catalogue.ts';
import { InputError } from '../../model/errors.ts';
import { RowDamage, type TraceBuilder, type TraceRow } from '../trace-builder.ts';
import { isObject, linesOf, objectOf, valueAt } from './lines.ts';

type JournalRow = Readonly<Record<string, unknown>>;

/**
 * A job is known from its first attempt, from what was sent before a crash, or from a drop before anything was sent; an answered
 * attempt knows its tokens better than what was sent. Later attempts and other kinds of rows say nothing about arrivals. Jobs of
 * the batch lane are counted as left out: an entry has one lane.
 *
 * @throws InputError for a line that is not a row; a torn last line is normal after a crash.
 */
export function readJournal(text: string, builder: TraceBuilder): void {
  const jobs = new Map<string, { readonly where: string; readonly isBatch: boolean; readonly row: TraceRow }>();
  let references: ReadonlyMap<string, number> | null = null;
  for (const line of linesOf(text)) {
    const row = objectOf(line.text);
    const where = `${builder.file} line ${line.number}`;
    if (!row || typeof row['kind'] !== 'string') {
      if (!row && line.isUnfinished && references) break;
      throw new InputError(`${where}: not a row of a journal`);
    }
    if (!references) {
      if (row['kind'] !== 'header') throw new InputError(`${where}: not a journal (its first row is "${row['kind']}", not "header")`);
      references = referencesOf(row);
      continue;
    }
    if (!isFirstOfRequest(row)) continue;
    const job = jobOf(row, references, where);
    const known = jobs.get(job.key);
    if (known && !(row['kind'] === 'attempt' && typeof row['referenceImages'] === 'number')) continue;
    jobs.set(job.key, { where: known?.where ?? `line ${line.number}`, isBatch: row['lane'] === 'batch', row: job.row });
  }
  for (const { where, isBatch, row } of jobs.values()) {
    builder.add(where, () => {
      if (isBatch) throw new RowDamage('a job of the batch lane, which a replay leaves out');
      return row;
    });
  }
}

function isFirstOfRequest(row: JournalRow): boolean {
  if (row['kind'] === 'attempt' || row['kind'] === 'sent') return row['n'] === 1;
  return row['kind'] === 'drop' && row['attempts'] === 0;
}

function jobOf(row: JournalRow, references: ReadonlyMap<string, number>, where: string): { key: string; row: TraceRow } {
  const kind = row['kind'] === 'drop' ? 'a drop' : 'an attempt';
  const number = (name: string): number => {
    const value = row[name];
    if (typeof value === 'number') return value;
    throw new InputError(`${where}: not ${kind} (missing "${name}")`);
  };
  const text = (name: string): string => {
    const value = row[name];
    if (typeof value === 'string') return value;
    throw new InputError(`${where}: not ${kind} (missing "${name}")`);
  };
  const inputTokens = number('inputTokens');
  const own = row['referenceImages'];
  const asked = typeof own === 'number' ? own : (references.get(text('traffic')) ?? 0);
  // Input tokens include the reference images. A replayed row may have had others than its entry says.
  const referenceImages = inputTokens >= asked * REFERENCE_IMAGE_INPUT_TOKENS ? asked : 0;
  return {
    key: `${text('traffic')}/${number('job')}`,
    row: {
      atMs: number('dueMs'),
      images: number('jobImages'),
      promptTokens: inputTokens - referenceImages * REFERENCE_IMAGE_INPUT_TOKENS,
      referenceImages,
      model: text('model'),
      size: text('size'),
    },
  };
}

/** Reference images of every traffic entry, from the scenario that the header holds. */
function referencesOf(header: JournalRow): ReadonlyMap<string, number> {
  const entries = valueAt(header, 'resolved', 'traffic');
  const counts = new Map<string, number>();
  for (const entry of Array.isArray(entries) ? entries.filter(isObject) : []) {
    const count = valueAt(entry, 'request', 'referenceImages');
    if (typeof entry['name'] === 'string' && typeof count === 'number') counts.set(entry['name'], count);
  }
  return counts;
}
