/** What happened in each whole minute of the run. */
import type { AttemptRow, DropRow } from '../model/rows.ts';
import { MINUTE_MS } from '../model/time.ts';
import { nearestRank } from './tally.ts';

/** One minute, [tMs, tMs + 60 s); in flight and queued are levels at its end, the rest counts within it. */
export interface TimelineMinute {
  readonly tMs: number;
  readonly offered: number;
  readonly sent: number;
  readonly ok: number;
  readonly throttled: number;
  readonly overloaded: number;
  readonly errored: number;
  readonly delivered: number;
  readonly inFlight: number;
  readonly queued: number;
  /** Of the interactive lane, as everywhere. */
  readonly latencyMsP50: number | null;
  readonly latencyMsP95: number | null;
  /** Of attempts sent in this minute. */
  readonly costMicroUsd: number;
}

type Column = 'offered' | 'sent' | 'ok' | 'throttled' | 'overloaded' | 'errored' | 'delivered' | 'inFlight' | 'queued' | 'costMicroUsd';

export class Timeline {
  private readonly columns: Record<Column, number[]> = {
    offered: [],
    sent: [],
    ok: [],
    throttled: [],
    overloaded: [],
    errored: [],
    delivered: [],
    inFlight: [],
    queued: [],
    costMicroUsd: [],
  };
  private readonly p50: (number | null)[] = [];
  private readonly p95: (number | null)[] = [];
  /** Rows come in the order of their answers, so one minute's latencies are enough to keep. */
  private readonly latencies: number[] = [];
  private latencyMinute = 0;
  private minutes = 0;

  attempt(row: AttemptRow): void {
    const sent = minuteOf(row.sentMs);
    this.count('sent', sent);
    this.count('costMicroUsd', sent, row.costMicroUsd);
    this.count('inFlight', sent);
    if (row.n === 1) {
      this.count('offered', minuteOf(row.dueMs));
      this.count('queued', minuteOf(row.dueMs));
      this.count('queued', sent, -1);
    }
    if (row.doneMs === null) return;
    const done = minuteOf(row.doneMs);
    this.count('inFlight', done, -1);
    this.count(
      row.httpStatus === 200 ? 'ok' : row.httpStatus === 429 ? 'throttled' : row.httpStatus === 503 ? 'overloaded' : 'errored',
      done,
    );
    if (row.outcome !== 'delivered') return;
    this.count('delivered', done);
    if (done > this.latencyMinute) this.flush(done);
    if (row.lane === 'interactive') this.latencies.push(row.doneMs - row.dueMs);
  }

  drop(row: DropRow): void {
    if (row.attempts > 0) return;
    this.count('offered', minuteOf(row.dueMs));
    this.count('queued', minuteOf(row.dueMs));
    this.count('queued', minuteOf(row.atMs), -1);
  }

  /** @param endMs of the run: every minute up to it has a row, also where nothing happens any more */
  rows(endMs: number): TimelineMinute[] {
    this.flush(this.latencyMinute + 1);
    const minutes = Math.max(this.minutes, Math.ceil(endMs / MINUTE_MS));
    let inFlight = 0;
    let queued = 0;
    return Array.from({ length: minutes }, (_, minute) => {
      const at = (column: Column): number => this.columns[column][minute] ?? 0;
      inFlight += at('inFlight');
      queued += at('queued');
      return {
        tMs: minute * MINUTE_MS,
        offered: at('offered'),
        sent: at('sent'),
        ok: at('ok'),
        throttled: at('throttled'),
        overloaded: at('overloaded'),
        errored: at('errored'),
        delivered: at('delivered'),
        inFlight,
        queued,
        latencyMsP50: this.p50[minute] ?? null,
        latencyMsP95: this.p95[minute] ?? null,
        costMicroUsd: at('costMicroUsd'),
      };
    });
  }

  private flush(toMinute: number): void {
    const sorted = this.latencies.sort((a, b) => a - b);
    const at = (q: number): number | null => sorted[nearestRank(q, sorted.length) - 1] ?? null;
    this.p50[this.latencyMinute] = at(0.5);
    this.p95[this.latencyMinute] = at(0.95);
    this.latencies.length = 0;
    this.latencyMinute = toMinute;
  }

  private count(column: Column, minute: number, by = 1): void {
    const values = this.columns[column];
    while (values.length <= minute) values.push(0);
    values[minute]! += by;
    if (minute >= this.minutes) this.minutes = minute + 1;
  }
}

function minuteOf(atMs: number): number {
  return Math.floor(atMs / MINUTE_MS);
}
