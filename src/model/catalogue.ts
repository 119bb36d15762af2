/** The image models: ids, sizes, tokens, list prices, typical latency, and what became of the others. */
import type { Grade, ModelId, Size } from './names.ts';

/** List prices per million tokens, in US dollars; output tokens per image size. */
export interface ImageModel {
  readonly id: ModelId;
  readonly nickname: string;
  /** Ids that mean this model; calling them is a warning. */
  readonly aliases: readonly string[];
  readonly status: 'ga' | 'deprecated' | 'closed';
  readonly successor: ModelId | null;
  /** The base-model name that quota errors use for it. */
  readonly quotaName: string;
  readonly defaultSize: Size;
  /** Output image tokens by size; any `imageSize` is accepted and ignored when `ignoresSize`. */
  readonly imageTokens: Partial<Readonly<Record<Size, number>>>;
  readonly ignoresSize: boolean;
  readonly usdPerMillion: { readonly input: number; readonly text: number; readonly image: number };
  /** Tokens that one reference image is priced at; null when not published. */
  readonly referenceImageTokens: number | null;
  readonly typicalThinkingTokens: number;
  readonly mimeType: 'image/jpeg' | 'image/png';
  /** Typical latency at a size, log-normal, in ms. */
  readonly latencyMs: Partial<Readonly<Record<Size, { readonly p50: number; readonly p95: number }>>>;
  /** A reservation for one live answer that is never too small: several drafts, high thinking. In dollars. */
  readonly worstCaseUsd: number;
  readonly price: { readonly grade: Grade; readonly asOf: string; readonly from: string };
}

/**
 * Prices: ai.google.dev/gemini-api/docs/pricing as of the dates below. Tokens: the same page and captured usage blocks, 2026.
 * Latency: public measurements of 2026-05 to 2026-09; where only a few calls were timed the p95 is assumed.
 */
export const IMAGE_MODELS: readonly ImageModel[] = [
  {
    id: 'gemini-3-pro-image',
    nickname: 'Nano Banana Pro',
    aliases: ['gemini-3-pro-image-preview', 'nano-banana-pro-preview'],
    status: 'ga',
    successor: null,
    quotaName: 'gemini-3-pro-image',
    defaultSize: '1K',
    imageTokens: { '1K': 1120, '2K': 1120, '4K': 2000 },
    ignoresSize: false,
    usdPerMillion: { input: 2, text: 12, image: 120 },
    referenceImageTokens: 560,
    typicalThinkingTokens: 178,
    mimeType: 'image/jpeg',
    latencyMs: { '1K': { p50: 19_000, p95: 40_000 }, '2K': { p50: 22_000, p95: 45_000 }, '4K': { p50: 35_000, p95: 90_000 } },
    worstCaseUsd: 2.5,
    price: { grade: 'documented', asOf: '2026-10-09', from: 'ai.google.dev/gemini-api/docs/pricing' },
  },
  {
    id: 'gemini-nano-banana-2.1',
    nickname: 'Nano Banana 2.1',
    aliases: [],
    status: 'ga',
    successor: null,
    quotaName: 'gemini-nano-banana-2.1',
    defaultSize: '1K',
    imageTokens: { '1K': 1120, '2K': 1680, '4K': 2520 },
    ignoresSize: false,
    usdPerMillion: { input: 1.5, text: 7.5, image: 30 },
    referenceImageTokens: null,
    typicalThinkingTokens: 0,
    mimeType: 'image/jpeg',
    latencyMs: { '1K': { p50: 16_400, p95: 30_000 }, '2K': { p50: 20_000, p95: 38_000 }, '4K': { p50: 30_000, p95: 60_000 } },
    worstCaseUsd: 1.25,
    price: { grade: 'community', asOf: '2026-10-09', from: 'OrcaRouter and Tech-Insider articles; not read on the official page' },
  },
  {
    id: 'gemini-3.1-flash-image',
    nickname: 'Nano Banana 2',
    aliases: ['gemini-3.1-flash-image-preview'],
    status: 'deprecated',
    successor: 'gemini-nano-banana-2.1',
    quotaName: 'gemini-3.1-flash-image',
    defaultSize: '1K',
    imageTokens: { '512': 747, '1K': 1120, '2K': 1680, '4K': 2520 },
    ignoresSize: false,
    usdPerMillion: { input: 0.5, text: 3, image: 60 },
    referenceImageTokens: 1120,
    typicalThinkingTokens: 0,
    mimeType: 'image/jpeg',
    latencyMs: {
      '512': { p50: 10_000, p95: 18_000 },
      '1K': { p50: 12_000, p95: 28_000 },
      '2K': { p50: 18_000, p95: 36_000 },
      '4K': { p50: 29_000, p95: 58_000 },
    },
    worstCaseUsd: 1.6,
    price: { grade: 'documented', asOf: '2026-10-09', from: 'ai.google.dev/gemini-api/docs/pricing' },
  },
  {
    id: 'gemini-3.1-flash-lite-image',
    nickname: 'Nano Banana 2 Lite',
    aliases: [],
    status: 'ga',
    successor: null,
    quotaName: 'gemini-3.1-flash-lite-image',
    defaultSize: '1K',
    imageTokens: { '1K': 1120 },
    ignoresSize: false,
    usdPerMillion: { input: 0.25, text: 1.5, image: 30 },
    referenceImageTokens: 1120,
    typicalThinkingTokens: 0,
    mimeType: 'image/jpeg',
    latencyMs: { '1K': { p50: 4_200, p95: 6_000 } },
    worstCaseUsd: 0.4,
    price: { grade: 'documented', asOf: '2026-08-03', from: 'ai.google.dev/gemini-api/docs/pricing' },
  },
  {
    id: 'gemini-2.5-flash-image',
    nickname: 'Nano Banana',
    aliases: ['gemini-2.5-flash-preview-image', 'gemini-2.5-flash-image-preview'],
    status: 'closed',
    successor: 'gemini-3.1-flash-lite-image',
    quotaName: 'gemini-2.5-flash-preview-image',
    defaultSize: '1K',
    imageTokens: { '1K': 1290 },
    ignoresSize: true,
    usdPerMillion: { input: 0.3, text: 2.5, image: 30 },
    referenceImageTokens: null,
    typicalThinkingTokens: 0,
    mimeType: 'image/png',
    latencyMs: { '1K': { p50: 7_800, p95: 11_000 } },
    worstCaseUsd: 0.4,
    price: { grade: 'community', asOf: '2026-09-02', from: 'price and tokens seen live; rates per million are general knowledge' },
  },
];

