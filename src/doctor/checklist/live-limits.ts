import { DAY_MS, epochMs } from '../../model/time.ts';
import { findProfile } from '../../quota/profiles.ts';
import { type Check, cannotKnow, type Finding, fail, pass } from '../check.ts';
import { type LaunchPlan, limitOf, modelsAsked } from './plan.ts';

/** Google changes limits without notice; a month is our bound (assumed). */
const FRESH_DAYS = 30;

export const liveLimits: Check<LaunchPlan> = {
  id: 'live-limits',
  title: "The project's own limits are recorded, and fresh",
  how: 'Where rpm and rpd of each model come from: a limits file with a date, the scenario, or a published figure.',
  fix: [
    'Read them in AI Studio (aistudio.google.com/rate-limit), write them into a limits file with `rundry limits import`, and name it as quota.profile.',
  ],
  judge: ({ scenario, nowMs }): Finding => {
    const { quota } = scenario;
    const limits = modelsAsked(scenario).flatMap((model) => [limitOf(scenario, 'rpm', model), limitOf(scenario, 'rpd', model)]);
    const isOwnFile = findProfile(quota.profile) === undefined;
    const borrowed = limits.filter((limit) => limit?.source.from !== 'scenario' && !isOwnFile);
    if (borrowed.length > 0) {
      const models = [...new Set(borrowed.map((limit) => limit?.model ?? 'a model'))].join(', ');
      return fail(`Figures for ${models} are those of the profile ${quota.profile}, not those of your project.`);
    }
    if (!isOwnFile) return cannotKnow('They stand in the scenario, without a date: nobody can tell how old they are.');
    if (quota.profileAsOf === null) return fail(`${quota.profile} has no date (asOf).`);
    const days = Math.floor((nowMs - epochMs(quota.profileAsOf)) / DAY_MS);
    if (!Number.isFinite(days)) return fail(`The date of ${quota.profile}, ${quota.profileAsOf}, is no day.`);
    return days > FRESH_DAYS
      ? fail(`${quota.profile} is ${days} days old; after ${FRESH_DAYS} it counts as stale.`)
      : pass(`From ${quota.profile}, ${days} days old.`);
  },
};
