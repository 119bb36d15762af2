/** Requests that wait for their turn: by priority, then by order of arrival, which is also the order of due instants. */
import type { Pending } from './pending.ts';

export class PendingHeap {
  size = 0;
  private readonly items: Pending[] = [];

  /** The first in line; there is one when `size` is not 0. */
  first(): Pending {
    return this.items[0]!;
  }

  push(pending: Pending): void {
    const items = this.items;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (items[parent]!.turn <= pending.turn) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = pending;
  }

  pop(): Pending {
    const items = this.items;
    const first = items[0]!;
    const n = --this.size;
    const last = items[n]!;
    items.length = n;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= n) break;
      if (child + 1 < n && items[child + 1]!.turn < items[child]!.turn) child++;
      if (last.turn <= items[child]!.turn) break;
      items[i] = items[child]!;
      i = child;
    }
    if (n > 0) items[i] = last;
    return first;
  }
}
