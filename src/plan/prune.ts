/**
 * Which candidates need no simulation, because arithmetic rules them out: each with a reason code and its numbers.
 *
 * Every rule is a bound in the candidate's favour (mean latency, no refusals, failures that are independent): what it rules out
 * cannot hold, but for the spread between one draw of the traffic and another, for which two per cent are left.
 */
import { type BucketName, type EnforcedBucket, isMoney } from '../model/names.ts';
import type { ClientSpec, Scenario } from '../model/scenario.ts';
import { formatDuration, HOUR_MS, MINUTE_MS } from '../model/time.ts';
import { enforcedLimit } from '../quota/bucket-set.ts';
import { unknownOf } from './assumptions.ts';
import { type Bound, bindingOf, bounds, horizonMs, overloadAt } from './bounds.ts';
import type { Field } from './candidates.ts';
import { carried, mixOf } from './carried.ts';
import type { OfferedRequest } from './offered.ts';
import type { Candidate, Change, Constraint, Problem, Pruned, Reason } from './result.ts';

export interface Ranked {
  readonly candidate: Candidate;
  /** What arithmetic expects of it; the simulation decides. */
  readonly success: number;
  readonly waitMsP95: number;
}

export interface PrunedField {
  /** Most promising first. */
  readonly ranked: readonly Ranked[];
  readonly pruned: readonly Pruned[];
}

/** What constraints of the whole run ask for, as far as arithmetic can judge it. */
export interface Required {
  readonly success: number;
  readonly latencyMsP95: number | null;
  readonly costUsd: number | null;
  readonly bindsNothing: boolean;
  readonly refusesNothing: boolean;
}

const SLACK = 0.02;

export function required(constraints: readonly Constraint[]): Required {
  const own = constraints.filter(({ traffic }) => traffic === null);
  const value = (metric: string, ops: readonly string[]): number | null => {
    const found = own.find((one) => one.metric === metric && ops.includes(one.op));
    return typeof found?.value === 'number' ? found.value : null;
  };
  const isNone = (metric: string): boolean => own.some((one) => one.metric === metric && one.op === '==' && one.value === 'none');
  return {
    success: value('success_ratio', ['>=', '>']) ?? 0,
    latencyMsP95: value('latency_ms_p95', ['<=', '<']),
    costUsd: value('cost_usd', ['<=', '<']),
    bindsNothing: isNone('binding_bucket'),
    refusesNothing: isNone('first_bucket'),
  };
}

export function prune(problem: Problem, field: Field, needs: Required): PrunedField {
  const { ground, candidates } = field;
  const all = bounds(ground.scenario, field.offered);
  const fallen = new Map<Reason, { count: number; fault: Fault }>();
  const drop = (fault: Fault): void => {
    const before = fallen.get(fault.reason);
    fallen.set(fault.reason, { count: (before?.count ?? 0) + 1, fault: before?.fault ?? fault });
  };
  const ofGround = groundFault(field, all, needs);
  const ofFallback = fallbackFault(problem);
  const judge = clientJudge(field, all, needs);
  const ranked: Ranked[] = [];
  for (const candidate of candidates) {
    const fault =
      ofGround && !(ofGround.isOfModel && escapes(candidate, ground.scenario)) ? ofGround : (ofFallback(candidate) ?? judge(candidate));
    if ('reason' in fault) drop(fault);
    else ranked.push({ candidate, ...fault });
  }
  const order = problem.goals.includes('latency') ? 1 : 0;
  return {
    ranked: ranked.sort(
      (a, b) =>
        b.success - a.success ||
        order * (a.waitMsP95 - b.waitMsP95) ||
        a.candidate.complexity - b.candidate.complexity ||
        a.candidate.changes.length - b.candidate.changes.length ||
        a.candidate.id - b.candidate.id,
    ),
    pruned: [...fallen].map(
      ([
        reason,
        {
          count,
          fault: { bucket, explanation },
        },
      ]) => ({
        reason,
        count,
        tier: ground.tier,
        ...(bucket === undefined ? {} : { bucket }),
        explanation,
      }),
    ),
  };
}

interface Fault {
  readonly reason: Reason;
  readonly explanation: string;
  /** The limit that is too small; left out: it is none. */
  readonly bucket?: BucketName;
  /** Of one model: a fallback that answers refusals may get around it. */
  readonly isOfModel?: boolean;
}

