import { causeCheck, wentWell } from './causes.ts';

export const keyAccepted = causeCheck({
  id: 'key-accepted',
  title: 'Google accepts the key',
  how: 'By the error of whatever was asked: the list of models first, then each model, then a count of tokens.',
  classes: ['auth.key-invalid', 'auth.key-expired', 'auth.key-leaked', 'auth.key-missing'],
  proven: (session) => (wentWell(session, 'models') ? 'The key is accepted.' : null),
  fix: ['A new key takes one to three minutes to work: judge after 15.'],
});
