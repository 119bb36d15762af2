/** semantics.md, "Retry" and the retry half of "Refusals". */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isDaily, matches } from '../../src/client/cause.ts';
import { RETRY_PRESETS } from '../../src/client/retry-presets.ts';
import type { BucketName } from '../../src/model/names.ts';
import type { Reply } from '../../src/model/reply.ts';
import type { Cause, RetrySpec } from '../../src/model/scenario.ts';
import { RETRY_NONE } from '../../src/model/scenario.ts';
import { blocked, failure, image, jobsAt, type Played, PRO, play, retrySpec, type Script, sends, throttled } from '../support/play.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

/** One request that is answered so, one reply after the other, each after 10 ms; the last goes on for ever. */
function retrying(retry: Partial<RetrySpec>, ...replies: (Reply | 'image')[]): Played {
  const script: Script = (attempt) => {
    const reply = replies[Math.min(attempt.n, replies.length) - 1]!;
    return { reply: reply === 'image' ? image(attempt) : reply, afterMs: 10 };
  };
  const base = scenario({ traffic: [jobsAt([0])], clients: [clientSpec({ retry: retrySpec(retry) })] });
  return play({ ...base, clock: { ...base.clock, durationMs: 60_000, drainMs: 48 * 3_600_000 } }, { script });
}

/** Waits between an answer and the next send. */
const waits = (played: Played): number[] => {
  const rows = sends(played);
  return rows.slice(1).map((row, i) => row.sentMs - rows[i]!.doneMs!);
};
const statuses = (played: Played) => sends(played).map((row) => row.httpStatus);

describe('counts', () => {
  test.each([
    [1, [503]],
    [2, [503, 503]],
    [5, [503, 503, 503, 503, 503]],
  ])('a request ends at its %d-th failure', (attempts, expected) => {
    const played = retrying({ attempts }, failure(503));
    expect(statuses(played)).toEqual(expected);
    expect(played.attempts.at(-1)!.outcome).toBe('failed');
  });

  test('and at its throttledAttempts-th 429, the two counted apart', () => {
    const played = retrying({ attempts: 3, throttledAttempts: 2 }, failure(503), throttled(), failure(503), throttled(), 'image');
    expect(statuses(played)).toEqual([503, 429, 503, 429]);
    expect(
      statuses(retrying({ attempts: 3, throttledAttempts: 3 }, failure(503), throttled(), failure(503), throttled(), 'image')),
    ).toEqual([503, 429, 503, 429, 200]);
  });

  test('so are their waits', () => {
    const played = retrying(
      { attempts: 4, throttledAttempts: 4 },
      failure(503),
      throttled(),
      failure(500),
      throttled(),
      failure(504),
      throttled(),
      'image',
    );
    expect(waits(played)).toEqual([1_000, 1_000, 2_000, 2_000, 4_000, 4_000]);
  });

  test('unlimited 429s are waited out', () => {
    const replies = [...Array.from({ length: 40 }, () => throttled()), 'image' as const];
    expect(retrying({ attempts: 2, throttledAttempts: null }, ...replies).attempts.at(-1)!.outcome).toBe('delivered');
  });

  test('a told delay does not shift the backoff that an untold one gets', () => {
    const played = retrying({}, throttled({ buckets: ['rpm'], retryAfterMs: 7_000 }), throttled(), 'image');
    expect(waits(played)).toEqual([7_000, 2_000]); // the second wait of its kind
  });
});