const PER: Readonly<Record<EnforcedBucket, string>> = {
  monthly: 'a month',
  rpd: 'a day',
  spend10m: 'in ten minutes',
  ipm: 'a minute',
  tpm: 'a minute',
  rpm: 'a minute',
};

const REASON_OF: Readonly<Partial<Record<BucketName, Reason>>> = { rpd: 'RPD', monthly: 'CAP', spend10m: 'SPEND' };

/** A model that a candidate falls back to must be known like any other: what is not known refuses nothing, and would win by that. */
function fallbackFault(problem: Problem): (candidate: Candidate) => Fault | null {
  const faults = new Map<string, Fault | null>();
  return ({ changes, settings, tier }) => {
    const to = JSON.stringify(changes.filter(({ lever }) => lever === 'fallback').map((one) => one.to));
    if (to === '[]') return null;
    if (!faults.has(to)) {
      const scenario = problem.resolve(settings);
      const models = (problem.scenario.allow?.models ?? []).filter((model) => to.includes(JSON.stringify(model)));
      const unknown = models.flatMap((model) => unknownOf(model, scenario));
      faults.set(
        to,
        unknown.length === 0
          ? null
          : {
              reason: 'UNKNOWN',
              bucket: unknown[0]!.bucket,
              explanation: `tier ${tier}: ${unknown.map(({ bucket }) => bucket).join(', ')} of ${unknown[0]!.model} not known, which would be fallen back to`,
            },
      );
    }
    return faults.get(to) ?? null;
  };
}

/** What is wrong with every candidate on this ground; null: nothing. */
function groundFault({ ground, offered }: Field, all: readonly Bound[], needs: Required): Fault | null {
  const { scenario, tier, unknown, assumptions } = ground;
  const [missing] = unknown;
  if (missing) {
    const names = unknown.map(({ bucket }) => bucket).join(', ');
    return {
      reason: 'UNKNOWN',
      bucket: missing.bucket,
      explanation: `tier ${tier}: ${names} of ${missing.model} not known, and nothing to assume`,
    };
  }
  const [worst] = all;
  const asked = needs.refusesNothing ? 1 : needs.success * (1 - SLACK);
  if (worst && worst.ratio < asked) {
    const { bucket, model } = worst.limit;
    const assumed = assumptions.find((one) => one.bucket === bucket && one.model === model);
    const isOfModel = model !== null;
    const numbers = `${inUnit(bucket, worst.demand)} wanted, ${inUnit(bucket, enforcedLimit(worst.limit) ?? 0)} ${PER[bucket as EnforcedBucket]} allowed, ${inUnit(bucket, worst.supply)} in all of this run${worst.overloadedRatio === 0 ? '' : `, of which 503s take ${share(worst.overloadedRatio)} at the least`}`;
    if (assumed) return { reason: 'UNKNOWN', bucket, explanation: `tier ${tier}: ${bucket} ${assumed.why}; ${numbers} at that`, isOfModel };
    return {
      reason: REASON_OF[bucket] ?? 'MINUTE',
      bucket,
      explanation: `tier ${tier}: ${bucket} carries ${share(worst.ratio)}: ${numbers}`,
      isOfModel,
    };
  }
  const binding = needs.bindsNothing ? bindingOf(scenario, offered) : null;
  if (binding) {
    const assumed = assumptions.find((one) => one.bucket === binding.bucket && one.model === binding.model);
    const text = `tier ${tier}: more is asked of ${binding.bucket} than it allows, whoever waits`;
    return assumed
      ? { reason: 'UNKNOWN', bucket: binding.bucket, explanation: `${text}; ${assumed.why}` }
      : { reason: REASON_OF[binding.bucket] ?? 'MINUTE', bucket: binding.bucket, explanation: text };
  }
  const leastUsd =
    (needs.success * offered.reduce((sum, one) => sum + (one.entry.lane === 'batch' ? one.spec.batchMicroUsd : one.spec.listMicroUsd), 0)) /
    1e6;
  const mostUsd = Math.min(needs.costUsd ?? Infinity, scenario.budget.microUsd === null ? Infinity : scenario.budget.microUsd / 1e6);
  if (leastUsd * (1 - SLACK) > mostUsd)
    return {
      reason: 'CAP',
      explanation: `${share(needs.success)} of all requests cost $${leastUsd.toFixed(2)} at list price, $${mostUsd} is allowed`,
    };
  return null;
}

