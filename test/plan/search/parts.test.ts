/** What the search rests on: chance, choice, constraints, assumed limits, seeds. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { candidateOf, fields } from '../../../src/plan/candidates.ts';
import { isChanceless } from '../../../src/plan/chanceless.ts';
import { byChoice, gain, likelihood, shortfall } from '../../../src/plan/choice.ts';
import { paretoFront } from '../../../src/plan/pareto.ts';
import { constraintsOf, thresholdSettings } from '../../../src/plan/problem.ts';
import { prune, required } from '../../../src/plan/prune.ts';
import type { Complexity, Finalist } from '../../../src/plan/result.ts';
import { STREAMS, seedOf } from '../../../src/plan/sampler.ts';
import { plannedText } from '../../../src/run/plan.ts';
import { simulate } from '../../../src/run/simulate.ts';

const text = (lines: Readonly<Record<string, string>> = {}): string => {
  const all: Record<string, string> = {
    clock: '{ startAt: 2026-12-01T18:00:00Z, duration: 5m }',
    quota: '{ profile: community-2026-02, tier: 1 }',
    service: '{ latency: { gemini-3-pro-image: { fixed: 20s } } }',
    traffic: '[{ name: app, shape: { kind: steady, rate: 12/min }, request: { model: gemini-3-pro-image, size: 1K } }]',
    client: '{ concurrency: 8 }',
    ...lines,
  };
  return Object.entries(all)
    .map(([key, value]) => `${key}: ${value}`)
    .join('\n');
};
const planned = (lines?: Readonly<Record<string, string>>) => plannedText(text(lines), 'parts.yaml');

describe('chance', () => {
  const same = (lines?: Readonly<Record<string, string>>): boolean => {
    const { scenario } = planned(lines).loaded;
    const of = (seed: number): string => JSON.stringify({ ...simulate(scenario, seed).summary, seed: 0, runId: '' });
    return of(1) === of(2);
  };

  test.each<[string, Record<string, string>, boolean]>([
    ['a steady flow, a fixed latency, no retries', {}, true],
    ['retries that wait without jitter', { client: '{ retry: { attempts: 3, jitter: none } }' }, true],
    ['retries with jitter', { client: '{ retry: { attempts: 3 } }' }, false],
    ['a latency that is drawn', { service: '{ latency: { gemini-3-pro-image: { p50: 10s, p95: 20s } } }' }, false],
    [
      'an overload',
      { service: '{ overload: [{ from: "00:00Z", to: "24:00Z", errorRate: 0.5 }], latency: { gemini-3-pro-image: { fixed: 20s } } }' },
      false,
    ],
  ])('%s', (_, lines, expected) => {
    expect(isChanceless(planned(lines).loaded.scenario)).toBe(expected);
    expect(same(lines)).toBe(expected);
  });

  test('streams share no seed, and none is the scenario’s own', () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.array(fc.nat(99_999), { minLength: 1, maxLength: 20 }), (base, ks) => {
        const distinct = [...new Set(ks)];
        const seeds = [base, ...STREAMS.flatMap((stream) => distinct.map((k) => seedOf(base, stream, k)))];
        expect(new Set(seeds).size).toBe(seeds.length);
      }),
    );
  });
});

const interval = (mean: number) => ({ mean, low: mean, high: mean });
const found = (
  id: number,
  of: { complexity?: Complexity; tier?: '1' | '2'; cost?: number; p95?: number; success?: number; holds?: number },
): Finalist => ({
  candidate: {
    id,
    changes: [],
    assumptions: [],
    settings: [],
    complexity: of.complexity ?? 2,
    tier: of.tier ?? '1',
  },
  seeds: 20,
  measured: {
    success_ratio: interval(of.success ?? 1),
    cost_usd: interval(of.cost ?? 100),
    latency_ms_p95: interval(of.p95 ?? 20_000),
    makespan_ms: interval(60_000),
  },
  holds: interval(of.holds ?? 1),
  constraints: [],
  firstBucket: null,
  tightestBucket: null,
  refused: { throttled: 0, overloaded: 0, dropped: 0, failed: 0, blocked: 0, errored: 0 },
});
const order = (findings: readonly Finalist[], goals: Parameters<typeof byChoice>[1] = ['tier', 'cost', 'latency']): number[] =>
  byChoice(findings, goals).map(({ candidate }) => candidate.id);

describe('choice', () => {
  test.each<[string, Finalist[], number]>([
    ['the lower tier, whatever it costs', [found(1, { tier: '2', cost: 1 }), found(2, { tier: '1', cost: 100, complexity: 3 })], 2],
    ['the cheaper of a class', [found(1, { cost: 100 }), found(2, { cost: 98 })], 2],
    ['the first of two whose cost differs by less than anybody minds', [found(1, { cost: 100 }), found(2, { cost: 99.5 })], 1],
    ['the faster where the cost is the same', [found(1, { p95: 30_000 }), found(2, { p95: 20_000 })], 2],
    ['the simpler where the other saves a tenth', [found(1, { complexity: 3, cost: 90 }), found(2, { complexity: 2, cost: 100 })], 2],
    ['the harder where it saves a quarter', [found(1, { complexity: 3, cost: 75 }), found(2, { complexity: 2, cost: 100 })], 1],
  ])('%s', (_, findings, best) => {
    expect(order(findings)[0]).toBe(best);
    expect(order(findings.toReversed())[0]).toBe(best);
  });

  test('what gains for one loses for the other', () => {
    const cost = fc.double({ min: 1, max: 1_000, noNaN: true });
    fc.assert(
      fc.property(cost, cost, (a, b) => {
        expect(gain(found(1, { cost: a }), found(2, { cost: b }), ['cost'])).toBeCloseTo(
          -gain(found(2, { cost: b }), found(1, { cost: a }), ['cost']),
          12,
        );
      }),
    );
  });

  test('four runs that just held are less likely to hold again than four that held by far', () => {
    const base = found(1, {});
    const at = (margin: number): Finalist => ({
      ...base,
      constraints: [
        {
          constraint: {
            traffic: null,
            assumed: false,
            expression: 'success_ratio >= 0.99',
            metric: 'success_ratio',
            op: '>=',
            value: 0.99,
          },
          holdsRatio: 1,
          observed: 0.995,
          margin,
        },
      ],
    });
    expect(likelihood(at(0.5))).toBeLessThan(0.95);
    expect(likelihood(at(4))).toBeGreaterThan(0.99);
    expect(shortfall(at(0.5))).toBe(0);
  });

  test('nothing on the front is beaten, and everything off it is', () => {
    const one = fc.record({
      complexity: fc.constantFrom<Complexity>(0, 1, 2),
      cost: fc.integer({ min: 1, max: 5 }),
      p95: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 12 }), (all) => {
        const findings = all.map((of, i) => found(i, of));
        const front = paretoFront(findings);
        const worse = (a: Finalist, b: Finalist): boolean =>
          b.candidate.complexity <= a.candidate.complexity &&
          b.measured.cost_usd!.mean <= a.measured.cost_usd!.mean &&
          b.measured.latency_ms_p95!.mean <= a.measured.latency_ms_p95!.mean;
        expect(front.length).toBeGreaterThan(0);
        for (const off of findings.filter((finding) => !front.includes(finding))) expect(front.some((on) => worse(off, on))).toBe(true);
        for (const on of front) expect(front.some((other) => other !== on && worse(on, other))).toBe(false);
      }),
    );
  });
});

describe('constraints', () => {
  test('what must be delivered is assumed where nothing says it, and only there', () => {
    const { problem } = planned({ thresholds: '[first_bucket == none]' });
    expect(problem.constraints.map(({ expression, assumed }) => [expression, assumed])).toEqual([
      ['first_bucket == none', false],
      ['success_ratio >= 0.99', true],
    ]);
    expect(problem.scenario.thresholds.map(({ expression }) => expression)).toEqual(
      problem.constraints.map(({ expression }) => expression),
    );
    const said = planned({ thresholds: '[success_ratio >= 0.5]' }).loaded.scenario;
    expect(thresholdSettings(said)).toEqual([]);
    expect(constraintsOf(said).map(({ assumed }) => assumed)).toEqual([false]);
  });
});

describe('candidates', () => {
  test('the first changes nothing, no two are alike, and each says where it comes from', () => {
    const { problem } = planned();
    const all = fields(problem).flatMap(({ candidates }) => candidates);
    expect(all[0]).toMatchObject({ id: 0, changes: [], settings: [] });
    expect(new Set(all.map(({ settings }) => JSON.stringify(settings))).size).toBe(all.length);
    for (const { path, from, to } of all.flatMap(({ changes }) => changes)) {
      expect(from).toEqual(problem.written(path));
      expect(to).not.toEqual(from);
    }
  });

  test('tiers below the file’s own, models and projects stay out unless allowed', () => {
    const levers = (lines?: Record<string, string>) =>
      new Set(
        fields(planned(lines).problem).flatMap(({ candidates }) =>
          candidates.flatMap(({ changes }) => changes.map(({ lever, to }) => `${lever} ${JSON.stringify(to)}`)),
        ),
      );
    const closed = levers({ quota: '{ profile: community-2026-02, tier: 2 }' });
    expect([...closed].filter((one) => /^(tier 1|model|size|projects|batch|schedule|fallback)/.test(one))).toEqual([]);
    const open = levers({ allow: '{ tier: [1, 2], projects: 1..2, models: [gemini-3.1-flash-image], sizes: [2K] }' });
    expect([...open].filter((one) => /^(tier|model|size|projects)/.test(one)).sort()).toEqual([
      'model "gemini-3.1-flash-image"',
      'projects 2',
      'size "2K"',
      'tier 2',
    ]);
  });

  test('work with a deadline may take the batch lane or begin later', () => {
    const traffic =
      '[{ name: night, shape: { kind: flood, requests: 20 }, request: { model: gemini-3-pro-image, size: 1K }, deadline: 12h }]';
    const { problem } = planned({
      traffic,
      clock: '{ startAt: 2026-12-01T18:00:00Z, duration: 12h }',
      quota: '{ profile: published-2025-11, tier: 1 }',
    });
    const paths = fields(problem).flatMap(({ ground }) => ground.changes.map(({ lever, to }) => [lever, to]));
    expect(paths).toContainEqual(['batch', 'batch']);
    expect(paths).toContainEqual(['schedule', '+6h']);
  });

  test('a limit that nobody knows is taken from the tier below, at its lower end, or rules out', () => {
    const quota = '{ profile: observed-2026, tier: 1, limits: { gemini-3-pro-image: { rpm: 20, rpd: 5000 } } }';
    const { problem } = planned({ quota });
    const second = fields(problem).find(({ ground }) => ground.tier === '2')!;
    expect(second.ground.assumptions.map(({ bucket, interval: ends }) => [bucket, ends])).toEqual([
      ['rpm', [20, 500]],
      ['rpd', [5_000, 15_000]],
    ]);
    expect(candidateOf(7, second.ground, second.ground.changes).settings.map(({ path }) => path)).toEqual([
      'quota.tier',
      'quota.limits."gemini-3-pro-image".rpm',
      'quota.limits."gemini-3-pro-image".rpd',
    ]);
    const nothing = planned({ quota: '{ profile: observed-2026, tier: 1 }' }).problem;
    const [field] = fields(nothing);
    const { ranked, pruned } = prune(nothing, field!, required(nothing.constraints));
    expect(ranked).toEqual([]);
    expect(pruned.map(({ reason }) => reason)).toEqual(['UNKNOWN']);
  });

  test('nothing may win by falling back to a model whose limits nobody knows', () => {
    const allow = '{ tier: [1], models: [gemini-3.1-flash-image] }';
    const onFallback = (limits: string) => {
      const quota = `{ profile: none, limits: { gemini-3.1-flash-image: ${limits} } }`;
      const { problem } = planned({ quota, allow });
      const [field] = fields(problem);
      const candidates = field!.candidates.filter(({ changes }) => changes.length === 1 && changes[0]!.lever === 'fallback');
      const { ranked, pruned } = prune(problem, { ...field!, candidates }, required(problem.constraints));
      return [ranked.length, pruned.map(({ reason, bucket }) => [reason, bucket])];
    };
    expect(onFallback('{ rpm: unknown, ipm: unknown, rpd: 100 }')).toEqual([0, [['UNKNOWN', 'rpm']]]);
    expect(onFallback('{ rpm: 10, rpd: unknown }')).toEqual([0, [['UNKNOWN', 'rpd']]]);
    expect(onFallback('{ rpm: 10, ipm: unknown, rpd: 100 }')).toEqual([1, []]);
  });

  test.each<[string, Record<string, string>, string]>([
    ['a day that is too short', { quota: '{ profile: none, limits: { gemini-3-pro-image: { rpd: 20 } } }' }, 'RPD'],
    ['a minute that is too small', { quota: '{ profile: none, limits: { gemini-3-pro-image: { rpm: 1 } } }' }, 'MINUTE'],
    ['a month that is spent', { quota: '{ profile: none, spentThisMonthUsd: 9, limits: { account: { monthlyUsd: 10 } } }' }, 'CAP'],
    ['dollars in ten minutes', { quota: '{ profile: none, limits: { account: { spend10mUsd: 1 } } }' }, 'SPEND'],
    ['a pace that never gets there', { quota: '{ profile: none }', client: '{ pace: 1/min }' }, 'PACE'],
    ['slots that never get there', { quota: '{ profile: none }', client: '{ concurrency: 1 }' }, 'LITTLE'],
    [
      'an overload that three tries do not get through',
      {
        quota: '{ profile: none }',
        service: '{ overload: [{ from: "00:00Z", to: "24:00Z", errorRate: 0.9 }], latency: { gemini-3-pro-image: { fixed: 1s } } }',
        client: '{ retry: { attempts: 3 } }',
      },
      'RETRY',
    ],
  ])('%s is ruled out with its reason, and does fail when simulated', (_, lines, reason) => {
    const { problem, loaded } = planned(lines);
    const [field] = fields(problem);
    const own = { ...field!, candidates: field!.candidates.filter(({ changes }) => changes.length === 0) };
    const { ranked, pruned } = prune(problem, own, required(problem.constraints));
    expect([ranked.length, pruned.map((one) => one.reason)]).toEqual([0, [reason]]);
    expect(simulate(loaded.scenario, 1).summary.passed).toBe(false);
  });
});
