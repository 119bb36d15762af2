import { type Check, fail, pass } from '../check.ts';
import { type LaunchPlan, limitOf } from './plan.ts';

export const spendKnown: Check<LaunchPlan> = {
  id: 'spend-known',
  title: 'The spend window and the monthly cap are known',
  how: 'spend10m and monthly among the limits of the account.',
  fix: [
    "State them under quota.limits.account as spend10mUsd and monthlyUsd; the tier's own are in the profile best-known.",
    'See your cap at ai.studio/spend: the account has one and a project may have a lower one.',
  ],
  judge: ({ scenario }) => {
    const missing = (['spend10m', 'monthly'] as const).filter(
      (bucket) => (limitOf(scenario, bucket, null)?.state ?? 'unknown') === 'unknown',
    );
    return missing.length > 0 ? fail(`Unknown here: ${missing.join(' and ')}.`) : pass('Both are.');
  },
};
