/** Laws of the client over random clients and answers: gates are kept, and what waiting does not cure is not tried again. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RETRY_PRESETS } from '../../src/client/retry-presets.ts';
import type { ErrorClass } from '../../src/model/names.ts';
import type { Reply } from '../../src/model/reply.ts';
import type { AllowedWindow, ClientSpec, RetrySpec } from '../../src/model/scenario.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { ERROR_CATALOGUE } from '../../src/wire/error-catalogue.ts';
import { CLASS_ADVICE } from '../../src/wire/error-classes.ts';
import { blocked, failure, image, jobsAt, type Played, play, retrySpec, type Script, sends, throttled } from '../support/play.ts';
import { clientSpec, scenario } from '../support/scenario.ts';

const numRuns = 120;

/** Answers by request and attempt, the same for the same numbers. */
function answers(kinds: readonly number[]): Script {
  return (attempt) => {
    const kind = kinds[(attempt.request * 7 + attempt.n * 3) % kinds.length]!;
    const afterMs = 50 + ((attempt.request * 131 + attempt.n * 977) % 4_000);
    switch (kind) {
      case 0:
        return { reply: failure(503), afterMs };
      case 1:
        return { reply: throttled({ buckets: ['ipm'], retryAfterMs: 1_500 }), afterMs };
      case 2:
        return { reply: throttled(), afterMs };
      case 3:
        return { reply: failure(500), afterMs };
      case 4:
        return { reply: blocked(), afterMs };
      default:
        return { reply: image(attempt), afterMs };
    }
  };
}

const kinds = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 13 });
const dueMs = fc.array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 40 }).map((all) => all.toSorted((a, b) => a - b));
const retries: fc.Arbitrary<RetrySpec> = fc
  .record({
    attempts: fc.integer({ min: 1, max: 5 }),
    jitter: fc.constantFrom<RetrySpec['jitter']>('none', 'full', 'equal', 'decorrelated', 'additive'),
    holdsSlot: fc.boolean(),
    budgetRatio: fc.constantFrom(null, 0.2, 1),
    deadlineMs: fc.constantFrom(null, 20_000),
  })
  .map((spec) => retrySpec({ ...spec, throttledAttempts: spec.attempts, baseMs: 300 }));

function played(client: Partial<ClientSpec>, due: readonly number[], script: Script): Played {
  const base = scenario({ traffic: [jobsAt(due)], clients: [clientSpec(client)] });
  return play({ ...base, clock: { startAtMs: Date.UTC(2026, 11, 1, 8), durationMs: 120_000, drainMs: 3_600_000 } }, { script });
}

