/** A simulated run hears a signal: it ends there, keeps what it had, and its journal says the same again. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { simulateInTurns } from '../../src/run/in-turns.ts';
import { rebuild } from '../../src/run/rebuild.ts';
import { run } from '../../src/run/run.ts';
import { parseScenario } from '../../src/run/scenario-file.ts';
import { simulate } from '../../src/run/simulate.ts';

/** Some 130,000 events: more than a turn. */
const LOADED = parseScenario(
  `clock: { startAt: 2026-12-01T18:00:00Z, duration: 1h }
traffic: [{ shape: { kind: poisson, rate: 12/s }, request: { model: gemini-3-pro-image } }]
client: { concurrency: 20, queue: { deadline: 1m }, retry: { attempts: 2 } }
`,
  'in-turns.yaml',
);
const { scenario } = LOADED;
const folder = mkdtempSync(join(tmpdir(), 'rundry-in-turns-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('in turns it comes to what it comes to at once, and says how far it is', async () => {
  const seen: number[] = [];
  const { summary } = await simulateInTurns(scenario, 1, { onProgress: (atMs) => seen.push(atMs) });
  expect(summary).toEqual(simulate(scenario, 1).summary);
  expect(seen.length).toBeGreaterThan(1);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
});

test.each(['interrupted', 'terminated'])('%s in its midst', async (reason) => {
  const out = join(folder, reason);
  const controller = new AbortController();
  const { results } = await run(LOADED, { folder: out, signal: controller.signal, onProgress: () => controller.abort(reason) });
  const rows = readFileSync(join(out, 'journal.ndjson'), 'utf8').trimEnd().split('\n');
  const end = JSON.parse(rows.at(-1)!) as { kind: string; reason: string; atMs: number; requests: number };
  expect(end).toMatchObject({ kind: 'end', reason, requests: results.summary.requests.offered });
  expect(end.atMs).toBeLessThan(scenario.clock.durationMs);
  const files = ['summary.json', 'requests.csv'].map((name) => readFileSync(join(out, name), 'utf8'));
  await rebuild(out);
  expect(['summary.json', 'requests.csv'].map((name) => readFileSync(join(out, name), 'utf8'))).toEqual(files);
});
