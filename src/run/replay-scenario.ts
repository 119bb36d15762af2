/**
 * A scenario around recorded traffic: a trace gets defaults, a journal brings quota, service and client that it was recorded under.
 * Each lane that has rows is an entry of its own.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError, ScenarioError } from '../model/errors.ts';
import { LANES, type Lane } from '../model/names.ts';
import type { HeaderRow } from '../model/rows.ts';
import type {
  AllowedWindow,
  ClientSpec,
  FallbackStep,
  FaultRule,
  LatencySpec,
  LimitSpec,
  OverloadRule,
  Scenario,
  Span,
  TraceFormat,
} from '../model/scenario.ts';
import { HOUR_MS, isoInstant, MINUTE_MS } from '../model/time.ts';
import { findProfile } from '../quota/profiles.ts';
import { detectFormat, readLanes } from '../traffic/trace.ts';
import type { LaneTraces } from '../traffic/trace-builder.ts';
import { RECORDED, RECORDED_BATCH } from './record/recorded-scenario.ts';
import { type LoadedScenario, parseScenario, type ReadOptions, sha256 } from './scenario-file.ts';

/**
 * @throws ScenarioError (exit 2) when there is no such file
 * @throws InputError (exit 4) when it is no trace of a format that we know
 */
export function replayScenario(source: string, options: ReadOptions): LoadedScenario {
  const file = statSync(source, { throwIfNoEntry: false })?.isDirectory() ? join(source, 'journal.ndjson') : source;
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new ScenarioError([`${file}: no such file`]);
  const text = readFileSync(file, 'utf8');
  const format = detectFormat(text, file);
  if (format === null)
    throw new InputError(`${file}: neither a journal nor a trace of a known format (gentd26, azure-llm, mooncake, har, csv, jsonl)`);
  const lanes = readLanes(format, text, file, sha256(text));
  const document = format === 'journal' ? recorded(file, text, lanes) : around(file, format, lanes);
  return parseScenario(JSON.stringify(document, null, 2), `${file} (replay)`, options);
}

function around(file: string, format: TraceFormat, lanes: LaneTraces): object {
  // Whole minutes, and at least an hour.
  const duration = `${Math.max(HOUR_MS, minuteAfterMs(lastMs(lanes))) / MINUTE_MS}m`;
  return { name: `replay of ${basename(file)}`, clock: { duration }, traffic: entriesOf(file, format, lanes, () => ({})) };
}

/** The last row, from the earliest one on. */
function lastMs({ interactive, batch }: LaneTraces): number {
  return Math.max(interactive?.atMs.at(-1) ?? 0, batch?.atMs.at(-1) ?? 0);
}

/** The end of the minute of an instant. */
function minuteAfterMs(atMs: number): number {
  return Math.ceil((atMs + 1) / MINUTE_MS) * MINUTE_MS;
}

/** @param more what else is known of the entry of a lane */
function entriesOf(file: string, format: TraceFormat, lanes: LaneTraces, more: (lane: Lane) => object): object[] {
  return LANES.flatMap((lane) => {
    const trace = lanes[lane];
    if (trace === null) return [];
    const shape = { kind: 'replay', file: basename(file), format, ...(lanes.batch === null ? {} : { lane }) };
    const request = { model: trace.models[0] ?? 'gemini-3-pro-image' };
    return [{ name: lane === 'batch' ? RECORDED_BATCH : RECORDED, shape, request, ...(lane === 'batch' ? { lane } : {}), ...more(lane) }];
  });
}

/** What the entries of a lane have in common stays; they are one entry now. The first of them says how many rows a batch job has. */
function keptOf({ traffic, clients }: Scenario, lane: Lane): object {
  const entries = traffic.filter((entry) => entry.lane === lane);
  const [first] = entries;
  if (!first) return {};
  const isCommon = (key: 'deadlineMs' | 'priority'): boolean => entries.every((entry) => entry[key] === first[key]);
  const rowsPerJob = clients[first.client]?.rowsPerJob;
  const hasOwnSize = lane === 'batch' && rowsPerJob !== clients[0]?.rowsPerJob;
  return {
    ...(isCommon('deadlineMs') ? given({ deadline: msOrNull(first.deadlineMs) }) : {}),
    ...(isCommon('priority') ? { priority: first.priority } : {}),
    ...(hasOwnSize ? { client: { batch: { rowsPerJob } } } : {}),
  };
}

