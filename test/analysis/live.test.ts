/** What a live run taught: limits that answers gave away, and how far the prediction was off. */
import { describe, expect, test } from 'vitest';
import { comparePrediction } from '../../src/analysis/prediction.ts';
import { Revealed, statedLimits } from '../../src/analysis/revealed.ts';
import type { AttemptRow } from '../../src/model/rows.ts';
import type { QuotaSpec } from '../../src/model/scenario.ts';
import { liveLessonsText } from '../../src/report/live-lessons.ts';
import { failure, image, play } from '../support/play.ts';
import { entry, limits, scenario } from '../support/scenario.ts';

const PRO = 'gemini-3-pro-image';

function quotaOf(values: Parameters<typeof limits>[0], unknown: readonly string[] = []): QuotaSpec {
  const known = limits(values).map((limit) => (unknown.includes(limit.bucket) ? { ...limit, state: 'unknown' as const } : limit));
  return { ...scenario().quota, limits: known };
}

const one = play(scenario({ traffic: [entry({ kind: 'flood', requests: 1 })] }), { script: () => ({ reply: failure(429), afterMs: 5 }) });
function refusal(fields: Partial<AttemptRow>): AttemptRow {
  return { ...one.attempts[0]!, buckets: ['rpm'], model: PRO, quotaId: 'PerMinute', quotaValue: 7, ...fields };
}

function revealedBy(rows: readonly AttemptRow[], quota: QuotaSpec) {
  const revealed = new Revealed(quota);
  for (const row of rows) revealed.add(row);
  return revealed.limits();
}

describe('limits that refusals gave away', () => {
  test.each<[string, QuotaSpec, number | null, string]>([
    ['the same', quotaOf({ rpm: 7 }), 7, 'as-assumed'],
    ['another', quotaOf({ rpm: 10 }), 7, 'differs'],
    ['one where none was assumed', quotaOf({}), 7, 'differs'],
    ['one that nobody knew', quotaOf({}, ['rpm']), 7, 'was-unknown'],
    ['one without its value', quotaOf({ rpm: 7 }), null, 'not-stated'],
  ])('%s', (_name, quota, quotaValue, judgement) => {
    expect(revealedBy([refusal({ quotaValue })], quota)[0]).toMatchObject({ bucket: 'rpm', model: PRO, quotaId: 'PerMinute', judgement });
  });

  test('are told once each, with how often, since when, and how long they said to wait', () => {
    const rows = [
      refusal({ doneMs: 1_000, retryAtMs: 31_000 }),
      refusal({ doneMs: 2_000, retryAtMs: null }),
      refusal({ doneMs: 3_000, retryAtMs: 8_000 }),
      refusal({ buckets: ['rpd'], quotaId: 'PerDay', quotaValue: 250, doneMs: 4_000, retryAtMs: null }),
    ];
    const found = revealedBy(rows, quotaOf({ rpm: 10, rpd: 250 }));
    expect(found).toMatchObject([
      { bucket: 'rpm', refusals: 3, firstAtMs: 1_000, delayMs: { min: 5_000, max: 30_000 } },
      { bucket: 'rpd', refusals: 1, values: [250], delayMs: null, judgement: 'as-assumed' },
    ]);
    expect(statedLimits(found)).toEqual([
      { model: PRO, bucket: 'rpm', value: 7 },
      { model: PRO, bucket: 'rpd', value: 250 },
    ]);
  });

  test('a value that changed on the way is told in its order, and the last one is believed', () => {
    const found = revealedBy([refusal({ quotaValue: 7 }), refusal({ quotaValue: 20 }), refusal({ quotaValue: 7 })], quotaOf({ rpm: 10 }));
    expect(found[0]).toMatchObject({ values: [7, 20], judgement: 'differs' });
    expect(statedLimits(found)).toEqual([{ model: PRO, bucket: 'rpm', value: 20 }]);
  });

  test('two quotas that are one bucket are one figure of a limits file, the lower one', () => {
    const names = ['PerMinute', 'PerMinute-PaidTier2', null];
    const found = revealedBy(
      names.map((quotaId, index) => refusal({ quotaId, quotaValue: [20, 7, 9][index]! })),
      quotaOf({ rpm: 10 }),
    );
    expect(found).toHaveLength(3);
    expect(statedLimits(found)).toEqual([{ model: PRO, bucket: 'rpm', value: 7 }]);
  });

  test('money belongs to the account and is no figure of a limits file; other statuses say nothing of limits', () => {
    const found = revealedBy(
      [
        refusal({ buckets: ['spend10m'], quotaId: null, quotaValue: null }),
        refusal({ httpStatus: 503 }),
        refusal({ buckets: [], quotaId: null, quotaValue: null }),
      ],
      quotaOf({ spend10m: 10_000_000 }),
    );
    expect(found).toMatchObject([
      { bucket: 'spend10m', model: null, assumed: { limit: 10_000_000 }, judgement: 'not-stated' },
      { bucket: 'unnamed', assumed: null },
    ]);
    expect(statedLimits(found)).toEqual([]);
  });
});

