import { ERROR_CLASSES } from '../../model/names.ts';
import { causeCheck } from './causes.ts';

export const serviceUp = causeCheck({
  id: 'service-up',
  title: 'The service answers',
  how: 'A 5xx or a withheld picture is the service, not your setup; it is not asked again here.',
  classes: ERROR_CLASSES.filter((errorClass) => /^(?:capacity|server|client|safety)\./.test(errorClass)),
  isPassing: true,
  proven: ({ trouble }) => (trouble === null ? 'Every question was answered.' : null),
});
