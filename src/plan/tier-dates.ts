/**
 * From what day a tier can be had, by the rules of the service: an account moves up by itself once it has paid enough and its
 * first payment is old enough.
 *
 * Source: ai.google.dev/gemini-api/docs/rate-limits, 2026-10: tier 1 needs a linked billing account, tier 2 $100 paid and 3 days since
 * the first payment, tier 3 $1,000 and 30 days. Spent counts as paid at the day's end here: assumed, invoices come later.
 */
import type { Tier } from '../model/names.ts';
import type { Scenario } from '../model/scenario.ts';
import { DAY_MS } from '../model/time.ts';
import { nextMonthMs } from '../quota/calendar.ts';

export interface TierRule {
  readonly paidUsd: number;
  /** Whole days since the first payment. */
  readonly days: number;
  /** In words, for a sentence. */
  readonly text: string;
}

export const TIER_RULES: Readonly<Record<Exclude<Tier, 'free'>, TierRule>> = {
  '1': { paidUsd: 0, days: 0, text: 'a linked billing account, no fee' },
  '2': { paidUsd: 100, days: 3, text: '$100 paid and 3 days since the first payment' },
  '3': { paidUsd: 1_000, days: 30, text: '$1,000 paid and 30 days since the first payment' },
};

export interface TierReach {
  readonly tier: Exclude<Tier, 'free'>;
  /** Whole days from the start; Infinity: never at this rate of spending. */
  readonly days: number;
  /** Epoch ms; null: never. */
  readonly fromAtMs: number | null;
  /** What takes longer: the money, or the days since the first payment. */
  readonly waitsFor: 'nothing' | 'payments' | 'days';
  /** What the dates rest on, a sentence each. */
  readonly assumptions: readonly string[];
}

/** Images to pay for until a tier's rule is met, at one price. */
export function imagesToReach({ paidUsd }: TierRule, usdPerImage: number): number {
  return Math.ceil(exact(paidUsd / usdPerImage));
}

/** Whole days until a rule is met: the longer of its days and of the days that the money takes. */
export function daysToReach(rule: TierRule, paid: { readonly usdPerDay: number; readonly spentUsd: number }): number {
  const missingUsd = Math.max(0, rule.paidUsd - paid.spentUsd);
  return Math.max(rule.days, missingUsd === 0 ? 0 : Math.ceil(exact(missingUsd / paid.usdPerDay)));
}

/** @param usdPerDay what the scenario really spends a day at its own tier, as simulated; no month spends more than the cap of that tier */
export function tierReach(scenario: Scenario, tier: Exclude<Tier, 'free'>, usdPerDay: number): TierReach {
  const { quota, clock } = scenario;
  const rule = TIER_RULES[tier];
  const cap = quota.limits.find(({ bucket }) => bucket === 'monthly')?.limit ?? null;
  const spentUsd = quota.spentThisMonthMicroUsd / 1e6;
  const isThere = order(tier) <= order(quota.tier);
  const plain = isThere ? 0 : daysToReach(rule, { usdPerDay, spentUsd });
  const days =
    isThere || cap === null
      ? plain
      : Math.max(rule.days, daysUnderCap(clock.startAtMs, { usdPerDay, spentUsd, capUsd: cap / 1e6, paidUsd: rule.paidUsd }));
  return {
    tier,
    days,
    fromAtMs: days === Infinity ? null : clock.startAtMs + days * DAY_MS,
    waitsFor: days === 0 ? 'nothing' : days > rule.days ? 'payments' : 'days',
    assumptions: isThere
      ? []
      : [
          `paid so far: ${usd(spentUsd)} (quota.spentThisMonthUsd), then ${usd(usdPerDay)} a day as simulated${days > plain ? `, held down by the cap of ${usd(cap! / 1e6)} a month` : ''}; months before this one are not known here`,
          'the first payment falls on the start of the run, and what is spent counts as paid the same day',
        ],
  };
}

/** No further than this: who pays so little gets there by another way. */
const DAYS_MAX = 3_650;

/** Day by day, each calendar month up to its cap. */
function daysUnderCap(
  startAtMs: number,
  pay: { readonly usdPerDay: number; readonly spentUsd: number; readonly capUsd: number; readonly paidUsd: number },
): number {
  let paidUsd = pay.spentUsd;
  let ofMonthUsd = pay.spentUsd;
  let monthEndsMs = nextMonthMs(startAtMs);
  for (let days = 0; days <= DAYS_MAX; days++) {
    if (exact(paidUsd) >= pay.paidUsd) return days;
    const atMs = startAtMs + days * DAY_MS;
    if (atMs >= monthEndsMs) {
      ofMonthUsd = 0;
      monthEndsMs = nextMonthMs(atMs);
    }
    const today = Math.max(0, Math.min(pay.usdPerDay, pay.capUsd - ofMonthUsd));
    paidUsd += today;
    ofMonthUsd += today;
  }
  return Infinity;
}

function order(tier: Tier): number {
  return tier === 'free' ? 0 : Number(tier);
}

/** 3.0000000000000004 is 3. */
function exact(value: number): number {
  return Number(value.toPrecision(12));
}

function usd(value: number): string {
  return value === 0 ? '$0' : `$${value.toFixed(2)}`;
}
