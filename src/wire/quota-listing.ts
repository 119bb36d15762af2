/**
 * Quota listings of a project: `quotaInfos` of the Cloud Quotas API, `consumerQuotaMetrics` of the Service Usage API, and what
 * gcloud prints of either. Sources: cloud.google.com/docs/quotas/reference/rest/v1 and
 * cloud.google.com/service-usage/docs/reference/rest/v1beta1; captured listings of 2026-07 to 2026-10.
 */
import { z } from 'zod';
import { findModel } from '../model/catalogue.ts';
import type { ModelId, Tier } from '../model/names.ts';
import type { StatedLimit, StatedLimits } from '../model/stated-limit.ts';
import { bucketOfQuota, modelOfQuotaName } from './quota-names.ts';

/** int64 as JSON has it; -1 and the largest int64 mean that there is no limit. null: what stands there is no amount. */
const AMOUNT = z.unknown().transform((given): number | 'none' | null => {
  const text = typeof given === 'number' ? String(given) : given;
  if (typeof text !== 'string' || !/^-?\d+$/.test(text)) return null;
  const value = Number(text);
  return value < 0 || value > Number.MAX_SAFE_INTEGER ? 'none' : value;
});
const DIMENSIONS = z.record(z.string(), z.string()).default({});

const QUOTA_INFO = z.object({
  quotaId: z.string(),
  metric: z.string().default(''),
  refreshInterval: z.string().default(''),
  dimensionsInfos: z.array(z.object({ dimensions: DIMENSIONS, details: z.object({ value: AMOUNT.optional() }).default({}) })).default([]),
});

const CONSUMER_METRIC = z.object({
  metric: z.string(),
  consumerQuotaLimits: z
    .array(
      z.object({
        unit: z.string(),
        quotaBuckets: z.array(z.object({ effectiveLimit: AMOUNT.optional(), dimensions: DIMENSIONS })).default([]),
      }),
    )
    .default([]),
});

interface Listed {
  readonly quotaId: string | null;
  readonly metric: string;
  /** `1/min/{model}/{project}`, or as far as it is known. */
  readonly unit: string | null;
  readonly dimensions: Readonly<Record<string, string>>;
  /** null: the listing states none. */
  readonly value: number | 'none' | null;
}

/**
 * @param value parsed JSON: one page, several, or a list of quotas as gcloud prints it
 * @param tier of quotas whose name has none, outside of the Gemini API
 * @returns null: it is no quota listing
 */
export function limitsListed(value: unknown, tier: Tier): StatedLimits | null {
  const listed = readListing(value);
  if (listed === null) return null;
  const limits: StatedLimit[] = [];
  const leftOut = new Map<string, number>();
  const leave = (why: string): void => void leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
  for (const quota of listed) {
    const stated = statedBy(quota, tier);
    if (typeof stated === 'string') leave(stated);
    else limits.push(stated);
  }
  const more = pagesOf(value).at(-1)?.nextPageToken ? ['It is a page of several: the quotas of the others are not in it.'] : [];
  return { limits, notes: [...more, ...[...leftOut].map(([why, times]) => `Left out: ${times} ${why}.`)] };
}

function readListing(value: unknown): Listed[] | null {
  const rows = rowsOf(value);
  if (rows === null) return null;
  const infos = z.array(QUOTA_INFO).safeParse(rows);
  if (infos.success) return infos.data.flatMap(ofQuotaInfo);
  const metrics = z.array(CONSUMER_METRIC).safeParse(rows);
  return metrics.success ? metrics.data.flatMap(ofConsumerMetric) : null;
}

interface Page {
  readonly quotaInfos?: unknown;
  readonly metrics?: unknown;
  readonly nextPageToken?: unknown;
}

/** As a tool writes the pages of one listing after each other: a list of them, or one alone. */
function pagesOf(value: unknown): readonly Page[] {
  const isPage = (one: unknown): one is Page => typeof one === 'object' && one !== null && ('quotaInfos' in one || 'metrics' in one);
  return (Array.isArray(value) ? value : [value]).filter(isPage);
}

function rowsOf(value: unknown): unknown[] | null {
  const pages = pagesOf(value);
  if (pages.length === 0) return Array.isArray(value) ? value : null;
  if (Array.isArray(value) && pages.length < value.length) return null;
  const rows = pages.map(({ quotaInfos, metrics }) => quotaInfos ?? metrics);
  return rows.every((one) => Array.isArray(one)) ? rows.flat() : null;
}

const PERIODS: Readonly<Record<string, string>> = { minute: '1/min/', day: '1/d/' };

function ofQuotaInfo({ quotaId, metric, refreshInterval, dimensionsInfos }: z.output<typeof QUOTA_INFO>): Listed[] {
  const unit = PERIODS[refreshInterval] ?? null;
  return dimensionsInfos.map(({ dimensions, details: { value = null } }) => ({ quotaId, metric, unit, dimensions, value }));
}

function ofConsumerMetric({ metric, consumerQuotaLimits }: z.output<typeof CONSUMER_METRIC>): Listed[] {
  return consumerQuotaLimits.flatMap(({ unit, quotaBuckets }) =>
    quotaBuckets.map(({ dimensions, effectiveLimit = null }) => ({ quotaId: null, metric, unit, dimensions, value: effectiveLimit })),
  );
}

/** What a quota says about an image model, or in a few words why it says nothing. */
function statedBy({ quotaId, metric, unit, dimensions, value }: Listed, tier: Tier): StatedLimit | string {
  const name = `${quotaId ?? ''} ${metric}`;
  if (metric !== '' && !/^(?:generativelanguage|aiplatform)\./.test(metric)) return 'quotas of other services';
  if (/_prio\b|priority|_internal\b|batch/i.test(name)) return 'quotas of other lanes (priority, batch, internal)';
  const model = modelOf(dimensions);
  if (model === null) return 'quotas of models that make no images';
  const bucket = bucketOfQuota(quotaId, metric, unit);
  if (bucket !== 'rpm' && bucket !== 'tpm' && bucket !== 'ipm' && bucket !== 'rpd') return 'quotas of other kinds';
  const place = dimensions['region'] ?? dimensions['location'];
  if (place !== undefined && place !== 'global') return 'quotas of single regions';
  // Google leaves out what is 0, and what nobody set: which of both it is it does not say.
  if (value === null) return 'quotas without a value, which may be 0: see them in the console';
  const isOfGeminiApi = metric.startsWith('generativelanguage.') || metric === '';
  return { tier: isOfGeminiApi ? tierOf(name) : tier, model, bucket, value, from: quotaId ?? `${metric} ${unit}` };
}

/** A quota without a model is of every model that has no row of its own. */
function modelOf(dimensions: Listed['dimensions']): ModelId | '*image' | null {
  const name = dimensions['model'] ?? dimensions['base_model'];
  if (name === undefined) return '*image';
  return findModel(modelOfQuotaName(name))?.id ?? null;
}

/** No tier in the name is tier 1. Source: quota listings and captured bodies, 2025-10 to 2026-10. */
function tierOf(name: string): Tier {
  if (/FreeTier|free_tier/i.test(name)) return 'free';
  const paid = /PaidTier-?([23])|paid_tier_([23])/i.exec(name);
  return ((paid?.[1] ?? paid?.[2]) as Tier | undefined) ?? '1';
}
