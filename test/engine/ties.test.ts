/** semantics.md, "Equal instants": completions, retries, other timers, queue-deadline drops, arrivals in file order, then sequence. */
import { describe, expect, test } from 'vitest';
import type { Attempt } from '../../src/model/attempt.ts';
import { MINUTE_MS } from '../../src/model/time.ts';
import { failure, image, jobsAt, type Played, PRO, play, retrySpec, type Script, sends, sent } from '../support/play.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

const takes =
  (ms: number): Script =>
  (attempt) => ({ reply: image(attempt), afterMs: ms });

/** 503 on these attempts, as [request, n]; an image otherwise. */
const failing =
  (failures: readonly (readonly [request: number, n: number])[], afterMs: number): Script =>
  (attempt) => ({
    reply: failures.some(([request, n]) => attempt.request === request && attempt.n === n) ? failure(503) : image(attempt),
    afterMs,
  });

const causes = (played: Played) => played.drops.map((drop) => [drop.request, drop.cause, drop.atMs]);

test('an answer frees its slot before the arrivals of that instant are looked at', () => {
  const played = play(
    scenario({ traffic: [jobsAt([0, 10])], clients: [clientSpec({ concurrency: 1, queue: { limit: 0, deadlineMs: null } })] }),
    { script: takes(10) },
  );
  expect(sent(played)).toEqual([
    [0, 0],
    [1, 10],
  ]);
  expect(played.drops).toEqual([]);
});

test('a slot freed at an instant goes to who waits, before a newcomer of that instant', () => {
  const played = play(
    scenario({ traffic: [jobsAt([0, 1, 10])], clients: [clientSpec({ concurrency: 1, queue: { limit: 1, deadlineMs: null } })] }),
    { script: takes(10) },
  );
  expect(sent(played)).toEqual([
    [0, 0],
    [1, 10],
    [2, 20],
  ]);
});

test('a retry goes before an arrival of the same instant', () => {
  const played = play(scenario({ traffic: [jobsAt([0, 2_000])], clients: [clientSpec({ retry: retrySpec({ holdsSlot: false }) })] }), {
    script: failing([[0, 1]], 1_000),
  });
  expect(sent(played)).toEqual([
    [0, 0],
    [0, 2_000],
    [1, 2_000],
  ]);
});

test('the boundary of a limiter belongs to the new window, and retries told to wait for it go first', () => {
  // 18:00:20: three told to come back at 18:01:00, where three more fall due; the limit is four.
  const start = Date.UTC(2026, 11, 1, 18, 0, 20);
  const base = scenario();
  const played = play({
    ...base,
    clock: { ...base.clock, startAtMs: start },
    quota: { ...base.quota, limits: limits({ ipm: 4 }) },
    traffic: [entry({ kind: 'flood', requests: 7 }), entry({ kind: 'flood', requests: 3 }, { name: 'later', startMs: 40_000 })],
    clients: [clientSpec({ retry: retrySpec() })],
  });
  const at60 = sends(played).filter((row) => row.sentMs === 40_000);
  expect(at60.map((row) => [row.request, row.httpStatus])).toEqual([
    [4, 200],
    [5, 200],
    [6, 200],
    [7, 200],
    [8, 429],
    [9, 429],
  ]);
});

