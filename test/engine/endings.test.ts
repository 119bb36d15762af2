/** How requests and runs end: drain, deadlines of entries, budget, interruption; closed users, jobs, projects. */
import { describe, expect, test } from 'vitest';
import { MINUTE_MS, SECOND_MS } from '../../src/model/time.ts';
import { blocked, failure, image, jobsAt, LITE, type Played, PRO, play, retrySpec, type Script, sends, sent } from '../support/play.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

const takes =
  (ms: number): Script =>
  (attempt) => ({ reply: image(attempt), afterMs: ms });
const causes = (played: Played) => played.drops.map((drop) => [drop.request, drop.cause, drop.atMs]);
const clock = { startAtMs: Date.UTC(2026, 11, 1, 18), durationMs: MINUTE_MS, drainMs: 30 * SECOND_MS };

describe('the end of the drain', () => {
  test.each([
    [89_999, 'delivered'],
    [90_000, 'delivered'], // exactly start + duration + drain counts
    [90_001, 'pending'],
  ])('an answer at %d ms is %s', (afterMs, ending) => {
    const played = play(scenario({ clock, traffic: [jobsAt([0])] }), { script: takes(afterMs) });
    expect(played.requests.map((request) => request.outcome)).toEqual([ending]);
    expect(played.end).toMatchObject({ atMs: Math.min(afterMs, 90_000), reason: 'done', requests: 1, attempts: 1 });
  });

  test('an attempt still open is counted at list price; what waits for a slot or a retry is pending too', () => {
    const played = play(
      scenario({
        clock,
        traffic: [jobsAt([0, 0, 0])],
        clients: [clientSpec({ concurrency: 2, retry: retrySpec({ baseMs: 100_000, capMs: 200_000 }) })],
      }),
      {
        script: (attempt) => (attempt.request === 0 ? { reply: image(attempt), afterMs: 200_000 } : { reply: failure(503), afterMs: 1 }),
      },
    );
    expect(sends(played).map((row) => [row.request, row.doneMs, row.httpStatus, row.costMicroUsd, row.outcome])).toEqual([
      [0, null, null, PRO.listMicroUsd, null],
      [1, 1, 503, 0, null],
    ]);
    expect(causes(played)).toEqual([
      [0, 'pending', 90_000],
      [1, 'pending', 90_000],
      [2, 'pending', 90_000],
    ]);
    const { summary } = played.results;
    expect(summary.requests).toMatchObject({ offered: 3, pending: 3, dropped: 0 });
    expect(summary.attempts).toMatchObject({ sent: 2, open: 1, overloaded: 1, wasted: 1 });
    expect(summary.costUsd.total).toBe(PRO.listMicroUsd / 1e6);
  });

  test('a run without drain ends with its last arrivals in flight', () => {
    const played = play(scenario({ clock: { ...clock, drainMs: 0 }, traffic: [jobsAt([0, 59_999])] }), { script: takes(1_000) });
    expect(played.requests.map((request) => request.outcome)).toEqual(['delivered', 'pending']);
  });

  test('a run ends as soon as nothing can happen any more', () => {
    expect(play(scenario({ clock, traffic: [jobsAt([5])] }), { script: takes(10) }).end.atMs).toBe(15);
    expect(play(scenario({ clock, traffic: [] })).end).toMatchObject({ atMs: 0, requests: 0, attempts: 0 });
  });

  test('an entry that starts after the end sends nothing, one that ends after it is cut', () => {
    const played = play(
      scenario({
        clock,
        traffic: [
          entry({ kind: 'flood', requests: 3 }, { startMs: MINUTE_MS }),
          entry({ kind: 'steady', rate: { count: 2, perMs: MINUTE_MS } }, { name: 'long', startMs: 30_000 }),
        ],
      }),
      { script: takes(1) },
    );
    expect(sends(played).map((row) => [row.traffic, row.dueMs])).toEqual([['long', 30_000]]);
  });
});

