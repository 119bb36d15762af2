/** Google's OpenAI-compatible endpoint: chat completions, pictures, models. Its errors are Google's own in an array of one. */
import { findModel, IMAGE_MODELS } from '../../model/catalogue.ts';
import type { PlainResponse } from '../plain.ts';
import { isProblem, type Problem, problem } from '../problems.ts';
import { type Call, type Inside, jsonAnswer, type Surface } from './call.ts';
import { type Fields, field, parsed, textOf } from './fields.ts';
import { bodyText, type Generated, generate, retold, retoldStream } from './generated.ts';
import { chatChunks, chatCompletion, chatContents, chatUsage, pictureContents } from './openai-chat.ts';

const PATH = /^\/(?:v1|v1beta|v1alpha)\/openai\/(chat\/completions|images\/generations|embeddings|models)(?:\/(.+))?$/;
/** What the endpoint's own errors call its version. Source: captured body, 2026. */
const VERSION = 'v1main';

export function openAi(inside: Inside): Surface {
  return (call) => {
    const [, method, id] = PATH.exec(call.path) ?? [];
    if (method === 'models') return call.method === 'GET' ? models(inside, call, id) : null;
    if (method === undefined || id !== undefined || call.method !== 'POST') return null;
    const body = parsed(call.request.body);
    if (body === null) return arrayOf(problem('gemini-400-generic', 'Invalid JSON payload received. Expected a value that is an object.'));
    const model = modelOf(body);
    switch (method) {
      case 'chat/completions':
        return chat(inside, call, model, body);
      case 'images/generations':
        return picture(inside, call, model, body);
      default:
        return arrayOf(noModel(model, 'embedContent'));
    }
  };
}

function modelOf(body: Fields): string {
  return (textOf(field(body, 'model')) ?? '').replace(/^models\//, '');
}

function chat(inside: Inside, call: Call, model: string, body: Fields): PlainResponse {
  const generated = generate(inside, call.request, model, chatContents(body));
  if (generated.kind !== 'answered') return openAiError(generated);
  const head = { id: generated.responseId, model, createdAtMs: inside.nowMs() };
  if (field(body, 'stream') === true) return retoldStream(generated, chatChunks(generated, head));
  return retold(generated, chatCompletion(generated, head));
}

/** Always as base64: there is nowhere to fetch a URL from. A picture that was withheld leaves the list empty (assumed). */
function picture(inside: Inside, call: Call, model: string, body: Fields): PlainResponse {
  const generated = generate(inside, call.request, model, pictureContents(body));
  if (generated.kind !== 'answered') return openAiError(generated);
  return retold(generated, {
    created: Math.floor(inside.nowMs() / 1000),
    data: generated.pictures.map(({ base64 }) => ({ b64_json: base64 })),
    usage: chatUsage(generated.usage),
  });
}

function models(inside: Inside, { request }: Call, id: string | undefined): PlainResponse {
  const caller = inside.callerOf(request);
  if (isProblem(caller)) return arrayOf(caller);
  if (id === undefined) return jsonAnswer({ object: 'list', data: IMAGE_MODELS.map((model) => resource(model.id, model.nickname)) });
  const name = id.replace(/^models\//, '');
  const model = findModel(name);
  return model ? jsonAnswer(resource(name, model.nickname)) : arrayOf(noModel(name, 'generateContent'));
}

function resource(id: string, nickname: string): object {
  return { id: `models/${id}`, object: 'model', owned_by: 'google', display_name: nickname };
}

function noModel(model: string, method: string): Problem {
  return problem(
    'gemini-404-model-not-found',
    `models/${model} is not found for API version ${VERSION}, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
  );
}

function arrayOf({ status, body }: Problem): PlainResponse {
  return { ...jsonAnswer(null, status), body: `[${body}]` };
}

/** An error of the API as this endpoint tells it. */
export function openAiError(generated: Exclude<Generated, { kind: 'answered' }>): PlainResponse {
  const { response } = generated;
  if (generated.kind === 'opaque') return response;
  const body = bodyText(response);
  return { ...response, body: `[${body.replace('for API version v1beta,', `for API version ${VERSION},`)}]` };
}
