/**
 * What a 429 calls a quota: the quotaId and the metric, by bucket and tier.
 *
 * Source: bodies captured by third parties from 2025-10 to 2026-10, and quota listings; read 2026-11-20.
 */
import type { Tier } from '../model/names.ts';

export type NamedBucket = 'rpm' | 'tpm' | 'ipm' | 'rpd' | 'tpd';

export interface QuotaName {
  readonly quotaId: string;
  readonly quotaMetric: string;
  /** `captured`: the id was seen in an answer; `analogy`: made after its siblings or a listing. */
  readonly basis: 'captured' | 'analogy';
}

export function quotaName(bucket: NamedBucket, tier: Tier): QuotaName {
  return QUOTA_NAMES[bucket][tier];
}

/**
 * No suffix means tier 1. The metric of requests has no tier there, and tells minute from day; on the other tiers only the
 * id does. No quota of images per minute was ever seen on this API: all of `ipm` is ours.
 */
const QUOTA_NAMES: Readonly<Record<NamedBucket, Readonly<Record<Tier, QuotaName>>>> = {
  rpm: {
    free: captured('GenerateRequestsPerMinutePerProjectPerModel-FreeTier', 'generate_content_free_tier_requests'),
    '1': captured('GenerateRequestsPerMinutePerProjectPerModel', 'generate_requests_per_model'),
    '2': analogy('GenerateRequestsPerMinutePerProjectPerModel-PaidTier2', 'generate_content_paid_tier_2_requests'),
    '3': analogy('GenerateRequestsPerMinutePerProjectPerModel-PaidTier3', 'generate_content_paid_tier_3_requests'),
  },
  rpd: {
    free: captured('GenerateRequestsPerDayPerProjectPerModel-FreeTier', 'generate_content_free_tier_requests'),
    '1': captured('GenerateRequestsPerDayPerProjectPerModel', 'generate_requests_per_model_per_day'),
    '2': captured('GenerateRequestsPerDayPerProjectPerModel-PaidTier2', 'generate_content_paid_tier_2_requests'),
    '3': analogy('GenerateRequestsPerDayPerProjectPerModel-PaidTier3', 'generate_content_paid_tier_3_requests'),
  },
  tpm: {
    free: captured('GenerateContentInputTokensPerModelPerMinute-FreeTier', 'generate_content_free_tier_input_token_count'),
    '1': captured('GenerateContentPaidTierInputTokensPerModelPerMinute', 'generate_content_paid_tier_input_token_count'),
    '2': captured('GenerateContentPaidTierInputTokensPerModelPerMinute-PaidTier2', 'generate_content_paid_tier_2_input_token_count'),
    '3': captured('GenerateContentPaidTierInputTokensPerModelPerMinute-PaidTier3', 'generate_content_paid_tier_3_input_token_count'),
  },
  tpd: {
    free: captured('GenerateContentInputTokensPerModelPerDay-FreeTier', 'generate_content_free_tier_input_token_count'),
    '1': analogy('GenerateContentPaidTierInputTokensPerModelPerDay', 'generate_content_paid_tier_input_token_count'),
    '2': analogy('GenerateContentPaidTierInputTokensPerModelPerDay-PaidTier2', 'generate_content_paid_tier_2_input_token_count'),
    '3': analogy('GenerateContentPaidTierInputTokensPerModelPerDay-PaidTier3', 'generate_content_paid_tier_3_input_token_count'),
  },
  ipm: {
    free: analogy('GenerateImagesPerMinutePerProjectPerModel-FreeTier', 'generate_content_free_tier_images'),
    '1': analogy('GenerateImagesPerMinutePerProjectPerModel', 'generate_content_paid_tier_images'),
    '2': analogy('GenerateImagesPerMinutePerProjectPerModel-PaidTier2', 'generate_content_paid_tier_2_images'),
    '3': analogy('GenerateImagesPerMinutePerProjectPerModel-PaidTier3', 'generate_content_paid_tier_3_images'),
  },
};

function captured(quotaId: string, metric: string): QuotaName {
  return { quotaId, quotaMetric: `generativelanguage.googleapis.com/${metric}`, basis: 'captured' };
}

function analogy(quotaId: string, metric: string): QuotaName {
  return { ...captured(quotaId, metric), basis: 'analogy' };
}
