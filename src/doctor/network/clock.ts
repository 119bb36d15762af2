import { epochMs } from '../../model/time.ts';
import { type Check, cannotKnow, fail, pass } from '../check.ts';
import type { Session } from './session.ts';

/** Tokens are refused beyond five minutes; a minute already puts requests into the wrong quota window. */
const SKEW_MAX_MS = 60_000;

export const clock: Check<Session> = {
  id: 'clock',
  title: "This machine's clock is right",
  how: "The answer's Date header against the middle of the call, to a second.",
  fix: ['Let the machine set its clock by NTP: quota days begin at midnight in Los Angeles, and tokens are refused on a wrong clock.'],
  judge: ({ answers }) => {
    for (const { headers, sentAtMs, doneAtMs } of answers) {
      const serverMs = epochMs(Object.entries(headers).find(([name]) => name.toLowerCase() === 'date')?.[1] ?? '');
      if (!Number.isFinite(serverMs)) continue;
      const aheadMs = Math.round((sentAtMs + doneAtMs) / 2 - serverMs);
      const seconds = Math.round(Math.abs(aheadMs) / 1000);
      if (Math.abs(aheadMs) > SKEW_MAX_MS) return fail(`It is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the service.`);
      return pass(`Within ${Math.max(1, seconds)} s of the service.`);
    }
    return cannotKnow('No answer carried a date.');
  },
};
