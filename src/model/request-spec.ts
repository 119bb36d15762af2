/** What one request asks for, and what it costs each bucket. Interned: equal requests share one object. */
import {
  BATCH_PRICE_FACTOR,
  findModel,
  type ImageModel,
  REFERENCE_IMAGE_INPUT_TOKENS,
  REFERENCE_IMAGE_TOKENS_ASSUMED,
} from './catalogue.ts';
import { invariant } from './errors.ts';
import type { ModelId, Size } from './names.ts';
import type { Usage } from './reply.ts';

export interface RequestSpec {
  readonly model: ModelId;
  readonly size: Size;
  readonly promptTokens: number;
  readonly referenceImages: number;
  /** What counts towards tpm: prompt tokens and 258 for each reference image. */
  readonly inputTokens: number;
  /** List price on the interactive lane, whole micro-dollars. */
  readonly listMicroUsd: number;
  /** List price on the batch lane, whole micro-dollars. */
  readonly batchMicroUsd: number;
  /** What a simulated answer reports. */
  readonly usage: Usage;
}

const interned = new Map<string, RequestSpec>();
const INTERNED_MAX = 100_000;

/** @throws InvariantError for a model that the catalogue does not know; scenario files are checked before. */
export function requestSpec(model: ModelId, size: Size, promptTokens: number, referenceImages: number): RequestSpec {
  const key = `${model} ${size} ${promptTokens} ${referenceImages}`;
  const known = interned.get(key);
  if (known) return known;
  const entry = findModel(model);
  invariant(entry, `request for a known model, got ${model}`);
  const imageTokens = imageTokensOf(entry, size);
  const usage: Usage = {
    promptTokens: promptTokens + REFERENCE_IMAGE_INPUT_TOKENS * referenceImages,
    imageTokens,
    thoughtsTokens: entry.typicalThinkingTokens,
    otherTokens: 0,
  };
  const exact = listPrice(entry, imageTokens, promptTokens, referenceImages, entry.typicalThinkingTokens);
  const spec: RequestSpec = {
    model: entry.id,
    size,
    promptTokens,
    referenceImages,
    inputTokens: usage.promptTokens,
    listMicroUsd: roundHalfUp(exact),
    batchMicroUsd: roundHalfUp(exact * BATCH_PRICE_FACTOR),
    usage,
  };
  if (interned.size < INTERNED_MAX) interned.set(key, spec);
  return spec;
}

/** The same request to another model, at that model's default size where it lacks the size asked for. */
export function withModel(spec: RequestSpec, model: ModelId): RequestSpec {
  const entry = findModel(model);
  invariant(entry, `fallback to a known model, got ${model}`);
  const size = entry.imageTokens[spec.size] === undefined ? entry.defaultSize : spec.size;
  return requestSpec(entry.id, size, spec.promptTokens, spec.referenceImages);
}

const PROVIDER = 'provider:';

/** The same request to another place to get an image, at that place's price. Its model is `provider:NAME`. */
export function withProvider(spec: RequestSpec, name: string, usdPerImage: number): RequestSpec {
  const microUsd = roundHalfUp(usdPerImage * 1e6);
  return { ...spec, model: `${PROVIDER}${name}`, listMicroUsd: microUsd, batchMicroUsd: microUsd };
}

/** The provider behind a model name of ours; null for a Gemini model. */
export function providerOf(model: ModelId): string | null {
  return model.startsWith(PROVIDER) ? model.slice(PROVIDER.length) : null;
}

/**
 * Micro-dollars of an answer with this usage: dollars per million tokens are micro-dollars per token.
 * Reference images are priced at the catalogue's tokens, which are not those that usage shows.
 */
export function settledMicroUsd(spec: RequestSpec, usage: Usage): number {
  const entry = findModel(spec.model);
  invariant(entry, `cost of a known model, got ${spec.model}`);
  const thoughtsAndText = usage.thoughtsTokens + usage.otherTokens;
  const textPromptTokens = Math.max(0, usage.promptTokens - REFERENCE_IMAGE_INPUT_TOKENS * spec.referenceImages);
  return roundHalfUp(listPrice(entry, usage.imageTokens, textPromptTokens, spec.referenceImages, thoughtsAndText));
}

function listPrice(model: ImageModel, imageTokens: number, promptTokens: number, referenceImages: number, textTokens: number): number {
  const { input, text, image } = model.usdPerMillion;
  const referenceTokens = (model.referenceImageTokens ?? REFERENCE_IMAGE_TOKENS_ASSUMED) * referenceImages;
  return imageTokens * image + (promptTokens + referenceTokens) * input + textTokens * text;
}

function imageTokensOf(model: ImageModel, size: Size): number {
  const tokens = model.imageTokens[size] ?? (model.ignoresSize ? model.imageTokens[model.defaultSize] : undefined);
  invariant(tokens !== undefined, `${model.id} makes ${size} images`);
  return tokens;
}

/** Floating sums such as 120.49999999999999 come from prices like 0.3; twelve significant digits hide that. */
function roundHalfUp(value: number): number {
  return Math.floor(Number(value.toPrecision(12)) + 0.5);
}
