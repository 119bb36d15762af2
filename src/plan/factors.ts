/** What a result may hang on: each number of a scenario that could be otherwise, with less and more of it as settings. */
import { findModel } from '../model/catalogue.ts';
import type { ModelId } from '../model/names.ts';
import {
  type ClientSpec,
  type LatencySpec,
  type LimitSpec,
  type OverloadRule,
  type Rate,
  RETRY_NONE,
  type Scenario,
  type Setting,
  type Shape,
} from '../model/scenario.ts';
import { DAY_MS, HOUR_MS, isoInstant, MINUTE_MS, SECOND_MS } from '../model/time.ts';
import { scaled } from './scale.ts';

/** One end of a factor: what is set, and how it is written. */
export interface FactorEnd {
  readonly text: string;
  readonly settings: readonly Setting[];
}

export interface Factor {
  readonly name: string;
  readonly base: string;
  /** null: there is no less of it. */
  readonly low: FactorEnd | null;
  readonly high: FactorEnd;
}

export interface Factors {
  readonly factors: readonly Factor[];
  /** What could not be varied, and why. */
  readonly leftOut: readonly string[];
}

/** @param ratio how much less and more, such as 0.25; a limit that is an interval is taken at its two ends instead */
export function factorsOf(scenario: Scenario, ratio: number): Factors {
  const [less, more] = [1 - ratio, 1 + ratio];
  const leftOut: string[] = [];
  const limits = scenario.quota.limits.flatMap((limit) => limitFactor(limit, less, more, leftOut));
  const latencies = modelsCalled(scenario).flatMap((model) => latencyFactor(scenario, model, less, more, leftOut));
  const factors = [...trafficFactors(scenario, less, more), ...limits, ...latencies, ...serviceFactors(scenario, less, more)];
  return { factors: [...factors, ...clientFactors(scenario, less, more)], leftOut };
}

function trafficFactors(scenario: Scenario, less: number, more: number): Factor[] {
  const words = (factor: number): Setting[][] =>
    scaled(scenario, factor).traffic.map(({ shape }, i) => [{ path: `traffic[${i}].shape`, value: shapeWords(shape) }]);
  const [low, base, high] = [words(less), words(1), words(more)];
  const percentText = (factor: number): string => `${Math.round(factor * 100)} %`;
  const factor = (name: string, pick: (settings: Setting[][]) => Setting[]): Factor[] =>
    JSON.stringify(pick(high)) === JSON.stringify(pick(base))
      ? []
      : [
          {
            name,
            base: '100 %',
            low: JSON.stringify(pick(low)) === JSON.stringify(pick(base)) ? null : { text: percentText(less), settings: pick(low) },
            high: { text: percentText(more), settings: pick(high) },
          },
        ];
  const each = scenario.traffic.flatMap(({ name }, i) => factor(`traffic ${name}`, (settings) => settings[i]!));
  return scenario.traffic.length === 1 ? each : [...factor('traffic, all', (settings) => settings.flat()), ...each];
}

/** As a scenario file writes it. */
function shapeWords(shape: Shape): Record<string, unknown> {
  switch (shape.kind) {
    case 'steady':
    case 'poisson':
    case 'gamma':
      return { ...shape, rate: rateWords(shape.rate) };
    case 'ramp':
      return { ...shape, from: rateWords(shape.from), to: rateWords(shape.to) };
    case 'stages':
      return {
        kind: shape.kind,
        from: rateWords(shape.from),
        stages: shape.stages.map(({ to, forMs }) => ({ to: rateWords(to), for: `${forMs}ms` })),
      };
    case 'stairs':
      return {
        kind: shape.kind,
        from: rateWords(shape.from),
        step: rateWords(shape.step),
        every: `${shape.everyMs}ms`,
        times: shape.times,
      };
    case 'spike':
      return {
        kind: shape.kind,
        base: rateWords(shape.base),
        peak: rateWords(shape.peak),
        at: `${shape.atMs}ms`,
        width: `${shape.widthMs}ms`,
      };
    case 'diurnal':
      return { kind: shape.kind, perDay: Math.max(1, Math.round(shape.perDay)), weights: [...shape.weights], zone: shape.zone };
    case 'burst':
      return { kind: shape.kind, requests: shape.requests, every: `${shape.everyMs}ms`, times: shape.times };
    case 'flood':
      return { ...shape };
    case 'users':
      return { kind: shape.kind, users: shape.users, think: { mean: `${shape.thinkMeanMs}ms`, distribution: shape.thinkDistribution } };
    case 'replay':
      return { kind: shape.kind, file: shape.file, format: shape.format, speed: shape.speed, scale: shape.scale };
    default:
      return shape satisfies never;
  }
}

const RATE_UNITS: Readonly<Record<number, string>> = { [SECOND_MS]: 's', [MINUTE_MS]: 'min', [HOUR_MS]: 'h', [DAY_MS]: 'day' };

