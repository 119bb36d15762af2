/**
 * Numbered slots, each a list of nodes, and which of them are not empty. A list is a ring through `next`, known by its last node, so
 * that one number reaches both ends; nodes are numbers from 1 on, kept by whoever owns them.
 */

const WORD_BITS = 5;

export class Slots {
  private readonly last: Int32Array;
  /** A bit for each slot that is not empty, and one for each word that is not 0. */
  private readonly words: Int32Array;
  private summary = 0;

  /** @param count at most 1,024 */
  constructor(count: number) {
    this.last = new Int32Array(count);
    this.words = new Int32Array((count + 31) >> WORD_BITS);
  }

  get isEmpty(): boolean {
    return this.summary === 0;
  }

  has(slot: number): boolean {
    return this.last[slot] !== 0;
  }

  /** The lowest that is not empty; -1: none. */
  first(): number {
    const { summary } = this;
    if (summary === 0) return -1;
    const word = lowestBit(summary);
    return (word << WORD_BITS) | lowestBit(this.words[word]!);
  }

  append(slot: number, node: number, next: Int32Array): void {
    const last = this.last[slot]!;
    if (last === 0) {
      next[node] = node;
      const word = slot >> WORD_BITS;
      this.words[word] = this.words[word]! | (1 << slot);
      this.summary |= 1 << word;
    } else {
      next[node] = next[last]!;
      next[last] = node;
    }
    this.last[slot] = node;
  }

  /** Behind those whose key is not greater. */
  insert(slot: number, node: number, next: Int32Array, key: Int32Array): void {
    const last = this.last[slot]!;
    if (last === 0 || key[last]! <= key[node]!) {
      this.append(slot, node, next);
      return;
    }
    let before = last;
    while (key[next[before]!]! <= key[node]!) before = next[before]!;
    next[node] = next[before]!;
    next[before] = node;
  }

  /** Takes the first node of a slot that is not empty. */
  shift(slot: number, next: Int32Array): number {
    const last = this.last[slot]!;
    const node = next[last]!;
    if (node === last) this.clear(slot);
    else next[last] = next[node]!;
    return node;
  }

  /** Empties it. @returns the last node of what it held, a ring */
  clear(slot: number): number {
    const last = this.last[slot]!;
    this.last[slot] = 0;
    const word = slot >> WORD_BITS;
    const left = this.words[word]! & ~(1 << slot);
    this.words[word] = left;
    if (left === 0) this.summary &= ~(1 << word);
    return last;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
