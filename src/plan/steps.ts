/** What each of the chosen changes adds to those before it, on the same seeds. */
import { candidateOf } from './candidates.ts';
import { groundOf } from './grounds.ts';
import { differences, measuredOf } from './measured.ts';
import { type Candidate, type Change, LEVERS, type Problem, type Step } from './result.ts';
import type { Trials } from './trials.ts';

const RUNS = 12;

/**
 * One step a lever, in the order in which engineers should try them. Levers that only fit together make one step, and so does one
 * that loses images with those that win them back: nobody should be told to take it alone.
 */
export async function stepsOf(trials: Trials, chosen: Candidate): Promise<Step[]> {
  trials.stage = 'effects';
  const path = prefixes(trials, chosen);
  const samples = await trials.samples(
    'hold',
    path.map(({ candidate }) => candidate),
    RUNS,
  );
  if (samples.some(({ length }) => length === 0)) return [];
  const seen = path.map(({ candidate, added }, i) => ({ added, runs: samples[i]!, found: trials.finding(candidate, samples[i]!) }));
  const steps: Step[] = [];
  let [from] = seen;
  let pending: readonly Change[] = [];
  for (const [i, to] of seen.entries()) {
    if (i === 0 || !from) continue;
    pending = [...pending, ...to.added];
    const difference = measuredOf(
      differences(widened(from.runs, to.runs), widened(to.runs, from.runs)),
      from.runs.length === 1 && to.runs.length === 1,
    );
    if ((difference.success_ratio?.high ?? 0) < -LOSS_MAX && i < seen.length - 1) continue;
    steps.push({ changes: pending, before: from.found, after: to.found, difference });
    from = to;
    pending = [];
  }
  return steps;
}

/** A share of images that a step may lose for a shorter wait or a lower price. */
const LOSS_MAX = 0.005;

interface Prefix {
  readonly candidate: Candidate;
  readonly added: readonly Change[];
}

/** From the file as it stands to all changes. Ids below 0: none of the search's own. */
function prefixes(trials: Trials, chosen: Candidate): Prefix[] {
  const { problem } = trials;
  const path: Prefix[] = [{ candidate: under(problem, [], chosen, -1), added: [] }];
  let made: Change[] = [];
  let pending: Change[] = [];
  for (const lever of LEVERS) {
    const own = chosen.changes.filter((change) => change.lever === lever);
    if (own.length === 0) continue;
    made = [...made, ...own];
    pending = [...pending, ...own];
    const isLast = made.length === chosen.changes.length;
    const candidate = isLast ? chosen : under(problem, made, chosen, -1 - path.length);
    if (trials.isChanceless(candidate) === null) continue;
    path.push({ candidate, added: pending });
    pending = [];
  }
  return path;
}

/** The changes alone, with what must be assumed for them. */
export function under(problem: Problem, changes: readonly Change[], chosen: Candidate, id: number): Candidate {
  const isClient = ({ path }: Change): boolean => path.includes('client.');
  const tier = changes.some(({ lever }) => lever === 'tier') ? chosen.tier : problem.scenario.quota.tier;
  const ground = groundOf(
    problem,
    tier,
    changes.filter((change) => !isClient(change)),
  );
  return ground
    ? candidateOf(id, ground, changes)
    : { ...chosen, id, changes, settings: changes.map(({ path, to }) => ({ path, value: to })) };
}

/** A run without chance stands for every seed of the other. */
function widened<T>(own: readonly T[], other: readonly T[]): readonly T[] {
  return own.length === 1 ? other.map(() => own[0]!) : own;
}
