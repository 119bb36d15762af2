import { type Check, cannotKnow, pass } from '../check.ts';
import type { LaunchPlan } from './plan.ts';

export const perProject: Check<LaunchPlan> = {
  id: 'per-project',
  title: 'Quota is counted per project, not per key',
  how: 'quota.projects and quota.accounts of the scenario.',
  fix: ['Set quota.projects to the number of Google Cloud projects; more keys of one project add nothing.'],
  judge: ({ scenario: { quota } }) =>
    quota.projects === 1
      ? pass('One project: all its keys share these limits.')
      : cannotKnow(
          `${quota.projects} projects on ${quota.accounts} billing account${quota.accounts === 1 ? '' : 's'}: whether each has these limits, and whether the terms allow the split, only you can tell.`,
        ),
};