describe('nothing is sent before its gates allow', () => {
  test('the pace: two sends are at least its interval apart, retries included', () => {
    fc.assert(
      fc.property(dueMs, kinds, retries, fc.integer({ min: 1, max: 3_000 }), (due, all, retry, paceIntervalMs) => {
        const at = sends(played({ retry, paceIntervalMs }, due, answers(all))).map((row) => row.sentMs);
        for (let i = 1; i < at.length; i++) expect(at[i]! - at[i - 1]!).toBeGreaterThanOrEqual(paceIntervalMs);
      }),
      { numRuns },
    );
  });

  test('own limits: no window of a minute sends more than the bucket and what refills', () => {
    fc.assert(
      fc.property(dueMs, kinds, retries, fc.integer({ min: 1, max: 12 }), (due, all, retry, rpm) => {
        const limits = { rpm, ipm: null, tpm: null, spend10mMicroUsd: null, marginRatio: 0 };
        const at = sends(played({ retry, limits }, due, answers(all))).map((row) => row.sentMs);
        for (let from = 0; from < at.length; from++)
          for (let to = from; to < at.length; to++)
            expect(to - from + 1).toBeLessThanOrEqual(rpm + ((at[to]! - at[from]!) * rpm) / 60_000 + 1e-9);
      }),
      { numRuns },
    );
  });

  test('the schedule: every attempt lies in one of its windows', () => {
    const windows = fc
      .tuple(fc.integer({ min: 480, max: 540 }), fc.integer({ min: 1, max: 20 }))
      .map(([fromMinute, minutes]): AllowedWindow[] => [{ fromMinute, toMinute: fromMinute + minutes, zone: 'UTC' }]);
    fc.assert(
      fc.property(dueMs, kinds, retries, windows, (due, all, retry, schedule) => {
        const { fromMinute, toMinute } = schedule[0]!;
        for (const row of sends(played({ retry, schedule }, due, answers(all)))) {
          const minute = ((Date.UTC(2026, 11, 1, 8) + row.sentMs) / 60_000) % 1_440;
          expect(minute).toBeGreaterThanOrEqual(fromMinute);
          expect(minute).toBeLessThan(toMinute);
        }
      }),
      { numRuns },
    );
  });

  test('the breaker: while it is open nothing is sent', () => {
    const breakers = fc.record({
      failures: fc.integer({ min: 1, max: 3 }),
      cooldownMs: fc.integer({ min: 1, max: 20_000 }),
      scope: fc.constantFrom('model' as const, 'chain' as const),
      counts: fc.constant([429, '5xx'] as const),
      afterCooldown: fc.constantFrom('trial' as const, 'closed' as const),
    });
    fc.assert(
      fc.property(dueMs, kinds, retries, breakers, (due, all, retry, breaker) => {
        const run = played({ retry, breaker }, due, answers(all));
        const open = run.breakers.flatMap((row) => (row.state === 'open' ? [row.atMs] : []));
        for (const row of run.attempts)
          for (const atMs of open) expect(row.sentMs > atMs && row.sentMs < atMs + breaker.cooldownMs).toBe(false);
      }),
      { numRuns },
    );
  });

  test('the told delay: a client that obeys it sends nothing early', () => {
    fc.assert(
      fc.property(dueMs, kinds, retries, (due, all, retry) => {
        expect(played({ retry }, due, answers(all)).results.audit.earlyRetries).toBe(0);
      }),
      { numRuns },
    );
  });

  test('concurrency: never more in flight than slots', () => {
    fc.assert(
      fc.property(dueMs, kinds, retries, fc.integer({ min: 1, max: 4 }), (due, all, retry, concurrency) => {
        const rows = sends(played({ retry, concurrency }, due, answers(all)));
        for (const { sentMs } of rows)
          expect(rows.filter((row) => row.sentMs <= sentMs && (row.doneMs ?? Infinity) > sentMs).length).toBeLessThanOrEqual(concurrency);
      }),
      { numRuns },
    );
  });
});

