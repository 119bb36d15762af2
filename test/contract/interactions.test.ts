/** The Interactions API, over the official SDK's client of its own for it. */
import { GoogleGenAI } from '@google/genai';
import { expect, test } from 'vitest';
import { expectPicture, KEY, MODEL, type Mood, PROMPT, rejection, serve } from './support.ts';

async function client(mood: Mood = 'willing') {
  const { url, at } = await serve(mood);
  return { ai: new GoogleGenAI({ apiKey: KEY, httpOptions: { baseUrl: url } }), at, url };
}

const ASK = { model: MODEL, input: PROMPT, response_format: { type: 'image' as const, aspect_ratio: '16:9', image_size: '2K' } };
const ONCE = { maxRetries: 0 };

test('a picture, what it used, and the same again by its id', async () => {
  const { ai } = await client();
  const interaction = await ai.interactions.create(ASK, ONCE);
  expect(interaction).toMatchObject({ status: 'completed', object: 'interaction', model: MODEL });
  expectPicture(interaction.output_image?.data);
  const { usage } = interaction;
  expect(usage!.total_tokens).toBe(usage!.total_input_tokens! + usage!.total_output_tokens! + usage!.total_thought_tokens!);
  expect(usage!.output_tokens_by_modality).toEqual([{ modality: 'image', tokens: 1120 }]);
  expect(await ai.interactions.get(interaction.id)).toMatchObject({ id: interaction.id, status: 'completed' });
  await ai.interactions.delete(interaction.id);
  expect((await rejection(ai.interactions.get(interaction.id, undefined, ONCE))).status).toBe(404);
});

test('a stream of events', async () => {
  const { ai } = await client();
  const kinds: string[] = [];
  let picture: string | undefined;
  for await (const event of await ai.interactions.create({ ...ASK, stream: true }, ONCE)) {
    kinds.push(event.event_type);
    if (event.event_type === 'step.delta' && event.delta.type === 'image') picture = event.delta.data;
  }
  expectPicture(picture);
  expect(kinds[0]).toBe('interaction.created');
  expect(kinds.at(-1)).toBe('interaction.completed');
});

test('what follows an earlier interaction sees its picture', async () => {
  const { ai } = await client();
  const first = await ai.interactions.create(ASK, ONCE);
  const second = await ai.interactions.create({ ...ASK, input: 'at night', previous_interaction_id: first.id }, ONCE);
  expect(second.usage!.input_tokens_by_modality).toContainEqual({ modality: 'image', tokens: 258 });
});

test('refusals have words for codes', async () => {
  const throttled = await client('throttling');
  await throttled.ai.interactions.create(ASK, ONCE);
  const error = await rejection(throttled.ai.interactions.create(ASK, ONCE));
  expect(error.status).toBe(429);
  expect(JSON.stringify(error.body ?? error.error ?? error.message)).toContain('rate_limit_exceeded');
  expect((await rejection((await client('overloaded')).ai.interactions.create(ASK, ONCE))).status).toBe(503);
  const { ai } = await client();
  expect((await rejection(ai.interactions.create({ ...ASK, model: 'gemini-9' }, ONCE))).message).toContain("'gemini-9' not found");
  const png = { ...ASK.response_format, mime_type: 'image/png' };
  expect((await rejection(ai.interactions.create({ ...ASK, response_format: png }, ONCE))).status).toBe(400);
});

test('a picture that was withheld is told in prose', async () => {
  const interaction = await (await client('blocking')).ai.interactions.create(ASK, ONCE);
  expect(interaction.status).toBe('completed');
  expect(interaction.output_image).toBeUndefined();
  expect(interaction.output_text).not.toBe('');
});

test('the service tier that is asked for is told again', async () => {
  const { ai } = await client();
  expect(await ai.interactions.create({ ...ASK, service_tier: 'flex' }, ONCE)).toMatchObject({ service_tier: 'flex' });
});

test('a missing key is refused by the front end, in an array', async () => {
  const { url } = await client();
  const answer = await fetch(`${url}/v1/interactions`, { method: 'POST', body: JSON.stringify(ASK) });
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject([{ error: { status: 'PERMISSION_DENIED' } }]);
});
