import { causeCheck, wentWell } from './causes.ts';

/** What an answer to a free question cannot show: money is asked for only when an image is made. */
export const billing = causeCheck({
  id: 'billing',
  title: 'Billing is in order and the tier allows images',
  how: 'By the error of a call that costs money: only --spend makes one. A free tier has a limit of 0 for images.',
  classes: ['auth.billing-disabled', 'billing.monthly-cap', 'billing.prepay-depleted', 'quota.zero-limit', 'request.free-tier-unavailable'],
  proven: (session) => (wentWell(session, 'image') ? 'An image was made and will be billed.' : null),
});
