/**
 * Open things in the order in which they began, and alarms that ring for each the same time after it began, if it is still open.
 * Most end long before: an alarm is posted for the first alone, and looks who is first now when its instant comes.
 */
import type { Clock, Task } from '../model/clock.ts';

export interface Linked<T> {
  previous: T | null;
  next: T | null;
}

export class Line<T extends Linked<T>> {
  first: T | null = null;
  private last: T | null = null;
  private readonly alarms: readonly Alarm<T>[];

  constructor(alarms: readonly Alarm<T>[]) {
    this.alarms = alarms;
  }

  /** It begins now: none in line began later. */
  append(item: T): void {
    const { last } = this;
    item.previous = last;
    item.next = null;
    if (last === null) this.first = item;
    else last.next = item;
    this.last = item;
    for (let i = 0; i < this.alarms.length; i++) this.alarms[i]!.began(item);
  }

  remove(item: T): void {
    const { previous, next } = item;
    for (let i = 0; i < this.alarms.length; i++) this.alarms[i]!.removed(item);
    if (previous === null) this.first = next;
    else previous.next = next;
    if (next === null) this.last = previous;
    else next.previous = previous;
    item.previous = item.next = null;
  }
}

export class Alarm<T extends Linked<T>> implements Task {
  private readonly clock: Clock;
  private readonly rank: number;
  private readonly delayMs: number;
  private readonly beganAtMs: (item: T) => number;
  private readonly ring: (item: T, atMs: number) => void;
  /** The first in line for which it has not rung. */
  private awaited: T | null = null;
  private isPosted = false;

  constructor(clock: Clock, rank: number, delayMs: number, beganAtMs: (item: T) => number, ring: (item: T, atMs: number) => void) {
    this.clock = clock;
    this.rank = rank;
    this.delayMs = delayMs;
    this.beganAtMs = beganAtMs;
    this.ring = ring;
  }

  began(item: T): void {
    if (this.awaited !== null) return;
    this.awaited = item;
    if (!this.isPosted) this.post(item);
  }

  removed(item: T): void {
    if (this.awaited === item) this.awaited = item.next;
  }

  fire(atMs: number): void {
    this.isPosted = false;
    const item = this.awaited;
    if (item === null) return;
    if (this.beganAtMs(item) + this.delayMs > atMs) {
      this.post(item);
      return;
    }
    this.awaited = item.next;
    if (item.next !== null) this.post(item.next);
    this.ring(item, atMs);
  }

  private post(item: T): void {
    this.isPosted = true;
    this.clock.at(this.beganAtMs(item) + this.delayMs, this.rank, this);
  }
}