describe('what is retried', () => {
  const timeout: Reply = { kind: 'silence', why: 'timeout' };
  const network: Reply = { kind: 'silence', why: 'network' };

  test.each<[string, Cause[], Reply, boolean]>([
    ['503 by number', [503], failure(503), true],
    ['503 by family', ['5xx'], failure(503), true],
    ['500 not by 503', [503], failure(500), false],
    ['504 by family', ['5xx'], failure(504), true],
    ['504 is no timeout', ['timeout'], failure(504), false],
    ['429 is no 5xx', ['5xx'], throttled(), false],
    ['429 by number', [429], throttled(), true],
    ['a daily 429 by rpd', ['rpd'], throttled({ buckets: ['rpd'] }), true],
    ['a daily 429 that is not primary, too', ['rpd'], throttled({ buckets: ['ipm', 'rpd'] }), true],
    ['a daily 429 by number', [429], throttled({ buckets: ['rpd'] }), true],
    ['a minute is not a day', ['rpd'], throttled({ buckets: ['rpm'] }), false],
    ['a given-up attempt', ['timeout'], timeout, true],
    ['a lost connection is no timeout', ['timeout'], network, false],
    ['a lost connection', ['network'], network, true],
    ['a blocked image', ['safety'], blocked(), true],
    ['a blocked image is no failure', ['5xx', 429, 'timeout', 'network'], blocked(), false],
    ['400 by number', [400], failure(400), true],
  ])('%s', (_, causes, reply, expected) => {
    expect(matches(causes, reply)).toBe(expected);
  });

  test('an image matches nothing', () => {
    expect(matches([200, '5xx', 'safety'], image({ spec: PRO }))).toBe(false);
  });

  test('a day is named by a violation or, without any, by the class', () => {
    const refused = (reply: Reply) => isDaily(reply as Reply & { kind: 'refused' }); // all of these are
    expect(refused(throttled({ buckets: ['rpm', 'rpd'] }))).toBe(true);
    expect(refused(throttled({ buckets: ['tpd'], class: 'quota.tpd' }))).toBe(true);
    expect(refused(throttled({ class: 'quota.rpd' }))).toBe(true);
    expect(refused(throttled({ buckets: ['rpm'] }))).toBe(false);
  });

  test.each([400, 401, 402, 403, 404])('a %d is never retried, even where it is listed', (httpStatus) => {
    expect(statuses(retrying({ retryOn: [httpStatus] }, failure(httpStatus)))).toEqual([httpStatus]);
    expect(statuses(retrying({ retryOn: [httpStatus], preset: 'langchain' }, failure(httpStatus), 'image'))).toEqual([httpStatus, 200]);
  });

  test('what is not listed fails at once', () => {
    expect(statuses(retrying({ retryOn: [429] }, failure(503)))).toEqual([503]);
    expect(statuses(retrying({ retryOn: [503] }, throttled()))).toEqual([429]);
  });

  test('a timeout is retried after the backoff', () => {
    const base = scenario({ traffic: [jobsAt([0])], clients: [clientSpec({ timeoutMs: 50, retry: retrySpec({ attempts: 2 }) })] });
    const played = play(base, { script: (attempt) => ({ reply: image(attempt), afterMs: attempt.n === 1 ? 51 : 50 }) });
    expect(sends(played).map((row) => [row.sentMs, row.doneMs, row.outcome])).toEqual([
      [0, 50, null],
      [1_050, 1_100, 'delivered'],
    ]);
  });
});

