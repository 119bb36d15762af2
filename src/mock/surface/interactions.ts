/**
 * The Interactions API: create (at once, as a stream, or in the background), get, cancel, delete. Its refusals have words for codes
 * and no details.
 */

import { Buffer } from 'node:buffer';
import { findModel, IMAGE_MODELS } from '../../model/catalogue.ts';
import type { ErrorClass } from '../../model/names.ts';
import { isoInstant } from '../../model/time.ts';
import { wordOf } from '../../model/word-of.ts';
import { classify } from '../../wire/classify.ts';
import type { PlainResponse } from '../plain.ts';
import { isProblem } from '../problems.ts';
import { type Call, type Caller, type Inside, jsonAnswer, nameOf, problemAnswer, type Surface } from './call.ts';
import { type Fields, field, isFields, listOf, parsed, textOf } from './fields.ts';
import { bodyText, catalogueBody, type Generated, generate, retold, retoldStream } from './generated.ts';

const PATH = /^\/(?:v1|v1beta|v1alpha)\/interactions(?:\/([^/:]+)(\/cancel|:cancel)?)?$/;
/** Answers that are kept for `get`; the oldest go first. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;

interface Kept {
  readonly caller: Caller;
  readonly interaction: Interaction;
  /** When a background interaction is done; before it is `in_progress`. */
  readonly doneAtMs: number;
  isCancelled: boolean;
  readonly bytes: number;
}

interface Interaction {
  readonly id: string;
  readonly model: string;
  readonly created: string;
  readonly steps: readonly Step[];
  readonly usage: object;
  readonly serviceTier: string;
}

interface Step {
  readonly type: 'thought' | 'model_output';
  readonly signature?: string;
  readonly content?: readonly object[];
}

export function interactions(inside: Inside): Surface {
  const desk = new Desk(inside);
  return (call) => {
    const [found, id, cancel] = PATH.exec(call.path) ?? [];
    if (found === undefined) return null;
    if (id === undefined) return call.method === 'POST' ? desk.create(call) : null;
    return desk.visit(call, id, cancel !== undefined);
  };
}

class Desk {
  private readonly inside: Inside;
  private readonly kept = new Map<string, Kept>();
  private keptBytes = 0;
  private created = 0;

  constructor(inside: Inside) {
    this.inside = inside;
  }

