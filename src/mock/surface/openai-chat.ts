/** Chat completions and pictures as OpenAI's clients send them and expect them back: said once for Google's endpoint and for gateways. */
import { wordOf } from '../../model/word-of.ts';
import { type Fields, field, fieldsOf, listOf, textOf } from './fields.ts';
import type { Generated, Usage } from './generated.ts';

export type Answered = Extract<Generated, { kind: 'answered' }>;

/** The generateContent body that asks for what a chat completion asks for. */
export function chatContents(body: Fields): object {
  const messages = listOf(field(body, 'messages')).map(fieldsOf);
  const isSystem = (message: Fields): boolean => ['system', 'developer'].includes(wordOf(field(message, 'role')));
  const contents = messages
    .filter((message) => !isSystem(message))
    .map((message) => ({ role: field(message, 'role') === 'assistant' ? 'model' : 'user', parts: partsOf(field(message, 'content')) }));
  const system = messages.filter(isSystem).flatMap((message) => partsOf(field(message, 'content')));
  return {
    contents,
    ...(system.length > 0 ? { systemInstruction: { parts: system } } : {}),
    generationConfig: { ...modalities(body), ...candidates(body), ...imageConfig(body) },
  };
}

/** The same for a call of the images endpoint. */
export function pictureContents(body: Fields): object {
  const prompt = textOf(field(body, 'prompt'));
  return {
    contents: prompt === null ? [] : [{ role: 'user', parts: [{ text: prompt }] }],
    generationConfig: { responseModalities: ['IMAGE'], ...candidates(body), imageConfig: { ...imageConfigOfSize(field(body, 'size')) } },
  };
}

/** Parts of a message's content: texts, and pictures by data URL or address. */
export function partsOf(content: unknown): readonly object[] {
  return listOf(content).map((part) => {
    if (typeof part === 'string') return { text: part };
    const fields = fieldsOf(part);
    const image = field(fields, 'image_url');
    const url = typeof image === 'string' ? image : textOf(field(fieldsOf(image), 'url'));
    return url === null ? { text: textOf(field(fields, 'text')) ?? '' } : pictureOf(url);
  });
}

function pictureOf(url: string): object {
  const comma = url.indexOf(',');
  const mimeType = /^data:([^;,]{1,100});base64$/.exec(url.slice(0, comma))?.[1];
  return mimeType === undefined ? { fileData: { fileUri: url } } : { inlineData: { mimeType, data: url.slice(comma + 1) } };
}

function modalities(body: Fields): object {
  const asked = listOf(field(body, 'modalities')).map((modality) => wordOf(modality).toUpperCase());
  return asked.length === 0 ? {} : { responseModalities: asked };
}

/** How many pictures are asked for in one call; the API refuses more than one. */
export function candidates(body: Fields): object {
  const n = field(body, 'n');
  return n === undefined || n === null ? {} : { candidateCount: n };
}

/** Gateways take `image_config` beside the messages, Google's endpoint inside `extra_body.google`. */
function imageConfig(body: Fields): object {
  const google = fieldsOf(field(fieldsOf(field(body, 'extra_body')), 'google'));
  const config = field(body, 'image_config') ?? field(google, 'image_config') ?? field(fieldsOf(field(body, 'google')), 'image_config');
  return config === undefined ? {} : { imageConfig: config };
}

/** What a stream tells at the head of each of its pieces, and an answer once. */
export interface Head {
  readonly id: string;
  readonly model: string;
  readonly createdAtMs: number;
  /** What a gateway says beside. */
  readonly beside?: object;
}

/** The picture as a data URL in `message.images`: the form gateways answer in. Google's own form of it was not captured. */
export function chatCompletion(generated: Answered, head: Head): object {
  const message = { role: 'assistant', ...messageOf(generated) };
  return {
    ...headOf(head, 'chat.completion'),
    choices: [{ index: 0, finish_reason: finishOf(generated), message }],
    usage: chatUsage(generated.usage),
  };
}

/** As server-sent events: the picture in one piece, how it ended in the next. */
export function chatChunks(generated: Answered, head: Head): readonly string[] {
  const piece = (choice: object, beside: object = {}): string =>
    `data: ${JSON.stringify({ ...headOf(head, 'chat.completion.chunk'), choices: [{ index: 0, ...choice }], ...beside })}\n\n`;
  return [
    piece({ delta: { role: 'assistant', ...messageOf(generated) }, finish_reason: null }),
    piece({ delta: {}, finish_reason: finishOf(generated) }, { usage: chatUsage(generated.usage) }),
    'data: [DONE]\n\n',
  ];
}

function headOf({ id, model, createdAtMs, beside }: Head, object: string): object {
  return { id, ...beside, object, created: Math.floor(createdAtMs / 1000), model };
}

function messageOf({ pictures, text }: Answered): object {
  const images = pictures.map(({ mimeType, base64 }, index) => ({
    type: 'image_url',
    image_url: { url: `data:${mimeType};base64,${base64}` },
    index,
  }));
  return { content: text, ...(images.length > 0 ? { images } : {}) };
}

/** A picture that a filter withheld is OpenAI's `content_filter`. */
function finishOf({ withheld }: Answered): string {
  return withheld === null ? 'stop' : withheld === 'MAX_TOKENS' ? 'length' : 'content_filter';
}

export function chatUsage({ promptTokens, candidatesTokens, thoughtsTokens, totalTokens }: Usage): object {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: candidatesTokens + thoughtsTokens,
    total_tokens: totalTokens,
    completion_tokens_details: { reasoning_tokens: thoughtsTokens },
  };
}

/**
 * Ratio and size class of a size in pixels (`1536x1024`), or the class itself (`2K`). Below 2K the model's default is taken:
 * clients send 1024x1024 unasked. Assumed; how Google reads it was not captured.
 */
export function imageConfigOfSize(size: unknown): object {
  const text = wordOf(size);
  if (/^(?:512|[124]K)$/.test(text)) return { imageSize: text };
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text) ?? [];
  if (Number(width) === 0 || Number(height) === 0 || width === undefined) return {};
  const longest = Math.max(Number(width), Number(height));
  const imageSize = longest >= 4096 ? '4K' : longest >= 2048 ? '2K' : null;
  return { aspectRatio: nearestRatio(Number(width) / Number(height)), ...(imageSize === null ? {} : { imageSize }) };
}

const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;

/** The ratio that every model has and that is nearest to `ratio`, width by height. */
export function nearestRatio(ratio: number): string {
  const off = (name: string): number => {
    const [width, height] = name.split(':').map(Number);
    return Math.abs(Math.log((ratio * height!) / width!));
  };
  return RATIOS.reduce((best, name) => (off(name) < off(best) ? name : best));
}