describe("an entry's deadline", () => {
  const withDeadline = (deadlineMs: number, afterMs: number) =>
    play(scenario({ clock, traffic: [jobsAt([0], { deadlineMs })] }), { script: takes(afterMs) });

  test.each([
    [100, 99, 'delivered'],
    [100, 100, 'delivered'],
    [100, 101, 'failed'], // it was in flight: it failed when its answer came
  ])('of %d ms and an answer after %d: %s', (deadlineMs, afterMs, outcome) => {
    const played = withDeadline(deadlineMs, afterMs);
    expect(played.attempts.map((row) => [row.doneMs, row.outcome, row.costMicroUsd])).toEqual([[afterMs, outcome, PRO.listMicroUsd]]);
    expect(played.drops).toEqual([]);
  });

  test('drops with cause deadline what waits for its first send or for a retry, and frees the slot', () => {
    const played = play(
      scenario({ clock, traffic: [jobsAt([0, 0], { deadlineMs: 500 })], clients: [clientSpec({ concurrency: 1, retry: retrySpec() })] }),
      {
        script: () => ({ reply: failure(503), afterMs: 10 }),
      },
    );
    expect(sent(played)).toEqual([
      [0, 0],
      [1, 500],
    ]); // 1 gets the slot at its own last instant
    expect(causes(played)).toEqual([[0, 'deadline', 500]]);
    expect(played.drops[0]!.attempts).toBe(1);
    expect(played.attempts.at(-1)).toMatchObject({ request: 1, doneMs: 510, outcome: 'failed' });
  });

  test('one that was late ends with that answer, whatever it is', () => {
    const late = (reply: 'blocked' | 'failure') =>
      play(
        scenario({
          clock,
          traffic: [jobsAt([0], { deadlineMs: 50 })],
          clients: [clientSpec({ retry: retrySpec(), fallback: [{ to: { model: LITE.model }, on: ['5xx'] }] })],
        }),
        {
          script: () => ({ reply: reply === 'blocked' ? blocked() : failure(503), afterMs: 100 }),
        },
      );
    expect(late('failure').attempts.map((row) => row.outcome)).toEqual(['failed']);
    expect(late('blocked').attempts.map((row) => row.outcome)).toEqual(['failed']);
  });

  test('outlasts the drain: its requests go on until each is answered or dropped', () => {
    const played = play(
      scenario({
        clock,
        traffic: [jobsAt([59_000, 59_000], { deadlineMs: 300_000, name: 'patient' }), jobsAt([59_000], { name: 'other', client: 1 })],
        clients: [clientSpec({ concurrency: 1 }), clientSpec({ name: 'other' })],
      }),
      { script: takes(100_000) },
    );
    expect(played.requests.map((request) => [request.traffic, request.outcome])).toEqual([
      ['other', 'pending'],
      ['patient', 'delivered'],
      ['patient', 'delivered'],
    ]);
    expect(played.end.atMs).toBe(259_000);
  });

  test('a slot that the end of the drain frees goes to those who outlast it', () => {
    const played = play(
      scenario({
        clock,
        traffic: [jobsAt([59_000], { name: 'hurried' }), jobsAt([59_001], { deadlineMs: 300_000, name: 'patient' })],
        clients: [clientSpec({ concurrency: 1 })],
      }),
      { script: takes(100_000) },
    );
    expect(sends(played).map((row) => [row.traffic, row.sentMs, row.outcome])).toEqual([
      ['hurried', 59_000, null],
      ['patient', 90_000, 'delivered'],
    ]);
  });
});

