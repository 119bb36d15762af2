/**
 * A gateway in front of the API, as OpenRouter answers: pictures as data URLs in chat messages, and the errors of the API behind
 * sentences of its own. What it calls a limit is its pool: here, the emulated project's.
 */
import { findModel, IMAGE_MODELS } from '../../model/catalogue.ts';
import { classify } from '../../wire/classify.ts';
import type { PlainResponse } from '../plain.ts';
import { isProblem } from '../problems.ts';
import { type Call, type Inside, jsonAnswer, type Surface } from './call.ts';
import { type Fields, field, parsed, textOf } from './fields.ts';
import { bodyText, catalogueBody, type Generated, generate, retold, retoldStream } from './generated.ts';
import { chatChunks, chatCompletion, chatContents } from './openai-chat.ts';

const PATH = /^\/api\/v1\/(chat\/completions|models)$/;
const PROVIDER = 'Google AI Studio';

export function openRouter(inside: Inside): Surface {
  return (call) => {
    const [, method] = PATH.exec(call.path) ?? [];
    if (method === 'models') return call.method === 'GET' ? jsonAnswer({ data: IMAGE_MODELS.map(resource) }) : null;
    return method !== undefined && call.method === 'POST' ? chat(inside, call) : null;
  };
}

function resource({ id, nickname }: (typeof IMAGE_MODELS)[number]): object {
  return {
    id: `google/${id}`,
    name: `Google: ${nickname}`,
    architecture: { input_modalities: ['image', 'text'], output_modalities: ['image', 'text'] },
  };
}

function chat(inside: Inside, call: Call): PlainResponse {
  const body = parsed(call.request.body);
  if (body === null) return own(400, 'Invalid JSON body');
  const name = textOf(field(body, 'model')) ?? '';
  // A gateway's word for a variant of its routing follows a colon.
  const model = name.replace(/^google\//, '').replace(/:.*$/, '');
  const caller = inside.callerOf(call.request);
  if (isProblem(caller)) return own(401, 'No auth credentials found');
  if (!findModel(model)) return own(400, `${name} is not a valid model ID`);
  const generated = generate(inside, call.request, model, chatContents(body));
  if (generated.kind !== 'answered') return gatewayError(generated, name);
  const head = { id: `gen-${generated.responseId}`, model: name, createdAtMs: inside.nowMs(), beside: { provider: PROVIDER } };
  if (field(body, 'stream') === true) return retoldStream(generated, [': OPENROUTER PROCESSING\n\n', ...chatChunks(generated, head)]);
  return retold(generated, chatCompletion(generated, head));
}

/** An error of the gateway itself. The form is the catalogue's; the sentences are assumed. */
function own(code: number, message: string): PlainResponse {
  return jsonAnswer({ error: { message, code } }, code);
}

/** An error of the API as the gateway tells it. @param model in the gateway's words */
export function gatewayError(generated: Exclude<Generated, { kind: 'answered' }>, model: string): PlainResponse {
  const { response } = generated;
  if (generated.kind === 'opaque') return response;
  const body = bodyText(response);
  const verdict = classify({ status: response.status, body });
  if (verdict.class.startsWith('quota.') || verdict.class === 'billing.monthly-cap') return retold(generated, pooled(model), 429);
  switch (verdict.class) {
    case 'billing.prepay-depleted':
      return retold(generated, catalogueBody('openrouter-402-credits'), 402);
    case 'capacity.overloaded':
      return retold(generated, catalogueBody('openrouter-503-overloaded'), 503);
    default:
      if (response.status === 403) return retold(generated, catalogueBody('openrouter-403-blocked'), 403);
      return retold(generated, behind(response.status, body));
  }
}

function pooled(model: string): Fields {
  const text = JSON.stringify(catalogueBody('openrouter-429-shared-pool'));
  return parsed(text.replaceAll('google/gemini-3.1-flash-image', model.replaceAll(/[^\w./:-]/g, '')))!; // an object still
}

/** Google's own JSON as a string, printed as Google prints it. */
function behind(code: number, body: string): object {
  const raw = `${JSON.stringify(JSON.parse(body), null, 2)}\n`;
  return { error: { message: 'Provider returned error', code, metadata: { raw, provider_name: PROVIDER } } };
}
