import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffMs } from '../../src/client/backoff.ts';
import type { Jitter, RetrySpec } from '../../src/model/scenario.ts';
import { retrySpec } from '../support/play.ts';
import { golden } from '../traffic/shared.ts';

/** Mean of the i-th wait over even draws; decorrelated waits depend on the last one and are chained over pseudo-random draws. */
function means(retry: RetrySpec, delays: number, chains = 4_000): number[] {
  const sums = new Array<number>(delays).fill(0);
  let state = 12_345;
  const draw = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
  for (let chain = 0; chain < chains; chain++) {
    let lastMs = 0;
    for (let i = 0; i < delays; i++) {
      const u = retry.jitter === 'decorrelated' ? draw() : (chain + 0.5) / chains;
      lastMs = backoffMs(retry, i + 1, lastMs, u);
      sums[i]! += lastMs;
    }
  }
  return sums.map((sum) => sum / chains);
}

const specOf = (inputs: Readonly<Record<string, any>>): RetrySpec =>
  inputs['strategy'].startsWith('2^i')
    ? retrySpec({ jitter: 'additive', capMs: 64_000 })
    : retrySpec({ jitter: inputs['strategy'] as Jitter, baseMs: inputs['baseSeconds'] * 1_000, capMs: inputs['capSeconds'] * 1_000 });

describe.skipIf(!golden('backoff'))('golden backoff', () => {
  test.each((golden('backoff') ?? []).map((each) => [each.id, each] as const))('%s', (_, { inputs, expected }) => {
    const retry = specOf(inputs);
    const delays = inputs['delays'] ?? inputs['maxAttempts'] - 1;
    const chains = retry.jitter === 'decorrelated' ? 60_000 : 4_000;
    const seconds = means(retry, delays, chains).map((ms) => ms / 1_000);
    const close = retry.jitter === 'decorrelated' ? 0.15 : 0.001; // a mean of 60,000 draws, or of even ones rounded to the ms
    if (expected['meanEach']) {
      for (const [i, mean] of expected['meanEach'].entries()) expect(Math.abs(seconds[i]! - mean), `wait ${i + 1}`).toBeLessThan(close);
      return;
    }
    // The mean over requests that fail with probability p: the i-th wait is begun with probability p^i.
    const p = inputs['p'];
    const total = seconds.reduce((sum, mean, i) => sum + p ** (i + 1) * mean, 0);
    expect(total).toBeCloseTo(expected['meanBackoff'], 3);
  });
});

test.each<[Jitter, i: number, u: number, ms: number]>([
  ['none', 1, 0.9, 1_000],
  ['none', 5, 0.9, 16_000],
  ['none', 6, 0.9, 32_000], // the cap
  ['none', 60, 0.9, 32_000],
  ['full', 1, 0, 0],
  ['full', 3, 0.5, 2_000],
  ['full', 9, 0.5, 16_000],
  ['equal', 1, 0, 500],
  ['equal', 3, 0.5, 3_000],
  ['equal', 9, 0.5, 24_000],
  ['additive', 1, 0, 1_000],
  ['additive', 1, 0.25, 1_250],
  ['additive', 5, 0.9999, 17_000], // 16,999.9 rounds
  ['additive', 6, 0.9, 32_000], // the cap holds for the sum
  ['decorrelated', 1, 0, 1_000], // the first: between base and three times base
  ['decorrelated', 1, 0.5, 2_000],
])('%s jitter, wait %d, draw %d: %d ms', (jitter, i, u, ms) => {
  expect(backoffMs(retrySpec({ jitter }), i, 0, u)).toBe(ms);
});

test.each([
  [2_000, 0.5, 3_500], // U(1,000, 6,000)
  [1_000, 0, 1_000],
  [30_000, 0.9, 32_000], // the cap
])('decorrelated after %d ms with draw %d: %d ms', (lastMs, u, ms) => {
  expect(backoffMs(retrySpec({ jitter: 'decorrelated' }), 2, lastMs, u)).toBe(ms);
});

test.each<[RetrySpec['growth'], number, number[]]>([
  ['exponential', 3, [100, 300, 900, 2_700, 5_000, 5_000]],
  ['linear', 3, [100, 200, 300, 400, 500, 600]],
  ['constant', 3, [100, 100, 100, 100, 100, 100]],
])('%s growth', (growth, factor, waits) => {
  const retry = retrySpec({ growth, factor, baseMs: 100, capMs: 5_000 });
  expect(waits.map((_, i) => backoffMs(retry, i + 1, 0, 0.3))).toEqual(waits);
});

test('no wait grows out of none, however high the power', () => {
  expect(backoffMs(retrySpec({ growth: 'exponential', baseMs: 0 }), 2_000, 0, 0.5)).toBe(0);
});

test('a wait is whole, never negative, never above the cap, and larger draws wait longer', () => {
  const jitters = fc.constantFrom<Jitter>('none', 'full', 'equal', 'additive', 'decorrelated');
  const growths = fc.constantFrom<RetrySpec['growth']>('exponential', 'linear', 'constant');
  const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      jitters,
      growths,
      fc.nat(60_000),
      fc.nat(120_000),
      fc.integer({ min: 1, max: 1_200 }),
      fc.nat(200_000),
      draw,
      draw,
      (jitter, growth, baseMs, capMs, i, lastMs, u, w) => {
        const retry = retrySpec({ jitter, growth, baseMs, capMs });
        const [low, high] = [backoffMs(retry, i, lastMs, Math.min(u, w)), backoffMs(retry, i, lastMs, Math.max(u, w))];
        expect(Number.isInteger(low)).toBe(true);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeGreaterThanOrEqual(low);
        expect(high).toBeLessThanOrEqual(capMs);
      },
    ),
  );
});