/** Ids that are no image model of this API any more, or never were, and what to use instead. */
export const RETIRED_MODELS: Readonly<Record<string, ModelId>> = {
  'imagen-4.0-generate-001': 'gemini-3-pro-image',
  'imagen-4.0-ultra-generate-001': 'gemini-3-pro-image',
  'imagen-4.0-fast-generate-001': 'gemini-3.1-flash-lite-image',
  'imagen-3.0-generate-002': 'gemini-3-pro-image',
  'gemini-2.0-flash-preview-image-generation': 'gemini-3.1-flash-lite-image',
  'gemini-2.0-flash-exp': 'gemini-3.1-flash-lite-image',
};

/**
 * Dollars per picture of Imagen, which the Agent Platform alone has: seen in traffic, never planned with. Grade: community, 2026-10.
 */
export const IMAGEN_USD: Readonly<Record<ModelId, number>> = {
  'imagen-4.0-fast-generate-001': 0.02,
  'imagen-4.0-generate-001': 0.04,
  'imagen-4.0-ultra-generate-001': 0.06,
};

const byId = new Map<string, ImageModel>(IMAGE_MODELS.flatMap((model) => [model.id, ...model.aliases].map((id) => [id, model])));

/** The model behind an id or one of its aliases; undefined for anything that is no image model of this API. */
export function findModel(id: string): ImageModel | undefined {
  return byId.get(id);
}

/** The batch lane costs half. Source: ai.google.dev/gemini-api/docs/pricing, read 2026-10. */
export const BATCH_PRICE_FACTOR = 0.5;
/** Input tokens that usageMetadata counts for one reference image. Source: captured usage blocks, 2026. */
export const REFERENCE_IMAGE_INPUT_TOKENS = 258;
/** Priced tokens of a reference image where the price page does not say. Assumed, after the Pro page. */
export const REFERENCE_IMAGE_TOKENS_ASSUMED = 560;
