import { causeCheck, wentWell } from './causes.ts';

export const requestValid = causeCheck({
  id: 'request-valid',
  title: 'Requests are understood',
  how: 'A request as a run sends it: counting its tokens is free.',
  classes: ['request.invalid', 'unknown'],
  proven: (session) => (wentWell(session, 'tokens') ? 'A request of the scenario was understood.' : null),
});
