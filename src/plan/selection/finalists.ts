/** Which of a few candidates is best in one measure, on seeds of their own: Kim and Nelson first, what is left of the budget by OCBA. */
import { INDIFFERENCE } from '../choice.ts';
import { type Sample, spreadOf } from '../measured.ts';
import type { Guarantee, Measure } from '../result.ts';
import { survivors } from './kim-nelson.ts';
import { ocba, probabilityOfBest } from './ocba.ts';

export interface Selection {
  /** Indices that may be best, within the zone. */
  readonly left: readonly number[];
  readonly guarantee: Guarantee;
}

export interface SelectOptions {
  readonly measure: Measure | null;
  readonly isChanceless: boolean;
  /** Runs of candidates by index, each as many as asked for in all; the same seeds for all. */
  readonly runs: (wanted: readonly { readonly index: number; readonly runs: number }[]) => Promise<readonly (readonly Sample[])[]>;
  readonly finalists: number;
  readonly first: number;
  readonly most: number;
}

const ALPHA = 0.05;
const LOOK_EVERY = 5;

/** Lower is better; a run without a value of the measure counts as the worst seen. */
export async function select({ measure, isChanceless, runs, finalists, first, most }: SelectOptions): Promise<Selection> {
  const all = Array.from({ length: finalists }, (_, index) => index);
  const samples = await runs(all.map((index) => ({ index, runs: first })));
  const guarantee = { confidence: 1, measure, indifference: 0, finalists, seeds: first };
  if (finalists === 1) return { left: all, guarantee: { ...guarantee, method: 'single' } };
  if (measure === null) return { left: all, guarantee: { ...guarantee, method: isChanceless ? 'deterministic' : 'single' } };
  const values = valuesOf(samples, measure);
  const indifference = zone(values, measure);
  if (isChanceless) {
    const means = values.map((row) => spreadOf(row).mean);
    const least = Math.min(...means);
    return {
      left: all.filter((i) => means[i]! <= least + indifference),
      guarantee: { ...guarantee, indifference, method: 'deterministic', seeds: 1 },
    };
  }
  if (indifference === 0) return { left: all, guarantee: { ...guarantee, method: 'single' } };
  const rule = { alpha: ALPHA, indifference, first, systems: finalists };
  let seen = values;
  let look = survivors(seen, all, rule);
  let seeds = first;
  while (!look.isDecided && seeds < most) {
    seeds = Math.min(most, seeds + LOOK_EVERY);
    const more = valuesOf(await runs(look.left.map((index) => ({ index, runs: seeds }))), measure);
    seen = seen.map((own, index) => more[look.left.indexOf(index)] ?? own);
    look = survivors(seen, look.left, rule);
  }
  if (look.isDecided) return { left: look.left, guarantee: { ...guarantee, confidence: 1 - ALPHA, indifference, method: 'KN', seeds } };
  return shared(seen, look.left, { measure, indifference, guarantee, runs, seeds });
}

/** As much again as the survivors took, given to those that are hardest to tell from the best. */
async function shared(
  seen: readonly (readonly number[])[],
  left: readonly number[],
  {
    measure,
    indifference,
    guarantee,
    runs,
    seeds,
  }: Pick<SelectOptions, 'runs'> & { measure: Measure; indifference: number; guarantee: Omit<Guarantee, 'method'>; seeds: number },
): Promise<Selection> {
  const of = (rows: readonly (readonly number[])[]) => ({
    means: rows.map((row) => spreadOf(row).mean),
    sds: rows.map((row) => spreadOf(row).deviation),
    seeds: rows.map(({ length }) => length),
  });
  const before = of(left.map((index) => seen[index]!));
  const { allocation } = ocba({
    means: before.means,
    sds: before.sds.map((sd) => Math.max(sd, indifference / 10)),
    budget: seeds * left.length,
  });
  const wanted = left.map((index, i) => ({ index, runs: seeds + Math.min(2 * seeds, Math.floor(allocation[i] ?? 0)) }));
  const after = of(valuesOf(await runs(wanted), measure));
  const least = Math.min(...after.means);
  // Whoever is within the zone is as good as the best: only those beyond it can make the choice wrong.
  const apart = { ...after, means: after.means.map((mean) => (mean === least ? mean : mean + indifference)) };
  const confidence = Math.max(0, probabilityOfBest(apart));
  const near = left.filter((_, i) => after.means[i]! <= least + indifference);
  return { left: near, guarantee: { ...guarantee, confidence, indifference, method: 'OCBA', seeds: Math.max(...after.seeds) } };
}

function valuesOf(samples: readonly (readonly Sample[])[], measure: Measure): number[][] {
  const rows = samples.map((runs) => runs.map(({ values }) => values[measure]));
  const worst = Math.max(0, ...rows.flatMap((row) => row.flatMap((value) => value ?? [])));
  return rows.map((row) => row.map((value) => value ?? worst));
}

function zone(values: readonly (readonly number[])[], measure: Measure): number {
  return INDIFFERENCE[measure] * Math.min(...values.map((row) => spreadOf(row).mean));
}
