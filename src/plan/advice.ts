/**
 * What to change first, by arithmetic on one finished run: a handful of settings, each with the bucket it relieves. The search
 * (`rundry plan`) measures what they do; nothing is advised where everything holds.
 */
import type { Results } from '../analysis/analysis.ts';
import type { Advice, BucketSummary } from '../analysis/summary.ts';
import type { BucketName, Tier } from '../model/names.ts';
import type { ClientSpec, LimitSpec, OverloadRule, Scenario, TrafficEntry } from '../model/scenario.ts';
import { DAY_MS, formatDuration, MINUTE_MS } from '../model/time.ts';
import { enforcedLimit, WINDOW_MS } from '../quota/bucket-set.ts';
import { carriedBy } from './carried.ts';
import { workersFor } from './concurrency.ts';
import { amountOf, nameOfBucket, rateText, slower, wallText } from './say.ts';
import { atTier, type Strain, strains, type Wanted, wantedBy } from './strain.ts';
import { TIER_RULES } from './tier-dates.ts';

/** What a scenario without a success threshold of its own must deliver, as the search assumes too. */
export const SUCCESS_DEFAULT = 0.99;

/**
 * In the order to try: tier, pace, concurrency, retry, batch lane, schedule. Follows from the journal alone, so that a rebuilt
 * summary is the same.
 */
export function advise(results: Results): Advice[] {
  const { summary, header } = results;
  const scenario = header.resolved;
  if (holds(results)) return [];
  const wanted = wantedBy(scenario, summary);
  const tight = strains(scenario, wanted).flatMap(({ limit, ratio }): Tight[] => {
    const refused = refusedBy(results, limit);
    return ratio !== null && (ratio > 1 || (isCalendar(limit) && refused > 0)) ? [{ limit, ratio, refused }] : [];
  });
  return [
    ...tierAdvice(scenario, wanted, tight, summary.attempts.overloaded > 0),
    ...paceAdvice(results, tight),
    ...retryAdvice(results),
    ...batchAdvice(results, tight),
    ...scheduleAdvice(results),
  ];
}

/** A limit that pacing does not cure: more is asked of it than it ever allows, or a day's or month's worth went too early. */
interface Tight extends Pick<Strain, 'limit'> {
  readonly ratio: number;
  readonly refused: number;
}

/** Every threshold is met, nothing binds, and hardly anything was lost. */
function holds({ summary }: Results): boolean {
  const { requests, passed, bindingBucket } = summary;
  const due = requests.offered - requests.blocked;
  return passed && bindingBucket === null && (due === 0 || requests.delivered / due >= SUCCESS_DEFAULT);
}

// ---- tier

/** Only where more is asked than the limits ever allow: what comes too fast is cured by a pace, without a tier. */
function tierAdvice(scenario: Scenario, wanted: Wanted, tight: readonly Tight[], isOverloaded: boolean): Advice[] {
  const worst = tight[0];
  if (!worst) return [];
  const setting = 'quota.tier';
  const from = scenario.quota.tier;
  const higher = (['1', '2', '3'] as const).filter((tier) => tier > from || from === 'free');
  const cures = higher.map((tier) => ({ tier, cure: cureAt(scenario, wanted, tight, tier) }));
  const found = cures.find(({ cure }) => cure?.kind === 'cured');
  const asked = askedText(worst, from);
  const also = `${isMoney(worst.limit) ? ' More requests per minute or day would change nothing: dollars bind.' : ''}${isOverloaded ? ' No tier cures a 503.' : ''}`;
  const relieves = worst.limit.bucket;
  if (found?.cure?.kind === 'cured') {
    const { limit, unknown } = found.cure;
    const why = `${asked} Tier ${found.tier} allows ${amountOf(limit)} (${limit.source.grade}) and takes ${TIER_RULES[found.tier].text}.${notKnown(found.tier, unknown)}${also}`;
    return [{ setting, from, to: found.tier, why, relieves }];
  }
  const verdicts = cures.map(({ tier, cure }) => `tier ${tier} ${cure === null ? 'is not in this profile' : cureText(cure)}`);
  const text =
    verdicts.length === 0
      ? 'There is no higher tier.'
      : `${sentence(verdicts.join('; '))}: read its limits in AI Studio before you count on it.`;
  return [{ setting, from, to: null, why: `${asked} ${text}${also}`, relieves }];
}

