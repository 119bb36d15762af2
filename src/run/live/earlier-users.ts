/** Who asked for what in a run that broke off, where users ask again when they are answered. */
import type { EarlierDue, Past } from '../../engine/past.ts';
import type { DueRow } from '../../model/rows.ts';

interface Job extends EarlierDue {
  readonly requests: number[];
}

export class EarlierUsers {
  private readonly byPlace = new Map<string, Job>();
  private readonly told = new Set<number>();
  private requests = 0;
  private jobs = 0;

  add({ traffic, user, nth, job, request }: DueRow): void {
    const place = placeOf(traffic, user, nth);
    const known = this.byPlace.get(place);
    if (known) known.requests.push(request);
    else this.byPlace.set(place, { job, requests: [request] });
    this.told.add(request);
    this.requests = Math.max(this.requests, request + 1);
    this.jobs = Math.max(this.jobs, job + 1);
  }

  /** Whether it is known who asked for it. */
  knows(request: number): boolean {
    return this.told.has(request);
  }

  past(): NonNullable<Past['users']> {
    return {
      requests: this.requests,
      jobs: this.jobs,
      due: (traffic, user, nth) => this.byPlace.get(placeOf(traffic, user, nth)),
    };
  }
}

function placeOf(traffic: string, user: number | null, nth: number): string {
  return `${user} ${nth} ${traffic}`;
}
