/** A recording from its first call to its last: the folder, the header of its journal, the proxy in front of the service. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { line } from '../../journal/lines.ts';
import { ScenarioError } from '../../model/errors.ts';
import type { Setting } from '../../model/scenario.ts';
import { header } from '../header.ts';
import { FileSink, openFolder } from '../output-folder.ts';
import { runIdOf } from '../scenario-file.ts';
import { type RunningProxy, startProxy } from './proxy.ts';
import { recordedScenario } from './recorded-scenario.ts';
import { Recording } from './recording.ts';

export interface RecordOptions {
  /** Where calls go on to, e.g. `https://generativelanguage.googleapis.com`. */
  readonly upstream: string;
  readonly port: number;
  readonly host: string;
  readonly folder: string;
  readonly force: boolean;
  /** Of the quota that the journal's header states: profile and tier. */
  readonly settings: readonly Setting[];
  /** Epoch ms. */
  readonly startAtMs: number;
}

export interface RunningRecord {
  readonly url: string;
  /** Ends the journal; answers under way have `graceMs` to end. */
  close(graceMs?: number): Promise<{ readonly recorded: number; readonly others: number }>;
}

const GRACE_MS = 5_000;

/**
 * @throws ScenarioError for an upstream or setting that is none, SetupError when the port is taken or the folder holds a journal
 */
export async function startRecord(options: RecordOptions): Promise<RunningRecord> {
  const upstream = upstreamOf(options.upstream);
  const loaded = recordedScenario(options.settings, options.startAtMs);
  const { scenario, sha256 } = loaded;
  openFolder(options.folder, options.force);
  // Each row at once: a process that is killed has lost none.
  const journal = join(options.folder, 'journal.ndjson');
  const sink = new FileSink(journal, true);
  const recording = new Recording((row) => sink.write(line(row)));
  const startedMs = performance.now();
  const nowMs = (): number => Math.round(performance.now() - startedMs);
  let proxy: RunningProxy;
  try {
    proxy = await startProxy({ upstream, port: options.port, host: options.host, recording, nowMs });
  } catch (error) {
    sink.close();
    rmSync(journal);
    throw error;
  }
  sink.write(line(header({ scenario, seed: scenario.seed, mode: 'live', runId: runIdOf(loaded, scenario.seed, 'live'), sha256 })));
  return {
    url: proxy.url,
    async close(graceMs = GRACE_MS) {
      await proxy.close(graceMs);
      recording.close(nowMs());
      sink.close();
      return { recorded: recording.attempts, others: proxy.others };
    },
  };
}

function upstreamOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.search === '';
  if (url === null || !isPlain)
    throw new ScenarioError([
      '--upstream: expected an address such as https://generativelanguage.googleapis.com, without user, password or query',
    ]);
  return url;
}
