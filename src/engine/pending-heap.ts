/**
 * Requests that wait for their turn: by priority, then by order of arrival, which is also the order of due instants. Four children
 * to a node, in typed arrays. Only numbers move; requests stay in their slots, since moving references costs a write barrier each.
 */
import type { Pending } from './pending.ts';

export class PendingHeap {
  size = 0;
  private turns = new Float64Array(64);
  private slots = new Int32Array(64);
  private readonly items: (Pending | null)[] = [];
  private readonly freeSlots: number[] = [];

  /** The first in line; there is one when `size` is not 0. */
  first(): Pending {
    return this.items[this.slots[0]!]!;
  }

  push(pending: Pending): void {
    let i = this.size++;
    if (i === this.turns.length) this.grow();
    const { turns, slots } = this;
    const { turn } = pending;
    const slot = this.freeSlots.length > 0 ? this.freeSlots.pop()! : this.items.length;
    this.items[slot] = pending;
    while (i > 0) {
      const parent = (i - 1) >> 2;
      if (turns[parent]! <= turn) break;
      turns[i] = turns[parent]!;
      slots[i] = slots[parent]!;
      i = parent;
    }
    turns[i] = turn;
    slots[i] = slot;
  }

  pop(): Pending {
    const { turns, slots, items } = this;
    const freed = slots[0]!;
    const first = items[freed]!;
    items[freed] = null;
    this.freeSlots.push(freed);
    const n = --this.size;
    const turn = turns[n]!;
    const slot = slots[n]!;
    let i = 0;
    for (;;) {
      let least = 4 * i + 1;
      if (least >= n) break;
      const end = Math.min(least + 4, n);
      let leastTurn = turns[least]!;
      for (let child = least + 1; child < end; child++) {
        const childTurn = turns[child]!;
        if (childTurn >= leastTurn) continue;
        least = child;
        leastTurn = childTurn;
      }
      if (turn <= leastTurn) break;
      turns[i] = leastTurn;
      slots[i] = slots[least]!;
      i = least;
    }
    turns[i] = turn;
    slots[i] = slot;
    return first;
  }

  private grow(): void {
    const turns = new Float64Array(this.turns.length * 2);
    const slots = new Int32Array(this.slots.length * 2);
    turns.set(this.turns);
    slots.set(this.slots);
    this.turns = turns;
    this.slots = slots;
  }
}
