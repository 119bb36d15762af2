/** What a search found, as steps with their reasons: which bucket, what next, what it does not fix, on whose figures it rests. */
import { expect, test } from 'vitest';
import { recommendation } from '../../src/plan/recommendation.ts';
import type { Change, Finalist } from '../../src/plan/result.ts';
import { exactly, finalist, found, problemOf, step } from './found.ts';

const PRO = 'gemini-3-pro-image';

const text = (quota: string, model = `{ model: ${PRO}, size: 4K }`): string => `name: found
clock: { startAt: 2026-12-01T18:00:00Z, duration: 2h }
quota: ${quota}
traffic: [{ name: studio, shape: { kind: steady, rate: 18/min }, request: ${model} }]
thresholds: [success_ratio >= 0.99]
`;

const TIER: Change = { lever: 'tier', path: 'quota.tier', from: 1, to: 2 };
const PACE: Change = { lever: 'pace', path: 'client.pace', from: undefined, to: '4/min' };
const RETRY: Change = { lever: 'retry', path: 'client.retry', from: undefined, to: 'recommended' };

function tight(bucket: 'rpd' | 'rpm' | 'spend10m', utilisation: number): Finalist['tightestBucket'] {
  return { bucket, model: bucket === 'spend10m' ? null : PRO, utilisation };
}

/** One step from a file that spends too fast to tier 2. */
function upgraded(quota: string) {
  const base = finalist({
    holds: exactly(0),
    firstBucket: 'spend10m',
    tightestBucket: tight('spend10m', 4.4),
    refused: { throttled: 1668, failed: 1668, overloaded: 3 },
    measured: { success_ratio: exactly(0.228), cost_usd: exactly(100) },
  });
  const chosen = finalist({ changes: [TIER], candidate: { tier: '2' }, tightestBucket: tight('rpm', 0.9), refused: { overloaded: 3 } });
  const steps = [step(base, chosen, [TIER], { success_ratio: exactly(0.772), cost_usd: exactly(400) })];
  return recommendation(problemOf(text(quota)), found({ base, chosen, steps, pareto: [base, chosen] }), null);
}

const READ_LIVE = `{ profile: best-known, tier: 1, limits: { ${PRO}: { rpm: 20, rpd: 5000 }, account: { spend10mUsd: 10 } } }`;

test('nothing to change is an answer: no step, no tier, and what it rests on', () => {
  const { answer, lines, bridge, restsOn, grade } = recommendation(
    problemOf(text(READ_LIVE)),
    found({ base: finalist({ tightestBucket: tight('rpm', 0.6) }) }),
    null,
  );
  expect([answer, lines, bridge]).toEqual(['keep', [], null]);
  expect(restsOn.map(({ limit, tier, grade: own }) => [limit.bucket, limit.limit, tier, own])).toEqual([['rpm', 20, '1', 'live']]);
  expect(grade).toBe('live');
});

test('limits first, then the spend window, then the tier: what each is about, in this order', () => {
  const { lines, answer, grade } = upgraded(READ_LIVE);
  expect(answer).toBe('change');
  expect(lines.map(({ about }) => about)).toEqual(['read limits', 'spend', 'tier']);
  const [limits, spend, tier] = lines;
  expect(limits!.why).toContain('rpm of gemini-3-pro-image 500 at tier 2 (documented, 2025-11)');
  expect(spend!.why).toContain('$10 in any ten minutes are 41 images at $0.2');
  expect(spend!.doesNotFix).toBe('Raising a request limit (rpm, ipm, rpd) would change nothing.');
  expect(tier).toMatchObject({ relieves: 'spend10m', bindsNext: { bucket: 'rpm' }, effect: { success_ratio: exactly(0.772) } });
  expect(tier!.why).toContain('Refusals (429) go from 1,668 to 0 a run');
  expect(tier!.doesNotFix).toContain('No tier cures a 503: 3 a run remain. Request limits were not what bound');
  expect(tier!.grade).toBe('documented');
  expect(grade).toBe('documented');
});

test('figures that were read live are not to be read again', () => {
  const base = finalist({ firstBucket: 'rpm', tightestBucket: tight('rpm', 0.9), refused: { throttled: 40 } });
  const chosen = finalist({ changes: [PACE], tightestBucket: tight('rpm', 0.9) });
  const { lines } = recommendation(problemOf(text(READ_LIVE)), found({ base, chosen, steps: [step(base, chosen, [PACE])] }), null);
  expect(lines.map(({ about, grade, relieves }) => [about, grade, relieves])).toEqual([['pace', 'live', 'rpm']]);
});