describe('prediction and reality', () => {
  const flood = scenario({ traffic: [entry({ kind: 'flood', requests: 4 })] });
  const all = play(flood, { script: (attempt) => ({ reply: image(attempt), afterMs: 1_000 }) }).results.summary;
  const half = play(flood, {
    script: (attempt) => (attempt.request < 2 ? { reply: image(attempt), afterMs: 3_000 } : { reply: failure(429), afterMs: 0 }),
  }).results.summary;

  test('each metric by its name, with what lies between', () => {
    const compared = new Map(comparePrediction(all, half).map((row) => [row.metric, row]));
    expect(compared.get('success_ratio')).toEqual({ metric: 'success_ratio', unit: 'ratio', predicted: 1, real: 0.5, difference: -0.5 });
    expect(compared.get('latency_ms_p50')).toMatchObject({ predicted: 1_000, real: 3_000, difference: 2_000 });
    expect(compared.get('throttled')).toMatchObject({ predicted: 0, real: 2, difference: 2 });
  });

  test('where nothing was delivered there is no latency to compare', () => {
    const none = play(flood, { script: () => ({ reply: failure(503), afterMs: 0 }) }).results.summary;
    expect(comparePrediction(all, none).find(({ metric }) => metric === 'latency_ms_p95')).toMatchObject({ real: null, difference: null });
  });

  test.each([
    ['-PaidTier2', 'on tier 2, not 1 as the scenario has it'],
    ['-FreeTier', 'on tier free, not 1 as the scenario has it'],
    ['', null],
  ])('a name that ends in "%s" tells the tier', (suffix, says) => {
    const quota = quotaOf({ rpm: 10 });
    const limits = revealedBy([refusal({ quotaId: `GenerateRequestsPerMinutePerProjectPerModel${suffix}` })], quota);
    const text = liveLessonsText({ limits, prediction: [], informed: null }, { ...quota, tier: '1' }, null);
    if (says === null) expect(text).not.toContain('on tier');
    else expect(text).toContain(says);
    expect(
      liveLessonsText({ limits, prediction: [], informed: null }, { ...quota, tier: suffix === '-FreeTier' ? 'free' : '2' }, null),
    ).not.toContain('on tier');
  });

  test('the text names what differs and how to count with it', () => {
    const quota = quotaOf({ rpm: 10 });
    const found = revealedBy([refusal({ doneMs: 0, retryAtMs: 30_000 })], quota);
    const text = liveLessonsText(
      { limits: found, prediction: comparePrediction(all, half), informed: comparePrediction(half, half) },
      quota,
      'out/limits-revealed.yaml',
    );
    expect(text).toContain(`rpm of ${PRO}: limit 7, not 10 as test has it (1 refusal, told to wait 30s, PerMinute)`);
    expect(text).toContain(`--set 'quota.limits."${PRO}".rpm=7', or quota.profile: out/limits-revealed.yaml`);
    expect(text).toMatch(/success_ratio\s+100 %\s+50 %\s+50 %\s+−50 %/);
    expect(liveLessonsText({ limits: [], prediction: [], informed: null }, quota, null)).toContain('No answer named a limit.');
  });
});
