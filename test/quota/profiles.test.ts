/** What the profiles say, and what a user's own file may say. */
import { describe, expect, test } from 'vitest';
import { IMAGE_MODELS } from '../../src/model/catalogue.ts';
import { type BucketName, TIERS, type Tier } from '../../src/model/names.ts';
import { findProfile, limitsOf, PROFILE_NAMES, type Profile, parseLimitsFile } from '../../src/quota/profiles.ts';

const PRO = 'gemini-3-pro-image';
const LITE = 'gemini-3.1-flash-lite-image';
const NEW = 'gemini-nano-banana-2.1';
const ALL = IMAGE_MODELS.map(({ id }) => id);

function limit(profile: string | Profile, tier: Tier, bucket: BucketName, model: string | null = null) {
  const found = typeof profile === 'string' ? findProfile(profile)! : profile;
  return limitsOf(found, tier, model ? [model] : []).limits.find((each) => each.bucket === bucket && each.model === model)!;
}

test('the profiles are those of the scenario file', () => {
  expect(PROFILE_NAMES).toEqual(['published-2025-11', 'community-2026-02', 'observed-2026', 'agent-platform-2026', 'best-known', 'none']);
  expect(findProfile('published')).toBeUndefined();
});

describe.each(PROFILE_NAMES)('profile %s', (name) => {
  const profile = findProfile(name)!;

  test.each(TIERS)('on tier %s it has every bucket of every model, then the account, and a warning', (tier) => {
    const { limits, asOf, warnings } = limitsOf(profile, tier, ALL);
    const perModel = ALL.flatMap((id) => ['rpm', 'tpm', 'ipm', 'rpd', 'batchTokens'].map((bucket) => [id, bucket]));
    expect(limits.map(({ model, bucket }) => [model, bucket])).toEqual([
      ...perModel,
      [null, 'spend10m'],
      [null, 'monthly'],
      [null, 'batchJobs'],
    ]);
    for (const each of limits) {
      expect(each.limit !== null).toBe(each.state === 'known');
      if (each.state === 'known') expect(each.source.asOf).toMatch(/^\d{4}(-\d\d){0,2}$/);
    }
    expect(warnings.map(({ code }) => code)).toEqual([profile.warning.code]);
    if (asOf !== null) expect(warnings[0]!.text).toContain(asOf);
  });
});

test.each([
  ['published-2025-11', '1', 'rpm', PRO, 20, 'documented', '2025-11'],
  ['published-2025-11', '1', 'batchTokens', PRO, 2_000_000, 'documented', '2025-11'],
  ['published-2025-11', '2', 'tpm', 'gemini-2.5-flash-image', 1_500_000, 'documented', '2025-11'],
  ['published-2025-11', 'free', 'rpd', PRO, 0, 'assumed', '2026-10'],
  ['community-2026-02', '1', 'ipm', NEW, 10, 'community', '2026-02'],
  ['community-2026-02', 'free', 'rpm', LITE, 15, 'community', '2026-02'],
  ['observed-2026', '1', 'rpd', LITE, 1_000, 'observed', '2026-08-01'],
  ['observed-2026', '1', 'rpm', LITE, 10, 'community', '2026-08-01'],
  ['observed-2026', '1', 'spend10m', null, 10_000_000, 'documented', '2026-10-17'],
  ['observed-2026', '3', 'monthly', null, 20_000_000_000, 'documented', '2026-10-17'],
  ['observed-2026', '2', 'batchJobs', null, 100, 'documented', '2026-10'],
  ['observed-2026', 'free', 'tpm', NEW, 0, 'observed', '2026-10-07'],
  ['agent-platform-2026', '2', 'ipm', PRO, 2, 'observed', '2026-07'],
  ['best-known', '1', 'rpm', PRO, 20, 'documented', '2025-11'],
  ['best-known', '1', 'batchTokens', PRO, 2_000_000, 'documented', '2026'],
  ['best-known', '1', 'rpd', LITE, 1_000, 'observed', '2026-08-01'],
  ['best-known', '2', 'spend10m', null, 50_000_000, 'documented', '2026-10-17'],
] as const)('%s, tier %s: %s of %s is %d (%s, %s)', (profile, tier, bucket, model, value, grade, asOf) => {
  const found = limit(profile, tier, bucket, model);
  expect(found.state).toBe('known');
  expect(found.limit).toBe(value);
  expect(found.source).toMatchObject({ grade, asOf });
});

test.each([
  ['published-2025-11', '1', 'ipm', PRO, 'unknown'],
  ['published-2025-11', '1', 'spend10m', null, 'unknown'],
  ['published-2025-11', '1', 'batchTokens', 'gemini-2.5-flash-image', 'none'],
  ['published-2025-11', '3', 'rpd', PRO, 'none'],
  ['published-2025-11', 'free', 'ipm', PRO, 'unknown'],
  ['community-2026-02', 'free', 'tpm', PRO, 'unknown'],
  ['community-2026-02', '3', 'rpd', PRO, 'unknown'],
  ['observed-2026', 'free', 'batchJobs', null, 'unknown'],
  ['observed-2026', '1', 'rpm', NEW, 'unknown'],
  ['agent-platform-2026', '1', 'monthly', null, 'none'],
  ['agent-platform-2026', '1', 'rpm', PRO, 'unknown'],
  ['best-known', '1', 'rpm', NEW, 'unknown'],
  ['none', '1', 'rpm', PRO, 'none'],
  ['none', 'free', 'rpd', PRO, 'none'],
  ['none', 'free', 'monthly', null, 'none'],
] as const)('%s, tier %s: %s of %s is %s', (profile, tier, bucket, model, state) => {
  expect(limit(profile, tier, bucket, model).state).toBe(state);
});

