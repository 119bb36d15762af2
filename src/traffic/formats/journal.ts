/** Our own journal: the jobs of a recorded run, each once, at the instant it was due. */
import { REFERENCE_IMAGE_INPUT_TOKENS } from '../../model/catalogue.ts';
import { InputError } from '../../model/errors.ts';
import type { TraceBuilder, TraceRow } from '../trace-builder.ts';
import { isObject, linesOf, objectOf, valueAt } from './lines.ts';

type JournalRow = Readonly<Record<string, unknown>>;

/** What the scenario in the header says of a traffic entry. */
interface Entry {
  readonly referenceImages: number;
  readonly lane: string | null;
}

interface Job {
  /** Of the entry and the number of the job: the same in all its rows. */
  readonly key: string;
  readonly number: number;
  readonly row: TraceRow;
}

/**
 * A job is known from its first attempt, from what was sent before a crash, or from a drop before anything was sent; an answered
 * attempt knows its tokens better than what was sent. Later attempts and other kinds of rows say nothing about arrivals. Its lane is
 * that of its traffic entry: what fell back to the batch lane was interactive. Equal instants keep the order of the run.
 *
 * @throws InputError for a line that is not a row; a torn last line is normal after a crash.
 */
export function readJournal(text: string, builder: TraceBuilder): void {
  const jobs = new Map<string, Job & { readonly where: string }>();
  let entries: ReadonlyMap<string, Entry> | null = null;
  for (const line of linesOf(text)) {
    const row = objectOf(line.text);
    const where = `${builder.file} line ${line.number}`;
    if (!row || typeof row['kind'] !== 'string') {
      if (!row && line.isUnfinished && entries) break;
      throw new InputError(`${where}: not a row of a journal`);
    }
    if (!entries) {
      if (row['kind'] !== 'header') throw new InputError(`${where}: not a journal (its first row is "${row['kind']}", not "header")`);
      entries = entriesOf(row);
      continue;
    }
    if (!isFirstOfRequest(row)) continue;
    const job = jobOf(row, entries, where);
    const known = jobs.get(job.key);
    if (known && !(row['kind'] === 'attempt' && typeof row['referenceImages'] === 'number')) continue;
    jobs.set(job.key, { ...job, where: known?.where ?? `line ${line.number}` });
  }
  for (const { where, row } of [...jobs.values()].sort((a, b) => a.number - b.number)) builder.add(where, () => row);
}

function isFirstOfRequest(row: JournalRow): boolean {
  if (row['kind'] === 'attempt' || row['kind'] === 'sent') return row['n'] === 1;
  return row['kind'] === 'drop' && row['attempts'] === 0;
}

function jobOf(row: JournalRow, entries: ReadonlyMap<string, Entry>, where: string): Job {
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
  const entry = entries.get(text('traffic'));
  const inputTokens = number('inputTokens');
  const own = row['referenceImages'];
  const asked = typeof own === 'number' ? own : (entry?.referenceImages ?? 0);
  // Input tokens include the reference images. A replayed row may have had others than its entry says.
  const referenceImages = inputTokens >= asked * REFERENCE_IMAGE_INPUT_TOKENS ? asked : 0;
  return {
    key: `${text('traffic')}/${number('job')}`,
    number: number('job'),
    row: {
      atMs: number('dueMs'),
      images: number('jobImages'),
      promptTokens: inputTokens - referenceImages * REFERENCE_IMAGE_INPUT_TOKENS,
      referenceImages,
      model: text('model'),
      size: text('size'),
      lane: entry?.lane ?? text('lane'),
    },
  };
}

function entriesOf(header: JournalRow): ReadonlyMap<string, Entry> {
  const traffic = valueAt(header, 'resolved', 'traffic');
  const entries = new Map<string, Entry>();
  for (const entry of Array.isArray(traffic) ? traffic.filter(isObject) : []) {
    const { name, lane } = entry;
    const references = valueAt(entry, 'request', 'referenceImages');
    if (typeof name !== 'string') continue;
    entries.set(name, { referenceImages: typeof references === 'number' ? references : 0, lane: typeof lane === 'string' ? lane : null });
  }
  return entries;
}
