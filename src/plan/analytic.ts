/** What can be said of a scenario without simulating it: each line an answer, with the formula and the numbers it comes from. */
import { Demand, type TightestBucket } from '../analysis/demand.ts';
import { horizons } from '../analysis/horizons.ts';
import type { Horizon } from '../analysis/summary.ts';
import { BUCKETS, type BucketName, type EnforcedBucket, isMoney } from '../model/names.ts';
import type { LimitSpec, Scenario } from '../model/scenario.ts';
import { DAY_MS, formatDuration, MINUTE_MS, SPEND_WINDOW_MS } from '../model/time.ts';
import { bucketSet, enforcedLimit } from '../quota/bucket-set.ts';
import { nextMonthMs, startOfDayMs } from '../quota/calendar.ts';
import { wholeCost } from '../quota/costs.ts';
import { findProfile, limitsOf } from '../quota/profiles.ts';
import { type Carried, carried, MONTH_DAYS, mixOf, NETWORK_JITTER_MS } from './carried.ts';
import { meanLatencyMs } from './latency.ts';
import { makespan } from './makespan.ts';
import { type OfferedRequest, offeredRequests } from './offered.ts';

export interface AnalyticLine {
  readonly topic: string;
  readonly answer: string;
  /** The formula and its numbers. */
  readonly how: string;
}

export interface Analytic {
  readonly lines: readonly AnalyticLine[];
  readonly carried: Carried | null;
  readonly horizons: readonly Horizon[];
  readonly tightest: TightestBucket | null;
  readonly firstExhausted: { readonly bucket: BucketName; readonly atMs: number } | null;
  readonly unknown: readonly BucketName[];
}

export function analyse(scenario: Scenario, seed: number): Analytic {
  const offered = offeredRequests(scenario, seed);
  const interactive = offered.filter(({ entry }) => entry.lane === 'interactive');
  const counts: Record<string, number> = {};
  for (const { entry } of offered) counts[entry.name] = (counts[entry.name] ?? 0) + 1;
  const found = carried(scenario, mixOf(scenario, counts), null);
  const demand = demandOf(scenario, offered);
  const all = horizons(scenario, demand);
  const first = firstExhausted(scenario, interactive);
  return {
    lines: [
      ...demandLines(scenario, offered),
      ...utilisationLines(scenario, offered),
      ...horizonLines(all),
      firstLine(first),
      ...carriedLines(found),
      ...tierLines(scenario, interactive, counts),
      ...backlogLines(interactive, found),
      ...makespanLines(scenario, counts),
    ],
    carried: found,
    horizons: all,
    tightest: demand.tightest(),
    firstExhausted: first,
    unknown: found?.unknown ?? [],
  };
}

/** Requests go to the projects in turn, in order of arrival. */
function demandOf(scenario: Scenario, offered: readonly OfferedRequest[]): Demand {
  const demand = new Demand(scenario);
  for (const [n, request] of offered.entries()) {
    const { entry, spec } = request;
    demand.offered(`p${1 + (n % scenario.quota.projects)}`, spec.model, entry.lane, spec.inputTokens, priceOf(request));
  }
  return demand;
}

function demandLines({ clock }: Scenario, offered: readonly OfferedRequest[]): AnalyticLine[] {
  const minutes = clock.durationMs / MINUTE_MS;
  const batch = offered.filter(({ entry }) => entry.lane === 'batch').length;
  const microUsd = sum(offered, priceOf);
  return [
    {
      topic: 'demand',
      answer: `${round(offered.length / minutes)} requests a minute${batch > 0 ? `, ${batch} of all on the batch lane` : ''}`,
      how: `${requestsText(offered.length)} / ${round(minutes)} min`,
    },
    {
      topic: 'cost',
      answer: usd(microUsd),
      how:
        offered.length === 0
          ? 'nothing is sent'
          : `${requestsText(offered.length)} x ${usd(microUsd / offered.length)} at list price, each sent once`,
    },
  ];
}

