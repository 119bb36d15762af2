/** Runs that reports are tested with. */
import type { Results } from '../../src/analysis/analysis.ts';
import type { ClosedRequest } from '../../src/analysis/requests.ts';
import { RETRY_NONE, type Scenario } from '../../src/model/scenario.ts';
import { MINUTE_MS } from '../../src/model/time.ts';
import { simulate } from '../../src/run/simulate.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

const PRO = 'gemini-3-pro-image';
const DURATION_MS = 10 * MINUTE_MS;
const QUOTA = scenario().quota;

/** Forty at once, twice, under ten images a minute: 20 of 80 are delivered. */
export function burst(overrides: Partial<Scenario> = {}): Scenario {
  return scenario({
    name: 'burst',
    clock: { startAtMs: Date.UTC(2026, 11, 1, 18), durationMs: DURATION_MS, drainMs: 10 * MINUTE_MS },
    quota: { ...QUOTA, profile: 'community-2026-02', profileAsOf: '2026-02', limits: limits({ rpd: 250, ipm: 10 }) },
    service: { ...scenario().service, latency: { [PRO]: { kind: 'fixed', ms: 20_000 } } },
    traffic: [entry({ kind: 'burst', requests: 40, everyMs: 5 * MINUTE_MS, times: 2 }, { name: 'launch minute', durationMs: DURATION_MS })],
    thresholds: [
      { expression: 'success_ratio >= 0.99', metric: 'success_ratio', op: '>=', value: 0.99 },
      { expression: 'cost_usd <= 40', metric: 'cost_usd', op: '<=', value: 40 },
    ],
    ...overrides,
  });
}

export function run(what: Scenario, seed = 1): { results: Results; closed: ClosedRequest[] } {
  const closed: ClosedRequest[] = [];
  const results = simulate(what, seed, { minutes: true, onRequest: (request) => closed.push({ ...request, row: { ...request.row } }) });
  return { results, closed };
}

export const RETRYING = clientSpec({
  concurrency: 8,
  retry: { ...RETRY_NONE, preset: null, attempts: 4, throttledAttempts: 3, jitter: 'full', retryOn: [429, 503, 500], obeyRetryInfo: false },
});
