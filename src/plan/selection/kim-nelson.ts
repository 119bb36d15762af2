/**
 * Which of a few systems is best, with a stated probability: the fully sequential procedure of Kim and Nelson (2001).
 *
 * The systems are seen on the same seeds. After each round those are left out that are worse than another one by more than
 * chance and the indifference zone explain; whoever is left at the end is within the zone of the best.
 */

/** eta and h^2 of the procedure with c = 1. @param systems 2 or more. @param first seeds that estimate the variances, 2 or more */
export function kimNelson({ alpha, systems, first }: { alpha: number; systems: number; first: number }): { eta: number; h2: number } {
  const eta = (((2 * alpha) / (systems - 1)) ** (-2 / (first - 1)) - 1) / 2;
  return { eta, h2: 2 * eta * (first - 1) };
}

/** By how much one mean may lie behind another after `seeds` seeds and still stay in: max(0, (delta / 2r) (h^2 S^2 / delta^2 - r)). */
export function continuation(region: { h2: number; variance: number; indifference: number; seeds: number }): number {
  const { h2, variance, indifference, seeds } = region;
  return Math.max(0, (indifference / (2 * seeds)) * ((h2 * variance) / indifference ** 2 - seeds));
}

/** Sample variance of the differences between two systems, seed by seed. */
export function varianceOfDifference(a: readonly number[], b: readonly number[], first: number): number {
  let sum = 0;
  for (let k = 0; k < first; k++) sum += a[k]! - b[k]!;
  const mean = sum / first;
  let squares = 0;
  for (let k = 0; k < first; k++) squares += (a[k]! - b[k]! - mean) ** 2;
  return squares / (first - 1);
}

export interface Survivors {
  /** Indices of the systems that are still in, ascending. */
  readonly left: readonly number[];
  /** No more seeds are needed: one is left, or those left are within the indifference zone of each other. */
  readonly isDecided: boolean;
}

/**
 * One look after `samples[i].length` seeds, the same number for all that are in. Lower is better.
 * @param left those that are in before the look
 * @param first seeds of the first look, which estimated the variances
 */
export function survivors(
  samples: readonly (readonly number[])[],
  left: readonly number[],
  { alpha, indifference, first, systems }: { alpha: number; indifference: number; first: number; systems: number },
): Survivors {
  if (left.length <= 1) return { left, isDecided: true };
  const { h2 } = kimNelson({ alpha, systems, first });
  const seeds = samples[left[0]!]!.length;
  const mean = (i: number): number => samples[i]!.reduce((sum, value) => sum + value, 0) / seeds;
  const width = (i: number, other: number): number =>
    continuation({ h2, variance: varianceOfDifference(samples[i]!, samples[other]!, first), indifference, seeds });
  const stays = left.filter((i) => left.every((other) => other === i || mean(i) <= mean(other) + width(i, other)));
  const isClosed = stays.every((i) => stays.every((other) => other === i || width(i, other) === 0));
  return { left: stays, isDecided: stays.length <= 1 || isClosed };
}
