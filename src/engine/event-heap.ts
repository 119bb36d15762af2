/**
 * A heap of tasks by (instant, rank, order of posting): four children to a node, in typed arrays. Only numbers move; tasks stay
 * in their slots, since moving references costs a write barrier each.
 */
import type { Task } from '../model/clock.ts';

/** Rank and order of posting share one double: ranks up to 2^19, 2^33 events. */
const RANK_STEP = 2 ** 33;
const RANK_MAX = 2 ** 19;

export class EventHeap {
  size = 0;
  private atMs = new Float64Array(256);
  private order = new Float64Array(256);
  private slot = new Int32Array(256);
  private readonly tasks: (Task | null)[] = [];
  private readonly freeSlots: number[] = [];
  private posted = 0;

  push(atMs: number, rank: number, task: Task): void {
    let i = this.size++;
    if (i === this.atMs.length) this.grow();
    const times = this.atMs;
    const orders = this.order;
    const slots = this.slot;
    const order = (rank < RANK_MAX ? rank : RANK_MAX) * RANK_STEP + this.posted++;
    const slot = this.freeSlots.length > 0 ? this.freeSlots.pop()! : this.tasks.length;
    this.tasks[slot] = task;
    while (i > 0) {
      const parent = (i - 1) >> 2;
      const parentAt = times[parent]!;
      if (parentAt < atMs || (parentAt === atMs && orders[parent]! < order)) break;
      times[i] = parentAt;
      orders[i] = orders[parent]!;
      slots[i] = slots[parent]!;
      i = parent;
    }
    times[i] = atMs;
    orders[i] = order;
    slots[i] = slot;
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
    const slot = this.slot[0]!;
    const task = this.tasks[slot]!;
    this.freeSlots.push(slot);
    const n = --this.size;
    if (n > 0) this.sink(n);
    return task;
  }

  /** Puts what stood last in the place of the first, and down to where it belongs. */
  private sink(n: number): void {
    const times = this.atMs;
    const orders = this.order;
    const slots = this.slot;
    const atMs = times[n]!;
    const order = orders[n]!;
    const slot = slots[n]!;
    let i = 0;
    for (;;) {
      let least = 4 * i + 1;
      if (least >= n) break;
      const end = Math.min(least + 4, n);
      let leastAt = times[least]!;
      for (let child = least + 1; child < end; child++) {
        const childAt = times[child]!;
        if (childAt < leastAt || (childAt === leastAt && orders[child]! < orders[least]!)) {
          least = child;
          leastAt = childAt;
        }
      }
      if (atMs < leastAt || (atMs === leastAt && order < orders[least]!)) break;
      times[i] = leastAt;
      orders[i] = orders[least]!;
      slots[i] = slots[least]!;
      i = least;
    }
    times[i] = atMs;
    orders[i] = order;
    slots[i] = slot;
  }

  private grow(): void {
    const capacity = this.atMs.length * 2;
    const atMs = new Float64Array(capacity);
    const order = new Float64Array(capacity);
    const slot = new Int32Array(capacity);
    atMs.set(this.atMs);
    order.set(this.order);
    slot.set(this.slot);
    this.atMs = atMs;
    this.order = order;
    this.slot = slot;
  }
}
