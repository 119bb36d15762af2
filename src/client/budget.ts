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

/** What is gone already when a budget begins to count. */
export interface Spent {
  readonly microUsd: number;
  readonly requests: number;
}

/** What an attempt is counted at: while it is in flight, and once its answer has come. Whole micro-dollars. */
export interface Pricing {
  /** At most; the same before and after the attempt. */
  reserveMicroUsd(candidate: Candidate): number;
  /** @param costMicroUsd what the engine reckons that it costs */
  settledMicroUsd(candidate: Candidate, reply: Reply, costMicroUsd: number): number;
}

/** One for the whole run, shared by all its clients. */
export class Budget implements Gate {
  readonly cause = 'budget';
  private readonly microUsd: number;
  private readonly requests: number;
  private readonly pricing: Pricing;
  private committedMicroUsd: number;
  private sent: number;

  constructor(spec: BudgetSpec, pricing: Pricing = AT_LIST_PRICE, spent: Spent = NOTHING) {
    this.microUsd = spec.microUsd ?? Infinity;
    this.requests = spec.requests ?? Infinity;
    this.pricing = pricing;
    this.committedMicroUsd = spent.microUsd;
    this.sent = spent.requests;
  }

  /** What was spent so far and may still be spent by what is in flight. */
  get committed(): Spent {
    return { microUsd: this.committedMicroUsd, requests: this.sent };
  }

  readyAtMs(candidate: Candidate, atMs: number): number {
    return this.fits(this.pricing.reserveMicroUsd(candidate)) ? atMs : Infinity;
  }

  /** Whether anything of that price could be sent now. */
  fits(microUsd: number): boolean {
    return this.sent < this.requests && this.committedMicroUsd + microUsd <= this.microUsd;
  }

  take(candidate: Candidate): void {
    this.sent++;
    this.committedMicroUsd += this.pricing.reserveMicroUsd(candidate);
  }

  ended(candidate: Candidate, reply: Reply, costMicroUsd: number): void {
    this.committedMicroUsd += this.pricing.settledMicroUsd(candidate, reply, costMicroUsd) - this.pricing.reserveMicroUsd(candidate);
  }
}

const NOTHING: Spent = { microUsd: 0, requests: 0 };

const AT_LIST_PRICE: Pricing = {
  reserveMicroUsd: (candidate) => listMicroUsd(candidate.spec, candidate.lane),
  settledMicroUsd: (_candidate, _reply, costMicroUsd) => costMicroUsd,
};
