/** Plans as the library makes them: by hand on the shared scenarios, the same on any number of threads, and cut short. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { search } from '../../src/plan/search.ts';
import { type Plan, type PlanOptions, plan, plannedText } from '../../src/run/plan.ts';
import { planJson } from '../../src/run/plan-file.ts';
import { workerPool } from '../../src/run/worker-pool.ts';
import { SMALL, smallProblem } from '../plan/search/small.ts';

const SHARED = resolve('../shared/scenarios');
const isThere = existsSync(SHARED);
if (!isThere) console.warn('skipped: ../shared/scenarios is absent');
const planOf = (name: string, options: PlanOptions = {}): Promise<Plan> =>
  plan(resolve(SHARED, `${name}.yaml`), { verify: 20, ...options });
const changes = ({ result }: Plan): [string, unknown][] => result.chosen.candidate.changes.map(({ path, to }) => [path, to]);
const explanations = ({ result }: Plan, reason: string): string[] =>
  result.pruned.filter((one) => one.reason === reason).map(({ explanation }) => explanation);

describe.skipIf(!isThere)('by hand', () => {
  test('a backlog of 1,200 does not end within two days of 250 on tier 1, and the plan says what would do it', async () => {
    const found = await planOf('batch-flood', { settings: [{ path: 'allow', value: { tier: [1] } }] });
    expect(found.result.feasible).toBe(false);
    expect(found.result.nearest!.obstacle).toMatchObject({ reason: 'RPD', bucket: 'rpd' });
    expect(found.result.nearest!.obstacle.explanation).toContain('1,200 wanted, 250 a day allowed');
    const { goals, beyond } = found.result.nearest!;
    // Two whole days of 250 and ten minutes of a third; of those some are answered 503 and count.
    expect(goals[0]!.attainable).toBeGreaterThan(400 / 1_200);
    expect(goals[0]!.attainable).toBeLessThan(600 / 1_200);
    expect(beyond.map(({ candidate }) => candidate.tier)).toContain('2');
  });

  test('where dollars bind, only the tier that raises them helps; what is not known there is assumed and said', async () => {
    const found = await planOf('spend-window');
    expect(changes(found)).toEqual([['quota.tier', 2]]);
    expect(explanations(found, 'SPEND')).toEqual([expect.stringContaining('spend10m')]);
    expect(found.result.chosen.candidate.assumptions.map(({ bucket, interval }) => [bucket, interval[0]])).toEqual([
      ['rpm', 20],
      ['rpd', 5_000],
    ]);
  });

  test('nine a minute are 12,960 a day: tier 1 has 250, tier 2 too few, tier 3 nobody knows', async () => {
    const found = await planOf('steady');
    expect(found.result.feasible).toBe(false);
    expect(explanations(found, 'RPD')).toEqual([
      expect.stringMatching(/^tier 1: .* 12,960 wanted, 250 a day/),
      expect.stringMatching(/^tier 2: .* 12,960 wanted, 1,000 a day/),
    ]);
    expect(explanations(found, 'UNKNOWN')).toEqual([expect.stringMatching(/^tier 3: rpd not known/)]);
    expect(found.result.isDeterministic).toBe(true);
  });

  test('a burst over the minute is cured by waiting as long as the answer says', async () => {
    const found = await planOf('burst');
    expect(found.result.feasible).toBe(true);
    expect(found.result.chosen.candidate.tier).toBe('1');
    expect(found.result.chosen.candidate.changes.map(({ lever }) => lever)).toEqual(['retry']);
    expect(found.verified!.holds.mean).toBe(1);
  });
});

const HOLDS = `
clock: { startAt: 2026-12-01T18:00:00Z, duration: 5m }
quota: { profile: community-2026-02, tier: 1 }
traffic:
  - { name: app, shape: { kind: poisson, rate: 2/min }, request: { model: gemini-3-pro-image, size: 1K } }
client: { concurrency: 8, retry: { attempts: 3 } }
`;

test('what holds already is left alone, though nothing was said of what must be delivered', async () => {
  const { problem, loaded } = plannedText(HOLDS, 'holds.yaml');
  const result = await search(problem, workerPool(loaded, { workers: 1 }).evaluate);
  expect(result.feasible).toBe(true);
  expect(result.chosen.candidate.changes).toEqual([]);
  expect(result.constraints).toEqual([expect.objectContaining({ expression: 'success_ratio >= 0.99', assumed: true })]);
  expect(result.chosen.holds.low).toBeGreaterThanOrEqual(0.95);
});

describe('the answer follows from file and seed alone', () => {
  const text = SMALL['an overload of a third']!;
  const { problem } = smallProblem(text);

  test('on one thread and on two, and whatever comes back first', async () => {
    const { loaded } = plannedText(text, 'small.yaml');
    const alone = workerPool(loaded, { workers: 1 });
    const two = workerPool(loaded, { workers: 2, aloneMs: 0 });
    try {
      const one = await search(problem, alone.evaluate);
      expect(await search(problem, two.evaluate)).toEqual(one);
      // The last task answered first.
      const backwards: typeof alone.evaluate = async function* (tasks, signal) {
        const all = [];
        for await (const answer of alone.evaluate(tasks, signal)) all.unshift(answer);
        yield* all;
      };
      expect(await search(problem, backwards)).toEqual(one);
    } finally {
      await two.close();
    }
  });

  test('another seed draws other runs', async () => {
    const evaluate = smallProblem(text).evaluate;
    const one = await search(problem, evaluate);
    const other = await search({ ...problem, seed: problem.seed + 7 }, evaluate);
    expect(other.base.measured).not.toEqual(one.base.measured);
  });
});

test('what is taken of a limit nobody knows is taken of the file as it stands, too', async () => {
  // Tier 2 of this model is not known: 10 a minute are taken, as on tier 1, and 20 fall due at once.
  const { problem, evaluate } = smallProblem(`
name: not known
clock: { duration: 10m }
quota: { profile: best-known, tier: 2 }
service: { latency: { gemini-3.1-flash-lite-image: { fixed: 5s } } }
traffic: [{ name: t, shape: { kind: burst, requests: 20, every: 5m, times: 2 }, request: { model: gemini-3.1-flash-lite-image } }]
allow: { tier: [2], projects: 1..2 }
`);
  const { base, steps } = await search(problem, evaluate);
  expect(base.candidate.assumptions.map(({ bucket }) => bucket)).toContain('rpm');
  expect(base.measured.success_ratio?.mean).toBe(0.5);
  expect(steps[0]?.before.measured.success_ratio?.mean).toBe(0.5);
});

describe('cut short', () => {
  const { problem, evaluate } = smallProblem(SMALL['an overload of a third']!);

  test('it ends early and says that it is not the whole answer', async () => {
    const controller = new AbortController();
    let told = 0;
    const result = await search(problem, evaluate, {
      signal: controller.signal,
      progress: ({ stage, done, total }) => {
        expect(done).toBeLessThanOrEqual(total);
        if (stage === 'screen' && ++told === 3) controller.abort();
      },
    });
    expect(result.isPartial).toBe(true);
    expect(result.feasible).toBe(false);
    expect(result.simulations).toBeLessThan(100);
  });

  test('before the first run there is nothing to say', async () => {
    await expect(search(problem, evaluate, { signal: AbortSignal.abort() })).rejects.toThrow('aborted before its first run');
  });
});

describe.skipIf(!isThere)('plan.json', () => {
  test('has what the contract names, and differs from run to run in its seconds alone', async () => {
    const json = async (): Promise<Record<string, unknown>> => JSON.parse(JSON.stringify(planJson(await planOf('burst'))));
    const { seconds, ...first } = await json();
    expect(seconds).toBeGreaterThan(0);
    expect(first).toMatchObject({
      feasible: true,
      recommendation: [
        { setting: expect.any(String), path: 'client.retry', from: { attempts: 1 }, effect: expect.any(Object), why: expect.any(String) },
      ],
      promised: { success_ratio: 1, latency_ms_p95: expect.any(Number), cost_usd: expect.any(Number) },
      verified: { success_ratio: 1, latency_ms_p95: expect.any(Number), cost_usd: expect.any(Number) },
      candidates: expect.any(Number),
      simulations: expect.any(Number),
      analytic: expect.any(Object),
    });
    const { seconds: _, ...second } = await json();
    expect(second).toEqual(first);
  });
});
