/** Time that jumps to the next event. */
import { RANK, type Task, type VirtualClock } from '../model/clock.ts';
import { smallInteger } from '../model/small-integer.ts';
import { TimingWheel } from './timing-wheel.ts';

/** A few hundredths of a second. */
const EVENTS_PER_TURN = 50_000;

export function virtualClock(): VirtualClock {
  return new JumpingClock();
}

class JumpingClock implements VirtualClock {
  nowMs = 0;
  private readonly wheel = new TimingWheel();
  /** Answers of this very instant, such as refusals: in order of posting, behind those that were on their way. */
  private readonly answers: Task[] = [];
  private answerCount = 0;
  private nextAnswer = 0;
  private stopped = false;
  private held = 0;
  private released: (() => void) | null = null;

  at(atMs: number, rank: number, task: Task): void {
    if (rank === RANK.completion && atMs <= this.nowMs) this.answers[this.answerCount++] = task;
    else this.wheel.push(atMs < this.nowMs ? this.nowMs : atMs, rank, task);
  }

  stop(): void {
    this.stopped = true;
  }

  run(): void {
    const { wheel } = this;
    while (!this.isDone) this.fireNext(wheel);
  }

  async runInTurns(pause: () => Promise<void>): Promise<void> {
    const { wheel } = this;
    while (!this.isDone) {
      for (let left = EVENTS_PER_TURN; left > 0 && !this.isDone; left--) this.fireNext(wheel);
      await pause();
    }
  }

  private get isDone(): boolean {
    return this.stopped || (this.wheel.size === 0 && this.answerCount === 0);
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
      } else if (this.wheel.size > 0 || this.answerCount > 0) this.fireNext(this.wheel);
      else return;
    }
  }

  private fireNext(wheel: TimingWheel): void {
    if (this.answerCount > 0 && !wheel.hasCompletion) {
      const answer = this.answers[this.nextAnswer++]!;
      if (this.nextAnswer === this.answerCount) this.nextAnswer = this.answerCount = 0;
      answer.fire(this.nowMs);
      return;
    }
    const task = wheel.pop();
    const atMs = smallInteger(wheel.nowMs);
    this.nowMs = atMs;
    task.fire(atMs);
  }
}
