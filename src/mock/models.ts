/** Models and tokens: what can be asked about before anything is generated. Free, and counted nowhere. */
import { findModel, IMAGE_MODELS, type ImageModel, REFERENCE_IMAGE_INPUT_TOKENS } from '../model/catalogue.ts';
import { publisherModelNotFound } from './platform-words.ts';
import { isProblem, type Problem, problem } from './problems.ts';
import { queryValue, type Route, readBody, readCountTokens } from './request.ts';

const METHOD_NAMES = {
  generate: 'generateContent',
  stream: 'streamGenerateContent',
  countTokens: 'countTokens',
  getModel: 'GetModel',
  listModels: 'ListModels',
} as const;

export function modelNotFound({ model, version, kind, isPlatform }: Route, path: string): Problem {
  if (isPlatform) return publisherModelNotFound(model, path);
  return problem(
    'gemini-404-model-not-found',
    `models/${model} is not found for API version ${version}, or is not supported for ${METHOD_NAMES[kind]}. Call ListModels to see the list of available models and their supported methods.`,
  );
}

export function countTokensAnswer(route: Route, path: string, text: string): object {
  if (!findModel(route.model)) return modelNotFound(route, path);
  const body = readBody(text);
  const counted = isProblem(body) ? body : readCountTokens(body);
  if (isProblem(counted)) return counted;
  const imageTokens = counted.referenceImages * REFERENCE_IMAGE_INPUT_TOKENS;
  const details = [
    { modality: 'TEXT', tokenCount: counted.promptTokens },
    { modality: 'IMAGE', tokenCount: imageTokens },
  ];
  return { totalTokens: counted.promptTokens + imageTokens, promptTokensDetails: details.filter(({ tokenCount }) => tokenCount > 0) };
}

/** The default page of the API, and its largest. Source: ai.google.dev/api/models, read 2026-10. */
const PAGE_SIZE = 50;

export function modelList({ query, isPlatform }: Route): object {
  const first = Number(queryValue(query, 'pageToken') ?? queryValue(query, 'page_token') ?? 0) || 0;
  const end = first + (Number(queryValue(query, 'pageSize') ?? queryValue(query, 'page_size')) || PAGE_SIZE);
  const page = IMAGE_MODELS.slice(first, end);
  const next = end < IMAGE_MODELS.length ? { nextPageToken: String(end) } : {};
  if (isPlatform) return { publisherModels: page.map(({ id }) => publisherModel(id)), ...next };
  return { models: page.map((model) => modelResource(model, model.id)), ...next };
}

export function modelAnswer(route: Route, path: string): object {
  const model = findModel(route.model);
  if (!model) return modelNotFound(route, path);
  return route.isPlatform ? publisherModel(route.model) : modelResource(model, route.model);
}

/** Token limits: ai.google.dev/gemini-api/docs/models, read 2026-10. */
function modelResource(model: ImageModel, id: string): object {
  return {
    name: `models/${id}`,
    version: '001',
    displayName: model.nickname,
    description: `${model.nickname}, emulated by rundry`,
    inputTokenLimit: 65_536,
    outputTokenLimit: 32_768,
    supportedGenerationMethods: ['generateContent', 'countTokens', 'batchGenerateContent'],
    ...(model.typicalThinkingTokens > 0 ? { thinking: true } : {}),
  };
}

function publisherModel(id: string): object {
  return { name: `publishers/google/models/${id}`, versionId: 'default', openSourceCategory: 'PROPRIETARY', launchStage: 'GA' };
}
