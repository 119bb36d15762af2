/** semantics.md, "Breaker and fallback". */
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/model/attempt.ts';
import type { Reply } from '../../src/model/reply.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import type { BreakerSpec, FallbackStep } from '../../src/model/scenario.ts';
import {
  blocked,
  FLASH,
  failure,
  image,
  jobsAt,
  LITE,
  type Played,
  PRO,
  play,
  retrySpec,
  type Script,
  sends,
  throttled,
} from '../support/play.ts';
import { clientSpec, scenario } from '../support/scenario.ts';

const THREE: BreakerSpec = { failures: 3, cooldownMs: 10_000, scope: 'model', counts: ['5xx', 'timeout'], afterCooldown: 'trial' };
const every = (ms: number, count: number): number[] => Array.from({ length: count }, (_, k) => k * ms);

/** `outcome` of each request: f fails with 503, i image, b blocked, t bare 429, x 400; the answers take 100 ms. */
function script(outcomes: string): Script {
  const replies: Readonly<Record<string, (attempt: Attempt) => Reply>> = {
    f: () => failure(503),
    i: image,
    b: blocked,
    t: () => throttled(),
    x: () => failure(400),
  };
  return (attempt) => ({ reply: replies[outcomes[attempt.request] ?? 'i']!(attempt), afterMs: 100 });
}

const endings = (played: Played) => played.requests.toSorted((a, b) => a.request - b.request).map((request) => request.outcome);
const states = (played: Played) => played.breakers.map((row) => [row.atMs, row.state]);
const run = (outcomes: string, dueMs: readonly number[], breaker: Partial<BreakerSpec> = {}, client = {}) =>
  play(scenario({ traffic: [jobsAt(dueMs)], clients: [clientSpec({ breaker: { ...THREE, ...breaker }, ...client })] }), {
    script: script(outcomes),
  });

