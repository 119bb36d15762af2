/** The Agent Platform, over the official SDK: with a key (Express) and in a project with a token. */
import { GoogleGenAI } from '@google/genai';
import { OAuth2Client } from 'google-auth-library';
import { describe, expect, test } from 'vitest';
import { expectPicture, KEY, MODEL, type Mood, PROMPT, rejection, serve } from './support.ts';

function withToken(): OAuth2Client {
  const authClient = new OAuth2Client();
  // Never sent beyond this machine; it must only not have expired.
  authClient.setCredentials({ access_token: 'ya29.test', expiry_date: Number.MAX_SAFE_INTEGER });
  return authClient;
}

describe.each([
  { way: 'a key', options: { apiKey: KEY } },
  { way: 'a project', options: { project: 'shop', location: 'us-central1', googleAuthOptions: { authClient: withToken() } } },
  { way: 'a project everywhere', options: { project: 'shop', location: 'global', googleAuthOptions: { authClient: withToken() } } },
])('with $way', ({ options }) => {
  async function client(mood: Mood = 'willing') {
    const { url } = await serve(mood);
    return new GoogleGenAI({ vertexai: true, ...options, httpOptions: { baseUrl: url } });
  }
  const ask = { model: MODEL, contents: PROMPT, config: { responseModalities: ['IMAGE'] } };

  test('a picture, whole and streamed, and tokens', async () => {
    const ai = await client();
    const answer = await ai.models.generateContent(ask);
    expectPicture(answer.candidates?.[0]?.content?.parts?.[0]?.inlineData?.data);
    const pictures: string[] = [];
    for await (const chunk of await ai.models.generateContentStream(ask))
      pictures.push(...(chunk.candidates?.[0]?.content?.parts ?? []).flatMap((part) => part.inlineData?.data ?? []));
    expectPicture(pictures[0]);
    expect((await ai.models.countTokens({ model: MODEL, contents: PROMPT })).totalTokens).toBeGreaterThan(0);
  });

  test('a 429 that names a base model and no delay, and a 503', async () => {
    const ai = await client('throttling');
    await ai.models.generateContent(ask);
    const error = await rejection(ai.models.generateContent(ask));
    expect(error.status).toBe(429);
    const told = JSON.parse(error.message).error;
    expect(told.message).toContain(`with base model: ${MODEL}.`);
    expect(told.details).toBeUndefined();
    expect((await rejection((await client('overloaded')).models.generateContent(ask))).status).toBe(503);
  });

  test('Imagen pictures', async () => {
    const ai = await client();
    const { generatedImages } = await ai.models.generateImages({
      model: 'imagen-4.0-generate-001',
      prompt: PROMPT,
      config: { numberOfImages: 2, outputMimeType: 'image/jpeg' },
    });
    expect(generatedImages).toHaveLength(2);
    expectPicture(generatedImages?.[0]?.image?.imageBytes);
  });
});