type Cure =
  | { readonly kind: 'cured'; readonly limit: LimitSpec; readonly unknown: readonly BucketName[] }
  | { readonly kind: 'small'; readonly limit: LimitSpec }
  | { readonly kind: 'unknown'; readonly limit: LimitSpec };

/** A tier cures when it knows every limit that is tight here, and nothing that it knows is tight there. */
function cureAt(scenario: Scenario, wanted: Wanted, tight: readonly Tight[], tier: Tier): Cure | null {
  const there = atTier(scenario, tier);
  if (!there) return null;
  const all = strains(there, wanted);
  const small = all.find(({ ratio }) => ratio !== null && ratio > 1);
  if (small) return { kind: 'small', limit: small.limit };
  const same = (limit: LimitSpec) => there.quota.limits.find(({ bucket, model }) => bucket === limit.bucket && model === limit.model);
  const asTight = tight
    .map(({ limit }) => ({ here: enforcedLimit(limit), there: same(limit) }))
    .find((pair) => pair.there?.state === 'known' && (pair.there.limit ?? 0) <= (pair.here ?? 0));
  if (asTight?.there) return { kind: 'small', limit: asTight.there };
  const unknown = tight.map(({ limit }) => same(limit)).find((limit) => limit?.state === 'unknown' && enforcedLimit(limit) === null);
  if (unknown) return { kind: 'unknown', limit: unknown };
  const notKnownThere = new Set(all.filter(({ ratio }) => ratio === null).map(({ limit }) => limit.bucket));
  return { kind: 'cured', limit: same(tight[0]!.limit)!, unknown: [...notKnownThere] }; // each tier lists the same limits
}

function askedText({ limit, ratio, refused }: Tight, tier: Tier): string {
  if (ratio === Infinity) return `Tier ${tier} allows no ${nameOfBucket(limit)} at all.`;
  if (ratio > 1) return `${sentence(nameOfBucket(limit))} is asked for ${times(ratio)} what tier ${tier} allows in this run.`;
  return `${sentence(nameOfBucket(limit))} refused ${refusedText(refused)} until its ${limit.bucket === 'rpd' ? 'day' : 'month'} was over.`;
}

function cureText(cure: Cure): string {
  if (cure.kind === 'cured') return 'would do';
  return cure.kind === 'small'
    ? `is too small as well (${nameOfBucket(cure.limit)} ${amountOf(cure.limit)})`
    : `says nothing about ${nameOfBucket(cure.limit)}, and not known is not unlimited`;
}

function notKnown(tier: Tier, buckets: readonly BucketName[]): string {
  return buckets.length === 0 ? '' : ` Not known at tier ${tier}: ${buckets.join(', ')}; read them in AI Studio first.`;
}

// ---- pace and concurrency

