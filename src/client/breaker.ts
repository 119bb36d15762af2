/** After so many requests in a row failed, a model (or a whole chain) is not called for a while; then one trial decides. */

import type { ModelId } from '../model/names.ts';
import type { Recorder } from '../model/rows.ts';
import type { BreakerSpec } from '../model/scenario.ts';
import type { Candidate, Gate } from './gate.ts';

type State = { failures: number; openUntilMs: number; open: boolean; trial: Candidate | null };

export class Breaker implements Gate {
  readonly cause = 'breaker';
  readonly spec: BreakerSpec;
  private readonly client: string;
  private readonly record: Recorder;
  private readonly states = new Map<ModelId | null, State>();
  private readonly isChain: boolean;
  /** The same in a list: every request that closes looks through it. */
  private readonly all: State[] = [];
  /** The state asked for last: requests of one model come in rows. */
  private lastKey: ModelId | null | undefined = undefined;
  private last: State = closedState();

  constructor(spec: BreakerSpec, client: string, record: Recorder) {
    this.spec = spec;
    this.isChain = spec.scope === 'chain';
    this.client = client;
    this.record = record;
  }

  readyAtMs(candidate: Candidate, atMs: number): number {
    const state = this.stateOf(candidate);
    if (!state.open || state.trial === candidate) return atMs;
    if (atMs < state.openUntilMs) return Infinity;
    return state.trial === null ? atMs : Infinity;
  }

  take(candidate: Candidate, atMs: number): void {
    const state = this.stateOf(candidate);
    this.cool(state, candidate, atMs);
    if (!state.open || state.trial === candidate) return;
    state.trial = candidate;
    this.tell(candidate, 'half-open', atMs);
  }

  /** A request got HTTP 200 on this model, or (scope chain) at all. */
  succeeded(candidate: Candidate, atMs: number): void {
    const state = this.stateOf(candidate);
    this.cool(state, candidate, atMs);
    if (!state.open) state.failures = 0;
    else if (state.trial === candidate) {
      state.open = false;
      state.trial = null;
      state.failures = 0;
      this.tell(candidate, 'closed', atMs);
    }
  }

  /** A request ended on this model, or (scope chain) for good; `counts`: for a cause that the breaker counts. */
  failed(candidate: Candidate, counts: boolean, atMs: number): void {
    const state = this.stateOf(candidate);
    this.cool(state, candidate, atMs);
    if (state.open) {
      if (state.trial !== candidate) return;
      state.trial = null;
      if (counts) this.open(state, candidate, atMs);
      return;
    }
    if (counts && ++state.failures >= this.spec.failures) this.open(state, candidate, atMs);
  }

  /** A trial that was dropped before its answer decides nothing: the next one is the trial. */
  closed(candidate: Candidate): void {
    for (let i = 0; i < this.all.length; i++) if (this.all[i]!.trial === candidate) this.all[i]!.trial = null;
  }

  /** `afterCooldown: closed`: it is closed from that instant, which is seen when somebody next comes or ends. */
  private cool(state: State, candidate: Candidate, atMs: number): void {
    if (!state.open || this.spec.afterCooldown === 'trial' || atMs < state.openUntilMs) return;
    state.open = false;
    state.failures = 0;
    this.tell(candidate, 'closed', atMs);
  }

  private open(state: State, candidate: Candidate, atMs: number): void {
    state.open = true;
    state.openUntilMs = atMs + this.spec.cooldownMs;
    this.tell(candidate, 'open', atMs);
  }

  private stateOf(candidate: Candidate): State {
    const key = this.keyOf(candidate);
    if (key === this.lastKey) return this.last;
    let state = this.states.get(key);
    if (!state) {
      state = closedState();
      this.states.set(key, state);
      this.all.push(state);
    }
    this.lastKey = key;
    this.last = state;
    return state;
  }

  private keyOf(candidate: Candidate): ModelId | null {
    return this.isChain ? null : candidate.spec.model;
  }

  private tell(candidate: Candidate, state: 'open' | 'half-open' | 'closed', atMs: number): void {
    this.record({ kind: 'breaker', atMs, client: this.client, model: this.keyOf(candidate), state });
  }
}

function closedState(): State {
  return { failures: 0, openUntilMs: 0, open: false, trial: null };
}
