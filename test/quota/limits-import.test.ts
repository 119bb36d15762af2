/** Limits of one's own: from rows and tables to a limits file, its age, and how it differs from a profile. */
import { describe, expect, test } from 'vitest';
import type { StatedLimit, StatedLimits } from '../../src/model/stated-limit.ts';
import { oldLimits } from '../../src/quota/limits-age.ts';
import { limitsDiff } from '../../src/quota/limits-diff.ts';
import { limitsText } from '../../src/quota/limits-text.ts';
import { pastedLimits } from '../../src/quota/pasted-limits.ts';
import { findProfile, limitsOf } from '../../src/quota/profiles.ts';
import { readLimitsFile } from '../../src/scenario/limits-file.ts';

const brief = (limits: readonly StatedLimit[]) => limits.map(({ tier, model, bucket, value }) => `${tier} ${model} ${bucket} ${value}`);
const PRO = ['1 gemini-3-pro-image rpm 20', '1 gemini-3-pro-image tpm 100000', '1 gemini-3-pro-image rpd 250'];

const read = (text: string, tier: StatedLimit['tier'] = '1'): StatedLimits => {
  const found = pastedLimits(text, tier);
  if (typeof found === 'string') throw new Error(found);
  return found;
};

describe('rows of AI Studio', () => {
  test.each([
    [
      'tabs',
      'Model\tCategory\tRPM\tTPM\tRPD\nNano Banana Pro (Gemini 3 Pro Image)\tMulti-modal generative models\t7 / 20\t1.2K / 100K\t3 / 250\n',
    ],
    ['tabs without a header', 'Nano Banana Pro\tMulti-modal generative models\t7 / 20\t1.2K / 100K\t3 / 250'],
    ['tabs and no category', 'Gemini 3 Pro Image Preview\t20\t100,000\t250\n'],
    ['a cell a line', 'Gemini 3 Pro Image\nMulti-modal generative models\n0 / 20\n0 / 100K\n0 / 250\n'],
    [
      'a cell a line, with a header',
      'Model\nCategory\nRPD\nRPM\nTPM\nGemini 3 Pro Image\nMulti-modal generative models\n0 / 250\n0 / 20\n0 / 100K\n',
    ],
    ['a cell a line, broken at the slash', 'Nano Banana Pro\n\nMulti-modal generative models\n\n6\n/ 20\n3.06K /\n100K\n82\n/\n250\n'],
    ['a name and its id', 'Nano Banana Pro\ngemini-3-pro-image\n20\n100K\n250'],
    ['name above, limits beside each other', 'Gemini 3 Pro Image\nMulti-modal generative models\t6 / 20\t3.06K / 100K\t82 / 250\n'],
    ['single blanks', 'Gemini 3 Pro Image Multi-modal generative models 6 / 20 3.06K / 100K 82 / 250'],
    ['single blanks, no category', 'gemini-3-pro-image 20 100K 250'],
    ['bars and ids', '| gemini-3-pro-image | 20 | 100,000 | 250 |'],
    [
      'a Markdown table',
      '| Model | Category | RPM | TPM | RPD |\n|-------|:--------:|----:|-----|-----|\n| **Nano Banana Pro** | Multi-modal generative models | 6 / 20 | 3.06K / 100K | 82 / 250 |',
    ],
    ['wide gaps, a preview id', 'gemini-3-pro-image-preview   0 / 20   0 / 0.1M   0 / 250'],
    ['commas', 'gemini-3-pro-image,20,"100,000",250'],
    ['commas under other titles', 'name,requests per day,requests per minute (RPM),tokens/minute\nmodels/gemini-3-pro-image,250,20,100K'],
    ['semicolons', 'Model;RPM;TPM;RPD\nNano Banana Pro;20;100 000;250'],
    [
      'labels',
      'Gemini 3 Pro Image (Multimodal Generation Model):\n- RPM: 6/20 (Max 20 requests per minute)\n- TPM: 3.06K/100K (100,000 tokens per minute)\n- RPD: 82/250\n',
    ],
    ['units in any order', 'gemini-3-pro-image\t20 RPM\t100K TPM\t250 RPD'],
    ['units in words', 'gemini-3-pro-image\t20 requests per minute\t100K tokens/min\t250 requests / day'],
    ['a peak above the limit', 'gemini-3-pro-image\t27 / 20\t103K / 100K\t250 of 250'],
    [
      'with what stands around it',
      'Rate limits by model\nPeak usage per model compared to its limit over the last 28 days\nTier 1\nModel\tCategory\tRPM\tTPM\tRPD\nNano Banana Pro\tMulti-modal generative models\t6 / 20\t3.06K / 100K\t82 / 250\n1 – 1 of 1\n',
    ],
  ])('%s', (_, text) => {
    expect(brief(read(text).limits).toSorted()).toEqual(PRO.toSorted());
    expect(brief(read(text.replaceAll('\n', '\r\n')).limits).toSorted()).toEqual(PRO.toSorted());
  });

  test('the header says the order, a dash says nothing, Unlimited is none', () => {
    const text = 'Model\tRPD\tRPM\ngemini-3.1-flash-image\tUnlimited\t0 / 1,000\ngemini-3.1-flash-lite-image\t-\t10\n';
    expect(brief(read(text, '2').limits)).toEqual([
      '2 gemini-3.1-flash-image rpd none',
      '2 gemini-3.1-flash-image rpm 1000',
      '2 gemini-3.1-flash-lite-image rpm 10',
    ]);
  });

  test.each([
    ['20', 20],
    ['0 / 1K', 1000],
    ['1.5K', 1500],
    ['2,5M', 2_500_000],
    ['1,000,000', 1_000_000],
    ['1 000 000', 1_000_000],
    ["1'000", 1000],
    ['1_000', 1000],
    ['4.72K / 1M', 1_000_000],
    ['0 / Unlimited', 'none'],
    ['∞', 'none'],
    ['No limit', 'none'],
    ['0', 0],
  ])('%s is %s', (cell, value) => {
    expect(read(`gemini-3-pro-image\t${cell}\tN/A\tN/A`).limits.map((limit) => limit.value)).toEqual([value]);
  });

  test('rows of other models are left out by name, and do not end up with the model above them', () => {
    const text =
      'gemini-3-pro-image\tImages\t20\t100K\t250\nGemini 3 Flash\tText-out models\t1000\t1M\t10K\nImagen 4 Generate\tMulti-modal generative models\tN/A\tN/A\t0 / 25\ngemini-2.5-flash-image\tImages\t500\t500K\t2000\n';
    const expected = [
      ...PRO,
      '1 gemini-2.5-flash-image rpm 500',
      '1 gemini-2.5-flash-image tpm 500000',
      '1 gemini-2.5-flash-image rpd 2000',
    ];
    for (const form of [text, text.replaceAll('\t', '\n'), text.replaceAll('\t', ' '), text.replaceAll('\t', ' | ')]) {
      const { limits, notes } = read(form);
      expect(brief(limits)).toEqual(expected);
      expect(notes).toEqual(['Left out, as no image models: Gemini 3 Flash, Imagen 4 Generate.']);
    }
  });

  test('a tier that the page names counts for what follows', () => {
    expect(brief(read('Paid tier 2\ngemini-3-pro-image 1 2 3\nFree tier\ngemini-3-pro-image 4 5 6').limits).map((one) => one[0])).toEqual([
      '2',
      '2',
      '2',
      'f',
      'f',
      'f',
    ]);
  });

  test.each<[text: string, says: string]>([
    ['hello\n20 / 30\n', 'line 1: "hello" is no model, column or limit that is known'],
    ['20 / 30\n', 'line 1: "20 / 30" is a limit without a model before it'],
    [
      'Nano Bananna Pro\t20\t100K\t250',
      'line 1: "Nano Bananna Pro" is no model, column or limit that is known; did you mean Nano Banana Pro?',
    ],
    ['Nano Banana 7\t20\t100K\t250', 'line 1: "Nano Banana 7" is no model'],
    ['Model\tRPM\nGemini 9 Pro Image\t20', 'line 2: "Gemini 9 Pro Image" is no model'],
    ['gemini-3-pro-image\t20\t250', 'line 1: "gemini-3-pro-image" has 2 limits and there are 3 columns (RPM, TPM, RPD): write N/A'],
    ['gemini-3-pro-image\t20\t100K\t250\t10', 'has 4 limits and there are 3 columns'],
    ['gemini-3-pro-image\n20\n100K\n', 'has 2 limits'],
    ['gemini-3-pro-image', 'has 0 limits'],
    ['gemini-3-pro-image\t20\tmany\t250', 'line 1: "many" is no model, column or limit'],
    ['Model\tRPM\tRPD\ngemini-3-pro-image\tsome\t250', 'line 2: rpm is "some"; expected a limit such as 20'],
    ['Model\tRPM\tRPD\n\ngemini-3-pro-image\t20\t250\t30', 'line 3: 4 cells under 3 titles'],
    ['Model\tRPM\tFoo\ngemini-3-pro-image\t20\t250', 'line 1: "Foo" is no column that is known'],
    ['gemini-3-pro-image\t1.000\t100K\t250', 'line 1: "1.000" can be read in two ways'],
    ['gemini-3-pro-image\t0 / 20 + 9.98K\t100K\t250', 'line 1: "0 / 20 + 9.98K" says what more would be added'],
    ['gemini-3-pro-image\t250 RPD\t100K\t20', 'line 1: "250 RPD" stands where RPM should be'],
    ['gemini-3-pro-image\t20\t100K\t250\nYour limits rose last week', 'line 2: "Your limits rose last week" is no model'],
  ])('what is not understood is told by its line, and nothing is taken: %j', (text, says) => {
    expect(pastedLimits(text, '1')).toEqual(expect.stringContaining(says));
  });
});

test('a table has its columns by name, and perhaps a tier', () => {
  const text = '\ufeffTier,Model,RPM,batch tokens\n2,gemini-3-pro-image,500,270M\n,gemini-3-pro-image,20,\n';
  expect(brief(read(text).limits)).toEqual([
    '2 gemini-3-pro-image rpm 500',
    '2 gemini-3-pro-image batchTokens 270000000',
    '1 gemini-3-pro-image rpm 20',
  ]);
  expect(pastedLimits('model,tier,rpm\ngemini-3-flash,1,20\ngemini-3-pro-image,gold,many\n', '1')).toBe(
    'line 3: "gold" is no tier; expected free, 1, 2, 3',
  );
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
