/** What a client with every policy costs against one with none, under the same loads, interleaved. */
import { drive } from '../../src/engine/engine.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import type { ClientSpec, Scenario } from '../../src/model/scenario.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/model/time.ts';
import { clientsOf } from '../../src/run/simulate.ts';
import { service } from '../../src/service/service.ts';
import { simulated } from '../../src/targets/simulated.ts';
import { type Load, loadScenario } from './loads.ts';
import { cpuMs, median } from './measure.ts';

export interface PoliciesRow {
  readonly load: string;
  /** `aside`: every policy is asked and none is in the way. `pace`: and sends are at least 1 ms apart. */
  readonly policies: 'aside' | 'pace';
  readonly defaultUsPerAttempt: number;
  readonly policiesUsPerAttempt: number;
  /** Policies over default, a request: 1 is the floor. */
  readonly ratio: number;
  /** Policies over default, an attempt: a pace makes more of them. */
  readonly attemptRatio: number;
}

/** Wide enough that nothing is ever held back, ended or opened. */
const ASIDE: Partial<ClientSpec> = {
  concurrency: 1e6,
  adaptive: { min: 1e5, max: 1e6 },
  limits: { rpm: 1e6, ipm: 1e6, tpm: 1e9, spend10mMicroUsd: 1e12, marginRatio: 0.1 },
  timeoutMs: 10 * MINUTE_MS,
  hedge: { afterMs: 5 * MINUTE_MS },
  queue: { limit: 1e6, deadlineMs: HOUR_MS },
  breaker: { failures: 1e9, cooldownMs: MINUTE_MS, scope: 'model', counts: ['5xx', 'timeout'], afterCooldown: 'trial' },
  schedule: [
    { fromMinute: 0, toMinute: 720, zone: 'UTC' },
    { fromMinute: 720, toMinute: 0, zone: 'UTC' },
  ],
};
const PACE: Partial<ClientSpec> = { ...ASIDE, pace: { count: 1_000, perMs: 1_000 }, paceIntervalMs: 1 };

export function benchPolicies(loads: Record<string, Load>, requests: number, rounds: number): PoliciesRow[] {
  return Object.entries(loads).flatMap(([name, load]) => {
    const plain = loadScenario(load, requests);
    return (['aside', 'pace'] as const).map((policies) => {
      const withPolicies = equipped(plain, policies === 'aside' ? ASIDE : PACE);
      const usPerAttempt = { plain: [] as number[], policies: [] as number[] };
      const ratios: number[] = [];
      for (let round = 1; round <= rounds; round++) {
        const a = timed(plain, round);
        const b = timed(withPolicies, round);
        usPerAttempt.plain.push((a.ms * 1000) / a.attempts);
        usPerAttempt.policies.push((b.ms * 1000) / b.attempts);
        ratios.push(b.ms / a.ms);
      }
      return {
        load: name,
        policies,
        defaultUsPerAttempt: median(usPerAttempt.plain),
        policiesUsPerAttempt: median(usPerAttempt.policies),
        ratio: median(ratios),
        attemptRatio: median(usPerAttempt.policies) / median(usPerAttempt.plain),
      };
    });
  });
}

function equipped(scenario: Scenario, policies: Partial<ClientSpec>): Scenario {
  return {
    ...scenario,
    clients: scenario.clients.map((client) => ({
      ...client,
      ...policies,
      retry: { ...client.retry, budgetRatio: 1e6, deadlineMs: 4 * HOUR_MS },
    })),
    traffic: scenario.traffic.map((entry) => ({ ...entry, deadlineMs: 6 * HOUR_MS })),
    budget: { microUsd: 1e15, requests: 1e12 },
  };
}

function timed(scenario: Scenario, seed: number): { ms: number; attempts: number } {
  const startMs = cpuMs();
  let attempts = 0;
  const clock = virtualClock();
  const target = simulated(service(scenario, seed), clock, scenario.clock.startAtMs);
  const record = ({ kind }: { kind: string }): void => {
    if (kind === 'attempt') attempts++;
  };
  drive({ scenario, seed, clock, target, clients: clientsOf(scenario, seed, record), record });
  clock.run();
  return { ms: cpuMs() - startMs, attempts };
}
