/** What refusals gave away about the limits of a project, held against those that were assumed. */
import type { BucketName, ModelId } from '../model/names.ts';
import type { AttemptRow, Row } from '../model/rows.ts';
import type { LimitSpec, QuotaSpec } from '../model/scenario.ts';

/** One quota that refused, by the name that the answer gave it. */
export interface RevealedLimit {
  readonly bucket: BucketName;
  /** null: the account's. */
  readonly model: ModelId | null;
  readonly quotaId: string | null;
  /** As stated, in the order in which the values were first seen; empty: never stated. */
  readonly values: readonly number[];
  readonly refusals: number;
  readonly firstAtMs: number;
  /** How long the answers told to wait; null: they told nothing. */
  readonly delayMs: { readonly min: number; readonly max: number } | null;
  /** What the run assumed; null: nothing of this bucket. */
  readonly assumed: LimitSpec | null;
  readonly judgement: 'as-assumed' | 'differs' | 'was-unknown' | 'not-stated';
}

/** Told every row of a journal. */
export class Revealed {
  private readonly quota: QuotaSpec;
  private readonly found = new Map<string, Mutable>();

  constructor(quota: QuotaSpec) {
    this.quota = quota;
  }

  add(row: Row): void {
    if (row.kind === 'attempt' && row.httpStatus === 429) this.refused(row);
  }

  /** In the order in which they first refused. */
  limits(): RevealedLimit[] {
    return [...this.found.values()].map((one) => {
      const assumed = this.quota.limits.find(({ bucket, model }) => bucket === one.bucket && model === one.model) ?? null;
      return { ...one, assumed, judgement: judgementOf(one.values, assumed) };
    });
  }

  /** An answer states the value of its first quota only. */
  private refused(row: AttemptRow): void {
    const bucket = row.buckets[0] ?? 'unnamed';
    const model = bucket === 'spend10m' || bucket === 'monthly' ? null : row.model;
    const key = JSON.stringify([bucket, model, row.quotaId]);
    let one = this.found.get(key);
    if (!one) {
      one = { bucket, model, quotaId: row.quotaId, values: [], refusals: 0, firstAtMs: row.doneMs ?? row.sentMs, delayMs: null };
      this.found.set(key, one);
    }
    one.refusals++;
    if (row.quotaValue !== null && !one.values.includes(row.quotaValue)) one.values.push(row.quotaValue);
    if (row.retryAtMs === null || row.doneMs === null) return;
    const delayMs = row.retryAtMs - row.doneMs;
    one.delayMs = one.delayMs
      ? { min: Math.min(one.delayMs.min, delayMs), max: Math.max(one.delayMs.max, delayMs) }
      : { min: delayMs, max: delayMs };
  }
}

interface Mutable {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly quotaId: string | null;
  readonly values: number[];
  refusals: number;
  readonly firstAtMs: number;
  delayMs: { min: number; max: number } | null;
}

function judgementOf(values: readonly number[], assumed: LimitSpec | null): RevealedLimit['judgement'] {
  if (values.length === 0) return 'not-stated';
  if (assumed === null || assumed.state === 'unknown') return 'was-unknown';
  return assumed.state === 'known' && values.every((value) => value === assumed.limit) ? 'as-assumed' : 'differs';
}

interface Stated {
  readonly model: ModelId;
  readonly bucket: 'rpm' | 'tpm' | 'ipm' | 'rpd';
  readonly value: number;
}

/**
 * Those that were stated for a bucket of a model, the last value each: what a limits file may say. Where quotas of several names
 * are one bucket, the lowest binds.
 */
export function statedLimits(limits: readonly RevealedLimit[]): Stated[] {
  const found = new Map<string, Stated>();
  for (const { model, bucket, values } of limits) {
    const value = values.at(-1);
    if (model === null || value === undefined) continue;
    if (bucket !== 'rpm' && bucket !== 'tpm' && bucket !== 'ipm' && bucket !== 'rpd') continue;
    const known = found.get(`${model} ${bucket}`);
    if (known === undefined || value < known.value) found.set(`${model} ${bucket}`, { model, bucket, value });
  }
  return [...found.values()];
}
