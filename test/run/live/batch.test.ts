/** The batch lane of a live run: real jobs, created once, looked at until they end, cancelled when nobody waits any more. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { AttemptRow, BatchRow } from '../../../src/model/rows.ts';
import { parseScenario } from '../../../src/run/scenario-file.ts';
import { startMock } from '../../../src/run/start-mock.ts';
import { answering, imageBody, journalOf, json, KEY, live } from '../../support/live.ts';

const LITE = 'gemini-3.1-flash-lite-image';
const root = mkdtempSync(join(tmpdir(), 'rundry-live-batch-'));
afterAll(() => rmSync(root, { recursive: true }));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const scenario = (requests: number): string => `name: night
clock: { duration: 10s, drain: 20s }
quota: { profile: none }
traffic: [{ name: night, lane: batch, shape: { kind: flood, requests: ${requests} }, request: { model: ${LITE} } }]
client: { batch: { rowsPerJob: 4 } }
budget: { usd: 20 }`;

const states = (folder: string): string[] =>
  journalOf(folder)
    .filter((row): row is BatchRow => row.kind === 'batch')
    .map(({ batch, state }) => `${batch} ${state}`);

test('rows come back with their own answers, at half the price', async () => {
  const { scenario: emulated } = parseScenario(
    `clock: { startAt: 2026-12-01T18:00:00Z, duration: 1h }
quota: { profile: none }
service: { latency: { ${LITE}: { fixed: 20ms } }, batch: { turnaround: { p50: 200ms, p95: 300ms } } }
traffic: [{ shape: { kind: flood, requests: 1 }, request: { model: ${LITE} } }]`,
    'mock.yaml',
  );
  const mock = await startMock({ scenario: emulated, seed: 1, port: 0, apiKeys: [KEY] });
  open.push(mock);
  const folder = join(root, 'whole');
  const outcome = await live(scenario(6), folder, mock.url);
  expect(outcome!.results.summary.requests).toMatchObject({ offered: 6, delivered: 6 });
  expect(outcome!.results.summary.costUsd.total).toBeCloseTo(6 * 0.0168375, 5);
  expect(states(folder).sort()).toEqual(['0 queued', '0 running', '0 succeeded', '1 queued', '1 running', '1 succeeded']);
});

interface Job {
  readonly keys: readonly string[];
  looks: number;
}

/** A Batch API of our own: `state` says how a job stands at each look. */
async function batches(state: (job: Job) => string, results: (key: string, index: number) => object) {
  const jobs: Job[] = [];
  const cancelled: string[] = [];
  const one = await answering(({ url, body }, _nth, response) => {
    const [, id, action] = /\/batches\/b(\d+)(:cancel)?/.exec(url) ?? [];
    if (url.includes(':batchGenerateContent')) {
      const rows: { metadata: { key: string } }[] = JSON.parse(body).batch.inputConfig.requests.requests;
      jobs.push({ keys: rows.map(({ metadata }) => metadata.key), looks: 0 });
      json(response, 200, JSON.stringify({ name: `batches/b${jobs.length - 1}`, metadata: { state: 'BATCH_STATE_PENDING' } }));
    } else if (action !== undefined) {
      cancelled.push(id!);
      json(response, 200, '{}');
    } else if (id !== undefined) {
      const job = jobs[Number(id)]!;
      job.looks++;
      const output = { inlinedResponses: { inlinedResponses: job.keys.map(results) } };
      json(response, 200, JSON.stringify({ name: `batches/b${id}`, metadata: { state: `BATCH_STATE_${state(job)}`, output } }));
    } else json(response, 200, imageBody());
  });
  open.push(one);
  return { url: one.url, jobs, cancelled };
}

const answerOf = (key: string): object => ({ metadata: { key }, response: JSON.parse(imageBody()) });

test('answers find their rows by key, in whatever order; a row that failed says why', async () => {
  const service = await batches(
    ({ looks }) => (looks < 3 ? 'RUNNING' : 'SUCCEEDED'),
    (key, index) =>
      index === 1 ? { metadata: { key }, error: { code: 8, message: 'Resource has been exhausted (e.g. check quota).' } } : answerOf(key),
  );
  const folder = join(root, 'keys');
  const outcome = await live(scenario(4), folder, service.url);
  expect(outcome!.results.summary.requests).toMatchObject({ delivered: 3, failed: 1 });
  const failed = journalOf(folder).find((row): row is AttemptRow => row.kind === 'attempt' && row.outcome === 'failed');
  expect([failed?.seq, failed?.httpStatus]).toEqual([1, 429]);
  expect(service.jobs.map(({ looks }) => looks)).toEqual([3]);
});

test('a job that expires leaves its rows failed, and counted as if they were billed', async () => {
  const service = await batches(
    () => 'EXPIRED',
    () => ({}),
  );
  const outcome = await live(scenario(3), join(root, 'expired'), service.url);
  expect(outcome!.results.summary.requests).toMatchObject({ failed: 3 });
});

test('interrupted, the run asks for the end of jobs that nobody waits for any more', async () => {
  const interruption = new AbortController();
  const service = await batches(() => {
    if (service.jobs.length === 2 && service.jobs.every(({ looks }) => looks > 0)) interruption.abort('interrupted');
    return 'RUNNING';
  }, answerOf);
  const folder = join(root, 'interrupted');
  const outcome = await live(scenario(6), folder, service.url, { signal: interruption.signal });
  expect(outcome!.results.summary.requests.pending).toBe(6);
  expect(service.cancelled.sort()).toEqual(['0', '1']);
});
