import { causeCheck, wentWell } from './causes.ts';

export const keyRestrictions = causeCheck({
  id: 'key-restrictions',
  title: 'No restriction of the key stands in the way',
  how: 'By the error of whatever was asked: the list of models first, then each model, then a count of tokens.',
  classes: ['auth.referrer-or-ip-blocked', 'auth.key-mismatch'],
  proven: (session) => (wentWell(session, 'models') ? 'This machine may use the key.' : null),
});