  create({ request }: Call): PlainResponse {
    const caller = this.inside.callerOf(request);
    if (isProblem(caller)) return { ...problemAnswer(caller), body: `[${caller.body}]` };
    const body = parsed(request.body);
    if (body === null) return refusal(400, 'invalid_request', 'The request body is not valid JSON.');
    const model = (textOf(field(body, 'model')) ?? '').replace(/^models\//, '');
    if (!findModel(model)) return unknownModel(model);
    const asked = interactionBody(body, this.before(body, caller));
    if (typeof asked === 'string') return refusal(400, 'invalid_request', asked);
    const generated = generate(this.inside, request, model, asked);
    if (generated.kind !== 'answered') return interactionError(generated);
    return this.answer(body, caller, model, generated);
  }

  visit({ method, query, request }: Call, id: string, isCancel: boolean): PlainResponse | null {
    if (isCancel ? method !== 'POST' : method !== 'GET' && method !== 'DELETE') return null;
    const caller = this.inside.callerOf(request);
    if (isProblem(caller)) return { ...problemAnswer(caller), body: `[${caller.body}]` };
    const kept = this.kept.get(id);
    if (!kept || kept.caller.service !== caller.service || kept.caller.project !== caller.project)
      return refusal(404, 'not_found', `Interaction '${id.slice(0, 100)}' not found.`);
    if (method === 'DELETE') {
      this.forget(id, kept);
      return jsonAnswer({});
    }
    if (isCancel) {
      if (!this.isRunning(kept)) return refusal(400, 'failed_precondition', 'Only an interaction that is in progress can be cancelled.');
      kept.isCancelled = true;
    }
    const shown = this.shown(kept);
    if (query.get('stream') !== 'true') return jsonAnswer(shown);
    const afterMs = this.isRunning(kept) ? kept.doneAtMs - this.inside.nowMs() : 0;
    const chunks = eventsOf(
      kept.isCancelled ? { ...kept.interaction, steps: [] } : kept.interaction,
      kept.isCancelled ? 'cancelled' : null,
    );
    return { status: 200, headers: { 'content-type': 'text/event-stream' }, body: '', chunks, afterMs };
  }

  private answer(body: Fields, caller: Caller, model: string, generated: Answered): PlainResponse {
    const atMs = this.inside.nowMs();
    const interaction: Interaction = {
      id: `v1_${nameOf('interaction', this.created++, 40)}`,
      model,
      created: isoInstant(atMs),
      steps: stepsOf(generated),
      usage: usageOf(generated),
      serviceTier: generated.usage.serviceTier,
    };
    const isBackground = field(body, 'background') === true;
    const kept: Kept = {
      caller,
      interaction,
      doneAtMs: atMs + generated.response.afterMs,
      isCancelled: false,
      bytes: generated.pictures.reduce((sum, { base64 }) => sum + base64.length, 1_000),
    };
    if (isBackground || field(body, 'store') !== false) this.keep(kept);
    if (field(body, 'stream') === true) return retoldStream(generated, eventsOf(interaction, null));
    if (isBackground) return { ...retold(generated, this.shown(kept)), afterMs: 0 };
    return retold(generated, whole(interaction, 'completed'));
  }

  private keep(kept: Kept): void {
    this.kept.set(kept.interaction.id, kept);
    this.keptBytes += kept.bytes;
    for (const [id, oldest] of this.kept) {
      if (this.keptBytes <= KEPT_BYTES_MAX) break;
      this.forget(id, oldest);
    }
  }

  private forget(id: string, kept: Kept): void {
    if (this.kept.delete(id)) this.keptBytes -= kept.bytes;
  }

  private isRunning({ isCancelled, doneAtMs }: Kept): boolean {
    return !isCancelled && this.inside.nowMs() < doneAtMs;
  }

  private shown(kept: Kept): object {
    if (kept.isCancelled) return { ...whole({ ...kept.interaction, steps: [] }, 'cancelled') };
    if (!this.isRunning(kept)) return whole(kept.interaction, 'completed');
    return { ...whole({ ...kept.interaction, steps: [], usage: {} }, 'in_progress') };
  }

  /** What was said before, where the call continues an interaction. */
  private before(body: Fields, caller: Caller): readonly object[] {
    const earlier = this.kept.get(textOf(field(body, 'previous_interaction_id')) ?? '');
    if (!earlier || earlier.caller.service !== caller.service || earlier.caller.project !== caller.project) return [];
    const content = earlier.interaction.steps.flatMap((step) => step.content ?? []);
    return content.length === 0 ? [] : [{ role: 'model', parts: content.map((block) => partOf(block as Fields)) }];
  }
}

type Answered = Extract<Generated, { kind: 'answered' }>;

/** A generateContent body, or what is wrong with the call. */
export function interactionBody(body: Fields, before: readonly object[]): object | string {
  const input = field(body, 'input');
  const own = contentsOf(input);
  if (own === null || own.length === 0) return 'input is required.';
  const formats = listOf(field(body, 'response_format')).filter(isFields);
  const format = formats.find((one) => field(one, 'type') === 'image') ?? {};
  const mimeType = textOf(field(format, 'mime_type'));
  if (mimeType !== null && mimeType !== 'image/jpeg')
    return `Unsupported mime_type '${mimeType.slice(0, 50)}'. Supported values are: image/jpeg.`;
  const image = { ...given('aspectRatio', field(format, 'aspect_ratio')), ...given('imageSize', field(format, 'image_size')) };
  const system = textOf(field(body, 'system_instruction'));
  return {
    contents: [...before, ...own],
    ...(system === null ? {} : { systemInstruction: { parts: [{ text: system }] } }),
    generationConfig: { responseModalities: ['IMAGE'], imageConfig: image },
    ...given('serviceTier', field(body, 'service_tier')),
  };
}

function given(name: string, value: unknown): object {
  return value === undefined || value === null ? {} : { [name]: value };
}

/** A text, content blocks, or turns and steps that have content of their own; null: nothing of the kind. */
function contentsOf(input: unknown): readonly object[] | null {
  if (typeof input === 'string') return input === '' ? null : [{ role: 'user', parts: [{ text: input }] }];
  const blocks = listOf(input).filter(isFields);
  if (blocks.length === 0) return null;
  if (!blocks.some((block) => field(block, 'content') !== undefined)) return [{ role: 'user', parts: blocks.map(partOf) }];
  return blocks.map((turn) => {
    const role = field(turn, 'role') === 'model' || field(turn, 'type') === 'model_output' ? 'model' : 'user';
    const content = field(turn, 'content');
    const parts = typeof content === 'string' ? [{ text: content }] : listOf(content).filter(isFields).map(partOf);
    return { role, parts };
  });
}

function partOf(block: Fields): object {
  const data = textOf(field(block, 'data'));
  const uri = textOf(field(block, 'uri'));
  const mimeType = textOf(field(block, 'mime_type')) ?? 'image/jpeg';
  if (data !== null) return { inlineData: { mimeType, data } };
  return uri === null ? { text: textOf(field(block, 'text')) ?? '' } : { fileData: { mimeType, fileUri: uri } };
}

/** A refusal by a filter is a completed interaction that says so in prose. Source: captured behaviour, 2026-09-02. */
const PROSE = "I can't generate an image of that.";
/** Base64, as clients that decode signatures expect. */
const SIGNATURE = Buffer.from('EXAMPLE').toString('base64');

function stepsOf({ pictures, text, usage }: Answered): readonly Step[] {
  const images = pictures.map(({ mimeType, base64 }) => ({ type: 'image', mime_type: mimeType, data: base64 }));
  const prose = text === '' && images.length === 0 ? PROSE : text;
  const content = [...(prose === '' ? [] : [{ type: 'text', text: prose }]), ...images];
  const thought: Step[] = usage.thoughtsTokens > 0 ? [{ type: 'thought', signature: SIGNATURE }] : [];
  return [...thought, { type: 'model_output', content }];
}

function usageOf({ usage }: Answered): object {
  const { promptTokens, promptDetails, candidatesTokens, thoughtsTokens, imageTokens, totalTokens } = usage;
  return {
    total_tokens: totalTokens,
    total_input_tokens: promptTokens,
    input_tokens_by_modality: promptDetails.map(({ modality, tokens }) => ({ modality: modality.toLowerCase(), tokens })),
    total_cached_tokens: 0,
    total_output_tokens: candidatesTokens,
    ...(imageTokens > 0 ? { output_tokens_by_modality: [{ modality: 'image', tokens: imageTokens }] } : {}),
    total_tool_use_tokens: 0,
    total_thought_tokens: thoughtsTokens,
  };
}

function whole({ id, model, created, steps, usage, serviceTier }: Interaction, status: string): object {
  return {
    id,
    status,
    object: 'interaction',
    model,
    service_tier: serviceTier,
    created,
    updated: created,
    ...(Object.keys(usage).length > 0 ? { usage } : {}),
    ...(steps.length > 0 ? { steps } : {}),
  };
}

/** A step is opened, filled and closed, one after the other; the end carries what was used and none of the content again. */
function eventsOf(interaction: Interaction, ending: 'cancelled' | null): readonly string[] {
  const event = (event_type: string, value: object): string =>
    `event: ${event_type}\ndata: ${JSON.stringify({ event_type, ...value })}\n\n`;
  const { id } = interaction;
  const steps = interaction.steps.flatMap((step, index) => [
    event('step.start', { index, step: step.type === 'thought' ? step : { type: step.type, content: [opened(step.content?.[0] ?? {})] } }),
    ...(step.content ?? []).map((delta) => event('step.delta', { index, delta })),
    event('step.stop', { index }),
  ]);
  return [
    event('interaction.created', { interaction: whole({ ...interaction, steps: [], usage: {} }, 'in_progress') }),
    event('interaction.status_update', { interaction_id: id, status: 'in_progress' }),
    ...steps,
    event('interaction.completed', { interaction: whole({ ...interaction, steps: [] }, ending ?? 'completed') }),
    'event: done\ndata: [DONE]\n\n',
  ];
}

/** A content block as its step opens with it: of its kind, and empty. */
function opened(block: object): object {
  const { type } = block as { type?: string };
  return type === 'text' ? { type, text: '' } : { type: type ?? 'text' };
}

function refusal(status: number, code: string, message: string): PlainResponse {
  return jsonAnswer({ error: { message, code } }, status);
}

function unknownModel(model: string): PlainResponse {
  const known = IMAGE_MODELS.map(({ id }) => id);
  const alike = known.toSorted((a, b) => common(b, model) - common(a, model))[0]!;
  return jsonAnswer(catalogueBody('interactions-404-model', `Model '${model}' not found. Did you mean '${alike}'?`), 404);
}

/** Letters that two names share from their beginning. */
function common(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** Captured bodies by class; classes without one keep the sentence of the generate call. */
const BODIES: Partial<Readonly<Record<ErrorClass, string>>> = {
  'quota.rpm': 'interactions-429-rate-limit',
  'quota.tpm': 'interactions-429-rate-limit',
  'quota.ipm': 'interactions-429-rate-limit',
  'quota.rpd': 'interactions-429-quota-exceeded',
  'quota.tpd': 'interactions-429-quota-exceeded',
  'capacity.overloaded': 'interactions-503-service-unavailable',
};

/** Codes of the API's own table. Source: ai.google.dev/api/interactions, read 2026-10. */
const CODES: Readonly<Record<number, string>> = {
  400: 'invalid_request',
  401: 'authentication',
  402: 'payment_required',
  403: 'permission_denied',
  404: 'not_found',
  409: 'aborted',
  429: 'too_many_requests',
  499: 'cancelled',
  500: 'api_error',
  501: 'unimplemented',
  503: 'service_unavailable',
  504: 'deadline_exceeded',
};

/** An error of the API as this one tells it. */
export function interactionError(generated: Exclude<Generated, { kind: 'answered' }>): PlainResponse {
  const { response } = generated;
  if (generated.kind === 'opaque') return response;
  const { error } = generated;
  const body = bodyText(response);
  const { class: errorClass } = classify({ status: response.status, body });
  // Keys are refused by the front end, which speaks the classic form, in an array of one.
  if (errorClass.startsWith('auth.key-') && response.status !== 403) return { ...response, body: `[${body}]` };
  const captured = BODIES[errorClass];
  if (captured !== undefined) return retold(generated, catalogueBody(captured));
  const isPrecondition = field(error, 'status') === 'FAILED_PRECONDITION';
  const isUnknownField = wordOf(field(error, 'message')).includes('Cannot find field');
  const code = isPrecondition ? 'failed_precondition' : isUnknownField ? 'parameter_unknown' : (CODES[response.status] ?? 'api_error');
  return retold(generated, { error: { message: field(error, 'message'), code } });
}
