import { describe, expect, test } from 'vitest';
import type { ClientSpec, Scenario } from '../../src/model/scenario.ts';
import { failure, image, jobsAt, type Played, play, retrySpec, type Script, throttled } from '../support/play.ts';
import { clientSpec, scenario } from '../support/scenario.ts';

/** One letter for each attempt of each request: i image, o 503, t 429 that tells a minute, z limit 0, f 403; 100 ms each. */
function audited(requests: readonly string[], client: Partial<ClientSpec> = {}, of: Partial<Scenario> = {}): Played {
  const script: Script = (attempt) => {
    switch (requests[attempt.request]![attempt.n - 1] ?? 'i') {
      case 'o':
        return { reply: failure(503), afterMs: 100 };
      case 't':
        return { reply: throttled({ buckets: ['ipm'], retryAfterMs: 60_000 }), afterMs: 100 };
      case 'z':
        return { reply: throttled({ buckets: ['ipm'], limit: 0, class: 'quota.zero-limit' }), afterMs: 100 };
      case 'f':
        return { reply: failure(403), afterMs: 100 };
      default:
        return { reply: image(attempt), afterMs: 100 };
    }
  };
  const dueMs = requests.map((_, i) => i * 1_000);
  return play(scenario({ traffic: [jobsAt(dueMs)], clients: [clientSpec({ retry: retrySpec({ baseMs: 500 }), ...client })], ...of }), {
    script,
  });
}

const auditOf = (played: Played) => played.results.audit;

describe('the audit', () => {
  test('tells first attempts from those after them', () => {
    const audit = auditOf(audited(['i', 'oi', 'ooi', 'ooooo']));
    expect(audit).toMatchObject({ attemptsPerRequest: 11 / 4, amplification: 11 / 4 });
    expect(audit.firstAttempt).toMatchObject({ requests: 4, delivered: 1, successRatio: 0.25, latencyMs: { max: 100 } });
    expect(audit.afterRetry).toMatchObject({ requests: 3, delivered: 2, successRatio: 2 / 3, latencyMs: { p50: 700, max: 1_800 } });
  });

  test('has nothing to say of nothing', () => {
    const played = audited([]);
    expect(auditOf(played)).toMatchObject({ attemptsPerRequest: null, amplification: null, earlyRetries: 0, wastedCalls: [], alerts: [] });
  });

  test('requests that were never sent make no attempts', () => {
    const audit = auditOf(audited(['ooooo', 'i', 'i'], { concurrency: 1, queue: { limit: 1, deadlineMs: null } }));
    expect(audit.dropped.queueFull).toBe(1);
    expect(audit).toMatchObject({ attemptsPerRequest: 6 / 3, amplification: 6 / 2 });
  });

  test('a retry before the delay it was told is early, one at it is not', () => {
    const early = { retry: retrySpec({ obeyRetryInfo: false, baseMs: 500 }) };
    expect(auditOf(audited(['tti', 'oi'], early)).earlyRetries).toBe(2);
    expect(auditOf(audited(['tti', 'oi'])).earlyRetries).toBe(0);
  });

  test('a fallback to another model is not early', () => {
    const fallback = [{ to: { model: 'gemini-nano-banana-2.1' }, on: [429] as const }];
    expect(auditOf(audited(['ti'], { retry: retrySpec({ attempts: 1 }), fallback })).earlyRetries).toBe(0);
  });

  test('neither is a hedge, which was sent before the refusal came', () => {
    expect(auditOf(audited(['ti'], { hedge: { afterMs: 50 } })).earlyRetries).toBe(0);
  });

  test('a retry after what waiting does not cure is hopeless', () => {
    const blind = { retry: retrySpec({ preset: 'genai-3', retryOn: [429, 403, 503] }) };
    expect(auditOf(audited(['zzi', 'fi', 'oi'], blind)).hopelessRetries).toBe(3);
    expect(auditOf(audited(['zzi', 'fi', 'oi'])).hopelessRetries).toBe(0);
  });

  test('calls that delivered nothing are counted by class, and add up to what was wasted', () => {
    const played = audited(['oi', 'ooi', 'ti', 'f']);
    const audit = auditOf(played);
    expect(audit.wastedCalls).toEqual([
      { class: 'capacity.overloaded', calls: 3 },
      { class: 'quota.ipm', calls: 1 },
      { class: 'auth.iam', calls: 1 },
    ]);
    expect(audit.wastedCalls.reduce((sum, { calls }) => sum + calls, 0)).toBe(played.results.summary.attempts.wasted);
  });

  test('a breaker that opens more than twice a day is systemic', () => {
    const breaker = { failures: 1, cooldownMs: 500, scope: 'model', counts: ['5xx'], afterCooldown: 'closed' } as const;
    const once = { retry: retrySpec({ attempts: 1 }), breaker };
    expect(auditOf(audited(['o', 'o'], once)).breaker).toMatchObject({ openings: 2, openingsADay: 2, isSystemic: false });
    expect(auditOf(audited(['o', 'o', 'o'], once)).breaker).toMatchObject({ openings: 3, openingsADay: 3, isSystemic: true });
  });

  test('two openings a day for two days are not', () => {
    const base = scenario();
    const clock = { ...base.clock, startAtMs: Date.UTC(2026, 11, 1, 23, 59, 58) };
    const breaker = { failures: 1, cooldownMs: 500, scope: 'model', counts: ['5xx'], afterCooldown: 'closed' } as const;
    const audit = auditOf(audited(['o', 'o', 'o', 'o'], { retry: retrySpec({ attempts: 1 }), breaker }, { clock }));
    expect(audit.breaker).toMatchObject({ openings: 4, openingsADay: 2, isSystemic: false });
  });

  test('time is counted in the lane where it passes', () => {
    const played = audited(['o', 'i'], { retry: retrySpec({ attempts: 1 }), fallback: [{ to: { lane: 'batch' }, on: ['5xx'] }] });
    const audit = auditOf(played);
    expect(audit.lanes.interactive).toEqual({ requests: 1, ms: 200 }); // the other one's 100 ms before it fell back, too
    expect(audit.lanes.batch.requests).toBe(1);
    const whole = played.requests.reduce((sum, request) => sum + (request.doneMs! - request.dueMs), 0);
    expect(audit.lanes.interactive.ms + audit.lanes.batch.ms).toBe(whole);
  });

  test('alerts at the figures that teams use, and says whose they are', () => {
    const codes = (played: Played): string[] => auditOf(played).alerts.map(({ code }) => code);
    expect(codes(audited(Array.from({ length: 50 }, (_, i) => (i === 0 ? 'oi' : 'i'))))).toEqual([]); // 1 of 51 is under 2 %
    expect(codes(audited(Array.from({ length: 48 }, (_, i) => (i === 0 ? 'oi' : 'i'))))).toEqual(['503-share']); // 1 of 49
    expect(codes(audited(['f', 'i', 'i', 'i']))).toEqual(['error-share', '403']);
    for (const alert of auditOf(audited(['f'])).alerts) expect(alert.recommendedBy).not.toBe('');
  });
});