describe('a breaker', () => {
  test('opens after so many failures in a row, and calls nothing for the cooldown', () => {
    const played = run('fffi', [0, 1_000, 2_000, 2_100, 12_099]);
    expect(states(played)).toEqual([[2_100, 'open']]);
    expect(played.drops.map((drop) => [drop.request, drop.cause, drop.atMs, drop.attempts])).toEqual([
      [3, 'breaker', 2_100, 0],
      [4, 'breaker', 12_099, 0],
    ]);
  });

  test('lets a trial go at the very end of the cooldown, and the others when that succeeded', () => {
    const played = run('fffii', [0, 1_000, 2_000, 12_100, 12_150, 12_200, 12_300]);
    // 12,100 is the trial; 12,150 is not called; the answer of 12,200 comes before the arrival of that instant.
    expect(endings(played)).toEqual(['failed', 'failed', 'failed', 'delivered', 'breaker', 'delivered', 'delivered']);
    expect(states(played)).toEqual([
      [2_100, 'open'],
      [12_100, 'half-open'],
      [12_200, 'closed'],
    ]);
  });

  test('opens again at once when the trial fails', () => {
    const played = run('ffff', [0, 1_000, 2_000, 15_000, 16_000, 25_099, 25_100]);
    expect(endings(played)).toEqual(['failed', 'failed', 'failed', 'failed', 'breaker', 'breaker', 'delivered']);
    expect(states(played)).toEqual([
      [2_100, 'open'],
      [15_000, 'half-open'],
      [15_100, 'open'],
      [25_100, 'half-open'],
      [25_200, 'closed'],
    ]);
  });

  test('counts anew after the trial', () => {
    expect(states(run('fffiffi', [0, 1_000, 2_000, 13_000, 14_000, 15_000, 16_000])).map(([, state]) => state)).toEqual([
      'open',
      'half-open',
      'closed',
    ]);
    expect(states(run('fffifff', [0, 1_000, 2_000, 13_000, 14_000, 15_000, 16_000])).map(([, state]) => state)).toEqual([
      'open',
      'half-open',
      'closed',
      'open',
    ]);
  });

  test.each([
    ['an image', 'ffiff', []],
    ['a blocked image (HTTP 200)', 'ffbff', []],
    ['a cause that does not count: 429', 'fftf', ['open']],
    ['a cause that does not count: 400', 'ffxf', ['open']],
  ])('%s in between: %s', (_, outcomes, expected) => {
    expect(states(run(outcomes, every(1_000, outcomes.length))).map(([, state]) => state)).toEqual(expected);
  });

  test('counts 429s where it is told to, and timeouts', () => {
    expect(states(run('ttt', every(1_000, 3), { counts: [429] })).map(([, state]) => state)).toEqual(['open']);
    expect(states(run('iii', every(1_000, 3), {}, { timeoutMs: 50 })).map(([, state]) => state)).toEqual(['open']);
  });

  test('while open, what was in flight before changes nothing', () => {
    // 0-2 fail at 100; 3 succeeds and 4-6 fail later, all sent at 0.
    const played = play(scenario({ traffic: [jobsAt([0, 0, 0, 0, 0, 0, 0, 9_000, 10_200])], clients: [clientSpec({ breaker: THREE })] }), {
      script: (attempt) => ({
        reply: attempt.request === 3 || attempt.request > 6 ? image(attempt) : failure(503),
        afterMs: attempt.request < 3 ? 100 : 5_000,
      }),
    });
    expect(states(played)).toEqual([
      [100, 'open'],
      [10_200, 'half-open'],
      [15_200, 'closed'],
    ]);
    expect(endings(played)[7]).toBe('breaker');
  });

  test('counts requests after their retries, and the trial has all of its own', () => {
    const retry = retrySpec({ attempts: 2, growth: 'constant', baseMs: 200 });
    const replies: Script = (attempt) => ({ reply: attempt.request < 3 || attempt.n === 1 ? failure(503) : image(attempt), afterMs: 100 });
    const played = play(
      scenario({ traffic: [jobsAt([0, 1_000, 2_000, 20_000, 20_200])], clients: [clientSpec({ breaker: THREE, retry })] }),
      { script: replies },
    );
    expect(states(played)).toEqual([
      [2_400, 'open'],
      [20_000, 'half-open'],
      [20_400, 'closed'],
    ]);
    expect(endings(played)).toEqual(['failed', 'failed', 'failed', 'delivered', 'breaker']); // the trial waits for its retry at 20,200
  });

  test('ends a waiting retry that finds it open', () => {
    const retry = retrySpec({ attempts: 3, baseMs: 1_000 });
    const replies: Script = (attempt) => ({ reply: failure(attempt.request === 0 ? 500 : 503), afterMs: 100 });
    const played = play(
      scenario({
        traffic: [jobsAt([0, 10])],
        clients: [clientSpec({ breaker: { ...THREE, failures: 1, counts: [503] }, retry: { ...retry, retryOn: [500] } })],
      }),
      { script: replies },
    );
    expect(played.drops.map((drop) => [drop.request, drop.cause, drop.attempts, drop.atMs])).toEqual([[0, 'breaker', 1, 1_100]]);
    expect(played.results.summary.requests).toMatchObject({ failed: 1, dropped: 1 });
  });

  test('is asked when a request may be sent, not when it is due', () => {
    // One slot. 1 waits while 0 fails and opens the breaker; 2 waits behind it.
    const played = play(
      scenario({ traffic: [jobsAt([0, 1, 2])], clients: [clientSpec({ concurrency: 1, breaker: { ...THREE, failures: 1 } })] }),
      { script: script('f') },
    );
    expect(played.drops.map((drop) => [drop.request, drop.atMs])).toEqual([
      [1, 100],
      [2, 100],
    ]);
  });

  test('closed after the cooldown: all go, with the count at 0', () => {
    const played = run('fffffi', [0, 1_000, 2_000, 13_000, 13_001, 13_002], { afterCooldown: 'closed' });
    expect(endings(played)).toEqual(['failed', 'failed', 'failed', 'failed', 'failed', 'delivered']);
    expect(states(played)).toEqual([
      [2_100, 'open'],
      [13_000, 'closed'],
    ]);
  });

  test('a trial that is dropped before its answer leaves the trial to the next', () => {
    // The trial of 13,000 fails once, waits for its retry and meets its deadline; 14,000 is the next trial.
    const retry = retrySpec({ attempts: 2, growth: 'constant', baseMs: 2_000, retryOn: [500] });
    const played = play(
      scenario({
        traffic: [jobsAt([0, 1_000, 2_000]), jobsAt([13_000], { name: 'hurried', deadlineMs: 500 }), jobsAt([14_000], { name: 'next' })],
        clients: [clientSpec({ breaker: THREE, retry })],
      }),
      {
        script: (attempt) => ({
          reply: attempt.request < 3 ? failure(503) : attempt.request === 3 ? failure(500) : image(attempt),
          afterMs: 100,
        }),
      },
    );
    expect(endings(played)).toEqual(['failed', 'failed', 'failed', 'deadline', 'delivered']);
    expect(states(played).map(([, state]) => state)).toEqual(['open', 'half-open', 'half-open', 'closed']);
  });

  test('a trial that ends in what does not count leaves the trial to the next', () => {
    const played = run('fffxi', [0, 1_000, 2_000, 13_000, 14_000, 14_200]);
    expect(endings(played)).toEqual(['failed', 'failed', 'failed', 'failed', 'delivered', 'delivered']);
  });

  test('one per client and model', () => {
    const breaker = { ...THREE, failures: 1 };
    const played = play(
      scenario({
        traffic: [
          jobsAt([0, 1_000], { name: 'pro' }),
          jobsAt([1_000], { name: 'lite', request: LITE }),
          jobsAt([1_000], { name: 'other client', client: 1 }),
        ],
        clients: [clientSpec({ breaker }), clientSpec({ name: 'other client', breaker })],
      }),
      { script: script('f') },
    );
    expect(endings(played)).toEqual(['failed', 'breaker', 'delivered', 'delivered']);
  });

  test('over the whole chain stops every model of its client', () => {
    const played = play(
      scenario({
        traffic: [jobsAt([0, 1_000], { name: 'pro' }), jobsAt([1_000], { name: 'lite', request: LITE })],
        clients: [clientSpec({ breaker: { ...THREE, failures: 1, scope: 'chain' } })],
      }),
      { script: script('f') },
    );
    expect(endings(played)).toEqual(['failed', 'breaker', 'breaker']);
    expect(played.breakers.map((row) => row.model)).toEqual([null]);
  });

  test('hears of the last answer of a request that was late for its entry, with retries and a fallback to spare', () => {
    // Late at 50, 1,050 and 11,150: two failures open it at 1,100, and that of the trial does so again at 11,200.
    const fallback = [{ to: { model: LITE.model }, on: ['5xx' as const] }];
    const lateRun = (scope: BreakerSpec['scope']) =>
      play(
        scenario({
          traffic: [jobsAt([0, 1_000, 11_100, 11_300], { deadlineMs: 50 })],
          clients: [clientSpec({ breaker: { ...THREE, failures: 2, scope }, retry: retrySpec(), fallback })],
        }),
        { script: script('ffff') },
      );
    for (const scope of ['model', 'chain'] as const)
      expect(states(lateRun(scope))).toEqual([
        [1_100, 'open'],
        [11_100, 'half-open'],
        [11_200, 'open'],
      ]);
  });
});

