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
 * What people say about bad days; none of it has a data set, and a scenario that uses one is warned.
 *
 * `error-mix-claim`, community: reseller guides of 2026-02 to 2026-03 say that "45 % of calls fail at peak", 70 % of them with 429,
 * 15 % with 503 or 502, 8 % with 403; what the remaining 7 % are is assumed.
 * `403-wave`, community: threads of 2025-12-04 to 2025-12-08, when every call of many projects was answered 403 with nothing
 * changed; the exact words were not captured, and it lasts for as long as the rule says.
 * `incident-2026-01`, community: reseller guides say that good answers took 60 to 100 s, and others a 503 after 180 s; that these
 * were 30 % is assumed.
 */
const FAULT_PRESETS: Readonly<Record<string, readonly Pick<FaultRule, 'class' | 'ratio' | 'afterMs'>[]>> = {
  'error-mix-claim': [
    { class: 'quota.unspecified', ratio: 0.315, afterMs: null },
    { class: 'capacity.overloaded', ratio: 0.0675, afterMs: null },
    { class: 'auth.project-denied', ratio: 0.036, afterMs: null },
    { class: 'server.internal', ratio: 0.0315, afterMs: null },
  ],
  '403-wave': [{ class: 'auth.key-mismatch', ratio: 1, afterMs: null }],
  'incident-2026-01': [
    { class: 'capacity.overloaded', ratio: 0.3, afterMs: { fromMs: 180_000, toMs: 180_000 } },
    { class: 'slow', ratio: 0.7, afterMs: { fromMs: 60_000, toMs: 100_000 } },
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
    if ('preset' in fault) return presetFaults(fault.preset, models, span, findings);
    const { class: faultClass, ratio, after } = fault;
    if (faultClass === 'slow' && after === undefined) findings.problem([...path, 'after'], 'expected a duration such as 3m');
    return [{ class: faultClass, ratio, models, span, afterMs: after === undefined ? null : { fromMs: after.from, toMs: after.to } }];
  });
}

function presetFaults(preset: string, models: readonly ModelId[] | null, span: Span | null, findings: Findings): readonly FaultRule[] {
  findings.warn('unverified-preset', `faults ${preset} is an unverified community claim (2025-12 to 2026-03)`);
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
