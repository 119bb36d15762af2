/** Cases of ../shared/golden beside the project, and its names for our buckets and windows; null where that folder is absent. */
import { existsSync, readFileSync } from 'node:fs';
import { BUCKETS, type EnforcedBucket } from '../../src/model/names.ts';
import type { BucketSpec } from '../../src/quota/bucket.ts';
import type { RefillKind } from '../../src/quota/windows.ts';

export interface GoldenLimiter {
  readonly kind: string;
  readonly limit: number;
  readonly windowMs?: number;
  readonly phaseMs?: number;
  readonly capacity?: number;
}

interface GoldenFile<Case> {
  readonly count: number;
  readonly cases: readonly Case[];
}

export function golden<Case>(name: string): GoldenFile<Case> | null {
  const file = new URL(`../../../shared/golden/${name}.json`, import.meta.url);
  if (!existsSync(file)) {
    console.warn(`skipped: ${file.pathname} is absent`);
    return null;
  }
  return JSON.parse(readFileSync(file, 'utf8')) as GoldenFile<Case>; // trusted: generated beside this project
}

const KINDS: Readonly<Record<string, RefillKind>> = {
  gcra: 'token-bucket',
  token_bucket: 'token-bucket',
  fixed_window: 'fixed',
  anchored_window: 'anchored',
  sliding_log: 'sliding',
  sliding_counter: 'sliding-counter',
  calendar_day: 'day',
};

export function kindOf(limiter: GoldenLimiter): RefillKind {
  const kind = KINDS[limiter.kind];
  if (kind === undefined) throw new Error(`golden names an unknown window: ${limiter.kind}`);
  return kind;
}

export const GOLDEN_BUCKETS: Readonly<Record<string, EnforcedBucket>> = {
  CAP: 'monthly',
  RPD: 'rpd',
  SPEND: 'spend10m',
  IPM: 'ipm',
  TPM: 'tpm',
  RPM: 'rpm',
};

export function specOf(bucket: EnforcedBucket, limit: number, windowMs: number | null): BucketSpec {
  return { bucket, dimension: BUCKETS.indexOf(bucket), model: 'gemini-3-pro-image', project: 'p1', limit, windowMs };
}

/** null of golden is Infinity here. */
export function instant(atMs: number | null): number {
  return atMs ?? Infinity;
}
