/** One golden case as a system to watch: what is simulated, for how long, what is measured, and what theory expects. */

import { fnv1a } from '../../src/model/chance.ts';
import { invariant } from '../../src/model/errors.ts';
import { simulate } from '../../src/run/simulate.ts';
import { type Limiter, simulateHeldBack } from './limiter-gate.ts';
import { measure } from './measures.ts';
import { Observation } from './observation.ts';
import { type SystemSpec, system, WINDOW_MS } from './system.ts';
import type { Expectation } from './verdict.ts';

/** Replications of the first look. */
export const REPLICATIONS = 10;

export interface Experiment {
  /** Golden file, case, and which of several systems that should give the same numbers. */
  readonly file: string;
  readonly id: string;
  readonly variant: string;
  readonly system: SystemSpec;
  /** A window between the client's queue and the service. */
  readonly heldBackBy: Limiter | null;
  /** One unit of time of the golden case. */
  readonly unitMs: number;
  /** One mean service, in units. */
  readonly serviceUnits: number;
  /** Left out at the start, and watched after that, per replication. */
  readonly warmUpMs: number;
  readonly watchedMs: number;
  readonly expectations: readonly Expectation[];
}

export function nameOf({ file, id, variant }: Experiment): string {
  return variant === '' ? `${file}/${id}` : `${file}/${id}/${variant}`;
}

/** The same for the same experiment and number, on any machine: chance depends on nothing else. */
export function replicate(experiment: Experiment, replication: number): number[] {
  const seen = observe(experiment, replication);
  return experiment.expectations.map(({ name }) => {
    const of = measure(name);
    invariant(of, `somebody measures ${name} of ${nameOf(experiment)}`);
    return of.from(seen);
  });
}

function observe(experiment: Experiment, replication: number): Observation {
  const { system: spec, heldBackBy, warmUpMs, watchedMs, unitMs, serviceUnits } = experiment;
  const toMs = warmUpMs + watchedMs;
  const seen = new Observation({
    fromMs: warmUpMs,
    toMs,
    unitMs,
    serviceUnits,
    servers: spec.servers ?? Infinity,
    population: spec.arrivals.kind === 'users' ? spec.arrivals.users : 0,
    windowMs: WINDOW_MS,
  });
  const scenario = system(spec, toMs);
  const seed = fnv1a(`${nameOf(experiment)}/${replication}`);
  if (heldBackBy === null) simulate(scenario, seed, { record: (row) => seen.add(row) });
  else simulateHeldBack(scenario, seed, heldBackBy, (row) => seen.add(row));
  return seen;
}
