/** A scenario around recorded traffic: a trace gets defaults, a journal brings quota, service and client that it was recorded under. */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../model/errors.ts';
import type { HeaderRow } from '../model/rows.ts';
import type {
  ClientSpec,
  FallbackStep,
  FaultRule,
  LatencySpec,
  LimitSpec,
  OverloadRule,
  Scenario,
  Span,
  Trace,
  TraceFormat,
} from '../model/scenario.ts';
import { HOUR_MS, isoInstant, MINUTE_MS } from '../model/time.ts';
import { findProfile } from '../quota/profiles.ts';
import { detectFormat, readTrace } from '../traffic/trace.ts';
import { type LoadedScenario, parseScenario, type ReadOptions, sha256 } from './scenario-file.ts';

/** @throws InputError (exit 4) when the file is no trace of a format that we know */
export function replayScenario(source: string, options: ReadOptions): LoadedScenario {
  const file = statSync(source).isDirectory() ? join(source, 'journal.ndjson') : source;
  const text = readFileSync(file, 'utf8');
  const format = detectFormat(text, file);
  if (format === null)
    throw new InputError(`${file}: neither a journal nor a trace of a known format (gentd26, azure-llm, mooncake, har, csv, jsonl)`);
  const trace = readTrace(format, text, file, sha256(text));
  const document = format === 'journal' ? recorded(file, text, trace) : around(file, format, trace);
  return parseScenario(JSON.stringify(document, null, 2), `${file} (replay)`, options);
}

function around(file: string, format: TraceFormat, trace: Trace): object {
  return { name: `replay of ${basename(file)}`, clock: { duration: lengthOf(trace) }, traffic: [entryOf(file, format, trace.models[0])] };
}

/** Long enough for the last row, in whole minutes and at least an hour. */
function lengthOf(trace: Trace): string {
  return `${Math.max(HOUR_MS, lastMinuteMs(trace)) / MINUTE_MS}m`;
}

/** The end of the minute of the last row: a recording does not know at its start how long it will be. */
function lastMinuteMs(trace: Trace): number {
  return Math.ceil(((trace.atMs[trace.rows - 1] ?? 0) + 1) / MINUTE_MS) * MINUTE_MS;
}

function entryOf(file: string, format: TraceFormat, model: string | undefined): object {
  return { name: 'recorded', shape: { kind: 'replay', file: basename(file), format }, request: { model: model ?? 'gemini-3-pro-image' } };
}

/** What the journal's header resolved, in the words of a scenario file, so that `--set` speaks of it as of any other. */
function recorded(file: string, text: string, trace: Trace): object {
  const { resolved } = JSON.parse(text.slice(0, text.indexOf('\n'))) as HeaderRow; // the trace reader has read this line already
  const { quota, service, clock, budget } = resolved;
  const usd = (microUsd: number): number => microUsd / 1e6;
  return {
    name: `replay of ${resolved.name}`,
    seed: resolved.seed,
    clock: {
      startAt: isoInstant(clock.startAtMs),
      duration: ms(Math.max(clock.durationMs, lastMinuteMs(trace))),
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
    },
    traffic: [entryOf(file, 'journal', trace.models[0] ?? resolved.traffic[0]?.request.model)],
    client: clientOf(resolved.clients[0]),
    ...(Object.keys(resolved.providers).length > 0 ? { providers: providersOf(resolved) } : {}),
    ...(budget.microUsd === null && budget.requests === null
      ? {}
      : { budget: given({ usd: budget.microUsd === null ? null : usd(budget.microUsd), requests: budget.requests }) }),
    thresholds: resolved.thresholds.map(({ expression }) => expression),
  };
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
  return { from: wallTime(span.fromMs), to: whole ? '24:00Z' : wallTime(span.toMs) };
}

function wallTime(ofDayMs: number): string {
  const minute = Math.floor(ofDayMs / MINUTE_MS);
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}Z`;
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
    queue: given({ limit: client.queue.limit, deadline: msOrNull(client.queue.deadlineMs) }),
    timeout: msOrNull(client.timeoutMs),
    retry: retry.preset ?? (retry.attempts === 1 && retry.throttledAttempts === 1 ? { attempts: 1 } : spelt),
    breaker: breaker ? { ...breaker, cooldownMs: undefined, cooldown: ms(breaker.cooldownMs) } : null,
    fallback: client.fallback.length === 0 ? null : client.fallback.map(fallbackOf),
    hedge: client.hedge ? { after: ms(client.hedge.afterMs) } : null,
    adaptive: client.adaptive,
  });
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
