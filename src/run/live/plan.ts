/** What a live run is about to do, from its scenario: counted, simulated and priced before anything is sent. */
import type { Scenario, TrafficEntry } from '../../model/scenario.ts';
import { reservedMicroUsd } from '../../model/worst-case.ts';
import type { LivePlan } from '../../report/live-plan.ts';
import type { Connection } from '../../targets/sdk.ts';
import { arrivals } from '../../traffic/arrivals.ts';
import type { EarlierPart } from './earlier-part.ts';
import type { LiveOptions } from './live-options.ts';
import { predict } from './predict.ts';

/** The Gemini API itself. Source: ai.google.dev/api, read 2026-10. */
export const GEMINI_URL = 'https://generativelanguage.googleapis.com';

export function livePlan(scenario: Scenario, seed: number, earlier: EarlierPart | null, options: LiveOptions): LivePlan {
  const { prompts, connection } = options;
  const { summary } = predict(scenario, seed, { canary: null });
  const { budget } = scenario;
  return {
    scenario: scenario.name,
    to: urlOf(connection),
    as: options.identity,
    durationMs: scenario.clock.durationMs,
    models: modelsOf(scenario, seed),
    prompts: prompts.describe,
    imagesTo: options.imagesTo,
    expected: {
      attempts: summary.attempts.sent,
      costUsd: summary.costUsd.total,
      delivered: summary.images.delivered,
      dropped: summary.dropped.budget,
    },
    profile: scenario.quota.profile,
    budget: {
      usd: budget.microUsd === null ? null : budget.microUsd / 1e6,
      requests: budget.requests,
      wallMs: options.wallMs,
    },
    spent: earlier === null ? null : { usd: earlier.spent.microUsd / 1e6, requests: earlier.spent.requests },
    reserveUsd: Math.max(...scenario.traffic.map((entry) => reserveOf(entry, prompts.bytesMax))) / 1e6,
    errorRatioMax: options.errorRatioMax,
    warnings: [
      ...scenario.warnings.map(({ text }) => text),
      ...(isPlainHttp(urlOf(connection)) ? ['The key goes over plain HTTP: anybody on the way can read it.'] : []),
      ...tooLargeJobs(scenario),
      ...(earlier !== null && earlier.inJobs.length > 0
        ? [
            `${earlier.inJobs.length} attempts are in batch jobs that were handed in: those jobs are looked at again, and none is created twice.`,
          ]
        : []),
      ...(earlier !== null && earlier.unanswered.length > 0
        ? [`${earlier.unanswered.length} attempts were sent and never answered: they count as billed and are not sent again.`]
        : []),
    ],
  };
}

function urlOf(connection: Connection): string {
  return connection.baseUrl ?? (connection.kind === 'key' ? GEMINI_URL : platformUrl(connection.location));
}

/** Where the Agent Platform answers for a location, as the SDK has it. */
export function platformUrl(location: string): string {
  return `https://${location === 'global' ? '' : `${location}-`}aiplatform.googleapis.com`;
}

function isPlainHttp(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Results of a job come back as one body: 122 images of 2K could be fetched, 150 not, though billed. Source: discuss.ai.google.dev/t/174261, 2026. */
const ROWS_FETCHED_MAX = 120;

function tooLargeJobs({ traffic, clients }: Scenario): string[] {
  const isTooLarge = traffic.some(
    ({ lane, client, request }) =>
      lane === 'batch' && (clients[client]?.rowsPerJob ?? 0) > ROWS_FETCHED_MAX / (request.size === '4K' ? 3 : 1),
  );
  return isTooLarge
    ? ['client.batch.rowsPerJob: results of so many rows could once not be fetched, though they were billed; make jobs smaller.']
    : [];
}

function reserveOf({ request, lane }: TrafficEntry, promptBytesMax: number): number {
  const listMicroUsd = lane === 'batch' ? request.batchMicroUsd : request.listMicroUsd;
  return reservedMicroUsd({ ...request, lane, listMicroUsd }, promptBytesMax);
}

function modelsOf(scenario: Scenario, seed: number): LivePlan['models'] {
  const rows = new Map<string, { model: string; size: string; lane: string; requests: number | null }>();
  for (const entry of scenario.traffic) {
    const { lane, request } = entry;
    const key = `${request.model} ${request.size} ${lane}`;
    const row = rows.get(key) ?? { model: request.model, size: request.size, lane, requests: 0 };
    const due = requestsOf(entry, scenario, seed);
    row.requests = row.requests === null || due === null ? null : row.requests + due;
    rows.set(key, row);
  }
  return [...rows.values()];
}

/** null: nobody knows. */
function requestsOf(entry: TrafficEntry, { clock }: Scenario, seed: number): number | null {
  if (entry.shape.kind === 'users') return null;
  if (entry.startMs >= clock.durationMs) return 0;
  const jobs = arrivals(entry, { seed, startAtMs: clock.startAtMs, endMs: clock.durationMs });
  let requests = 0;
  while (jobs.next() < Infinity) requests += jobs.images;
  return requests;
}
