/**
 * What a search for settings is given and what it finds. Everything that says, writes or checks a plan rests on these nouns.
 *
 * Settings are in the words of the scenario file and made on top of it, in order.
 */
import type { Interval } from '../analysis/statistics.ts';
import type { BucketName, ModelId, Tier } from '../model/names.ts';
import type { Goal, LimitSpec, Scenario, Setting, Threshold } from '../model/scenario.ts';

/** What a plan may turn, in the order in which engineers should try it. */
export const LEVERS = [
  'tier',
  'pace',
  'limits',
  'concurrency',
  'queue',
  'retry',
  'breaker',
  'batch',
  'schedule',
  'fallback',
  'size',
  'model',
  'projects',
] as const;
export type Lever = (typeof LEVERS)[number];

/** One setting that a candidate makes. */
export interface Change {
  readonly lever: Lever;
  readonly path: string;
  /** As the file has it; undefined: it is not written there. */
  readonly from: unknown;
  /** undefined: the key is taken out. */
  readonly to: unknown;
}

/** A limit that nobody knows, taken as an interval because a candidate could not be judged without it. */
export interface Assumption {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly tier: Tier;
  /** What is simulated is the lower end. Requests, images, tokens or micro-dollars. */
  readonly interval: readonly [low: number, high: number];
  /** Where the ends come from. */
  readonly why: string;
}

/**
 * How much a team takes on: 0 nothing, 1 another tier, 2 what the client does, 3 batch lane or another time, 4 another model, size
 * or provider, 5 more projects.
 */
export type Complexity = 0 | 1 | 2 | 3 | 4 | 5;

export interface Candidate {
  /** Names it in this search; two searches of the same problem agree. */
  readonly id: number;
  /** In the order of LEVERS. Empty: the file as it stands. */
  readonly changes: readonly Change[];
  readonly assumptions: readonly Assumption[];
  /** The changes and the assumed limits, as `evaluate` is told them. */
  readonly settings: readonly Setting[];
  readonly complexity: Complexity;
  readonly tier: Tier;
}

/** A threshold that a plan must meet. */
export interface Constraint extends Threshold {
  /** null: of the whole run. */
  readonly traffic: string | null;
  /** Stands here because the file says nothing of what must be delivered. */
  readonly assumed: boolean;
}

export interface Problem {
  /** The file as it stands, with what the command line sets. */
  readonly scenario: Scenario;
  /** What the file says at a path such as `client.retry`; undefined: nothing. */
  readonly written: (path: string) => unknown;
  /** The scenario under further settings. @throws ScenarioError where they do not fit it */
  readonly resolve: (settings: readonly Setting[]) => Scenario;
  readonly constraints: readonly Constraint[];
  /** Made under every candidate: the command line's, and thresholds that the plan adds. */
  readonly settings: readonly Setting[];
  /** First goal first. */
  readonly goals: readonly Goal[];
  /** Whether the file says its goals: without, settings that hold are left alone. */
  readonly areGoalsWritten: boolean;
  /** With which probability all constraints together must hold on a seed. */
  readonly probability: number;
  readonly seed: number;
}

/** Why a candidate was not simulated, or not followed further. */
export const REASONS = ['RPD', 'CAP', 'SPEND', 'MINUTE', 'LITTLE', 'RETRY', 'PACE', 'BATCH', 'UNKNOWN', 'DOM', 'RANK', 'HALVED'] as const;
export type Reason = (typeof REASONS)[number];

/** Candidates that fell for one reason. */
export interface Pruned {
  readonly reason: Reason;
  readonly count: number;
  /** null: of several tiers. */
  readonly tier: Tier | null;
  /** The limit that ruled them out; left out: it was no limit. */
  readonly bucket?: BucketName;
  /** With the numbers of the one that came nearest. */
  readonly explanation: string;
}

export const MEASURES = ['success_ratio', 'latency_ms_p95', 'cost_usd', 'makespan_ms'] as const;
export type Measure = (typeof MEASURES)[number];

/** Over seeds; null where no run had a value. Money in dollars, times in ms. */
export type Measured = Readonly<Record<Measure, Interval | null>>;

