/** `openai`, at Google's OpenAI-compatible endpoint and at a gateway. */
import OpenAI, { APIError } from 'openai';
import { describe, expect, test } from 'vitest';
import { classify } from '../../src/wire/classify.ts';
import { expectPicture, expectQuotaDetails, KEY, MODEL, type Mood, PROMPT, rejection, serve } from './support.ts';

const MESSAGES = [{ role: 'user' as const, content: PROMPT }];

/** The first picture of a message or a delta, in a field that OpenAI's types do not know. */
function pictureOf(message: unknown): string | undefined {
  const { images = [] } = message as { images?: readonly { image_url: { url: string } }[] };
  return images[0]?.image_url.url.split(',')[1];
}

/** What the SDK throws away of an answer that is no object. */
async function bodyOf(url: string, path: string, body: object): Promise<any> {
  const answer = await fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer.json();
}

describe('the compatible endpoint', () => {
  async function client(mood: Mood = 'willing') {
    const { url } = await serve(mood);
    return { url, openai: new OpenAI({ apiKey: KEY, baseURL: `${url}/v1beta/openai/`, maxRetries: 0 }) };
  }

  test('a picture by images.generate', async () => {
    const { openai } = await client();
    const asked = { model: MODEL, prompt: PROMPT, n: 1, size: '1024x1024', response_format: 'b64_json' } as const;
    const { data, created } = await openai.images.generate(asked);
    expectPicture(data?.[0]?.b64_json);
    expect(created).toBe(Date.UTC(2026, 11, 1, 18) / 1_000);
  });

  test('a picture by chat, whole and streamed', async () => {
    const { openai } = await client();
    const whole = await openai.chat.completions.create({ model: MODEL, messages: MESSAGES });
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', message: { role: 'assistant' } });
    expectPicture(pictureOf(whole.choices[0]?.message));
    expect(whole.usage?.total_tokens).toBe(whole.usage!.prompt_tokens + whole.usage!.completion_tokens);
    let streamed = '';
    let finish: string | null = null;
    for await (const chunk of await openai.chat.completions.create({ model: MODEL, messages: MESSAGES, stream: true })) {
      streamed += pictureOf(chunk.choices[0]?.delta) ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expectPicture(streamed);
    expect(finish).toBe('stop');
  });

  test('models', async () => {
    const { openai } = await client();
    const ids: string[] = [];
    for await (const { id } of openai.models.list()) ids.push(id);
    expect(ids).toContain(`models/${MODEL}`);
    expect((await openai.models.retrieve(MODEL)).owned_by).toBe('google');
  });

  test('a 429 with details in an array of one, a 503, a filter', async () => {
    const { url, openai } = await client('throttling');
    await openai.images.generate({ model: MODEL, prompt: PROMPT });
    const error = await rejection(openai.images.generate({ model: MODEL, prompt: PROMPT }));
    expect(error).toBeInstanceOf(APIError);
    expect(error.status).toBe(429);
    const body = await bodyOf(url, '/v1beta/openai/chat/completions', { model: MODEL, messages: MESSAGES });
    expect(body).toHaveLength(1);
    expectQuotaDetails(body[0].error);
    const overloaded = (await client('overloaded')).openai;
    expect((await rejection(overloaded.images.generate({ model: MODEL, prompt: PROMPT }))).status).toBe(503);
    const blocking = (await client('blocking')).openai;
    expect((await blocking.chat.completions.create({ model: MODEL, messages: MESSAGES })).choices[0]?.finish_reason).toBe('content_filter');
    expect((await blocking.images.generate({ model: MODEL, prompt: PROMPT })).data).toEqual([]);
  });

  test('an unknown model is told with the version that the endpoint calls its own', async () => {
    const { url } = await client();
    const [{ error }] = await bodyOf(url, '/v1beta/openai/images/generations', { model: 'gemini-1.5-flash', prompt: PROMPT });
    expect(error).toMatchObject({
      code: 404,
      message: expect.stringContaining('models/gemini-1.5-flash is not found for API version v1main,'),
    });
    const [embedding] = await bodyOf(url, '/v1beta/openai/embeddings', { model: 'nobody', input: PROMPT });
    expect(embedding.error.code).toBe(404);
  });

  test('two pictures at once are refused, as candidates are', async () => {
    const { openai } = await client();
    expect((await rejection(openai.images.generate({ model: MODEL, prompt: PROMPT, n: 2 }))).status).toBe(400);
  });
});

describe('a gateway', () => {
  const GATEWAY_MODEL = `google/${MODEL}`;
  async function client(mood: Mood = 'willing') {
    const { url } = await serve(mood);
    return { url, openai: new OpenAI({ apiKey: KEY, baseURL: `${url}/api/v1`, maxRetries: 0 }) };
  }
  const ask = { model: GATEWAY_MODEL, messages: MESSAGES, modalities: ['image', 'text'] } as any;

  test('a picture in the message, whole and streamed', async () => {
    const { openai } = await client();
    const whole = await openai.chat.completions.create(ask);
    expect(whole).toMatchObject({ model: GATEWAY_MODEL, provider: 'Google AI Studio', id: expect.stringMatching(/^gen-/) });
    expectPicture(pictureOf(whole.choices[0]?.message));
    const stream = await openai.chat.completions.create({ ...ask, stream: true });
    let streamed = '';
    for await (const chunk of stream as any) streamed += pictureOf(chunk.choices[0]?.delta) ?? '';
    expectPicture(streamed);
  });

  test("a 429 is the pool's, a 503 the provider's, a 400 Google's in a string", async () => {
    const { openai } = await client('throttling');
    await openai.chat.completions.create(ask);
    const throttled = await rejection(openai.chat.completions.create(ask));
    expect(throttled.error).toMatchObject({ code: 429, metadata: { limit_source: 'upstream_provider_shared_pool', is_byok: false } });
    expect(throttled.error.metadata.raw).toContain(`${GATEWAY_MODEL} is temporarily rate-limited upstream`);
    expect(classify({ status: 429, body: JSON.stringify({ error: throttled.error }) }).class).toBe('quota.shared-capacity');
    const overloaded = await rejection((await client('overloaded')).openai.chat.completions.create(ask));
    expect(overloaded.error).toMatchObject({ code: 503, metadata: { error_type: 'provider_overloaded' } });
    const wrong = await rejection((await client()).openai.chat.completions.create({ ...ask, image_config: { aspect_ratio: '7:5' } }));
    expect(wrong.error).toMatchObject({ code: 400, message: 'Provider returned error' });
    expect(JSON.parse(wrong.error.metadata.raw).error.message).toContain('aspect_ratio must be one of');
  });

  test('an unknown model and a missing key', async () => {
    const { url, openai } = await client();
    expect((await rejection(openai.chat.completions.create({ ...ask, model: 'google/nobody' }))).status).toBe(400);
    const answer = await fetch(`${url}/api/v1/chat/completions`, { method: 'POST', body: JSON.stringify(ask) });
    expect(answer.status).toBe(401);
  });
});
