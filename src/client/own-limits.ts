/** Token buckets of the client's own, ahead of the service's: what it holds back itself is never refused. */
import type { ClientSpec } from '../model/scenario.ts';
import { MINUTE_MS, SPEND_WINDOW_MS } from '../model/time.ts';
import type { Bucket } from '../quota/bucket.ts';
import { TokenBucket } from '../quota/token-bucket.ts';
import type { Candidate, Gate } from './gate.ts';

export class OwnLimits implements Gate {
  readonly cause = 'schedule';
  /** Requests and images: an attempt is one of each, so the smaller limit is always the later one. */
  private readonly attempts: Bucket | null;
  private readonly tokens: Bucket | null;
  private readonly money: Bucket | null;

  /** Each limit less its margin is both the rate and the burst. */
  constructor({ rpm, ipm, tpm, spend10mMicroUsd, marginRatio }: NonNullable<ClientSpec['limits']>) {
    const share = 1 - marginRatio;
    const smaller = Math.min(rpm ?? Infinity, ipm ?? Infinity);
    this.attempts = smaller === Infinity ? null : ownBucket(smaller * share, MINUTE_MS);
    this.tokens = tpm === null ? null : ownBucket(tpm * share, MINUTE_MS);
    this.money = spend10mMicroUsd === null ? null : ownBucket(spend10mMicroUsd * share, SPEND_WINDOW_MS);
  }

  /** A cost above a limit of its own finds it full for ever. */
  readyAtMs({ spec }: Candidate, atMs: number): number {
    const attemptsMs = this.attempts === null ? atMs : this.attempts.readyAtMs(1, atMs);
    const tokensMs = this.tokens === null ? atMs : this.tokens.readyAtMs(spec.inputTokens, atMs);
    const moneyMs = this.money === null ? atMs : this.money.readyAtMs(spec.listMicroUsd, atMs);
    const latestMs = attemptsMs > tokensMs ? attemptsMs : tokensMs;
    return latestMs > moneyMs ? latestMs : moneyMs;
  }

  take({ spec }: Candidate, atMs: number): void {
    this.attempts?.take(1, atMs);
    this.tokens?.take(spec.inputTokens, atMs);
    this.money?.take(spec.listMicroUsd, atMs);
  }
}

/** @param share a limit less its margin: 10 × (1 − 0.8) is 1.9999999999999996 and means 2 */
function ownBucket(share: number, windowMs: number): Bucket {
  const limit = Math.max(1, Math.floor(Number(share.toPrecision(12))));
  return new TokenBucket({ bucket: 'rpm', dimension: 0, model: null, project: null, limit, windowMs }, windowMs, limit);
}