function requestsText(count: number): string {
  return `${count} ${count === 1 ? 'request' : 'requests'}`;
}

/** What is asked of each limit in its busiest window, against the limit. Nothing is said of a limit that nobody knows. */
function utilisationLines(scenario: Scenario, offered: readonly OfferedRequest[]): AnalyticLine[] {
  const { quota } = scenario;
  return quota.limits.flatMap((limit): AnalyticLine[] => {
    // Rows of the batch lane touch the monthly cap only.
    const own = offered.filter(
      ({ entry, spec }) =>
        (limit.model === null || spec.model === limit.model) && (entry.lane === 'interactive' || limit.bucket === 'monthly'),
    );
    if (own.length === 0 || !BUCKETS.includes(limit.bucket as EnforcedBucket)) return [];
    const topic = `${limit.bucket}${limit.model === null ? '' : ` ${limit.model}`}`;
    const enforced = enforcedLimit(limit);
    if (enforced === null)
      return limit.state === 'none' ? [] : [{ topic, answer: 'unknown', how: 'nobody knows this limit; it never counts as unlimited' }];
    const owners = limit.model === null ? quota.accounts : quota.projects;
    const { window, peak } = busiest(scenario, limit, own);
    const inUnit = (value: number): string => (isMoney(limit.bucket) ? usd(value) : round(value));
    const supply = owners === 1 ? inUnit(enforced) : `(${owners} x ${inUnit(enforced)})`;
    const answer = enforced === 0 ? 'limit 0: nothing passes' : `${round((100 * peak) / (enforced * owners))} % used`;
    return [{ topic, answer, how: `${window} ${inUnit(peak)} / ${supply}` }];
  });
}

/** Demand of the busiest window as it falls due, before the client holds anything back; with what was used before. */
function busiest(scenario: Scenario, limit: LimitSpec, own: readonly OfferedRequest[]): { window: string; peak: number } {
  const { startAtMs } = scenario.clock;
  const { usedToday, spentThisMonthMicroUsd } = scenario.quota;
  const cost: CostOf = (request) => (limit.bucket === 'tpm' ? request.spec.inputTokens : isMoney(limit.bucket) ? priceOf(request) : 1);
  switch (limit.bucket) {
    case 'monthly': {
      const monthOf = monthsFrom(startAtMs);
      const before = { window: nextMonthMs(startAtMs), used: spentThisMonthMicroUsd };
      const isOne = nextMonthMs(startAtMs) >= startAtMs + scenario.clock.durationMs;
      return { window: isOne ? 'whole run' : 'busiest month', peak: peakBy(own, monthOf, cost, before) };
    }
    case 'rpd': {
      const before = { window: startOfDayMs(startAtMs), used: usedToday[limit.model ?? ''] ?? 0 };
      return { window: 'busiest day', peak: peakBy(own, ({ dueMs }) => startOfDayMs(startAtMs + dueMs), cost, before) };
    }
    case 'spend10m':
      return { window: 'busiest 10 min', peak: slidingPeak(own, SPEND_WINDOW_MS, cost) };
    default:
      return { window: 'busiest minute', peak: peakBy(own, ({ dueMs }) => Math.floor((startAtMs + dueMs) / MINUTE_MS), cost) };
  }
}

function horizonLines(all: readonly Horizon[]): AnalyticLine[] {
  return all.map(({ horizon, bucket, model, images }) => ({
    topic: `per ${horizon}`,
    answer: `${bucket} binds at ${images} images`,
    how: `least of floor(limit x windows / cost) over all known limits${model === null ? '' : `, here of ${model}`}`,
  }));
}

/**
 * The first refusal if every answer took the mean latency: what is due goes through the client's pace and slots, then through
 * the buckets. What follows a refusal is for the simulation.
 */
