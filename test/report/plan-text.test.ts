/** A plan in words: the verdict first, then steps, dates, doubts; the same in a terminal and as Markdown. */
import { expect, test } from 'vitest';
import { analyse } from '../../src/plan/analytic.ts';
import { recommendation } from '../../src/plan/recommendation.ts';
import type { Change, Problem, SearchResult } from '../../src/plan/result.ts';
import type { Stand } from '../../src/plan/robust.ts';
import { recommendationNotes, recommendationRows } from '../../src/report/plan-json.ts';
import { type PlanView, planMarkdown, planText } from '../../src/report/plan-text.ts';
import { exactly, finalist, found, problemOf, step } from '../plan/found.ts';

const PRO = 'gemini-3-pro-image';
const problem = problemOf(`name: studio
clock: { startAt: 2026-12-01T18:00:00Z, duration: 2h }
quota: { profile: best-known, tier: 1 }
traffic: [{ name: app, shape: { kind: steady, rate: 18/min }, request: { model: ${PRO}, size: 4K } }]
thresholds: [success_ratio >= 0.99]
`);

const TIER: Change = { lever: 'tier', path: 'quota.tier', from: 1, to: 2 };
const RETRY: Change = { lever: 'retry', path: 'client.retry', from: undefined, to: { attempts: 5, jitter: 'full' } };

const base = finalist({
  holds: { mean: 0, low: 0, high: 0.1 },
  firstBucket: 'spend10m',
  tightestBucket: { bucket: 'spend10m', model: null, utilisation: 4.4 },
  refused: { throttled: 1668, failed: 1668 },
  measured: { success_ratio: exactly(0.228), cost_usd: exactly(119.43) },
});
const chosen = finalist({
  changes: [TIER, RETRY],
  candidate: { tier: '2' },
  holds: { mean: 1, low: 0.957, high: 1 },
  tightestBucket: { bucket: 'rpm', model: PRO, utilisation: 0.4 },
  measured: { success_ratio: { mean: 0.9991, low: 0.999, high: 0.9992 }, cost_usd: exactly(524.31) },
});
const upgraded = found({
  base,
  chosen,
  steps: [
    step(base, chosen, [TIER], {
      success_ratio: { mean: 0.771, low: 0.765, high: 0.777 },
      latency_ms_p95: exactly(-20_000),
      cost_usd: { mean: 404.88, low: 404.88, high: 404.88 },
    }),
  ],
  pruned: [{ reason: 'SPEND', count: 36, tier: '1', explanation: 'tier 1: spend10m carries 26.7 %' }],
  guarantee: { confidence: 0.95, measure: 'cost_usd', indifference: 5.2, method: 'KN', finalists: 8, seeds: 60 },
});

function viewOf(result: SearchResult, stand: Stand | null = null, of: Problem = problem): PlanView {
  return {
    name: 'studio',
    result,
    recommendation: recommendation(of, result, stand),
    verified: null,
    analytic: analyse(of.scenario, 1),
    simulations: 626,
  };
}

const textOf = (view: PlanView, width = 100): string => planText(view, { colour: false, width });
const flat = (text: string): string => text.replace(/\s+/g, ' ');

test('the first line is the verdict: what to set, what it does, how often it holds', () => {
  expect(textOf(viewOf(upgraded)).split('\n')[0]).toBe(
    'Set quota.tier to 2 and client.retry to {attempts: 5, jitter: full}: success goes from 22.8 % to 99.9 %, the cost goes from $119.43 to $524.31; success_ratio >= 0.99 holds on 100 % of 20 seeds (simulated).',
  );
  expect(textOf(viewOf(found())).split('\n')[0]).toBe(
    'Change nothing: success_ratio >= 0.99 holds as the file stands (100 % delivered, p95 20s, $10; simulated).',
  );
  expect(textOf(viewOf(found({ isPartial: true })))).toMatch(/^Stopped before it was done; so far: Change nothing/);
});

test('each step says what to set, its effect with interval, what is tightest then, and what it does not fix', () => {
  const text = flat(textOf(viewOf(upgraded)));
  expect(text).toContain('3. Billing and tier: quota.tier 1 → 2');
  expect(text).toContain('It relieves spend10m. Refusals (429) go from 1,668 to 0 a run');
  expect(text).toContain('Effect: success +77.1 points (+76.5 to +77.7), p95 −20s, cost +$404.88, makespan unchanged.');
  expect(text).toContain(`Tightest after it: rpm of ${PRO}, 40 % of it asked for.`);
  expect(text).toContain('What it does not fix: No tier cures a 503.');
  expect(text).toContain(
    'Until tier 2 Tier 2 takes $100 paid and 3 days since the first payment: it can be had from 2026-12-04, 3 days after the start',
  );
});

