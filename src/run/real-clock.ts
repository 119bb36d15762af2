/** Real time, or a multiple of it. Never fires early; says how late it was. */
import { Tally } from '../analysis/tally.ts';
import { EventHeap } from '../engine/event-heap.ts';
import { type Clock, RANK, type Task } from '../model/clock.ts';

export class RealClock implements Clock {
  private readonly heap = new EventHeap();
  private readonly speed: number;
  private readonly lateness = new Tally();
  private startedAt = Number.POSITIVE_INFINITY;
  private current = 0;
  private timer: NodeJS.Timeout | null = null;
  private armedForMs = Infinity;
  private immediate: NodeJS.Immediate | null = null;
  private done: (() => void) | null = null;
  private failed: ((error: unknown) => void) | null = null;
  private isStopped = false;
  private isFiring = false;
  private startedFromMs = 0;
  private isRushing = false;
  private idle: (() => void) | null = null;

  /** @param speed how many times faster than real time it runs */
  constructor(speed = 1) {
    this.speed = speed;
  }

  /** Whole ms since `start`, times the speed; stands still while an event is fired, so that one event has one instant. */
  get nowMs(): number {
    if (!this.isFiring) this.current = Math.max(this.current, this.elapsedMs);
    return this.current;
  }

  at(atMs: number, rank: number, task: Task): void {
    this.heap.push(atMs, rank, task);
    if (this.done !== null && atMs < this.armedForMs) this.arm();
  }

  stop(): void {
    this.isStopped = true;
    if (this.timer) clearTimeout(this.timer);
    if (this.immediate) clearImmediate(this.immediate);
    this.done?.();
  }

  /** Resolves when stopped; rejects when a task throws. */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.done = resolve;
      this.failed = reject;
      if (this.isStopped) resolve();
      else this.arm();
    });
  }

  /**
   * The instant that the calendar shows `fromMs`; call before anything is posted that needs `nowMs`.
   * What falls due before `fromMs` fires at once and is not late.
   */
  start(fromMs = 0): void {
    this.startedFromMs = this.current = fromMs;
    this.startedAt = performance.now() - fromMs / this.speed;
  }

  /** Nothing real is awaited any more: what is left fires at once, each at its own instant. @param idle told when nothing is left */
  rush(idle: () => void): void {
    this.isRushing = true;
    this.idle = idle;
    if (this.done !== null && !this.isFiring) this.arm();
  }

  /** How late arrivals fired, in real ms; null before the first. */
  get late(): { p50Ms: number; p99Ms: number; maxMs: number } | null {
    const [p50Ms, p99Ms] = this.lateness.quantiles([0.5, 0.99]);
    const maxMs = this.lateness.max;
    return p50Ms == null || p99Ms == null || maxMs === null ? null : { p50Ms, p99Ms, maxMs };
  }

  private arm(): void {
    if (this.isStopped) return;
    if (this.heap.size === 0) {
      if (this.isRushing) this.immediate = setImmediate(() => this.idle?.());
      return;
    }
    const nextMs = this.heap.nextAtMs();
    if (this.timer) clearTimeout(this.timer);
    if (this.immediate) clearImmediate(this.immediate);
    this.timer = this.immediate = null;
    this.armedForMs = nextMs;
    const waitMs = this.isRushing ? 0 : (nextMs - this.elapsed()) / this.speed;
    if (waitMs <= 0) this.immediate = setImmediate(this.tick);
    else this.timer = setTimeout(this.tick, Math.min(Math.ceil(waitMs), TIMER_MAX_MS));
  }

  private readonly tick = (): void => {
    this.armedForMs = Infinity;
    try {
      for (;;) {
        this.current = Math.max(this.current, Math.floor(this.elapsed()));
        if (this.isRushing && this.heap.size > 0) this.current = Math.max(this.current, this.heap.nextAtMs());
        if (this.isStopped || this.heap.nextAtMs() > this.current) break;
        const atMs = this.heap.nextAtMs();
        const rank = this.heap.nextRank();
        if (rank >= RANK.arrival && rank < CLOSING_MIN && atMs >= this.startedFromMs && !this.isRushing)
          this.lateness.add(Math.round(Math.max(0, this.elapsed() - atMs) / this.speed));
        this.isFiring = true;
        this.heap.pop().fire(atMs);
        this.isFiring = false;
      }
    } catch (error) {
      this.isFiring = false;
      this.isStopped = true;
      this.failed?.(error);
      return;
    }
    this.arm();
  };

  /** Whole ms since `start`, read now; for those that run beside the events. */
  get elapsedMs(): number {
    return Math.floor(this.elapsed());
  }

  private elapsed(): number {
    return this.startedAt === Number.POSITIVE_INFINITY ? 0 : (performance.now() - this.startedAt) * this.speed;
  }
}

/** The heap keeps ranks up to 2^19; arrivals stay far below. */
const CLOSING_MIN = 2 ** 19;
/** Longer waits overflow a timer. */
const TIMER_MAX_MS = 2 ** 30;