describe('a class that waiting does not cure', () => {
  const hopeless = CLASS_ADVICE.filter(({ retryable }) => retryable === 'no').map((advice) => advice.class);
  /** Whatever is retried at all, so that only the class stands against it. */
  const EVERYTHING = [400, 401, 402, 403, 404, 409, 418, 429, 500, 502, 503, 504, '5xx', 'timeout', 'network', 'safety', 'rpd'] as const;

  function answerOf(errorClass: ErrorClass, httpStatus: number): Reply {
    if (errorClass.startsWith('safety.')) return { kind: 'blocked', class: errorClass, usage: null };
    return { kind: 'refused', httpStatus, class: errorClass, violations: [], retryAfterMs: null, message: null };
  }

  function statusesOf(errorClass: ErrorClass): number[] {
    const seen = ERROR_CATALOGUE.filter((entry) => entry.class === errorClass).map(({ httpStatus }) => httpStatus);
    return [...new Set(seen.length === 0 ? [500] : seen)];
  }

  test.each(hopeless.flatMap((errorClass) => statusesOf(errorClass).map((status) => [errorClass, status] as const)))(
    '%s (%d) is tried once, by a written-out retry and by recommended',
    (errorClass, httpStatus) => {
      const recommended = parseScenario(
        'clock: { duration: 1h }\nclient: { retry: recommended }\ntraffic:\n  - shape: { kind: flood, requests: 1 }\n    request: { model: gemini-3-pro-image }\n',
        'recommended.yaml',
      ).scenario.clients[0]!.retry;
      for (const retry of [retrySpec({ retryOn: EVERYTHING }), { ...recommended, retryOn: EVERYTHING }]) {
        const run = played({ retry }, [0], () => ({ reply: answerOf(errorClass, httpStatus), afterMs: 10 }));
        expect(sends(run)).toHaveLength(1);
        expect(run.results.audit.hopelessRetries).toBe(0);
      }
    },
  );

  test('is tried again by a preset that copies a client which does not know', () => {
    const { retry } = RETRY_PRESETS['genai-3']!;
    const zero = throttled({ buckets: ['ipm'], limit: 0, class: 'quota.zero-limit' });
    const run = played({ retry: { ...retrySpec(), ...retry, preset: 'genai-3' } }, [0], () => ({ reply: zero, afterMs: 10 }));
    expect(sends(run)).toHaveLength(5);
    expect(run.results.audit.hopelessRetries).toBe(4);
  });
});

describe('recommended', () => {
  const spec = (): RetrySpec => ({ ...retrySpec(), ...RETRY_PRESETS['recommended']!.retry, preset: 'recommended' });
  const waits = (run: Played): number[] => {
    const rows = sends(run);
    return rows.slice(1).map((row, i) => row.sentMs - rows[i]!.doneMs!);
  };

  test('waits as long as it is told, and a quarter of a second at most on top', () => {
    const [waitMs] = waits(
      played({ retry: spec() }, [0], ({ n }) => ({
        reply: n === 1 ? throttled({ buckets: ['ipm'], retryAfterMs: 41_250 }) : failure(400),
        afterMs: 10,
      })),
    );
    expect(waitMs).toBeGreaterThanOrEqual(41_250);
    expect(waitMs).toBeLessThanOrEqual(41_500);
  });

  test('waits a minute after a spend refusal, which tells nothing', () => {
    const spent = throttled({ buckets: ['spend10m'], limit: null, class: 'quota.spend' });
    const all = waits(
      played({ retry: { ...spec(), budgetRatio: null } }, [0], ({ n }) => ({ reply: n <= 3 ? spent : failure(400), afterMs: 10 })),
    );
    expect(all).toHaveLength(3);
    for (const waitMs of all) {
      expect(waitMs).toBeGreaterThanOrEqual(60_000);
      expect(waitMs).toBeLessThanOrEqual(60_250);
    }
  });

  test('tries three times soon after a 503, then after minutes', () => {
    const all = waits(played({ retry: { ...spec(), budgetRatio: null } }, [0], () => ({ reply: failure(503), afterMs: 10 })));
    expect(all).toHaveLength(6);
    [1_000, 2_000, 4_000, 60_000, 120_000, 300_000].forEach((step, i) => {
      expect(all[i]).toBeGreaterThanOrEqual(step / 2);
      expect(all[i]).toBeLessThanOrEqual(step);
    });
  });

  test('sends no more retries than requests, however bad it gets', () => {
    const run = played(
      { retry: spec() },
      Array.from({ length: 200 }, (_, i) => i * 100),
      () => ({ reply: failure(503), afterMs: 10 }),
    );
    expect(run.results.audit.amplification).toBeLessThanOrEqual(2);
    expect(run.results.audit.amplification).toBeGreaterThan(1.9);
  });

  test('gives a day up that is spent', () => {
    const run = played({ retry: spec() }, [0], () => ({ reply: throttled({ buckets: ['rpd'], retryAfterMs: 40_000_000 }), afterMs: 10 }));
    expect(sends(run)).toHaveLength(1);
  });
});