test('confidence is three lines, by chance, by inputs, by what it can bear', () => {
  const limit = problem
    .resolve([{ path: 'quota.tier', value: 2 }])
    .quota.limits.find(({ bucket, model }) => bucket === 'rpm' && model === PRO)!;
  const stand = { unknown: null, doubt: { limit, holdsFrom: 18 }, overload: { ratio: 0.45, holdsTo: 0.6 }, silent: [], simulations: 12 };
  const text = flat(textOf(viewOf(upgraded, stand)));
  expect(text).toContain(
    'By chance: the goals hold on 100 % of 20 seeds, so on 95.7 % or more with 95 % confidence. With 95 % confidence it is within $5.20 of the best of its 8 finalists (KN)',
  );
  expect(text).toContain(`By its inputs: what decides is rpm of ${PRO} 500 at tier 2 (documented, 2025-11)`);
  expect(text).toContain(
    `By what it can bear: it holds while rpm of ${PRO} is about 18 or more; 500 were taken for it. Of 503 in the worst hours it bears up to about 60 %, against the 45 % that were taken.`,
  );
});

test('limits that are far away are neither doubted nor to be read', () => {
  const far = { bucket: 'rpm', model: PRO, utilisation: 0.02 } as const;
  const calm = finalist({ tightestBucket: far });
  const text = flat(textOf(viewOf(found({ base: calm }))));
  expect(text).toContain('By its inputs: no limit is near enough to decide');
  expect(text).toContain(`By what it can bear: no limit is near: the fullest is rpm of ${PRO}, 2 % of it asked for.`);
});

test('an unknown limit is said as what was taken for it, from where it holds, and how to know it', () => {
  const assumption = { bucket: 'ipm', model: PRO, tier: '2', interval: [8, 12], why: 'not known at tier 2' } as const;
  const result = found({ base, chosen: { ...chosen, candidate: { ...chosen.candidate, assumptions: [assumption] } } });
  const worth = {
    unknown: { bucket: 'ipm', model: PRO, tier: '2', interval: [8, 12], why: 'not known at tier 2' },
    holdsFrom: 10,
    cheaperIfHigh: 'the file as it stands',
    evpi: 0.5,
    measurement: { how: 'send 13 requests within a minute', costUsd: 1.63, minutes: 1 },
  } as const;
  const unknown = { unknowns: [worth], cornersHeldRatio: 0.5, maxRegret: 1, robust: 'quota.tier to 3', simulations: 8 };
  const text = flat(textOf(viewOf(result, { unknown, doubt: null, overload: null, silent: [], simulations: 8 })));
  expect(text).toContain(`ipm of ${PRO} at tier 2 is taken as 8 to 12, and its low end was used: not known at tier 2.`);
  expect(text).toContain(
    'The plan holds at 50 % of the ends of these intervals; the one that loses least where it loses most is quota.tier to 3.',
  );
  expect(text).toContain(
    'it holds from about 10 on; were it 12, the file as it stands would do; to know it is worth 50 % of seeds at most.',
  );
  expect(text).toContain('To know it: send 13 requests within a minute. That costs $1.63 and 1 minute.');
});

test('what nothing meets says what stands in the way, tier by tier, and which goal would hold', () => {
  const beyond = finalist({ changes: [{ lever: 'batch', path: 'traffic[0].lane', from: undefined, to: 'batch' }] });
  const result = found({
    feasible: false,
    base,
    nearest: {
      finalist: base,
      goals: [{ constraint: problem.constraints[0]!, attainable: 0.22851 }],
      obstacle: { reason: 'SPEND', bucket: 'spend10m', what: 'spend10m', explanation: 'tier 1: spend10m carries 26.7 %' },
      unknown: [],
      beyond: [beyond],
    },
  });
  const text = flat(textOf(viewOf(result)));
  expect(text).toMatch(
    /^Nothing that is allowed meets success_ratio >= 0.99: spend10m stands in the way; the file as it stands comes nearest, with 22.8 % delivered/,
  );
  expect(text).toContain('Instead of success_ratio >= 0.99, this holds: success_ratio >= 0.228.'); // rounded to the side that holds
  expect(text).toContain('Tier 1, too small: 34.33 a day all month, 4.12 a minute (wanted 2,160 a day');
  expect(text).toContain('If it were allowed: traffic[0].lane to batch, with 100 % delivered');
});