describe('a fallback', () => {
  const to = (model: string, on: FallbackStep['on'] = ['5xx', 'timeout', 'breaker']): FallbackStep => ({ to: { model }, on });
  const falling = (replies: (attempt: Attempt) => Reply | null, client = {}, dueMs: readonly number[] = [0], request = PRO) =>
    play(
      scenario({
        traffic: [jobsAt(dueMs, { request })],
        clients: [clientSpec({ fallback: [to(LITE.model), to(FLASH.model)], ...client })],
      }),
      {
        script: (attempt) => ({ reply: replies(attempt) ?? image(attempt), afterMs: 100 }),
      },
    );
  const steps = (played: Played) => sends(played).map((row) => [row.model, row.sentMs, row.n]);

  test('follows at once, in order, and numbers go on', () => {
    const played = falling((attempt) => (attempt.spec.model === FLASH.model ? null : failure(503)));
    expect(steps(played)).toEqual([
      [PRO.model, 0, 1],
      [LITE.model, 100, 2],
      [FLASH.model, 200, 3],
    ]);
    expect(played.requests.map((request) => [request.outcome, request.firstModel, request.attempts])).toEqual([
      ['delivered', PRO.model, 3],
    ]);
  });

  test('has fresh attempts of either kind, and waits from the beginning', () => {
    const retry = retrySpec({ attempts: 2, throttledAttempts: 2 });
    const played = falling((attempt) => (attempt.n % 2 === 1 ? failure(503) : failure(503)), { retry });
    expect(steps(played)).toEqual([
      [PRO.model, 0, 1],
      [PRO.model, 1_100, 2],
      [LITE.model, 1_200, 3],
      [LITE.model, 2_300, 4],
      [FLASH.model, 2_400, 5],
      [FLASH.model, 3_500, 6],
    ]);
    expect(played.attempts.at(-1)!.outcome).toBe('failed');
  });

  test('keeps the slot: nobody slips in between', () => {
    const played = falling((attempt) => (attempt.request === 0 && attempt.n === 1 ? failure(503) : null), { concurrency: 1 }, [0, 1]);
    expect(sends(played).map((row) => [row.request, row.sentMs])).toEqual([
      [0, 0],
      [0, 100],
      [1, 200],
    ]);
  });

  test('takes the size asked for, or the default of a model that lacks it', () => {
    const large = requestSpec(PRO.model, '4K', 300, 0);
    const played = falling(() => failure(503), { fallback: [to('gemini-nano-banana-2.1'), to(LITE.model)] }, [0], large);
    expect(sends(played).map((row) => row.size)).toEqual(['4K', '4K', '1K']);
    // Asked for is what the request wanted, not what a model in between could make of it.
    const back = falling(() => failure(503), { fallback: [to(LITE.model), to('gemini-nano-banana-2.1')] }, [0], large);
    expect(sends(back).map((row) => row.size)).toEqual(['4K', '1K', '4K']);
  });

  test.each<[string, FallbackStep['on'], Reply, boolean]>([
    ['503 in 5xx', ['5xx'], failure(503), true],
    ['429 not in 5xx', ['5xx', 'timeout', 'breaker'], throttled(), false],
    ['429 where allowed', [429], throttled(), true],
    ['a daily 429 by rpd', ['rpd'], throttled({ buckets: ['rpd'] }), true],
    ['a minute is no day', ['rpd'], throttled({ buckets: ['ipm'] }), false],
    ['400 in nothing', ['5xx', 429, 'timeout', 'breaker', 'rpd'], failure(400), false],
    ['a blocked image is no failure', ['5xx', 429, 'timeout', 'breaker'], blocked(), false],
  ])('on %s', (_, on, reply, falls) => {
    const played = falling((attempt) => (attempt.n === 1 ? reply : null), { fallback: [to(LITE.model, on)] });
    expect(played.attempts.length).toBe(falls ? 2 : 1);
  });

  test('skips steps that are not meant for the ending', () => {
    const played = falling((attempt) => (attempt.n === 1 ? throttled() : null), {
      fallback: [to(LITE.model, ['5xx']), to(FLASH.model, [429])],
    });
    expect(steps(played).map(([model]) => model)).toEqual([PRO.model, FLASH.model]);
  });

  test('on a timeout', () => {
    const played = play(scenario({ traffic: [jobsAt([0])], clients: [clientSpec({ timeoutMs: 60, fallback: [to(LITE.model)] })] }), {
      script: (attempt) => ({ reply: image(attempt), afterMs: attempt.n === 1 ? 100 : 50 }),
    });
    expect(sends(played).map((row) => [row.model, row.sentMs, row.outcome])).toEqual([
      [PRO.model, 0, null],
      [LITE.model, 60, 'delivered'],
    ]);
  });

  test('on an open breaker, without a single call, also of a waiting retry', () => {
    const breaker = { ...THREE, failures: 1, counts: [503] };
    const retry = retrySpec({ attempts: 2, retryOn: [500] });
    const played = falling(
      (attempt) => (attempt.spec.model !== PRO.model ? null : failure(attempt.request === 0 ? 500 : 503)),
      { breaker, retry, fallback: [to(LITE.model, ['breaker'])] },
      [0, 10, 500],
    );
    // 0 waits for its retry at 1,100; 1 opens the breaker at 110 (503 is no cause to fall back here); 2 falls back at once.
    expect(sends(played).map((row) => [row.request, row.model, row.sentMs])).toEqual([
      [0, PRO.model, 0],
      [1, PRO.model, 10],
      [2, LITE.model, 500],
      [0, LITE.model, 1_100],
    ]);
    expect(endings(played)).toEqual(['delivered', 'failed', 'delivered']);
  });

  test('with all breakers of the chain open the request is dropped', () => {
    const breaker = { ...THREE, failures: 1 };
    const played = falling(() => failure(503), { breaker, fallback: [to(LITE.model)] }, [0, 1_000]);
    expect(endings(played)).toEqual(['failed', 'breaker']);
  });

  test('a breaker of the chain counts only when the whole chain failed', () => {
    const breaker: BreakerSpec = { ...THREE, failures: 1, scope: 'chain' };
    const saved = falling(
      (attempt) => (attempt.spec.model === PRO.model ? failure(503) : null),
      { breaker, fallback: [to(LITE.model)] },
      [0, 1_000],
    );
    expect(endings(saved)).toEqual(['delivered', 'delivered']);
    const lost = falling(() => failure(503), { breaker, fallback: [to(LITE.model)] }, [0, 1_000]);
    expect(states(lost)).toEqual([[200, 'open']]);
    expect(endings(lost)).toEqual(['failed', 'breaker']);
  });

  test('a breaker of the model counts the model that fell back', () => {
    const breaker = { ...THREE, failures: 2 };
    const played = falling(
      (attempt) => (attempt.spec.model === PRO.model ? failure(503) : null),
      { breaker, fallback: [to(LITE.model)] },
      [0, 1_000, 2_000],
    );
    expect(sends(played).map((row) => row.model)).toEqual([PRO.model, LITE.model, PRO.model, LITE.model, LITE.model]);
  });
});

test('what a summary says about breakers: how often each opened and how long it was not called', () => {
  const breaker = { ...THREE, failures: 1 };
  const base = scenario({
    clock: { startAtMs: Date.UTC(2026, 11, 1, 18), durationMs: 60_000, drainMs: 0 },
    traffic: [jobsAt([0, 20_000], { name: 'a' }), jobsAt([5_000, 30_000], { name: 'b', client: 1 })],
    clients: [clientSpec({ name: 'a', breaker }), clientSpec({ name: 'b', breaker })],
  });
  // a is open from 100 to 20,000, b from 5,100 to 30,000: two breakers of one model, each with its own time.
  const { summary } = play(base, {
    script: (attempt) => ({ reply: attempt.sentMs < 10_000 ? failure(503) : image(attempt), afterMs: 100 }),
  }).results;
  expect(summary.breakers).toEqual([
    { model: PRO.model, openings: 1, openMs: 19_900 },
    { model: PRO.model, openings: 1, openMs: 24_900 },
  ]);
});
