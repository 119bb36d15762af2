import { causeCheck, wentWell } from './causes.ts';

export const modelOpen = causeCheck({
  id: 'model-open',
  title: 'The models exist and are open to this project',
  how: 'Each model that the scenario names is looked up by its id.',
  classes: ['request.model-not-found', 'request.model-closed'],
  proven: (session) => (wentWell(session, 'model') ? `${session.models.join(', ')}: there and open.` : null),
});