describe('jitter', () => {
  const waitsOf = (jitter: RetrySpec['jitter'], seed: number) => {
    const base = scenario({
      traffic: [jobsAt(Array.from({ length: 60 }, () => 0))],
      clients: [clientSpec({ retry: retrySpec({ jitter, attempts: 4 }) })],
    });
    const played = play(base, { seed, script: () => ({ reply: failure(503), afterMs: 0 }) });
    const byRequest = Map.groupBy(sends(played), (row) => row.request);
    return [...byRequest.values()].map((rows) => rows.slice(1).map((row, i) => row.sentMs - rows[i]!.doneMs!));
  };

  test.each<[RetrySpec['jitter'], (i: number, last: number) => [low: number, high: number]]>([
    ['none', (i) => [1_000 * 2 ** i, 1_000 * 2 ** i]],
    ['full', (i) => [0, 1_000 * 2 ** i]],
    ['equal', (i) => [500 * 2 ** i, 1_000 * 2 ** i]],
    ['additive', (i) => [1_000 * 2 ** i, 1_000 * 2 ** i + 1_000]],
    ['decorrelated', (_, last) => [1_000, 3 * last]],
  ])('%s stays within its bounds and uses them', (jitter, bounds) => {
    const all = [1, 2, 3].flatMap((seed) => waitsOf(jitter, seed));
    const spread: number[] = [];
    for (const chain of all) {
      for (const [i, waitMs] of chain.entries()) {
        const [low, high] = bounds(i, chain[i - 1] ?? 1_000);
        expect(waitMs).toBeGreaterThanOrEqual(low);
        expect(waitMs).toBeLessThanOrEqual(high);
        if (high > low) spread.push((waitMs - low) / (high - low));
      }
    }
    if (jitter === 'none') return;
    expect(Math.min(...spread)).toBeLessThan(0.05);
    expect(Math.max(...spread)).toBeGreaterThan(0.95);
    expect(spread.reduce((sum, share) => sum + share, 0) / spread.length).toBeCloseTo(0.5, 1);
  });

  test('the same seed waits the same, another one differently', () => {
    expect(waitsOf('full', 7)).toEqual(waitsOf('full', 7));
    expect(waitsOf('full', 7)).not.toEqual(waitsOf('full', 8));
  });
});

describe('told delays', () => {
  const told = (retryAfterMs: number | null, buckets: BucketName[] = ['ipm']) => throttled({ buckets, retryAfterMs });

  test('are obeyed, even past the cap, to the ms without jitter', () => {
    expect(waits(retrying({ capMs: 2_000 }, told(40_000), 'image'))).toEqual([40_000]);
    expect(waits(retrying({}, told(0), 'image'))).toEqual([0]);
  });

  test('plus at most 250 ms of jitter of any other kind, and never less', () => {
    const extras: number[] = [];
    for (const jitter of ['full', 'equal', 'additive', 'decorrelated'] as const) {
      const base = scenario({
        traffic: [jobsAt(Array.from({ length: 100 }, () => 0))],
        clients: [clientSpec({ retry: retrySpec({ jitter }) })],
      });
      const played = play(base, { script: (attempt) => ({ reply: attempt.n === 1 ? told(30_000) : image(attempt), afterMs: 5 }) });
      for (const row of played.attempts) if (row.n === 2) extras.push(row.sentMs - 30_005);
    }
    expect(Math.min(...extras)).toBeGreaterThanOrEqual(0);
    expect(Math.min(...extras)).toBeLessThan(10);
    expect(Math.max(...extras)).toBeLessThanOrEqual(250);
    expect(Math.max(...extras)).toBeGreaterThan(240);
  });

  test('are not obeyed where the client does not read them', () => {
    expect(waits(retrying({ obeyRetryInfo: false }, told(40_000), 'image'))).toEqual([1_000]);
  });

  test('are missing in spend refusals and bare 429s, which get the backoff', () => {
    expect(waits(retrying({}, throttled({ class: 'quota.spend', buckets: ['spend10m'], limit: null }), throttled(), 'image'))).toEqual([
      1_000, 2_000,
    ]);
  });
});

