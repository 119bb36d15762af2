/**
 * What a call asks for, on whatever surface it is made: which pictures of which model, at once or as a batch. Prompts are counted and
 * looked at no further.
 */
import { isProblem } from '../../mock/problems.ts';
import { readBody, readGenerate, routeOf } from '../../mock/request.ts';
import { type Fields, field, fieldsOf, isFields, listOf, textOf } from '../../mock/surface/fields.ts';
import { interactionBody } from '../../mock/surface/interactions.ts';
import { chatContents, pictureContents } from '../../mock/surface/openai-chat.ts';
import { tidied } from '../../mock/surface/surfaces.ts';
import { findModel, IMAGEN_USD, type ImageModel } from '../../model/catalogue.ts';
import type { Lane, ModelId } from '../../model/names.ts';
import { type RequestSpec, requestSpec } from '../../model/request-spec.ts';

export interface Asked {
  readonly lane: Lane;
  readonly model: ModelId;
  /** One for each picture; empty: how many the call does not say (a batch whose rows lie in a file). */
  readonly specs: readonly RequestSpec[];
  /** Whether its answer may be that it goes on in the background. */
  readonly isInteraction: boolean;
  /** What the rows of a batch are known by; empty: by their order alone. */
  readonly keys: readonly string[];
}

const CREATE_BATCH = /\/models\/([^/:]+):batchGenerateContent$/;
const CREATE_JOB = /\/batchPredictionJobs$/;
const PREDICT = /\/models\/(imagen-[^/:]+):predict$/;
const INTERACTIONS = /\/interactions$/;
const OPENAI = /\/(chat\/completions|images\/generations)$/;

/**
 * null: no call for a picture of a model that we know.
 * @param text the body, unpacked
 */
export function askedBy(method: string, path: string, text: string): Asked | null {
  if (method !== 'POST') return null;
  const called = tidied(path.replace(/[?#].*$/s, ''));
  const route = routeOf(method, called);
  if (route !== null) {
    const model = route.kind === 'generate' || route.kind === 'stream' ? findModel(route.model) : undefined;
    return model ? askedOnce(model, bodyOf(text), route.isPlatform) : null;
  }
  const imagen = PREDICT.exec(called)?.[1];
  if (imagen !== undefined) return askedOfImagen(imagen, bodyOf(text) ?? {});
  const batched = CREATE_BATCH.exec(called)?.[1];
  if (batched !== undefined) return askedInBatch(modelNamed(batched), bodyOf(text) ?? {});
  const [, openAi] = OPENAI.exec(called) ?? [];
  if (openAi === undefined && !INTERACTIONS.test(called) && !CREATE_JOB.test(called)) return null;
  const body = bodyOf(text);
  const model = body === null ? undefined : modelNamed(textOf(field(body, 'model')) ?? '');
  if (body === null || model === undefined) return null;
  if (CREATE_JOB.test(called)) return { ...ASKED, lane: 'batch', model: model.id };
  if (openAi !== undefined) return askedOnce(model, openAi === 'chat/completions' ? chatContents(body) : pictureContents(body));
  const asked = isForText(body) ? null : interactionBody(body, []);
  const once = asked === null ? null : askedOnce(model, typeof asked === 'string' ? null : asked);
  return once && { ...once, isInteraction: true };
}

const ASKED = { lane: 'interactive', specs: [], isInteraction: false, keys: [] } as const;

/** The last part of a name, as gateways and the Agent Platform write it in front of others; a gateway's variant follows a colon. */
function modelNamed(name: string): ImageModel | undefined {
  return findModel(name.replace(/^.*(?:\/|%2f)/i, '').replace(/:.*$/, ''));
}

function bodyOf(text: string): Fields | null {
  const body = readBody(text);
  return isProblem(body) ? null : body;
}

/** An interaction that names what it wants, and no picture among it. */
function isForText(body: Fields): boolean {
  const formats = listOf(field(body, 'response_format')).filter(isFields);
  const modalities = listOf(field(body, 'response_modalities')).map((one) => String(one).toLowerCase());
  if (modalities.length > 0) return !modalities.includes('image');
  return formats.length > 0 && formats.every((format) => field(format, 'type') !== 'image');
}

/** What the service may refuse is a call all the same. @param body a generateContent body; null: none that can be read */
function askedOnce(model: ImageModel, body: object | null, isPlatform = false): Asked | null {
  const spec = body === null ? unread(model) : specOf(model, body as Fields, isPlatform);
  return spec === null ? null : { ...ASKED, model: model.id, specs: [spec] };
}

/** null: asks for words alone. */
function specOf(model: ImageModel, body: Fields, isPlatform = false): RequestSpec | null {
  const asked = readGenerate(body, model, isPlatform);
  if (isProblem(asked)) return unread(model);
  return asked.shown === 'text' ? null : requestSpec(model.id, asked.size, asked.promptTokens, asked.referenceImages);
}

function unread(model: ImageModel): RequestSpec {
  return requestSpec(model.id, model.defaultSize, 0, 0);
}

function askedInBatch(model: ImageModel | undefined, body: Fields): Asked | null {
  if (model === undefined) return null;
  const config = fieldsOf(field(fieldsOf(field(body, 'batch')), 'inputConfig'));
  const rows = listOf(field(fieldsOf(field(config, 'requests')), 'requests')).map(fieldsOf);
  const specs = rows.map((row) => specOf(model, fieldsOf(field(row, 'request'))) ?? unread(model));
  const keys = rows.map((row) => JSON.stringify(field(row, 'metadata') ?? null));
  return { ...ASKED, lane: 'batch', model: model.id, specs, keys: new Set(keys).size === keys.length ? keys : [] };
}

/** Stands for Imagen where rows want a size; it has its own price and no tokens. */
const ANY = requestSpec('gemini-2.5-flash-image', '1K', 0, 0);
const SAMPLES_MAX = 4;

function askedOfImagen(model: ModelId, body: Fields): Asked {
  const parameters = fieldsOf(field(body, 'parameters'));
  const samples = Number(field(parameters, 'sampleCount') ?? 1);
  const microUsd = Math.round((IMAGEN_USD[model] ?? 0) * 1e6);
  const size = textOf(field(parameters, 'sampleImageSize')) === '2K' ? '2K' : '1K';
  const spec = { ...ANY, model, size, listMicroUsd: microUsd, batchMicroUsd: microUsd } as const;
  const count = Number.isInteger(samples) && samples >= 1 ? Math.min(samples, SAMPLES_MAX) : 1;
  return { ...ASKED, model, specs: Array.from({ length: count }, () => spec) };
}

/** A row of which only the answer is known: the smallest size of its model that has as many tokens. */
export function specAnswered(id: ModelId, imageTokens: number): RequestSpec {
  const model = findModel(id)!; // rows are of models that `askedBy` found
  const sizes = Object.entries(model.imageTokens) as [RequestSpec['size'], number][];
  const size = sizes.find(([, tokens]) => tokens === imageTokens)?.[0] ?? model.defaultSize;
  return requestSpec(model.id, size, 0, 0);
}
