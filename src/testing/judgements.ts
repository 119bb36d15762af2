/** What each matcher decides, without a test runner: whether it passes, and what to say when it should not have. */
import type { BucketName, ModelId } from '../model/names.ts';
import { thresholdName } from '../report/ci-run.ts';
import { amount, count, counted, dollars, duration, observedText, percent } from '../report/words.ts';
import { type Observed, type ObservedBucket, observedIn } from './observed.ts';

export interface Judgement {
  readonly pass: boolean;
  /** Of the failure: that it should have passed, or, with `.not`, that it should not have. */
  readonly message: () => string;
}

/** Highest share of a limit that may be used, by bucket; 0.8 leaves a fifth. */
export type Shares = Readonly<Partial<Record<BucketName, number>>>;

export interface OfModel {
  /** Of this model alone (every model). */
  readonly model?: ModelId;
}

/** A bucket that has no limit stays within any. Every named bucket stayed at or below its share of the limit; a number is for every bucket whose limit is known. */
export function staysWithin(what: unknown, shares: Shares | number, of: OfModel = {}): Judgement {
  return withObserved(what, (observed) => {
    const all = observed.buckets.filter(({ model }) => of.model === undefined || model === null || model === of.model);
    const asked: readonly (readonly [string, number, readonly ObservedBucket[]])[] =
      typeof shares === 'number'
        ? [['every bucket', shares, all.filter(({ limit }) => limit !== null)]]
        : Object.entries(shares).map(([bucket, share]) => [bucket, share, all.filter((one) => one.bucket === bucket)]);
    const faults = asked.flatMap(([name, share, buckets]) => shareFaults(name, share, buckets));
    if (of.model !== undefined && !observed.buckets.some(({ model }) => model === of.model))
      return verdict([`expected a run of ${of.model}: none of its buckets was seen`], '');
    const limits = asked.map(([name, share]) => `${name} within ${percent(share)}`).join(', ');
    return verdict(faults, `expected the run not to stay with ${limits} of the limit, but it did`);
  });
}

function shareFaults(name: string, share: number, buckets: readonly ObservedBucket[]): string[] {
  if (!(share > 0 && share <= 1)) return [`a share of ${name} lies above 0 and up to 1, found ${share}`];
  const known = buckets.filter(({ limit }) => limit !== null);
  if (known.length === 0 && buckets.length > 0)
    return [`nobody knows whether ${name} stayed within ${percent(share)}: no limit of it is known here. Write yours under quota.limits`];
  return known
    .filter(({ peakUtilisation, refused }) => (peakUtilisation ?? Infinity) > share || refused > 0)
    .map(({ bucket, model, limit, peakUtilisation, refused }) => {
      const level =
        peakUtilisation === null ? 'was asked for at limit 0' : `reached ${percent(peakUtilisation)} of ${amount(bucket, limit!)}`; // known above
      const said = refused === 0 ? '' : `, and refused ${counted(refused, 'time')}`;
      return `${bucket} of ${model ?? 'the account'} ${level}${said}: expected at most ${percent(share)} and no refusal`;
    });
}

/** The first refusal came from this bucket. */
export function exhaustsFirst(what: unknown, bucket: BucketName, of: OfModel = {}): Judgement {
  return withObserved(what, ({ firstBucket }) => {
    const wanted = `${bucket}${of.model === undefined ? '' : ` of ${of.model}`}`;
    const found = firstBucket === null ? 'nothing ran dry' : `${bucketText(firstBucket)} ran dry first, at ${duration(firstBucket.atMs)}`;
    const pass = firstBucket?.bucket === bucket && (of.model === undefined || firstBucket.model === of.model);
    return verdict(
      pass ? [] : [`expected ${wanted} to run dry first: ${found}`],
      `expected anything but ${wanted} to run dry first: ${found}`,
    );
  });
}

