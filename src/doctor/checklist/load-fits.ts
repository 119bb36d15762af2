import { type Check, cannotKnow, type Finding, fail, pass } from '../check.ts';
import { type LaunchPlan, limitOf, modelsAsked } from './plan.ts';

export const loadFits: Check<LaunchPlan> = {
  id: 'load-fits',
  title: 'The model still carries the load',
  how: 'The scenario in virtual time, with its own seed: whether a bucket binds and the thresholds hold.',
  fix: ['`rundry plan FILE` says which settings make it hold.'],
  judge: ({ scenario, summary }): Finding => {
    const { bindingBucket: binding, thresholds } = summary;
    if (binding !== null)
      return fail(`${binding.bucket}${binding.model ? ` of ${binding.model}` : ''} binds: more is asked for than it allows.`);
    const missed = thresholds.filter(({ passed }) => !passed);
    if (missed.length > 0) return fail(`Not met: ${missed.map(({ expression }) => expression).join(', ')}.`);
    const unknown = modelsAsked(scenario).filter((model) =>
      (['rpm', 'rpd'] as const).some((bucket) => limitOf(scenario, bucket, model)?.state === 'unknown'),
    );
    if (unknown.length > 0) return cannotKnow(`What is known carries it, but rpm or rpd of ${unknown.join(', ')} is unknown.`);
    return pass('No bucket binds and every threshold holds.');
  },
};
