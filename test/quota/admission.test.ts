/** Several buckets at once: all or nothing, and which one is primary. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUCKETS, type EnforcedBucket, WINDOW_KINDS } from '../../src/model/names.ts';
import { MINUTE_MS } from '../../src/model/time.ts';
import { Admission } from '../../src/quota/admission.ts';
import { bucket } from '../../src/quota/windows.ts';
import { GOLDEN_BUCKETS, type GoldenLimiter, golden, instant, kindOf, specOf } from './golden.ts';

interface AdmissionCase {
  readonly id: string;
  readonly inputs: {
    readonly limiters: Readonly<Record<string, GoldenLimiter>>;
    readonly countRejected: readonly string[];
    readonly events: readonly { readonly t: number; readonly cost: Readonly<Record<string, number>> }[];
  };
  readonly expected: readonly {
    readonly ok: boolean;
    readonly violations: readonly string[];
    readonly primary: string | null;
    readonly retryAt: number | null;
  }[];
}

function costs(of: Partial<Readonly<Record<EnforcedBucket, number>>>): readonly number[] {
  return BUCKETS.map((name) => of[name] ?? 0);
}

function minutes(limits: Partial<Readonly<Record<EnforcedBucket, number>>>): Admission {
  return new Admission(
    Object.entries(limits).map(([name, limit]) => {
      const calendar = name === 'rpd' || name === 'monthly';
      return bucket(specOf(name as EnforcedBucket, limit, calendar ? null : MINUTE_MS), 'fixed');
    }),
  );
}

const AT = 1_773_999_960_000;

const cases = golden<AdmissionCase>('buckets_multidim');
describe.skipIf(!cases)('golden buckets_multidim', () => {
  test.each((cases?.cases ?? []).map((each) => [each.id, each] as const))('%s', (_, { inputs, expected }) => {
    const buckets = Object.entries(inputs.limiters).map(([name, limiter]) =>
      bucket(specOf(GOLDEN_BUCKETS[name]!, limiter.limit, limiter.windowMs ?? null), kindOf(limiter)),
    );
    const countRejected = inputs.countRejected.map((name) => GOLDEN_BUCKETS[name]!);
    const admission = new Admission(buckets, { countRejected });
    for (const [index, { t, cost }] of inputs.events.entries()) {
      const vector = costs(Object.fromEntries(Object.entries(cost).map(([name, value]) => [GOLDEN_BUCKETS[name]!, value])));
      const { ok, violations, primary, retryAt } = expected[index]!;
      const refusal = admission.refusal(vector, t);
      if (!refusal) admission.take(vector, t);
      const where = `event ${index}`;
      expect(refusal === null, where).toBe(ok);
      if (!refusal) continue;
      // Golden sorts by priority; ours has the primary first.
      const named = refusal.violations.map(({ spec }) => spec).sort((a, b) => a.dimension - b.dimension);
      expect(
        named.map((spec) => spec.bucket),
        where,
      ).toEqual(violations.map((name) => GOLDEN_BUCKETS[name]));
      expect(refusal.primary.spec.bucket, where).toBe(GOLDEN_BUCKETS[primary!]);
      expect(refusal.retryAtMs, where).toBe(instant(retryAt));
    }
  });
});

test('the primary comes first, the others in the order of BUCKETS, each with its instant', () => {
  const admission = minutes({ rpm: 1, tpm: 10, ipm: 1, rpd: 1 });
  admission.take(costs({ rpm: 1, ipm: 1, rpd: 1 }), AT);
  const refusal = admission.refusal(costs({ rpm: 1, tpm: 11, ipm: 1, rpd: 1 }), AT)!;
  expect(refusal.violations.map(({ spec }) => spec.bucket)).toEqual(['tpm', 'rpd', 'ipm', 'rpm']);
  expect([...refusal.readyAtMs]).toEqual([Infinity, 1_774_076_400_000, AT + MINUTE_MS, AT + MINUTE_MS]);
  expect(refusal.retryAtMs).toBe(Infinity);
  expect(refusal.primary).toBe(refusal.violations[0]);
});

test('of equal instants, never among them, the first in BUCKETS is primary', () => {
  const admission = minutes({ rpm: 0, tpm: 0, ipm: 0, rpd: 0, spend10m: 0, monthly: 0 });
  expect(admission.refusal(costs({ rpm: 1, tpm: 1, ipm: 1 }), AT)!.primary.spec.bucket).toBe('ipm');
  expect(admission.refusal(costs({ rpm: 1, tpm: 1, ipm: 1, rpd: 1, spend10m: 1, monthly: 1 }), AT)!.primary.spec.bucket).toBe('monthly');
});

test('a bucket that a request does not touch cannot refuse it', () => {
  const admission = minutes({ rpm: 1, tpm: 5 });
  admission.take(costs({ rpm: 1, tpm: 900 }), AT);
  expect(admission.refusal(costs({}), AT)).toBeNull();
  expect(admission.refusal(costs({ rpm: 1 }), AT)!.violations.map(({ spec }) => spec.bucket)).toEqual(['rpm']);
});

test('a smaller cost may be taken than was asked for', () => {
  const admission = minutes({ rpm: 2, tpm: 100 });
  expect(admission.refusal(costs({ rpm: 1, tpm: 100 }), AT)).toBeNull();
  admission.take(costs({ rpm: 1 }), AT);
  expect(admission.refusal(costs({ rpm: 1, tpm: 100 }), AT)).toBeNull();
});

test('the violations of like refusals are one array', () => {
  const admission = minutes({ rpm: 0, tpm: 0 });
  const refuse = () => admission.refusal(costs({ rpm: 1, tpm: 1 }), AT)!.violations;
  expect(refuse()).toBe(refuse());
});

test('a refused request takes nothing from any bucket', () => {
  const limits = fc.record({
    rpm: fc.nat(6),
    ipm: fc.nat(6),
    tpm: fc.nat(40),
    spend10m: fc.nat(60),
    rpd: fc.nat(30),
    monthly: fc.nat(200),
  });
  const request = fc.record({
    gapMs: fc.nat(30_000),
    rpm: fc.nat(1),
    ipm: fc.nat(3),
    tpm: fc.nat(20),
    spend10m: fc.nat(20),
    rpd: fc.nat(1),
    monthly: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.constantFrom(...WINDOW_KINDS), limits, fc.array(request, { maxLength: 60 }), (kind, limit, requests) => {
      const windowMs = (name: EnforcedBucket) => (name === 'rpd' || name === 'monthly' ? null : name === 'spend10m' ? 600_000 : MINUTE_MS);
      const build = () => new Admission(BUCKETS.toReversed().map((name) => bucket(specOf(name, limit[name], windowMs(name)), kind)));
      const refused = build();
      const spared = build();
      let atMs = AT;
      for (const { gapMs, ...cost } of requests) {
        atMs += gapMs;
        const vector = costs(cost);
        const before = refused.buckets.map((each) => each.used(atMs));
        const refusal = refused.refusal(vector, atMs);
        if (refusal) {
          expect(refused.buckets.map((each) => each.used(atMs))).toEqual(before);
          expect(refusal.retryAtMs).toBe(Math.max(...refusal.readyAtMs));
          expect(Math.min(...refusal.readyAtMs)).toBeGreaterThan(atMs);
        } else {
          refused.take(vector, atMs);
          spared.take(vector, atMs);
        }
      }
      expect(refused.buckets.map((each) => each.used(atMs))).toEqual(spared.buckets.map((each) => each.used(atMs)));
    }),
  );
});
