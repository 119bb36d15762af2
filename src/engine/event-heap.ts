/** A binary heap of tasks by (instant, rank, order of posting), in typed arrays. */
import type { Task } from '../model/clock.ts';

/** Ranks and sequence numbers share one double: ranks up to 1e6, 2^33 events. */
const RANK_STEP = 2 ** 33;
const RANK_MAX = 2 ** 19;

export class EventHeap {
  size = 0;
  private atMs = new Float64Array(256);
  private order = new Float64Array(256);
  private readonly tasks: (Task | null)[] = new Array(256).fill(null);
  private posted = 0;

  push(atMs: number, rank: number, task: Task): void {
    let i = this.size++;
    if (i === this.atMs.length) this.grow();
    const times = this.atMs;
    const orders = this.order;
    const tasks = this.tasks;
    const order = (rank < RANK_MAX ? rank : RANK_MAX) * RANK_STEP + this.posted++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const parentAt = times[parent]!;
      if (parentAt < atMs || (parentAt === atMs && orders[parent]! < order)) break;
      times[i] = parentAt;
      orders[i] = orders[parent]!;
      tasks[i] = tasks[parent]!;
      i = parent;
    }
    times[i] = atMs;
    orders[i] = order;
    tasks[i] = task;
  }

  /** Instant of the next task; Infinity when there is none. */
  nextAtMs(): number {
    return this.size === 0 ? Infinity : this.atMs[0]!;
  }

  /** Whether a task of this instant and of the first rank is next. */
  hasCompletionAt(atMs: number): boolean {
    return this.size > 0 && this.atMs[0] === atMs && this.order[0]! < RANK_STEP;
  }

  /** Rank of the next task; meaningless when there is none. */
  nextRank(): number {
    return Math.floor(this.order[0]! / RANK_STEP);
  }

  pop(): Task {
    const times = this.atMs;
    const orders = this.order;
    const tasks = this.tasks;
    const first = tasks[0]!;
    const n = --this.size;
    const atMs = times[n]!;
    const order = orders[n]!;
    const last = tasks[n]!;
    tasks[n] = null;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= n) break;
      const right = child + 1;
      if (right < n && (times[right]! < times[child]! || (times[right]! === times[child]! && orders[right]! < orders[child]!))) child = right;
      const childAt = times[child]!;
      if (atMs < childAt || (atMs === childAt && order < orders[child]!)) break;
      times[i] = childAt;
      orders[i] = orders[child]!;
      tasks[i] = tasks[child]!;
      i = child;
    }
    if (n > 0) {
      times[i] = atMs;
      orders[i] = order;
      tasks[i] = last;
    }
    return first;
  }

  private grow(): void {
    const double = (from: Float64Array): Float64Array => {
      const to = new Float64Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.atMs = double(this.atMs) as Float64Array<ArrayBuffer>;
    this.order = double(this.order) as Float64Array<ArrayBuffer>;
  }
}