describe('retry.deadline', () => {
  test.each([
    [1_009, [503]],
    [1_010, [503, 503]], // the wait ends exactly then
    [3_019, [503, 503]], // the second wait would end 3,020 ms after the first send
    [3_020, [503, 503, 503]],
  ])('of %d ms after the first send', (deadlineMs, expected) => {
    expect(statuses(retrying({ deadlineMs, attempts: 3 }, failure(503)))).toEqual(expected);
  });

  test('holds for told delays too', () => {
    expect(statuses(retrying({ deadlineMs: 40_000 }, throttled({ buckets: ['ipm'], retryAfterMs: 39_991 })))).toEqual([429]);
  });

  test('counts from the first send, not from when it was due', () => {
    const base = scenario({
      traffic: [jobsAt([0, 0])],
      clients: [clientSpec({ concurrency: 1, retry: retrySpec({ deadlineMs: 1_010, attempts: 2 }) })],
    });
    const played = play(base, {
      script: (attempt) => ({ reply: attempt.request === 0 ? image(attempt) : failure(503), afterMs: attempt.request === 0 ? 50_000 : 10 }),
    });
    expect(sends(played).map((row) => row.sentMs)).toEqual([0, 50_000, 51_010]);
  });
});

describe('refusals that waiting cannot cure', () => {
  test.each<[string, Reply]>([
    ['limit 0', throttled({ buckets: ['ipm'], limit: 0, class: 'quota.zero-limit' })],
    ['limit 0 of one that is not primary', throttled({ buckets: ['rpm', 'ipm'], limit: 0 })],
    ['the monthly cap', throttled({ buckets: ['monthly'], limit: null, class: 'billing.monthly-cap' })],
    ['prepaid money gone', throttled({ class: 'billing.prepay-depleted' })],
    ['more tokens than the limit', throttled({ buckets: ['tpm'], limit: 299 })],
  ])('%s is not retried', (_, reply) => {
    expect(statuses(retrying({ throttledAttempts: null }, reply))).toEqual([429]);
    expect(statuses(retrying({ preset: 'recommended' }, reply))).toEqual([429]);
  });

  test('as many tokens as the limit are', () => {
    expect(statuses(retrying({}, throttled({ buckets: ['tpm'], limit: 300 }), 'image'))).toEqual([429, 200]);
  });

  test.each([
    [PRO.listMicroUsd - 1, 1],
    [PRO.listMicroUsd, 2], // fits, but the window is full for the second
  ])('a price against a spend window of %d micro-dollars', (spend10m, attempts) => {
    const base = scenario({ traffic: [jobsAt([0, 0])], clients: [clientSpec({ retry: retrySpec({ attempts: 2 }) })] });
    const played = play({ ...base, quota: { ...base.quota, limits: limits({ spend10m }) } });
    expect(played.attempts.filter((row) => row.request === 1)).toHaveLength(attempts);
  });

  test('a client that copies another one retries them as that one does', () => {
    expect(
      statuses(
        retrying({ preset: 'genai-3', attempts: 3, throttledAttempts: 3, obeyRetryInfo: false }, throttled({ buckets: ['ipm'], limit: 0 })),
      ),
    ).toEqual([429, 429, 429]);
  });
});

