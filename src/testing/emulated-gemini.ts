/** The emulated service for a test suite: on a port, or as MSW handlers; with what happened in it for matchers. */
import type { RequestHandler } from 'msw';
import { handlersOf } from '../mock/handlers.ts';
import { calendar, type EmulatedOptions, Emulation, emulatedScenario, listen, type MockSummary } from '../mock/index.ts';
import type { Scenario } from '../model/scenario.ts';
import { epochMs } from '../model/time.ts';
import { readScenario } from '../run/scenario-file.ts';
import type { Observable } from './observed.ts';
import { type Settings, settingsOf } from './simulate-file.ts';
import { Watch } from './watch.ts';

export interface EmulatedGeminiOptions extends EmulatedOptions {
  /** A scenario file whose service and quota are emulated; tier, profile, limits and the like are then its own. */
  readonly scenario?: string;
  /** Settings of that file, by path. */
  readonly settings?: Settings;
  /** Instant at which the emulated calendar starts (2026-12-01T18:00:00Z: a whole minute, in the morning of the Pacific day). */
  readonly startAt?: string;
  /** Emulated ms that pass in one real ms (1). */
  readonly speed?: number;
}

export interface EmulatedGemini extends Observable {
  /** What was answered, by the service's own count. */
  summary(): MockSummary;
  /** Jumps the calendar: quotas refill, and nobody waits. */
  advance(ms: number): void;
  /** Full buckets and nothing observed, for the next test. */
  reset(): void;
}

/** Its MSW handlers beside it, for `setupServer(...gemini.handlers)`: answers come at once. @throws ScenarioError */
export function emulateGemini(options: EmulatedGeminiOptions = {}): EmulatedGemini & { readonly handlers: RequestHandler[] } {
  const { face, handle } = emulated(options);
  return { ...face, handlers: handlersOf(handle, { speed: Number.POSITIVE_INFINITY }) };
}

/**
 * On a free port of this machine: give `baseUrl` to your client, with any key. Answers take their emulated latency over `speed`.
 * @throws ScenarioError when the options cannot be
 */
export async function startGemini(
  options: EmulatedGeminiOptions = {},
): Promise<EmulatedGemini & { readonly baseUrl: string; close(): Promise<void> }> {
  const { face, handle } = emulated(options);
  const server = await listen({ handle }, { port: 0, speed: options.speed ?? 1 });
  return { ...face, baseUrl: server.url, close: () => server.close() };
}

const START_AT = '2026-12-01T18:00:00Z';

function emulated(options: EmulatedGeminiOptions): { face: EmulatedGemini; handle: Watch['handle'] } {
  const scenario = scenarioOf(options);
  const emulation = new Emulation({
    worldOf: () => ({ scenarioAt: () => scenario, seed: options.seed ?? null }),
    nowMs: calendar(scenario.clock.startAtMs, options.speed ?? 1),
    onAnswer: (row) => watch.note(row),
  });
  let watch = new Watch(emulation);
  return {
    handle: (request) => watch.handle(request),
    face: {
      observed: () => watch.observed(),
      summary: () => emulation.summary(),
      advance: (ms) => emulation.advance(ms),
      reset() {
        emulation.reset();
        watch = new Watch(emulation);
      },
    },
  };
}

function scenarioOf({ scenario: file, settings = {}, startAt, ...options }: EmulatedGeminiOptions): Scenario {
  if (file === undefined) return emulatedScenario(options, epochMs(startAt ?? START_AT));
  return readScenario(file, { settings: settingsOf(settings), ...(startAt === undefined ? {} : { startAtMs: epochMs(startAt) }) }).scenario;
}
