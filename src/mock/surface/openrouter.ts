/**
 * A gateway in front of the API, as OpenRouter answers: pictures as data URLs in chat messages, and the errors of the API behind
 * sentences of its own. What it calls a limit is its pool: here, the emulated project's.
 */
import { findModel } from '../../model/catalogue.ts';
import { SECOND_MS } from '../../model/time.ts';
import { classify } from '../../wire/classify.ts';
import type { PlainRequest, PlainResponse } from '../plain.ts';
import { isProblem } from '../problems.ts';
import { type Inside, jsonAnswer, type Surface } from './call.ts';
import { type Fields, field, parsed, textOf } from './fields.ts';
import { bodyText, catalogueBody, type Generated, generate, retold, retoldStream } from './generated.ts';
import { type Answered, chatChunks, chatCompletion, chatContents, type Head } from './openai-chat.ts';
import { gatewayPictureContents, gatewayPictureEvents, gatewayPictures } from './openrouter-images.ts';
import { gatewayImageModels, gatewayModels } from './openrouter-models.ts';

const PATH = /^\/api\/v1\/(chat\/completions|models|images|images\/models)$/;
const PROVIDER = 'Google AI Studio';

export function openRouter(inside: Inside): Surface {
  return ({ method, path, request }) => {
    switch (`${method} ${PATH.exec(path)?.[1]}`) {
      case 'GET models':
        return jsonAnswer(gatewayModels());
      case 'GET images/models':
        return jsonAnswer(gatewayImageModels());
      case 'POST chat/completions':
        return passOn(inside, request, CHAT);
      case 'POST images':
        return passOn(inside, request, PICTURES);
      default:
        return null;
    }
  };
}

/** How an endpoint asks and answers. @param name of the model in the gateway's words */
interface Dialect {
  contents(body: Fields): object;
  whole(generated: Answered, name: string, atMs: number): object;
  events(generated: Answered, name: string, atMs: number): readonly string[];
}

const CHAT: Dialect = {
  contents: chatContents,
  whole: (generated, name, atMs) => ({ ...chatCompletion(generated, headOf(generated, name, atMs)), system_fingerprint: null }),
  events: (generated, name, atMs) => [': OPENROUTER PROCESSING\n\n', ...chatChunks(generated, headOf(generated, name, atMs))],
};

const PICTURES: Dialect = {
  contents: gatewayPictureContents,
  whole: (generated, _name, atMs) => gatewayPictures(generated, Math.floor(atMs / SECOND_MS)),
  events: (generated, _name, atMs) => gatewayPictureEvents(generated, Math.floor(atMs / SECOND_MS)),
};

function headOf({ responseId }: Answered, model: string, createdAtMs: number): Head {
  return { id: `gen-${responseId}`, model, createdAtMs, beside: { provider: PROVIDER } };
}

function passOn(inside: Inside, request: PlainRequest, dialect: Dialect): PlainResponse {
  const body = parsed(request.body);
  if (body === null) return own(400, 'Invalid JSON body');
  const name = textOf(field(body, 'model')) ?? '';
  // A gateway's word for a variant of its routing follows a colon.
  const model = name.replace(/^google\//, '').replace(/:.*$/, '');
  const caller = inside.callerOf(request);
  if (isProblem(caller)) return own(401, 'No auth credentials found');
  if (!findModel(model)) return own(400, `${name} is not a valid model ID`);
  const generated = generate(inside, request, model, dialect.contents(body));
  if (generated.kind !== 'answered') return gatewayError(generated, name);
  const atMs = inside.nowMs();
  if (field(body, 'stream') === true) return retoldStream(generated, dialect.events(generated, name, atMs));
  return retold(generated, dialect.whole(generated, name, atMs));
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
