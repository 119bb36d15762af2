/** What the API has beside pictures, as a project finds it that has nothing else: tuned models, caches, stores, embeddings. */
import { isProblem, type Problem, problem } from '../problems.ts';
import { type Call, type Inside, jsonAnswer, problemAnswer, type Surface } from './call.ts';
import { field, parsed, textOf } from './fields.ts';

const TUNED = /^\/(v1|v1beta|v1alpha)\/(tunedModels)(?:\/([^/:]+)(?::(\w+))?)?$/;
/** Methods of models, none of which an image model has. */
const METHOD = /^\/(v1|v1beta|v1alpha)\/(models)\/([^/:]+):(embedContent|batchEmbedContents|asyncBatchEmbedContent|predictLongRunning)$/;
const CACHES = /^\/(v1|v1beta|v1alpha)\/cachedContents$/;
const STORES = /^\/(?:v1|v1beta|v1alpha)\/(?:fileSearchStores|corpora)$/;

export function besidePictures(inside: Inside): Surface {
  return (call) => {
    const told = toldOf(call);
    if (told === null) return null;
    const caller = inside.callerOf(call.request);
    if (isProblem(caller)) return problemAnswer(caller);
    return isProblem(told) ? problemAnswer(told) : jsonAnswer(told);
  };
}

/** null: no such route. */
function toldOf({ method, path, request }: Call): object | null {
  const isGet = method === 'GET';
  if (isGet && STORES.test(path)) return {};
  const [cached, cacheVersion] = CACHES.exec(path) ?? [];
  if (cached !== undefined) {
    if (isGet) return {};
    const model = textOf(field(parsed(request.body) ?? {}, 'model')) ?? 'models/';
    return method === 'POST' ? notFound(model, cacheVersion!, 'createCachedContent') : null;
  }
  const [found, version, kind, id, action] = TUNED.exec(path) ?? METHOD.exec(path) ?? [];
  if (found === undefined || (!isGet && !(method === 'POST' && action !== undefined))) return null;
  return id === undefined ? {} : notFound(`${kind}/${id}`, version!, action ?? 'GetTunedModel');
}

/** As told of a model without caches, 2025-04: google-gemini/deprecated-generative-ai-python#726. */
function notFound(name: string, version: string, method: string): Problem {
  return problem(
    'gemini-404-model-not-found',
    `${name} is not found for API version ${version}, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
  );
}
