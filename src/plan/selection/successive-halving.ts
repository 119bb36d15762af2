/** Many candidates, few simulations: look at all a little, keep the better half, look at those twice as hard. */

export interface Round {
  readonly candidates: number;
  readonly replicationsEach: number;
}

/** ceil(log2 k) rounds that share the budget evenly; each keeps the better half, rounded up. @param candidates 2 or more */
export function halvingRounds(candidates: number, budget: number): Round[] {
  const count = Math.ceil(Math.log2(candidates));
  const rounds: Round[] = [];
  for (let left = candidates; rounds.length < count; left = Math.ceil(left / 2))
    rounds.push({ candidates: left, replicationsEach: Math.floor(budget / (left * count)) });
  return rounds;
}
