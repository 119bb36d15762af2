/** What each of the chosen changes adds to those before it, on the same seeds. */
import { candidateOf } from './candidates.ts';
import { groundOf } from './grounds.ts';
import { differences, measuredOf } from './measured.ts';
import { type Candidate, type Change, LEVERS, type Problem, type Step } from './result.ts';
import type { Trials } from './trials.ts';

const RUNS = 12;

/** One step a lever, in the order in which engineers should try them. Levers that only fit together make one step. */
export async function stepsOf(trials: Trials, chosen: Candidate): Promise<Step[]> {
  trials.stage = 'effects';
  const path = prefixes(trials, chosen);
  const samples = await trials.samples(
    'hold',
    path.map(({ candidate }) => candidate),
    RUNS,
  );
  if (samples.some(({ length }) => length === 0)) return [];
  return path.slice(1).map(({ candidate, added }, i) => ({
    changes: added,
    before: trials.finding(path[i]!.candidate, samples[i]!),
    after: trials.finding(candidate, samples[i + 1]!),
    difference: measuredOf(
      differences(widened(samples[i]!, samples[i + 1]!), widened(samples[i + 1]!, samples[i]!)),
      samples[i]!.length === 1 && samples[i + 1]!.length === 1,
    ),
  }));
}

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
