/** What matters most: each factor alone a little less and a little more, under the same seeds, and by how much a metric moves. */
import { type Interval, meanOf, tInterval } from '../analysis/statistics.ts';
import type { Summary } from '../analysis/summary.ts';
import type { Scenario, Setting } from '../model/scenario.ts';
import type { Evaluate, Task } from './evaluate.ts';
import { type Factor, factorsOf } from './factors.ts';

export interface TornadoOptions {
  readonly evaluate: Evaluate;
  readonly seeds: readonly number[];
  /** The name of a metric that is a number. */
  readonly metric: string;
  /** How much less and more: 0.25. */
  readonly ratio: number;
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
}

export interface Swing {
  readonly factor: Factor;
  /** Of the metric, means over seeds; null: no seed has a value, or there is no less of it. */
  readonly atLow: number | null;
  readonly atHigh: number | null;
  /** Between the highest and the lowest of base and both ends. */
  readonly swing: number;
  /** The larger of both moves, seed by seed, is not chance (95 %). */
  readonly isSure: boolean;
}

export interface Tornado {
  readonly metric: string;
  readonly ratio: number;
  readonly seeds: number;
  /** Of the scenario as it stands; null: the metric has no value there. */
  readonly base: number | null;
  /** The largest swing first. */
  readonly swings: readonly Swing[];
  readonly leftOut: readonly string[];
}

/** null where the signal came before all was simulated. */
export async function tornado(scenario: Scenario, options: TornadoOptions): Promise<Tornado | null> {
  const { evaluate, seeds, metric, ratio, signal, progress } = options;
  const { factors, leftOut } = factorsOf(scenario, ratio);
  // A threshold makes every summary tell the metric; whether it holds does not matter.
  const asked = `${metric} >= 0`;
  const ask: Setting = { path: 'thresholds', value: [asked] };
  const variants = [[], ...factors.flatMap(({ low, high }) => [low?.settings ?? null, high.settings])];
  const tasks = variants.flatMap((settings, variant) =>
    settings === null ? [] : seeds.map((seed) => ({ variant, task: { settings: [...settings, ask], seed } satisfies Task })),
  );
  const values: (number | null)[][] = variants.map(() => []);
  let done = 0;
  for await (const { index, summary } of evaluate(
    tasks.map(({ task }) => task),
    signal,
  )) {
    values[tasks[index]!.variant]![index % seeds.length] = observed(summary, asked);
    done++;
    progress?.(done, tasks.length);
  }
  if (done < tasks.length) return null;
  const base = values[0]!;
  const swings = factors.map((factor, k) => swingOf(factor, base, values[1 + 2 * k]!, values[2 + 2 * k]!));
  return { metric, ratio, seeds: seeds.length, base: mean(base), swings: swings.sort((a, b) => b.swing - a.swing), leftOut };
}

function observed({ thresholds }: Summary, expression: string): number | null {
  const found = thresholds.find((threshold) => threshold.traffic === null && threshold.expression === expression)?.observed;
  return typeof found === 'number' ? found : null;
}

function swingOf(
  factor: Factor,
  base: readonly (number | null)[],
  low: readonly (number | null)[],
  high: readonly (number | null)[],
): Swing {
  const [atBase, atLow, atHigh] = [mean(base), mean(low), mean(high)];
  const known = [atBase, atLow, atHigh].filter((value) => value !== null);
  const moved = [low, high].map((end) => movedBy(base, end)).filter((move) => move !== null);
  const largest = moved.reduce<Interval | null>(
    (most, move) => (most === null || Math.abs(move.mean) > Math.abs(most.mean) ? move : most),
    null,
  );
  return {
    factor,
    atLow,
    atHigh,
    swing: known.length < 2 ? 0 : Math.max(...known) - Math.min(...known),
    isSure: largest !== null && largest.mean !== 0 && (largest.low > 0 || largest.high < 0),
  };
}

/** Seed by seed, where both have a value. */
function movedBy(base: readonly (number | null)[], end: readonly (number | null)[]): Interval | null {
  return tInterval(end.flatMap((value, k) => (value === null || base[k] == null ? [] : [value - base[k]])));
}

function mean(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : meanOf(known);
}