function rateWords({ count, perMs }: Rate): string {
  return `${plain(count)}/${RATE_UNITS[perMs]!}`;
}

/** A number as units take it: never with an exponent. */
function plain(value: number): string {
  return value.toFixed(9).replace(/\.?0+$/, '');
}

const LIMIT_KEYS: Readonly<Record<string, string>> = { spend10m: 'spend10mUsd', monthly: 'monthlyUsd' };

function limitFactor({ bucket, model, state, limit, interval }: LimitSpec, less: number, more: number, leftOut: string[]): Factor[] {
  const name = [bucket, model].filter(Boolean).join(' ');
  if (state === 'unknown' && interval === null) leftOut.push(`${name}: not known`);
  const isMoney = bucket in LIMIT_KEYS;
  const base = state === 'known' ? limit : interval && (interval[0] + interval[1]) / 2;
  if (base === null || base === 0 || bucket === 'tpd') return [];
  const path = `quota.limits.${model === null ? 'account' : JSON.stringify(model)}.${LIMIT_KEYS[bucket] ?? bucket}`;
  const end = (value: number): FactorEnd => {
    const set = isMoney ? Math.round(value) / 1e6 : Math.max(1, Math.round(value));
    return { text: isMoney ? `$${set}` : String(set), settings: [{ path, value: set }] };
  };
  if (interval) return [{ name, base: `${interval[0]}..${interval[1]}`, low: end(interval[0]), high: end(interval[1]) }];
  if (isMoney) return [{ name, base: end(base).text, low: end(base * less), high: end(base * more) }];
  return [whole(name, base, less, more, (value) => end(value).settings)];
}

/** A count of things: at least one less and one more, and never none. */
function whole(name: string, base: number, less: number, more: number, settings: (value: number) => readonly Setting[]): Factor {
  const low = Math.min(base - 1, Math.round(base * less));
  const high = Math.max(base + 1, Math.round(base * more));
  return {
    name,
    base: String(base),
    low: low < 1 ? null : { text: String(low), settings: settings(low) },
    high: { text: String(high), settings: settings(high) },
  };
}

function modelsCalled({ traffic, clients }: Scenario): ModelId[] {
  const fallbacks = clients.flatMap(({ fallback }) => fallback.flatMap(({ to }) => ('model' in to ? [to.model] : [])));
  return [...new Set([...traffic.filter(({ lane }) => lane === 'interactive').map(({ request }) => request.model), ...fallbacks])];
}

function latencyFactor({ service, traffic }: Scenario, model: ModelId, less: number, more: number, leftOut: string[]): Factor[] {
  const sizes = [...new Set(traffic.filter(({ request }) => request.model === model).map(({ request }) => request.size))];
  const known = findModel(model);
  const typical = sizes.length > 1 ? undefined : known?.latencyMs[sizes[0] ?? known.defaultSize];
  const spec: LatencySpec | undefined =
    service.latency[model] ?? (typical && { kind: 'lognormal', p50Ms: typical.p50, p95Ms: typical.p95 });
  if (!spec) {
    leftOut.push(`latency ${model}: of several sizes, and service.latency does not say it`);
    return [];
  }
  return [
    scaledTo(`latency ${model}`, less, more, (factor) => [
      { path: `service.latency.${JSON.stringify(model)}`, value: latencyWords(spec, factor) },
    ]),
  ];
}

function latencyWords(spec: LatencySpec, factor: number): Record<string, unknown> {
  const ms = (value: number): string => `${Math.max(1, Math.round(value * factor))}ms`;
  if (spec.kind === 'lognormal') return { p50: ms(spec.p50Ms), p95: ms(spec.p95Ms) };
  return spec.kind === 'fixed' ? { fixed: ms(spec.ms) } : { mean: ms(spec.meanMs), distribution: spec.kind };
}

function scaledTo(name: string, less: number, more: number, settings: (factor: number) => readonly Setting[]): Factor {
  const end = (factor: number): FactorEnd => ({ text: `${Math.round(factor * 100)} %`, settings: settings(factor) });
  return { name, base: '100 %', low: end(less), high: end(more) };
}

