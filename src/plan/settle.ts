/** One group of candidates, from a ranking to the one that is chosen and holds, or to the news that none does. */
import { byChoice, byPromise, likelihood, MEASURE_OF } from './choice.ts';
import { hold } from './hold.ts';
import type { Candidate, Change, Finalist, Guarantee, Measure, Problem, Pruned, Reason } from './result.ts';
import { type Screened, screen } from './screen.ts';
import { select } from './selection/finalists.ts';
import { under } from './steps.ts';
import type { Trials } from './trials.ts';

export interface Settled {
  /** On the seeds of the last test; null: none holds. */
  readonly held: Finalist | null;
  readonly finalists: readonly Finalist[];
  readonly pruned: readonly Pruned[];
  readonly guarantee: Guarantee;
}

const FIRST_RUNS = 10;
const MOST_RUNS = 40;
/** Requests that the choice among finalists may simulate beyond its first look. */
const REQUESTS_MAX = 1_000_000;
/** Ids of candidates that came out of taking changes back; above those of any grid. */
const SIMPLER_IDS = 1_000_000;

/** @param ranked most promising first, not empty */
export async function settle(trials: Trials, ranked: readonly Candidate[]): Promise<Settled> {
  const { problem } = trials;
  const { finalists: screened, left } = await screen(trials, ranked);
  trials.stage = 'select';
  const hopeful = (
    await trials.findings(
      'select',
      screened.map(({ candidate }) => candidate),
      FIRST_RUNS,
    )
  ).filter(({ holds }) => holds.high >= problem.probability);
  const pruned = unfollowed(left, ranked[0]!.tier, problem);
  const nothing: Guarantee = {
    confidence: 1,
    measure: null,
    indifference: 0,
    method: 'single',
    finalists: hopeful.length,
    seeds: FIRST_RUNS,
  };
  if (hopeful.length === 0 || trials.isAborted) return { held: null, finalists: screened, pruned, guarantee: nothing };
  const guarantee = await guaranteed(
    trials,
    hopeful.map(({ candidate }) => candidate),
  );
  const seen = await trials.findings(
    'select',
    hopeful.map(({ candidate }) => candidate),
    FIRST_RUNS,
  );
  const order = byPromise(seen, problem);
  for (const choice of order) {
    const simpler = await simplified(trials, choice);
    trials.stage = 'hold';
    const tried = simpler.id === choice.candidate.id ? [simpler] : [simpler, choice.candidate];
    for (const candidate of tried) {
      const held = await hold(trials, candidate);
      if (held?.isHeld) {
        const others = order.filter((one) => one !== choice && one.candidate.id !== candidate.id);
        return { held: held.finding, finalists: [held.finding, ...others], pruned, guarantee };
      }
    }
    if (trials.isAborted) break;
  }
  return { held: null, finalists: order, pruned, guarantee };
}

async function guaranteed(trials: Trials, candidates: readonly Candidate[]): Promise<Guarantee> {
  const measure = firstMeasure(trials.problem);
  const affordable = Math.floor(REQUESTS_MAX / (trials.weight * candidates.length));
  const { guarantee } = await select({
    measure,
    isChanceless: candidates.every((candidate) => trials.isChanceless(candidate)),
    finalists: candidates.length,
    first: FIRST_RUNS,
    most: Math.max(FIRST_RUNS, Math.min(MOST_RUNS, affordable)),
    runs: async (wanted) => {
      const runs = wanted.map((one) => one.runs);
      const samples = await trials.samples(
        'select',
        wanted.map(({ index }) => candidates[index]!),
        runs,
      );
      // A run without chance stands for all: the others are compared with it seed by seed.
      return samples.map((own, i) => (own.length === 1 ? Array.from({ length: runs[i]! }, () => own[0]!) : own));
    },
  });
  return guarantee;
}

function firstMeasure({ goals }: Problem): Measure | null {
  const goal = goals.find((one) => one !== 'tier');
  return goal === undefined ? null : MEASURE_OF[goal];
}

/**
 * Takes back what neither constraints nor goals miss: lever by lever from the last, then for one client where a lever was turned
 * for several.
 */
async function simplified(trials: Trials, choice: Finalist): Promise<Candidate> {
  const { problem } = trials;
  let best = choice;
  for (const [i, part] of partsOf(choice.candidate.changes).entries()) {
    const changes = best.candidate.changes.filter((change) => !part.includes(change));
    if (changes.length === 0 || changes.length === best.candidate.changes.length) continue;
    const simpler = under(problem, changes, best.candidate, SIMPLER_IDS + choice.candidate.id * 100 + i);
    if (trials.isChanceless(simpler) === null) continue;
    const [finding] = await trials.findings('select', [simpler], FIRST_RUNS);
    if (!finding || finding.holds.mean < best.holds.mean || likelihood(finding) < Math.min(problem.probability, likelihood(best))) continue;
    if (byChoice([finding, best], problem.goals)[0] === finding) best = finding;
  }
  return best.candidate;
}

/** What may be taken back together, in the order of trying. The tier stays: another one is another search. */
function partsOf(changes: readonly Change[]): readonly (readonly Change[])[] {
  const levers = [...new Set(changes.map((change) => change.lever))].filter((lever) => lever !== 'tier').toReversed();
  const byLever = levers.map((lever) => changes.filter((change) => change.lever === lever));
  return [...byLever, ...byLever.flatMap((own) => (own.length > 1 ? own.map((one) => [one]) : []))];
}

function unfollowed({ same, halved, unseen }: Screened['left'], tier: Candidate['tier'], { goals }: Problem): Pruned[] {
  const rows: readonly [Reason, number, string][] = [
    ['DOM', same, 'simulated, and no different from a simpler one'],
    ['HALVED', halved, 'simulated, and behind the better half'],
    ['RANK', unseen, 'less promising by arithmetic than those simulated'],
  ];
  const of = goals[0] === 'tier' ? tier : null;
  return rows.flatMap(([reason, count, explanation]) => (count === 0 ? [] : [{ reason, count, tier: of, explanation }]));
}
