/**
 * What one real answer may cost at most, and what one that has come is counted at: never too little. An answer may carry
 * several images, think at length or say nothing of what it used.
 */
import { BATCH_PRICE_FACTOR, findModel, type ImageModel } from './catalogue.ts';
import type { Lane, ModelId, Size } from './names.ts';
import type { Usage } from './reply.ts';

/** What is known of an attempt before its answer, and from its row in a journal. */
export interface Asked {
  readonly model: ModelId;
  readonly size: Size;
  readonly lane: Lane;
  /** List price on its lane. */
  readonly listMicroUsd: number;
}

/** What came back: `usage` null where the answer does not say. */
export interface Answered {
  /** null: no answer. */
  readonly httpStatus: number | null;
  readonly usage: Usage | null;
  readonly isDelivered: boolean;
}

/**
 * The list price takes four characters for a token and 560 tokens for a reference image where the page has no figure; a
 * token is at least a character, and 1,120 tokens are the most that any page asks for an image. 4,000 were once reported.
 */
const INPUT_FACTOR = 8;
/** Where the page has no figure for a reference image: up to 0.004 dollars are claimed on 2.1, five times the 560 tokens. Source: prices, 2026-10. */
const UNPRICED_INPUT_FACTOR = 5;
/** Of these statuses an answer costs nothing. Source: prices page and troubleshooting guide, 2026-10; 401, 402 and 404 are assumed alike. */
const FREE_STATUSES: ReadonlySet<number> = new Set([400, 401, 402, 403, 404, 413, 429, 500, 503]);

/** @param promptBytesMax the longest prompt of the user's own; 0: those of the scenario */
export function reservedMicroUsd(asked: Asked, promptBytesMax = 0): number {
  const model = findModel(asked.model);
  if (!model) return asked.listMicroUsd;
  const exact = model.worstCaseUsd * 1e6 + INPUT_FACTOR * inputMicroUsd(asked, model) + promptBytesMax * model.usdPerMillion.input;
  return Math.ceil(exact * factorOf(asked.lane));
}

/**
 * What an attempt counts as spent. A refusal that is known to be free is 0; no answer, and one that does not say what it used,
 * stay at what was reserved; everything else is priced by its usage, never below the list price if an image came.
 */
export function spentMicroUsd(asked: Asked, answered: Answered, promptBytesMax = 0): number {
  const { httpStatus, usage, isDelivered } = answered;
  const reserved = reservedMicroUsd(asked, promptBytesMax);
  if (httpStatus === null) return reserved;
  if (httpStatus !== 200) return FREE_STATUSES.has(httpStatus) ? 0 : reserved;
  const model = findModel(asked.model);
  if (usage === null || !model || (isDelivered && usage.imageTokens === 0)) return reserved;
  const { text, image, input } = model.usdPerMillion;
  const output = usage.imageTokens * image + (usage.thoughtsTokens + usage.otherTokens) * text;
  const known = inputMicroUsd(asked, model) * (model.referenceImageTokens === null ? UNPRICED_INPUT_FACTOR : 1);
  const used = output + Math.max(known, usage.promptTokens * input);
  const counted = Math.ceil(used * factorOf(asked.lane));
  return isDelivered ? Math.max(counted, asked.listMicroUsd) : counted;
}

/** The part of the list price that is not image and thinking. */
function inputMicroUsd({ listMicroUsd, lane, size }: Asked, model: ImageModel): number {
  const imageTokens = model.imageTokens[size] ?? model.imageTokens[model.defaultSize] ?? 0;
  const output = imageTokens * model.usdPerMillion.image + model.typicalThinkingTokens * model.usdPerMillion.text;
  return Math.max(0, listMicroUsd / factorOf(lane) - output);
}

function factorOf(lane: Lane): number {
  return lane === 'batch' ? BATCH_PRICE_FACTOR : 1;
}
