/** What a live run was to be expected to do: its own arrivals, through the emulated service, under the same budget. */
import { Analysis, type Results } from '../../analysis/analysis.ts';
import { Budget } from '../../client/budget.ts';
import { drive } from '../../engine/engine.ts';
import { virtualClock } from '../../engine/virtual-clock.ts';
import { REFERENCE_IMAGE_INPUT_TOKENS } from '../../model/catalogue.ts';
import { type ModelId, SIZES } from '../../model/names.ts';
import { requestSpec } from '../../model/request-spec.ts';
import type { AttemptRow, CanaryRow, DropRow, Row, SentRow } from '../../model/rows.ts';
import type { LimitSpec, Scenario, Shape, Trace, TrafficEntry } from '../../model/scenario.ts';
import { service } from '../../service/service.ts';
import { simulated } from '../../targets/simulated.ts';
import { header } from '../header.ts';
import { clientsOf } from '../simulate.ts';
import { worstCase } from './worst-case-pricing.ts';

export interface PredictOptions {
  /** The request that went ahead, if any: it has used quota when the run begins. */
  readonly canary: CanaryRow | null;
  /** Limits that are known better by now. */
  readonly limits?: readonly { readonly model: ModelId; readonly bucket: LimitSpec['bucket']; readonly value: number }[];
}

/** In virtual time. The scenario's traces must be loaded. */
export function predict(scenario: Scenario, seed: number, { canary, limits = [] }: PredictOptions): Results {
  const known = withLimits(scenario, limits);
  const analysis = new Analysis(header({ scenario: known, seed, mode: 'sim' }));
  const record = (row: Row): void => analysis.add(row);
  const clock = virtualClock();
  const { startAtMs } = known.clock;
  const emulated = service(known, seed);
  if (canary !== null && canary.doneMs !== null && canary.httpStatus === 200) {
    const spec = requestSpec(canary.model, canary.size, canary.inputTokens, 0);
    emulated.answer({ project: 0, spec }, { request: CANARY_DRAW, attempt: 1 }, startAtMs - canary.doneMs);
  }
  const spent = { microUsd: canary?.costMicroUsd ?? 0, requests: canary === null ? 0 : 1 };
  const clients = clientsOf(known, seed, record, new Budget(known.budget, worstCase(0), spent));
  drive({ scenario: known, seed, clock, target: simulated(emulated, clock, startAtMs), clients, record });
  clock.run();
  return analysis.finish();
}

/** No request of a run has this number. */
const CANARY_DRAW = 2 ** 31 - 1;

function withLimits(scenario: Scenario, limits: PredictOptions['limits'] & object): Scenario {
  if (limits.length === 0) return scenario;
  const changed = scenario.quota.limits.map((limit): LimitSpec => {
    const better = limits.find(({ model, bucket }) => model === limit.model && bucket === limit.bucket);
    return better === undefined
      ? limit
      : { ...limit, state: 'known', limit: better.value, interval: null, source: { grade: 'observed', from: 'this run', asOf: null } };
  });
  return { ...scenario, quota: { ...scenario.quota, limits: changed } };
}

/**
 * The arrivals of a journal as the traffic of its scenario: the jobs that were due and not dropped for want of budget, each at
 * its own instant. So a run that stopped early is compared with as much of it as there was.
 */
export class RecordedArrivals {
  private readonly byEntry = new Map<string, Map<number, Arrival>>();
  private readonly seen = new Set<number>();

  add(row: Row): void {
    if (row.kind === 'sent' || row.kind === 'attempt') this.arrived(row);
    else if (row.kind === 'drop' && row.cause !== 'pending' && row.cause !== 'budget') this.arrived(row);
  }

  scenario(resolved: Scenario): Scenario {
    const traffic = resolved.traffic.map((entry): TrafficEntry => {
      const jobs = [...(this.byEntry.get(entry.name)?.values() ?? [])].sort((a, b) => a.dueMs - b.dueMs || a.request - b.request);
      const startMs = jobs[0]?.dueMs ?? resolved.clock.durationMs;
      const shape: Shape = { kind: 'replay', file: 'journal', format: 'journal', speed: 1, scale: 1, trace: traceOf(jobs, entry, startMs) };
      return { ...entry, startMs, durationMs: resolved.clock.durationMs - startMs, shape };
    });
    return { ...resolved, traffic };
  }

  private arrived(row: SentRow | AttemptRow | DropRow): void {
    if (this.seen.has(row.request)) return;
    this.seen.add(row.request);
    let jobs = this.byEntry.get(row.traffic);
    if (!jobs) {
      jobs = new Map();
      this.byEntry.set(row.traffic, jobs);
    }
    const job = jobs.get(row.job);
    if (job) job.images++;
    else {
      const { request, dueMs, model, size, inputTokens } = row;
      jobs.set(row.job, { request, dueMs, images: 1, model, size, inputTokens });
    }
  }
}

interface Arrival extends Pick<SentRow, 'request' | 'dueMs' | 'model' | 'size' | 'inputTokens'> {
  images: number;
}

function traceOf(jobs: readonly Arrival[], entry: TrafficEntry, startMs: number): Trace {
  const references = entry.request.referenceImages;
  const models = [...new Set(jobs.map(({ model }) => model))];
  return {
    sha256: '',
    rows: jobs.length,
    damaged: { rows: 0, examples: [] },
    atMs: Float64Array.from(jobs, ({ dueMs }) => dueMs - startMs),
    images: Uint16Array.from(jobs, ({ images }) => images),
    promptTokens: Int32Array.from(jobs, ({ inputTokens }) => Math.max(0, inputTokens - references * REFERENCE_IMAGE_INPUT_TOKENS)),
    referenceImages: Int16Array.from(jobs, () => references),
    model: Int16Array.from(jobs, ({ model }) => models.indexOf(model)),
    models,
    size: Int8Array.from(jobs, ({ size }) => SIZES.indexOf(size)),
  };
}