describe('a timeout', () => {
  test('loses against an answer of the very instant', () => {
    const played = play(scenario({ traffic: [jobsAt([0])], clients: [clientSpec({ timeoutMs: 500 })] }), { script: takes(500) });
    expect(played.attempts.map((row) => [row.outcome, row.doneMs])).toEqual([['delivered', 500]]);
  });

  test('wins against an answer a ms later, frees the slot and bills the list price', () => {
    const played = play(scenario({ traffic: [jobsAt([0, 0])], clients: [clientSpec({ concurrency: 1, timeoutMs: 500 })] }), {
      script: (attempt) => ({ reply: image(attempt), afterMs: attempt.request === 0 ? 501 : 500 }),
    });
    expect(
      played.attempts.map((row) => [row.request, row.outcome, row.sentMs, row.doneMs, row.httpStatus, row.class, row.costMicroUsd]),
    ).toEqual([
      [0, 'failed', 0, 500, null, 'client.timeout', PRO.listMicroUsd],
      [1, 'delivered', 500, 1_000, 200, null, PRO.listMicroUsd],
    ]);
    expect(played.results.summary.attempts).toMatchObject({ ok: 1, errored: 1, wasted: 1 });
    expect(played.results.summary.costUsd.uncertain).toBe(PRO.listMicroUsd / 1e6);
  });

  test('is per attempt, and the late answer to an abandoned one changes nothing', () => {
    // Times out at 100, tried again at 1,100; the first answer of 1,500 must not be taken for the second's.
    const played = play(
      scenario({ traffic: [jobsAt([0])], clients: [clientSpec({ timeoutMs: 100, retry: retrySpec({ attempts: 2 }) })] }),
      {
        script: (attempt) => ({ reply: attempt.n === 1 ? image(attempt) : failure(500), afterMs: attempt.n === 1 ? 1_150 : 90 }),
      },
    );
    expect(played.attempts.map((row) => [row.n, row.sentMs, row.doneMs, row.httpStatus, row.outcome])).toEqual([
      [1, 0, 100, null, null],
      [2, 1_100, 1_190, 500, 'failed'],
    ]);
  });

  test('goes before the queue deadline of that instant, which it may save', () => {
    const played = play(
      scenario({
        traffic: [jobsAt([0, 0])],
        clients: [clientSpec({ concurrency: 1, timeoutMs: 500, queue: { limit: null, deadlineMs: 500 } })],
      }),
      { script: (attempt) => ({ reply: image(attempt), afterMs: attempt.request === 0 ? 9_999 : 100 }) },
    );
    expect(sent(played)).toEqual([
      [0, 0],
      [1, 500],
    ]);
  });
});

test('entries that fall due together go in file order, and job by job', () => {
  const played = play(
    scenario({
      traffic: [
        entry({ kind: 'flood', requests: 2 }, { name: 'first', images: 2 }),
        entry({ kind: 'flood', requests: 2 }, { name: 'second' }),
      ],
    }),
    { script: takes(5) },
  );
  expect(sends(played).map((row) => [row.traffic, row.job])).toEqual([
    ['first', 0],
    ['first', 0],
    ['first', 1],
    ['first', 1],
    ['second', 2],
    ['second', 3],
  ]);
});

test('a refusal at once is answered before the next request of the same instant falls due', () => {
  // One slot and no queue: the second finds the slot free again only if the refusal of the first came first.
  const base = scenario();
  const played = play({
    ...base,
    quota: { ...base.quota, limits: limits({ ipm: 0 }) },
    traffic: [entry({ kind: 'flood', requests: 3 })],
    clients: [clientSpec({ concurrency: 1, queue: { limit: 0, deadlineMs: null } })],
  });
  expect(sends(played).map((row) => row.httpStatus)).toEqual([429, 429, 429]);
  expect(played.drops).toEqual([]);
});

test('so it is for the images of one job of a user', () => {
  const base = scenario();
  const played = play({
    ...base,
    clock: { ...base.clock, durationMs: 1_000 },
    quota: { ...base.quota, limits: limits({ ipm: 0 }) },
    traffic: [entry({ kind: 'users', users: 2, thinkMeanMs: MINUTE_MS, thinkDistribution: 'fixed' }, { images: 2 })],
    clients: [clientSpec({ concurrency: 1, queue: { limit: 0, deadlineMs: null } })],
  });
  expect(sends(played).map((row) => [row.job, row.httpStatus])).toEqual([
    [0, 429],
    [0, 429],
    [1, 429],
    [1, 429],
  ]);
  expect(played.drops).toEqual([]);
});