describe('onDailyLimit', () => {
  const hour = 3_600_000;

  // The run starts at 18:00Z = 10:00 in Los Angeles: midnight is 14 hours away.
  test.each<[string, BucketName[]]>([
    ['primary', ['rpd', 'ipm']],
    ['not primary', ['ipm', 'rpd']],
  ])('giveUp ends a request whose refusal names rpd, %s', (_, buckets) => {
    expect(statuses(retrying({ throttledAttempts: null }, throttled({ buckets, retryAfterMs: 1_000 }), 'image'))).toEqual([429]);
  });

  test('wait comes back at the Pacific midnight, told or not', () => {
    const at = (played: Played) => sends(played).map((row) => row.sentMs);
    expect(at(retrying({ onDailyLimit: 'wait' }, throttled({ buckets: ['ipm', 'rpd'], retryAfterMs: 1_000 }), 'image'))).toEqual([
      0,
      14 * hour,
    ]);
    expect(at(retrying({ onDailyLimit: 'wait' }, throttled({ buckets: ['rpd'] }), 'image'))).toEqual([0, 14 * hour]);
    expect(at(retrying({ onDailyLimit: 'wait' }, throttled({ buckets: ['rpd'], retryAfterMs: 14 * hour - 10 }), 'image'))).toEqual([
      0,
      14 * hour,
    ]);
  });

  test('wait: what was refused just before midnight and answered after it is sent again at once', () => {
    const base = scenario({
      traffic: [jobsAt([0])],
      clients: [clientSpec({ retry: retrySpec({ onDailyLimit: 'wait', obeyRetryInfo: false }) })],
    });
    const clock = { ...base.clock, startAtMs: Date.parse('2026-12-02T07:59:59.995Z'), drainMs: 48 * hour };
    const script: Script = (attempt) => ({ reply: attempt.n === 1 ? throttled({ buckets: ['rpd'] }) : image(attempt), afterMs: 10 });
    expect(sends(play({ ...base, clock }, { script })).map((row) => row.sentMs)).toEqual([0, 10]);
  });

  test('wait does not matter where no day is named', () => {
    expect(waits(retrying({ onDailyLimit: 'wait' }, throttled({ buckets: ['ipm'], retryAfterMs: 2_000 }), 'image'))).toEqual([2_000]);
  });

  test('with wait a day of three serves the fourth after midnight', () => {
    const base = scenario({ traffic: [jobsAt([0, 0, 0, 0])], clients: [clientSpec({ retry: retrySpec({ onDailyLimit: 'wait' }) })] });
    const played = play({ ...base, clock: { ...base.clock, drainMs: 20 * hour }, quota: { ...base.quota, limits: limits({ rpd: 3 }) } });
    expect(sends(played).map((row) => [row.request, row.sentMs, row.httpStatus])).toEqual([
      [0, 0, 200],
      [1, 0, 200],
      [2, 0, 200],
      [3, 0, 429],
      [3, 14 * hour, 200],
    ]);
  });
});

test('a retry budget grants at most its share of retries', () => {
  const n = 200;
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(),
      (budgetRatio, failureRatio, salt) => {
        const base = scenario({
          traffic: [entry({ kind: 'steady', rate: { count: n, perMs: 600_000 } }, { durationMs: 600_000 })],
          clients: [clientSpec({ retry: retrySpec({ budgetRatio, attempts: 10 }) })],
        });
        const fails = (request: number, attempt: number): boolean =>
          (Math.imul((request + 1) * 2_654_435_761 + attempt * 40_503 + salt, 0x9e3779b1) >>> 0) / 2 ** 32 < failureRatio;
        const played = play(base, {
          script: (attempt) => ({ reply: fails(attempt.request, attempt.n) ? failure(503) : image(attempt), afterMs: 100 }),
        });
        expect(played.end.attempts - n).toBeLessThanOrEqual(budgetRatio * n);
      },
    ),
    { numRuns: 30 },
  );
});

test('without a retry there is one attempt, whatever the answer', () => {
  for (const reply of [failure(503), throttled({ buckets: ['ipm'], retryAfterMs: 5 }), failure(400)]) {
    const played = play(scenario({ traffic: [jobsAt([0])], clients: [clientSpec({ retry: RETRY_NONE })] }), {
      script: () => ({ reply, afterMs: 10 }),
    });
    expect(played.attempts.map((row) => row.outcome)).toEqual(['failed']);
  }
});

test.each(Object.entries(RETRY_PRESETS))('preset %s ends every request in time, whatever it is told', (name, preset) => {
  const retry: RetrySpec = { ...retrySpec({ jitter: 'full' }), ...preset.retry, preset: name };
  for (const reply of [failure(503), throttled()]) {
    const played = play(
      scenario({
        traffic: [jobsAt([0])],
        clients: [clientSpec({ retry: { ...retry, throttledAttempts: retry.throttledAttempts ?? 50 } })],
      }),
      {
        script: () => ({ reply, afterMs: 10 }),
      },
    );
    expect(played.requests.map((request) => request.outcome)).toEqual(['failed']);
    expect(played.end.attempts).toBeLessThanOrEqual(100);
  }
});
