/** The same results by the plainest means: every row kept, everything sorted and summed again for each number. */
import { type BucketName, type EnforcedBucket, isAccountBucket } from '../../src/model/names.ts';
import type { AttemptRow, DropRow, EndRow, Row } from '../../src/model/rows.ts';
import type { Scenario } from '../../src/model/scenario.ts';

type Closing = { readonly dueMs: number; readonly outcome: string };

export interface NaiveBucket {
  readonly bucket: BucketName;
  readonly model: string | null;
  readonly project: string | null;
  readonly rejected: number;
  readonly firstExhaustedAtMs: number | null;
  readonly exhaustedMs: number | null;
  /** Only for windows that this can replay: fixed, sliding, day and month. */
  readonly peakUtilisation?: number | null;
}

export function naive(scenario: Scenario, rows: readonly Row[]) {
  const attempts = rows.filter((row): row is AttemptRow => row.kind === 'attempt').toSorted((a, b) => a.seq - b.seq);
  const drops = rows.filter((row): row is DropRow => row.kind === 'drop');
  const end = rows.find((row): row is EndRow => row.kind === 'end')!;
  const closings = new Map<number, Closing>();
  for (const row of attempts) if (row.outcome !== null) closings.set(row.request, { dueMs: row.dueMs, outcome: row.outcome });
  for (const row of drops) closings.set(row.request, { dueMs: row.dueMs, outcome: row.cause === 'pending' ? 'pending' : 'dropped' });
  const ended = [...closings.values()];
  const count = <T>(list: readonly T[], which: (one: T) => boolean): number => list.filter(which).length;
  const sum = (list: readonly AttemptRow[]): number => list.reduce((total, row) => total + row.costMicroUsd, 0);
  const delivering = attempts.filter((row) => row.outcome === 'delivered');
  const answered = attempts.filter((row) => row.doneMs !== null);
  const isErrored = (row: AttemptRow): boolean => row.doneMs !== null && ![200, 429, 503].includes(row.httpStatus ?? 0);
  const refusals = attempts.filter((row) => row.httpStatus === 429);
  const jobs = new Map<number, { size: number; closed: number; delivered: number }>();
  for (const row of [...attempts.filter((one) => one.outcome !== null), ...drops]) {
    const job = jobs.get(row.job) ?? { size: row.jobImages, closed: 0, delivered: 0 };
    job.closed++;
    if (row.kind === 'attempt' && row.outcome === 'delivered') job.delivered++;
    jobs.set(row.job, job);
  }
  const dues = [...attempts, ...drops].map((row) => row.dueMs);
  const lastAnswerMs = Math.max(...attempts.filter((row) => row.httpStatus !== null).map((row) => row.doneMs!));
  return {
    jobs: { offered: jobs.size, delivered: count([...jobs.values()], (job) => job.delivered === job.size) },
    isWhole: [...jobs.values()].every((job) => job.closed === job.size),
    requests: {
      offered: ended.length,
      delivered: count(ended, ({ outcome }) => outcome === 'delivered'),
      blocked: count(ended, ({ outcome }) => outcome === 'blocked'),
      failed: count(ended, ({ outcome }) => outcome === 'failed'),
      dropped: count(ended, ({ outcome }) => outcome === 'dropped'),
      pending: count(ended, ({ outcome }) => outcome === 'pending'),
    },
    attempts: {
      sent: attempts.length,
      ok: count(attempts, (row) => row.httpStatus === 200),
      throttled: refusals.length,
      overloaded: count(attempts, (row) => row.httpStatus === 503),
      errored: count(attempts, isErrored),
      open: count(attempts, (row) => row.doneMs === null),
      wasted: answered.length - delivering.length,
    },
    latencyMs: distribution(delivering.map((row) => row.doneMs! - row.dueMs)),
    serviceMs: distribution(delivering.map((row) => row.doneMs! - row.sentMs)),
    queueWaitMs: distribution(attempts.filter((row) => row.n === 1).map((row) => row.sentMs - row.dueMs)),
    costUsd: {
      total: sum(attempts) / 1e6,
      perDeliveredImage: delivering.length === 0 ? null : sum(attempts) / delivering.length / 1e6,
      wasted: sum(answered.filter((row) => row.outcome !== 'delivered')) / 1e6,
      uncertain: sum(answered.filter((row) => row.httpStatus === null || row.httpStatus === 504)) / 1e6,
    },
    makespanMs: lastAnswerMs === -Infinity ? null : lastAnswerMs - Math.min(...dues),
    firstBucket: firstBucket(refusals[0]),
    buckets: buckets(scenario, attempts, refusals),
    timeline: timeline(attempts, drops, Math.max(scenario.clock.durationMs, end.atMs)),
    end,
  };
}

