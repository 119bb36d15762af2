/** What a client can learn, from whoever answers. */
import { describe, expect, test } from 'vitest';
import { decodeReply } from '../../src/wire/decode.ts';
import { durationMs, goDuration } from '../../src/wire/duration.ts';

function google(message: string, ...details: readonly object[]): string {
  return JSON.stringify({ error: { code: 429, message, status: 'RESOURCE_EXHAUSTED', details } });
}

const RETRY_INFO = { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34s' };

test.each([
  ['0s', 0],
  ['34.286670503s', 34_287], // rounded up
  ['34.286s', 34_286], // and not by one too many
  ['0.001s', 1],
  ['8.115s', 8115], // 8.115 * 1000 is 8114.999999999999
  ['850.5ms', 851],
  ['20h3m13.257628674s', 72_193_258],
  ['1m', 60_000],
  ['300us', 1],
])('%s is %i ms', (text, ms) => expect(durationMs(text)).toBe(ms));

test.each(['', 's', '5', '1.s', '-3s', '1d', '99999999999999999999s'])('%j is no duration', (text) => expect(durationMs(text)).toBeNull());

test.each([
  [0, '0s'],
  [286, '286ms'],
  [1000, '1s'],
  [60_000, '1m0s'],
  [3_600_001, '1h0m0.001s'],
])('%i ms is written %s', (ms, text) => expect(goDuration(ms)).toBe(text));

test.each([
  ['the message before RetryInfo', google('x\nPlease retry in 33.9s.', RETRY_INFO), 33_900],
  ['RetryInfo alone, and a second for its floor', google('x', RETRY_INFO), 35_000],
  ['neither', google('x'), null],
])('the delay: %s', (_, bodyText, retryAfterMs) => {
  expect(decodeReply({ status: 429, bodyText })).toMatchObject({ kind: 'refused', retryAfterMs });
});

test('drafts of the thinking are not images', () => {
  const inlineData = { mimeType: 'image/jpeg', data: 'AAAA' };
  const bodyText = JSON.stringify({
    candidates: [{ content: { parts: [{ inlineData, thought: true }, { text: 'here' }, { inlineData }] } }],
  });
  expect(decodeReply({ status: 200, bodyText })).toMatchObject({ kind: 'image', images: 1 });
});

test('a stream is one answer, counted by its last chunk', () => {
  const chunk = (parts: readonly object[], candidatesTokenCount: number): object => ({
    candidates: [{ content: { parts } }],
    usageMetadata: { promptTokenCount: 5, candidatesTokenCount, totalTokenCount: 5 + candidatesTokenCount },
  });
  const chunks = [chunk([{ text: 'a' }], 1), chunk([{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }], 1121)];
  const expected = { kind: 'image', images: 1, usage: { promptTokens: 5, imageTokens: 1121, thoughtsTokens: 0, otherTokens: 0 } };
  expect(decodeReply({ status: 200, bodyText: chunks.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join('') })).toEqual(expected);
  expect(decodeReply({ status: 200, bodyText: JSON.stringify(chunks) })).toEqual(expected);
});

test.each([
  [
    'Interactions',
    {
      object: 'interaction',
      status: 'completed',
      usage: {
        total_input_tokens: 4,
        total_output_tokens: 1130,
        output_tokens_by_modality: [{ modality: 'image', tokens: 1120 }],
        total_thought_tokens: 3,
      },
      steps: [{ type: 'model_output', content: [{ type: 'image', mime_type: 'image/jpeg', data: 'AAAA' }] }],
    },
  ],
  ['OpenAI-compatible', { data: [{ b64_json: 'AAAA' }] }],
  ['gateway', { choices: [{ message: { images: [{ image_url: { url: 'data:image/png;base64,AAAA' } }] } }] }],
  ['Imagen', { predictions: [{ mimeType: 'image/png', bytesBase64Encoded: 'AAAA' }] }],
])('an image of the form %s counts', (_, body) => {
  expect(decodeReply({ status: 200, bodyText: JSON.stringify(body) })).toMatchObject({ kind: 'image', images: 1 });
});

test('an error inside HTTP 200 is a refusal with its own status', () => {
  const bodyText = JSON.stringify({
    error: { message: 'Upstream error from Google: Service temporarily overloaded', code: 503 },
  });
  expect(decodeReply({ status: 200, bodyText })).toMatchObject({
    kind: 'refused',
    httpStatus: 503,
    class: 'capacity.overloaded',
  });
});

test('an answer that says nothing is no image', () => {
  expect(decodeReply({ status: 200, bodyText: '{}' })).toEqual({ kind: 'blocked', class: 'safety.no-image', usage: null });
  expect(decodeReply({ status: 200, bodyText: '' })).toMatchObject({ kind: 'refused', class: 'unknown' });
});

test('all quotas of an answer come in its order, with the limits of its lines', () => {
  const line = (metric: string, limit: number): string =>
    `\n* Quota exceeded for metric: generativelanguage.googleapis.com/${metric}, limit: ${limit}, model: gemini-3-pro-image`;
  const violations = [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }, { quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }];
  const bodyText = google(`x${line('generate_requests_per_model', 20)}${line('generate_requests_per_model_per_day', 250)}`, {
    '@type': 'QuotaFailure',
    violations,
  });
  expect(decodeReply({ status: 429, bodyText })).toMatchObject({
    class: 'quota.rpd',
    violations: [
      { bucket: 'rpm', limit: 20, model: 'gemini-3-pro-image' },
      { bucket: 'rpd', limit: 250, model: 'gemini-3-pro-image' },
    ],
  });
});

test('the message is redacted', () => {
  const reply = decodeReply({
    status: 403,
    bodyText: JSON.stringify({
      error: {
        code: 403,
        status: 'PERMISSION_DENIED',
        message: "Permission denied: Consumer 'api_key:AIzaSyA1234567890' has been suspended.",
      },
    }),
  });
  expect(reply).toMatchObject({
    class: 'auth.suspended',
    message: "Permission denied: Consumer 'api_key:<key>' has been suspended.",
  });
});

describe('a delay in the headers', () => {
  const date = 'Sat, 21 Nov 2026 08:00:00 GMT';
  test.each([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'Retry-After': '0.25' }, 250],
    [{ 'retry-after-ms': '1500.5', 'retry-after': '9' }, 1_501],
    [{ 'Retry-After': 'Sat, 21 Nov 2026 08:01:30 GMT', Date: date }, 90_000],
    [{ 'retry-after': 'Sat, 21 Nov 2026 07:00:00 GMT', date }, 0],
    [{ 'retry-after': 'Sat, 21 Nov 2026 08:01:30 GMT' }, undefined], // from when?
    [{ 'retry-after': 'soon', date }, undefined],
    [{ 'retry-after': '-3' }, undefined],
    [{ date }, undefined],
  ])('%j is %s ms', (headers, expectedMs) => {
    const reply = decodeReply({ status: 429, headers: headers as unknown as Record<string, string>, bodyText: '' });
    expect(reply.kind === 'refused' && reply.headerDelayMs).toBe(expectedMs);
  });
});
