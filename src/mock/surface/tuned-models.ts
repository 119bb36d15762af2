/** Tuned models: the API has their paths, and of image models there are none. */
import { isProblem, problem } from '../problems.ts';
import { type Inside, jsonAnswer, problemAnswer, type Surface } from './call.ts';

const PATH = /^\/(v1|v1beta|v1alpha)\/tunedModels(?:\/([^/:]+)(?::(\w+))?)?$/;

export function tunedModels(inside: Inside): Surface {
  return ({ method, path, request }) => {
    const [found, version, id, action] = PATH.exec(path) ?? [];
    if (found === undefined || (method !== 'GET' && !(method === 'POST' && action !== undefined))) return null;
    const caller = inside.callerOf(request);
    if (isProblem(caller)) return problemAnswer(caller);
    if (id === undefined) return jsonAnswer({});
    return problemAnswer(
      problem(
        'gemini-404-model-not-found',
        `tunedModels/${id} is not found for API version ${version}, or is not supported for ${action ?? 'GetTunedModel'}. Call ListModels to see the list of available models and their supported methods.`,
      ),
    );
  };
}
