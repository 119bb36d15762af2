/**
 * Exact nearest-rank percentiles of whole milliseconds. The first values are kept as they are; many are kept as counts, which
 * grow with their spread and not with how many there are, in pages of 1,024 counters that exist only where a value fell.
 */

const PAGE_BITS = 10;
const PAGE_SIZE = 1 << PAGE_BITS;
/** So many are cheaper as a list: pages of a few values each cost more to look through than to sort them. */
const LISTED_MAX = 1 << 16;
/** Values beyond this (18 hours) are kept one by one in a map. */
const PAGED_MAX = 2 ** 26;

export interface Distribution {
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
  readonly mean: number | null;
}

export class Tally {
  count = 0;
  private sum = 0;
  private maximum = -Infinity;
  /** null: there are too many for a list. */
  private list: Uint32Array | null = new Uint32Array(16);
  private listed = 0;
  private isSorted = true;
  private readonly pages: (Uint32Array | undefined)[] = [];
  private far: Map<number, number> | null = null;
  private readonly listedMax: number;

  /** @param listedMax how many are kept as they are; a power of two from 16 on */
  constructor(listedMax: number = LISTED_MAX) {
    this.listedMax = listedMax;
  }

  /** @param valueMs whole and not negative */
  add(valueMs: number): void {
    this.count++;
    this.sum += valueMs;
    if (valueMs > this.maximum) this.maximum = valueMs;
    if (valueMs >= PAGED_MAX) {
      this.far ??= new Map();
      this.far.set(valueMs, (this.far.get(valueMs) ?? 0) + 1);
      return;
    }
    if (this.list === null) this.page(valueMs);
    else this.append(this.list, valueMs);
  }

  private append(list: Uint32Array, valueMs: number): void {
    this.isSorted = false;
    if (this.listed < list.length) {
      list[this.listed++] = valueMs;
      return;
    }
    if (this.listed === this.listedMax) {
      this.spill();
      this.page(valueMs);
      return;
    }
    this.list = new Uint32Array(list.length * 2);
    this.list.set(list);
    this.list[this.listed++] = valueMs;
  }

  private page(valueMs: number): void {
    const index = valueMs >>> PAGE_BITS;
    let page = this.pages[index];
    if (page === undefined) {
      page = new Uint32Array(PAGE_SIZE);
      this.pages[index] = page;
    }
    const offset = valueMs & (PAGE_SIZE - 1);
    page[offset] = page[offset]! + 1;
  }

  /** From a list to counts. */
  private spill(): void {
    const values = this.values();
    this.list = null;
    this.listed = 0;
    for (let i = 0; i < values.length; i++) this.page(values[i]!);
  }

  /** In one piece where the list has room for all of them. */
  private takeOver(values: Uint32Array): void {
    if (this.list !== null && this.listed + values.length > this.listedMax) this.spill();
    if (this.list === null) {
      for (let i = 0; i < values.length; i++) this.page(values[i]!);
      return;
    }
    let size = this.list.length;
    while (size < this.listed + values.length) size *= 2;
    if (size > this.list.length) {
      const longer = new Uint32Array(size);
      longer.set(this.list);
      this.list = longer;
    }
    this.list.set(values, this.listed);
    this.listed += values.length;
    if (values.length > 0) this.isSorted = false;
  }

  private values(): Uint32Array {
    return this.list === null ? new Uint32Array(0) : this.list.subarray(0, this.listed);
  }

  addAll(other: Tally): void {
    this.count += other.count;
    this.sum += other.sum;
    if (other.maximum > this.maximum) this.maximum = other.maximum;
    if (other.list === null && this.list !== null) this.spill();
    this.takeOver(other.values());
    other.pages.forEach((page, index) => {
      if (!page) return;
      const own = this.pages[index];
      if (!own) this.pages[index] = page.slice();
      else for (let i = 0; i < PAGE_SIZE; i++) own[i] = own[i]! + page[i]!;
    });
    if (other.far) {
      this.far ??= new Map();
      for (const [value, count] of other.far) this.far.set(value, (this.far.get(value) ?? 0) + count);
    }
  }

