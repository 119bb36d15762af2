import { type Check, cannotKnow, type Finding, fail, pass } from '../check.ts';
import type { Session } from './session.ts';
import { deed, troubleOf } from './session.ts';

const LASTS =
  'Waves of 403 at Google were seen to last for hours and once for days (community, 2025-12): compare with others, then ask the forum.';

/** A 403 is one's own mistake nearly always, and now and then a failure at Google that hits many. */
export const waveOrMistake: Check<Session> = {
  id: 'wave-or-mistake',
  title: 'A 403 is a mistake of yours, or a wave at Google',
  how: 'After a 403: the same question about another model, and with a second key (--compare-key-env). Nothing is asked twice with the same key.',
  fix: ['Treat it as your own mistake first: see the cause above.', LASTS],
  judge: ({ trouble, comparisons }): Finding => {
    if (trouble?.answer.status !== 403) return pass('No 403 was met.');
    if (trouble.answer.question.kind === 'image')
      return cannotKnow(
        'An image alone meets it, and what is free to ask is answered: what another key or model would get only an image would tell.',
      );
    const isWell = (as: 'own' | 'compared'): boolean | null => {
      const answers = comparisons.filter((answer) => answer.with === as);
      return answers.length === 0 ? null : answers.some((answer) => troubleOf(answer) === null);
    };
    const [otherModel, otherKey] = [isWell('own'), isWell('compared')];
    const found = comparisons.map(
      (answer) => `${answer.with === 'own' ? 'this key' : 'the other key'}, ${deed(answer)}: ${answer.status ?? 'no answer'}`,
    );
    const seen = found.length > 0 ? ` (${found.join('; ')})` : '';
    if (otherKey === true) return fail(`Another key passes: it is this key or its project${seen}.`);
    if (otherModel === true)
      return fail(`Another model answers this key: it is this model, closed to the project or failing at Google${seen}.`, [
        'See whether the model needs billing, an allow-list or another region for this project.',
        LASTS,
      ]);
    if (otherKey === false)
      return cannotKnow(
        `Both keys are refused${seen}: either they share a cause (region, network, one organisation), or it is a wave at Google. ${LASTS}`,
      );
    return cannotKnow(`Not told apart${seen}: name a key of another project with --compare-key-env, best of another organisation.`);
  },
};
