/** What a recorded journal says of quota and service: a profile at a tier, since what the traffic really met nobody knows. */
import type { Setting } from '../../model/scenario.ts';
import { type LoadedScenario, parseScenario } from '../scenario-file.ts';

/** The traffic entries of recorded rows: of calls that are answered at once, and of batches. */
export const RECORDED = 'recorded';
export const RECORDED_BATCH = 'recorded-batch';

/** An hour stands for a length that nobody knows yet; a replay takes longer where its rows do. A batch may take a day. */
const TEXT = `name: recorded
clock: { duration: 1h, drain: 24h }
traffic:
  - { name: ${RECORDED}, shape: { kind: flood, requests: 1 }, request: { model: gemini-3-pro-image } }
  - { name: ${RECORDED_BATCH}, shape: { kind: flood, requests: 1 }, request: { model: gemini-3-pro-image }, lane: batch }
`;

/** @throws ScenarioError when a setting is wrong */
export function recordedScenario(settings: readonly Setting[], startAtMs: number): LoadedScenario {
  return parseScenario(TEXT, 'record', { settings, startAtMs, mode: 'live' });
}
