/** How a budget counts where the money is real. */
import type { Pricing } from '../../client/budget.ts';
import type { Candidate } from '../../client/gate.ts';
import { listMicroUsd } from '../../model/cost.ts';
import { httpStatusOf } from '../../model/reply.ts';
import { type Asked, reservedMicroUsd, spentMicroUsd } from '../../model/worst-case.ts';

/** @param promptBytesMax see `reservedMicroUsd` */
export function worstCase(promptBytesMax: number): Pricing {
  return {
    reserveMicroUsd: (candidate) => reservedMicroUsd(askedBy(candidate), promptBytesMax),
    settledMicroUsd: (candidate, reply) => {
      const usage = reply.kind === 'image' || reply.kind === 'blocked' ? reply.usage : null;
      return spentMicroUsd(
        askedBy(candidate),
        { httpStatus: httpStatusOf(reply), usage, isDelivered: reply.kind === 'image' },
        promptBytesMax,
      );
    },
  };
}

function askedBy({ spec, lane }: Candidate): Asked {
  return { model: spec.model, size: spec.size, lane, listMicroUsd: listMicroUsd(spec, lane) };
}
