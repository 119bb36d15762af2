/** The resolved scenario: ms, micro-dollars, defaults filled, limits with their sources. Plain data, structured-cloneable. */
import type { BucketName, ErrorClass, Lane, ModelId, Size, Source, Tier, WindowKind } from './names.ts';
import type { RequestSpec } from './request-spec.ts';

export interface Scenario {
  readonly name: string;
  readonly description: string | null;
  readonly seed: number;
  readonly clock: ClockSpec;
  readonly quota: QuotaSpec;
  readonly service: ServiceSpec;
  readonly traffic: readonly TrafficEntry[];
  /** Client 0 is the common one; an entry with a `client` of its own adds one. */
  readonly clients: readonly ClientSpec[];
  readonly providers: Readonly<Record<string, ProviderSpec>>;
  readonly budget: { readonly microUsd: number | null; readonly requests: number | null };
  readonly thresholds: readonly Threshold[];
  readonly goals: Goals | null;
  readonly allow: Allow | null;
  readonly warnings: readonly Warning[];
}

export interface Warning {
  readonly code: string;
  readonly text: string;
}

export interface ClockSpec {
  /** Unix epoch, ms. */
  readonly startAtMs: number;
  readonly durationMs: number;
  readonly drainMs: number;
}

/**
 * One limit of a project and model, or of an account. Exactly one of three things is known: a number, that there is no
 * limit (`none`), or too little (`unknown`, perhaps within `interval`). An unknown limit refuses nothing, an interval from its
 * lower end on.
 */
export interface LimitSpec {
  readonly bucket: BucketName;
  /** null: account bucket. */
  readonly model: ModelId | null;
  readonly state: 'known' | 'none' | 'unknown';
  /** Requests, images, tokens or micro-dollars; null unless known. */
  readonly limit: number | null;
  readonly interval: readonly [low: number, high: number] | null;
  readonly source: Source;
}

export interface QuotaSpec {
  readonly profile: string;
  readonly profileAsOf: string | null;
  readonly tier: Tier;
  readonly window: WindowKind;
  readonly projects: number;
  readonly spread: 'round-robin' | 'least-loaded' | 'sticky';
  readonly accounts: number;
  /** Every bucket of every model that the scenario may call, then the account's. */
  readonly limits: readonly LimitSpec[];
  readonly usedToday: Readonly<Record<ModelId, number>>;
  readonly spentThisMonthMicroUsd: number;
}

/** A span of time: of every UTC day (ms of the day, may wrap over midnight) or of this run (epoch ms). Half-open. */
export type Span =
  | { readonly kind: 'daily'; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'once'; readonly fromAtMs: number; readonly toAtMs: number };

export interface OverloadRule {
  readonly span: Span;
  readonly errorRatio: number;
  /** null: all models. */
  readonly models: readonly ModelId[] | null;
  /** Mean length of one bad spell; null: every attempt draws for itself. */
  readonly meanSpellMs: number | null;
  readonly latencyFactor: number;
}

export type LatencySpec =
  | { readonly kind: 'lognormal'; readonly p50Ms: number; readonly p95Ms: number }
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'exponential' | 'erlang2'; readonly meanMs: number };

export interface FaultRule {
  /** `slow`: no error, the answer only takes as long as `afterMs` says. */
  readonly class: Exclude<ErrorClass, 'client.timeout' | 'network.unreachable' | 'unknown'> | 'slow';
  /** Share of all attempts. */
  readonly ratio: number;
  readonly models: readonly ModelId[] | null;
  readonly span: Span | null;
  /** How long the answer takes, uniform between the two (null: as the service is set). */
  readonly afterMs: { readonly fromMs: number; readonly toMs: number } | null;
}

export interface ServiceSpec {
  readonly overload: readonly OverloadRule[];
  readonly overloadPreset: string | null;
  readonly overloadLatencyMs: number;
  readonly refusalLatencyMs: number;
  readonly overloadConsumes: boolean;
  /** Only models that the scenario names; the catalogue answers for the others, by size. */
  readonly latency: Readonly<Record<ModelId, LatencySpec>>;
  readonly deadlineMs: number;
  readonly blockRatio: number;
  readonly promptBlockRatio: number;
  readonly errorRatio: number;
  readonly faults: readonly FaultRule[];
  readonly batch: {
    readonly turnaround: { readonly p50Ms: number; readonly p95Ms: number };
    readonly expireAfterMs: number;
    readonly countsToSpend10m: boolean;
  };
}

