/** Calls to paths that the mock does not serve: what a client would have found at Google and does not find here. */
import type { UnroutedCall } from '../model/mock-summary.ts';

const PATHS_MAX = 100;
const PATH_CHARS_MAX = 200;

export class Unrouted {
  calls = 0;
  private readonly byCall = new Map<string, { method: string; path: string; calls: number }>();

  note(method: string, whole: string): void {
    this.calls += 1;
    const path = whole.replace(/[?#].*$/s, '').slice(0, PATH_CHARS_MAX);
    const name = `${method} ${path}`;
    const known = this.byCall.get(name);
    if (known) known.calls += 1;
    else if (this.byCall.size < PATHS_MAX) this.byCall.set(name, { method, path, calls: 1 });
  }

  /** In the order of first calls; at most 100. */
  list(): readonly UnroutedCall[] {
    return [...this.byCall.values()].map((call) => ({ ...call }));
  }
}
