/** Time that jumps to the next event. */
import { RANK, type Task, type VirtualClock } from '../model/clock.ts';
import { smallInteger } from '../model/small-integer.ts';
import { EventHeap } from './event-heap.ts';

export function virtualClock(): VirtualClock {
  return new JumpingClock();
}

class JumpingClock implements VirtualClock {
  nowMs = 0;
  private readonly heap = new EventHeap();
  /** Arrivals have a heap of their own, of a place for each entry: they would sift through everything in flight. */
  private readonly arrivals = new EventHeap();
  /** Answers of this very instant, such as refusals: in order of posting, behind those the heap has for it. */
  private readonly answers: Task[] = [];
  private answerCount = 0;
  private nextAnswer = 0;
  private stopped = false;
  private held = 0;
  private released: (() => void) | null = null;

  at(atMs: number, rank: number, task: Task): void {
    if (rank === RANK.completion && atMs <= this.nowMs) this.answers[this.answerCount++] = task;
    else (rank < RANK.arrival ? this.heap : this.arrivals).push(atMs < this.nowMs ? this.nowMs : atMs, rank, task);
  }

  stop(): void {
    this.stopped = true;
  }

  run(): void {
    const { heap, arrivals } = this;
    while (!this.stopped && this.hasNext) this.fireNext(heap, arrivals);
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
      } else if (this.hasNext) this.fireNext(this.heap, this.arrivals);
      else return;
    }
  }

  private get hasNext(): boolean {
    return this.heap.size > 0 || this.arrivals.size > 0 || this.answerCount > 0;
  }

  private fireNext(heap: EventHeap, arrivals: EventHeap): void {
    if (this.answerCount > 0 && !heap.hasCompletionAt(this.nowMs)) {
      this.fireAnswer();
      return;
    }
    const next = heap.nextAtMs() <= arrivals.nextAtMs() ? heap : arrivals;
    const atMs = smallInteger(next.nextAtMs());
    this.nowMs = atMs;
    next.pop().fire(atMs);
  }

  private fireAnswer(): void {
    const task = this.answers[this.nextAnswer++]!;
    if (this.nextAnswer === this.answerCount) this.nextAnswer = this.answerCount = 0;
    task.fire(this.nowMs);
  }
}
