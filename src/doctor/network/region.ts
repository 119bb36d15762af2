import { causeCheck, wentWell } from './causes.ts';

export const region = causeCheck({
  id: 'region',
  title: 'The region is served',
  how: 'By the error of whatever was asked: the list of models first, then each model, then a count of tokens.',
  classes: ['auth.region', 'request.location-unsupported'],
  proven: (session) => (wentWell(session, 'tokens') ? 'Calls from here are served.' : null),
});
