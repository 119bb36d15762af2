/** The search against looking at everything: small grids, each candidate on many seeds. */
import { describe, expect, test } from 'vitest';
import { fields } from '../../../src/plan/candidates.ts';
import { byChoice, gain, INDIFFERENCE, MEASURE_OF } from '../../../src/plan/choice.ts';
import type { Finalist } from '../../../src/plan/result.ts';
import { search } from '../../../src/plan/search.ts';
import { Trials } from '../../../src/plan/trials.ts';
import { SMALL, smallProblem } from './small.ts';

/** Seeds of the exhaustive look at each candidate: what holds on all of them holds on nineteen of twenty with 95 % confidence. */
const RUNS = 60;
/** What has failed this early is out in any case; the exhaustive search is charged the rest of its seeds all the same. */
const FIRST_RUNS = 8;

describe.each(Object.keys(SMALL))('%s', (name) => {
  const { problem, evaluate } = smallProblem(SMALL[name]!);

  test('chooses what an exhaustive search would, for a tenth of the simulations', async () => {
    const result = await search(problem, evaluate);
    const all = fields(problem).flatMap(({ ground, candidates }) => (ground.unknown.length > 0 ? [] : candidates));
    expect(all.length).toBeLessThanOrEqual(2_000);
    // As sure of each candidate as the search is of its choice.
    const seedsEach = Math.max(RUNS, result.chosen.seeds);
    expect(all.length * seedsEach, 'simulations of the exhaustive search').toBeGreaterThanOrEqual(10 * result.simulations);

    const trials = new Trials(problem, { evaluate, weight: 1 });
    const fitting = all.filter((candidate) => trials.isChanceless(candidate) !== null);
    const early = await trials.findings('verify', fitting, FIRST_RUNS);
    const hopeful = early.filter(({ holds }) => holds.high >= problem.probability).map(({ candidate }) => candidate);
    const holding = (await trials.findings('verify', hopeful, RUNS)).filter(({ holds }) => holds.low >= problem.probability);
    expect(result.feasible).toBe(holding.length > 0);
    if (!result.feasible) return;
    const [chosen] = await trials.findings('verify', [result.chosen.candidate], RUNS);
    expect(chosen!.holds.mean, 'the choice holds on seeds it never saw').toBeGreaterThanOrEqual(problem.probability);
    withinZone(chosen!, byChoice(holding, problem.goals)[0]!, problem.goals);
  });
});

/** No goal in which the best gains more than anybody minds, but where the choice is of a simpler class. */
function withinZone(chosen: Finalist, best: Finalist, goals: Parameters<typeof gain>[2]): void {
  const lost = gain(best, chosen, goals);
  const zone = Math.max(...goals.map((goal) => (goal === 'tier' ? 0 : INDIFFERENCE[MEASURE_OF[goal]])));
  const allowed = chosen.candidate.complexity < best.candidate.complexity ? 0.2 : zone;
  expect(lost, `${JSON.stringify(chosen.candidate.settings)} against ${JSON.stringify(best.candidate.settings)}`).toBeLessThanOrEqual(
    allowed,
  );
}
