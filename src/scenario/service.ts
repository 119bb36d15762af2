/** The `service` section: overload rules and faults with their spans, latencies by GA id. */
import type { ModelId } from '../model/names.ts';
import type { FaultRule, LatencySpec, OverloadRule, ServiceSpec, Span } from '../model/scenario.ts';
import { DAY_MS, HOUR_MS } from '../model/time.ts';
import type { LatencySection, ServiceSection, SpanEnd } from './definition.ts';
import type { Path } from './document.ts';
import type { Findings } from './findings.ts';
import { canonical } from './models.ts';
import { momentAtMs } from './units.ts';

/**
 * 8 % from 00 to 06, 45 % from 10 to 14 UTC: reseller blogs quoting each other, 2026-02 to 2026-03, bounds used as means, never
 * measured; 20 % elsewhere is assumed.
 */
const COMMUNITY_UTC_HOURS: readonly OverloadRule[] = [overloaded(0, 6, 0.08), overloaded(10, 14, 0.45), overloaded(0, 24, 0.2)];

/**
 * Claims of reseller guides, 2026-02 to 2026-03; none has a data set. `error-mix-claim`: 429 70 %, 503 and 502 15 %, 403 8 %,
 * the rest 7 % of the "45 % of calls that fail at peak". `403-wave`: every call, for as long as the rule says.
 * `incident-2026-01`: the share is assumed, only slow answers and 503s are claimed.
 */
const FAULT_PRESETS: Readonly<Record<string, readonly Pick<FaultRule, 'class' | 'ratio'>[]>> = {
  'error-mix-claim': [
    { class: 'quota.unspecified', ratio: 0.315 },
    { class: 'capacity.overloaded', ratio: 0.0675 },
    { class: 'auth.project-denied', ratio: 0.036 },
    { class: 'server.internal', ratio: 0.0315 },
  ],
  '403-wave': [{ class: 'auth.project-denied', ratio: 1 }],
  'incident-2026-01': [
    { class: 'capacity.overloaded', ratio: 0.3 },
    { class: 'server.timeout', ratio: 0.1 },
  ],
};

export function serviceSpec(section: ServiceSection, startAtMs: number, findings: Findings): ServiceSpec {
  const { batch } = section;
  return {
    overload: overloadRules(section.overload, startAtMs, findings),
    overloadPreset: section.overload === 'community-utc-hours' ? section.overload : null,
    overloadLatencyMs: section.overloadLatency,
    refusalLatencyMs: section.refusalLatency,
    overloadConsumes: section.overloadConsumes,
    latency: latencies(section.latency, findings),
    deadlineMs: section.deadline,
    blockRatio: section.blockRatio,
    promptBlockRatio: section.promptBlockRatio,
    errorRatio: section.errorRate,
    faults: faultRules(section.faults, startAtMs, findings),
    batch: {
      turnaround: { p50Ms: batch.turnaround.p50, p95Ms: batch.turnaround.p95 },
      expireAfterMs: batch.expireAfter,
      countsToSpend10m: batch.countsToSpend10m,
    },
  };
}

export function latencySpec(latency: LatencySection): LatencySpec {
  if ('p50' in latency) return { kind: 'lognormal', p50Ms: latency.p50, p95Ms: latency.p95 };
  if ('fixed' in latency) return { kind: 'fixed', ms: latency.fixed };
  return { kind: latency.distribution, meanMs: latency.mean };
}

function overloadRules(overload: ServiceSection['overload'], startAtMs: number, findings: Findings): readonly OverloadRule[] {
  if (overload === 'none') return [];
  if (overload === 'community-utc-hours') {
    findings.warn(
      'unverified-preset',
      'overload community-utc-hours is an unverified community claim (2026-02): bounds are used as means, and 20 % elsewhere is assumed',
    );
    return COMMUNITY_UTC_HOURS;
  }
  return overload.flatMap((rule, i): OverloadRule[] => {
    const span = spanOf(rule.from, rule.to, ['service', 'overload', i], startAtMs, findings);
    if (span === null) return [];
    const { errorRate: errorRatio, meanSpell, latencyFactor } = rule;
    return [{ span, errorRatio, models: modelsOf(rule.models, findings), meanSpellMs: meanSpell ?? null, latencyFactor }];
  });
}

