/** A recording in front of something that answers, and what came of it. */
import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { Emulation, listen } from '../../src/mock/index.ts';
import type { AttemptRow, Row } from '../../src/model/rows.ts';
import type { Setting } from '../../src/model/scenario.ts';
import { mockScenario } from '../../src/run/mock-scenario.ts';
import { type RecordOptions, startRecord } from '../../src/run/record/record.ts';
import { emptyFolder } from '../cli/rundry.ts';

export const START = Date.UTC(2026, 11, 1, 18);

/** Closed after the test, the last opened first. */
export const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

export interface Emulated {
  readonly url: string;
  /** Moves its calendar; ms since the start. */
  at(ms: number): void;
}

/** As long as a small picture, known when it is seen again, and never painted. */
const PICTURE = { mimeType: 'image/jpeg', base64: Buffer.from('PictureCanary'.repeat(800)).toString('base64') };

/** Our own mock, its calendar moved by hand. */
export async function emulated(settings: readonly Setting[]): Promise<Emulated> {
  let atMs = START;
  const scenarioAt = mockScenario({ file: null, settings, startAtMs: START });
  const worldOf = () => ({ scenarioAt: () => scenarioAt([]) });
  const made = new Emulation({ worldOf, nowMs: () => atMs, picture: () => PICTURE });
  const server = await listen(made, { port: 0 });
  open.push(() => server.close());
  return {
    url: server.url,
    at(ms) {
      atMs = START + ms;
    },
  };
}

export async function record(url: string, options: Partial<RecordOptions> = {}) {
  const folder = options.folder ?? join(emptyFolder(), 'recorded');
  const running = await startRecord({
    ...{ upstream: url, port: 0, host: '127.0.0.1', folder, force: false, settings: [], startAtMs: START },
    ...options,
  });
  let closed: ReturnType<typeof running.close> | null = null;
  const close = () => (closed ??= running.close(50));
  open.push(close);
  const text = () => readFileSync(join(folder, 'journal.ndjson'), 'utf8');
  const rows = () =>
    text()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
  const attempts = () => rows().filter((row): row is AttemptRow => row.kind === 'attempt');
  return { ...running, folder, close, text, rows, attempts };
}
