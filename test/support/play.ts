/** Plays a scenario in virtual time and keeps a copy of every row; a script may answer in place of the emulated service. */
import { Analysis, type Results } from '../../src/analysis/analysis.ts';
import type { ClosedRequest } from '../../src/analysis/requests.ts';
import { drive, type Running } from '../../src/engine/engine.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import type { Attempt, Target } from '../../src/model/attempt.ts';
import { RANK, type VirtualClock } from '../../src/model/clock.ts';
import type { BucketName, ErrorClass } from '../../src/model/names.ts';
import type { Reply } from '../../src/model/reply.ts';
import { requestSpec } from '../../src/model/request-spec.ts';
import type { AttemptRow, BreakerRow, DropRow, EndRow, HeaderRow, Row } from '../../src/model/rows.ts';
import type { RetrySpec, Scenario, Shape, TrafficEntry } from '../../src/model/scenario.ts';
import { header } from '../../src/run/header.ts';
import { clientsOf } from '../../src/run/simulate.ts';
import { service } from '../../src/service/service.ts';
import { simulated } from '../../src/targets/simulated.ts';
import { entry } from './scenario.ts';

export interface Scripted {
  readonly reply: Reply;
  readonly afterMs: number;
}

/** null: the emulated service answers. */
export type Script = (attempt: Attempt, atMs: number) => Scripted | null;

export interface PlayOptions {
  readonly seed?: number;
  readonly script?: Script;
  readonly announceSends?: boolean;
  /** Told before time begins to pass. */
  readonly onStart?: (running: Running, clock: VirtualClock) => void;
}

export interface Played {
  readonly header: HeaderRow;
  /** In the order in which they were told, without the header. */
  readonly rows: readonly Row[];
  /** In the order of their answers. */
  readonly attempts: readonly AttemptRow[];
  readonly drops: readonly DropRow[];
  readonly breakers: readonly BreakerRow[];
  readonly end: EndRow;
  readonly results: Results;
  readonly requests: readonly ClosedRequest[];
}

export function play(of: Scenario, { seed = 1, script, announceSends = false, onStart }: PlayOptions = {}): Played {
  const rows: Row[] = [];
  const requests: ClosedRequest[] = [];
  const first = header({ scenario: of, seed, mode: 'sim' });
  const analysis = new Analysis(first, { minutes: true, onRequest: (request) => requests.push({ ...request, row: { ...request.row } }) });
  const record = (row: Row): void => {
    rows.push({ ...row });
    analysis.add(row);
  };
  const clock = virtualClock();
  const emulated = simulated(service(of, seed), clock, of.clock.startAtMs);
  const target: Target = {
    ...emulated,
    send(attempt) {
      const scripted = script?.(attempt, clock.nowMs) ?? null;
      if (scripted === null) return emulated.send(attempt);
      attempt.reply = scripted.reply;
      clock.at(clock.nowMs + scripted.afterMs, RANK.completion, attempt);
    },
  };
  const running = drive({ scenario: of, seed, clock, target, clients: clientsOf(of, seed, record), record, announceSends });
  onStart?.(running, clock);
  clock.run();
  const results = analysis.finish();
  const only = <Kind extends Row['kind']>(kind: Kind) => rows.filter((row): row is Extract<Row, { kind: Kind }> => row.kind === kind);
  return {
    header: first,
    rows,
    attempts: only('attempt'),
    drops: only('drop'),
    breakers: only('breaker'),
    end: only('end')[0]!,
    results,
    requests,
  };
}

/** Attempts in the order of sending. */
export function sends(played: Played): AttemptRow[] {
  return played.attempts.toSorted((a, b) => a.seq - b.seq);
}

/** `[request, sentMs]` in the order of sending. */
export function sent(played: Played): [request: number, sentMs: number][] {
  return sends(played).map((row) => [row.request, row.sentMs]);
}

/** Jobs due at these instants, ascending. */
export function jobsAt(instants: readonly number[], overrides: Partial<TrafficEntry> = {}): TrafficEntry {
  const n = instants.length;
  const startMs = instants[0] ?? 0;
  const shape: Shape = {
    kind: 'replay',
    file: 'test.csv',
    format: 'csv',
    speed: 1,
    scale: 1,
    trace: {
      sha256: '',
      rows: n,
      damaged: { rows: 0, examples: [] },
      atMs: Float64Array.from(instants, (atMs) => atMs - startMs),
      images: new Uint16Array(n),
      promptTokens: new Int32Array(n).fill(-1),
      referenceImages: new Int16Array(n).fill(-1),
      model: new Int16Array(n).fill(-1),
      models: [],
      size: new Int8Array(n).fill(-1),
    },
  };
  return entry(shape, { startMs, ...overrides });
}

/** What a `retry` without a preset is by default, but without jitter. */
export function retrySpec(overrides: Partial<RetrySpec> = {}): RetrySpec {
  return {
    preset: null,
    attempts: 5,
    throttledAttempts: overrides.attempts ?? 5,
    growth: 'exponential',
    baseMs: 1_000,
    factor: 2,
    capMs: 32_000,
    jitter: 'none',
    deadlineMs: null,
    budgetRatio: null,
    retryOn: [429, 500, 502, 503, 504, 'timeout'],
    obeyRetryInfo: true,
    onDailyLimit: 'giveUp',
    holdsSlot: true,
    ...overrides,
  };
}

export const PRO = requestSpec('gemini-3-pro-image', '1K', 300, 0);
export const LITE = requestSpec('gemini-3.1-flash-lite-image', '1K', 400, 0);
export const FLASH = requestSpec('gemini-2.5-flash-image', '1K', 400, 0);

/** An image of whatever was asked for. */
export function image(attempt: Pick<Attempt, 'spec'>): Reply {
  return { kind: 'image', images: 1, usage: attempt.spec.usage };
}

export function blocked(): Reply {
  return { kind: 'blocked', class: 'safety.image', usage: null };
}

const CLASSES: Readonly<Record<number, ErrorClass>> = {
  400: 'request.invalid',
  401: 'auth.key-missing',
  403: 'auth.iam',
  404: 'request.model-not-found',
  500: 'server.internal',
  503: 'capacity.overloaded',
  504: 'server.timeout',
};

export function failure(httpStatus: number): Reply {
  return { kind: 'refused', httpStatus, class: CLASSES[httpStatus] ?? 'unknown', violations: [], retryAfterMs: null, message: null };
}

export interface Told {
  readonly buckets?: readonly BucketName[];
  readonly limit?: number | null;
  readonly retryAfterMs?: number | null;
  readonly class?: ErrorClass;
}

/** A 429; without buckets a bare one. */
export function throttled({ buckets = [], limit = 10, retryAfterMs = null, class: errorClass }: Told = {}): Reply {
  return {
    kind: 'refused',
    httpStatus: 429,
    class: errorClass ?? (buckets[0] === undefined ? 'quota.unspecified' : (`quota.${buckets[0]}` as ErrorClass)),
    violations: buckets.map((bucket) => ({ bucket, model: PRO.model, limit, quotaId: null, quotaMetric: null })),
    retryAfterMs,
    message: null,
  };
}