function firstExhausted(scenario: Scenario, interactive: readonly OfferedRequest[]): { bucket: BucketName; atMs: number } | null {
  const { quota, clock } = scenario;
  const clients = scenario.clients.map(({ concurrency, paceIntervalMs }) => ({
    paceIntervalMs: paceIntervalMs ?? 0,
    slots: concurrency === null ? null : new Float64Array(concurrency),
    sent: 0,
    nextMs: 0,
  }));
  const sends = interactive.map(({ dueMs, entry, spec }, n) => {
    const client = clients[entry.client]!;
    const slot = client.slots === null ? 0 : client.sent % client.slots.length;
    const sentMs = Math.ceil(Math.max(dueMs, client.nextMs, client.slots?.[slot] ?? 0));
    client.sent++;
    client.nextMs = sentMs + client.paceIntervalMs;
    if (client.slots) client.slots[slot] = sentMs + latencyMs(scenario, spec.model, spec.size);
    return { sentMs, spec, project: n % quota.projects };
  });
  const { admissions } = bucketSet(quota, clock.startAtMs);
  for (const { sentMs, spec, project } of sends.sort((a, b) => a.sentMs - b.sentMs)) {
    const admission = admissions.get(spec.model)?.[project];
    const costs = wholeCost(spec.inputTokens, spec.listMicroUsd);
    const refusal = admission?.refusal(costs, clock.startAtMs + sentMs);
    if (refusal) return { bucket: refusal.primary.spec.bucket, atMs: sentMs };
    admission?.take(costs, clock.startAtMs + sentMs);
  }
  return null;
}

function firstLine(first: ReturnType<typeof firstExhausted>): AnalyticLine {
  return {
    topic: 'first to run dry',
    answer: first === null ? 'no known limit' : `${first.bucket} after ${formatDuration(first.atMs)}`,
    how: 'requests as they fall due, through pace and slots at mean latency, until one does not fit; no retries, no overload',
  };
}

function carriedLines(found: Carried | null): AnalyticLine[] {
  if (!found) return [];
  const { perMinute, perDay, minute, day, pacePerMinute, concurrency } = found;
  const rate = (value: number | null): string => (value === null ? 'unknown' : value === Infinity ? 'no limit' : round(value));
  const why = (bound: Carried['minute']): string => {
    if (bound === null) return 'min over buckets of limit / window / cost, of which one that decides is not known or none limits';
    const price = bound.shadowPrice[bound.binding] ?? 0;
    const money = /^(spend10m|monthly)/.test(bound.binding);
    const next = bound.next ? `; next ${bound.next.bucket} at ${round(bound.next.rate)}` : '';
    return `min over buckets of limit / window / cost: ${bound.binding}${next}; ${money ? `$1 more of it is worth ${round(price * 1e6)}` : `1 more of it is worth ${round(price)}`}`;
  };
  return [
    { topic: 'carries a minute', answer: `${rate(perMinute)} requests`, how: why(minute) },
    { topic: 'carries a day', answer: `${rate(perDay)} requests`, how: `${why(day)}; a month counts ${MONTH_DAYS} days` },
    ...(pacePerMinute === null
      ? []
      : [
          {
            topic: 'pace',
            answer: `${round(pacePerMinute)} a minute at most`,
            how: `(W + J) / L between sends, J = ${formatDuration(NETWORK_JITTER_MS)}, for the slowest bucket; kept in one place`,
          },
        ]),
    ...(concurrency === null || pacePerMinute === null
      ? []
      : [
          {
            topic: 'in flight',
            answer: `${concurrency} at most, more only wait`,
            how: `Little: ${round(pacePerMinute)}/min x ${formatDuration(found.latencyMs)} mean latency, rounded up`,
          },
        ]),
  ];
}

/**
 * What each tier of a built-in profile carries of what is wanted: the interactive requests of the run, per day and on average per
 * minute. Limits of the file hold at its own tier; a profile of the user's own is not read again for the others.
 */