function faultRules(faults: ServiceSection['faults'], startAtMs: number, findings: Findings): readonly FaultRule[] {
  if (faults === 'none') return [];
  return (Array.isArray(faults) ? faults : [faults]).flatMap((fault, i) => {
    if (typeof fault === 'string') return presetFaults(fault, null, null, findings);
    const path = ['service', 'faults', i];
    const { from, to } = fault;
    if ((from === undefined) !== (to === undefined)) {
      findings.problem([...path, from === undefined ? 'from' : 'to'], 'expected from and to together');
      return [];
    }
    const span = from === undefined || to === undefined ? null : spanOf(from, to, path, startAtMs, findings);
    const models = modelsOf(fault.models, findings);
    return 'preset' in fault
      ? presetFaults(fault.preset, models, span, findings)
      : [{ class: fault.class, ratio: fault.ratio, models, span }];
  });
}

function presetFaults(preset: string, models: readonly ModelId[] | null, span: Span | null, findings: Findings): readonly FaultRule[] {
  findings.warn('unverified-preset', `faults ${preset} is an unverified community claim (2026-02 to 2026-03)`);
  return (FAULT_PRESETS[preset] ?? []).map((fault) => ({ ...fault, models, span }));
}

/** Both ends wall times, or both instants; a wall time with a zone as `to` is the first after `from`. */
function spanOf(from: SpanEnd, to: SpanEnd, path: Path, startAtMs: number, findings: Findings): Span | null {
  if (from.kind === 'daily' && to.kind === 'daily') {
    if (from.dailyMs !== to.dailyMs) return { kind: 'daily', fromMs: from.dailyMs, toMs: to.dailyMs };
    findings.problem([...path, 'to'], 'expected another wall time than from; the whole day is 00:00Z to 24:00Z');
    return null;
  }
  if (from.kind === 'daily' || to.kind === 'daily') {
    findings.problem(
      [...path, 'to'],
      `expected ${from.kind === 'daily' ? 'a UTC wall time such as 11:00Z' : 'an instant such as +2h'}, as from is one`,
    );
    return null;
  }
  const fromAtMs = momentAtMs(from, startAtMs);
  const toAtMs = momentAtMs(to, to.kind === 'wall' ? fromAtMs + 1 : startAtMs);
  if (toAtMs > fromAtMs) return { kind: 'once', fromAtMs, toAtMs };
  findings.problem([...path, 'to'], 'expected an instant after from');
  return null;
}

function latencies(section: ServiceSection['latency'], findings: Findings): Readonly<Record<ModelId, LatencySpec>> {
  const specs: Record<ModelId, LatencySpec> = {};
  for (const [id, latency] of Object.entries(section)) {
    if (latency === undefined) continue;
    const model = canonical(id, findings);
    if (specs[model]) findings.problem(['service', 'latency', id], `${id} and another key are one model, ${model}: keep one`);
    specs[model] = latencySpec(latency);
  }
  return specs;
}

function modelsOf(ids: readonly ModelId[] | undefined, findings: Findings): readonly ModelId[] | null {
  return ids === undefined ? null : [...new Set(ids.map((id) => canonical(id, findings)))];
}

function overloaded(fromHour: number, toHour: number, errorRatio: number): OverloadRule {
  const span: Span = { kind: 'daily', fromMs: fromHour * HOUR_MS, toMs: Math.min(DAY_MS, toHour * HOUR_MS) };
  return { span, errorRatio, models: null, meanSpellMs: null, latencyFactor: 1 };
}