  /** The values of this one less those of another, all of which it has. */
  without(other: Tally): Tally {
    return this.list === null || other.list === null ? this.countsWithout(other) : this.listWithout(other);
  }

  private listWithout(other: Tally): Tally {
    const rest = new Tally();
    const taken = other.sorted();
    let k = 0;
    const values = this.sorted();
    for (let i = 0; i < values.length; i++) {
      if (k < taken.length && taken[k] === values[i]) k++;
      else rest.add(values[i]!);
    }
    for (const [value, count] of this.far ?? []) for (let left = count - (other.far?.get(value) ?? 0); left > 0; left--) rest.add(value);
    return rest;
  }

  private countsWithout(other: Tally): Tally {
    const rest = new Tally();
    rest.addAll(this);
    rest.count -= other.count;
    rest.sum -= other.sum;
    if (rest.list !== null) rest.spill();
    const taken = other.values();
    for (let i = 0; i < taken.length; i++) rest.take(taken[i]!);
    other.pages.forEach((page, index) => {
      const own = rest.pages[index];
      if (page && own) for (let i = 0; i < PAGE_SIZE; i++) own[i] = own[i]! - page[i]!;
    });
    for (const [value, count] of other.far ?? []) rest.far?.set(value, (rest.far.get(value) ?? 0) - count);
    rest.maximum = rest.count === 0 ? -Infinity : rest.quantile(1)!;
    return rest;
  }

  private take(valueMs: number): void {
    const page = this.pages[valueMs >>> PAGE_BITS]!; // it has the value
    const offset = valueMs & (PAGE_SIZE - 1);
    page[offset] = page[offset]! - 1;
  }

  private sorted(): Uint32Array {
    const values = this.values();
    if (!this.isSorted) values.sort();
    this.isSorted = true;
    return values;
  }

  get max(): number | null {
    return this.count === 0 ? null : this.maximum;
  }

  get mean(): number | null {
    return this.count === 0 ? null : this.sum / this.count;
  }

  /** Nearest rank: the ceil(q n)-th smallest; null without values. */
  quantile(q: number): number | null {
    return this.quantiles([q])[0]!;
  }

  /** @param qs ascending, in (0, 1] */
  quantiles(qs: readonly number[]): (number | null)[] {
    if (this.count === 0) return qs.map(() => null);
    const ranks = qs.map((q) => nearestRank(q, this.count));
    const found: number[] = [];
    let seen = 0;
    const values = this.sorted();
    seen += values.length;
    while (found.length < ranks.length && ranks[found.length]! <= seen) found.push(values[ranks[found.length]! - 1]!);
    for (let index = 0; index < this.pages.length && found.length < ranks.length; index++) {
      const page = this.pages[index];
      if (!page) continue;
      for (let offset = 0; offset < PAGE_SIZE && found.length < ranks.length; offset++) {
        const here = page[offset]!;
        if (here === 0) continue;
        seen += here;
        while (found.length < ranks.length && ranks[found.length]! <= seen) found.push(index * PAGE_SIZE + offset);
      }
    }
    for (const [value, count] of [...(this.far ?? [])].sort((a, b) => a[0] - b[0])) {
      seen += count;
      while (found.length < ranks.length && ranks[found.length]! <= seen) found.push(value);
    }
    return found;
  }

  distribution(): Distribution {
    const [p50, p90, p95, p99] = this.quantiles([0.5, 0.9, 0.95, 0.99]) as [number | null, number | null, number | null, number | null];
    return { p50, p90, p95, p99, max: this.max, mean: this.mean === null ? null : Math.round(this.mean) };
  }
}

/** Rank, from 1, of the q-quantile among n values: ceil(q n), safe against 0.95 * 20 = 19.000000000000004. */
export function nearestRank(q: number, n: number): number {
  return Math.max(1, Math.min(n, Math.ceil(Number((q * n).toPrecision(12)))));
}