/** What was seen of a candidate over some seeds. */
export interface Finalist {
  readonly candidate: Candidate;
  readonly seeds: number;
  readonly measured: Measured;
  /** Share of seeds on which all constraints held, with a Wilson interval (90 %, so that each end is one-sided 95 %). */
  readonly holds: Interval;
  /** For each constraint the share of seeds on which it held, and what was observed on the worst seed. */
  readonly constraints: readonly {
    readonly constraint: Constraint;
    readonly holdsRatio: number;
    readonly observed: number | string | null;
    /** How many standard deviations between seeds the mean lies on the right side of the value; null: not a number. */
    readonly margin: number | null;
  }[];
  /** Most often over the seeds; null: none. */
  readonly firstBucket: BucketName | null;
  readonly tightestBucket: { readonly bucket: BucketName; readonly model: ModelId | null; readonly utilisation: number | null } | null;
  /** Requests of a run that ended so, mean over seeds. */
  readonly refused: {
    readonly throttled: number;
    readonly overloaded: number;
    readonly dropped: number;
    readonly failed: number;
    readonly blocked: number;
    /** Other errors and timeouts. */
    readonly errored: number;
  };
}

/** One of the chosen changes: what it adds to those before it, on the same seeds. */
export interface Step {
  readonly changes: readonly Change[];
  readonly before: Finalist;
  readonly after: Finalist;
  /** After minus before, seed by seed. */
  readonly difference: Measured;
}

export interface Guarantee {
  /** That the chosen one is within the indifference zone of the best finalist. */
  readonly confidence: number;
  /** The measure that decided, and the difference in it that nobody minds. null: nothing was left to decide. */
  readonly measure: Measure | null;
  readonly indifference: number;
  readonly method: 'KN' | 'OCBA' | 'deterministic' | 'single';
  readonly finalists: number;
  readonly seeds: number;
}

/** Where nothing that is allowed holds. */
export interface Nearest {
  /** Holds more of the goal than any other. */
  readonly finalist: Finalist;
  /** The constraints that it misses, each with a value that it does meet on the asked share of seeds. */
  readonly goals: readonly { readonly constraint: Constraint; readonly attainable: number | string | null }[];
  /** What stands in the way. */
  readonly obstacle: {
    readonly reason: Reason | 'SIMULATED';
    /** null: it is no limit. */
    readonly bucket: BucketName | null;
    /** In a word or two: the bucket, `overload (503)`, `the safety filter`; null: nothing that has a name. */
    readonly what: string | null;
    readonly explanation: string;
  };
  /** Limits that decide, that nobody knows at its tier, and that refused nothing here: only where no tier that is allowed is better known. */
  readonly unknown: readonly LimitSpec[];
  /** What would hold, or come nearer, if `allow` let it: simulated, nearest first. */
  readonly beyond: readonly Finalist[];
}

export interface SearchResult {
  readonly feasible: boolean;
  /** The file as it stands. */
  readonly base: Finalist;
  /** Its candidate has no changes: leave everything as it is. Where infeasible, what came nearest. */
  readonly chosen: Finalist;
  /** By the order of the choice; the chosen one first. */
  readonly finalists: readonly Finalist[];
  readonly steps: readonly Step[];
  readonly pruned: readonly Pruned[];
  readonly nearest: Nearest | null;
  readonly guarantee: Guarantee;
  readonly goals: readonly Goal[];
  readonly constraints: readonly Constraint[];
  readonly probability: number;
  /** Not dominated in complexity, cost, p95 and success among all that was simulated. */
  readonly pareto: readonly Finalist[];
  readonly candidates: number;
  readonly simulations: number;
  /** That one run of the file offers. */
  readonly requestsEach: number;
  /** The scenario has no chance in it: every seed says the same. */
  readonly isDeterministic: boolean;
  /** Aborted before it was done: what is said is what was known by then. */
  readonly isPartial: boolean;
}

export interface SearchProgress {
  readonly stage: 'base' | 'screen' | 'halve' | 'select' | 'hold' | 'effects';
  readonly done: number;
  /** As far as it can be told by now. */
  readonly total: number;
}
