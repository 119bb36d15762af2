/** The emulated service, called directly: transit takes no time. */
import type { Attempt, Target } from '../model/attempt.ts';
import { type Clock, RANK } from '../model/clock.ts';
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
    abandon(): void {},
  };
}