/** What the journal's header resolved, in the words of a scenario file, so that `--set` speaks of it as of any other. */
function recorded(file: string, text: string, lanes: LaneTraces): object {
  const { resolved } = JSON.parse(text.slice(0, text.indexOf('\n'))) as HeaderRow; // the trace reader has read this line already
  const { quota, service, clock, budget } = resolved;
  const { firstAtMs } = lanes;
  return {
    name: `replay of ${resolved.name}`,
    seed: resolved.seed,
    clock: {
      startAt: isoInstant(clock.startAtMs),
      // A recording does not know at its start how long it will be.
      duration: ms(Math.max(clock.durationMs, minuteAfterMs(firstAtMs + lastMs(lanes)))),
      drain: ms(clock.drainMs),
    },
    quota: {
      profile: findProfile(quota.profile) ? quota.profile : 'none',
      tier: quota.tier,
      window: quota.window,
      projects: quota.projects,
      spread: quota.spread,
      accounts: quota.accounts,
      limits: limitsOf(quota.limits),
      usedToday: quota.usedToday,
      spentThisMonthUsd: usd(quota.spentThisMonthMicroUsd),
    },
    service: {
      overload: service.overload.length === 0 ? 'none' : service.overload.map(overloadOf),
      overloadLatency: ms(service.overloadLatencyMs),
      refusalLatency: ms(service.refusalLatencyMs),
      overloadConsumes: service.overloadConsumes,
      latency: Object.fromEntries(Object.entries(service.latency).map(([model, latency]) => [model, latencyOf(latency)])),
      deadline: ms(service.deadlineMs),
      blockRatio: service.blockRatio,
      promptBlockRatio: service.promptBlockRatio,
      errorRate: service.errorRatio,
      faults: service.faults.length === 0 ? 'none' : service.faults.map(faultOf),
      batch: batchOf(service.batch),
    },
    traffic: entriesOf(file, 'journal', lanes, (lane) => ({
      ...(firstAtMs === 0 ? {} : { startAt: `+${ms(firstAtMs)}` }),
      ...keptOf(resolved, lane),
    })),
    client: clientOf(resolved.clients[0]),
    ...(Object.keys(resolved.providers).length > 0 ? { providers: providersOf(resolved) } : {}),
    ...(budget.microUsd === null && budget.requests === null
      ? {}
      : { budget: given({ usd: budget.microUsd === null ? null : usd(budget.microUsd), requests: budget.requests }) }),
    thresholds: resolved.thresholds.map(({ expression }) => expression),
  };
}

function batchOf({ turnaround, expireAfterMs, countsToSpend10m }: Scenario['service']['batch']): object {
  return { turnaround: { p50: ms(turnaround.p50Ms), p95: ms(turnaround.p95Ms) }, expireAfter: ms(expireAfterMs), countsToSpend10m };
}

function limitsOf(limits: readonly LimitSpec[]): Record<string, Record<string, unknown>> {
  const words: Record<string, Record<string, unknown>> = {};
  for (const { bucket, model, state, limit, interval } of limits) {
    const owner = model ?? 'account';
    const own = words[owner] ?? {};
    words[owner] = own;
    const isMoney = bucket === 'spend10m' || bucket === 'monthly';
    const known = isMoney ? (limit ?? 0) / 1e6 : limit;
    own[isMoney ? `${bucket}Usd` : bucket] = state === 'known' ? known : interval ? interval.join('..') : state;
  }
  return words;
}

function overloadOf({ span, errorRatio, models, meanSpellMs, latencyFactor }: OverloadRule): object {
  return { ...spanOf(span), errorRate: errorRatio, ...given({ models, meanSpell: msOrNull(meanSpellMs) }), latencyFactor };
}

function faultOf({ class: faultClass, ratio, models, span, afterMs }: FaultRule): object {
  const after = afterMs && { from: ms(afterMs.fromMs), to: ms(afterMs.toMs) };
  return { class: faultClass, ratio, ...given({ models, after }), ...(span === null ? {} : spanOf(span)) };
}