/** `count` per `perMs`: 9/min is { count: 9, perMs: 60_000 }. Kept as written, so that instants need one division. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

export type Shape =
  | { readonly kind: 'steady'; readonly rate: Rate }
  | { readonly kind: 'ramp'; readonly from: Rate; readonly to: Rate }
  | { readonly kind: 'stages'; readonly from: Rate; readonly stages: readonly { readonly to: Rate; readonly forMs: number }[] }
  | { readonly kind: 'stairs'; readonly from: Rate; readonly step: Rate; readonly everyMs: number; readonly times: number }
  | { readonly kind: 'spike'; readonly base: Rate; readonly peak: Rate; readonly atMs: number; readonly widthMs: number }
  | { readonly kind: 'poisson'; readonly rate: Rate }
  | { readonly kind: 'gamma'; readonly rate: Rate; readonly cv: number }
  | {
      readonly kind: 'diurnal';
      readonly perDay: number;
      readonly weights: readonly number[];
      readonly preset: string | null;
      readonly zone: string;
    }
  | { readonly kind: 'burst'; readonly requests: number; readonly everyMs: number; readonly times: number }
  | { readonly kind: 'flood'; readonly requests: number }
  | { readonly kind: 'users'; readonly users: number; readonly thinkMeanMs: number; readonly thinkDistribution: 'fixed' | 'exponential' }
  | {
      readonly kind: 'replay';
      readonly file: string;
      readonly format: TraceFormat;
      readonly speed: number;
      readonly scale: number;
      /** Only the rows recorded in this lane; left out: the interactive ones, and others are counted. */
      readonly lane?: Lane;
      /** null in a journal's header, which names the trace by its hash. */
      readonly trace: Trace | null;
    };
export type OpenShape = Exclude<Shape, { kind: 'users' }>;

export const TRACE_FORMATS = ['gentd26', 'azure-llm', 'mooncake', 'har', 'journal', 'csv', 'jsonl'] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

/** A recorded trace, or one lane of it, as typed columns, ascending in time; the earliest row of all lanes is at 0. */
export interface Trace {
  readonly sha256: string;
  readonly rows: number;
  /** Rows that could not be read, with what was wrong with the first few. */
  readonly damaged: { readonly rows: number; readonly examples: readonly string[] };
  readonly atMs: Float64Array;
  /** 0: the row does not say, use the entry's. */
  readonly images: Uint16Array;
  /** -1: the row does not say. */
  readonly promptTokens: Int32Array;
  readonly referenceImages: Int16Array;
  /** Index into `models`, -1: the row does not say. */
  readonly model: Int16Array;
  readonly models: readonly ModelId[];
  /** Index into SIZES, -1: the row does not say. */
  readonly size: Int8Array;
}

export interface TrafficEntry {
  readonly name: string;
  /** ms from the start of the run; may lie behind its end (a warning, sends nothing). */
  readonly startMs: number;
  /** Arrivals are due in [startMs, startMs + durationMs), cut at the end of the run. */
  readonly durationMs: number;
  readonly shape: Shape;
  readonly images: number;
  readonly request: RequestSpec;
  readonly lane: Lane;
  readonly deadlineMs: number | null;
  readonly priority: number;
  /** Index into `clients`. */
  readonly client: number;
  readonly thresholds: readonly Threshold[];
}

export type Jitter = 'none' | 'full' | 'equal' | 'decorrelated' | 'additive';

/** The jitter of a client that is copied: the wait grown so far times U(low, high), plus U(0, addMs), then capped. */
export interface ScaledJitter {
  /** The factor at a draw of 0 and (not reached) of 1; either may be the larger. */
  readonly low: number;
  readonly high: number;
  readonly addMs: number;
  /** How the client, or the timer it hands a fraction to, comes to whole ms. */
  readonly whole: 'nearest' | 'below';
}

/** What a request may end in, for retryOn, breaker.counts and fallback.on. */
export type Cause = number | '5xx' | 'timeout' | 'breaker' | 'rpd' | 'network' | 'safety';

