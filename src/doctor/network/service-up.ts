import { causeCheck } from './causes.ts';

export const serviceUp = causeCheck({
  id: 'service-up',
  title: 'The service answers',
  how: 'A 5xx or a withheld picture is the service, not your setup; it is not asked again here.',
  classes: [
    'capacity.overloaded',
    'server.internal',
    'server.timeout',
    'server.bad-gateway',
    'client.cancelled',
    'client.timeout',
    'safety.prompt',
    'safety.image',
    'safety.prohibited',
    'safety.no-image',
    'safety.recitation',
  ],
  isPassing: true,
  proven: ({ trouble }) => (trouble === null ? 'Every question was answered.' : null),
});