function spanOf(span: Span): object {
  if (span.kind === 'once') return { from: isoInstant(span.fromAtMs), to: isoInstant(span.toAtMs) };
  const whole = span.fromMs === span.toMs;
  return { from: `${wallTime(span.fromMs / MINUTE_MS)}Z`, to: whole ? '24:00Z' : `${wallTime(span.toMs / MINUTE_MS)}Z` };
}

function wallTime(ofDayMinutes: number): string {
  const minute = Math.floor(ofDayMinutes);
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function latencyOf(latency: LatencySpec): object {
  switch (latency.kind) {
    case 'fixed':
      return { fixed: ms(latency.ms) };
    case 'lognormal':
      return { p50: ms(latency.p50Ms), p95: ms(latency.p95Ms) };
    default:
      return { mean: ms(latency.meanMs), distribution: latency.kind };
  }
}

/** The common client; entries of their own are one entry now. A preset is named, not spelt out. */
function clientOf(client: ClientSpec | undefined): object {
  if (!client) return {};
  const { retry, breaker } = client;
  const spelt = {
    attempts: retry.attempts,
    throttledAttempts: retry.throttledAttempts ?? 'unlimited',
    growth: retry.growth,
    base: ms(retry.baseMs),
    factor: retry.factor,
    cap: ms(retry.capMs),
    jitter: retry.jitter,
    ...given({ deadline: msOrNull(retry.deadlineMs), budgetRatio: retry.budgetRatio }),
    retryOn: retry.retryOn,
    obeyRetryInfo: retry.obeyRetryInfo,
    onDailyLimit: retry.onDailyLimit,
    holdsSlot: retry.holdsSlot,
  };
  return given({
    concurrency: client.concurrency,
    pace: client.paceIntervalMs === null || client.pace === null ? null : `${(client.pace.count * MINUTE_MS) / client.pace.perMs}/min`,
    limits: client.limits && ownLimitsOf(client.limits),
    queue: given({ limit: client.queue.limit, deadline: msOrNull(client.queue.deadlineMs) }),
    timeout: msOrNull(client.timeoutMs),
    retry: retry.preset ?? (retry.attempts === 1 && retry.throttledAttempts === 1 ? { attempts: 1 } : spelt),
    breaker: breaker ? { ...breaker, cooldownMs: undefined, cooldown: ms(breaker.cooldownMs) } : null,
    fallback: client.fallback.length === 0 ? null : client.fallback.map(fallbackOf),
    hedge: client.hedge ? { after: ms(client.hedge.afterMs) } : null,
    adaptive: client.adaptive,
    schedule: client.schedule && { allow: client.schedule.map(windowOf) },
    batch: { rowsPerJob: client.rowsPerJob },
  });
}

function ownLimitsOf({ rpm, ipm, tpm, spend10mMicroUsd, marginRatio }: NonNullable<ClientSpec['limits']>): object {
  const spend10mUsd = spend10mMicroUsd === null ? null : usd(spend10mMicroUsd);
  return given({ rpm, ipm, tpm, spend10mUsd, margin: marginRatio });
}

function windowOf({ fromMinute, toMinute, zone }: AllowedWindow): string {
  return `${wallTime(fromMinute)}-${wallTime(toMinute)} ${zone}`;
}

function fallbackOf({ to, on }: FallbackStep): object {
  return { ...to, on };
}

function providersOf({ providers }: Scenario): object {
  return Object.fromEntries(
    Object.entries(providers).map(([name, { usdPerImage, concurrency, latency, errorRatio }]) => [
      name,
      { usdPerImage, ...given({ concurrency }), latency: latencyOf(latency), errorRate: errorRatio },
    ]),
  );
}

function usd(microUsd: number): number {
  return microUsd / 1e6;
}

function ms(value: number): string {
  return `${value}ms`;
}

function msOrNull(value: number | null): string | null {
  return value === null ? null : ms(value);
}

/** Without what is null or empty: a scenario leaves out what it does not say. */
function given(values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) => value !== null && !(typeof value === 'object' && Object.keys(value as object).length === 0),
    ),
  );
}