describe('the queue', () => {
  const one = (queue: { limit: number | null; deadlineMs: number | null }) => clientSpec({ concurrency: 1, queue });

  test.each([
    [0, [0], [1, 2, 3]],
    [1, [0, 1], [2, 3]],
    [2, [0, 1, 2], [3]],
    [3, [0, 1, 2, 3], []],
    [null, [0, 1, 2, 3], []],
  ])('with a limit of %s sends %j of four that come together and drops %j', (limit, goes, drops) => {
    const played = play(scenario({ traffic: [entry({ kind: 'flood', requests: 4 })], clients: [one({ limit, deadlineMs: null })] }), {
      script: takes(10),
    });
    expect(sent(played).map(([request]) => request)).toEqual(goes);
    expect(causes(played)).toEqual(drops.map((request) => [request, 'queueFull', 0]));
  });

  test('a waiting retry takes no place in it', () => {
    // Request 0 waits for its retry without a slot; 1 holds the slot; 2 takes the only place; 3 is dropped.
    const played = play(
      scenario({
        traffic: [jobsAt([0, 10, 20, 30])],
        clients: [clientSpec({ concurrency: 1, queue: { limit: 1, deadlineMs: null }, retry: retrySpec({ holdsSlot: false }) })],
      }),
      {
        script: (attempt) => ({
          reply: attempt.request === 0 && attempt.n === 1 ? failure(503) : image(attempt),
          afterMs: attempt.n === 1 && attempt.request === 0 ? 5 : 2_000,
        }),
      },
    );
    expect(causes(played)).toEqual([[3, 'queueFull', 30]]);
  });

  test('a place is free again once its holder was sent or dropped', () => {
    const played = play(scenario({ traffic: [jobsAt([0, 0, 5, 12, 13])], clients: [one({ limit: 1, deadlineMs: 8 })] }), {
      script: takes(10),
    });
    // 1 waits 0-8 and is too late; 2 (at 5) finds it full; 3 (at 12) is sent at once; 4 waits from 13 to 21: too late by 1.
    expect(causes(played)).toEqual([
      [2, 'queueFull', 5],
      [1, 'queueDeadline', 8],
      [4, 'queueDeadline', 21],
    ]);
    expect(sent(played)).toEqual([
      [0, 0],
      [3, 12],
    ]);
  });

  test.each([
    [9, []],
    [10, [1]],
    [11, [1]],
  ])('with a deadline of %d ms a slot that frees at 10 sends %j', (deadlineMs, goes) => {
    const played = play(scenario({ traffic: [jobsAt([0, 0])], clients: [one({ limit: null, deadlineMs })] }), { script: takes(10) });
    expect(sent(played).map(([request]) => request)).toEqual([0, ...goes]);
    expect(causes(played)).toEqual(goes.length > 0 ? [] : [[1, 'queueDeadline', deadlineMs]]);
  });

  test('a deadline matters until the first send only', () => {
    const played = play(
      scenario({
        traffic: [jobsAt([0])],
        clients: [clientSpec({ concurrency: 1, queue: { limit: 0, deadlineMs: 100 }, retry: retrySpec() })],
      }),
      {
        script: failing(
          [
            [0, 1],
            [0, 2],
          ],
          50,
        ),
      },
    );
    expect(sent(played)).toEqual([
      [0, 0],
      [0, 1_050],
      [0, 3_100],
    ]);
    expect(played.results.summary.requests.delivered).toBe(1);
  });

  test('by priority, then by due instant, retries included', () => {
    // One slot, taken until 100. Then: the urgent ones in order, the retry of 0 before 1 and 2.
    const played = play(
      scenario({
        traffic: [
          jobsAt([0, 1, 2, 3], { name: 'normal' }),
          jobsAt([50, 60], { name: 'urgent', priority: 5 }),
          jobsAt([4], { name: 'idle', priority: -1 }),
        ],
        clients: [clientSpec({ concurrency: 1, retry: retrySpec({ holdsSlot: false, growth: 'constant', baseMs: 20 }) })],
      }),
      { script: (attempt) => ({ reply: attempt.request === 0 && attempt.n === 1 ? failure(500) : image(attempt), afterMs: 100 }) },
    );
    const order = sends(played).map((row) => [row.dueMs, row.n]);
    expect(order).toEqual([
      [0, 1],
      [50, 1],
      [60, 1],
      [0, 2],
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
  });
});

describe('the slot of a request that waits for its retry', () => {
  test.each([
    [
      true,
      [
        [0, 0],
        [0, 1_010],
        [1, 1_020],
      ],
    ],
    [
      false,
      [
        [0, 0],
        [1, 10],
        [0, 1_010],
      ],
    ],
  ])('holdsSlot %s', (holdsSlot, expected) => {
    const played = play(
      scenario({ traffic: [jobsAt([0, 0])], clients: [clientSpec({ concurrency: 1, retry: retrySpec({ holdsSlot }) })] }),
      {
        script: failing([[0, 1]], 10),
      },
    );
    expect(sent(played)).toEqual(expected);
  });

  test('a retry without one waits for the next that is free, ahead of younger requests', () => {
    const played = play(
      scenario({ traffic: [jobsAt([0, 0, 0])], clients: [clientSpec({ concurrency: 1, retry: retrySpec({ holdsSlot: false }) })] }),
      {
        script: (attempt) => ({
          reply: attempt.request === 0 && attempt.n === 1 ? failure(503) : image(attempt),
          afterMs: attempt.request === 0 ? 10 : 1_500,
        }),
      },
    );
    expect(sent(played)).toEqual([
      [0, 0],
      [1, 10],
      [0, 1_510],
      [2, 1_520],
    ]);
  });

  test('a retry that holds its slot goes although all slots are taken', () => {
    const played = play(scenario({ traffic: [jobsAt([0, 0, 0])], clients: [clientSpec({ concurrency: 2, retry: retrySpec() })] }), {
      script: (attempt) => ({
        reply: attempt.request === 0 && attempt.n === 1 ? failure(503) : image(attempt),
        afterMs: attempt.request === 1 ? 5_000 : 10,
      }),
    });
    expect(sent(played)).toEqual([
      [0, 0],
      [1, 0],
      [0, 1_010],
      [2, 1_020],
    ]);
  });
});

describe('the pace', () => {
  const paced = (paceIntervalMs: number, overrides = {}) =>
    clientSpec({ pace: { count: 1, perMs: paceIntervalMs }, paceIntervalMs, ...overrides });

  test('lets one send go at once and then one per interval, however they come', () => {
    const played = play(scenario({ traffic: [jobsAt([0, 0, 3, 100, 101])], clients: [paced(10)] }), { script: takes(1) });
    expect(sent(played)).toEqual([
      [0, 0],
      [1, 10],
      [2, 20],
      [3, 100],
      [4, 110],
    ]);
  });

  test('covers retries, in the order of due instants', () => {
    const played = play(scenario({ traffic: [jobsAt([0, 1, 2])], clients: [paced(1_000, { retry: retrySpec() })] }), {
      script: failing([[0, 1]], 500),
    });
    // 0 fails at 500 and is ready at 1,500; the beat of 1,000 is 1's, that of 2,000 the retry's.
    expect(sent(played)).toEqual([
      [0, 0],
      [1, 1_000],
      [0, 2_000],
      [2, 3_000],
    ]);
  });

  test('covers fallbacks', () => {
    const played = play(
      scenario({
        traffic: [jobsAt([0])],
        clients: [paced(1_000, { fallback: [{ to: { model: 'gemini-nano-banana-2.1' }, on: ['5xx'] }] })],
      }),
      { script: (attempt) => ({ reply: attempt.n === 1 ? failure(503) : image(attempt), afterMs: 10 }) },
    );
    expect(sent(played)).toEqual([
      [0, 0],
      [0, 1_000],
    ]);
  });

  test('each client has its own', () => {
    const played = play(
      scenario({
        traffic: [jobsAt([0, 0], { name: 'a' }), jobsAt([0, 0], { name: 'b', client: 1 })],
        clients: [paced(10), paced(7, { name: 'b' })],
      }),
      { script: takes(1) },
    );
    expect(sends(played).map((row) => [row.traffic, row.sentMs])).toEqual([
      ['a', 0],
      ['b', 0],
      ['b', 7],
      ['a', 10],
    ]);
  });

  test('a queue deadline at the very beat is kept', () => {
    const queue = { limit: null, deadlineMs: 10 };
    expect(sent(play(scenario({ traffic: [jobsAt([0, 0])], clients: [paced(10, { queue })] }), { script: takes(1) }))).toHaveLength(2);
    expect(sent(play(scenario({ traffic: [jobsAt([0, 0])], clients: [paced(11, { queue })] }), { script: takes(1) }))).toHaveLength(1);
  });
});

test('the same attempt is never told twice, and every one is told', () => {
  const seen = new Set<number>();
  const script: Script = (attempt: Attempt) => ({
    reply: attempt.n < 3 ? failure(503) : image(attempt),
    afterMs: (attempt.request % 7) * 10,
  });
  const played = play(
    scenario({
      traffic: [entry({ kind: 'flood', requests: 200 })],
      clients: [clientSpec({ concurrency: 3, timeoutMs: 45, retry: retrySpec() })],
    }),
    { script },
  );
  for (const row of played.attempts) {
    expect(seen.has(row.seq)).toBe(false);
    seen.add(row.seq);
  }
  expect(played.end.attempts).toBe(seen.size);
  expect(Math.max(...seen)).toBe(seen.size - 1);
});