describe('the budget', () => {
  const one = PRO.listMicroUsd;
  const withBudget = (budget: { microUsd: number | null; requests: number | null }, script: Script, clients = [clientSpec()]) =>
    play(scenario({ clock, traffic: [jobsAt([0, 0, 0, 1_000, 1_000])], budget, clients }), { script });

  test('counts money in flight at list price', () => {
    const played = withBudget({ microUsd: 2 * one, requests: null }, takes(10));
    expect(sent(played)).toEqual([
      [0, 0],
      [1, 0],
    ]);
    expect(causes(played)).toEqual([
      [2, 'budget', 0],
      [3, 'budget', 1_000],
      [4, 'budget', 1_000],
    ]);
  });

  test.each([
    [2 * one - 1, 1],
    [2 * one, 2],
    [0, 0],
  ])('of %d micro-dollars lets %d go', (microUsd, goes) => {
    expect(sent(withBudget({ microUsd, requests: null }, takes(10)))).toHaveLength(goes);
  });

  test('gets back what an answer did not cost', () => {
    const played = withBudget({ microUsd: 2 * one, requests: null }, (attempt) => ({
      reply: attempt.request < 2 ? blocked() : image(attempt),
      afterMs: 10,
    }));
    expect(sent(played).map(([request]) => request)).toEqual([0, 1, 3, 4]);
  });

  test('keeps what a timed-out attempt may cost', () => {
    const played = withBudget({ microUsd: 2 * one, requests: null }, takes(900), [clientSpec({ timeoutMs: 5 })]);
    expect(sent(played)).toHaveLength(2);
  });

  test('in requests counts attempts, and drops the waiting retry that it has no room for', () => {
    const played = withBudget({ microUsd: null, requests: 4 }, () => ({ reply: failure(503), afterMs: 1 }), [
      clientSpec({ retry: retrySpec({ attempts: 3 }) }),
    ]);
    // 0, 1, 2 at once and 3 at 1,000 (arrivals, file order); their retries find nothing left.
    expect(sent(played)).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 1_000],
    ]);
    expect(causes(played)).toEqual([
      [4, 'budget', 1_000],
      [0, 'budget', 1_001],
      [1, 'budget', 1_001],
      [2, 'budget', 1_001],
      [3, 'budget', 2_001],
    ]);
    expect(played.drops.map((drop) => drop.attempts)).toEqual([0, 1, 1, 1, 1]);
  });

  test('is one for all clients', () => {
    const played = play(
      scenario({
        clock,
        traffic: [jobsAt([0, 0], { name: 'a' }), jobsAt([0, 0], { name: 'b', client: 1 })],
        budget: { microUsd: null, requests: 3 },
        clients: [clientSpec(), clientSpec({ name: 'b' })],
      }),
      { script: takes(10) },
    );
    expect(sends(played).map((row) => row.traffic)).toEqual(['a', 'a', 'b']);
  });
});

describe('users', () => {
  const users = (overrides = {}, count = 1, thinkMeanMs = 5_000) =>
    entry({ kind: 'users', users: count, thinkMeanMs, thinkDistribution: 'fixed' }, overrides);

  test('send their next job a think time after the last one ended', () => {
    const played = play(scenario({ clock, traffic: [users()] }), { script: takes(10_000) });
    expect(sends(played).map((row) => [row.dueMs, row.doneMs])).toEqual([
      [0, 10_000],
      [15_000, 25_000],
      [30_000, 40_000],
      [45_000, 55_000],
    ]);
  });

  test('think after the last image of a job', () => {
    const played = play(scenario({ clock: { ...clock, durationMs: 30_000 }, traffic: [users({ images: 3 })] }), {
      script: (attempt) => ({ reply: image(attempt), afterMs: 1_000 * (1 + (attempt.request % 3)) }),
    });
    expect(sends(played).map((row) => [row.job, row.dueMs])).toEqual(
      [0, 8_000, 16_000, 24_000].flatMap((dueMs, job) => [
        [job, dueMs],
        [job, dueMs],
        [job, dueMs],
      ]),
    );
    expect(played.results.summary.jobs).toEqual({ offered: 4, delivered: 4 });
  });

  test('go on after a failure and after a drop', () => {
    const played = play(
      scenario({
        clock: { ...clock, durationMs: 20_000 },
        traffic: [users({}, 2)],
        clients: [clientSpec({ concurrency: 1, queue: { limit: 0, deadlineMs: null } })],
      }),
      {
        script: () => ({ reply: failure(500), afterMs: 6_000 }),
      },
    );
    // 0 holds the slot for 6 s; 1 is dropped at 0 and again at 5 s, gets the slot at 10 s (0 comes back at 11 s: dropped, 16 s: tie).
    expect(sends(played).map((row) => row.sentMs)).toEqual([0, 10_000, 16_000]);
    expect(played.results.summary.requests.failed).toBe(3);
  });

  test('start nothing at or after the end of their entry, and the run ends with them', () => {
    const played = play(scenario({ clock, traffic: [users({ durationMs: 10_000 })] }), { script: takes(5_000) });
    expect(sends(played).map((row) => row.dueMs)).toEqual([0]);
    expect(played.end.atMs).toBe(5_000);
  });

  test('think for exponential times of the mean, each on their own, the same for every setting', () => {
    const gaps = (afterMs: number) => {
      const played = play(
        scenario({
          clock: { ...clock, durationMs: 3_600_000 },
          traffic: [entry({ kind: 'users', users: 5, thinkMeanMs: 10_000, thinkDistribution: 'exponential' })],
        }),
        { script: takes(afterMs) },
      );
      return played.attempts;
    };
    const rows = gaps(0);
    expect(rows.length / 5).toBeGreaterThan(300);
    expect(rows.length / 5).toBeLessThan(420); // 360 expected, 19 is one standard error for one user, 8.5 for five
    const firstThinks = (attempts: ReturnType<typeof gaps>) => attempts.slice(0, 5).map((row) => row.dueMs);
    expect(firstThinks(gaps(50))).toEqual(firstThinks(rows));
  });
});

