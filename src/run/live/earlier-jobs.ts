/** Which attempts of a run that broke off went in which job of the Batch API, and whether the service was told of it. */
import type { BatchRow, JobRow } from '../../model/rows.ts';

/** A job as the rows of a journal tell it. */
export interface ToldJob {
  readonly firstSeq: number;
  readonly rows: number;
  /** As `batch` rows call it. */
  readonly batch: number;
  /** null: its creation never began, so nothing of it left. */
  readonly created: JobRow | null;
}

export class EarlierJobs {
  /** Jobs that were filled, and those whose creation began. */
  batches = 0;
  submissions = 0;
  private readonly jobs = new Map<number, ToldJob>();
  private sorted: readonly ToldJob[] | null = null;

  add(row: BatchRow | JobRow): void {
    if (row.kind === 'batch') {
      this.batches = Math.max(this.batches, row.batch + 1);
      if (row.firstSeq !== undefined && row.state === 'running')
        this.jobs.set(row.firstSeq, { firstSeq: row.firstSeq, rows: row.rows, batch: row.batch, created: null });
    } else {
      this.submissions = Math.max(this.submissions, row.number + 1);
      const { firstSeq, rows } = row;
      this.jobs.set(firstSeq, { firstSeq, rows, batch: this.jobs.get(firstSeq)?.batch ?? row.number, created: row });
    }
    this.sorted = null;
  }

  /** undefined: in none that is known. */
  of(seq: number): ToldJob | undefined {
    this.sorted ??= [...this.jobs.values()].sort((a, b) => a.firstSeq - b.firstSeq);
    const job = this.sorted.findLast(({ firstSeq }) => firstSeq <= seq);
    return job !== undefined && seq < job.firstSeq + job.rows ? job : undefined;
  }
}
