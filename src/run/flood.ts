/**
 * Bursts and floods over raw HTTP with autocannon, which brings its own send loop: one closed-loop run for each burst, as many
 * connections as requests may be in flight, no rate, no workers. Every body is classified like any other answer.
 */
import autocannon from 'autocannon';
import { costOf } from '../model/cost.ts';
import { ScenarioError } from '../model/errors.ts';
import { promptOf } from '../model/prompt-tokens.ts';
import { classOf, httpStatusOf, type Reply } from '../model/reply.ts';
import type { RequestSpec } from '../model/request-spec.ts';
import type { AttemptRow, Recorder } from '../model/rows.ts';
import type { ClientSpec, Scenario, TrafficEntry } from '../model/scenario.ts';
import { UNANSWERED } from '../model/unanswered.ts';
import { arrivals } from '../traffic/arrivals.ts';
import { decodeReply } from '../wire/decode.ts';
import type { RealClock } from './real-clock.ts';

/** What the scenario says that a closed send loop cannot do. Each is a problem; none: it can be driven. */
export function floodProblems(scenario: Scenario, file: string): string[] {
  const problems: string[] = [];
  const cannot = (path: string, what: string): void => {
    problems.push(`${file} ${path}: --driver autocannon cannot do ${what}; use the default driver`);
  };
  for (const [i, entry] of scenario.traffic.entries()) {
    if (entry.shape.kind !== 'burst' && entry.shape.kind !== 'flood')
      cannot(`traffic[${i}].shape.kind`, `shape ${entry.shape.kind}, only burst and flood`);
    if (entry.deadlineMs !== null) cannot(`traffic[${i}].deadline`, 'a deadline');
    if (entry.lane === 'batch') cannot(`traffic[${i}].lane`, 'the batch lane');
  }
  for (const client of scenario.clients) for (const [key, what] of clientProblems(client)) cannot(`${client.name}.${key}`, what);
  if (scenario.budget.microUsd !== null || scenario.budget.requests !== null) cannot('budget', 'a budget');
  return problems;
}

function* clientProblems(client: ClientSpec): Generator<[key: string, what: string]> {
  if (client.retry.attempts > 1 || client.retry.throttledAttempts !== 1) yield ['retry', 'retries'];
  if (client.paceIntervalMs !== null) yield ['pace', 'a pace'];
  if (client.limits) yield ['limits', 'limits of its own'];
  if (client.fallback.length > 0) yield ['fallback', 'a fallback'];
  if (client.breaker) yield ['breaker', 'a breaker'];
  if (client.hedge) yield ['hedge', 'hedging'];
  if (client.adaptive) yield ['adaptive', 'adaptive concurrency'];
  if (client.schedule) yield ['schedule', 'a schedule'];
  if (client.timeoutMs !== null) yield ['timeout', 'a timeout of its own'];
  if (client.queue.limit !== null || client.queue.deadlineMs !== null) yield ['queue', 'a bounded queue'];
}

export interface FloodOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: RealClock;
  readonly speed: number;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly record: Recorder;
}

/** One burst: requests that fall due together. */
interface Burst {
  readonly entry: TrafficEntry;
  readonly dueMs: number;
  readonly requests: readonly { readonly request: number; readonly job: number }[];
}

/** @throws ScenarioError when the scenario asks for what it cannot do; see floodProblems */
export async function flood(options: FloodOptions, file: string): Promise<void> {
  const { scenario, clock, record } = options;
  const problems = floodProblems(scenario, file);
  if (problems.length > 0) throw new ScenarioError(problems);
  const bursts = burstsOf(scenario, options.seed);
  const counter = { seq: 0 };
  const { drainMs, durationMs } = scenario.clock;
  await Promise.all(
    bursts.map(async (burst) => {
      await until(clock, burst.dueMs, options.speed);
      await fire(burst, options, counter, (durationMs + drainMs - burst.dueMs) / options.speed);
    }),
  );
  const requests = bursts.reduce((sum, burst) => sum + burst.requests.length, 0);
  record({ kind: 'end', atMs: clock.elapsedMs, reason: 'done', requests, attempts: counter.seq, lateness: null });
}

function burstsOf(scenario: Scenario, seed: number): Burst[] {
  const { startAtMs, durationMs } = scenario.clock;
  const due: { entry: TrafficEntry; index: number; dueMs: number; images: number }[] = [];
  for (const [index, entry] of scenario.traffic.entries()) {
    const jobs = arrivals(entry, { seed, startAtMs, endMs: durationMs });
    for (let dueMs = jobs.next(); dueMs !== Number.POSITIVE_INFINITY; dueMs = jobs.next())
      due.push({ entry, index, dueMs, images: jobs.images });
  }
  due.sort((a, b) => a.dueMs - b.dueMs || a.index - b.index);
  const bursts = new Map<string, { entry: TrafficEntry; dueMs: number; requests: { request: number; job: number }[] }>();
  let request = 0;
  for (const [job, { entry, index, dueMs, images }] of due.entries()) {
    const key = `${index} ${dueMs}`;
    let burst = bursts.get(key);
    if (!burst) {
      burst = { entry, dueMs, requests: [] };
      bursts.set(key, burst);
    }
    for (let k = 0; k < images; k++) burst.requests.push({ request: request++, job });
  }
  return [...bursts.values()];
}