function tierLines(scenario: Scenario, interactive: readonly OfferedRequest[], counts: Readonly<Record<string, number>>): AnalyticLine[] {
  const { quota, clock } = scenario;
  const profile = findProfile(quota.profile);
  if (!profile || interactive.length === 0) return [];
  const models = [...new Set(quota.limits.flatMap(({ model }) => model ?? []))];
  const wantedADay = (interactive.length * DAY_MS) / Math.max(clock.durationMs, DAY_MS);
  const wantedAMinute = (interactive.length * MINUTE_MS) / clock.durationMs;
  const mixes = mixOf(scenario, counts);
  const wantedMicroUsd = mixes.reduce((sum, mix) => sum + mix.requests * mix.microUsd, 0);
  const amount = (value: number): string => Number(round(value)).toLocaleString('en-US', { maximumFractionDigits: 20 });
  const rate = (value: number | null): string => (value === null ? 'unknown' : value === Infinity ? 'any' : amount(value));
  return (['1', '2', '3'] as const).flatMap((tier): AnalyticLine[] => {
    const limits = tier === quota.tier ? quota.limits : limitsOf(profile, tier, models).limits;
    const under = (some: typeof limits) => carried({ ...scenario, quota: { ...quota, tier, limits: some } }, mixes, null);
    const found = under(limits);
    if (!found) return [];
    const { perDay, perMinute, unknown } = found;
    const isOfMonth = found.day?.binding === 'monthly';
    // One launch may take from the month what every day of it could not.
    const monthly = limits.find(({ bucket }) => bucket === 'monthly');
    const leftMicroUsd = ((monthly && enforcedLimit(monthly)) ?? 0) * quota.accounts - quota.spentThisMonthMicroUsd;
    const once = isOfMonth && wantedMicroUsd <= leftMicroUsd ? under(limits.filter((limit) => limit !== monthly)) : null;
    const notKnown = unknown.length === 0 ? '' : `; not known: ${unknown.join(' ')}`;
    const isTooSlow = perMinute !== null && perMinute < wantedAMinute;
    const isTooSmall = isTooSlow || (perDay !== null && perDay < wantedADay);
    const verdict = isTooSmall
      ? !isTooSlow && (once?.perDay ?? 0) >= wantedADay
        ? `enough ${notKnown === '' ? '' : 'where known '}for this once, too small for every day of a month`
        : 'too small'
      : perDay === null || perMinute === null
        ? 'unknown'
        : notKnown === ''
          ? 'enough'
          : 'enough where known';
    return [
      {
        topic: `tier ${tier}`,
        answer: `${verdict}: ${rate(perDay)} a day${isOfMonth ? ' all month' : ''}, ${rate(perMinute)} a minute`,
        how: `wanted ${amount(wantedADay)} a day, ${amount(wantedAMinute)} a minute on average${tier === quota.tier ? '; the tier of the file' : ''}${notKnown}`,
      },
    ];
  });
}

/** Minute by minute, as a fluid, behind what a minute carries; the day's limit is not part of it. */
function backlogLines(interactive: readonly OfferedRequest[], found: Carried | null): AnalyticLine[] {
  const perMinute = found?.perMinute ?? null;
  if (perMinute === null || perMinute === Infinity || perMinute === 0 || interactive.length === 0) return [];
  const minutes = new Map<number, number>();
  for (const { dueMs } of interactive) minutes.set(Math.floor(dueMs / MINUTE_MS), (minutes.get(Math.floor(dueMs / MINUTE_MS)) ?? 0) + 1);
  let backlog = 0;
  let peak = 0;
  let last = 0;
  for (const [minute, count] of [...minutes].toSorted(([a], [b]) => a - b)) {
    backlog = Math.max(0, backlog - Math.max(0, minute - last - 1) * perMinute);
    backlog = Math.max(0, backlog + count - perMinute);
    peak = Math.max(peak, backlog);
    last = minute;
  }
  const drainedMs = (last + 1 + backlog / perMinute) * MINUTE_MS;
  const how = `backlog + due - ${round(perMinute)} each minute; ${round(peak)} / ${round(perMinute)} a minute`;
  return [
    {
      topic: 'backlog',
      answer:
        peak === 0
          ? 'none'
          : `${round(peak)} requests at worst, ${formatDuration((peak / perMinute) * MINUTE_MS)} of waiting, drained after ${formatDuration(drainedMs)}`,
      how: `${how}; without the daily limit`,
    },
  ];
}