/** Where a limit that refills by the minute refused: send no faster than it lets through. */
function paceAdvice(results: Results, tight: readonly Tight[]): Advice[] {
  const { summary, header } = results;
  const scenario = header.resolved;
  const refused = summary.buckets
    .filter(({ rejected, windowMs }) => rejected > 0 && windowMs !== null)
    .toSorted((a, b) => b.rejected - a.rejected)[0];
  const found = carriedBy(results);
  const pacePerMinute = found?.pacePerMinute ?? null;
  if (!refused || !found || pacePerMinute === null || pacePerMinute === 0) return [];
  const total = interactiveOf(results);
  return scenario.clients.flatMap((client, index): Advice[] => {
    const own = offeredBy(results, index);
    if (own === 0) return [];
    const mine = slower((pacePerMinute * own) / total); // a client of its own gets its share of the quota
    if (client.pace !== null && client.pace.count / client.pace.perMs <= mine.count / mine.perMs) return [];
    const at = pathOf(scenario, client, index);
    const minutes = (own * mine.perMs) / mine.count / MINUTE_MS;
    const isTooMuch = tight.some(({ limit }) => WINDOW_MS[limit.bucket as keyof typeof WINDOW_MS] !== null);
    const wait = isTooMuch
      ? ` More is offered than that: all ${own.toLocaleString('en-US')} take ${formatDuration(minutes * MINUTE_MS)}, so give client.queue a deadline if nobody waits so long.`
      : ' What comes in a burst waits its turn.';
    const relieves = refused.bucket;
    const pace: Advice = {
      setting: `${at}.pace`,
      from: client.pace === null ? null : rateText(client.pace),
      to: rateText(mine),
      why: `${refused.bucket} refused ${refusedText(sumOf(summary.buckets, refused))}. One send at a time at this pace, retries included, is what the limits of a minute and of ten let through.${wait}`,
      relieves,
    };
    const inFlight = (mine.count / mine.perMs) * found.latencyMs;
    const slots = Math.max(1, workersFor(inFlight, 0.99));
    if (client.concurrency !== null && client.concurrency <= slots) return [pace];
    const why = `At that pace ${inFlight.toFixed(1)} are in flight on average (Little's law) and ${slots} at 99 % of moments: more slots only let a burst through.`;
    return [pace, { setting: `${at}.concurrency`, from: client.concurrency, to: slots, why, relieves }];
  });
}

function refusedText(count: number): string {
  return count === 1 ? 'once' : `${count.toLocaleString('en-US')} times`;
}

/** Of the same bucket in every project and account. */
function sumOf(buckets: readonly BucketSummary[], { bucket, model }: BucketSummary): number {
  return buckets.reduce((sum, one) => sum + (one.bucket === bucket && one.model === model ? one.rejected : 0), 0);
}

// ---- retry

/** Overload is no bucket: what helps is to ask again, later. */
function retryAdvice(results: Results): Advice[] {
  const { summary, header } = results;
  const { overloaded, errored } = summary.attempts;
  if (overloaded + errored === 0 || summary.requests.failed === 0) return [];
  return header.resolved.clients.flatMap((client, index): Advice[] => {
    if (client.retry.attempts > 1 || offeredBy(results, index) === 0) return [];
    return [
      {
        setting: `${pathOf(header.resolved, client, index)}.retry`,
        from: client.retry.preset,
        to: 'recommended',
        why: `${overloaded.toLocaleString('en-US')} answers were 503 and ${errored.toLocaleString('en-US')} other errors, and nothing asks again. This is the service's capacity, no bucket of yours: no tier cures it.`,
        relieves: null,
      },
    ];
  });
}

// ---- batch lane and schedule

/** What may wait leaves the interactive limits alone: half the price, an answer within a day. */
function batchAdvice(results: Results, tight: readonly Tight[]): Advice[] {
  const { header, summary } = results;
  const { quota, service, traffic } = header.resolved;
  const worst = tight.find(({ limit }) => limit.bucket !== 'monthly');
  if (!worst || quota.tier === 'free') return [];
  return traffic.filter(mayWait).flatMap((entry): Advice[] => {
    const { model } = entry.request;
    const offered = summary.traffic[entry.name]?.requests.offered ?? 0;
    const touches = tight.some(({ limit }) => limit.model === null || limit.model === model);
    if (offered === 0 || !touches || (entry.deadlineMs !== null && entry.deadlineMs < service.batch.turnaround.p95Ms)) return [];
    const tokens = quota.limits.find((limit) => limit.bucket === 'batchTokens' && limit.model === model);
    const room =
      tokens?.state === 'known' && tokens.limit !== null
        ? ` At most ${tokens.limit.toLocaleString('en-US')} tokens may be enqueued at once.`
        : tokens?.state === 'none'
          ? ''
          : ' How many tokens may be enqueued is not known.';
    const condition = entry.deadlineMs === null ? `If ${entry.name} can wait up to a day: its` : 'These can wait: their';
    return [
      {
        setting: `traffic.${quoted(entry.name)}.lane`,
        from: 'interactive',
        to: 'batch',
        why: `${condition} ${offered} requests leave ${nameOfBucket(worst.limit)} and cost half. Turnaround is assumed, ${formatDuration(service.batch.turnaround.p95Ms)} at p95.${room}`,
        relieves: worst.limit.bucket,
      },
    ];
  });
}

