/** How far counts of bursty models scatter, in closed form: what a trace's index of dispersion is compared with. */

/** Two levels of rate that take turns; a level is left at this rate per unit of time (Markov-modulated Poisson, MMPP(2)). */
export interface TwoLevelRate {
  readonly rate1: number;
  readonly rate2: number;
  readonly leave1: number;
  readonly leave2: number;
}

/**
 * Mean m, peak R·m during a share f of the time, in bursts of mean length τ.
 * Needs f·R ≤ 1: otherwise the bursts alone bring more than the mean.
 */
export function twoLevelRate(bursts: { meanRate: number; peakRatio: number; burstRatio: number; meanBurst: number }): TwoLevelRate {
  const { meanRate, peakRatio, burstRatio, meanBurst } = bursts;
  return {
    rate1: peakRatio * meanRate,
    rate2: (meanRate * (1 - burstRatio * peakRatio)) / (1 - burstRatio),
    leave1: 1 / meanBurst,
    leave2: burstRatio / meanBurst / (1 - burstRatio),
  };
}

/** Source: Heffes and Lucantoni 1986. The index over a window of any length, and its limit for long ones. */
export function twoLevelDispersion(levels: TwoLevelRate, window: number): { meanRate: number; idcWindow: number; idcInfinity: number } {
  const { rate1, rate2, leave1, leave2 } = levels;
  const turn = leave1 + leave2;
  const weighted = leave2 * rate1 + leave1 * rate2;
  const excess = (2 * leave1 * leave2 * (rate1 - rate2) ** 2) / (turn * turn * weighted);
  const share = 1 - (1 - Math.exp(-turn * window)) / (turn * window);
  return { meanRate: weighted / turn, idcWindow: 1 + excess * share, idcInfinity: 1 + excess };
}

/** A job calls forth others (Hawkes 1971): `branching` < 1 of them on average, each after an exponential time of rate `decay`. */
export interface Cascade {
  readonly baseRate: number;
  readonly branching: number;
  readonly decay: number;
}

export function cascadeDispersion({ baseRate, branching }: Cascade): { meanRate: number; idcInfinity: number; meanClusterSize: number } {
  const meanClusterSize = 1 / (1 - branching);
  return { meanRate: baseRate * meanClusterSize, idcInfinity: meanClusterSize ** 2, meanClusterSize };
}

/** Log-likelihood of instants in [0, horizon), by Ozaki's recursion (1979). */
export function cascadeLogLikelihood({ baseRate, branching, decay }: Cascade, times: readonly number[], horizon: number): number {
  let likelihood = -baseRate * horizon;
  let excitement = 0;
  let last = 0;
  times.forEach((time, i) => {
    excitement = i === 0 ? 0 : Math.exp(-decay * (time - last)) * (1 + excitement);
    likelihood += Math.log(baseRate + branching * decay * excitement) - branching * (1 - Math.exp(-decay * (horizon - time)));
    last = time;
  });
  return likelihood;
}
