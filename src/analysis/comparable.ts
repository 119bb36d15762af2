/**
 * Whether two runs may be compared, and what differs between them. The same traffic over the same time is the question that is
 * put to both; quota, service and client are what the answers may differ by.
 */
import { type BucketName, isMoney } from '../model/names.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Results } from './analysis.ts';

/** One value that is not the same in both; a missing one is undefined. */
export interface Difference {
  readonly path: string;
  readonly base: unknown;
  readonly next: unknown;
}

/** Every reason why numbers of one run say nothing about the other; empty: they may be compared. */
export function incomparable(base: Results, next: Results): string[] {
  return [...broken('BASE', base), ...broken('NEW', next), ...otherTime(base, next), ...otherTraffic(base, next)];
}

function broken(which: string, { summary }: Results): string[] {
  const cause = summary.warnings.find(({ code }) => code === 'journal-torn' || code === 'run-ended-early');
  if (cause) return [`${which} did not run to its end: ${cause.text}`];
  return summary.requests.offered === 0 ? [`${which} offered no request`] : [];
}

function otherTime({ header: base }: Results, { header: next }: Results): string[] {
  const [before, after] = [base.resolved.clock, next.resolved.clock];
  const reasons: string[] = [];
  if (before.durationMs !== after.durationMs)
    reasons.push(
      `the runs last ${before.durationMs} ms and ${after.durationMs} ms: daily limits, spend windows and queues bind differently over another length of time`,
    );
  // A live run starts when it starts.
  if (before.startAtMs !== after.startAtMs && base.mode !== 'live' && next.mode !== 'live')
    reasons.push(`the calendars start at ${base.startAt} and ${next.startAt}: daily limits and overload fall elsewhere`);
  return reasons;
}

function otherTraffic({ header: base }: Results, { header: next }: Results): string[] {
  const differing = differences(asked(base.resolved), asked(next.resolved), 'traffic');
  const traffic = differing.map(({ path, base: before, next: after }) => {
    if (after === undefined) return `${path} is in BASE only`;
    if (before === undefined) return `${path} is in NEW only`;
    return `${path} is ${shown(before)} in BASE and ${shown(after)} in NEW: other requests were asked for`;
  });
  const traces = base.traces.flatMap(({ file, sha256 }) => {
    const same = next.traces.find((trace) => trace.file === file);
    return same && same.sha256 !== sha256 ? [`the trace ${file} is not the same file in both`] : [];
  });
  return [...traffic, ...traces];
}

/** What was asked of the service, by entry. */
function asked({ traffic }: Scenario): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    traffic.map(({ name, startMs, durationMs, shape, images, request, lane }) => [
      name,
      { startMs, durationMs, shape, images, request, lane },
    ]),
  );
}

/** Every setting of quota, service, client, budget and clock that is not the same in both. */
export function settingsChanged(base: Scenario, next: Scenario): Difference[] {
  return differences(settings(base), settings(next), '');
}

function settings({ quota, service, clients, providers, budget, clock, traffic }: Scenario): object {
  const { limits, ...rest } = quota;
  const values = Object.fromEntries(
    limits.map(({ bucket, model, state, limit, interval }) => [
      `${model ?? 'account'} ${bucket}`,
      state === 'known'
        ? inItsUnit(bucket, limit)
        : state === 'none'
          ? 'none'
          : (interval?.map((end) => inItsUnit(bucket, end)).join('..') ?? 'unknown'),
    ]),
  );
  return {
    quota: { ...rest, limits: values },
    service,
    clients: Object.fromEntries(clients.map((client) => [client.name, client])),
    providers,
    budget,
    clock: { drainMs: clock.drainMs },
    traffic: Object.fromEntries(traffic.map(({ name, deadlineMs, priority }) => [name, { deadlineMs, priority }])),
  };
}

/** Money is in micro-dollars here, and nobody reads it so. */
function inItsUnit(bucket: BucketName, limit: number | null): number | string | null {
  return limit !== null && isMoney(bucket) ? `$${limit / 1e6}` : limit;
}

/** Leaves that differ, by path. Lists are compared as a whole. */
function differences(base: unknown, next: unknown, path: string): Difference[] {
  if (isPlain(base) && isPlain(next)) {
    const keys = [...new Set([...Object.keys(base), ...Object.keys(next)])];
    return keys.flatMap((key) => differences(base[key], next[key], path === '' ? key : `${path}.${key}`));
  }
  return JSON.stringify(base) === JSON.stringify(next) ? [] : [{ path, base, next }];
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
