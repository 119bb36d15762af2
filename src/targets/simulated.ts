/** The emulated service, called directly: transit takes no time. */
import type { Attempt, BatchSubmission, Target } from '../model/attempt.ts';
import { type Clock, RANK } from '../model/clock.ts';
import { providerOf } from '../model/request-spec.ts';
import type { Service } from '../service/service.ts';

/** @param startAtMs epoch ms at which the run's clock shows 0 */
export function simulated(service: Service, clock: Clock, startAtMs: number): Target {
  const draw = { request: 0, attempt: 0 };
  return {
    send(attempt: Attempt): void {
      draw.request = attempt.request;
      draw.attempt = attempt.n;
      const answer = service.answer(attempt, draw, startAtMs + clock.nowMs);
      attempt.reply = answer.reply;
      clock.at(clock.nowMs + answer.afterMs, RANK.completion, attempt);
    },
    submit(batch: BatchSubmission): void {
      const answer = service.answerBatch(batch, startAtMs + clock.nowMs);
      for (const [i, row] of batch.rows.entries()) row.reply = answer.replies[i]!;
      batch.state = answer.state;
      clock.at(clock.nowMs + answer.afterMs, RANK.completion, batch);
    },
    abandon(): void {},
  };
}

/** Sends what Gemini itself answers over `wire`; batch jobs and other providers are answered by the emulated service. */
export function withEmulatedRest(wire: Pick<Target, 'send' | 'abandon'>, emulated: Target): Target {
  return {
    send: (attempt) => (providerOf(attempt.spec.model) === null ? wire : emulated).send(attempt),
    submit: (batch) => emulated.submit(batch),
    abandon: (attempt) => wire.abandon(attempt),
  };
}
