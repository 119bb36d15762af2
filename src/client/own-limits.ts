/** Token buckets of the client's own, ahead of the service's: what it holds back itself is never refused. */
import type { ClientSpec } from '../model/scenario.ts';
import { MINUTE_MS, SPEND_WINDOW_MS } from '../model/time.ts';
import type { Bucket } from '../quota/bucket.ts';
import { TokenBucket } from '../quota/token-bucket.ts';
import type { Candidate, Gate } from './gate.ts';

type Measure = { readonly bucket: Bucket; readonly costOf: (candidate: Candidate) => number };

export class OwnLimits implements Gate {
  readonly cause = 'schedule';
  private readonly measures: readonly Measure[];

  /** Each limit less its margin is both the rate and the burst. */
  constructor(limits: NonNullable<ClientSpec['limits']>) {
    const share = 1 - limits.marginRatio;
    const measure = (limit: number | null, windowMs: number, costOf: Measure['costOf']): Measure[] =>
      limit === null ? [] : [{ bucket: ownBucket(Math.max(1, Math.floor(limit * share)), windowMs), costOf }];
    this.measures = [
      ...measure(limits.rpm, MINUTE_MS, () => 1),
      ...measure(limits.ipm, MINUTE_MS, () => 1),
      ...measure(limits.tpm, MINUTE_MS, (candidate) => candidate.spec.inputTokens),
      ...measure(limits.spend10mMicroUsd, SPEND_WINDOW_MS, (candidate) => candidate.spec.listMicroUsd),
    ];
  }

  /** A cost above a limit of its own finds it full for ever. */
  readyAtMs(candidate: Candidate, atMs: number): number {
    let latestMs = atMs;
    for (const { bucket, costOf } of this.measures) latestMs = Math.max(latestMs, bucket.readyAtMs(costOf(candidate), atMs));
    return latestMs;
  }

  take(candidate: Candidate, atMs: number): void {
    for (const { bucket, costOf } of this.measures) bucket.take(costOf(candidate), atMs);
  }

  ended(): void {}
}

function ownBucket(limit: number, windowMs: number): Bucket {
  return new TokenBucket({ bucket: 'rpm', dimension: 0, model: null, project: null, limit, windowMs }, windowMs, limit);
}
