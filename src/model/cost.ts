/** What one attempt puts on the bill, as far as its caller can know. */
import { BATCH_PRICE_FACTOR } from './catalogue.ts';
import type { Lane } from './names.ts';
import type { Reply } from './reply.ts';
import { type RequestSpec, settledMicroUsd } from './request-spec.ts';

/** List price on a lane, whole micro-dollars. */
export function listMicroUsd(spec: RequestSpec, lane: Lane): number {
  return lane === 'batch' ? spec.batchMicroUsd : spec.listMicroUsd;
}

/** Micro-dollars. 504s and unanswered attempts count at list price, other failures and blocked answers nothing. */
export function costOf(spec: RequestSpec, reply: Reply, lane: Lane): number {
  switch (reply.kind) {
    case 'image':
      if (reply.usage === spec.usage) return listMicroUsd(spec, lane);
      return lane === 'batch' ? Math.round(settledMicroUsd(spec, reply.usage) * BATCH_PRICE_FACTOR) : settledMicroUsd(spec, reply.usage);
    case 'blocked':
      return 0;
    case 'refused':
      return reply.httpStatus === 504 ? listMicroUsd(spec, lane) : 0;
    case 'silence':
      return listMicroUsd(spec, lane);
    default:
      return reply satisfies never;
  }
}