describe('jobs', () => {
  test('of k images are k requests due together; a job is delivered when all its images are', () => {
    const played = play(scenario({ clock, traffic: [jobsAt([0, 1_000], { images: 3 })] }), {
      script: (attempt) => ({ reply: attempt.request === 4 ? failure(500) : image(attempt), afterMs: 10 }),
    });
    expect(sends(played).map((row) => [row.request, row.job, row.jobImages, row.dueMs])).toEqual([
      [0, 0, 3, 0],
      [1, 0, 3, 0],
      [2, 0, 3, 0],
      [3, 1, 3, 1_000],
      [4, 1, 3, 1_000],
      [5, 1, 3, 1_000],
    ]);
    expect(played.results.summary.jobs).toEqual({ offered: 2, delivered: 1 });
    expect(played.results.summary.images.delivered).toBe(5);
  });
});

describe('projects', () => {
  const spread = (
    how: 'round-robin' | 'sticky' | 'least-loaded',
    projects: number,
    script: Script,
    traffic = [jobsAt([0, 100], { images: 3 })],
  ) => {
    const base = scenario({ clock, traffic });
    return play({ ...base, quota: { ...base.quota, projects, spread: how } }, { script });
  };
  const projects = (played: Played) => sends(played).map((row) => row.project);

  test('take requests in turn, over all entries', () => {
    expect(
      projects(
        spread('round-robin', 2, takes(1), [jobsAt([0, 2], { name: 'a' }), jobsAt([1, 3], { name: 'b' }), jobsAt([4], { name: 'c' })]),
      ),
    ).toEqual(['p1', 'p2', 'p1', 'p2', 'p1']);
  });

  test('sticky keeps a job together', () => {
    expect(projects(spread('sticky', 2, takes(1)))).toEqual(['p1', 'p1', 'p1', 'p2', 'p2', 'p2']);
  });

  test('a request keeps its project for all its attempts', () => {
    const base = scenario({ clock, traffic: [jobsAt([0, 0])], clients: [clientSpec({ retry: retrySpec() })] });
    const played = play(
      { ...base, quota: { ...base.quota, projects: 2 } },
      { script: (attempt) => ({ reply: attempt.n < 3 ? failure(503) : image(attempt), afterMs: 10 }) },
    );
    for (const row of played.attempts) expect(row.project).toBe(`p${row.request + 1}`);
  });

  test('share the wallet of their account, project i that of account i mod N', () => {
    const base = scenario({ clock, traffic: [entry({ kind: 'flood', requests: 12 }, { request: LITE })] });
    const quota = { ...base.quota, projects: 3, accounts: 2, limits: limits({ spend10m: 3 * LITE.listMicroUsd }, LITE.model) };
    const played = play({ ...base, quota });
    const passed = sends(played)
      .filter((row) => row.httpStatus === 200)
      .map((row) => row.project);
    // p1 and p3 share the first account, p2 has the second alone: three of each account.
    expect(passed.toSorted()).toEqual(['p1', 'p1', 'p2', 'p2', 'p2', 'p3']);
  });
});

describe('an interruption', () => {
  test('closes everything as pending, and the end says why', () => {
    const played = play(scenario({ clock, traffic: [jobsAt([0, 0, 40_000])], clients: [clientSpec({ concurrency: 1 })] }), {
      script: takes(30_000),
      onStart: (running, time) => time.at(20_000, 2, { fire: () => running.interrupt('interrupted') }),
    });
    expect(sends(played).map((row) => [row.request, row.doneMs, row.outcome])).toEqual([[0, null, null]]);
    expect(causes(played)).toEqual([
      [0, 'pending', 20_000],
      [1, 'pending', 20_000],
    ]);
    expect(played.end).toMatchObject({ atMs: 20_000, reason: 'interrupted', requests: 2, attempts: 1 });
    expect(played.rows.at(-1)!.kind).toBe('end');
    expect(played.results.summary.warnings.map((warning) => warning.code)).toContain('run-ended-early');
  });

  test('twice is once', () => {
    const played = play(scenario({ clock, traffic: [jobsAt([0])] }), {
      script: takes(30_000),
      onStart: (running, time) =>
        time.at(20_000, 2, {
          fire() {
            running.interrupt('terminated');
            running.interrupt('interrupted');
          },
        }),
    });
    expect(played.rows.filter((row) => row.kind === 'end')).toEqual([played.end]);
    expect(played.end.reason).toBe('terminated');
  });
});

