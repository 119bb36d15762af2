/** How the Agent Platform says what the Gemini API says in other words: its quota refusals name a base model and no delay. */
import { findModel } from '../model/catalogue.ts';
import type { BucketName, ModelId } from '../model/names.ts';
import { type Problem, problem } from './problems.ts';

/** By the primary bucket; null: refused without a quota's name. */
export function platformRefusal(bucket: BucketName | null, model: ModelId): Problem {
  const base = findModel(model)?.id ?? model;
  switch (bucket) {
    case 'ipm':
      return problem('vertex-429-image-gen-named', exceeded('generate_content_image_gen_per_project_per_base_model_global', base));
    case 'rpm':
      return problem('vertex-429-rpm-base-model', exceeded('generate_content_requests_per_minute_per_project_per_base_model', base));
    default:
      // Beyond its named quotas the platform shares its capacity, and a 429 is about that.
      return problem('vertex-429-shared-capacity');
  }
}

function exceeded(metric: string, base: string): string {
  return `Quota exceeded for aiplatform.googleapis.com/${metric} with base model: ${base}. Please submit a quota increase request. https://cloud.google.com/vertex-ai/docs/generative-ai/quotas-genai.`;
}

/** @param path of the call; where it names no project, the catalogue's example stands */
export function publisherModelNotFound(model: ModelId, path: string): Problem {
  const [, project = 'my-project', location = 'global'] = /\/projects\/([^/]+)\/locations\/([^/]+)\//.exec(path) ?? [];
  return problem(
    'vertex-404-publisher-model',
    `Publisher Model \`projects/${project}/locations/${location}/publishers/google/models/${model}\` was not found or your project does not have access to it. Please ensure you are using a valid model version. For more information, see: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions`,
  );
}
