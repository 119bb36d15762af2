/** The batch lane of a live run: real jobs, created once, looked at until they end, cancelled when nobody waits any more. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { AttemptRow, BatchRow, Row } from '../../../src/model/rows.ts';
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
clock: { duration: 10s, drain: 1h }
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
  readonly displayName: string;
  looks: number;
}

/** A Batch API of our own: `state` says how a job stands at each look, `breaks` which creations it does not answer, or answers with a page. */
async function batches(
  state: (job: Job) => string,
  results: (key: string, index: number) => object,
  breaks: (job: number) => boolean | string = () => false,
) {
  const jobs: Job[] = [];
  const cancelled: string[] = [];
  const one = await answering(({ url, body }, _nth, response) => {
    const [, id, action] = /\/batches\/b(\d+)(:cancel)?/.exec(url) ?? [];
    if (url.includes(':batchGenerateContent')) {
      const { displayName, inputConfig } = JSON.parse(body).batch;
      const rows: { metadata: { key: string } }[] = inputConfig.requests.requests;
      jobs.push({ keys: rows.map(({ metadata }) => metadata.key), displayName, looks: 0 });
      const broken = breaks(jobs.length - 1);
      if (broken === true) response.destroy();
      else if (broken !== false) json(response, 200, broken);
      else json(response, 200, JSON.stringify({ name: `batches/b${jobs.length - 1}`, metadata: { state: 'BATCH_STATE_PENDING' } }));
    } else if (/\/batches(?:\?|$)/.test(url)) {
      const operations = jobs.map(({ displayName }, k) => ({
        name: `batches/b${k}`,
        metadata: { displayName, state: 'BATCH_STATE_RUNNING' },
      }));
      json(response, 200, JSON.stringify({ operations }));
    } else if (action !== undefined) {
      cancelled.push(id!);
      json(response, 200, '{}');
    } else if (id !== undefined) {
      const job = jobs[Number(id)];
      if (!job) {
        json(response, 404, '{"error":{"code":404,"message":"Requested entity was not found.","status":"NOT_FOUND"}}');
        return;
      }
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

test.each<[how: string, broken: true | string]>([
  ['broke off', true],
  ['was answered with a page', '<html>Log in to this network</html>'],
  ['was answered by half', '{"name": "batches/b0", "meta'],
])('a job whose creation %s is found by its name, and not created again', async (how, broken) => {
  const service = await batches(
    () => 'SUCCEEDED',
    answerOf,
    (job) => (job === 0 ? broken : false),
  );
  const folder = join(root, how);
  const outcome = await live(scenario(6), folder, service.url);
  expect(outcome!.results.summary.requests).toMatchObject({ offered: 6, delivered: 6 });
  expect(service.jobs).toHaveLength(2);
  expect(new Set(service.jobs.map(({ displayName }) => displayName)).size).toBe(2);
});

/** The journal of a whole run, as a crash after the first row that fits would have left it. */
function cutAfter(folder: string, fits: (row: Row) => boolean): void {
  const path = join(folder, 'journal.ndjson');
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const last = lines.findIndex((text) => fits(JSON.parse(text) as Row));
  expect(last).toBeGreaterThan(0);
  writeFileSync(path, `${lines.slice(0, last + 1).join('\n')}\n{"kind":"att`);
}

type Service = Awaited<ReturnType<typeof batches>>;
const isJob = (number: number, named: boolean) => (row: Row) =>
  row.kind === 'job' && row.number === number && (row.name !== null) === named;

/** Two jobs of four and two rows; `jobs` is what the service knows when the run is gone on with. */
const cuts: readonly [name: string, cut: (row: Row) => boolean, jobs: (service: Service) => void, created: number, delivered: number][] = [
  ['both are named: they are looked at again', isJob(1, true), () => {}, 0, 6],
  ['one is not named: it is found by its display name', isJob(1, false), () => {}, 0, 6],
  ['one was never created: it is created now', isJob(0, false), ({ jobs }) => jobs.pop(), 1, 6],
  ['one was announced and is not there: its rows count as billed', isJob(1, false), ({ jobs }) => jobs.pop(), 0, 4],
  ['two have its display name: neither is taken', isJob(1, false), ({ jobs }) => jobs.push(jobs[1]!), 0, 4],
  ['both are named and the service knows neither: their rows count as billed', isJob(1, true), ({ jobs }) => jobs.splice(0), 0, 0],
];
test.each(cuts)('after a crash, when %s', async (name, cut, jobs, created, delivered) => {
  const service = await batches(() => 'SUCCEEDED', answerOf);
  const folder = join(root, name.replace(/\W/g, ''));
  const text = `${scenario(6)}\n`;
  const first = await live(text, folder, service.url);
  expect(first!.results.summary.requests).toMatchObject({ offered: 6, delivered: 6 });
  cutAfter(folder, cut);
  jobs(service);
  const before = service.jobs.length;
  let plan = '';
  const confirm = async (shown: string): Promise<boolean> => {
    plan = shown;
    return true;
  };
  const outcome = await live(text, folder, service.url, { isResumed: true, confirm });
  expect(plan).toContain('are in batch jobs that were handed in');
  expect(service.jobs.length - before).toBe(created);
  const { requests, attempts, costUsd } = outcome!.results.summary;
  expect(requests).toMatchObject({ offered: 6, delivered, failed: 6 - delivered });
  expect(attempts.sent).toBe(6);
  if (delivered === 6) expect(costUsd).toMatchObject({ total: first!.results.summary.costUsd.total, uncertain: 0 });
  else expect(costUsd.total).toBeGreaterThan(0);
  const rows = journalOf(folder);
  const sent = rows.flatMap((row) => (row.kind === 'sent' ? [row.seq] : []));
  expect(sent).toEqual([0, 1, 2, 3, 4, 5]);
  expect(rows.at(-1)).toMatchObject({ kind: 'end', reason: 'done', attempts: 6 });
});

test('what was interrupted while its jobs ran takes the answers that they have, once it is gone on with', async () => {
  const interruption = new AbortController();
  let isCancelled = false;
  const service = await batches(
    ({ looks }) => {
      if (looks === 1) interruption.abort('interrupted');
      return isCancelled ? 'CANCELLED' : 'RUNNING';
    },
    (key, index) => (index === 0 ? answerOf(key) : { metadata: { key } }),
  );
  const folder = join(root, 'went on');
  const text = scenario(3);
  const first = await live(text, folder, service.url, { signal: interruption.signal });
  expect(first!.results.summary.requests.pending).toBe(3);
  expect(service.cancelled).toEqual(['0']);
  isCancelled = true;
  const second = await live(text, folder, service.url, { isResumed: true });
  expect(second!.results.summary.requests).toMatchObject({ offered: 3, delivered: 1, failed: 2, pending: 0 });
  expect(service.jobs).toHaveLength(1);
});

test('pictures of the batch lane are saved too', async () => {
  const service = await batches(() => 'SUCCEEDED', answerOf);
  const imagesTo = join(root, 'pictures');
  await live(scenario(2), join(root, 'with pictures'), service.url, { imagesTo });
  expect(readdirSync(imagesTo).sort()).toEqual(['000000-1.jpg', '000001-1.jpg']);
});