/** Judges what clients do on a ground. */
function clientJudge(
  { ground, offered, demand }: Field,
  all: readonly Bound[],
  needs: Required,
): (candidate: Candidate) => Fault | Omit<Ranked, 'candidate'> {
  const { scenario } = ground;
  const interactive = offered.filter(({ entry }) => entry.lane === 'interactive');
  const found = carried(scenario, mixOf(scenario, demand.counts), null);
  const perMinute = found?.perMinute ?? Infinity;
  const latencyMs = found?.latencyMs ?? 0;
  const groundShare = all[0]?.ratio ?? 1;
  const wait = waits(interactive, horizonMs(scenario));
  const failing = failures(scenario, interactive);
  const clients = [...new Set(interactive.map(({ entry }) => entry.client))];
  return (candidate) => {
    if (interactive.length === 0 || !found) return { success: 1, waitMsP95: 0 };
    const acting = clients.map((index) => ({ ...clientUnder(scenario, index, candidate.changes), spec: scenario.clients[index]! }));
    const pace = sum(acting.map(({ pacePerMinute }) => pacePerMinute));
    const slots = sum(acting.map(({ slots: own }) => own));
    const slotsPerMinute = (slots * MINUTE_MS) / Math.max(1, latencyMs);
    const own = Math.min(pace, slotsPerMinute);
    const alone = acting.length === 1 ? acting[0]! : null;
    const waiting = wait(Math.min(own, perMinute));
    const reason: Reason = own > perMinute ? 'MINUTE' : pace < slotsPerMinute ? 'PACE' : 'LITTLE';
    const rate = `${round(Math.min(own, perMinute))} requests a minute (${pace < slotsPerMinute ? 'pace' : `${slots === Infinity ? 'any number of' : slots} slots of ${formatDuration(latencyMs)}`})`;
    if (waiting.delivered < needs.success * (1 - SLACK))
      return { reason, explanation: `tier ${ground.tier}: ${rate} send ${share(waiting.delivered)} before the run has drained` };
    const dropped = alone?.queueDeadlineMs == null ? 0 : waiting.later(alone.queueDeadlineMs * (1 + SLACK));
    if (1 - dropped < needs.success * (1 - SLACK))
      return { reason, explanation: `tier ${ground.tier}: at ${rate} ${share(dropped)} wait longer than the queue lets them` };
    if (needs.latencyMsP95 !== null && waiting.msP95 > needs.latencyMsP95 * (1 + SLACK))
      return { reason, explanation: `tier ${ground.tier}: at ${rate} waiting alone takes ${formatDuration(waiting.msP95)} at p95` };
    const survives = alone === null || alone.escapes ? 1 : 1 - failing(alone.attempts);
    if (survives < needs.success * (1 - SLACK))
      return {
        reason: 'RETRY',
        explanation: `${alone!.attempts} attempts: ${share(1 - survives)} of requests fail of 503 alone, if failures are independent`,
      };
    const isHeld = acting.every(({ isHeld: held }) => held);
    const refused =
      isHeld || acting.every(({ retriesRefusals }) => retriesRefusals)
        ? 1
        : Math.min(1, perMinute / Math.max(1, Math.min(demand.busiestMinute, own)));
    return { success: Math.min(groundShare, waiting.delivered, 1 - dropped, survives, refused), waitMsP95: waiting.msP95 };
  };
}

interface Acting {
  readonly slots: number;
  readonly pacePerMinute: number;
  readonly attempts: number;
  readonly queueDeadlineMs: number | null;
  readonly retriesRefusals: boolean;
  /** Sends no faster than a pace or limits of its own. */
  readonly isHeld: boolean;
  /** Has somewhere else to go when a model does not answer. */
  readonly escapes: boolean;
}

/** How often a retry that comes back after minutes may try: no bound that is worth computing. */
const PATIENT_ATTEMPTS = 20;

