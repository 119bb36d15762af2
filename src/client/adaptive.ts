/** Concurrency that finds its own level: one more for each round without trouble, half at a 429, 503 or timeout. */
import type { Reply } from '../model/reply.ts';

export class Adaptive {
  private readonly min: number;
  private readonly max: number;
  private level: number;

  constructor({ min, max }: { readonly min: number; readonly max: number }) {
    this.min = min;
    this.max = max;
    this.level = min;
  }

  get slots(): number {
    return Math.floor(this.level);
  }

  ended(reply: Reply): void {
    if (reply.kind === 'image' || reply.kind === 'blocked') this.level = Math.min(this.max, this.level + 1 / this.level);
    else if (reply.kind === 'silence' || reply.httpStatus === 429 || reply.httpStatus >= 500)
      this.level = Math.max(this.min, this.level / 2);
  }
}