test('retries relieve a bucket where what it refused is no longer lost; overload has none', () => {
  const chosen = finalist({ changes: [RETRY], firstBucket: 'rpm', refused: { throttled: 60 } });
  const line = (overloaded: number) => {
    const base = finalist({ firstBucket: 'rpm', refused: { throttled: 40, failed: 40, overloaded } });
    return recommendation(problemOf(text(READ_LIVE)), found({ base, chosen, steps: [step(base, chosen, [RETRY])] }), null).lines[0]!;
  };
  expect(line(0)).toMatchObject({ about: 'retry', relieves: 'rpm' });
  expect(line(0).why).toBe(
    'What rpm refuses comes again later. Refusals (429) go from 40 to 60 a run, requests failed go from 40 to 0 a run.',
  );
  expect(line(50).relieves).toBeNull();
});

test('what binds is relieved before what merely refused first', () => {
  const base = finalist({ firstBucket: 'rpm', tightestBucket: tight('spend10m', 1.7), refused: { throttled: 224 } });
  const chosen = finalist({ changes: [TIER], candidate: { tier: '2' }, tightestBucket: tight('spend10m', 0.34) });
  const { lines } = recommendation(problemOf(text(READ_LIVE)), found({ base, chosen, steps: [step(base, chosen, [TIER])] }), null);
  expect(lines.at(-1)).toMatchObject({ about: 'tier', relieves: 'spend10m' });
});

test('an assumed limit is the weakest of what a plan rests on', () => {
  const assumption = { bucket: 'rpm', model: PRO, tier: '2', interval: [20, 500], why: 'not known' } as const;
  const settings = [
    { path: 'quota.tier', value: 2 },
    { path: `quota.limits."${PRO}".rpm`, value: '20..500' },
  ];
  const base = finalist({ firstBucket: 'spend10m', tightestBucket: tight('spend10m', 4.4), refused: { throttled: 5 } });
  const chosen = finalist({
    changes: [TIER],
    candidate: { tier: '2', assumptions: [assumption], settings },
    tightestBucket: tight('rpm', 0.9),
  });
  const quota = `{ profile: observed-2026, tier: 1, limits: { ${PRO}: { rpm: 20, rpd: 5000 } } }`;
  const { grade, lines } = recommendation(problemOf(text(quota)), found({ base, chosen, steps: [step(base, chosen, [TIER])] }), null);
  expect(grade).toBe('assumed');
  expect(lines.at(-1)!.grade).toBe('assumed');
});

test('a tier that is higher comes with its date and with what today’s tier carries until then', () => {
  const { bridge } = upgraded(READ_LIVE);
  expect(bridge!.reach).toMatchObject({ tier: '2', days: 3, waitsFor: 'days' }); // $100 a run, once a day
  expect(bridge!.today).toMatchObject({ tier: '1', wanted: 2160, limit: { bucket: 'spend10m' } });
  expect(bridge!.today.carried).toBeGreaterThan(480); // 12 windows of 41 images, at the price without rounding
  expect(bridge!.today.carried).toBeLessThan(500);
  expect(Math.round(bridge!.today.takesMs! / 60_000)).toBe(Math.round(2160 / bridge!.today.pacePerMinute!));
});

test('what nothing allowed meets is infeasible, with what comes nearest', () => {
  const base = finalist({ holds: exactly(0), firstBucket: 'rpd', tightestBucket: tight('rpd', 50) });
  const nearest = {
    finalist: base,
    goals: [],
    obstacle: { reason: 'RPD', bucket: 'rpd', what: 'rpd', explanation: 'tier 1: rpd carries 2 %' },
    unknown: [],
    beyond: [],
  } as const;
  const answer = recommendation(problemOf(text(READ_LIVE)), found({ feasible: false, base, nearest }), null);
  expect([answer.answer, answer.nearest]).toEqual(['infeasible', nearest]);
});

test('dollars in ten minutes that refuse first decide nothing where a day is asked for more than it allows', () => {
  const refused = { throttled: 900, failed: 500 };
  const base = finalist({ firstBucket: 'spend10m', tightestBucket: tight('rpd', 2.1), refused });
  const chosen = finalist({ changes: [TIER], candidate: { tier: '2' }, tightestBucket: tight('rpd', 0.4) });
  const about = (of: typeof base) =>
    recommendation(problemOf(text(READ_LIVE)), found({ base: of, chosen, steps: [step(of, chosen, [TIER])] }), null).lines.flatMap(
      (line) => (line.about === 'read limits' ? [] : [line.about]),
    );
  expect(about(base)).toEqual(['tier']);
  expect(about({ ...base, tightestBucket: tight('rpd', 0.9) })).toEqual(['spend', 'tier']);
});

test('more requests in flight make nobody wait', () => {
  const change = { lever: 'concurrency', path: 'client.concurrency', from: 4, to: 48 } as const;
  const chosen = finalist({ changes: [change] });
  const base = finalist();
  const [line] = recommendation(problemOf(text(READ_LIVE)), found({ base, chosen, steps: [step(base, chosen, [change])] }), null).lines;
  expect(line!.doesNotFix).toBe('It adds nothing to what a day, a month or ten minutes allow.');
});