/** No quota refused anything. */
export function exhaustsNothing(what: unknown): Judgement {
  return withObserved(what, ({ firstBucket, throttled }) => {
    const first =
      firstBucket === null ? 'a 429 named no quota' : `${bucketText(firstBucket)} ran dry first, at ${duration(firstBucket.atMs)}`;
    return verdict(
      throttled === 0 ? [] : [`expected no refusal, found ${count(throttled)}: ${first}`],
      'expected a refusal (429), but there was none',
    );
  });
}

/** Nothing was sent again before the instant that its refusal had told. */
export function honoursRetryInfo(what: unknown): Judgement {
  return withObserved(what, ({ earlyRetries, throttled }) =>
    verdict(
      earlyRetries === 0
        ? []
        : [
            `${count(earlyRetries)} of the calls after ${counted(throttled, 'refusal')} came before the delay they were told (RetryInfo): wait for it, whatever the backoff says`,
          ],
      `expected calls before the delay that a refusal told, but each waited${throttled === 0 ? ' (there was no refusal)' : ''}`,
    ),
  );
}

/** At least this share of the requests was delivered. */
export function deliversAtLeast(what: unknown, share: number): Judgement {
  return withSummary(what, ({ requests }) => {
    const { offered, delivered, failed, dropped, blocked, pending } = requests;
    const found = `${count(delivered)} of ${count(offered)} (${percent(offered === 0 ? null : delivered / offered)})`;
    const rest = `${count(failed)} failed, ${count(dropped)} dropped, ${count(blocked)} blocked, ${count(pending)} open`;
    const pass = offered > 0 && delivered / offered >= share;
    return verdict(
      pass ? [] : [`expected at least ${percent(share)} to be delivered, found ${found}: ${rest}`],
      `expected less than ${percent(share)} to be delivered, found ${found}`,
    );
  });
}

/** At list price, in dollars. */
export function costsAtMost(what: unknown, usd: number): Judgement {
  return withSummary(what, ({ costUsd }) =>
    verdict(
      costUsd.total <= usd
        ? []
        : [
            `expected a cost of at most ${dollars(usd)}, found ${dollars(costUsd.total)}, of which ${dollars(costUsd.wasted)} delivered nothing`,
          ],
      `expected a cost above ${dollars(usd)}, found ${dollars(costUsd.total)}`,
    ),
  );
}

/** Every threshold of the scenario was met; there must be one. */
export function meetsThresholds(what: unknown): Judgement {
  return withSummary(what, ({ thresholds }) => {
    if (thresholds.length === 0) return verdict(['the scenario has no thresholds to meet'], 'the scenario has no thresholds to miss');
    const missed = thresholds.filter(({ passed }) => !passed);
    return verdict(
      missed.map((threshold) => `missed ${thresholdName(threshold)}: observed ${observedText(threshold.observed)}`),
      `expected a missed threshold, but all were met: ${thresholds.map(thresholdName).join(', ')}`,
    );
  });
}

function bucketText({
  bucket,
  model,
  limit,
}: {
  readonly bucket: BucketName;
  readonly model: ModelId | null;
  readonly limit: number | null;
}): string {
  return `${bucket} of ${model ?? 'the account'}${limit === null ? '' : ` (limit ${amount(bucket, limit)})`}`;
}

function verdict(faults: readonly string[], otherwise: string): Judgement {
  return { pass: faults.length === 0, message: () => (faults.length === 0 ? otherwise : faults.join('\n')) };
}

/** @throws TypeError for what cannot be judged, with or without `.not` */
function withObserved(what: unknown, judge: (observed: Observed) => Judgement): Judgement {
  const observed = observedIn(what);
  if (observed === null) throw new TypeError('expected what simulate(), run(), simulateFile() or startGemini() gives, or its summary');
  return judge(observed);
}

function withSummary(what: unknown, judge: (summary: NonNullable<Observed['summary']>) => Judgement): Judgement {
  return withObserved(what, ({ summary }) => {
    if (summary === null)
      throw new TypeError('an emulated service sees calls, not requests, their cost or thresholds: judge a run of a scenario');
    return judge(summary);
  });
}