test('what rests on limits that nobody knows is said on condition, and with what it would need of them', () => {
  const constraint = { ...problem.constraints[0]!, expression: 'latency_ms_p95 < 2m', metric: 'latency_ms_p95', op: '<' as const };
  const limits = (['rpm', 'rpd'] as const).map((bucket) => problem.scenario.quota.limits.find((limit) => limit.bucket === bucket)!);
  const nearest = {
    finalist: base,
    goals: [{ constraint, attainable: 154_321 }],
    obstacle: { reason: 'UNKNOWN', bucket: 'rpm', what: 'rpm', explanation: 'tier 1: rpm not known' },
    unknown: limits,
    beyond: [],
  } as const;
  const told = (of: typeof base) =>
    flat(textOf(viewOf(found({ feasible: false, base: of, chosen: of, nearest: { ...nearest, finalist: of } }))));
  const holding = told(finalist({ holds: { mean: 1, low: 0.957, high: 1 } }));
  expect(holding).toMatch(
    new RegExp(
      `^Nobody can promise success_ratio >= 0.99: rpm and rpd of ${PRO} are not known. Where no unknown limit refuses, success_ratio >= 0.99 holds on 100 % of`,
    ),
  );
  expect(holding).toContain(`1. Know your limits Read your own limits in AI Studio and write them under quota.limits, then plan again.`);
  expect(holding).toContain(`By its inputs: what decides is rpm and rpd of ${PRO}, and not known to anybody.`);
  const failing = told(base);
  expect(failing).toContain('Where no unknown limit refuses, the file as it stands comes nearest, with 22.8 % delivered');
  expect(failing).toContain('Instead of latency_ms_p95 < 2m, this holds: latency_ms_p95 < 155s.'); // rounded to the side that holds
});

test('where the file as it stands holds on some seeds, the verdict says on how many', () => {
  const lucky = finalist({ holds: { mean: 0.82, low: 0.73, high: 0.88 } });
  expect(flat(textOf(viewOf({ ...upgraded, base: lucky })))).toContain(
    'success_ratio >= 0.99 holds on 100 % of 20 seeds, and as the file stands on 82 % (simulated).',
  );
  expect(flat(textOf(viewOf(upgraded)))).not.toContain('as the file stands on');
});

test('steps that are only worth taking together are named together', () => {
  const more: Change = { lever: 'concurrency', path: 'client.concurrency', from: 8, to: 24 };
  const text = flat(textOf(viewOf(found({ ...upgraded, steps: [step(base, chosen, [more, RETRY])] }))));
  expect(text).toContain('Requests in flight together with retry policy: client.concurrency 8 → 24; client.retry not set →');
});

test('cut short, a plan says what held so far and that it proves nothing, or that nothing did', () => {
  const nearest = {
    finalist: base,
    goals: [{ constraint: problem.constraints[0]!, attainable: 0.22851 }],
    obstacle: { reason: 'SIMULATED', bucket: null, what: 'overload (503)', explanation: 'simulated' },
    unknown: [],
    beyond: [],
  } as const;
  const verdict = (of: typeof base) =>
    textOf(viewOf(found({ feasible: false, isPartial: true, base: of, chosen: of, nearest: { ...nearest, finalist: of } }))).split('\n')[0];
  expect(verdict(base)).toMatch(
    /^Stopped before it was done; so far: nothing that meets success_ratio >= 0.99; overload \(503\) stands in the way; the file as it stands/,
  );
  expect(verdict(finalist({ seeds: 8 }))).toBe(
    'Stopped before it was done; so far: success_ratio >= 0.99 held on all of 8 seeds with the file as it stands, which proves nothing yet: 100 % delivered, p95 20s, $10 (simulated).',
  );
});

test('an estimate is never certain, whatever it rounds to; what has no chance in it is', () => {
  const sure = (method: 'OCBA' | 'deterministic', confidence: number) =>
    flat(textOf(viewOf({ ...upgraded, guarantee: { ...upgraded.guarantee, method, confidence } })));
  expect(sure('OCBA', 1)).toContain('With more than 99.9 % confidence it is within');
  expect(sure('deterministic', 1)).toContain('With 100 % confidence it is within');
  expect(sure('OCBA', 0.97)).toContain('With 97 % confidence it is within');
});

test('no line is wider than asked but the verdict, and wrapped text loses no word', () => {
  const wide = textOf(viewOf(upgraded), 100);
  const narrow = textOf(viewOf(upgraded), 72);
  const isTable = (line: string): boolean => / {3}/.test(line.trim());
  for (const line of narrow.split('\n').slice(1)) if (!isTable(line)) expect(line.length, line).toBeLessThanOrEqual(72);
  expect(flat(narrow)).toBe(flat(wide));
  expect(narrow).not.toMatch(/[ \t]$/m);
});

test('Markdown says the same: verdict in bold, steps numbered', () => {
  const markdown = planMarkdown(viewOf(upgraded));
  expect(markdown).toMatch(/^# studio\n\n\*\*Set quota.tier to 2/);
  expect(markdown).toContain('\n3. Billing and tier: quota.tier 1 → 2\n   - It relieves spend10m.');
});

test('for machines each setting is a row, and what is no setting is a note', () => {
  const { recommendation: said } = viewOf(upgraded);
  expect(recommendationRows(said)).toMatchObject([
    { setting: 'tier', path: 'quota.tier', from: 1, to: 2, relieves: 'spend10m', grade: 'documented' },
  ]);
  expect(recommendationNotes(said)).toMatchObject([{ about: 'read limits' }, { about: 'spend' }]);
});
