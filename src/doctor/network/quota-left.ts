import { causeCheck, wentWell } from './causes.ts';

export const quotaLeft = causeCheck({
  id: 'quota-left',
  title: 'There is quota left now',
  how: 'By a refusal (429) of whatever was asked. Free questions hardly count against a quota; --spend asks for an image, which does.',
  classes: ['quota.rpm', 'quota.tpm', 'quota.ipm', 'quota.rpd', 'quota.tpd', 'quota.spend', 'quota.unspecified', 'quota.shared-capacity'],
  proven: (session) => (wentWell(session, 'image') ? 'One image was let through.' : null),
});
