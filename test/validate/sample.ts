/** A few experiments of each golden file: what a check on every commit has time for. */
import { stream } from '../../src/model/chance.ts';
import type { Experiment } from './experiment.ts';

/** A replication's requests, for all of one file together; longer experiments, near saturation, are for the whole run. */
const REQUESTS_PER_FILE = 60_000;

/** Places in `experiments`, ascending; the same for the same seed. At least one of each file. */
export function sample(experiments: readonly Experiment[], seed: number): number[] {
  const places = experiments.map((_, place) => place).filter((place) => requestsOf(experiments[place]!) <= 4 * REQUESTS_PER_FILE);
  return [...Map.groupBy(places, (place) => experiments[place]!.file)]
    .flatMap(([file, of]) => {
      const luck = stream(seed, `sample/${file}`);
      const order = of.map((place) => ({ place, at: luck.next() })).sort((a, b) => a.at - b.at);
      let requests = 0;
      return order.flatMap(({ place }, i) => {
        requests += requestsOf(experiments[place]!);
        return i === 0 || requests <= REQUESTS_PER_FILE ? [place] : [];
      });
    })
    .sort((a, b) => a - b);
}

/** About. */
function requestsOf({ system, warmUpMs, watchedMs }: Experiment): number {
  const { arrivals } = system;
  const perMs = arrivals.kind === 'poisson' ? arrivals.rate.count / arrivals.rate.perMs : arrivals.users / arrivals.thinkMeanMs;
  return (warmUpMs + watchedMs) * perMs;
}
