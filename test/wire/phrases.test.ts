/** Wordings met in public beside the catalogue, texts that only look alike, and what verdicts say beyond the class. */
import { expect, test } from 'vitest';
import type { ErrorClass } from '../../src/model/names.ts';
import type { Answer } from '../../src/wire/case.ts';
import { classify } from '../../src/wire/classify.ts';

function google(code: number, message: string, status: string, details?: readonly object[]): string {
  return JSON.stringify({ error: { code, message, status, ...(details ? { details } : {}) } });
}

function errorInfo(reason: string, metadata: Readonly<Record<string, string>>): object {
  return { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, metadata };
}

function candidate(finishReason: string): string {
  return JSON.stringify({ candidates: [{ finishReason, index: 0 }] });
}

function block(blockReason: string): string {
  return JSON.stringify({ promptFeedback: { blockReason } });
}

const HEAD = 'You exceeded your current quota, please check your plan and billing details.';
const EXHAUSTED = 'RESOURCE_EXHAUSTED';
const PER_MINUTE = {
  quotaMetric: 'generativelanguage.googleapis.com/generate_requests_per_model',
  quotaId: 'GenerateRequestsPerMinutePerProjectPerModel',
  quotaValue: '500',
};

const PHRASES: readonly (readonly [what: string, answer: Answer, expected: ErrorClass])[] = [
  [
    'cap of the billing account',
    { status: 429, body: google(429, 'Your billing account has exceeded its monthly spending cap', EXHAUSTED) },
    'billing.monthly-cap',
  ],
  ['the same as text', { body: 'Your billing account has exceeded its monthly spending cap' }, 'billing.monthly-cap'],
  [
    'country',
    { status: 400, body: google(400, 'Image generation is not available in your country.', 'FAILED_PRECONDITION') },
    'request.location-unsupported',
  ],
  [
    'country inside metadata.raw',
    {
      status: 400,
      body: JSON.stringify({
        error: {
          message: 'Provider returned error',
          code: 400,
          metadata: {
            raw: google(400, 'Image generation is not available in your country.', 'FAILED_PRECONDITION'),
            provider_name: 'Google AI Studio',
          },
        },
      }),
    },
    'request.location-unsupported',
  ],
  [
    'location that billing would cure',
    { body: 'User location is not supported for the API use without a billing account linked.' },
    'request.free-tier-unavailable',
  ],
  [
    'Imagen for billed users',
    { body: google(400, 'Imagen API is only accessible to billed users at this time.', 'INVALID_ARGUMENT') },
    'request.free-tier-unavailable',
  ],
  ['no free tier, text', { body: "models/gemini-3-pro-image doesn't have a free quota tier" }, 'quota.zero-limit'],
  ['no free tier, body', { body: google(429, "Gemini 2.5 Pro Preview doesn't have a free quota tier.", EXHAUSTED) }, 'quota.zero-limit'],
  [
    'capacity under 429',
    {
      status: 429,
      body: google(429, 'No capacity available for model gemini-3-pro on the server', EXHAUSTED, [
        errorInfo('MODEL_CAPACITY_EXHAUSTED', { model: 'gemini-3-pro' }),
      ]),
    },
    'capacity.overloaded',
  ],
  ['capacity, text', { body: 'No capacity available for model gemini-3-pro on the server' }, 'capacity.overloaded'],
  [
    'Agent Platform out of capacity',
    { body: google(429, 'Unable to submit request because the service is temporarily out of capacity.', EXHAUSTED) },
    'quota.shared-capacity',
  ],
  ['deadline with 504', { body: google(504, 'Deadline expired before operation could complete.', 'DEADLINE_EXCEEDED') }, 'server.timeout'],
  ['deadline with 503', { body: google(503, 'Deadline expired before operation could complete.', 'UNAVAILABLE') }, 'server.timeout'],
  [
    'Imagen filter',
    {
      status: 400,
      body: google(400, 'The response is blocked, as it may violate our policies. Support codes: 56562880', 'INVALID_ARGUMENT'),
    },
    'safety.image',
  ],
  [
    'terms of service',
    {
      status: 403,
      body: google(403, 'Gemini API has been disabled in this account for violation of Terms of Service', 'PERMISSION_DENIED'),
    },
    'auth.suspended',
  ],
  [
    'consumer invalid, placeholder',
    {
      body: google(403, 'Permission denied on resource project your-project-id.', 'PERMISSION_DENIED', [
        errorInfo('CONSUMER_INVALID', { service: 'aiplatform.googleapis.com' }),
      ]),
    },
    'auth.key-mismatch',
  ],
  [
    'consumer invalid, real project',
    {
      body: google(403, 'Permission denied on resource project acme-images-prod.', 'PERMISSION_DENIED', [
        errorInfo('CONSUMER_INVALID', { service: 'aiplatform.googleapis.com' }),
      ]),
    },
    'auth.iam',
  ],
  [
    'developer instruction',
    { body: google(400, 'Developer instruction is not enabled for models/gemini-2.5-flash-image', 'INVALID_ARGUMENT') },
    'request.invalid',
  ],
  ['modalities', { body: 'Model does not support the requested response modalities: image' }, 'request.invalid'],
  ['input image', { body: 'Provided image is not valid.' }, 'request.invalid'],
  [
    'person generation',
    { body: "You have chosen the 'Allow (All ages)' option for Person Generation, which is not enabled" },
    'request.invalid',
  ],
  [
    'only a Help link',
    {
      status: 429,
      body: google(429, HEAD, EXHAUSTED, [
        {
          '@type': 'type.googleapis.com/google.rpc.Help',
          links: [{ description: 'Learn more about Gemini API quotas', url: 'https://ai.google.dev' }],
        },
      ]),
    },
    'quota.unspecified',
  ],
  ['BLOCKLIST', { status: 200, body: candidate('BLOCKLIST') }, 'safety.prohibited'],
  ['SPII', { status: 200, body: candidate('SPII') }, 'safety.prohibited'],
  ['LANGUAGE', { status: 200, body: candidate('LANGUAGE') }, 'safety.no-image'],
  ['OTHER', { status: 200, body: candidate('OTHER') }, 'safety.no-image'],
  ['blocked OTHER', { status: 200, body: block('OTHER') }, 'safety.no-image'],
  ['blocked JAILBREAK', { status: 200, body: block('JAILBREAK') }, 'safety.prohibited'],
  ['blocked MODEL_ARMOR', { status: 200, body: block('MODEL_ARMOR') }, 'safety.prohibited'],
  ['reset', { body: 'read ECONNRESET' }, 'network.unreachable'],
  ['connect timeout', { body: 'connect ETIMEDOUT 142.250.1.95:443' }, 'network.unreachable'],
  ['name not found', { body: 'getaddrinfo ENOTFOUND generativelanguage.googleapis.com' }, 'network.unreachable'],
  ['fetch failed', { body: 'TypeError: fetch failed' }, 'network.unreachable'],
  ['hang up', { body: 'Error: socket hang up' }, 'network.unreachable'],
  ['aborted', { body: 'AbortError: This operation was aborted' }, 'client.cancelled'],
  [
    'metric without period or value',
    {
      body: google(
        429,
        'Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model with base model: gemini-pro.',
        EXHAUSTED,
      ),
    },
    'quota.shared-capacity',
  ],
  [
    'metric without period, with value',
    {
      body: google(429, 'x', EXHAUSTED, [
        {
          '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
          violations: [{ quotaMetric: 'aiplatform.googleapis.com/online_prediction_requests_per_base_model', quotaValue: '60' }],
        },
      ]),
    },
    'quota.rpm',
  ],
  ['Vertex AI disabled', { body: 'Vertex AI API has not been used in project 123 before or it is disabled.' }, 'auth.api-disabled'],
  [
    'without the error wrapper',
    { body: JSON.stringify({ code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' }) },
    'capacity.overloaded',
  ],
  ['a quota id alone', { body: 'GenerateRequestsPerDayPerProjectPerModel-FreeTier' }, 'quota.rpd'],
  ['a finish reason alone', { body: 'Candidate was blocked: IMAGE_SAFETY' }, 'safety.image'],
  ['402 alone', { status: 402 }, 'billing.prepay-depleted'],
  ['429 alone', { status: 429 }, 'quota.unspecified'],
  ['reason phrase', { body: '429 Too Many Requests' }, 'quota.unspecified'],
  [
    'Python prints a dict',
    {
      body: `google.genai.errors.ClientError: 429 RESOURCE_EXHAUSTED. {'error': {'code': 429, 'message': '${HEAD}', 'status': 'RESOURCE_EXHAUSTED', 'details': [{'@type': 'type.googleapis.com/google.rpc.QuotaFailure', 'violations': [{'quotaMetric': '${PER_MINUTE.quotaMetric}', 'quotaId': '${PER_MINUTE.quotaId}', 'quotaValue': '500'}]}]}}`,
    },
    'quota.rpm',
  ],
  [
    'older SDK',
    {
      body: '[GoogleGenerativeAI Error]: Error fetching from https://generativelanguage.googleapis.com/v1beta: [503 Service Unavailable] The model is overloaded.',
    },
    'capacity.overloaded',
  ],
  ['got status', { body: `ApiError: got status: UNAVAILABLE. ${google(503, 'x', 'UNAVAILABLE')}` }, 'capacity.overloaded'],
  [
    'escaped inside a log object',
    { body: JSON.stringify({ level: 'error', err: `gemini: ${google(503, 'high demand', 'UNAVAILABLE')}` }) },
    'capacity.overloaded',
  ],
  ['escaped once more', { body: `worker: ${JSON.stringify(google(503, 'x', 'UNAVAILABLE'))}` }, 'capacity.overloaded'],
  [
    'error in mid-stream',
    {
      status: 200,
      body: `data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}\r\n\r\ndata: ${google(503, 'The model is overloaded.', 'UNAVAILABLE')}\r\n\r\n`,
    },
    'capacity.overloaded',
  ],
  [
    'previous errors of a gateway',
    {
      status: 200,
      body: JSON.stringify({
        error: {
          message: 'Provider returned error',
          code: 500,
          metadata: { previous_errors: [{ code: 503, message: 'The model is overloaded.' }] },
        },
      }),
    },
    'capacity.overloaded',
  ],
  [
    'HTML packed by the SDK',
    {
      status: 502,
      body: JSON.stringify({
        error: { message: '<html>\r\n<head><title>502 Bad Gateway</title></head>', code: 502, status: 'Bad Gateway' },
      }),
    },
    'server.bad-gateway',
  ],
  ['cut off', { body: google(429, HEAD, EXHAUSTED, [{ '@type': 'QuotaFailure', violations: [PER_MINUTE] }]).slice(0, -14) }, 'quota.rpm'],
];

test.each(PHRASES)('%s', (_, answer, expected) => {
  const verdict = classify(answer);
  expect([verdict.class, verdict.evidence]).toEqual([expected, expect.anything()]);
});

const LOOKALIKES: readonly (readonly [what: string, answer: Answer])[] = [
  [
    'OpenAI, body',
    {
      status: 429,
      body: JSON.stringify({
        error: {
          message: `${HEAD} https://platform.openai.com`,
          type: 'insufficient_quota',
          param: null,
          code: 'insufficient_quota',
        },
      }),
    },
  ],
  ['OpenAI, text', { body: HEAD }],
  [
    'OpenAI, rate limit',
    {
      status: 429,
      body: JSON.stringify({
        error: {
          message: 'Rate limit reached for gpt-4o on requests per min (RPM)',
          type: 'requests',
          param: null,
          code: 'rate_limit_exceeded',
        },
      }),
    },
  ],
  ['gRPC message size', { body: '8 RESOURCE_EXHAUSTED: Received message larger than max (5242880 vs. 4194304)' }],
  [
    'YouTube',
    {
      status: 403,
      body: JSON.stringify({
        error: {
          code: 403,
          message: 'You have exceeded your quota.',
          errors: [{ message: 'x', domain: 'youtube.quota', reason: 'quotaExceeded' }],
        },
      }),
    },
  ],
  [
    'YouTube, service named',
    {
      status: 429,
      body: google(
        429,
        "Quota exceeded for quota metric 'Queries' and limit 'Queries per day' of service 'youtube.googleapis.com'",
        EXHAUSTED,
      ),
    },
  ],
  [
    'another Google service',
    {
      status: 429,
      body: google(429, 'Quota exceeded', EXHAUSTED, [
        errorInfo('RATE_LIMIT_EXCEEDED', { service: 'sheets.googleapis.com', quota_limit: 'ReadRequestsPerMinutePerUser' }),
      ]),
    },
  ],
  [
    'a picture with the word quota',
    {
      status: 200,
      body: JSON.stringify({
        candidates: [
          {
            content: { parts: [{ text: 'quota exceeded' }, { inlineData: { mimeType: 'image/png', data: 'AAAA' } }] },
            finishReason: 'STOP',
          },
        ],
      }),
    },
  ],
  [
    'a text answer about quotas',
    {
      status: 200,
      body: JSON.stringify({
        candidates: [{ content: { parts: [{ text: 'A quota is a limit, often per minute.' }] }, finishReason: 'STOP' }],
      }),
    },
  ],
  ['a status page', { status: 200, body: JSON.stringify({ status: 'ok', quota: { used: 5, limit: 0 } }) }],
  ['nothing', {}],
  ['small talk', { body: 'hello world' }],
];

test.each(LOOKALIKES)('%s is unknown, and says what is missing', (_, answer) => {
  const verdict = classify(answer);
  expect(verdict).toMatchObject({ class: 'unknown', bucket: null, whose: null });
  expect(verdict.evidence.join()).toMatch(/missing/);
});

test('a verdict names bucket, limit, model by our id, and the wait of the message before that of RetryInfo', () => {
  const body = google(
    429,
    `${HEAD}\n* Quota exceeded for metric: ${PER_MINUTE.quotaMetric}, limit: 500, model: gemini-2.5-flash-preview-image\nPlease retry in 34.286670503s.`,
    EXHAUSTED,
    [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ ...PER_MINUTE, quotaDimensions: { model: 'gemini-2.5-flash-preview-image' } }],
      },
      { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' },
    ],
  );
  expect(classify({ status: 429, body })).toMatchObject({
    class: 'quota.rpm',
    bucket: 'rpm',
    limit: 500,
    model: 'gemini-2.5-flash-image',
    quotaId: PER_MINUTE.quotaId,
    waitMs: 34_287,
    whose: 'your quota',
    confidence: 'high',
  });
});

test('the short delay of a daily quota is not believed', () => {
  const daily = { quotaId: 'GenerateRequestsPerDayPerProjectPerModel', quotaValue: '250' };
  const body = (retryDelay: string): string =>
    google(429, HEAD, EXHAUSTED, [
      { '@type': 'QuotaFailure', violations: [daily] },
      { '@type': 'RetryInfo', retryDelay },
    ]);
  expect(classify({ body: body('41s') })).toMatchObject({ class: 'quota.rpd', retryable: 'no', waitMs: null });
  expect(classify({ body: body('72193s') })).toMatchObject({ class: 'quota.rpd', retryable: 'no', waitMs: 72_194_000 });
});

test("a gateway's pool is the gateway's matter, one's own key behind it is one's own", () => {
  const body = (isByok: boolean): string =>
    JSON.stringify({
      error: { code: 429, message: 'Provider returned error', metadata: { raw: google(429, HEAD, EXHAUSTED), is_byok: isByok } },
    });
  expect(classify({ body: body(false) }).whose).toBe('a gateway');
  expect(classify({ body: body(true) }).whose).toBe('your quota');
});
