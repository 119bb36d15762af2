/** Which bucket a limit gets: how it refills, and when a calendar rules instead. */
import type { WindowKind } from '../model/names.ts';
import { QUOTA_ZONE } from '../model/time.ts';
import type { Bucket, BucketSpec } from './bucket.ts';
import { CachedEnforcement } from './cached-enforcement.ts';
import { nextMidnightMs, nextMonthMs } from './calendar.ts';
import { alignedEnd, anchoredEnd, ResettingWindow } from './resetting-window.ts';
import { SlidingCounter } from './sliding-counter.ts';
import { SlidingLog } from './sliding-log.ts';
import { TokenBucket } from './token-bucket.ts';

/** The windows of minutes, and the two of the calendar. */
export type RefillKind = WindowKind | 'day' | 'month';

export interface WindowOptions {
  /** Where aligned windows begin after the UTC epoch minute (0). */
  readonly phaseMs?: number;
  /** What a token bucket holds when full (the limit). */
  readonly capacity?: number;
  /** IANA zone of the calendar (America/Los_Angeles). */
  readonly zone?: string;
  /** A decision is kept this long; see cached-enforcement.ts (none: every request is decided on its own). */
  readonly refreshMs?: number;
}

/**
 * An empty bucket for one limit. Without `windowMs` it follows the calendar whatever `kind` says: `monthly` by month, all
 * others by day. `spend10m` is always a sliding log. Source: ai.google.dev/gemini-api/docs/rate-limits, 2026-06.
 */
export function bucket(spec: BucketSpec, kind: RefillKind, options: WindowOptions = {}): Bucket {
  const exact = exactBucket(spec, options, refillOf(spec, kind));
  return options.refreshMs === undefined ? exact : new CachedEnforcement(exact, options.refreshMs);
}

function refillOf(spec: BucketSpec, kind: RefillKind): RefillKind {
  if (spec.windowMs === null && kind !== 'month') return spec.bucket === 'monthly' ? 'month' : 'day';
  return spec.bucket === 'spend10m' ? 'sliding' : kind;
}

function exactBucket(spec: BucketSpec, options: WindowOptions, kind: RefillKind): Bucket {
  const { phaseMs = 0, capacity = spec.limit, zone = QUOTA_ZONE } = options;
  const windowMs = spec.windowMs ?? 0; // the calendar kinds, which alone may have none, do not read it
  switch (kind) {
    case 'fixed':
      return new ResettingWindow(spec, alignedEnd(windowMs, phaseMs));
    case 'anchored':
      return new ResettingWindow(spec, anchoredEnd(windowMs));
    case 'sliding':
      return new SlidingLog(spec, windowMs);
    case 'sliding-counter':
      return new SlidingCounter(spec, windowMs, phaseMs);
    case 'token-bucket':
      return new TokenBucket(spec, windowMs, capacity);
    case 'day':
      return new ResettingWindow(spec, (atMs) => nextMidnightMs(atMs, zone));
    case 'month':
      return new ResettingWindow(spec, (atMs) => nextMonthMs(atMs, zone));
    default:
      return kind satisfies never;
  }
}
