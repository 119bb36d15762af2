/** Several client policies under the same seeds and traffic: what each gave, and which one wins. Success first, then waste, then p95. */
import type { Results } from './analysis.ts';
import { type Interval, tInterval } from './statistics.ts';

/** What is kept of each run, by the names of contract §4. */
export const POLICY_METRICS = [
  'success_ratio',
  'latency_ms_p95',
  'attempts_per_request',
  'wasted_ratio',
  'early_retries',
  'makespan_ms',
  'cost_usd',
] as const;
export type PolicyMetric = (typeof POLICY_METRICS)[number];

/** One seed under one policy; plain data, so that a worker may send it. */
export type PolicyRun = Readonly<Record<PolicyMetric, number | null>>;

export interface PolicyOutcome {
  readonly policy: string;
  /** In the order of the seeds, which all policies share. */
  readonly runs: readonly PolicyRun[];
  /** Mean and 95 % t interval over the seeds that have a value; null where none has. Shares stay within 0 and 1. */
  readonly statistics: Readonly<Record<PolicyMetric, Interval | null>>;
}

export interface Ruling {
  readonly winner: string;
  /** What told it from the others; null: nothing did, and it is only the best by its means. */
  readonly by: 'success_ratio' | 'wasted_ratio' | 'latency_ms_p95' | null;
  /** The best of those that it beat by that. */
  readonly runnerUp: string | null;
  /** How much better than the runner-up in `by`, seed by seed: 95 % t interval of the differences. */
  readonly lead: Interval | null;
  /** Policies whose success its own is not told from. */
  readonly asSuccessful: readonly string[];
}

export function policyRun({ audit, metric }: Results): PolicyRun {
  const number = (name: string): number | null => {
    const value = metric(name);
    return typeof value === 'number' ? value : null;
  };
  return {
    success_ratio: number('success_ratio'),
    latency_ms_p95: number('latency_ms_p95'),
    attempts_per_request: number('attempts_per_request'),
    wasted_ratio: number('wasted_ratio'),
    early_retries: audit.earlyRetries,
    makespan_ms: number('makespan_ms'),
    cost_usd: number('cost_usd'),
  };
}

export function policyOutcome(policy: string, runs: readonly PolicyRun[]): PolicyOutcome {
  const statistics = Object.fromEntries(
    POLICY_METRICS.map((metric) => {
      const interval = tInterval(runs.flatMap((run) => run[metric] ?? []));
      return [metric, interval && metric.endsWith('_ratio') ? share(interval) : interval];
    }),
  ) as PolicyOutcome['statistics']; // one for each metric
  return { policy, runs, statistics };
}

/**
 * The winner among at least one. Seeds are shared, so two policies are told apart by their differences seed by seed, which vary
 * far less than either of them.
 */
export function ruling(outcomes: readonly PolicyOutcome[]): Ruling {
  let contenders = outcomes;
  let successful: readonly string[] = [];
  const others = (winner: string): string[] => successful.filter((policy) => policy !== winner);
  for (const by of ['success_ratio', 'wasted_ratio', 'latency_ms_p95'] as const) {
    const [best, ...rest] = contenders.toSorted((a, b) => goodness(b, by) - goodness(a, by));
    const leads = rest.map((other) => ({ other, lead: lead(best!, other, by) })); // there is at least one outcome
    const level = leads.filter((compared) => compared.lead === null || !(compared.lead.low > 0));
    if (by === 'success_ratio') successful = [best!, ...level.map(({ other }) => other)].map(({ policy }) => policy);
    if (level.length === 0) {
      const first = leads[0];
      return {
        winner: best!.policy,
        by: first ? by : null,
        runnerUp: first?.other.policy ?? null,
        lead: first?.lead ?? null,
        asSuccessful: others(best!.policy),
      };
    }
    contenders = [best!, ...level.map(({ other }) => other)];
  }
  const winner = contenders[0]!.policy;
  return { winner, by: null, runnerUp: null, lead: null, asSuccessful: others(winner) };
}

type Criterion = 'success_ratio' | 'wasted_ratio' | 'latency_ms_p95';

/** More is better, for every criterion. */
function goodness({ statistics }: PolicyOutcome, by: Criterion): number {
  const mean = statistics[by]?.mean;
  if (mean === undefined) return -Infinity;
  return by === 'success_ratio' ? mean : -mean;
}

/** How much better the first is, seed by seed. */
function lead(best: PolicyOutcome, other: PolicyOutcome, by: Criterion): Interval | null {
  const sign = by === 'success_ratio' ? 1 : -1;
  return tInterval(
    best.runs.flatMap((run, seed) => {
      const [mine, theirs] = [run[by], other.runs[seed]?.[by] ?? null];
      return mine === null || theirs === null ? [] : [sign * (mine - theirs)];
    }),
  );
}

function share({ mean, low, high }: Interval): Interval {
  return Number.isFinite(low) ? { mean, low: Math.max(0, low), high: Math.min(1, high) } : { mean, low, high };
}

/** What was compared, in plain data. */
export interface PolicyComparison {
  readonly scenario: string;
  readonly firstSeed: number;
  readonly seeds: number;
  /** null: the scenario sets it. */
  readonly assumedRefusalLatency: string | null;
  /** In the order asked for; only those that were finished. */
  readonly outcomes: readonly PolicyOutcome[];
  /** null where none was finished. */
  readonly ruling: Ruling | null;
  /** What makes one of them look better or worse than it is. */
  readonly notes: readonly string[];
}