test('sends are announced before they go, where asked for', () => {
  const played = play(scenario({ clock, traffic: [jobsAt([0, 5])], clients: [clientSpec({ retry: retrySpec() })] }), {
    script: (attempt) => ({ reply: attempt.request === 0 && attempt.n === 1 ? failure(503) : image(attempt), afterMs: 10 }),
    announceSends: true,
  });
  expect(played.rows.flatMap((row) => (row.kind === 'sent' ? [[row.seq, row.request, row.n, row.sentMs]] : []))).toEqual([
    [0, 0, 1, 0],
    [1, 1, 1, 5],
    [2, 0, 2, 1_010],
  ]);
  expect(played.rows.map((row) => row.kind)).toEqual(['sent', 'sent', 'attempt', 'attempt', 'sent', 'attempt', 'end']);
});

describe('a hedge', () => {
  const hedged = (script: Script, overrides = {}) =>
    play(scenario({ clock, traffic: [jobsAt([0])], clients: [clientSpec({ hedge: { afterMs: 100 }, ...overrides })] }), { script });

  test('that answers first ends the other, and the request is counted once', () => {
    const played = hedged((attempt) => ({ reply: image(attempt), afterMs: attempt.n === 1 ? 500 : 50 }));
    expect(sends(played).map((row) => [row.n, row.sentMs, row.doneMs, row.class, row.outcome])).toEqual([
      [1, 0, 150, 'client.cancelled', null],
      [2, 100, 150, null, 'delivered'],
    ]);
    expect(played.requests.map((request) => [request.attempts, request.outcome, request.firstSentMs])).toEqual([[2, 'delivered', 0]]);
  });

  test('that is overtaken by the first attempt leaves nothing open', () => {
    const played = hedged((attempt) => ({ reply: image(attempt), afterMs: 200 }));
    expect(sends(played).map((row) => [row.n, row.class, row.outcome])).toEqual([
      [1, null, 'delivered'],
      [2, 'client.cancelled', null],
    ]);
    expect(played.requests.map((request) => [request.attempts, request.outcome, request.firstSentMs])).toEqual([[2, 'delivered', 0]]);
    expect(played.results.summary.requests).toMatchObject({ offered: 1, delivered: 1, pending: 0 });
    expect(played.results.summary.costUsd.total).toBe((2 * PRO.listMicroUsd) / 1e6);
  });

  test('that fails leaves the first attempt to decide', () => {
    const played = hedged((attempt) => ({ reply: attempt.n === 1 ? image(attempt) : failure(503), afterMs: attempt.n === 1 ? 500 : 10 }));
    expect(played.requests.map((request) => [request.attempts, request.outcome, request.costMicroUsd])).toEqual([
      [2, 'delivered', PRO.listMicroUsd],
    ]);
    expect(played.results.summary.requests).toMatchObject({ offered: 1, delivered: 1, pending: 0 });
  });

  test('is not sent for a request whose deadline has passed', () => {
    const played = play(
      scenario({ clock, traffic: [jobsAt([0], { deadlineMs: 99 })], clients: [clientSpec({ hedge: { afterMs: 100 } })] }),
      { script: takes(500) },
    );
    expect(sends(played).map((row) => [row.n, row.outcome])).toEqual([[1, 'failed']]);
  });

  test('still open at the end is recorded beside the first', () => {
    const played = hedged((attempt) => ({ reply: image(attempt), afterMs: 1_000_000 }));
    expect(sends(played).map((row) => [row.n, row.doneMs, row.outcome])).toEqual([
      [1, null, null],
      [2, null, null],
    ]);
    expect(causes(played)).toEqual([[0, 'pending', 90_000]]);
    expect(played.results.summary.attempts).toMatchObject({ sent: 2, open: 2 });
  });
});

