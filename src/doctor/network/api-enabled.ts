import { causeCheck, wentWell } from './causes.ts';

export const apiEnabled = causeCheck({
  id: 'api-enabled',
  title: 'The API is enabled for the key and its project',
  how: 'By the error of whatever was asked: the list of models first, then each model, then a count of tokens.',
  classes: ['auth.api-disabled', 'auth.api-blocked'],
  proven: (session) => (wentWell(session, 'models') ? 'The API answers this project.' : null),
  fix: ['Enabling an API takes minutes to show: judge after 15.'],
});
