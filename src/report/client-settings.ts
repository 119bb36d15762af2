/** What a scenario's clients do, each thing by a name, for the program that is to do it. */
import type { Lane } from '../model/names.ts';
import type { BreakerSpec, ClientSpec, FallbackStep, RetrySpec, Scenario } from '../model/scenario.ts';

/** One setting; `value` null means that there is none of it. */
export interface ClientSetting {
  /** camelCase, the unit last. */
  readonly key: string;
  readonly value: number | string | boolean | readonly (number | string)[] | null;
  /** What the program has to do about it. */
  readonly does: string;
}

export interface UsedClient {
  readonly client: ClientSpec;
  readonly isCommon: boolean;
  /** Names of the entries it serves, each with its lane. */
  readonly entries: readonly string[];
  readonly lanes: ReadonlySet<Lane>;
}

export function clientsIn({ clients, traffic }: Scenario): UsedClient[] {
  return clients.flatMap((client, index) => {
    const served = traffic.filter((entry) => entry.client === index);
    const entries = served.map(({ name, lane }) => `${name.replaceAll(/\s+/g, ' ')} (${lane})`);
    return entries.length === 0 ? [] : [{ client, isCommon: index === 0, entries, lanes: new Set(served.map(({ lane }) => lane)) }];
  });
}

export function settingsOf(client: ClientSpec, lanes: ReadonlySet<Lane>): ClientSetting[] {
  const rows = { key: 'rowsPerBatchJob', value: client.rowsPerJob, does: 'Requests of the batch lane in one job.' };
  return [...(lanes.has('interactive') ? interactiveSettings(client) : []), ...(lanes.has('batch') ? [rows] : [])];
}

function interactiveSettings(client: ClientSpec): ClientSetting[] {
  const { limits, queue, hedge, adaptive, schedule } = client;
  const withMargin = (limit: number | null | undefined, unit = 1): number | null =>
    limit == null ? null : (limit * (1 - (limits?.marginRatio ?? 0))) / unit;
  return [
    { key: 'concurrency', value: client.concurrency, does: 'Calls in flight at most; the others wait in line.' },
    { key: 'paceIntervalMs', value: client.paceIntervalMs, does: 'At least this long between two sends, retries and fallbacks included.' },
    { key: 'requestsPerMinute', value: withMargin(limits?.rpm), does: 'A token bucket of your own in front of all sends.' },
    { key: 'imagesPerMinute', value: withMargin(limits?.ipm), does: 'A token bucket of your own in front of all sends.' },
    { key: 'tokensPerMinute', value: withMargin(limits?.tpm), does: 'A token bucket of your own in front of all sends.' },
    { key: 'usdPerTenMinutes', value: withMargin(limits?.spend10mMicroUsd, 1e6), does: 'Dollars at list price in any ten minutes.' },
    { key: 'queueLimit', value: queue.limit, does: 'Requests that may wait for their first send; one more is turned away.' },
    { key: 'queueDeadlineMs', value: queue.deadlineMs, does: 'A request that has waited longer for its first send is dropped.' },
    { key: 'timeoutMs', value: client.timeoutMs, does: 'An attempt is given up after this; the service finishes it and bills it.' },
    ...retrySettings(client.retry),
    ...breakerSettings(client.breaker),
    {
      key: 'fallback',
      value: client.fallback.length === 0 ? null : client.fallback.map(stepText),
      does: 'Where a request goes next, and after what.',
    },
    { key: 'hedgeAfterMs', value: hedge?.afterMs ?? null, does: 'A second attempt when none answered by then.' },
    {
      key: 'adaptiveConcurrency',
      value: adaptive && [adaptive.min, adaptive.max],
      does: 'One more slot as long as all is well, half of them after a refusal.',
    },
    {
      key: 'sendOnlyIn',
      value: schedule?.map(({ fromMinute, toMinute, zone }) => `${clock(fromMinute)}-${clock(toMinute)} ${zone}`) ?? null,
      does: 'Daily windows; what falls due outside them waits.',
    },
  ];
}

