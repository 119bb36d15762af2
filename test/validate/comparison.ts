/** All experiments judged, with a second look at what fell outside its interval. */
import { type Experiment, REPLICATIONS } from './experiment.ts';
import type { Task, TaskResult } from './replications.ts';
import { type Expectation, judge, type Verdict } from './verdict.ts';

/**
 * Of true comparisons one in a hundred falls outside a 99 % interval. Those are looked at again with other draws and three
 * times as many; what is wrong falls outside again, what was bad luck one time in ten thousand.
 */
export const SECOND_REPLICATIONS = 30;

export interface Comparison {
  readonly experiment: Experiment;
  readonly expectation: Expectation;
  readonly first: Verdict;
  /** null: the first look was enough. */
  readonly second: Verdict | null;
}

export type Replicate = (tasks: readonly Task[]) => Promise<TaskResult[]>;

export function hasPassed({ first, second }: Comparison): boolean {
  return (second ?? first).passed;
}

/** @param chosen places in `experiments` */
export async function compare(experiments: readonly Experiment[], chosen: readonly number[], replicate: Replicate): Promise<Comparison[]> {
  const first = await look(experiments, chosen, { from: 0, count: REPLICATIONS }, replicate);
  const unlucky = chosen.filter((place) =>
    first.get(place)!.some((verdict, i) => !verdict.passed && deservesSecond(experiments[place]!.expectations[i]!)),
  );
  const second = await look(experiments, unlucky, { from: REPLICATIONS, count: SECOND_REPLICATIONS }, replicate);
  return chosen.flatMap((place) =>
    experiments[place]!.expectations.map((expectation, i): Comparison => {
      const verdict = first.get(place)![i]!;
      const again = !verdict.passed && deservesSecond(expectation);
      return { experiment: experiments[place]!, expectation, first: verdict, second: again ? second.get(place)![i]! : null };
    }),
  );
}

/** A tolerance says itself how much bad luck it allows. */
function deservesSecond(expectation: Expectation): boolean {
  return expectation.rule.kind === 'interval';
}

/** Verdicts of each experiment, one for each expectation. */
async function look(
  experiments: readonly Experiment[],
  chosen: readonly number[],
  { from, count }: { from: number; count: number },
  replicate: Replicate,
): Promise<ReadonlyMap<number, readonly Verdict[]>> {
  const tasks = chosen.flatMap((experiment) => Array.from({ length: count }, (_, i): Task => ({ experiment, replication: from + i })));
  const results = await replicate(tasks);
  return new Map(
    chosen.map((place, nth) => {
      const runs = results.slice(nth * count, (nth + 1) * count);
      const verdicts = experiments[place]!.expectations.map((expectation, i) =>
        judge(
          expectation,
          runs.map((run) => run.values[i]!),
        ),
      );
      return [place, verdicts];
    }),
  );
}
