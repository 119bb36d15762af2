/** The shortest time in which a batch can be done: each request at the first instant at which every bucket and a worker are free. */
import type { Admission, Costs } from '../quota/admission.ts';

export interface Batch {
  readonly requests: number;
  readonly startAtMs: number;
  /** One for each project; requests go to them in turn. Its buckets are taken from. */
  readonly admissions: readonly Admission[];
  readonly costs: Costs;
  readonly serviceMs: number;
  /** null: as many at once as quota lets through. */
  readonly concurrency: number | null;
}

export interface Makespan {
  /** Epoch ms. */
  readonly lastAdmittedAtMs: number;
  readonly doneAtMs: number;
  readonly makespanMs: number;
}

/** O(requests x buckets). null: it never ends, because a limit is 0 or below the cost of one request. */
export function makespan({ requests, startAtMs, admissions, costs, serviceMs, concurrency }: Batch): Makespan | null {
  let atMs = startAtMs;
  let doneAtMs = startAtMs;
  const workers = concurrency === null ? null : new Float64Array(Math.min(concurrency, requests)).fill(startAtMs);
  for (let n = 0; n < requests; n++) {
    const admission = admissions[n % admissions.length]!;
    if (workers) atMs = Math.max(atMs, workers[n % workers.length]!); // equal service: whoever began first is free first
    for (let refusal = admission.refusal(costs, atMs); refusal; refusal = admission.refusal(costs, atMs)) {
      if (refusal.retryAtMs === Infinity) return null;
      atMs = refusal.retryAtMs;
    }
    admission.take(costs, atMs);
    doneAtMs = atMs + serviceMs;
    if (workers) workers[n % workers.length] = doneAtMs;
  }
  return { lastAdmittedAtMs: atMs, doneAtMs, makespanMs: doneAtMs - startAtMs };
}
