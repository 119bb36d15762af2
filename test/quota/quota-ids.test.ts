/** The names that answers give quotas. */
import { expect, test } from 'vitest';
import { TIERS } from '../../src/model/names.ts';
import { quotaName } from '../../src/quota/quota-ids.ts';

test.each([
  ['rpm', 'free', 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier', 'generate_content_free_tier_requests', 'captured'],
  ['rpm', '1', 'GenerateRequestsPerMinutePerProjectPerModel', 'generate_requests_per_model', 'captured'],
  ['rpd', '1', 'GenerateRequestsPerDayPerProjectPerModel', 'generate_requests_per_model_per_day', 'captured'],
  ['rpd', '2', 'GenerateRequestsPerDayPerProjectPerModel-PaidTier2', 'generate_content_paid_tier_2_requests', 'captured'],
  ['tpm', '1', 'GenerateContentPaidTierInputTokensPerModelPerMinute', 'generate_content_paid_tier_input_token_count', 'captured'],
  ['ipm', '1', 'GenerateImagesPerMinutePerProjectPerModel', 'generate_content_paid_tier_images', 'analogy'],
] as const)('%s on tier %s is %s', (bucket, tier, quotaId, metric, basis) => {
  expect(quotaName(bucket, tier)).toEqual({ quotaId, quotaMetric: `generativelanguage.googleapis.com/${metric}`, basis });
});

test('the id alone tells bucket and tier apart', () => {
  const ids = TIERS.flatMap((tier) => (['rpm', 'tpm', 'ipm', 'rpd'] as const).map((bucket) => quotaName(bucket, tier).quotaId));
  expect(new Set(ids).size).toBe(16);
});