export function retrySettings(retry: RetrySpec): ClientSetting[] {
  const { jitter } = retry;
  const jitterText = typeof jitter === 'string' ? jitter : `times ${jitter.low} to ${jitter.high}, plus 0 to ${jitter.addMs} ms`;
  if (retry.attempts === 1 && (retry.throttledAttempts === 1 || retry.countsTogether))
    return [{ key: 'attempts', value: 1, does: 'Nothing is tried again.' }];
  return [
    {
      key: 'attempts',
      value: retry.attempts,
      does: retry.countsTogether ? 'Tries in all, 429s included.' : 'Tries that may end otherwise than in a 429.',
    },
    ...(retry.countsTogether
      ? []
      : [{ key: 'throttledAttempts', value: retry.throttledAttempts ?? 'unlimited', does: 'Tries that may end in a 429, counted apart.' }]),
    { key: 'retryOn', value: retry.retryOn, does: 'What is tried again; 400, 401, 402, 403, 404 and a limit of 0 never are.' },
    ...(retry.stepsMs
      ? [{ key: 'retryWaitsMs', value: retry.stepsMs, does: 'Wait before the i-th retry; the last repeats.' }]
      : [
          { key: 'retryGrowth', value: retry.growth, does: 'How the wait grows from one retry to the next.' },
          { key: 'retryBaseMs', value: retry.baseMs, does: 'The first wait.' },
          {
            key: 'retryFactor',
            value: retry.growth === 'exponential' ? retry.factor : null,
            does: 'Each wait is the last one times this.',
          },
          { key: 'retryCapMs', value: retry.capMs, does: 'No wait is longer than this, unless the answer says so.' },
        ]),
    { key: 'retryJitter', value: jitterText, does: 'none v, full 0 to v, equal v/2 to v, additive v plus 0 to 1 s.' },
    { key: 'obeyRetryInfo', value: retry.obeyRetryInfo, does: 'Wait as long as RetryInfo in the body of a 429 says, instead.' },
    { key: 'spendWaitMs', value: retry.spendWaitMs ?? null, does: 'The wait after "spend limit" refusals, which say none.' },
    { key: 'onDailyLimit', value: retry.onDailyLimit, does: 'After a 429 of a daily quota: give up, or wait for midnight in Los Angeles.' },
    { key: 'retryDeadlineMs', value: retry.deadlineMs, does: 'No wait that would end later than this after the first send.' },
    { key: 'retryBudgetRatio', value: retry.budgetRatio, does: 'Retries for each request at most, on average over all.' },
    { key: 'retryHoldsSlot', value: retry.holdsSlot, does: 'Whether a waiting retry keeps its place among those in flight.' },
  ];
}

function breakerSettings(breaker: BreakerSpec | null): ClientSetting[] {
  if (breaker === null) return [{ key: 'breakerFailures', value: null, does: '' }];
  const { failures, cooldownMs, scope, counts, afterCooldown } = breaker;
  return [
    { key: 'breakerFailures', value: failures, does: 'Requests that failed in a row, after which nothing is sent for a while.' },
    { key: 'breakerCooldownMs', value: cooldownMs, does: 'How long nothing is sent.' },
    { key: 'breakerScope', value: scope, does: 'What is not called then: the model, or the whole chain of fallbacks.' },
    { key: 'breakerCounts', value: counts, does: 'The failures that count.' },
    { key: 'breakerAfterCooldown', value: afterCooldown, does: 'One trial decides, or all go at once.' },
  ];
}

function stepText({ to, on }: FallbackStep): string {
  const where = 'model' in to ? to.model : 'lane' in to ? `${to.lane} lane` : `provider ${to.provider}`;
  return `${where} after ${on.join('/')}`;
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
