/** Limits of one's own: from rows and tables to a limits file, its age, and how it differs from a profile. */
import { describe, expect, test } from 'vitest';
import type { StatedLimit, StatedLimits } from '../../src/model/stated-limit.ts';
import { oldLimits } from '../../src/quota/limits-age.ts';
import { limitsDiff } from '../../src/quota/limits-diff.ts';
import { pastedLimits, tableLimits } from '../../src/quota/limits-table.ts';
import { limitsText } from '../../src/quota/limits-text.ts';
import { findProfile, limitsOf } from '../../src/quota/profiles.ts';
import { readLimitsFile } from '../../src/scenario/limits-file.ts';

const brief = (limits: readonly StatedLimit[]) => limits.map(({ tier, model, bucket, value }) => `${tier} ${model} ${bucket} ${value}`);
const PRO = ['1 gemini-3-pro-image rpm 20', '1 gemini-3-pro-image tpm 100000', '1 gemini-3-pro-image rpd 250'];

describe('rows of AI Studio', () => {
  test.each([
    [
      'tabs',
      'Model\tCategory\tRPM\tTPM\tRPD\nNano Banana Pro (Gemini 3 Pro Image)\tMulti-modal generative models\t7 / 20\t1.2K / 100K\t3 / 250\n',
    ],
    ['a cell a line', 'Gemini 3 Pro Image\nMulti-modal generative models\n0 / 20\n0 / 100K\n0 / 250\n'],
    ['bars and ids', '| gemini-3-pro-image | 20 | 100,000 | 250 |'],
    ['wide gaps, a preview id', 'gemini-3-pro-image-preview   0 / 20   0 / 0.1M   0 / 250'],
  ])('%s', (_, text) => {
    expect(brief(pastedLimits(text, '1').limits)).toEqual(PRO);
  });

  test('the header says the order, a dash says nothing, Unlimited is none', () => {
    const text = 'Model\tRPD\tRPM\ngemini-3.1-flash-image\tUnlimited\t0 / 1,000\ngemini-3.1-flash-lite-image\t-\t10\n';
    expect(brief(pastedLimits(text, '2').limits)).toEqual([
      '2 gemini-3.1-flash-image rpd none',
      '2 gemini-3.1-flash-image rpm 1000',
      '2 gemini-3.1-flash-lite-image rpm 10',
    ]);
  });

  test('rows of other models are left out, and do not end up with the model above them', () => {
    const text =
      'gemini-3-pro-image\tImages\t20\t100K\t250\nGemini 3 Flash\tText-out models\t1000\t1M\t10K\ngemini-2.5-flash-image\tImages\t500\t500K\t2000\n';
    const { limits, notes } = pastedLimits(text, '1');
    expect(brief(limits)).toEqual([
      ...PRO,
      '1 gemini-2.5-flash-image rpm 500',
      '1 gemini-2.5-flash-image tpm 500000',
      '1 gemini-2.5-flash-image rpd 2000',
    ]);
    expect(notes.join()).toContain('Gemini 3 Flash');
  });

  test('a text without models has no limits', () => {
    expect(pastedLimits('hello\n20 / 30\n', '1').limits).toEqual([]);
  });
});

describe('a table', () => {
  test('has its columns by name, and perhaps a tier', () => {
    const rows = [
      ['Model', 'Tier', 'RPM', 'batchTokens'],
      ['gemini-3-pro-image', '2', '500', '270M'],
      ['gemini-3-pro-image', '', '20', ''],
    ];
    expect(brief((tableLimits(rows, '1') as StatedLimits).limits)).toEqual([
      '2 gemini-3-pro-image rpm 500',
      '2 gemini-3-pro-image batchTokens 270000000',
      '1 gemini-3-pro-image rpm 20',
    ]);
  });

  test('tells every mistake with its line', () => {
    const rows = [
      ['model', 'tier', 'rpm'],
      ['gemini-3-flash', '1', '20'],
      ['gemini-3-pro-image', 'gold', 'many'],
    ];
    expect(tableLimits(rows, '1')).toBe(
      'line 2: "gemini-3-flash" is no image model\nline 3: "gold" is no tier; expected free, 1, 2, 3\nline 3: rpm is "many"; expected a number such as 20 or 100k, or unlimited',
    );
    expect(tableLimits([['a', 'b']], '1')).toContain('expected a header');
  });
});

describe('a limits file', () => {
  const stated = (tier: StatedLimit['tier'], bucket: StatedLimit['bucket'], value: StatedLimit['value'], model = 'gemini-3-pro-image') => ({
    tier,
    model,
    bucket,
    value,
    from: 'x',
  });

  test('is what scenarios read, dated, with the lower of two values', () => {
    const text = limitsText({
      name: 'my "project"',
      asOf: '2026-11-21',
      source: 'Cloud Quotas API',
      limits: [
        stated('1', 'rpm', 20),
        stated('1', 'rpm', 12),
        stated('1', 'rpd', 'none'),
        stated('2', 'rpm', 500),
        stated('1', 'tpm', 5, '*image'),
      ],
    });
    const { profile, asOf, tiers } = readLimitsFile('limits.yaml', text);
    expect([profile.name, asOf, tiers]).toEqual(['my "project"', '2026-11-21', ['1', '2']]);
    const { limits } = limitsOf(profile, '1', ['gemini-3-pro-image']);
    expect(limits.filter(({ state }) => state !== 'unknown').map(({ bucket, state, limit }) => [bucket, state, limit])).toEqual([
      ['rpm', 'known', 12],
      ['rpd', 'none', null],
    ]);
    expect(text).toContain('# Not in any listing; official, 2026-10-17: account: { spend10mUsd: 10, monthlyUsd: 250 }');
  });

  const now = Date.UTC(2026, 10, 21, 12);
  test.each([
    ['2026-11-20', null],
    ['2026-10-21', null],
    ['2026-10-20', 'The limits in own.yaml are 31 days old (2026-10-20): read them again with rundry limits import.'],
    ['2026-10', null],
    ['2026-09', 'The limits in own.yaml are 51 days old (2026-09): read them again with rundry limits import.'],
    ['2025', 'The limits in own.yaml are 324 days old (2025): read them again with rundry limits import.'],
    ['last week', 'The limits in own.yaml are as of "last week", which is no date such as 2026-11-20.'],
    [null, 'The limits in own.yaml have no date: write asOf, or read them again with rundry limits import.'],
  ])('as of %s', (asOf, said) => {
    expect(oldLimits('own.yaml', asOf, now)).toBe(said);
  });

  test('beside a profile: same, lower, higher, known to one alone', () => {
    const text = limitsText({
      name: 'own',
      asOf: '2026-11-21',
      source: 'x',
      limits: [stated('1', 'rpm', 20), stated('1', 'tpm', 1), stated('1', 'rpd', 'none'), stated('1', 'ipm', 5)],
    });
    const { profile } = readLimitsFile('own.yaml', text);
    const rows = limitsDiff(profile, findProfile('best-known')!, '1', ['gemini-3-pro-image']);
    expect(rows.map(({ bucket, judgement }) => `${bucket} ${judgement}`)).toEqual([
      'rpm same',
      'tpm lower',
      'ipm only-own',
      'rpd higher',
      'batchTokens only-profile',
      'spend10m only-profile',
      'monthly only-profile',
      'batchJobs only-profile',
    ]);
  });
});
