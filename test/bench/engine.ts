/** Simulated requests per second on one core against a hand-inlined loop of the same world, in the same process, interleaved. */
import { simulate } from '../../src/run/simulate.ts';
import { type Load, loadScenario } from './loads.ts';
import { cpuMs, median } from './measure.ts';

interface Inlined {
  loads: Record<string, Load>;
  inlined(requests: number, load: Load, seed: number): { delivered: number; failed: number; attempts: number };
}

export interface EngineRow {
  readonly load: string;
  readonly requests: number;
  readonly engineUsPerRequest: number;
  readonly inlinedUsPerRequest: number;
  /** Inlined time over engine time: 1 is the ceiling. */
  readonly ratio: number;
  readonly deliveredDifference: number;
  readonly attemptsDifference: number;
}

export function benchEngine({ loads, inlined }: Inlined, requests: number, rounds: number): EngineRow[] {
  return Object.entries(loads).map(([name, load]) => {
    const scenario = loadScenario(load, requests);
    const engineUs: number[] = [];
    const inlinedUs: number[] = [];
    let delivered = 0;
    let attempts = 0;
    let offered = 0;
    let ceiling = { delivered: 0, failed: 0, attempts: 0 };
    for (let round = 0; round < rounds; round++) {
      let startMs = cpuMs();
      const { total } = simulate(scenario, round + 1);
      engineUs.push(((cpuMs() - startMs) * 1000) / total.offered);
      ({ delivered, sent: attempts, offered } = total);
      startMs = cpuMs();
      ceiling = inlined(requests, load, round + 1);
      inlinedUs.push(((cpuMs() - startMs) * 1000) / requests);
    }
    return {
      load: name,
      requests,
      engineUsPerRequest: median(engineUs),
      inlinedUsPerRequest: median(inlinedUs),
      ratio: median(inlinedUs) / median(engineUs),
      deliveredDifference: delivered / offered / (ceiling.delivered / requests) - 1,
      attemptsDifference: attempts / offered / (ceiling.attempts / requests) - 1,
    };
  });
}
