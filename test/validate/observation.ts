/** What queueing theory speaks of, taken from the rows of one replication: waits, losses, and how many were in the system when. */
import { invariant } from '../../src/model/errors.ts';
import type { Row } from '../../src/model/rows.ts';

export interface ObservationOptions {
  /** Half-open: what is due before is warm-up and left out. */
  readonly fromMs: number;
  readonly toMs: number;
  /** One unit of time of the formula. */
  readonly unitMs: number;
  /** One mean service, in units. */
  readonly serviceUnits: number;
  readonly servers: number;
  /** Users of a closed model; 0: an open one. */
  readonly population: number;
  /** Length of the windows at whose ends the queue is counted, ms. */
  readonly windowMs: number;
}

/** More in the system than this are not told apart. */
const MANY = 10;

export class Observation {
  readonly options: ObservationOptions;
  private readonly dueMs = new Column();
  private readonly sentMs = new Column();
  /** Ascending: answers are told in the order in which they come. */
  private readonly doneMs = new Column();
  private lost = 0;
  private shares: number[] | null = null;

  constructor(options: ObservationOptions) {
    this.options = options;
  }

  add(row: Row): void {
    if (row.kind === 'drop') {
      invariant(row.cause === 'queueFull', `a queueing system loses requests only when it is full, not by ${row.cause}`);
      if (this.counts(row.dueMs)) this.lost++;
    } else if (row.kind === 'attempt') {
      invariant(row.n === 1 && row.doneMs !== null, 'every request is tried once and answered');
      if (row.httpStatus === 429) {
        if (this.counts(row.dueMs)) this.lost++;
        return;
      }
      invariant(row.outcome === 'delivered', 'what is not refused is delivered');
      this.dueMs.push(row.dueMs);
      this.sentMs.push(row.sentMs);
      this.doneMs.push(row.doneMs);
    }
  }

  /** Those that got in, of those due in the window. */
  get served(): number {
    return this.sumOver(() => 1);
  }

  get offered(): number {
    return this.served + this.lost;
  }

  get lossRatio(): number {
    return this.lost / this.offered;
  }

  /** Units. */
  get meanWait(): number {
    return this.sumOver((i) => this.waitMs(i)) / this.served / this.options.unitMs;
  }

  get meanStay(): number {
    return this.sumOver((i) => this.stayMs(i)) / this.served / this.options.unitMs;
  }

  waitQuantile(q: number): number {
    return this.quantile(q, (i) => this.waitMs(i));
  }

  stayQuantile(q: number): number {
    return this.quantile(q, (i) => this.stayMs(i));
  }

  /** Share of those that got in who waited longer than this (units). */
  waitedLongerRatio(units: number): number {
    const limitMs = units * this.options.unitMs;
    return this.sumOver((i) => (this.waitMs(i) > limitMs ? 1 : 0)) / this.served;
  }

  /** Served per unit of time. */
  get throughput(): number {
    return (this.served * this.options.unitMs) / this.lengthMs;
  }

  /** Averages over time, not over requests. */
  get meanInSystem(): number {
    return this.overlapMs(this.dueMs, this.doneMs) / this.lengthMs;
  }

  get meanWaiting(): number {
    return this.overlapMs(this.dueMs, this.sentMs) / this.lengthMs;
  }

  get busyRatio(): number {
    return this.overlapMs(this.sentMs, this.doneMs) / this.lengthMs / this.options.servers;
  }

  /** Share of the time with exactly n in the system, n < MANY. */
  inSystemRatio(n: number): number {
    this.shares ??= this.inSystemRatios();
    return this.shares[n]!;
  }

  /** Share of the time with n or more, n <= MANY. */
  atLeastRatio(n: number): number {
    this.shares ??= this.inSystemRatios();
    return this.shares.slice(n).reduce((sum, share) => sum + share, 0);
  }

  /** For n = 0, 1, …; from MANY on all in the last place. */
  private inSystemRatios(): number[] {
    const { fromMs, toMs } = this.options;
    const came = this.dueMs.values().slice().sort();
    const left = this.doneMs.values();
    const spentMs: number[] = new Array(MANY + 1).fill(0);
    let atMs = 0;
    let gone = 0;
    let here = 0;
    const until = (nextMs: number): void => {
      const overlapMs = Math.min(nextMs, toMs) - Math.max(atMs, fromMs);
      const n = Math.min(here, MANY);
      if (overlapMs > 0) spentMs[n] = spentMs[n]! + overlapMs;
      atMs = nextMs;
    };
    for (const dueMs of came) {
      for (; gone < left.length && left[gone]! <= dueMs; here--) until(left[gone++]!);
      until(dueMs);
      here++;
    }
    for (; gone < left.length; here--) until(left[gone++]!);
    until(toMs);
    return spentMs.map((ms) => ms / this.lengthMs);
  }

  /** How many wait over the end of each window into the next. */
  carriedOver(): number[] {
    const { fromMs, toMs, windowMs } = this.options;
    const carried: number[] = new Array(Math.floor((toMs - fromMs) / windowMs)).fill(0);
    const due = this.dueMs.values();
    const sent = this.sentMs.values();
    for (let i = 0; i < due.length; i++) {
      const last = Math.floor((sent[i]! - fromMs) / windowMs);
      for (let k = Math.floor((due[i]! - fromMs) / windowMs) + 1; k <= last; k++) {
        if (k >= 0 && k < carried.length) carried[k] = carried[k]! + 1;
      }
    }
    return carried;
  }

  private get lengthMs(): number {
    return this.options.toMs - this.options.fromMs;
  }

  private counts(dueMs: number): boolean {
    return dueMs >= this.options.fromMs && dueMs < this.options.toMs;
  }

  private waitMs(i: number): number {
    return this.sentMs.values()[i]! - this.dueMs.values()[i]!;
  }

  private stayMs(i: number): number {
    return this.doneMs.values()[i]! - this.dueMs.values()[i]!;
  }

  private sumOver(value: (i: number) => number): number {
    const due = this.dueMs.values();
    let sum = 0;
    for (let i = 0; i < due.length; i++) if (this.counts(due[i]!)) sum += value(i);
    return sum;
  }

  /** Nearest rank. */
  private quantile(q: number, valueMs: (i: number) => number): number {
    const due = this.dueMs.values();
    const sorted = new Float64Array(due.length);
    let n = 0;
    for (let i = 0; i < due.length; i++) if (this.counts(due[i]!)) sorted[n++] = valueMs(i);
    return sorted.subarray(0, n).sort()[Math.ceil(q * n) - 1]! / this.options.unitMs;
  }

  /** Time that requests spent between two of their instants within the window, all together. */
  private overlapMs(begin: Column, end: Column): number {
    const { fromMs, toMs } = this.options;
    const begins = begin.values();
    const ends = end.values();
    let sum = 0;
    for (let i = 0; i < begins.length; i++) sum += Math.max(0, Math.min(ends[i]!, toMs) - Math.max(begins[i]!, fromMs));
    return sum;
  }
}

/** Numbers one after the other, as many as come. */
class Column {
  private room = new Float64Array(1 << 16);
  private size = 0;
  private view: Float64Array | null = null;

  push(value: number): void {
    if (this.size === this.room.length) {
      const wider = new Float64Array(2 * this.size);
      wider.set(this.room);
      this.room = wider;
    }
    this.room[this.size++] = value;
    this.view = null;
  }

  values(): Float64Array {
    this.view ??= this.room.subarray(0, this.size);
    return this.view;
  }
}
