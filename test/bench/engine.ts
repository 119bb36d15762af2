/** Simulated requests per second on one core against a hand-inlined loop of the same world, in the same process, interleaved. */
import { drive } from '../../src/engine/engine.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import type { Row } from '../../src/model/rows.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import { clientsOf, simulate } from '../../src/run/simulate.ts';
import { service } from '../../src/service/service.ts';
import { simulated } from '../../src/targets/simulated.ts';
import { type Load, loadScenario } from './loads.ts';
import { cpuMs, median } from './measure.ts';

interface Counts {
  readonly delivered: number;
  readonly attempts: number;
}

interface Inlined {
  loads: Record<string, Load>;
  inlined(requests: number, load: Load, seed: number): Counts;
}

export interface EngineRow {
  readonly load: string;
  readonly requests: number;
  readonly inlinedUsPerRequest: number;
  readonly engineUsPerRequest: number;
  /** Inlined time over engine time: 1 is the ceiling. */
  readonly engineRatio: number;
  /** The same with everything that summary.json says computed beside it. */
  readonly summaryUsPerRequest: number;
  readonly summaryRatio: number;
  /** Engine over inlined, less 1: the two model the same world. */
  readonly deliveredDifference: number;
  readonly attemptsDifference: number;
}

export function benchEngine({ loads, inlined }: Inlined, requests: number, rounds: number): EngineRow[] {
  return Object.entries(loads).map(([name, load]) => {
    const scenario = loadScenario(load, requests);
    const us = { engine: [] as number[], summary: [] as number[], inlined: [] as number[] };
    let counts: Counts = { delivered: 0, attempts: 0 };
    let ceiling: Counts = counts;
    for (let round = 1; round <= rounds; round++) {
      us.engine.push(
        timed(requests, () => {
          counts = driveOnly(scenario, round);
        }),
      );
      us.summary.push(timed(requests, () => simulate(scenario, round)));
      us.inlined.push(
        timed(requests, () => {
          ceiling = inlined(requests, load, round);
        }),
      );
    }
    return {
      load: name,
      requests,
      inlinedUsPerRequest: median(us.inlined),
      engineUsPerRequest: median(us.engine),
      engineRatio: median(us.inlined) / median(us.engine),
      summaryUsPerRequest: median(us.summary),
      summaryRatio: median(us.inlined) / median(us.summary),
      deliveredDifference: counts.delivered / ceiling.delivered - 1,
      attemptsDifference: counts.attempts / ceiling.attempts - 1,
    };
  });
}

function timed(requests: number, work: () => unknown): number {
  const startMs = cpuMs();
  work();
  return ((cpuMs() - startMs) * 1000) / requests;
}

/** Engine, clients and service, and only the two counts that are compared. */
function driveOnly(scenario: Scenario, seed: number): Counts {
  let delivered = 0;
  let attempts = 0;
  const record = (row: Row): void => {
    if (row.kind !== 'attempt') return;
    attempts++;
    if (row.outcome === 'delivered') delivered++;
  };
  const clock = virtualClock();
  const target = simulated(service(scenario, seed), clock, scenario.clock.startAtMs);
  drive({ scenario, seed, clock, target, clients: clientsOf(scenario, seed, record), record });
  clock.run();
  return { delivered, attempts };
}