/** A client as the changes of a candidate make it, as far as arithmetic needs it. */
function clientUnder(scenario: Scenario, index: number, changes: readonly Change[]): Acting {
  const spec = scenario.clients[index]!;
  const of = (key: string): Change | undefined =>
    changes.find(({ path }) => (index === 0 ? path === `client.${key}` : path.endsWith(`].client.${key}`)));
  const concurrency = of('concurrency');
  const pace = of('pace');
  const limits = of('limits');
  const retry = of('retry');
  return {
    slots: concurrency ? Number(concurrency.to) : (spec.concurrency ?? Infinity),
    pacePerMinute: pace ? perMinuteOf(pace.to) : spec.paceIntervalMs === null ? Infinity : MINUTE_MS / spec.paceIntervalMs,
    attempts: retry ? PATIENT_ATTEMPTS : isPatient(spec) ? PATIENT_ATTEMPTS : spec.retry.attempts,
    queueDeadlineMs: of('queue') ? null : spec.queue.deadlineMs,
    retriesRefusals: retry !== undefined || spec.retry.throttledAttempts === null,
    isHeld: (pace ? pace.to !== 'none' : spec.pace !== null) || (limits ? limits.to !== 'none' : spec.limits !== null),
    escapes: of('fallback') !== undefined || spec.fallback.length > 0,
  };
}

/** Whose waits may carry a request out of an overload that lasts. */
function isPatient({ retry }: ClientSpec): boolean {
  return (retry.stepsMs?.at(-1) ?? retry.capMs) * retry.attempts > HOUR_MS / 12;
}

function perMinuteOf(to: unknown): number {
  const [, count, unit] = /^([\d.]+)\/(min|h)$/.exec(String(to)) ?? [];
  return count === undefined ? Infinity : Number(count) / (unit === 'h' ? 60 : 1);
}

/** Whether a candidate can send elsewhere what a limit of one model refuses. */
function escapes(candidate: Candidate, { clients }: Scenario): boolean {
  const isRefusal = (on: readonly unknown[]): boolean => on.includes(429) || on.includes('rpd');
  return (
    candidate.changes.some(({ lever }) => lever === 'fallback') || clients.some(({ fallback }) => fallback.some(({ on }) => isRefusal(on)))
  );
}

/** First come first served at a constant rate: how long requests wait and how many are sent in time. By rate, remembered. */
function waits(interactive: readonly OfferedRequest[], endMs: number) {
  const seen = new Map<number, { delivered: number; msP95: number; later: (ms: number) => number }>();
  return (ratePerMinute: number) => {
    const known = seen.get(ratePerMinute);
    if (known) return known;
    const gapMs = ratePerMinute === Infinity ? 0 : MINUTE_MS / ratePerMinute;
    const waited = new Float64Array(interactive.length);
    let freeMs = 0;
    let inTime = 0;
    for (const [i, { dueMs }] of interactive.entries()) {
      const sentMs = Math.max(dueMs, freeMs);
      freeMs = sentMs + gapMs;
      waited[i] = sentMs - dueMs;
      if (sentMs <= endMs) inTime++;
    }
    waited.sort();
    const answer = {
      delivered: interactive.length === 0 ? 1 : inTime / interactive.length,
      msP95: waited[Math.max(0, Math.ceil(0.95 * waited.length) - 1)] ?? 0,
      later: (ms: number) => (waited.length === 0 ? 0 : waited.filter((one) => one > ms).length / waited.length),
    };
    seen.set(ratePerMinute, answer);
    return answer;
  };
}

/** Share of requests of which every one of n attempts meets an overload, each by its own luck. */
function failures({ service, clock }: Scenario, interactive: readonly OfferedRequest[]): (attempts: number) => number {
  const seen = new Map<number, number>();
  return (attempts) => {
    const known = seen.get(attempts);
    if (known !== undefined || service.overload.length === 0 || interactive.length === 0) return known ?? 0;
    let failing = 0;
    for (const { dueMs, spec } of interactive) failing += overloadAt(service.overload, spec.model, clock.startAtMs + dueMs) ** attempts;
    const answer = failing / interactive.length;
    seen.set(attempts, answer);
    return answer;
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function inUnit(bucket: BucketName, value: number): string {
  if (isMoney(bucket)) return `$${(value / 1e6).toFixed(2)}`;
  return Math.round(value).toLocaleString('en');
}

function share(ratio: number): string {
  return `${round(100 * ratio)} %`;
}

function round(value: number): string {
  return String(Number(value.toPrecision(3)));
}
