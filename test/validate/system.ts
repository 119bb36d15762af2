/** Queueing systems as scenarios: servers are the client's slots, places its queue, limiters the service's quota windows. */
import type { WindowKind } from '../../src/model/names.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import type { ClientSpec, LatencySpec, Scenario, Shape, TrafficEntry } from '../../src/model/scenario.ts';
import { MINUTE_MS } from '../../src/model/time.ts';
import { clientSpec, entry, limits, scenario } from '../support/scenario.ts';

/** One mean service. Whole ms round it by at most 1 in 20,000, either way. */
export const SERVICE_MS = 10_000;

/** Requests of a class have a model of their own, because a scenario gives latency by model. */
const MODELS = ['gemini-3-pro-image', 'gemini-nano-banana-2.1'] as const;

export interface SystemSpec {
  readonly arrivals: Extract<Shape, { kind: 'poisson' | 'users' }>;
  /** Shares add up to 1; several classes mix several latencies into one distribution. */
  readonly classes: readonly { readonly share: number; readonly latency: LatencySpec }[];
  /** null: as many as come. */
  readonly servers: number | null;
  /** Places to wait; null: no end of them. */
  readonly places: number | null;
  /** Images a minute that the service admits, and how they refill; null: no limit. */
  readonly limiter: { readonly limit: number; readonly window: WindowKind } | null;
  /** Images a minute that the client itself sends at most, as a token bucket; null: no limit. */
  readonly ownLimit: number | null;
}

/** Arrivals stop after `durationMs`; whoever has arrived is served. */
export function system(spec: SystemSpec, durationMs: number): Scenario {
  const base = scenario();
  const { arrivals, classes, limiter } = spec;
  const used = MODELS.slice(0, classes.length);
  return {
    ...base,
    clock: { ...base.clock, durationMs, drainMs: 1e15 },
    quota: {
      ...base.quota,
      window: limiter?.window ?? 'fixed',
      limits: used.flatMap((model) =>
        limits(limiter === null ? {} : { ipm: limiter.limit }, model).filter((limit) => limit.model !== null),
      ),
    },
    service: {
      ...base.service,
      deadlineMs: 1e15,
      latency: Object.fromEntries(classes.map(({ latency }, i) => [MODELS[i]!, latency])),
    },
    traffic: classes.map(({ share }, i): TrafficEntry => {
      const shape = arrivals.kind === 'users' ? arrivals : { ...arrivals, rate: { ...arrivals.rate, count: arrivals.rate.count * share } };
      return entry(shape, { name: `class ${i + 1}`, durationMs, request: requestSpec(MODELS[i]!, '1K', 300, 0) });
    }),
    clients: [clientSpec({ concurrency: spec.servers, queue: { limit: spec.places, deadlineMs: null }, limits: ownLimits(spec.ownLimit) })],
  };
}

function ownLimits(ipm: number | null): ClientSpec['limits'] {
  return ipm === null ? null : { rpm: null, ipm, tpm: null, spend10mMicroUsd: null, marginRatio: 0 };
}

export function poisson(count: number, perMs: number): SystemSpec['arrivals'] {
  return { kind: 'poisson', rate: { count, perMs } };
}

/** A window of a limiter is a minute, because a scenario gives images a minute. */
export const WINDOW_MS = MINUTE_MS;
