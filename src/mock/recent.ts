/**
 * The last lines of the journal. Answers are written over the oldest in place: objects that live for some tenths of a second and
 * then go are carried into the old generation, whose collection keeps every call waiting.
 */
import type { MockAnswerRow, MockBatchRow } from './rows.ts';

/** A line of the journal: an answer, or what became of a batch job. */
export type JournalRow = MockAnswerRow | MockBatchRow;

export class Recent {
  private readonly rowsMax: number;
  private readonly places: Place[] = [];
  /** Lines ever kept. */
  private kept = 0;

  constructor(rowsMax: number) {
    this.rowsMax = rowsMax;
  }

  keep(row: MockAnswerRow): void {
    const place = this.next();
    place.batch = null;
    place.seq = row.seq;
    place.atMs = row.atMs;
    place.model = row.model;
    place.project = row.project;
    place.status = row.status;
    place.class = row.class;
    place.bucket = row.bucket;
    place.request = row.draw.request;
    place.attempt = row.draw.attempt;
  }

  keepBatch(row: MockBatchRow): void {
    this.next().batch = row;
  }

  /** In the order in which they were kept. */
  list(): JournalRow[] {
    const oldest = this.kept > this.rowsMax ? this.kept % this.rowsMax : 0;
    return [...this.places.slice(oldest), ...this.places.slice(0, oldest)].map(rowAt);
  }

  private next(): Place {
    const at = this.kept++ % this.rowsMax;
    this.places[at] ??= new Place();
    return this.places[at];
  }
}

class Place {
  batch: MockBatchRow | null = null;
  seq = 0;
  atMs = 0;
  model = '';
  project = '';
  status = 0;
  class: MockAnswerRow['class'] = null;
  bucket: MockAnswerRow['bucket'] = null;
  request = 0;
  attempt = 0;
}

function rowAt({ batch, request, attempt, ...row }: Place): JournalRow {
  return batch ?? { ...row, draw: { request, attempt } };
}