function distribution(values: readonly number[]) {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = (percent: number): number | null => sorted[Math.ceil((percent * sorted.length) / 100) - 1] ?? null;
  const mean = sorted.length === 0 ? null : Math.round(sorted.reduce((total, value) => total + value, 0) / sorted.length);
  return { p50: rank(50), p90: rank(90), p95: rank(95), p99: rank(99), max: sorted.at(-1) ?? null, mean };
}

function firstBucket(row: AttemptRow | undefined) {
  if (!row) return null;
  const bucket = row.buckets[0] ?? 'unnamed';
  const isAccount = isAccountBucket(bucket);
  return { bucket, model: isAccount ? null : row.model, project: isAccount ? null : row.project, atMs: row.sentMs };
}

function buckets(scenario: Scenario, attempts: readonly AttemptRow[], refusals: readonly AttemptRow[]): NaiveBucket[] {
  const { quota } = scenario;
  const found: NaiveBucket[] = [];
  const accountOf = (project: string): number => (Number(project.slice(1)) - 1) % quota.accounts;
  const add = (bucket: EnforcedBucket, model: string | null, project: string | null, owns: (row: AttemptRow) => boolean): void => {
    const limit = quota.limits.find((one) => one.bucket === bucket && one.model === model);
    if (!limit || (limit.state === 'none' && bucket !== 'ipm')) return;
    const named = refusals.filter((row) => owns(row) && row.buckets.includes(bucket));
    const peak = peakUtilisation(scenario, bucket, model, limit.limit, attempts.filter(owns));
    found.push({
      bucket,
      model,
      project,
      rejected: named.length,
      firstExhaustedAtMs: named.length === 0 ? null : Math.min(...named.map((row) => row.sentMs)),
      exhaustedMs: model === null ? null : covered(named),
      ...(peak === undefined ? {} : { peakUtilisation: peak }),
    });
  };
  for (const bucket of ['monthly', 'spend10m'] as const)
    for (let account = 0; account < quota.accounts; account++) add(bucket, null, null, (row) => accountOf(row.project) === account);
  const models = [...new Set(quota.limits.flatMap((limit) => limit.model ?? []))];
  for (let i = 1; i <= quota.projects; i++)
    for (const model of models)
      for (const bucket of ['rpd', 'ipm', 'tpm', 'rpm'] as const)
        add(bucket, model, `p${i}`, (row) => row.project === `p${i}` && row.model === model);
  return found;
}

/** Length of the union of [refusal, the instant told), ms by ms where it is short, by sweeping where it is not. */
function covered(named: readonly AttemptRow[]): number | null {
  const spans = named.filter((row) => row.retryAtMs !== null).map((row) => [row.sentMs, row.retryAtMs!] as const);
  if (spans.length === 0) return named.length === 0 ? 0 : null;
  const edges = [...new Set(spans.flat())].sort((a, b) => a - b);
  let total = 0;
  for (let i = 1; i < edges.length; i++) {
    const [from, to] = [edges[i - 1]!, edges[i]!];
    if (spans.some(([start, finish]) => start <= from && finish >= to)) total += to - from;
  }
  return total;
}

/** What an attempt took of a bucket, as far as its answer tells. */
function taken(row: AttemptRow, bucket: EnforcedBucket, overloadConsumes: boolean): number {
  const whole: Record<EnforcedBucket, number> = {
    monthly: row.listMicroUsd,
    spend10m: row.listMicroUsd,
    rpd: 1,
    ipm: 1,
    tpm: row.inputTokens,
    rpm: 1,
  };
  const isMoney = bucket === 'monthly' || bucket === 'spend10m';
  switch (row.httpStatus) {
    case 200:
      return row.class !== null && isMoney ? 0 : whole[bucket];
    case 499:
    case 500:
    case 502:
    case 503:
      return overloadConsumes && (bucket === 'rpm' || bucket === 'rpd') ? 1 : 0;
    case 504:
    case null:
      return whole[bucket];
    default:
      return 0;
  }
}

