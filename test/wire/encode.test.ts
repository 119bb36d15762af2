/** What the service says is what a client reads, and the bytes between have the captured form. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IMAGE_MODELS } from '../../src/model/catalogue.ts';
import { BUCKETS, ERROR_CLASSES, TIERS } from '../../src/model/names.ts';
import type { Reply, Usage, Violation } from '../../src/model/reply.ts';
import { decodeReply } from '../../src/wire/decode.ts';
import { type EncodeContext, encodeReply } from '../../src/wire/encode.ts';
import { entriesOf } from '../../src/wire/error-catalogue.ts';
import { classOfViolations, quotaNames } from '../../src/wire/quota-names.ts';

const CONTEXT: EncodeContext = { model: 'gemini-3-pro-image' };
const PICTURE = { mimeType: 'image/jpeg', base64: '/9j/4AAQSkZJRg==' };

function sent(reply: Reply, context: EncodeContext): Reply {
  const { status, body, headers } = encodeReply(reply, context, PICTURE);
  const read = decodeReply({ status, headers, bodyText: typeof body === 'string' ? body : JSON.stringify(body) });
  return read.kind === 'refused' ? { ...read, message: null } : read;
}

const model = fc.constantFrom(...IMAGE_MODELS.map(({ id }) => id));
const tier = fc.constantFrom(...TIERS);
const tokens = fc.nat({ max: 100_000 });
const usage: fc.Arbitrary<Usage> = fc.record({
  promptTokens: tokens,
  imageTokens: tokens,
  thoughtsTokens: tokens,
  otherTokens: tokens,
});
const withheldUsage: fc.Arbitrary<Usage> = fc.record({
  promptTokens: tokens,
  imageTokens: fc.constant(0),
  thoughtsTokens: tokens,
  otherTokens: fc.oneof(fc.constant(0), tokens),
});
const delayMs = fc.oneof(fc.constant(null), fc.nat({ max: 70_000 }), fc.nat({ max: 90_000_000 }));

function refused(reply: Partial<Extract<Reply, { kind: 'refused' }>>): Reply {
  return {
    kind: 'refused',
    httpStatus: 429,
    class: 'quota.unspecified',
    violations: [],
    retryAfterMs: null,
    message: null,
    ...reply,
  };
}

const quotaRefusal: fc.Arbitrary<{ reply: Reply; context: EncodeContext }> = fc
  .record({
    model,
    tier,
    buckets: fc.uniqueArray(fc.constantFrom('rpd', 'ipm', 'tpm', 'rpm', 'tpd' as const), { minLength: 1, maxLength: 4 }),
    limits: fc.array(fc.oneof({ weight: 1, arbitrary: fc.constant(0) }, { weight: 4, arbitrary: fc.integer({ min: 1, max: 5_000_000 }) }), {
      minLength: 4,
      maxLength: 4,
    }),
    retryAfterMs: delayMs,
  })
  .map(({ model: called, tier: onTier, buckets, limits, retryAfterMs }) => {
    const violations = buckets.map(
      (bucket, index): Violation => ({ bucket, model: called, limit: limits[index] ?? 1, ...quotaNames(bucket, onTier) }),
    );
    return {
      reply: refused({ class: classOfViolations(violations), violations, retryAfterMs }),
      context: { model: called, tier: onTier },
    };
  });

const ACCOUNT: Violation = { bucket: 'monthly', model: null, limit: null, quotaId: null, quotaMetric: null };

/** A fault takes class and status from the catalogue; money names its bucket. */
const fault: fc.Arbitrary<{ reply: Reply; context: EncodeContext }> = fc
  .record({ class: fc.constantFrom(...ERROR_CLASSES), model, retryAfterMs: fc.constant(null) })
  .filter(({ class: one }) => entriesOf(one).length > 0 && !one.startsWith('safety.'))
  .chain(({ class: one, model: called }) =>
    fc.constantFrom(...entriesOf(one)).map(({ httpStatus }) => {
      const violations: Violation[] =
        one === 'billing.monthly-cap' ? [ACCOUNT] : one === 'quota.spend' ? [{ ...ACCOUNT, bucket: 'spend10m' }] : [];
      return {
        reply: refused({ class: one, httpStatus: httpStatus === 200 ? 503 : httpStatus, violations }),
        context: { model: called },
      };
    }),
  );

const blocked: fc.Arbitrary<{ reply: Reply; context: EncodeContext }> = fc
  .record({
    class: fc.constantFrom(...ERROR_CLASSES.filter((one) => one.startsWith('safety.'))),
    usage: fc.oneof(fc.constant(null), withheldUsage),
    model,
  })
  .map(({ class: one, usage: counted, model: called }) => ({
    reply: { kind: 'blocked', class: one, usage: counted },
    context: { model: called },
  }));

const delivered: fc.Arbitrary<{ reply: Reply; context: EncodeContext }> = fc
  .record({ images: fc.integer({ min: 1, max: 10 }), usage, model })
  .map(({ images, usage: counted, model: called }) => ({
    reply: { kind: 'image', images, usage: counted },
    context: { model: called },
  }));

