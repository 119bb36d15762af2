/** Objectives over time: budgets and how fast they burn, how long a bucket lasts, who blocked whom, what a success costs. */
import type { BucketName } from '../model/names.ts';
import { nextMidnightMs, nextMonthMs } from '../quota/calendar.ts';

/** The instant after `epochMs` at which daily quota comes back: midnight in Los Angeles. */
export function dailyResetAtMs(epochMs: number): number {
  return nextMidnightMs(epochMs);
}

/** The instant after `epochMs` at which the monthly cap starts anew. */
export function monthlyResetAtMs(epochMs: number): number {
  return nextMonthMs(epochMs);
}

export interface Exhaustion {
  /** Infinity at a rate of 0; 0 where nothing is left. */
  readonly minutes: number;
  readonly exhaustsBeforeReset: boolean;
  readonly projectedAtReset: number;
}

/** How long a bucket lasts at the present rate, against the time until it refills. */
export function timeToExhaustion(bucket: {
  readonly limit: number;
  readonly used: number;
  readonly ratePerMinute: number;
  readonly minutesToReset: number;
}): Exhaustion {
  const { limit, used, ratePerMinute, minutesToReset } = bucket;
  const minutes = used >= limit ? 0 : (limit - used) / ratePerMinute;
  return { minutes, exhaustsBeforeReset: minutes < minutesToReset, projectedAtReset: used + ratePerMinute * minutesToReset };
}

export interface ErrorBudget {
  /** Failures that the objective allows. */
  readonly budget: number;
  readonly consumedRatio: number;
}

/** @param objectiveRatio the share that must succeed, such as 0.99 */
export function errorBudget({ objectiveRatio, total, bad }: { objectiveRatio: number; total: number; bad: number }): ErrorBudget {
  const budget = (1 - objectiveRatio) * total;
  return { budget, consumedRatio: bad / budget };
}

/** Error rate of a window over the one that the objective allows: 1 uses the budget up exactly at the end of its period. */
export function burnRate({ objectiveRatio, total, bad }: { objectiveRatio: number; total: number; bad: number }): number {
  return bad / total / (1 - objectiveRatio);
}

/**
 * The burn rate that uses `budgetRatio` of a period's budget within one window: 14.4 for 2 % in an hour of 30 days.
 * Source: Google SRE workbook, alerting on SLOs.
 */
export function burnRateThreshold({
  budgetRatio,
  windowHours,
  periodHours,
}: {
  budgetRatio: number;
  windowHours: number;
  periodHours: number;
}): number {
  return (budgetRatio * periodHours) / windowHours;
}

/** Share of everything offered that was delivered within the objective. @param latenciesMs of what was delivered */
export function attainment({
  latenciesMs,
  offered,
  objectiveMs,
}: {
  latenciesMs: Iterable<number>;
  offered: number;
  objectiveMs: number;
}): number {
  let within = 0;
  for (const latencyMs of latenciesMs) if (latencyMs <= objectiveMs) within++;
  return within / offered;
}

/** What one usable image costs when everything billed is shared among the usable ones; null without any. */
export function costPerSuccess({ billedUsd, usable }: { billedUsd: number; usable: number }): number | null {
  return usable === 0 ? null : billedUsd / usable;
}

/** A span of time in which requests were refused, and the buckets that were short, each with the instant it has room again. */
export interface BlockedSpan {
  readonly startMs: number;
  readonly endMs: number;
  readonly short: readonly { readonly bucket: BucketName; readonly retryAtMs: number }[];
}

export interface BlockedTime {
  readonly anyMs: number;
  /** Time in which one bucket alone was short. */
  readonly exclusiveMs: Readonly<Partial<Record<BucketName, number>>>;
  readonly sharedMs: number;
  /** All of the time, each span given to the bucket with the latest retry instant. */
  readonly primaryMs: Readonly<Partial<Record<BucketName, number>>>;
}

/** Whose fault blocked time was. @param spans do not overlap */
export function blockedTime(spans: readonly BlockedSpan[]): BlockedTime {
  let anyMs = 0;
  let sharedMs = 0;
  const exclusiveMs: Partial<Record<BucketName, number>> = {};
  const primaryMs: Partial<Record<BucketName, number>> = {};
  for (const { startMs, endMs, short } of spans) {
    const [first, ...others] = short;
    if (!first) continue;
    const lengthMs = endMs - startMs;
    const primary = others.reduce((latest, one) => (one.retryAtMs > latest.retryAtMs ? one : latest), first);
    anyMs += lengthMs;
    primaryMs[primary.bucket] = (primaryMs[primary.bucket] ?? 0) + lengthMs;
    if (others.length > 0) sharedMs += lengthMs;
    else exclusiveMs[first.bucket] = (exclusiveMs[first.bucket] ?? 0) + lengthMs;
  }
  return { anyMs, exclusiveMs, sharedMs, primaryMs };
}
