/** Our own mock on a port of this machine. */
import {
  calendar,
  coverCatalogue,
  type EmulatedOptions,
  emulatedScenario,
  listen,
  Mock,
  type MockAnswerRow,
  type MockSummary,
  prepare,
} from '../mock/index.ts';
import type { Scenario } from '../model/scenario.ts';
import { service } from '../service/service.ts';

export interface StartMockOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** 0 picks one. */
  readonly port: number;
  readonly host?: string;
  readonly speed?: number;
  /** Epoch ms of the emulated calendar (its own, beginning at the scenario's start). */
  readonly nowMs?: () => number;
  readonly apiKeys?: readonly string[] | null;
  readonly onAnswer?: (row: MockAnswerRow) => void;
}

export interface RunningMock {
  readonly url: string;
  summary(): MockSummary;
  close(): Promise<void>;
}

/** @throws SetupError (exit 3) when the port is taken */
export async function startMock(options: StartMockOptions): Promise<RunningMock> {
  const { seed, port, host, speed = 1, apiKeys = null, onAnswer } = options;
  const scenario = coverCatalogue(options.scenario);
  const { startAtMs } = scenario.clock;
  for (const { request } of scenario.traffic) prepare([request.model], [request.size]);
  const mock = new Mock({
    service: service(scenario, seed),
    startAtMs,
    nowMs: options.nowMs ?? calendar(startAtMs, speed),
    apiKeys,
    ...(onAnswer ? { onAnswer } : {}),
  });
  const server = await listen(mock, { port, speed, ...(host === undefined ? {} : { host }) });
  return { url: server.url, summary: () => mock.summary(), close: () => server.close() };
}

/** The scenario of a mock that nobody described: a profile at a tier. */
export function profileScenario(options: EmulatedOptions, startAtMs: number): Scenario {
  return emulatedScenario(options, startAtMs);
}