function until(clock: RealClock, dueMs: number, speed: number): Promise<void> {
  const waitMs = (dueMs - clock.elapsedMs) / speed;
  return waitMs <= 0
    ? Promise.resolve()
    : new Promise((resolve) => setTimeout(() => resolve(until(clock, dueMs, speed)), Math.ceil(waitMs)));
}

/** What autocannon keeps for a connection between a request and its answer. */
interface Context {
  sent?: { index: number; seq: number; sentMs: number };
}

function fire(burst: Burst, options: FloodOptions, counter: { seq: number }, timeLeftMs: number): Promise<void> {
  const { scenario, clock, record, baseUrl, apiKey } = options;
  const { entry, requests } = burst;
  const spec = entry.request;
  const concurrency = scenario.clients[entry.client]?.concurrency ?? requests.length;
  const body = JSON.stringify(bodyOf(spec));
  const open = new Map<number, AttemptRow>();
  let next = 0;
  const setupRequest = (request: autocannon.Request, context: Context): autocannon.Request => {
    const index = next++;
    const { request: id, job } = requests[Math.min(index, requests.length - 1)]!;
    const project = id % scenario.quota.projects;
    const row = attemptRow(burst, spec, id, job, `p${project + 1}`, counter.seq++, clock.elapsedMs);
    open.set(row.seq, row);
    context.sent = { index, seq: row.seq, sentMs: row.sentMs };
    record({ ...identityOf(row), kind: 'sent', seq: row.seq, n: 1, sentMs: row.sentMs });
    return { ...request, headers: { ...request.headers, 'x-rundry-draw': `${id}.1`, 'x-rundry-project': `p${project + 1}` } };
  };
  const onResponse = (status: number, bodyText: string, context: Context): void => {
    const row = context.sent && open.get(context.sent.seq);
    if (!row) return;
    open.delete(row.seq);
    record(answered(row, spec, decodeReply({ status, bodyText }), clock.elapsedMs));
  };
  return new Promise((resolve, reject) => {
    const instance = autocannon(
      {
        url: baseUrl,
        connections: Math.max(1, Math.min(concurrency, requests.length)),
        amount: requests.length,
        timeout: Math.ceil(Math.max(timeLeftMs, scenario.service.deadlineMs / options.speed) / 1000) + 5,
        requests: [
          {
            method: 'POST',
            path: `/v1/models/${spec.model}:generateContent`,
            headers: { 'content-type': 'application/json', 'x-goog-api-key': apiKey },
            body,
            setupRequest: setupRequest as never, // its types know no context of ours
            onResponse: onResponse as never,
          },
        ],
      } as autocannon.Options,
      (error: unknown) => {
        for (const row of open.values()) record(answered(row, spec, { kind: 'silence', why: 'network' }, clock.elapsedMs));
        if (error) reject(error);
        else resolve();
      },
    );
    instance.on('error', reject);
  });
}

function bodyOf(spec: RequestSpec): unknown {
  const references = Array.from({ length: spec.referenceImages }, () => ({ inlineData: { mimeType: 'image/png', data: '' } }));
  return {
    contents: [{ role: 'user', parts: [...references, { text: promptOf(spec.promptTokens) }] }],
    generationConfig: { responseModalities: ['IMAGE'], imageConfig: { imageSize: spec.size } },
  };
}

function attemptRow(
  burst: Burst,
  spec: RequestSpec,
  request: number,
  job: number,
  project: string,
  seq: number,
  sentMs: number,
): AttemptRow {
  return {
    kind: 'attempt',
    seq,
    request,
    job,
    jobImages: burst.entry.images,
    traffic: burst.entry.name,
    n: 1,
    project,
    model: spec.model,
    lane: 'interactive',
    size: spec.size,
    dueMs: burst.dueMs,
    sentMs,
    ...UNANSWERED,
    inputTokens: spec.inputTokens,
    costMicroUsd: spec.listMicroUsd,
    listMicroUsd: spec.listMicroUsd,
  };
}

function identityOf(row: AttemptRow) {
  const { request, job, jobImages, traffic, project, model, lane, size, dueMs, inputTokens, listMicroUsd } = row;
  return { request, job, jobImages, traffic, project, model, lane, size, dueMs, inputTokens, listMicroUsd };
}

function answered(row: AttemptRow, spec: RequestSpec, reply: Reply, doneMs: number): AttemptRow {
  const refused = reply.kind === 'refused' ? reply : null;
  return {
    ...row,
    doneMs,
    httpStatus: httpStatusOf(reply),
    class: classOf(reply),
    buckets: refused?.violations.map((violation) => violation.bucket) ?? [],
    quotaId: refused?.violations[0]?.quotaId ?? null,
    quotaValue: refused?.violations[0]?.limit ?? null,
    retryAtMs: refused?.retryAfterMs == null ? null : doneMs + refused.retryAfterMs,
    usage: reply.kind === 'image' || reply.kind === 'blocked' ? reply.usage : null,
    costMicroUsd: costOf(spec, reply, 'interactive'),
    message: refused?.message ?? null,
    outcome: reply.kind === 'image' ? 'delivered' : reply.kind === 'blocked' ? 'blocked' : 'failed',
  };
}
