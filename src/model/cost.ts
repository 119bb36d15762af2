/** What one attempt puts on the bill, as far as its caller can know. */
import type { Reply } from './reply.ts';
import { type RequestSpec, settledMicroUsd } from './request-spec.ts';

/** Micro-dollars. 504s and unanswered attempts count at list price, other failures and blocked answers nothing. */
export function costOf(spec: RequestSpec, reply: Reply): number {
  switch (reply.kind) {
    case 'image':
      return reply.usage === spec.usage ? spec.listMicroUsd : settledMicroUsd(spec, reply.usage);
    case 'blocked':
      return 0;
    case 'refused':
      return reply.httpStatus === 504 ? spec.listMicroUsd : 0;
    case 'silence':
      return spec.listMicroUsd;
    default:
      return reply satisfies never;
  }
}
