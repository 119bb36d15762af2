import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Xoshiro128 } from '../../../src/model/chance.ts';
import { continuation, kimNelson, survivors } from '../../../src/plan/selection/kim-nelson.ts';
import { ocba, probabilityOfBest } from '../../../src/plan/selection/ocba.ts';
import { halvingRounds } from '../../../src/plan/selection/successive-halving.ts';
import { meetsGolden } from '../support.ts';

type Inputs = Record<string, number> & { means: number[]; sds: number[] };

describe('golden ranking and selection', () => {
  meetsGolden<Inputs>('ranking_selection', ({ alpha, k, n0 }) => kimNelson({ alpha: alpha!, systems: k!, first: n0! }), /^kn_0/);
  meetsGolden<Inputs>(
    'ranking_selection',
    ({ h2, S2, delta, r }) => ({ W: continuation({ h2: h2!, variance: S2!, indifference: delta!, seeds: r! }) }),
    /^kn_W/,
  );
  meetsGolden<Inputs>(
    'ranking_selection',
    ({ means, sds, budget }) => {
      const { best, allocation } = ocba({ means, sds, budget: budget! });
      const equal = means.map(() => budget! / means.length);
      return {
        best,
        allocation,
        apcs: probabilityOfBest({ means, sds, seeds: allocation }),
        apcsEqual: probabilityOfBest({ means, sds, seeds: equal }),
      };
    },
    /^ocba/,
  );
  meetsGolden<Inputs>('ranking_selection', ({ candidates, budget }) => ({ rounds: halvingRounds(candidates!, budget!) }), /^sh_/);
});

/** Twelve uniform numbers make one that is normal enough; the same seed makes the same ones. */
function normals(seed: number): () => number {
  const stream = new Xoshiro128(seed);
  return () => Array.from({ length: 12 }, () => stream.next()).reduce((sum, value) => sum + value, -6);
}

/** Runs the procedure on systems with these means and a common part of each round; the index it chooses, and the seeds it took. */
function choose(means: readonly number[], correlation: number, seed: number): { chosen: number; seeds: number } {
  const normal = normals(seed);
  const samples = means.map((): number[] => []);
  let left: readonly number[] = means.map((_, i) => i);
  let seeds = 0;
  const round = (): void => {
    const common = normal() * Math.sqrt(correlation);
    for (const i of left) samples[i]!.push(means[i]! + common + normal() * Math.sqrt(1 - correlation));
    seeds += left.length;
  };
  for (let k = 0; k < 10; k++) round();
  for (;;) {
    const look = survivors(samples, left, { alpha: 0.05, indifference: 0.5, first: 10, systems: means.length });
    left = look.left;
    if (look.isDecided) break;
    round();
  }
  const mean = (i: number): number => samples[i]!.reduce((sum, value) => sum + value, 0) / samples[i]!.length;
  return { chosen: [...left].sort((a, b) => mean(a) - mean(b))[0]!, seeds };
}

describe('the procedure of Kim and Nelson', () => {
  const runs = 1_000;
  /** Less what 1,000 runs of a true 0.95 may fall short by chance: two standard errors. */
  const promised = 0.95 - 2 * Math.sqrt((0.95 * 0.05) / runs);
  const outcomes = (correlation: number) => Array.from({ length: runs }, (_, k) => choose([-0.5, 0, 0, 0, 0], correlation, 1_000 + k));
  const independent = outcomes(0);
  const common = outcomes(0.8);
  const right = (of: typeof independent): number => of.filter(({ chosen }) => chosen === 0).length / runs;
  const seeds = (of: typeof independent): number => of.reduce((sum, one) => sum + one.seeds, 0) / runs;

  test('chooses the best of five, just the indifference zone ahead, at least as often as promised', () => {
    expect(right(independent)).toBeGreaterThanOrEqual(promised);
    expect(right(common)).toBeGreaterThanOrEqual(promised);
  });

  test('takes fewer seeds where the systems share their luck', () => {
    expect(seeds(common) * 2).toBeLessThan(seeds(independent));
  });

  test('leaves nobody out who is the best of those seen', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }), { minLength: 2, maxLength: 6 }),
        (samples) => {
          const all = samples.map((_, i) => i);
          const { left } = survivors(samples, all, { alpha: 0.05, indifference: 0.1, first: 4, systems: samples.length });
          const means = samples.map((of) => of.reduce((sum, value) => sum + value, 0) / of.length);
          expect(left).toContain(means.indexOf(Math.min(...means)));
        },
      ),
    );
  });
});

test('halving spends no more than it was given and ends with two', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 500 }), fc.integer({ min: 5_000, max: 50_000 }), (candidates, budget) => {
      const rounds = halvingRounds(candidates, budget);
      expect(rounds.reduce((sum, round) => sum + round.candidates * round.replicationsEach, 0)).toBeLessThanOrEqual(budget);
      expect(rounds.at(-1)!.candidates).toBe(2);
    }),
  );
});