describe('decode undoes encode', () => {
  test.each([
    ['refusals that name quotas', quotaRefusal],
    ['faults of every class', fault],
    ['blocked prompts and images', blocked],
    ['images', delivered],
  ] as const)('%s', (_, cases) => {
    fc.assert(
      fc.property(cases, ({ reply, context }) => {
        expect(sent(reply, context)).toEqual(reply);
      }),
      { numRuns: 500 },
    );
  });

  test.each(
    BUCKETS.filter((bucket) => bucket !== 'monthly' && bucket !== 'spend10m').flatMap((bucket) =>
      TIERS.map((one) => [bucket, one] as const),
    ),
  )('%s of tier %s comes back by name', (bucket, onTier) => {
    const violations: Violation[] = [{ bucket, model: 'gemini-2.5-flash-image', limit: 7, ...quotaNames(bucket, onTier) }];
    const reply = refused({ class: classOfViolations(violations), violations, retryAfterMs: 59_999 });
    expect(sent(reply, CONTEXT)).toEqual(reply);
  });

  test.each([502, 403, 503])('a page of a proxy with status %i', (httpStatus) => {
    const reply = refused({ class: 'server.bad-gateway', httpStatus });
    expect(sent(reply, CONTEXT)).toEqual(reply);
    expect(encodeReply(reply, CONTEXT, null).headers).toEqual({ 'content-type': 'text/html; charset=UTF-8' });
  });
});

describe('the captured form', () => {
  const perMinute: Violation = { bucket: 'rpm', model: 'gemini-2.5-flash-image', limit: 500, ...quotaNames('rpm', '1') };

  test('a refusal by requests per minute', () => {
    const reply = refused({ class: 'quota.rpm', violations: [perMinute], retryAfterMs: 34_286 });
    expect(encodeReply(reply, { model: 'gemini-2.5-flash-image' }, null)).toEqual({
      status: 429,
      headers: { 'content-type': 'application/json; charset=UTF-8', 'x-gemini-service-tier': 'standard' },
      body: {
        error: {
          code: 429,
          status: 'RESOURCE_EXHAUSTED',
          message:
            'You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. \n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_requests_per_model, limit: 500, model: gemini-2.5-flash-preview-image\nPlease retry in 34.286s.',
          details: [
            {
              '@type': 'type.googleapis.com/google.rpc.Help',
              links: [{ description: 'Learn more about Gemini API quotas', url: 'https://ai.google.dev/gemini-api/docs/rate-limits' }],
            },
            {
              '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
              violations: [
                {
                  quotaMetric: 'generativelanguage.googleapis.com/generate_requests_per_model',
                  quotaId: 'GenerateRequestsPerMinutePerProjectPerModel',
                  quotaDimensions: { location: 'global', model: 'gemini-2.5-flash-preview-image' },
                  quotaValue: '500',
                },
              ],
            },
            { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' },
          ],
        },
      },
    });
  });

  test('a limit of 0 stands in the sentence and has no value; without a delay there is no RetryInfo', () => {
    const text = JSON.stringify(
      encodeReply(refused({ class: 'quota.zero-limit', violations: [{ ...perMinute, limit: 0 }] }), CONTEXT, null).body,
    );
    expect(text).toContain('limit: 0,');
    expect(text).not.toMatch(/quotaValue|RetryInfo|Please retry/);
  });

  test('a delay of hours is told as Go does', () => {
    const text = JSON.stringify(
      encodeReply(refused({ class: 'quota.rpm', violations: [perMinute], retryAfterMs: 72_193_257 }), CONTEXT, null).body,
    );
    expect(text).toContain('Please retry in 20h3m13.257s.');
    expect(text).toContain('"retryDelay":"72193s"');
  });

  test('the spend window and the monthly cap say their sentence and nothing else', () => {
    const spend = refused({ class: 'quota.spend', violations: [{ ...ACCOUNT, bucket: 'spend10m' }] });
    expect(encodeReply(spend, CONTEXT, null).body).toEqual({
      error: {
        code: 429,
        status: 'RESOURCE_EXHAUSTED',
        message:
          "You exceeded your spend-based rate limit. Your spending rate has exceeded the allowed limit for your account's billing history and tier.",
      },
    });
  });

  test('usage of an image adds up', () => {
    const reply: Reply = {
      kind: 'image',
      images: 1,
      usage: { promptTokens: 2076, imageTokens: 1120, thoughtsTokens: 137, otherTokens: 212 },
    };
    expect(encodeReply(reply, CONTEXT, PICTURE).body).toMatchObject({
      candidates: [{ content: { parts: [{ inlineData: { mimeType: 'image/jpeg' } }] }, finishReason: 'STOP' }],
      usageMetadata: {
        promptTokenCount: 2076,
        candidatesTokenCount: 1332,
        thoughtsTokenCount: 137,
        totalTokenCount: 3545,
        serviceTier: 'standard',
      },
      modelVersion: 'gemini-3-pro-image',
      responseId: expect.stringMatching(/^[\w-]{22}$/),
    });
  });

  test('candidates of a blocked image repeat its thoughts', () => {
    const reply: Reply = {
      kind: 'blocked',
      class: 'safety.image',
      usage: { promptTokens: 18, imageTokens: 0, thoughtsTokens: 220, otherTokens: 0 },
    };
    expect(encodeReply(reply, CONTEXT, null).body).toMatchObject({
      candidates: [{ finishReason: 'IMAGE_SAFETY' }],
      usageMetadata: { promptTokenCount: 18, candidatesTokenCount: 220, thoughtsTokenCount: 220, totalTokenCount: 238 },
    });
  });

  test('the same reply has the same bytes, another serial another id', () => {
    const reply: Reply = {
      kind: 'image',
      images: 1,
      usage: { promptTokens: 1, imageTokens: 2, thoughtsTokens: 0, otherTokens: 0 },
    };
    expect(encodeReply(reply, CONTEXT, null)).toEqual(encodeReply(reply, CONTEXT, null));
    expect(encodeReply(reply, { ...CONTEXT, serial: 1 }, null)).not.toEqual(encodeReply(reply, CONTEXT, null));
  });
});