export interface RetrySpec {
  readonly preset: string | null;
  readonly attempts: number;
  /** null: unlimited. */
  readonly throttledAttempts: number | null;
  readonly growth: 'exponential' | 'linear' | 'constant';
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
  readonly jitter: Jitter | ScaledJitter;
  readonly deadlineMs: number | null;
  readonly budgetRatio: number | null;
  readonly retryOn: readonly Cause[];
  readonly obeyRetryInfo: boolean;
  /** `ignore`: a client that knows no days treats it as any other 429. */
  readonly onDailyLimit: 'giveUp' | 'wait' | 'ignore';
  readonly holdsSlot: boolean;
  // What follows only presets say; left out, it does not happen.
  /** A client that knows one loop: 429s count and wait as any other failure, `throttledAttempts` means nothing. */
  readonly countsTogether?: boolean;
  /** The i-th wait before jitter instead of growth, base and cap; the last one repeats. */
  readonly stepsMs?: readonly number[];
  /** Obeys a Retry-After header up to a length, and only that: a longer one is cut to it, or not believed at all. */
  readonly headerDelay?: { readonly maxMs: number; readonly beyond: 'cut' | 'backoff' };
  /** What to wait after a refusal by the ten-minute spend window, which tells no delay. */
  readonly spendWaitMs?: number;
}

export interface BreakerSpec {
  readonly failures: number;
  readonly cooldownMs: number;
  readonly scope: 'model' | 'chain';
  readonly counts: readonly Cause[];
  readonly afterCooldown: 'trial' | 'closed';
}

export interface FallbackStep {
  readonly to: { readonly model: ModelId } | { readonly lane: 'batch' } | { readonly provider: string };
  readonly on: readonly Cause[];
}

/** Windows in which requests may be sent: wall times of one zone, as minutes of the day; may wrap over midnight. */
export interface AllowedWindow {
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly zone: string;
}

export interface ClientSpec {
  /** `client`, or the name of the entry it belongs to. */
  readonly name: string;
  readonly concurrency: number | null;
  /** As written, for reports; the interval is what the gate keeps. */
  readonly pace: Rate | null;
  readonly paceIntervalMs: number | null;
  readonly limits: {
    readonly rpm: number | null;
    readonly ipm: number | null;
    readonly tpm: number | null;
    readonly spend10mMicroUsd: number | null;
    readonly marginRatio: number;
  } | null;
  readonly queue: { readonly limit: number | null; readonly deadlineMs: number | null };
  readonly timeoutMs: number | null;
  readonly retry: RetrySpec;
  readonly breaker: BreakerSpec | null;
  readonly fallback: readonly FallbackStep[];
  readonly hedge: { readonly afterMs: number } | null;
  readonly adaptive: { readonly min: number; readonly max: number } | null;
  readonly schedule: readonly AllowedWindow[] | null;
  readonly rowsPerJob: number;
}

export interface ProviderSpec {
  readonly usdPerImage: number;
  readonly concurrency: number | null;
  readonly latency: LatencySpec;
  readonly errorRatio: number;
}

export interface Threshold {
  /** As written. */
  readonly expression: string;
  readonly metric: string;
  readonly op: '<' | '<=' | '>' | '>=' | '==' | '!=';
  /** ms, dollars, ratio or count; a bucket name or `none` for bucket metrics. */
  readonly value: number | string;
}

/** What a plan makes small, the most important first. */
export interface Goals {
  readonly minimise: readonly Goal[];
}

export const GOALS = ['tier', 'cost', 'latency', 'makespan'] as const;
export type Goal = (typeof GOALS)[number];

/** What a plan may change. null: not said, the plan's own default holds; an empty list: nothing of the kind. */
export interface Allow {
  readonly tier: readonly Tier[] | null;
  /** Both ends included, from 1. */
  readonly projects: readonly [low: number, high: number] | null;
  /** Of every client; both ends included, from 1. */
  readonly concurrency: readonly [low: number, high: number] | null;
  /** GA ids that entries may move to. */
  readonly models: readonly ModelId[] | null;
  readonly sizes: readonly Size[] | null;
  /** Names of entries that may move to the batch lane; each has a deadline. */
  readonly batch: readonly string[] | null;
  /** Names of entries that may start at another time or send in windows; each has a deadline. */
  readonly shift: readonly string[] | null;
}

/** One setting in the words of the scenario file: `--set`, `--vary`, plan candidates and explorer all speak this. */
export interface Setting {
  readonly path: string;
  readonly value: unknown;
}

export const RETRY_NONE: RetrySpec = {
  preset: 'none',
  attempts: 1,
  throttledAttempts: 1,
  growth: 'exponential',
  baseMs: 1_000,
  factor: 2,
  capMs: 32_000,
  jitter: 'full',
  deadlineMs: null,
  budgetRatio: null,
  retryOn: [],
  obeyRetryInfo: true,
  onDailyLimit: 'giveUp',
  holdsSlot: true,
};
