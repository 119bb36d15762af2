/** What quota listings of Google's APIs say about image models. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { limitsListed } from '../../src/wire/quota-listing.ts';

const SERVICE = 'generativelanguage.googleapis.com';
const info = (quotaId: string, metric: string, refreshInterval: string, ...infos: readonly [Record<string, string>, string?][]) => ({
  name: `projects/1/locations/global/services/${SERVICE}/quotaInfos/${quotaId}`,
  quotaId,
  metric: `${SERVICE}/${metric}`,
  refreshInterval,
  dimensions: ['model'],
  dimensionsInfos: infos.map(([dimensions, value]) => ({
    dimensions,
    details: value === undefined ? {} : { value },
    applicableLocations: ['global'],
  })),
});
const brief = (value: unknown) =>
  limitsListed(value, '1')?.limits.map(({ tier, model, bucket, value: limit }) => [tier, model, bucket, limit].join(' '));

describe('quotaInfos of the Cloud Quotas API', () => {
  test('by tier, model and bucket; the names of quotas are those of base models', () => {
    const listing = {
      quotaInfos: [
        info(
          'GenerateRequestsPerMinutePerProjectPerModel',
          'generate_requests_per_model',
          'minute',
          [{ model: 'gemini-3-pro-image' }, '20'],
          [{ model: 'gemini-2.5-flash-preview-image' }, '500'],
        ),
        info('GenerateRequestsPerDayPerProjectPerModel-PaidTier2', 'generate_content_paid_tier_2_requests', 'day', [
          { model: 'gemini-3-pro-image' },
          '-1',
        ]),
        info('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', 'generate_content_free_tier_requests', 'minute', [
          { model: 'gemini-3-pro-image' },
          '0',
        ]),
        info('GenerateContentPaidTierInputTokensPerModelPerMinute', 'generate_content_paid_tier_input_token_count', 'minute', [
          {},
          '100000',
        ]),
      ],
    };
    expect(brief(listing)).toEqual([
      '1 gemini-3-pro-image rpm 20',
      '1 gemini-2.5-flash-image rpm 500',
      '2 gemini-3-pro-image rpd none',
      'free gemini-3-pro-image rpm 0',
      '1 *image tpm 100000',
    ]);
  });

  test('quotas of other services are of no image model, though they name none', () => {
    const storage = { quotaId: 'ReadsPerMinute', metric: 'storage.googleapis.com/read_requests', refreshInterval: 'minute' };
    expect(limitsListed([{ ...storage, dimensionsInfos: [{ details: { value: '5000' } }] }], '1')).toEqual({
      limits: [],
      notes: ['Left out: 1 quotas of other services.'],
    });
  });

  test.each(['abc', '', '1.5e3', null, {}])('what is no amount (%j) is no limit, and takes no other with it', (value) => {
    const names = ['GenerateRequestsPerMinutePerProjectPerModel', 'generate_requests_per_model', 'minute'] as const;
    const listing = [info(...names, [{ model: 'gemini-3-pro-image' }, '20'], [{ model: 'gemini-3.1-flash-image' }, value as string])];
    expect(brief(listing)).toEqual(['1 gemini-3-pro-image rpm 20']);
    expect(limitsListed(listing, '1')?.notes).toEqual([expect.stringContaining('without a value')]);
  });

  test('pages one after the other are one listing; a page alone says that there are more', () => {
    const names = ['GenerateRequestsPerMinutePerProjectPerModel', 'generate_requests_per_model', 'minute'] as const;
    const first = { quotaInfos: [info(...names, [{ model: 'gemini-3-pro-image' }, '20'])], nextPageToken: 'n' };
    const last = { quotaInfos: [info(...names, [{ model: 'gemini-3.1-flash-image' }, '30'])] };
    expect(brief([first, last])).toEqual(['1 gemini-3-pro-image rpm 20', '1 gemini-3.1-flash-image rpm 30']);
    expect(limitsListed(first, '1')?.notes).toEqual([expect.stringContaining('a page of several')]);
    expect(limitsListed([first, last], '1')?.notes).toEqual([]);
    expect(limitsListed([first, 1], '1')).toBeNull();
  });

  test('what is no limit of an image model is left out and counted', () => {
    const read = limitsListed(
      [
        info(
          'GenerateRequestsPerMinutePerProjectPerModel',
          'generate_requests_per_model',
          'minute',
          [{ model: 'gemini-3-flash' }, '1000'],
          [{ model: 'gemini-3-pro-image' }],
        ),
        info('X', 'generate_content_paid_tier_2_requests_prio', 'minute', [{ model: 'gemini-3-pro-image' }, '6']),
        info('TunedModels', 'tuned_models', '', [{ model: 'gemini-3-pro-image' }, '6']),
      ],
      '1',
    );
    expect(read).toEqual({
      limits: [],
      notes: [
        'Left out: 1 quotas of models that make no images.',
        'Left out: 1 quotas without a value, which may be 0: see them in the console.',
        'Left out: 1 quotas of other lanes (priority, batch, internal).',
        'Left out: 1 quotas of other kinds.',
      ],
    });
  });

  test('regions of the Agent Platform are left out, its global quota is taken at the tier that is named', () => {
    const row = (region: string) => ({ dimensions: { base_model: 'gemini-3-pro-image', region }, details: { value: '2' } });
    const quota = {
      quotaId: 'GenerateContentImageGenPerProjectPerBaseModel',
      metric: 'aiplatform.googleapis.com/generate_content_image_gen_per_project_per_base_model',
      refreshInterval: 'minute',
      dimensionsInfos: [row('us-central1'), row('global')],
    };
    expect(limitsListed([quota], '2')!.limits).toMatchObject([{ tier: '2', model: 'gemini-3-pro-image', bucket: 'ipm', value: 2 }]);
  });
});

test('consumerQuotaMetrics of the Service Usage API: the unit tells the period', () => {
  const limit = (unit: string, effectiveLimit: string) => ({
    unit,
    quotaBuckets: [{ effectiveLimit, defaultLimit: '1', dimensions: { model: 'gemini-3-pro-image' } }],
  });
  const metric = (name: string, ...limits: object[]) => ({ metric: `${SERVICE}/${name}`, consumerQuotaLimits: limits });
  expect(
    brief({
      metrics: [
        metric('generate_requests_per_model', limit('1/min/{model}/{project}', '20')),
        metric(
          'generate_content_paid_tier_3_requests',
          limit('1/min/{model}/{project}', '5000'),
          limit('1/d/{model}/{project}', '9223372036854775807'),
        ),
        metric('generated_images_paid_tier_1_per_model', limit('1/d/{model}/{project}', '240')),
      ],
    }),
  ).toEqual([
    '1 gemini-3-pro-image rpm 20',
    '3 gemini-3-pro-image rpm 5000',
    '3 gemini-3-pro-image rpd none',
    '1 gemini-3-pro-image rpd 240',
  ]);
});

test.each([[null], ['text'], [{ error: { code: 403 } }], [[{ id: 1 }]], [{ quotaInfos: 'none' }]])('%j is no listing', (value) => {
  expect(limitsListed(value, '1')).toBeNull();
});

const FACTS = join(import.meta.dirname, '../../../shared/facts/quota-ids.json');

describe.skipIf(!existsSync(FACTS))('every known metric (needs ../shared/facts)', () => {
  interface Known {
    readonly metric: string;
    readonly limitUnit: string;
    readonly bucket: string;
    readonly tier: string;
  }
  const { metricsFromQuotaListings: known } = existsSync(FACTS)
    ? (JSON.parse(readFileSync(FACTS, 'utf8')) as { metricsFromQuotaListings: readonly Known[] })
    : { metricsFromQuotaListings: [] };
  const ours = known.filter(({ metric, tier }) => !/_prio$|_internal$|batch/.test(metric) && tier !== 'unknown');

  test.each(ours.map((row) => [row.metric, row.limitUnit, row] as const))('%s %s', (metric, limitUnit, { bucket, tier }) => {
    const unit = `1${limitUnit}`;
    const quota = {
      metric,
      consumerQuotaLimits: [{ unit, quotaBuckets: [{ effectiveLimit: '7', dimensions: { model: 'gemini-3-pro-image' } }] }],
    };
    const { limits } = limitsListed([quota], '1')!;
    const expected = bucket === 'images_per_day' ? 'rpd' : bucket;
    if (['rpm', 'tpm', 'ipm', 'rpd'].includes(expected))
      expect(limits).toMatchObject([{ bucket: expected, tier: tier.replace('tier', ''), value: 7 }]);
    else expect(limits).toEqual([]);
  });
});
