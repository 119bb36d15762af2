/** A run never passes its budget: money in flight counts at what it may cost, a send that does not fit is dropped. */
import { listMicroUsd } from '../model/cost.ts';
import type { Reply } from '../model/reply.ts';
import type { Candidate, Gate } from './gate.ts';

export interface BudgetSpec {
  /** Micro-dollars; null: no bound. */
  readonly microUsd: number | null;
  /** Attempts; null: no bound. */
  readonly requests: number | null;
}

/** One for the whole run, shared by all its clients. */
export class Budget implements Gate {
  readonly cause = 'budget';
  private readonly microUsd: number;
  private readonly requests: number;
  private readonly reserveMicroUsd: (candidate: Candidate) => number;
  private committedMicroUsd = 0;
  private sent = 0;

  /** @param reserveMicroUsd what one attempt may cost at most */
  constructor(spec: BudgetSpec, reserveMicroUsd: (candidate: Candidate) => number = listPrice) {
    this.microUsd = spec.microUsd ?? Infinity;
    this.requests = spec.requests ?? Infinity;
    this.reserveMicroUsd = reserveMicroUsd;
  }

  readyAtMs(candidate: Candidate, atMs: number): number {
    const fits = this.sent < this.requests && this.committedMicroUsd + this.reserveMicroUsd(candidate) <= this.microUsd;
    return fits ? atMs : Infinity;
  }

  take(candidate: Candidate): void {
    this.sent++;
    this.committedMicroUsd += this.reserveMicroUsd(candidate);
  }

  ended(candidate: Candidate, _reply: Reply, costMicroUsd: number): void {
    this.committedMicroUsd += costMicroUsd - this.reserveMicroUsd(candidate);
  }
}

function listPrice(candidate: Candidate): number {
  return listMicroUsd(candidate.spec, candidate.lane);
}
