/** A gateway's own endpoint for pictures, beside chat. Source: OpenRouter's OpenAPI description and @openrouter/sdk 1.3.19, read 2026-11. */
import { wordOf } from '../../model/word-of.ts';
import { type Fields, field, textOf } from './fields.ts';
import { type Answered, candidates, chatUsage, imageConfigOfSize, nearestRatio, partsOf } from './openai-chat.ts';

/** The generateContent body that asks for what such a call asks for. Pictures to start from are content parts, as in chat. */
export function gatewayPictureContents(body: Fields): object {
  const prompt = textOf(field(body, 'prompt'));
  const parts = [...partsOf(field(body, 'input_references')), ...(prompt === null ? [] : [{ text: prompt }])];
  const resolution = textOf(field(body, 'resolution'));
  const imageConfig = {
    ...imageConfigOfSize(field(body, 'size')),
    ...ratioOf(wordOf(field(body, 'aspect_ratio'))),
    ...(resolution === null ? {} : { imageSize: resolution }),
  };
  return {
    contents: parts.length === 0 ? [] : [{ role: 'user', parts }],
    generationConfig: { responseModalities: ['IMAGE'], ...candidates(body), imageConfig },
  };
}

/** The gateway takes more ratios than the model has, and sends on the nearest; `auto` leaves it to the model. */
function ratioOf(asked: string): object {
  const [, width, height] = /^(\d{1,2}(?:\.\d{1,2})?):(\d{1,2}(?:\.\d{1,2})?)$/.exec(asked) ?? [];
  const ratio = Number(width) / Number(height);
  return ratio > 0 && Number.isFinite(ratio) ? { aspectRatio: nearestRatio(ratio) } : {};
}

/** A picture that was withheld leaves the list empty (assumed). */
export function gatewayPictures(generated: Answered, created: number): object {
  return { created, data: generated.pictures.map(pictureOf), usage: chatUsage(generated.usage) };
}

/** As server-sent events: an event for each picture that is finished, and what ends the stream. */
export function gatewayPictureEvents(generated: Answered, created: number): readonly string[] {
  const completed = { type: 'image_generation.completed', created, usage: chatUsage(generated.usage) };
  const events = generated.pictures.map((picture) => `data: ${JSON.stringify({ ...completed, ...pictureOf(picture) })}\n\n`);
  return [': OPENROUTER PROCESSING\n\n', ...events, 'data: [DONE]\n\n'];
}

function pictureOf({ base64, mimeType }: Answered['pictures'][number]): object {
  return { b64_json: base64, media_type: mimeType };
}
