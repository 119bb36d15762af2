/** Time that jumps to the next event. */
import type { Task, VirtualClock } from '../model/clock.ts';
import { EventHeap } from './event-heap.ts';

export function virtualClock(): VirtualClock {
  return new JumpingClock();
}

class JumpingClock implements VirtualClock {
  nowMs = 0;
  private readonly heap = new EventHeap();
  private stopped = false;
  private held = 0;
  private released: (() => void) | null = null;

  at(atMs: number, rank: number, task: Task): void {
    this.heap.push(atMs < this.nowMs ? this.nowMs : atMs, rank, task);
  }

  stop(): void {
    this.stopped = true;
  }

  run(): void {
    const heap = this.heap;
    while (heap.size > 0 && !this.stopped) this.fireNext(heap);
  }

  /** No event is popped while anything holds the clock, not even one of the same instant. */
  hold(): () => void {
    this.held++;
    let holding = true;
    return () => {
      if (!holding) return;
      holding = false;
      if (--this.held === 0) this.released?.();
    };
  }

  async runHeld(): Promise<void> {
    while (!this.stopped) {
      if (this.held > 0) {
        await new Promise<void>((resolve) => {
          this.released = resolve;
        });
        this.released = null;
      } else if (this.heap.size > 0) this.fireNext(this.heap);
      else return;
    }
  }

  private fireNext(heap: EventHeap): void {
    const atMs = heap.nextAtMs();
    this.nowMs = atMs;
    heap.pop().fire(atMs);
  }
}
