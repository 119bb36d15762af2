/**
 * Requests that wait for their turn: by priority, then by order of arrival, which is also the order of due instants. Four children
 * to a node, turns in a typed array, so that finding one's place touches no request.
 */
import type { Pending } from './pending.ts';

export class PendingHeap {
  size = 0;
  private turns = new Float64Array(64);
  private readonly items: (Pending | null)[] = [];

  /** The first in line; there is one when `size` is not 0. */
  first(): Pending {
    return this.items[0]!;
  }

  push(pending: Pending): void {
    let i = this.size++;
    if (i === this.turns.length) this.grow();
    const { turns, items } = this;
    const { turn } = pending;
    while (i > 0) {
      const parent = (i - 1) >> 2;
      if (turns[parent]! <= turn) break;
      turns[i] = turns[parent]!;
      items[i] = items[parent]!;
      i = parent;
    }
    turns[i] = turn;
    items[i] = pending;
  }

  pop(): Pending {
    const { turns, items } = this;
    const first = items[0]!;
    const n = --this.size;
    const turn = turns[n]!;
    const last = items[n]!;
    items[n] = null;
    if (n === 0) return first;
    let i = 0;
    for (;;) {
      let least = 4 * i + 1;
      if (least >= n) break;
      const end = Math.min(least + 4, n);
      for (let child = least + 1; child < end; child++) if (turns[child]! < turns[least]!) least = child;
      if (turn <= turns[least]!) break;
      turns[i] = turns[least]!;
      items[i] = items[least]!;
      i = least;
    }
    turns[i] = turn;
    items[i] = last;
    return first;
  }

  private grow(): void {
    const turns = new Float64Array(this.turns.length * 2);
    turns.set(this.turns);
    this.turns = turns;
  }
}