function serviceFactors({ service, traffic, quota }: Scenario, less: number, more: number): Factor[] {
  const share = (name: string, path: string, base: number): Factor[] => {
    const end = (value: number): FactorEnd => ({ text: plain(value), settings: [{ path, value }] });
    return base === 0 ? [] : [{ name, base: plain(base), low: end(base * less), high: end(Math.min(1, base * more)) }];
  };
  const { turnaround } = service.batch;
  return [
    ...(service.overload.some(({ errorRatio }) => errorRatio > 0)
      ? [
          scaledTo('overload', less, more, (factor) => [
            { path: 'service.overload', value: service.overload.map((rule) => overloadWords(rule, factor)) },
          ]),
        ]
      : []),
    ...share('blocked answers', 'service.blockRatio', service.blockRatio),
    ...share('blocked prompts', 'service.promptBlockRatio', service.promptBlockRatio),
    ...share('errors (500)', 'service.errorRate', service.errorRatio),
    ...share('spent this month', 'quota.spentThisMonthUsd', quota.spentThisMonthMicroUsd / 1e6),
    ...(traffic.some(({ lane }) => lane === 'batch')
      ? [
          scaledTo('batch turnaround', less, more, (factor) => [
            {
              path: 'service.batch.turnaround',
              value: { p50: `${Math.round(turnaround.p50Ms * factor)}ms`, p95: `${Math.round(turnaround.p95Ms * factor)}ms` },
            },
          ]),
        ]
      : []),
  ];
}

function overloadWords({ span, errorRatio, models, meanSpellMs, latencyFactor }: OverloadRule, factor: number): Record<string, unknown> {
  const ends =
    span.kind === 'once'
      ? { from: isoInstant(span.fromAtMs), to: isoInstant(span.toAtMs) }
      : { from: utcTime(span.fromMs), to: utcTime(span.toMs === 0 ? DAY_MS : span.toMs) };
  return {
    ...ends,
    errorRate: Math.min(1, errorRatio * factor),
    latencyFactor,
    ...(models === null ? {} : { models: [...models] }),
    ...(meanSpellMs === null ? {} : { meanSpell: `${meanSpellMs}ms` }),
  };
}

function utcTime(ms: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(ms / HOUR_MS))}:${two(Math.floor((ms % HOUR_MS) / MINUTE_MS))}Z`;
}

function clientFactors({ clients, traffic }: Scenario, less: number, more: number): Factor[] {
  const common = clients[0]!;
  return clients.flatMap((client, index) => {
    const entries = traffic.flatMap((entry, i) => ((index === 0 || entry.client === index) && entry.lane === 'interactive' ? [i] : []));
    if (entries.length === 0) return [];
    if (index === 0) return factorsOfClient(client, 'client', '', less, more);
    return factorsOfClient(withoutInherited(client, common), `traffic[${entries[0]}].client`, ` of ${client.name}`, less, more);
  });
}

type Varied = Pick<ClientSpec, 'concurrency' | 'pace' | 'timeoutMs' | 'queue' | 'retry' | 'breaker'>;
const NOTHING = {
  concurrency: null,
  pace: null,
  timeoutMs: null,
  queue: { limit: null, deadlineMs: null },
  retry: RETRY_NONE,
  breaker: null,
};

/** What a client has from the common one is varied there: a part of it, set here, would replace the rest. */
function withoutInherited(client: ClientSpec, common: ClientSpec): Varied {
  const isOwn = (key: keyof Varied): boolean => JSON.stringify(client[key]) !== JSON.stringify(common[key]);
  const keys = Object.keys(NOTHING) as (keyof Varied)[]; // its keys are those of Varied
  return Object.fromEntries(keys.map((key) => [key, isOwn(key) ? client[key] : NOTHING[key]])) as unknown as Varied;
}

function factorsOfClient(client: Varied, path: string, whose: string, less: number, more: number): Factor[] {
  const { concurrency, pace, timeoutMs, queue, retry, breaker } = client;
  const counted = (name: string, key: string, base: number | null): Factor[] =>
    base === null || base === 0 ? [] : [whole(`${name}${whose}`, base, less, more, (value) => [{ path: `${path}.${key}`, value }])];
  const timed = (name: string, key: string, ms: number | null): Factor[] =>
    ms === null || ms === 0
      ? []
      : [scaledTo(`${name}${whose}`, less, more, (factor) => [{ path: `${path}.${key}`, value: `${Math.round(ms * factor)}ms` }])];
  return [
    ...counted('concurrency', 'concurrency', concurrency),
    ...(pace === null
      ? []
      : [
          scaledTo(`pace${whose}`, less, more, (factor) => [
            { path: `${path}.pace`, value: rateWords({ ...pace, count: pace.count * factor }) },
          ]),
        ]),
    ...timed('timeout', 'timeout', timeoutMs),
    ...counted('queue limit', 'queue.limit', queue.limit),
    ...timed('queue deadline', 'queue.deadline', queue.deadlineMs),
    ...(retry.attempts > 1 ? counted('attempts', 'retry.attempts', retry.attempts) : []),
    ...(breaker === null
      ? []
      : [
          scaledTo(`breaker cooldown${whose}`, less, more, (factor) => [
            { path: `${path}.breaker`, value: { ...breakerWords(breaker), cooldown: `${Math.round(breaker.cooldownMs * factor)}ms` } },
          ]),
        ]),
  ];
}

function breakerWords({ failures, scope, counts, afterCooldown }: NonNullable<ClientSpec['breaker']>): Record<string, unknown> {
  return { failures, scope, counts: [...counts], afterCooldown };
}
