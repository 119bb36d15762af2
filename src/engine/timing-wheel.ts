/**
 * Tasks by (instant, rank, order of posting) in constant time each: two wheels of 1,024 slots, of a millisecond and of 1,024 ms,
 * and a heap for what no slot can hold. No task in a slot is ever compared with another.
 *
 * The wheels are aligned: the inner one is the block of 1,024 ms that the present instant lies in, the outer one the span of 1,024
 * blocks. When a block begins, its slot is poured into the inner wheel; when a millisecond begins, its slot is poured into one list
 * for each rank. All lists are first in, first out, and nothing can be posted straight into a block that has not been poured, so
 * order of posting survives every pouring.
 *
 * Instants beyond the present span (17.5 minutes, aligned) and fractions of a ms wait in the heap until they are due, at O(log n):
 * what is days off costs no slot. Where heap and wheel hold the same instant, what the heap holds was posted first.
 *
 * Source: Varghese and Lauck, Hashed and hierarchical timing wheels, SOSP 1987, scheme 7.
 */
import type { Task } from '../model/clock.ts';
import { EventHeap } from './event-heap.ts';
import { Slots } from './slots.ts';

const SLOT_BITS = 10;
const SLOTS = 1 << SLOT_BITS;
const SPAN_MS = SLOTS * SLOTS;

/** Ranks from here on share the last lane, in order of rank. */
const LAST_LANE = 31;
/** Higher ranks are equal, as they are to the heap. */
const RANK_MAX = 2 ** 19;

export class TimingWheel {
  size = 0;
  /** The instant of the task taken last. */
  nowMs = 0;
  private spanStartMs = 0;
  /** The block of the span that the inner wheel shows. */
  private block = 0;
  private readonly inner = new Slots(SLOTS);
  private readonly outer = new Slots(SLOTS);
  /** Tasks of the present instant, by rank. */
  private readonly lanes = new Slots(LAST_LANE + 1);
  private readonly outside = new EventHeap();
  /** When the first of those is due. */
  private outsideAtMs = Infinity;

  // A task waits as a node, a number: its successor in its list, its ms of the span, its rank. 0 is no node.
  private next = new Int32Array(256);
  private offset = new Int32Array(256);
  private rank = new Int32Array(256);
  private readonly tasks: (Task | null)[] = [null];
  private free = 0;

  /** @param atMs not before `nowMs` */
  push(atMs: number, rank: number, task: Task): void {
    this.size++;
    if (atMs === this.nowMs) {
      this.ready(this.node(0, rank, task));
      return;
    }
    const offset = atMs - this.spanStartMs;
    if (offset >= SPAN_MS || (offset | 0) !== offset) {
      this.outside.push(atMs, rank, task);
      this.outsideAtMs = this.outside.nextAtMs();
      return;
    }
    const node = this.node(offset, rank, task);
    const block = offset >> SLOT_BITS;
    if (block === this.block) this.inner.append(offset & (SLOTS - 1), node, this.next);
    else this.outer.append(block, node, this.next);
  }

  /** Whether a task of the first rank is left of the present instant. */
  get hasCompletion(): boolean {
    return this.lanes.has(0);
  }

  /** Takes the first task and goes to its instant. There is one when `size` is not 0. */
  pop(): Task {
    this.size--;
    const node = this.lanes.isEmpty ? this.advance() : this.firstReady();
    this.next[node] = this.free;
    this.free = node;
    return this.tasks[node]!;
  }

  private firstReady(): number {
    const { lanes } = this;
    return lanes.shift(lanes.first(), this.next);
  }

  /** Goes to the next instant for which anything is posted. @returns the first node of it */
  private advance(): number {
    const { inner, outer, spanStartMs } = this;
    if (inner.isEmpty) {
      const block = outer.first();
      if (block < 0 || this.outsideAtMs < spanStartMs + (block << SLOT_BITS)) {
        this.takeOutside();
        return this.firstReady();
      }
      this.block = block;
      this.pourBlock(outer.clear(block));
    }
    const slot = inner.first();
    const atMs = spanStartMs + ((this.block << SLOT_BITS) | slot);
    if (this.outsideAtMs <= atMs) {
      this.takeOutside();
      if (this.nowMs !== atMs) return this.firstReady();
    }
    this.nowMs = atMs;
    const last = inner.clear(slot);
    if (this.next[last] === last && this.lanes.isEmpty) return last;
    this.pourSlot(last);
    return this.firstReady();
  }

  private pourBlock(last: number): void {
    const { next, inner, offset } = this;
    let node = 0;
    let following = next[last]!;
    do {
      node = following;
      following = next[node]!;
      inner.append(offset[node]! & (SLOTS - 1), node, next);
    } while (node !== last);
  }

  private pourSlot(last: number): void {
    const { next } = this;
    let node = 0;
    let following = next[last]!;
    do {
      node = following;
      following = next[node]!;
      this.ready(node);
    } while (node !== last);
  }

  /** What the heap holds for its first instant; a new span begins where there is nothing left in the one before. */
  private takeOutside(): void {
    const { outside } = this;
    const atMs = outside.nextAtMs();
    this.nowMs = atMs;
    this.spanStartMs = Math.floor(atMs / SPAN_MS) * SPAN_MS;
    this.block = Math.floor(atMs - this.spanStartMs) >> SLOT_BITS;
    while (outside.nextAtMs() === atMs) this.ready(this.node(0, outside.nextRank(), outside.pop()));
    this.outsideAtMs = outside.nextAtMs();
  }

  /** It is due now: behind those of its rank. */
  private ready(node: number): void {
    const rank = this.rank[node]!;
    if (rank < LAST_LANE) this.lanes.append(rank, node, this.next);
    else this.lanes.insert(LAST_LANE, node, this.next, this.rank);
  }

  private node(offset: number, rank: number, task: Task): number {
    let node = this.free;
    if (node !== 0) this.free = this.next[node]!;
    else {
      node = this.tasks.length;
      if (node === this.next.length) this.grow();
    }
    this.tasks[node] = task;
    this.offset[node] = offset;
    this.rank[node] = rank < RANK_MAX ? rank : RANK_MAX;
    return node;
  }

  private grow(): void {
    this.next = doubled(this.next);
    this.offset = doubled(this.offset);
    this.rank = doubled(this.rank);
  }
}

function doubled(old: Int32Array): Int32Array<ArrayBuffer> {
  const array = new Int32Array(old.length * 2);
  array.set(old);
  return array;
}