/** A deadline makes an entry deferrable; a backlog without one may be. */
function mayWait({ lane, deadlineMs, shape }: TrafficEntry): boolean {
  return lane === 'interactive' && (deadlineMs !== null || shape.kind === 'flood');
}

/** Overload at known hours, and requests that can wait for others. */
function scheduleAdvice(results: Results): Advice[] {
  const { header, summary } = results;
  const { service, traffic, clients } = header.resolved;
  const worst = service.overload.filter(isDaily).toSorted((a, b) => b.errorRatio - a.errorRatio)[0];
  if (!worst || worst.errorRatio === 0 || summary.attempts.overloaded === 0) return [];
  const { fromMs, toMs } = worst.span;
  const lengthMs = (toMs - fromMs + DAY_MS) % DAY_MS || DAY_MS;
  if (lengthMs >= DAY_MS) return [];
  return traffic.flatMap((entry): Advice[] => {
    if (entry.lane !== 'interactive' || entry.deadlineMs === null || entry.deadlineMs <= lengthMs) return [];
    if (clients[entry.client]?.schedule !== null || (summary.traffic[entry.name]?.requests.offered ?? 0) === 0) return [];
    return [
      {
        setting: `traffic.${quoted(entry.name)}.client.schedule`,
        from: null,
        to: { allow: [`${wallText(toMs % DAY_MS)}-${wallText(fromMs % DAY_MS)}`] },
        why: `From ${wallText(fromMs % DAY_MS)} to ${wallText(toMs % DAY_MS)} ${Math.round(worst.errorRatio * 100)} % of answers are 503, and these can wait. No bucket is short then: no tier cures a 503.`,
        relieves: null,
      },
    ];
  });
}

type DailyRule = OverloadRule & { readonly span: { readonly kind: 'daily'; readonly fromMs: number; readonly toMs: number } };

function isDaily(rule: OverloadRule): rule is DailyRule {
  return rule.span.kind === 'daily';
}

// ---- words

function isCalendar({ bucket }: LimitSpec): boolean {
  return bucket === 'rpd' || bucket === 'monthly';
}

function refusedBy({ summary }: Results, { bucket, model }: LimitSpec): number {
  return summary.buckets.reduce((sum, row) => sum + (row.bucket === bucket && row.model === model ? row.rejected : 0), 0);
}

/** Interactive requests that a client was handed. */
function offeredBy({ header, summary }: Results, client: number): number {
  return header.resolved.traffic
    .filter((entry) => entry.lane === 'interactive' && entry.client === client)
    .reduce((sum, { name }) => sum + (summary.traffic[name]?.requests.offered ?? 0), 0);
}

function interactiveOf(results: Results): number {
  return results.header.resolved.clients.reduce((sum, _, index) => sum + offeredBy(results, index), 0);
}

function pathOf({ traffic }: Scenario, { name }: ClientSpec, index: number): string {
  return index === 0 ? 'client' : `traffic.${quoted(traffic.find((entry) => entry.client === index)?.name ?? name)}.client`;
}

function quoted(name: string): string {
  return /^[^.[\]"=]+$/.test(name) ? name : JSON.stringify(name);
}

function isMoney({ bucket }: LimitSpec): boolean {
  return bucket === 'monthly' || bucket === 'spend10m';
}

function times(ratio: number): string {
  return ratio >= 2 ? `${Number(ratio.toPrecision(2))} times` : `${Math.round(ratio * 100)} % of`;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
