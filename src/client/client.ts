/** Puts the policies of one client together: its gates in order, and its judgement of an answer. */
import type { DropCause } from '../model/names.ts';
import type { Reply } from '../model/reply.ts';
import { withModel, withProvider } from '../model/request-spec.ts';
import type { Recorder } from '../model/rows.ts';
import type { ClientSpec } from '../model/scenario.ts';
import { smallInteger } from '../model/small-integer.ts';
import { Adaptive } from './adaptive.ts';
import { Breaker } from './breaker.ts';
import { matches } from './cause.ts';
import type { Account, Candidate, Client, Gate, Verdict } from './gate.ts';
import { gates } from './gates.ts';
import { OwnLimits } from './own-limits.ts';
import { Pace } from './pace.ts';
import { type RetryContext, RetryPolicy } from './retry.ts';
import { Schedule } from './schedule.ts';

const DELIVER: Verdict = { do: 'deliver' };
const BLOCK: Verdict = { do: 'block' };
const FAIL: Verdict = { do: 'fail' };

/** @param budget the one of the run, shared by all clients; null: none */
export function client(spec: ClientSpec, context: RetryContext, budget: Account | null, record: Recorder): Client {
  return new PolicyClient(spec, context, budget, record);
}

class PolicyClient implements Client {
  readonly name: string;
  readonly queueLimit: number;
  readonly queueDeadlineMs: number | null;
  readonly timeoutMs: number | null;
  readonly holdsSlot: boolean;
  readonly gate: Gate | null;
  readonly budget: Account | null;
  readonly rowsPerJob: number;
  readonly hedgeAfterMs: number | null;
  private readonly spec: ClientSpec;
  private readonly retry: RetryPolicy;
  private readonly providers: RetryContext['providers'];
  private readonly concurrency: number;
  private readonly adaptive: Adaptive | null;
  private readonly schedule: Schedule | null;
  private readonly breaker: Breaker | null;
  private readonly retryVerdict = { do: 'retry' as const, atMs: 0 };

  constructor(spec: ClientSpec, context: RetryContext, budget: Account | null, record: Recorder) {
    this.spec = spec;
    this.name = spec.name;
    this.concurrency = spec.concurrency ?? Infinity;
    this.adaptive = spec.adaptive ? new Adaptive(spec.adaptive) : null;
    this.schedule = spec.schedule ? new Schedule(spec.schedule, context.startAtMs) : null;
    this.queueLimit = spec.queue.limit ?? Infinity;
    this.queueDeadlineMs = spec.queue.deadlineMs;
    this.timeoutMs = spec.timeoutMs;
    this.holdsSlot = spec.retry.holdsSlot;
    this.budget = budget;
    this.rowsPerJob = spec.rowsPerJob;
    this.hedgeAfterMs = spec.hedge?.afterMs ?? null;
    this.providers = context.providers;
    this.retry = new RetryPolicy(spec.retry, context);
    this.breaker = spec.breaker ? new Breaker(spec.breaker, spec.name, record) : null;
    this.gate = gates({
      schedule: this.schedule,
      limits: spec.limits ? new OwnLimits(spec.limits) : null,
      pace: spec.paceIntervalMs === null ? null : new Pace(spec.paceIntervalMs),
      breaker: this.breaker,
      budget,
    });
  }

  get slots(): number {
    return this.adaptive === null ? this.concurrency : Math.min(this.concurrency, this.adaptive.slots);
  }

  isOpen(atMs: number): boolean {
    return this.schedule === null || this.schedule.opensAtMs(atMs) === atMs;
  }

  judge(candidate: Candidate, reply: Reply, sentMs: number, atMs: number, isLast: boolean): Verdict {
    this.adaptive?.ended(reply);
    if (reply.kind === 'image') {
      this.retry.succeeded(candidate);
      this.breaker?.succeeded(candidate, atMs);
      return DELIVER;
    }
    const nextMs = isLast ? -1 : this.retry.nextAtMs(candidate, reply, sentMs, atMs);
    if (nextMs >= 0) {
      this.retryVerdict.atMs = smallInteger(nextMs);
      return this.retryVerdict;
    }
    if (reply.kind === 'blocked') {
      this.breaker?.succeeded(candidate, atMs);
      return BLOCK;
    }
    const chain = this.breaker?.spec.scope === 'chain';
    const counts = this.breaker !== null && matches(this.breaker.spec.counts, reply);
    if (!chain) this.breaker?.failed(candidate, counts, atMs);
    const fallback = isLast ? null : this.fallback(candidate, reply);
    if (fallback) return fallback;
    if (chain) this.breaker?.failed(candidate, counts, atMs);
    return FAIL;
  }

  judgeRow(candidate: Candidate, reply: Reply): Verdict {
    if (reply.kind === 'image') return DELIVER;
    if (reply.kind === 'blocked') return BLOCK;
    return (candidate.step > 0 ? this.fallback(candidate, reply) : null) ?? FAIL;
  }

  refused(candidate: Candidate, cause: DropCause, _atMs: number): Verdict {
    if (cause === 'breaker' && this.breaker?.spec.scope !== 'chain') {
      const fallback = this.fallback(candidate, null);
      if (fallback) return fallback;
    }
    return { do: 'drop', cause };
  }

  closed(candidate: Candidate): void {
    this.breaker?.closed(candidate);
  }

  /**
   * The next step of the chain that is meant for this ending, with fresh attempts.
   *
   * @param reply null: a breaker turned it away. A closure over the reply would cost `judge` an allocation for every answer.
   */
  private fallback(candidate: Candidate, reply: Reply | null): Verdict | null {
    const steps = this.spec.fallback;
    for (let i = candidate.step; i < steps.length; i++) {
      const step = steps[i]!;
      if (!(reply === null ? step.on.includes('breaker') : matches(step.on, reply))) continue;
      candidate.step = i + 1;
      candidate.throttled = candidate.failures = 0;
      candidate.throttledWaitMs = candidate.failureWaitMs = 0;
      if ('lane' in step.to) return { do: 'batch' };
      if ('model' in step.to) return { do: 'fallback', spec: withModel(candidate.asked, step.to.model) };
      const { provider } = step.to;
      return { do: 'fallback', spec: withProvider(candidate.asked, provider, this.providers[provider]?.usdPerImage ?? 0) };
    }
    return null;
  }
}
