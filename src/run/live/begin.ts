/** How a live run begins: the head of its journal, and the one request that goes ahead of the others. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { line } from '../../journal/lines.ts';
import { SetupError } from '../../model/errors.ts';
import type { EndRow, HeaderRow, Row } from '../../model/rows.ts';
import type { Scenario } from '../../model/scenario.ts';
import { epochNowMs, MINUTE_MS } from '../../model/time.ts';
import { askOnce } from '../../targets/ask.ts';
import type { Exchange } from '../../targets/sdk.ts';
import { header } from '../header.ts';
import { FileSink } from '../output-folder.ts';
import { runIdOf, sha256 } from '../scenario-file.ts';
import { announced, answered, canarySpec, whyNot } from './canary.ts';
import type { Stop } from './guard.ts';
import type { Playing } from './play.ts';
import type { Sending } from './sending.ts';

export interface Begun extends Playing {
  readonly stop: Stop | null;
}

/** The head of the journal and the one request that goes ahead. The run's own time begins when that was answered. */
export async function begin(sending: Sending, exchange: Exchange): Promise<Begun> {
  const { loaded, seed, options, earlier } = sending;
  const { folder, prompts, scale } = options;
  const journal = join(folder, 'journal.ndjson');
  const spec = canarySpec(sending.scenario);
  const id = runIdOf(loaded, seed, 'live');
  const runId = earlier?.header.runId ?? (scale === 1 ? id : sha256(`${id} ${scale}`).slice(0, 16));
  const lost = earlier?.canaries ?? [];
  const scenario = startingNow(sending.scenario);
  const first = (now: Scenario): HeaderRow => header({ scenario: now, seed, mode: 'live', runId, sha256: loaded.sha256 });
  const before = earlier?.spent ?? { microUsd: 0, requests: 0 };
  if (spec === null) {
    replaceWith(journal, [first(scenario)]);
    return { scenario, runId, spent: before, stop: null };
  }
  replaceWith(journal, [first(scenario), ...lost, announced(spec)]);
  const startedMs = performance.now();
  const reply = await askOnce({
    connection: options.connection,
    exchange,
    spec,
    prompt: prompts.prompt(spec.promptTokens, 0),
    timeoutMs: CANARY_TIMEOUT_MS,
    signal: options.signal,
  });
  const canary = answered(spec, reply, performance.now() - startedMs, prompts.bytesMax);
  const now = startingNow(scenario);
  const stop = whyNot(canary);
  replaceWith(journal, [first(now), ...lost, canary, ...(stop === null ? [] : [endOf(stop)])]);
  if (stop !== null && (stop.class?.startsWith('auth.') || stop.class === 'network.unreachable')) throw new SetupError(stop.text);
  return { scenario: now, runId, spent: { microUsd: before.microUsd + canary.costMicroUsd, requests: before.requests + 1 }, stop };
}

/** Longer than any image was seen to take. Source: 617 production requests, P90 252 s, dev.to/super_lewis, 2026-10. */
const CANARY_TIMEOUT_MS = 10 * MINUTE_MS;

function startingNow(scenario: Scenario): Scenario {
  return { ...scenario, clock: { ...scenario.clock, startAtMs: epochNowMs() } };
}

function endOf(stop: Stop): EndRow {
  return { kind: 'end', atMs: 0, reason: 'stopped', requests: 0, attempts: 0, lateness: null, stop };
}

/** In one step: a crash leaves the old journal or the new one. */
function replaceWith(path: string, rows: readonly Row[]): void {
  const sink = new FileSink(`${path}.next`);
  for (const row of rows) sink.write(line(row));
  sink.close();
  renameSync(`${path}.next`, path);
}
