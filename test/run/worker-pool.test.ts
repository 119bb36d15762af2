import { getEventListeners } from 'node:events';
import { afterAll, describe, expect, test } from 'vitest';
import type { Summary } from '../../src/analysis/summary.ts';
import { ScenarioError } from '../../src/model/errors.ts';
import type { Evaluate, Task } from '../../src/plan/evaluate.ts';
import { parseScenario, runIdOf } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';
import { type WorkerPool, type WorkerPoolOptions, workerPool } from '../../src/run/worker-pool.ts';

const TEXT = `
clock: { duration: 10m }
quota: { profile: none, limits: { gemini-3-pro-image: { rpm: 20 } } }
service: { overload: [{ from: "00:00Z", to: "24:00Z", errorRate: 0.2 }] }
traffic:
  - name: people
    shape: { kind: poisson, rate: 15/min }
    request: { model: gemini-3-pro-image }
client: { retry: { attempts: 3 } }
`;
const LOADED = parseScenario(TEXT, 'people.yaml', { settings: [{ path: 'traffic.people.request.size', value: '2K' }] });
const TASKS: Task[] = [10, 15, 30].flatMap((perMinute) =>
  [1, 2, 3, 4].map((seed) => ({ settings: [{ path: 'traffic[0].shape.rate', value: `${perMinute}/min` }], seed })),
);

const pools: WorkerPool[] = [];
afterAll(() => Promise.all(pools.map((pool) => pool.close())));

function poolOf(options: WorkerPoolOptions): WorkerPool {
  const pool = workerPool(LOADED, options);
  pools.push(pool);
  return pool;
}

async function collected(evaluate: Evaluate, tasks: readonly Task[], signal?: AbortSignal): Promise<(Summary | undefined)[]> {
  const summaries: (Summary | undefined)[] = tasks.map(() => undefined);
  for await (const { index, summary } of evaluate(tasks, signal)) {
    expect(summaries[index]).toBeUndefined(); // each task is answered once
    summaries[index] = summary;
  }
  return summaries;
}

describe('a worker pool', () => {
  const alone = poolOf({ workers: 1 });
  const two = poolOf({ workers: 2, aloneMs: 0 });

  test('answers with the summary of a run under the settings, its id included', async () => {
    const [summary] = await collected(alone.evaluate, TASKS.slice(4, 5));
    const settings = [...LOADED.settings, ...TASKS[4]!.settings];
    const same = parseScenario(TEXT, 'people.yaml', { settings });
    const { summary: expected } = simulate(same.scenario, 1);
    expect(summary).toEqual({
      ...expected,
      runId: runIdOf(same, 1, 'sim'),
      scenario: { name: 'people', sha256: same.sha256 },
    });
    expect(summary!.attempts.sent).toBeGreaterThan(summary!.requests.offered);
  });

  test('gives the same answers on one thread, on two and with some tasks here first', async () => {
    const expected = await collected(alone.evaluate, TASKS);
    expect(expected).not.toContain(undefined);
    expect(await collected(two.evaluate, TASKS)).toEqual(expected);
    expect(await collected(poolOf({ workers: 3, aloneMs: 1 }).evaluate, TASKS)).toEqual(expected);
  });

  test.each([
    ['here', alone],
    ['on threads', two],
  ])('an error of a task %s is thrown as itself', async (_, { evaluate }) => {
    const wrong = { settings: [{ path: 'client.concurency', value: 1 }], seed: 1 };
    const error = await collected(evaluate, [...TASKS.slice(0, 3), wrong, ...TASKS.slice(3)]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ScenarioError);
    expect((error as ScenarioError).message).toMatch(/client\.concurency: unknown key, did you mean concurrency\?/);
  });

  test.each([
    ['here', alone],
    ['on threads', two],
  ])('an abort ends it %s early and without an error, and the pool still works', async (_, { evaluate }) => {
    const stop = new AbortController();
    const many = Array.from({ length: 40 }, () => TASKS).flat();
    let answers = 0;
    for await (const { summary } of evaluate(many, stop.signal)) {
      expect(summary.requests.offered).toBeGreaterThan(0);
      if (++answers === 2) stop.abort();
    }
    expect(answers).toBeLessThan(many.length);
    expect(getEventListeners(stop.signal, 'abort')).toEqual([]);
    expect(await collected(evaluate, TASKS, AbortSignal.abort())).toEqual(TASKS.map(() => undefined));
    expect((await collected(evaluate, TASKS.slice(0, 2))).map((summary) => summary?.seed)).toEqual([1, 2]);
  });

  test('whoever stops listening stops the work, and no tasks are no work', async () => {
    for await (const { index } of two.evaluate(TASKS)) if (index >= 0) break;
    expect(await collected(two.evaluate, [])).toEqual([]);
    expect(await collected(two.evaluate, TASKS.slice(0, 3))).toEqual(await collected(alone.evaluate, TASKS.slice(0, 3)));
  });
});
