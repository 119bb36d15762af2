/** The two loads of the engine benchmark, as scenarios: the same world as the hand-inlined loop they are compared with. */

import { requestSpec } from '../../src/model/request-spec.ts';
import { RETRY_NONE, type Scenario } from '../../src/model/scenario.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

export interface Load {
  readonly perSecond: number;
  readonly rpm: number;
  readonly tpm: number;
  readonly ipm: number;
  readonly spend10mMicroUsd: number;
}

const FIRST = 'gemini-3-pro-image';
const SECOND = 'gemini-nano-banana-2.1';
const Z95 = 1.6448536269514722;
const NEVER_REACHED = 1e9;

/** About `requests` requests of a load: Poisson arrivals, five tries, then one fallback model with fresh ones. */
export function loadScenario(load: Load, requests: number): Scenario {
  const durationMs = Math.round((requests / load.perSecond) * 1000);
  const { rpm, tpm, ipm, spend10mMicroUsd } = load;
  const base = scenario();
  const own = limits({ rpm, tpm, ipm, rpd: NEVER_REACHED, spend10m: spend10mMicroUsd }, FIRST);
  const other = limits({ rpm, tpm, ipm, rpd: NEVER_REACHED }, SECOND).filter((limit) => limit.model !== null);
  return {
    ...base,
    clock: { startAtMs: Date.UTC(2026, 11, 1), durationMs, drainMs: 3_600_000 },
    quota: { ...base.quota, limits: [...own, ...other] },
    service: {
      ...base.service,
      overload: [rule(0, 6, 0.08), rule(10, 14, 0.45), rule(0, 0, 0.2)],
      latency: {
        [FIRST]: { kind: 'lognormal', p50Ms: 19_000, p95Ms: 19_000 * Math.exp(0.45 * Z95) },
        [SECOND]: { kind: 'lognormal', p50Ms: 16_000, p95Ms: 16_000 * Math.exp(0.4 * Z95) },
      },
    },
    traffic: [
      entry({ kind: 'poisson', rate: { count: load.perSecond, perMs: 1000 } }, { durationMs, request: requestSpec(FIRST, '1K', 300, 0) }),
    ],
    clients: [
      clientSpec({
        retry: { ...RETRY_NONE, preset: null, attempts: 5, throttledAttempts: 5, retryOn: [429, 503] },
        fallback: [{ to: { model: SECOND }, on: ['5xx', 'timeout', 'breaker'] }],
      }),
    ],
  };
}

function rule(fromHour: number, toHour: number, errorRatio: number): Scenario['service']['overload'][number] {
  const hour = 3_600_000;
  return {
    span: { kind: 'daily', fromMs: fromHour * hour, toMs: toHour * hour },
    errorRatio,
    models: null,
    meanSpellMs: null,
    latencyFactor: 1,
  };
}