describe('the batch lane', () => {
  const hour = 60 * MINUTE_MS;

  test('a row that was dropped while its job waited does not come back as another request', () => {
    // One job at a time, each takes 2 h. The row of the third is dropped after 1 h; what falls due later is itself.
    const base = scenario({
      clock: { ...clock, durationMs: 24 * hour, drainMs: 24 * hour },
      traffic: [
        jobsAt([0, 1], { name: 'batch', lane: 'batch', deadlineMs: 3 * hour }),
        jobsAt([2 * hour - 1, 7 * hour], { name: 'direct', durationMs: 24 * hour }),
        jobsAt([2], { name: 'hurried', lane: 'batch', deadlineMs: hour }),
      ],
      clients: [clientSpec({ rowsPerJob: 1 })],
    });
    const oneJob = {
      bucket: 'batchJobs',
      model: null,
      state: 'known',
      limit: 1,
      interval: null,
      source: { grade: 'assumed', from: 'test', asOf: null },
    } as const;
    const played = play({
      ...base,
      quota: { ...base.quota, limits: [...base.quota.limits, oneJob] },
      service: {
        ...base.service,
        latency: { [PRO.model]: { kind: 'fixed', ms: 3 * hour } },
        deadlineMs: 10 * hour,
        batch: { ...base.service.batch, turnaround: { p50Ms: 2 * hour, p95Ms: 2 * hour } },
      },
    });
    expect(played.requests.map((request) => [request.request, request.traffic, request.outcome])).toEqual([
      [2, 'hurried', 'deadline'],
      [0, 'batch', 'delivered'],
      [1, 'batch', 'failed'], // in at 2 h, back at 4 h: too late
      [3, 'direct', 'delivered'], // in flight at 4 h, when the job of 2 is next and nothing is left of it
      [4, 'direct', 'delivered'],
    ]);
  });

  test('a job of rows that fell back and was full early comes back once', () => {
    // Full at once; the minute for gathering rows ends while it is on its way, then long after it is back.
    for (const turnaroundMs of [90_000, 1_000]) {
      const base = scenario({
        clock: { ...clock, drainMs: hour },
        traffic: [jobsAt([0, 30_000])],
        clients: [clientSpec({ rowsPerJob: 1, fallback: [{ to: { lane: 'batch' }, on: ['5xx'] }] })],
      });
      const played = play(
        {
          ...base,
          service: { ...base.service, batch: { ...base.service.batch, turnaround: { p50Ms: turnaroundMs, p95Ms: turnaroundMs } } },
        },
        { script: () => ({ reply: failure(503), afterMs: 10 }) },
      );
      expect(played.requests.map((request) => [request.request, request.outcome, request.doneMs])).toEqual([
        [0, 'delivered', 10 + turnaroundMs],
        [1, 'delivered', 30_010 + turnaroundMs],
      ]);
    }
  });

  test('rows that are dropped make room for others at once', () => {
    const base = scenario({
      clock,
      traffic: [jobsAt([0, 0], { lane: 'batch', deadlineMs: 10 * hour })],
      clients: [clientSpec({ rowsPerJob: 2 })],
      budget: { microUsd: null, requests: 1 },
    });
    const played = play({ ...base, clock: { ...clock, drainMs: 10 * hour } });
    expect(played.requests.map((request) => [request.request, request.outcome])).toEqual([
      [1, 'budget'],
      [0, 'delivered'],
    ]);
    expect(played.attempts[0]).toMatchObject({ lane: 'batch', costMicroUsd: PRO.batchMicroUsd });
  });
});

test('a request dropped at the head of the queue lets the next one go at once', () => {
  // The client's own tokens: 600 a minute, burst 600. The first takes all; 1 needs 600 again and is dropped after 1 s; 2 needs 10.
  const large = { ...PRO, inputTokens: 600 };
  const small = { ...PRO, inputTokens: 10 };
  const played = play(
    scenario({
      clock,
      traffic: [jobsAt([0, 0], { name: 'large', request: large }), jobsAt([1], { name: 'small', request: small })],
      clients: [
        clientSpec({
          limits: { rpm: null, ipm: null, tpm: 600, spend10mMicroUsd: null, marginRatio: 0 },
          queue: { limit: null, deadlineMs: 1_000 },
        }),
      ],
    }),
    { script: takes(1) },
  );
  expect(causes(played)).toEqual([[1, 'queueDeadline', 1_000]]);
  expect(sends(played).map((row) => [row.traffic, row.sentMs])).toEqual([
    ['large', 0],
    ['small', 1_000],
  ]);
});
