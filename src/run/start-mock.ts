/** Our own mock on a port of this machine. */
import {
  type Certificate,
  calendar,
  control,
  Emulation,
  listen,
  type MockAnswerRow,
  type MockFaultRule,
  type MockSummary,
  prepare,
} from '../mock/index.ts';
import { ScenarioError } from '../model/errors.ts';
import type { OwnedKey } from '../model/projects.ts';
import type { Scenario, Setting } from '../model/scenario.ts';

export interface StartMockOptions {
  readonly scenario: Scenario;
  /** The same scenario with settings of its file changed; without it the control API changes none, and keys of other tiers are wrong. */
  readonly withSettings?: (settings: readonly Setting[]) => Scenario;
  readonly seed: number;
  /** 0 picks one. */
  readonly port: number;
  readonly host?: string;
  readonly speed?: number;
  /** Epoch ms of the emulated calendar (its own, beginning at the scenario's start). */
  readonly nowMs?: () => number;
  /** Keys that are accepted, all charged to the first project (any). */
  readonly apiKeys?: readonly string[] | null;
  /** Keys of several projects (none). */
  readonly keys?: readonly OwnedKey[] | null;
  /** Whether `/__rundry/` is answered (false). */
  readonly control?: boolean;
  /** Serves https (http). */
  readonly tls?: Certificate | null;
  /** Answers that some calls get instead of their own (none). */
  readonly faults?: readonly MockFaultRule[];
  /** What a refusal by the day tells to wait: until midnight, or a minute at most (honest). */
  readonly rpdRetryInfo?: 'honest' | 'misleading';
  /** A longer body is 413 (100 MB). */
  readonly bodyBytesMax?: number;
  /** Told what a client did that could not be served (nobody). */
  readonly onTrouble?: (text: string) => void;
  readonly onAnswer?: (row: MockAnswerRow) => void;
}

export interface RunningMock {
  readonly url: string;
  summary(): MockSummary;
  close(): Promise<void>;
}

/** @throws SetupError (exit 3) when the port is taken, ScenarioError when the keys contradict each other or a fault cannot be */
export async function startMock(options: StartMockOptions): Promise<RunningMock> {
  const { scenario, seed, port, host, speed = 1, apiKeys = null, keys = null, tls = null, onAnswer } = options;
  const { withSettings = settingless(scenario) } = options;
  const { startAtMs } = scenario.clock;
  for (const { request } of scenario.traffic) prepare([request.model], [request.size]);
  const emulation = new Emulation({
    worldOf: (settings) => ({
      scenarioAt: (tier) => withSettings(tier === null ? settings : [...settings, { path: 'quota.tier', value: tier }]),
      seed,
      keys,
    }),
    nowMs: options.nowMs ?? calendar(startAtMs, speed),
    apiKeys,
    seed,
    faults: options.faults ?? [],
    rpdRetryInfo: options.rpdRetryInfo ?? 'honest',
    ...(onAnswer ? { onAnswer } : {}),
  });
  const server = await listen(emulation, {
    port,
    speed,
    control: options.control ? control(emulation) : null,
    tls,
    ...(options.onTrouble ? { onTrouble: options.onTrouble } : {}),
    ...(options.bodyBytesMax === undefined ? {} : { bodyBytesMax: options.bodyBytesMax }),
    ...(host === undefined ? {} : { host }),
  });
  return { url: server.url, summary: () => emulation.summary(), close: () => server.close() };
}

function settingless(scenario: Scenario): (settings: readonly Setting[]) => Scenario {
  return (settings) => {
    if (settings.length > 0) throw new ScenarioError(['a mock without a scenario file has no settings to change']);
    return scenario;
  };
}
