/** Matchers for vitest: importing this file adds them to `expect`, with their types. */
import { expect } from 'vitest';
import type { BucketName } from '../model/names.ts';
import {
  costsAtMost,
  deliversAtLeast,
  exhaustsFirst,
  exhaustsNothing,
  honoursRetryInfo,
  meetsThresholds,
  type OfModel,
  type Shares,
  staysWithin,
} from './judgements.ts';

export interface RundryMatchers<Returned = void> {
  /**
   * No bucket went above its share of the limit, and none of them refused: `{ rpm: 0.8 }`, or 0.8 for every bucket whose limit is
   * known. A bucket whose limit nobody knows fails.
   */
  toStayWithin(shares: Shares | number, of?: OfModel): Returned;
  /** The first refusal came from this bucket. */
  toHaveExhaustedFirst(bucket: BucketName, of?: OfModel): Returned;
  /** There was no refusal (429). */
  toHaveExhaustedNothing(): Returned;
  /** Nothing was sent again before the instant that its refusal told. */
  toHonourRetryInfo(): Returned;
  /** The share of requests that were delivered, 0 to 1. */
  toDeliverAtLeast(share: number): Returned;
  /** Dollars, at list price. */
  toCostAtMost(usd: number): Returned;
  /** Every threshold of the scenario, and of its entries, was met. */
  toMeetThresholds(): Returned;
}

declare module 'vitest' {
  // The parameters are those of vitest's own declaration: interfaces merge under the same ones only.
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> extends RundryMatchers<R> {}
}

expect.extend({
  toStayWithin: (run: unknown, shares: Shares | number, of?: OfModel) => staysWithin(run, shares, of),
  toHaveExhaustedFirst: (run: unknown, bucket: BucketName, of?: OfModel) => exhaustsFirst(run, bucket, of),
  toHaveExhaustedNothing: (run: unknown) => exhaustsNothing(run),
  toHonourRetryInfo: (run: unknown) => honoursRetryInfo(run),
  toDeliverAtLeast: (run: unknown, share: number) => deliversAtLeast(run, share),
  toCostAtMost: (run: unknown, usd: number) => costsAtMost(run, usd),
  toMeetThresholds: (run: unknown) => meetsThresholds(run),
});