test('a figure of best-known says which profile it is from', () => {
  expect(limit('best-known', '1', 'rpm', PRO).source.from).toBe('profile published-2025-11');
  expect(limit('best-known', '1', 'rpd', LITE).source.from).toBe('profile observed-2026');
});

test('a preview id and its GA id are one model', () => {
  const { limits } = limitsOf(findProfile('published-2025-11')!, '1', ['gemini-3-pro-image-preview', PRO]);
  expect(limits.filter(({ bucket }) => bucket === 'rpm').map(({ model, limit }) => [model, limit])).toEqual([[PRO, 20]]);
});

test('a file that was named by mistake is not quoted whole', () => {
  const { problems } = parseLimitsFile(`a line of a diary ${'and another '.repeat(500)}`);
  expect(problems[0]).toContain('found "a line of a diary');
  expect(Math.max(...problems.map(({ length }) => length))).toBeLessThan(200);
});

test('the file of a user is a profile of its own', () => {
  const { profile, asOf, tiers, problems } = parseLimitsFile({
    name: 'our project',
    asOf: '2026-11-20',
    source: 'AI Studio',
    tiers: {
      '1': {
        models: { 'gemini-3-pro-image-preview': { rpm: 20, tpm: '100k', ipm: '8..12', rpd: 'none', batchTokens: '2M' }, [NEW]: { rpd: 0 } },
        account: { spend10mUsd: 10.5, monthlyUsd: 'unknown', batchJobs: 100 },
      },
    },
  });
  expect(problems).toEqual([]);
  expect([asOf, tiers]).toEqual(['2026-11-20', ['1']]);
  expect(limit(profile, '1', 'tpm', PRO)).toEqual({
    bucket: 'tpm',
    model: PRO,
    state: 'known',
    limit: 100_000,
    interval: null,
    source: { grade: 'observed', from: 'profile our project', asOf: '2026-11-20' },
  });
  expect(limit(profile, '1', 'ipm', PRO)).toMatchObject({ state: 'unknown', limit: null, interval: [8, 12] });
  expect(limit(profile, '1', 'rpd', PRO).state).toBe('none');
  expect(limit(profile, '1', 'batchTokens', PRO).limit).toBe(2_000_000);
  expect(limit(profile, '1', 'rpd', NEW).limit).toBe(0);
  expect(limit(profile, '1', 'rpm', NEW).state).toBe('unknown');
  expect(limit(profile, '1', 'spend10m').limit).toBe(10_500_000);
  expect(limit(profile, '1', 'monthly').state).toBe('unknown');
  expect(limitsOf(profile, '2', [PRO]).warnings.map(({ code }) => code)).toEqual(['profile-own', 'profile-without-tier']);
});

test('every mistake in a file is told at once, with its path', () => {
  const { problems } = parseLimitsFile({
    tiers: {
      '1': {
        models: {
          'gemini-3-pro': {},
          [PRO]: { rpm: -1, tpm: 'many', ipm: '12..8', rpd: 2.5, images: 3 },
          'gemini-3-pro-image-preview': {},
        },
        account: { monthlyUsd: '$250' },
      },
      '4': {},
    },
  });
  expect(problems).toEqual([
    'tiers.4: is not known here; allowed are free, 1, 2, 3',
    `tiers.1.models.gemini-3-pro: is no image model; known are ${ALL.join(', ')}`,
    'tiers.1.models.gemini-3-pro-image.images: is not known here; allowed are rpm, tpm, ipm, rpd, batchTokens',
    'tiers.1.models.gemini-3-pro-image.rpm: must be a number from 0 (100k, 2M), none, unknown or an interval like 8..12, found -1',
    'tiers.1.models.gemini-3-pro-image.tpm: must be a number from 0 (100k, 2M), none, unknown or an interval like 8..12, found "many"',
    'tiers.1.models.gemini-3-pro-image.ipm: must be a number from 0 (100k, 2M), none, unknown or an interval like 8..12, found "12..8"',
    'tiers.1.models.gemini-3-pro-image.rpd: must be a number from 0 (100k, 2M), none, unknown or an interval like 8..12, found 2.5',
    'tiers.1.models.gemini-3-pro-image-preview: names gemini-3-pro-image a second time; a preview id and its GA id are one model',
    'tiers.1.account.monthlyUsd: must be a number from 0 (100k, 2M), none, unknown or an interval like 8..12, found "$250"',
  ]);
});

test.each([[null], [[]], ['1'], [{}], [{ tiers: [] }]])('a file of %j is a problem, not a crash', (value) => {
  expect(parseLimitsFile(value).problems).not.toEqual([]);
});
