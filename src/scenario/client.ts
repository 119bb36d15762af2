/** A `client` mapping to what the client does: presets opened, defaults of a given retry filled in, whole keys replaced. */
import { GUIDE_BREAKER, RETRY_PRESETS, type RetryPreset } from '../client/retry-presets.ts';
import { nearest } from '../model/nearest.ts';
import { type BreakerSpec, type ClientSpec, type FallbackStep, RETRY_NONE, type RetrySpec } from '../model/scenario.ts';
import type { ClientSection } from './definition.ts';
import type { Path } from './document.ts';
import type { Findings } from './findings.ts';
import { canonical } from './models.ts';

/** What a `retry` that is given means where it says nothing. Source: contract §1. */
const RETRY_GIVEN: RetrySpec = {
  ...RETRY_NONE,
  preset: null,
  attempts: 5,
  throttledAttempts: 5,
  retryOn: [429, 500, 502, 503, 504, 'timeout'],
};

export function clientSpec(name: string, section: ClientSection, path: Path, providers: readonly string[], findings: Findings): ClientSpec {
  const preset = presetOf(section);
  const { limits, queue, hedge, adaptive, schedule } = section;
  const pace = unlessNone(section.pace);
  return {
    name,
    concurrency: unlessNone(section.concurrency),
    pace,
    paceIntervalMs: pace === null ? null : Math.ceil(pace.perMs / pace.count),
    limits:
      limits === undefined || limits === 'none'
        ? null
        : {
            rpm: limits.rpm ?? null,
            ipm: limits.ipm ?? null,
            tpm: limits.tpm ?? null,
            spend10mMicroUsd: limits.spend10mUsd ?? null,
            marginRatio: limits.margin,
          },
    queue: { limit: unlessNone(queue?.limit), deadlineMs: unlessNone(queue?.deadline) },
    timeoutMs: unlessNone(section.timeout),
    retry: retrySpec(section),
    breaker: section.breaker === undefined ? (preset?.breaker ?? null) : breakerSpec(section.breaker),
    fallback:
      section.fallback === undefined
        ? (preset?.fallback ?? [])
        : fallbackSteps(section.fallback, [...path, 'fallback'], providers, findings),
    hedge: hedge === undefined || hedge === 'none' ? null : { afterMs: hedge.after },
    adaptive: adaptive === undefined || adaptive === 'none' ? null : adaptive,
    schedule: schedule === undefined || schedule === 'none' ? null : schedule.allow,
    rowsPerJob: section.batch?.rowsPerJob ?? 100,
  };
}

function presetOf({ retry }: ClientSection): RetryPreset | undefined {
  const name = typeof retry === 'string' ? retry : retry?.preset;
  return name === undefined ? undefined : RETRY_PRESETS[name];
}

function retrySpec(section: ClientSection): RetrySpec {
  const { retry } = section;
  if (retry === undefined) return { ...RETRY_NONE, preset: null };
  const given = typeof retry === 'string' ? { preset: retry } : retry;
  const preset = presetOf(section)?.retry ?? {};
  const base: RetrySpec = { ...RETRY_GIVEN, ...preset };
  const attempts = given.attempts ?? base.attempts;
  return {
    ...base,
    preset: given.preset ?? null,
    attempts,
    throttledAttempts: throttledAttempts(
      given.throttledAttempts,
      given.attempts === undefined ? preset.throttledAttempts : undefined,
      attempts,
    ),
    growth: given.growth ?? base.growth,
    baseMs: given.base ?? base.baseMs,
    factor: given.factor ?? base.factor,
    capMs: given.cap ?? base.capMs,
    jitter: given.jitter ?? base.jitter,
    deadlineMs: given.deadline ?? base.deadlineMs,
    budgetRatio: given.budgetRatio ?? base.budgetRatio,
    retryOn: given.retryOn ?? base.retryOn,
    obeyRetryInfo: given.obeyRetryInfo ?? base.obeyRetryInfo,
    onDailyLimit: given.onDailyLimit ?? base.onDailyLimit,
    holdsSlot: given.holdsSlot ?? base.holdsSlot,
  };
}

/** null: unlimited. A preset's own count holds unless the attempts were overridden. */
function throttledAttempts(given: number | 'unlimited' | undefined, preset: number | null | undefined, attempts: number): number | null {
  if (given !== undefined) return given === 'unlimited' ? null : given;
  return preset === undefined ? attempts : preset;
}

function breakerSpec(breaker: NonNullable<ClientSection['breaker']>): BreakerSpec | null {
  if (breaker === 'none') return null;
  if (breaker === 'guide') return GUIDE_BREAKER;
  const { failures, cooldown, scope, counts, afterCooldown } = breaker;
  return { failures, cooldownMs: cooldown, scope, counts, afterCooldown };
}

function fallbackSteps(
  fallback: NonNullable<ClientSection['fallback']>,
  path: Path,
  providers: readonly string[],
  findings: Findings,
): readonly FallbackStep[] {
  if (fallback === 'none') return [];
  return fallback.map((step, i): FallbackStep => {
    if ('model' in step) return { to: { model: canonical(step.model, findings) }, on: step.on };
    if ('lane' in step) return { to: { lane: step.lane }, on: step.on };
    if (!providers.includes(step.provider)) {
      const meant = nearest(step.provider, providers);
      const known = meant === null ? 'expected a name from providers' : `expected a name from providers such as ${meant}`;
      findings.problem([...path, i, 'provider'], known);
    }
    return { to: { provider: step.provider }, on: step.on };
  });
}

function unlessNone<T>(value: T | 'none' | undefined): T | null {
  return value === undefined || value === 'none' ? null : (value as T);
}
