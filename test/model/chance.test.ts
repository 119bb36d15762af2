import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chance, exponential, fnv1a, LABEL, normalQuantile, stream, Xoshiro128 } from '../../src/model/chance.ts';
import { poissonTimes, thinnedTimes } from '../../src/traffic/times.ts';
import { golden } from '../traffic/shared.ts';

describe.skipIf(!golden('rng'))('golden rng', () => {
  test.each((golden('rng') ?? []).map((each) => [each.id, each] as const))('%s', (id, { inputs, expected }) => {
    if (id === 'poisson_times') {
      const times = poissonTimes(stream(inputs['master'], inputs['stream'], inputs['replication']), inputs['meanGapSeconds']);
      for (const instant of expected['times']) expect(times.next()).toBeCloseTo(instant, 8);
      return;
    }
    if (id === 'nhpp_thinning') {
      // Minutes; the golden rate is 10(1 + 0.8 sin(2 pi t / 1440)) with a majorant of 18.
      const ratePerMs = (t: number): number => 10 * (1 + 0.8 * Math.sin((2 * Math.PI * t) / 1440));
      const times = thinnedTimes(stream(inputs['master'], inputs['stream'], inputs['replication']), {
        ratePerMs,
        highestPerMs: 18,
        horizonMs: 1440,
      });
      for (const instant of expected['times']) expect(times.next()).toBeCloseTo(instant, 8);
      return;
    }
    const seed = inputs['seed'] ?? fnv1a(`${inputs['master']}/${inputs['stream']}/${inputs['replication']}`);
    if (expected['seed'] !== undefined) expect(seed).toBe(expected['seed']);
    const words = new Xoshiro128(seed);
    expect(expected['u32'].map(() => words.nextUint32())).toEqual(expected['u32']);
    if (!expected['f53']) return;
    const floats = new Xoshiro128(seed);
    expect(expected['f53'].map(() => floats.next())).toEqual(expected['f53']);
  });
});

test('streams of other names and replications are other streams', () => {
  const firsts = [stream(1, 'a'), stream(1, 'b'), stream(2, 'a'), stream(1, 'a', 1)].map((each) => each.next());
  expect(new Set(firsts).size).toBe(4);
  expect(stream(1, 'a').next()).toBe(firsts[0]);
});

test('chance stays what it is from version to version', () => {
  // A journal of last year names its seed: the same seed must give the same luck.
  expect([
    chance(1, LABEL.overload, 0, 1),
    chance(1, LABEL.latency, 0, 1),
    chance(2, LABEL.overload, 0, 1),
    chance(1, LABEL.overload, 41, 3),
  ]).toEqual([0.9123819069936872, 0.4481426712591201, 0.8991672748234123, 0.4820289306808263]);
});

test('chance is a number in [0, 1) that depends on nothing but its four numbers', () => {
  const labels = fc.constantFrom(...Object.values(LABEL));
  fc.assert(
    fc.property(fc.integer(), labels, fc.nat(), fc.nat(100), fc.nat(), (seed, label, request, attempt, other) => {
      const value = chance(seed, label, request, attempt);
      chance(other, label, other, attempt);
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThan(1);
      expect(chance(seed, label, request, attempt)).toBe(value);
    }),
  );
});

test.each([
  ['requests', (i: number) => chance(7, LABEL.overload, i, 1)],
  ['attempts', (i: number) => chance(7, LABEL.overload, 3, i)],
  ['seeds', (i: number) => chance(i, LABEL.overload, 3, 1)],
  ['requests under a seed of 32 bits', (i: number) => chance(0xffff_ffff, LABEL.spell, i, 0)],
])('chance is even over %s', (_, draw) => {
  const n = 20_000;
  const cells = new Array<number>(20).fill(0);
  for (let i = 0; i < n; i++) cells[Math.floor(draw(i) * 20)]! += 1;
  const chiSquare = cells.reduce((sum, seen) => sum + (seen - n / 20) ** 2 / (n / 20), 0);
  expect(chiSquare).toBeLessThan(50); // 19 degrees of freedom: 0.01 % lie beyond 50
});

test.each([
  ['label', (i: number) => chance(1, LABEL.latency, i, 1)],
  ['attempt', (i: number) => chance(1, LABEL.overload, i, 2)],
  ['seed', (i: number) => chance(2, LABEL.overload, i, 1)],
  ['request', (i: number) => chance(1, LABEL.overload, i + 1, 1)],
])('draws that differ in their %s alone do not go together', (_, other) => {
  const n = 20_000;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (chance(1, LABEL.overload, i, 1) - 0.5) * (other(i) - 0.5);
  expect(Math.abs((sum / n) * 12)).toBeLessThan(0.03); // correlation; its standard error is 0.007
});

test.each([
  [0.5, 0],
  [0.95, 1.6448536269514722],
  [0.975, 1.959963984540054],
  [0.999, 3.090232306167813],
  [0.01, -2.3263478740408408],
])('the normal quantile of %d is %d', (u, z) => {
  expect(normalQuantile(u)).toBeCloseTo(z, 7);
});

test('larger draws have larger normal quantiles, also across the joints of the approximation, and 0 has one', () => {
  const draws = [0, 1e-9, 0.001, 0.02424, 0.02426, 0.3, 0.5, 0.7, 0.97574, 0.97576, 0.999, 1 - 2 ** -32];
  const quantiles = draws.map(normalQuantile);
  expect(quantiles).toEqual(quantiles.toSorted((a, b) => a - b));
  expect(quantiles.every(Number.isFinite)).toBe(true);
});

test('exponential draws begin at 0 and have mean 1', () => {
  expect(exponential(0)).toBeCloseTo(0, 15);
  const n = 100_000;
  let sum = 0;
  for (let i = 0; i < n; i++) sum += exponential((i + 0.5) / n);
  expect(sum / n).toBeCloseTo(1, 4);
});
