import { type Check, cannotKnow, type Finding, fail, pass } from '../check.ts';
import { troubleOf } from '../network/session.ts';
import { type PlatformSession, withoutToken } from './session.ts';

export const oneModelOrAll: Check<PlatformSession> = {
  id: 'one-model-or-all',
  title: 'A 403 is about one model, or about all',
  how: 'After a 403: the same question about another model. Nothing is asked twice.',
  fix: ['See whether the model needs an allow-list or another location for this project.'],
  judge: (session): Finding => {
    const { trouble, comparisons } = session;
    const untold = withoutToken(session);
    if (untold !== null) return untold;
    if (trouble?.answer.status !== 403) return pass('No 403 was met.');
    const other = comparisons.find((one) => one.with === 'own');
    if (other === undefined)
      return cannotKnow('An image alone meets it, and what is free to ask is answered: it does not tell models apart.');
    return troubleOf(other) === null
      ? fail('Another model answers: it is this model, closed to the project or failing at Google.')
      : cannotKnow(
          'Another model is refused as well: it is account, project or API, or a failure at Google that hits many. Take it for a mistake of your own first.',
        );
  },
};
