/** Which model an id in a scenario file means, and what to use instead of one that makes no images here. */
import { findModel, IMAGE_MODELS, RETIRED_MODELS } from '../model/catalogue.ts';
import { invariant } from '../model/errors.ts';
import type { ModelId, Size } from '../model/names.ts';
import { SIZES } from '../model/names.ts';
import { editDistance } from '../model/nearest.ts';
import type { Warning } from '../model/scenario.ts';

/** Every id that a file may name: GA ids first, then preview ids. */
export const MODEL_IDS: readonly ModelId[] = [...IMAGE_MODELS.map((model) => model.id), ...IMAGE_MODELS.flatMap((model) => model.aliases)];

/** Why an id is no image model of this API; `{found}` stands for it. */
export function unknownModel(id: unknown): string {
  if (typeof id !== 'string') return 'expected the id of an image model such as gemini-3-pro-image';
  const successor = RETIRED_MODELS[id] ?? (id.startsWith('imagen') ? 'gemini-3-pro-image' : undefined);
  if (successor) return `expected an image model, {found}: it is retired, use ${successor}`;
  return `expected an image model, {found}: this API has no such image model, use ${nearestModel(id)}`;
}

/** What to know about an id that is accepted but should not be used; null for a model in full service. */
export function modelWarning(id: ModelId): Warning | null {
  const model = findModel(id);
  invariant(model, `warning for a known model, got ${id}`);
  if (model.id !== id) return { code: 'model-preview', text: `${id} is a preview id; it is taken as ${model.id}` };
  if (model.status === 'ga') return null;
  const state = model.status === 'closed' ? 'closed to new projects' : 'deprecated';
  return {
    code: `model-${model.status}`,
    text: `${id} is ${state} and may answer 404 any day; its successor is ${model.successor}`,
  };
}

export function sizesOf(id: ModelId): readonly Size[] {
  const model = findModel(id);
  if (!model || model.ignoresSize) return SIZES;
  return SIZES.filter((size) => model.imageTokens[size] !== undefined);
}

/** The nearest id, or its successor where that one is on its way out. */
function nearestModel(id: string): ModelId {
  const ranked = IMAGE_MODELS.map((model) => ({ model, edits: editDistance(id, model.id) })).sort((a, b) => a.edits - b.edits);
  const { model, edits } = ranked[0]!;
  return edits <= 3 ? model.id : (model.successor ?? model.id);
}

/** The GA id, with a warning where the one written should not be used. */
export function canonical(id: ModelId, findings: { warn(code: string, text: string): void }): ModelId {
  const warning = modelWarning(id);
  if (warning) findings.warn(warning.code, warning.text);
  return findModel(id)!.id;
}
