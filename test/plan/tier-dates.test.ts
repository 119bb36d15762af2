/** When a tier can be had: the service's rules against golden and by hand. */
import { expect, test } from 'vitest';
import { daysToReach, imagesToReach, TIER_RULES, tierReach } from '../../src/plan/tier-dates.ts';
import { limits, scenario } from '../support/scenario.ts';
import { meetsGolden } from './support.ts';

interface Unlock {
  readonly imagesPerDay: readonly number[];
  readonly price: number;
}

meetsGolden<Unlock>(
  'recommendation',
  ({ imagesPerDay, price }) => {
    const days = (tier: '2' | '3') =>
      imagesPerDay.map((images) => daysToReach(TIER_RULES[tier], { usdPerDay: images * price, spentUsd: 0 }));
    return {
      tier2Days: days('2'),
      tier3Days: days('3'),
      imagesForTier2: imagesToReach(TIER_RULES['2'], price),
      imagesForTier3: imagesToReach(TIER_RULES['3'], price),
    };
  },
  /^tier2_unlock$/,
);

const startAtMs = Date.UTC(2026, 11, 1, 8);
const DAY_MS = 86_400_000;

function at(tier: 'free' | '1' | '2', spentUsd: number, monthlyUsd?: number) {
  const base = scenario();
  return scenario({
    clock: { ...base.clock, startAtMs },
    quota: {
      ...base.quota,
      tier,
      spentThisMonthMicroUsd: spentUsd * 1e6,
      limits: limits(monthlyUsd === undefined ? {} : { monthly: monthlyUsd * 1e6 }),
    },
  });
}

test.each([
  // tier, spent, a day, wanted, days, waits for
  ['1', 0, 50, '2', 3, 'days'], // $100 are there after 2 days, the third is needed all the same
  ['1', 0, 8.04, '2', 13, 'payments'],
  ['1', 90, 8.04, '2', 3, 'days'],
  ['1', 0, 0, '2', Infinity, 'payments'],
  ['1', 100, 0, '2', 3, 'days'], // when the first payment was is not known
  ['2', 500, 100, '3', 30, 'days'],
  ['2', 0, 5, '1', 0, 'nothing'],
  ['free', 0, 0, '1', 0, 'nothing'],
] as const)('tier %s, $%d spent, $%d a day: tier %s after %d days, for its %s', (tier, spent, perDay, wanted, days, waitsFor) => {
  const reach = tierReach(at(tier, spent), wanted, perDay);
  expect([reach.days, reach.waitsFor]).toEqual([days, waitsFor]);
  expect(reach.fromAtMs).toBe(days === Infinity ? null : startAtMs + days * DAY_MS);
});

test('no month pays more than its cap, and the assumption says so', () => {
  const { days, assumptions } = tierReach(at('1', 0, 250), '3', 1_000);
  expect(days).toBe(31 + 31 + 28 + 1); // $250 on the first of December, January, February and March
  expect(assumptions.join(' ')).toContain('held down by the cap of $250.00 a month');
  expect(tierReach(at('1', 0, 250), '2', 1_000).days).toBe(3);
  expect(tierReach(at('1', 200, 250), '3', 10).days).toBe(31 + 31 + 28 + 25); // $50 are left of December; January and February pay $250 each, March the rest in 25 days
});

test('more money a day never makes it later', () => {
  const days = [1, 5, 10, 40, 400].map((usdPerDay) => tierReach(at('1', 20), '3', usdPerDay).days);
  expect(days).toEqual(days.toSorted((a, b) => b - a));
});
