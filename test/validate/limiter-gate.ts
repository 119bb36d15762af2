/**
 * A client that holds requests back until a window has room for them, so that the service never has to refuse one. For the
 * windows that `client.limits`, which are token buckets, cannot say.
 */
import type { Candidate, Client, Gate } from '../../src/client/gate.ts';
import { drive } from '../../src/engine/engine.ts';
import { virtualClock } from '../../src/engine/virtual-clock.ts';
import { BUCKETS, type WindowKind } from '../../src/model/names.ts';
import type { Recorder } from '../../src/model/rows.ts';
import type { Scenario } from '../../src/model/scenario.ts';
import type { Bucket } from '../../src/quota/bucket.ts';
import { bucket } from '../../src/quota/windows.ts';
import { clientsOf } from '../../src/run/simulate.ts';
import { service } from '../../src/service/service.ts';
import { simulated } from '../../src/targets/simulated.ts';
import { WINDOW_MS } from './system.ts';

export interface Limiter {
  readonly limit: number;
  readonly window: WindowKind;
}

/** `simulate` with this window in front of every client. */
export function simulateHeldBack(scenario: Scenario, seed: number, limiter: Limiter, record: Recorder): void {
  const clock = virtualClock();
  const { startAtMs } = scenario.clock;
  const clients = clientsOf(scenario, seed, record).map((client) => behind(client, new LimiterGate(limiter, startAtMs)));
  drive({ scenario, seed, clock, target: simulated(service(scenario, seed), clock, startAtMs), clients, record });
  clock.run();
}

/** The same client with a gate in front of its own. */
function behind(client: Client, first: Gate): Client {
  const own = client.gate;
  const gate: Gate = {
    get cause() {
      return own?.cause ?? first.cause;
    },
    readyAtMs(candidate: Candidate, atMs: number): number {
      const readyMs = first.readyAtMs(candidate, atMs);
      return readyMs > atMs || own === null ? readyMs : own.readyAtMs(candidate, atMs);
    },
    take(candidate: Candidate, atMs: number): void {
      first.take(candidate, atMs);
      own?.take(candidate, atMs);
    },
  };
  return Object.create(client, { gate: { value: gate } }) as Client; // a client by inheritance
}

class LimiterGate implements Gate {
  readonly cause = 'schedule';
  private readonly bucket: Bucket;
  private readonly startAtMs: number;

  constructor({ limit, window }: Limiter, startAtMs: number) {
    const spec = { bucket: 'ipm', dimension: BUCKETS.indexOf('ipm'), model: null, project: null, limit, windowMs: WINDOW_MS } as const;
    this.bucket = bucket(spec, window);
    this.startAtMs = startAtMs;
  }

  readyAtMs(_candidate: unknown, atMs: number): number {
    return this.bucket.readyAtMs(1, this.startAtMs + atMs) - this.startAtMs;
  }

  take(_candidate: unknown, atMs: number): void {
    this.bucket.take(1, this.startAtMs + atMs);
  }
}