function peakUtilisation(
  scenario: Scenario,
  bucket: EnforcedBucket,
  model: string | null,
  limit: number | null,
  attempts: readonly AttemptRow[],
): number | null | undefined {
  if (limit === null || limit === 0) return null;
  const { quota, clock, service } = scenario;
  const isCalendar = bucket === 'rpd' || bucket === 'monthly';
  if (!isCalendar && bucket !== 'spend10m' && quota.window !== 'fixed' && quota.window !== 'sliding') return undefined;
  const before = bucket === 'rpd' ? (quota.usedToday[model!] ?? 0) : bucket === 'monthly' ? quota.spentThisMonthMicroUsd : 0;
  const windowMs = bucket === 'spend10m' ? 600_000 : 60_000;
  const isSliding = bucket === 'spend10m' || quota.window === 'sliding';
  let peak = before;
  for (const [i, last] of attempts.entries()) {
    const atMs = clock.startAtMs + last.sentMs;
    const counts = (row: AttemptRow): boolean => {
      const rowAtMs = clock.startAtMs + row.sentMs;
      if (isCalendar) return true; // a run of minutes from 10 in the morning sees one day and one month
      return isSliding ? rowAtMs > atMs - windowMs : Math.floor(rowAtMs / windowMs) === Math.floor(atMs / windowMs);
    };
    const used = attempts
      .slice(0, i + 1)
      .filter(counts)
      .reduce((total, row) => total + taken(row, bucket, service.overloadConsumes), isCalendar ? before : 0);
    peak = Math.max(peak, used);
  }
  return peak / limit;
}

function timeline(attempts: readonly AttemptRow[], drops: readonly DropRow[], endMs: number) {
  const neverSent = drops.filter((row) => row.attempts === 0);
  const firsts = attempts.filter((row) => row.n === 1);
  const instants = [
    ...attempts.flatMap((row) => [row.dueMs, row.sentMs, row.doneMs ?? 0]),
    ...neverSent.flatMap((row) => [row.dueMs, row.atMs]),
  ];
  const minutes = Math.max(Math.ceil(endMs / 60_000), ...instants.map((atMs) => Math.floor(atMs / 60_000) + 1));
  return Array.from({ length: minutes }, (_, minute) => {
    const isIn = (atMs: number | null): boolean => atMs !== null && Math.floor(atMs / 60_000) === minute;
    const isBy = (atMs: number | null): boolean => atMs !== null && Math.floor(atMs / 60_000) <= minute;
    const done = attempts.filter((row) => isIn(row.doneMs));
    const delivered = done.filter((row) => row.outcome === 'delivered');
    const { p50, p95 } = distribution(delivered.filter((row) => row.lane === 'interactive').map((row) => row.doneMs! - row.dueMs));
    return {
      tMs: minute * 60_000,
      offered: [...firsts, ...neverSent].filter((row) => isIn(row.dueMs)).length,
      sent: attempts.filter((row) => isIn(row.sentMs)).length,
      ok: done.filter((row) => row.httpStatus === 200).length,
      throttled: done.filter((row) => row.httpStatus === 429).length,
      overloaded: done.filter((row) => row.httpStatus === 503).length,
      errored: done.filter((row) => ![200, 429, 503].includes(row.httpStatus ?? 0)).length,
      delivered: delivered.length,
      inFlight: attempts.filter((row) => isBy(row.sentMs) && !isBy(row.doneMs)).length,
      queued:
        firsts.filter((row) => isBy(row.dueMs) && !isBy(row.sentMs)).length +
        neverSent.filter((row) => isBy(row.dueMs) && !isBy(row.atMs)).length,
      latencyMsP50: p50,
      latencyMsP95: p95,
      costMicroUsd: attempts.filter((row) => isIn(row.sentMs)).reduce((total, row) => total + row.costMicroUsd, 0),
    };
  });
}
