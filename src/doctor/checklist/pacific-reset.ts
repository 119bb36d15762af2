import { DAY_MS } from '../../model/time.ts';
import { nextMidnightMs } from '../../quota/calendar.ts';
import { type Check, fail, pass } from '../check.ts';
import type { LaunchPlan } from './plan.ts';

/** Above this share of a day, what was used before the run decides whether it holds. */
const SHARE_THAT_MATTERS = 0.5;

export const pacificReset: Check<LaunchPlan> = {
  id: 'pacific-reset',
  title: 'Daily quota comes back at midnight in Los Angeles, and the plan knows',
  how: "Where the run begins in the Pacific day, what it takes of the day's requests, and quota.usedToday.",
  fix: ['State what is gone by then in quota.usedToday, or begin clock.startAt at midnight in Los Angeles (08:00Z, in summer 07:00Z).'],
  judge: ({ scenario, summary }) => {
    const { startAtMs } = scenario.clock;
    const leftMs = nextMidnightMs(startAtMs) - startAtMs;
    const peak = Math.max(
      0,
      ...summary.buckets.filter(({ bucket }) => bucket === 'rpd').map(({ peakUtilisation }) => peakUtilisation ?? 0),
    );
    const hours = Math.round(leftMs / 3_600_000);
    const beginsAtMidnight = nextMidnightMs(startAtMs - 1) === startAtMs || leftMs >= DAY_MS;
    if (beginsAtMidnight) return pass('The run begins with the Pacific day.');
    if (Object.keys(scenario.quota.usedToday).length > 0)
      return pass(`The run begins ${hours} h before the reset; usedToday says what is gone.`);
    return peak > SHARE_THAT_MATTERS
      ? fail(
          `The run begins ${hours} h before the reset and takes ${Math.round(peak * 100)} % of a day's requests, as if none were gone by then.`,
        )
      : pass(`The run begins ${hours} h before the reset and takes ${Math.round(peak * 100)} % of a day's requests.`);
  },
};
