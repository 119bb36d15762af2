/** The requests that a scenario offers, as a list: what the analytic layer counts instead of simulating. */
import type { RequestSpec } from '../model/request-spec.ts';
import type { OpenShape, Scenario, TrafficEntry } from '../model/scenario.ts';
import { arrivals } from '../traffic/arrivals.ts';
import { meanLatencyMs } from './latency.ts';

export interface OfferedRequest {
  readonly dueMs: number;
  readonly entry: TrafficEntry;
  readonly spec: RequestSpec;
}

/** More than this is counted no further; the list says so by its length. */
export const OFFERED_MAX = 2_000_000;

/**
 * Of both lanes, in order of arrival. `users` are taken as a steady flow of users / (think time + mean latency): how fast they
 * really come depends on answers, which only a simulation knows.
 */
export function offeredRequests(scenario: Scenario, seed: number): OfferedRequest[] {
  const { startAtMs, durationMs } = scenario.clock;
  const all: OfferedRequest[] = [];
  for (const entry of scenario.traffic) {
    const source = arrivals(openEntry(scenario, entry), { seed, startAtMs, endMs: durationMs });
    for (let dueMs = source.next(); dueMs !== Infinity && all.length < OFFERED_MAX; dueMs = source.next())
      for (let image = 0; image < source.images; image++) all.push({ dueMs, entry, spec: source.request });
  }
  return all.sort((a, b) => a.dueMs - b.dueMs);
}

function openEntry(scenario: Scenario, entry: TrafficEntry): TrafficEntry & { readonly shape: OpenShape } {
  const { shape, request } = entry;
  if (shape.kind !== 'users') return { ...entry, shape };
  const latencyMs = meanLatencyMs(scenario.service.latency[request.model] ?? null, request.model, request.size);
  return { ...entry, shape: { kind: 'steady', rate: { count: shape.users, perMs: Math.max(1, shape.thinkMeanMs + latencyMs) } } };
}
