import { causeCheck, wentWell } from './causes.ts';

export const permission = causeCheck({
  id: 'permission',
  title: 'The project and its people may call',
  how: 'By the error of whatever was asked: the list of models first, then each model, then a count of tokens.',
  classes: ['auth.iam', 'auth.suspended', 'auth.project-denied', 'auth.provider-block'],
  proven: (session) => (wentWell(session, 'models') ? 'The project is let in.' : null),
  fix: ['IAM changes take up to ten minutes to show: judge after 15.'],
});
