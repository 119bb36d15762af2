/** What ended a try, in the words of retryOn, breaker.counts and fallback.on. */
import type { Reply } from '../model/reply.ts';
import type { Cause } from '../model/scenario.ts';

export function matches(causes: readonly Cause[], reply: Reply): boolean {
  switch (reply.kind) {
    case 'image':
      return false;
    case 'blocked':
      return causes.includes('safety');
    case 'silence':
      return causes.includes(reply.why === 'timeout' ? 'timeout' : 'network');
    case 'refused':
      if (reply.httpStatus === 429 && isDaily(reply) && causes.includes('rpd')) return true;
      return causes.includes(reply.httpStatus) || (reply.httpStatus >= 500 && causes.includes('5xx'));
    default:
      return reply satisfies never;
  }
}

/** Whether a refusal names a quota that only the Pacific midnight refills, primary or not. */
export function isDaily(reply: Reply & { kind: 'refused' }): boolean {
  for (const violation of reply.violations) if (violation.bucket === 'rpd' || violation.bucket === 'tpd') return true;
  return reply.class === 'quota.rpd' || reply.class === 'quota.tpd';
}
