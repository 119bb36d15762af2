/** Golden des_micro: whole event logs of small runs, made by an independent simulator. */
import { describe, expect, test } from 'vitest';
import type { EnforcedBucket } from '../../src/model/names.ts';
import type { LimitSpec, Scenario } from '../../src/model/scenario.ts';
import { GOLDEN_BUCKETS, type GoldenLimiter, kindOf } from '../quota/golden.ts';
import { failure, jobsAt, PRO, play, retrySpec, sends } from '../support/play.ts';
import { clientSpec, limits, scenario } from '../support/scenario.ts';
import { golden } from '../traffic/shared.ts';

/** A bucket of capacity 1 is not a limit that a scenario can state: the paced case must do without a single 429 all the same. */
const cases = (golden('des_micro') ?? []).filter(({ inputs }) => inputs['limiters']?.IPM?.capacity === undefined);

function scenarioOf(inputs: Readonly<Record<string, any>>): Scenario {
  const base = scenario();
  const named = Object.entries((inputs['limiters'] ?? {}) as Record<string, GoldenLimiter>);
  const values: Partial<Record<LimitSpec['bucket'], number>> = {};
  for (const [name, limiter] of named) values[GOLDEN_BUCKETS[name] as EnforcedBucket] = limiter.limit;
  const kind = named.map(([, limiter]) => kindOf(limiter)).find((one) => one !== 'day' && one !== 'month') ?? 'fixed';
  const { breaker } = inputs;
  return {
    ...base,
    clock: { startAtMs: inputs['t0'], durationMs: 24 * 3_600_000, drainMs: 24 * 3_600_000 },
    quota: { ...base.quota, window: kind as Scenario['quota']['window'], limits: limits(values) },
    service: { ...base.service, latency: { [PRO.model]: { kind: 'fixed', ms: inputs['serviceMs'] ?? 1_000 } } },
    traffic: [jobsAt(inputs['arrivals'])],
    clients: [
      clientSpec({
        concurrency: inputs['workers'] ?? null,
        paceIntervalMs: inputs['paceMs'] ?? null,
        retry: retrySpec({
          attempts: inputs['maxAttempts'] ?? 5,
          throttledAttempts: null,
          onDailyLimit: 'wait',
          holdsSlot: inputs['holdWorkerDuringBackoff'] ?? false,
        }),
        breaker: breaker
          ? { failures: breaker.threshold, cooldownMs: breaker.openMs, scope: 'model', counts: ['5xx', 'timeout'], afterCooldown: 'trial' }
          : null,
      }),
    ],
  };
}

describe.skipIf(!golden('des_micro'))('golden des_micro', () => {
  test.each(cases.map((each) => [each.id, each] as const))('%s', (_, { inputs, expected }) => {
    const fails = (inputs['script503'] ?? {}) as Record<string, number>;
    const played = play(scenarioOf(inputs), {
      script: (attempt) => (attempt.n <= (fails[attempt.request] ?? 0) ? { reply: failure(503), afterMs: inputs['latency503Ms'] } : null),
    });
    const { summary } = expected;
    const of = (...outcomes: string[]) => played.requests.filter((request) => outcomes.includes(request.outcome));
    expect({
      success: of('delivered').length,
      failure: of('failed').length,
      shed: of('breaker').length,
      rejected429: played.attempts.filter((row) => row.httpStatus === 429).length,
      got503: played.attempts.filter((row) => row.httpStatus === 503).length,
      admittedAttempts: played.attempts.filter((row) => row.httpStatus !== 429).length,
      lastEventMs: played.end.atMs,
      completionMs: Object.fromEntries(played.requests.map((request) => [request.request, request.doneMs])),
      latenciesMs: of('delivered')
        .map((request) => request.doneMs! - request.dueMs)
        .sort((a, b) => a - b),
    }).toEqual(summary);
    const log = (expected['log'] as { t: number; event: string; id: number; retryAt?: number | null }[]) ?? [];
    const admitted = sends(played).filter((row) => row.httpStatus !== 429);
    expect(admitted.map((row) => [row.sentMs, row.request])).toEqual(
      log.filter(({ event }) => event === 'admit').map(({ t, id }) => [t, id]),
    );
    const refused = sends(played).filter((row) => row.httpStatus === 429);
    expect(refused.map((row) => [row.sentMs, row.request, row.retryAtMs])).toEqual(
      log.filter(({ event }) => event === '429').map(({ t, id, retryAt }) => [t, id, retryAt ?? null]),
    );
  });
});
