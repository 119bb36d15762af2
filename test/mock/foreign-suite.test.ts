/** A team's own suite: their code calls the API through the SDK, MSW answers, and the tier they are on decides what they get. */
import { ApiError, GoogleGenAI } from '@google/genai';
import { setupServer } from 'msw/node';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { geminiHandlers } from '../../src/mock/index.ts';

const MODEL = 'gemini-3.1-flash-lite-image';
const server = setupServer();
const ai = new GoogleGenAI({ apiKey: 'test-key' });

beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
beforeEach(() => server.resetHandlers(...geminiHandlers({ tier: '1', window: 'sliding', limits: { [MODEL]: { rpm: 3 } } })));
afterAll(() => server.close());

async function refusalOf(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error('expected the API to refuse');
  return error;
}

test('our code gets a picture', async () => {
  const answer = await ai.models.generateContent({
    model: MODEL,
    contents: 'a house under the sun',
    config: { responseModalities: ['IMAGE'] },
  });
  const data = answer.candidates?.[0]?.content?.parts?.[0]?.inlineData;
  expect(data?.mimeType).toBe('image/jpeg');
  expect(
    Buffer.from(data?.data ?? '', 'base64')
      .subarray(0, 2)
      .toString('hex'),
  ).toBe('ffd8');
  expect(answer.usageMetadata?.totalTokenCount).toBeGreaterThan(1_000);
});

test('the fourth call of a minute is refused with details, and the next minute is fine', async () => {
  vi.useFakeTimers({ now: Date.UTC(2026, 11, 1, 12), toFake: ['Date'] });
  server.resetHandlers(...geminiHandlers({ limits: { [MODEL]: { rpm: 3 } } }));
  const call = () => ai.models.generateContent({ model: MODEL, contents: 'a house' });
  for (let n = 0; n < 3; n++) await call();
  const error = await refusalOf(call());
  expect(error.status).toBe(429);
  const { details } = JSON.parse(error.message).error;
  const violation = details.find((detail: { '@type': string }) => detail['@type'].endsWith('QuotaFailure')).violations[0];
  expect(violation).toMatchObject({
    quotaId: 'GenerateRequestsPerMinutePerProjectPerModel',
    quotaValue: '3',
    quotaDimensions: { model: MODEL },
  });
  expect(details.find((detail: { '@type': string }) => detail['@type'].endsWith('RetryInfo')).retryDelay).toBe('60s');
  vi.setSystemTime(Date.UTC(2026, 11, 1, 12, 1));
  await expect(call()).resolves.toBeTruthy();
  vi.useRealTimers();
});

test('a stream ends with the picture in it', async () => {
  const parts: (string | undefined)[] = [];
  let finish: string | undefined;
  for await (const chunk of await ai.models.generateContentStream({ model: MODEL, contents: 'a house' })) {
    const candidate = chunk.candidates?.[0];
    parts.push(...(candidate?.content?.parts ?? []).map((part) => part.inlineData?.mimeType));
    finish = candidate?.finishReason ?? finish;
  }
  expect(parts).toContain('image/jpeg');
  expect(finish).toBe('STOP');
});

test('a service that is overloaded says so', async () => {
  const overload = [
    { span: { kind: 'daily', fromMs: 0, toMs: 86_400_000 }, errorRatio: 1, models: null, meanSpellMs: null, latencyFactor: 1 },
  ] as const;
  server.resetHandlers(...geminiHandlers({ service: { overload } }));
  expect((await refusalOf(ai.models.generateContent({ model: MODEL, contents: 'a house' }))).status).toBe(503);
});

test('the free tier has no image quota', async () => {
  server.resetHandlers(...geminiHandlers({ tier: 'free' }));
  const error = await refusalOf(ai.models.generateContent({ model: MODEL, contents: 'a house' }));
  expect(error.status).toBe(429);
  expect(error.message).toContain('limit: 0');
});

test('tokens are counted and models listed', async () => {
  expect((await ai.models.countTokens({ model: MODEL, contents: 'a house' })).totalTokens).toBe(2);
  const names: (string | undefined)[] = [];
  for await (const model of await ai.models.list({ config: { pageSize: 2 } })) names.push(model.name);
  expect(names).toContain(`models/${MODEL}`);
});