/** Of what is due at once on the interactive lane, each as if alone. */
function makespanLines(scenario: Scenario, counts: Readonly<Record<string, number>>): AnalyticLine[] {
  return scenario.traffic.flatMap((entry): AnalyticLine[] => {
    const requests = counts[entry.name] ?? 0;
    if (entry.shape.kind !== 'flood' || entry.lane !== 'interactive' || requests === 0) return [];
    const { request } = entry;
    const startAtMs = scenario.clock.startAtMs + entry.startMs;
    const concurrency = scenario.clients[entry.client]?.concurrency ?? null;
    const serviceMs = Math.round(latencyMs(scenario, request.model, request.size));
    const admissions = bucketSet(scenario.quota, scenario.clock.startAtMs).admissions.get(request.model) ?? [];
    const costs = wholeCost(request.inputTokens, request.listMicroUsd);
    const found = makespan({ requests, startAtMs, admissions, costs, serviceMs, concurrency });
    return [
      {
        topic: `makespan of ${entry.name}`,
        answer: found === null ? 'never ends: a limit is below the cost of one request' : `${formatDuration(found.makespanMs)} at best`,
        how: `${requestsText(requests)}, each at the first instant all known limits${concurrency === null ? '' : ` and one of ${concurrency} slots`} allow, ${formatDuration(serviceMs)} each`,
      },
    ];
  });
}

function latencyMs(scenario: Scenario, model: string, size: OfferedRequest['spec']['size']): number {
  return meanLatencyMs(scenario.service.latency[model] ?? null, model, size);
}

function priceOf({ entry, spec }: OfferedRequest): number {
  return entry.lane === 'batch' ? spec.batchMicroUsd : spec.listMicroUsd;
}

/** The month of each request, by its end; they come in the order in which they fall due. */
function monthsFrom(startAtMs: number): CostOf {
  let endMs = nextMonthMs(startAtMs);
  return ({ dueMs }) => {
    if (startAtMs + dueMs >= endMs) endMs = nextMonthMs(startAtMs + dueMs);
    return endMs;
  };
}

type CostOf = (request: OfferedRequest) => number;

function sum(all: readonly OfferedRequest[], cost: CostOf): number {
  return all.reduce((total, request) => total + cost(request), 0);
}

/** @param before what was used when the run began, in the window that it began in */
function peakBy(all: readonly OfferedRequest[], windowOf: CostOf, cost: CostOf, before = { window: Number.NaN, used: 0 }): number {
  const windows = new Map([[before.window, before.used]]);
  let peak = before.used;
  for (const request of all) {
    const total = (windows.get(windowOf(request)) ?? 0) + cost(request);
    windows.set(windowOf(request), total);
    peak = Math.max(peak, total);
  }
  return peak;
}

/** The most in any half-open window of this length. */
function slidingPeak(all: readonly OfferedRequest[], windowMs: number, cost: CostOf): number {
  let total = 0;
  let peak = 0;
  let oldest = 0;
  for (const request of all) {
    total += cost(request);
    while (all[oldest]!.dueMs <= request.dueMs - windowMs) total -= cost(all[oldest++]!);
    peak = Math.max(peak, total);
  }
  return peak;
}

function round(value: number): string {
  return String(Number(value.toPrecision(value >= 1000 ? 6 : 4)));
}

function usd(microUsd: number): string {
  const dollars = microUsd / 1e6;
  return `$${dollars >= 1 ? dollars.toFixed(2) : Number(dollars.toPrecision(3))}`;
}
