/** Windows of the day in which requests may be sent; outside of them everything waits. */
import type { AllowedWindow } from '../model/scenario.ts';
import { DAY_MS, MINUTE_MS } from '../model/time.ts';
import { wallMinute } from '../quota/calendar.ts';

export class Schedule {
  private readonly windows: readonly AllowedWindow[];
  private readonly startAtMs: number;
  private openUntilMs = -Infinity;
  private closedUntilMs = -Infinity;

  /** @param startAtMs epoch ms of the run's instant 0 */
  constructor(windows: readonly AllowedWindow[], startAtMs: number) {
    this.windows = windows;
    this.startAtMs = startAtMs;
  }

  /** The first instant >= atMs, in ms of the run, at which a window is open. */
  opensAtMs(atMs: number): number {
    if (atMs < this.openUntilMs) return atMs;
    if (atMs < this.closedUntilMs) return this.closedUntilMs;
    const isOpen = this.holds(atMs);
    const changesMs = this.changeAfter(atMs, isOpen);
    if (isOpen) this.openUntilMs = changesMs;
    else this.closedUntilMs = changesMs;
    return isOpen ? atMs : changesMs;
  }

  private holds(atMs: number): boolean {
    return this.windows.some(({ fromMinute, toMinute, zone }) => {
      const minute = wallMinute(this.startAtMs + atMs, zone);
      if (fromMinute === toMinute) return true;
      return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
    });
  }

  /** Windows open and close at whole minutes of the wall clock, so it looks at each that may be one, two days at most. */
  private changeAfter(atMs: number, isOpen: boolean): number {
    const lastMs = atMs + 2 * DAY_MS;
    for (let nextMs = this.mayChangeAfter(atMs); nextMs < lastMs; nextMs = this.mayChangeAfter(nextMs))
      if (this.holds(nextMs) !== isOpen) return nextMs;
    return isOpen ? lastMs : Infinity;
  }

  /** The next whole minute, or a later one if until then no window begins or ends, not even where clocks are put forward. */
  private mayChangeAfter(atMs: number): number {
    const minutes = this.windows.flatMap(({ fromMinute, toMinute, zone }) => {
      const minute = wallMinute(this.startAtMs + atMs, zone);
      return [fromMinute, toMinute].map((edge) => (edge - minute - 1 + DAY_MINUTES) % DAY_MINUTES);
    });
    const skipped = Math.max(0, Math.min(...minutes) - CLOCK_CHANGE_MAX_MINUTES);
    return atMs + (1 + skipped) * MINUTE_MS - ((this.startAtMs + atMs) % MINUTE_MS);
  }
}

const DAY_MINUTES = DAY_MS / MINUTE_MS;
/** Troll station puts its clocks forward by two hours; no zone of the database does more at one time, but for whole days skipped. */
const CLOCK_CHANGE_MAX_MINUTES = 120;
