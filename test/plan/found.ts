/** What a search may find, built by hand: problems over a scenario text, candidates, finalists with exact numbers. */
import type { Interval } from '../../src/analysis/statistics.ts';
import type { Setting } from '../../src/model/scenario.ts';
import type { Candidate, Change, Finalist, Measured, Problem, SearchResult, Step } from '../../src/plan/result.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';

export function problemOf(text: string): Problem {
  const at = (settings: readonly Setting[]) => parseScenario(text, 'found.yaml', { settings }).scenario;
  return {
    scenario: at([]),
    written: () => undefined,
    resolve: at,
    constraints: [{ traffic: null, expression: 'success_ratio >= 0.99', metric: 'success_ratio', op: '>=', value: 0.99, assumed: false }],
    settings: [],
    goals: ['tier', 'cost', 'latency'],
    areGoalsWritten: false,
    probability: 0.95,
    seed: 1,
  };
}

export const exactly = (mean: number): Interval => ({ mean, low: mean, high: mean });

const MEASURED: Measured = {
  success_ratio: exactly(1),
  latency_ms_p95: exactly(20_000),
  cost_usd: exactly(10),
  makespan_ms: exactly(3_600_000),
};

export interface Seen extends Partial<Omit<Finalist, 'candidate' | 'measured' | 'refused'>> {
  readonly changes?: readonly Change[];
  readonly candidate?: Partial<Candidate>;
  readonly measured?: Partial<Measured>;
  readonly refused?: Partial<Finalist['refused']>;
}

let ids = 0;

/** Holds, delivers all, for $10, unless told otherwise. */
export function finalist({ changes = [], candidate = {}, measured = {}, refused = {}, ...rest }: Seen = {}): Finalist {
  return {
    candidate: {
      id: changes.length === 0 ? 0 : ++ids,
      changes,
      assumptions: [],
      settings: changes.map(({ path, to }) => ({ path, value: to })),
      complexity: 0,
      tier: '1',
      ...candidate,
    },
    seeds: 20,
    measured: { ...MEASURED, ...measured },
    holds: exactly(1),
    constraints: [],
    firstBucket: null,
    tightestBucket: null,
    refused: { throttled: 0, overloaded: 0, dropped: 0, failed: 0, blocked: 0, errored: 0, ...refused },
    ...rest,
  };
}

export const NOTHING: Measured = { success_ratio: exactly(0), latency_ms_p95: exactly(0), cost_usd: exactly(0), makespan_ms: exactly(0) };

export function step(before: Finalist, after: Finalist, changes: readonly Change[], difference: Partial<Measured> = {}): Step {
  return { changes, before, after, difference: { ...NOTHING, ...difference } };
}

/** Feasible, and the file as it stands is the choice, unless told otherwise. */
export function found(overrides: Partial<SearchResult> = {}): SearchResult {
  const base = overrides.base ?? finalist();
  const chosen = overrides.chosen ?? base;
  return {
    feasible: true,
    base,
    chosen,
    finalists: [chosen],
    steps: [],
    pruned: [],
    nearest: null,
    guarantee: { confidence: 0.95, measure: null, indifference: 0, method: 'single', finalists: 1, seeds: 20 },
    goals: ['tier', 'cost', 'latency'],
    constraints: problemOf(BARE).constraints,
    probability: 0.95,
    pareto: [chosen],
    candidates: 100,
    simulations: 500,
    requestsEach: 600,
    isDeterministic: false,
    isPartial: false,
    ...overrides,
  };
}

const BARE = `name: bare
clock: { duration: 1h }
traffic: [{ name: app, shape: { kind: steady, rate: 1/min }, request: { model: gemini-3-pro-image } }]
`;
