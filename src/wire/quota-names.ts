/** Which bucket a quota id, metric or unit means, how Google names a bucket on each tier, and which class follows from several. */
import { findModel, IMAGE_MODELS } from '../model/catalogue.ts';
import type { BucketName, ErrorClass, ModelId, Tier } from '../model/names.ts';
import type { Violation } from '../model/reply.ts';

export interface QuotaNames {
  readonly quotaId: string;
  readonly quotaMetric: string;
}

type Period = 'day' | 'minute' | '10min' | null;
type Unit = 'images' | 'tokens' | 'requests' | null;

const SERVICE = 'generativelanguage.googleapis.com';

/**
 * Metrics whose own name carries no period, or a wrong one. Source: quota listings and captured bodies, 2025-10 to 2026-10.
 * Free tier and tiers 2 and 3 are not here: there minute and day share one metric.
 */
const METRICS: Readonly<Record<string, BucketName>> = {
  generate_requests_per_model: 'rpm',
  predict_requests_per_model: 'rpm',
  generate_content_paid_tier_input_token_count: 'tpm',
  generate_content_paid_tier_2_input_token_count: 'tpm',
  generate_content_paid_tier_3_input_token_count: 'tpm',
  generated_images_paid_tier_1_per_model: 'rpd',
  generate_content_image_gen_per_project_per_base_model: 'ipm',
  generate_content_image_gen_per_project_per_base_model_global: 'ipm',
  online_prediction_requests_per_base_model: 'rpm',
  // The name says minute, the unit in listings says day.
  global_generate_content_input_tokens_per_minute_per_base_model: 'tpd',
};

/** The quota id decides, then the unit, then the metric; `unnamed` when none tells a period and a kind. */
export function bucketOfQuota(quotaId: string | null, quotaMetric: string | null, unit: string | null = null): BucketName {
  const metric = quotaMetric === null ? '' : quotaMetric.slice(quotaMetric.lastIndexOf('/') + 1);
  const id = quotaId ?? '';
  const kind = unitOf(id) ?? unitOf(metric);
  const period = periodOf(id) ?? periodOf(unit ?? '');
  if (period === null && Object.hasOwn(METRICS, metric)) return METRICS[metric] ?? 'unnamed';
  return combined(kind, period ?? periodOf(metric));
}

function combined(kind: Unit, period: Period): BucketName {
  if (kind === 'images') return period === 'day' ? 'rpd' : 'ipm';
  if (period === 'day') return kind === 'tokens' ? 'tpd' : kind === 'requests' ? 'rpd' : 'unnamed';
  if (period === 'minute') return kind === 'tokens' ? 'tpm' : kind === 'requests' ? 'rpm' : 'unnamed';
  return 'unnamed';
}

function periodOf(text: string): Period {
  if (/PerDay|Daily|_per_day|(?:^|[^a-z])\d*\/d(?:\/|$)/i.test(text)) return 'day';
  if (/PerMinute|_per_minute|\/min(?:\/|$)/i.test(text)) return 'minute';
  return /\/10min(?:\/|$)/i.test(text) ? '10min' : null;
}

function unitOf(text: string): Unit {
  if (/Images?Per|GeneratedImages|generated_images|image_gen|_images(?:_|$)/i.test(text)) return 'images';
  if (/Tokens|token_count|_tokens_/i.test(text)) return 'tokens';
  return /Requests/i.test(text) ? 'requests' : null;
}

/**
 * The names that Google's answer gives a bucket. `ipm` is by analogy: no answer of the Gemini API ever named one.
 * Source: captured bodies and quota listings, 2025-10 to 2026-10.
 */
export function quotaNames(bucket: BucketName, tier: Tier): QuotaNames {
  const suffix = tier === 'free' ? '-FreeTier' : tier === '1' ? '' : `-PaidTier${tier}`;
  const infix = tier === 'free' ? 'free_tier' : tier === '1' ? 'paid_tier' : `paid_tier_${tier}`;
  const tokens = tier === 'free' ? 'GenerateContentInputTokens' : 'GenerateContentPaidTierInputTokens';
  switch (bucket) {
    case 'tpm':
    case 'tpd':
      return {
        quotaId: `${tokens}PerModelPer${bucket === 'tpm' ? 'Minute' : 'Day'}${suffix}`,
        quotaMetric: `${SERVICE}/generate_content_${infix}_input_token_count`,
      };
    case 'ipm':
      return {
        quotaId: `GenerateImagesPerMinutePerProjectPerModel${suffix}`,
        quotaMetric: `${SERVICE}/generate_content_${infix}_images`,
      };
    case 'rpd':
      return {
        quotaId: `GenerateRequestsPerDayPerProjectPerModel${suffix}`,
        quotaMetric: `${SERVICE}/${tier === '1' ? 'generate_requests_per_model_per_day' : `generate_content_${infix}_requests`}`,
      };
    default:
      return {
        quotaId: `GenerateRequestsPerMinutePerProjectPerModel${suffix}`,
        quotaMetric: `${SERVICE}/${tier === '1' ? 'generate_requests_per_model' : `generate_content_${infix}_requests`}`,
      };
  }
}

/** The name that quota errors use for a model that was called. */
export function quotaModelName(model: ModelId): string {
  return findModel(model)?.quotaName ?? model;
}

const byQuotaName = new Map<string, ModelId>(IMAGE_MODELS.map((model) => [model.quotaName, model.id]));

/** Our id for the name that a quota error uses; a name that is no image model's stays as it is. */
export function modelOfQuotaName(name: string): ModelId {
  const bare = name.slice(name.lastIndexOf('/') + 1);
  return byQuotaName.get(bare) ?? findModel(bare)?.id ?? name;
}

/** Which of several quotas decides: one without any allowance, else the first of the longest period, else the first. */
export function governing(violations: readonly Violation[]): Violation | null {
  const daily = ({ bucket }: Violation): boolean => bucket === 'rpd' || bucket === 'tpd' || bucket === 'monthly';
  return (
    violations.find(({ limit }) => limit === 0) ??
    violations.find(daily) ??
    violations.find(({ bucket }) => bucket !== 'unnamed') ??
    violations[0] ??
    null
  );
}

/** The class of a refusal that names these quotas; a service that refuses should use the same. */
export function classOfViolations(violations: readonly Violation[]): ErrorClass {
  const decisive = governing(violations);
  if (decisive === null) return 'quota.unspecified';
  if (decisive.limit === 0) return 'quota.zero-limit';
  switch (decisive.bucket) {
    case 'rpm':
    case 'tpm':
    case 'ipm':
    case 'rpd':
    case 'tpd':
      return `quota.${decisive.bucket}`;
    case 'spend10m':
      return 'quota.spend';
    case 'monthly':
      return 'billing.monthly-cap';
    case 'batchTokens':
    case 'batchJobs':
    case 'unnamed':
      return 'quota.unspecified';
    default:
      return decisive.bucket satisfies never;
  }
}
