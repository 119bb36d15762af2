/** Whether a client could go on for ever within one instant: virtual time would never pass. */
import type { ClientSpec, RetrySpec, Scenario, ServiceSpec } from '../model/scenario.ts';

/** What is wrong with a retry that neither a count nor time bounds; null when something does. */
export function endlessRetry(client: ClientSpec, service: ServiceSpec, requestsMax: number | null): string | null {
  const { retry } = client;
  const bounded = retry.throttledAttempts !== null || retry.budgetRatio !== null || client.pace !== null || requestsMax !== null;
  const takesTime = service.refusalLatencyMs > 0 && !service.faults.some(({ class: one }) => one.startsWith('billing.'));
  if (bounded || takesTime || !retry.retryOn.includes(429) || waitMaxMs(retry) > 0) return null;
  return 'retries 429s for ever within one instant: give throttledAttempts a count, base and cap a length, or service.refusalLatency a length such as 300ms';
}

/** What is wrong with users that think for no time while something answers them in no time; null when all takes time. */
export function endlessUsers(client: ClientSpec, service: ServiceSpec, budget: Scenario['budget']): string | null {
  const instant = [
    service.refusalLatencyMs === 0 ? 'a 429 takes no time (service.refusalLatency 0)' : null,
    service.overloadLatencyMs === 0 && (service.overload.length > 0 || service.errorRatio > 0)
      ? 'a 503 takes no time (service.overloadLatency 0)'
      : null,
    service.promptBlockRatio > 0 ? 'a blocked prompt is answered at once' : null,
    service.faults.length > 0 ? 'faults are answered at once' : null,
    client.breaker !== null ? 'an open breaker drops at once' : null,
    client.queue.limit !== null || client.queue.deadlineMs === 0 ? 'a full queue drops at once' : null,
    budget.microUsd !== null || budget.requests !== null ? 'a spent budget drops at once' : null,
    Object.values(service.latency).some((latency) => latency.kind === 'fixed' && latency.ms === 0) ? 'a latency is fixed at 0' : null,
  ].find((reason) => reason !== null);
  if (instant === undefined) return null;
  return `users without think time would go on for ever within one instant, because ${instant}: give think.mean a length such as 1s`;
}

/** The longest wait of a kind there can be: 0 when it never waits. */
function waitMaxMs(retry: RetrySpec): number {
  if (retry.jitter === 'additive') return retry.capMs;
  return Math.min(retry.baseMs, retry.capMs);
}
