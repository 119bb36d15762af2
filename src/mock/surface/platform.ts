/** Imagen by `:predict`, which only the Agent Platform has: it left the Gemini API on 2026-08-17; there the method answers 404. */
import type { ModelId, Tier } from '../../model/names.ts';
import { type RequestSpec, requestSpec } from '../../model/request-spec.ts';
import type { LimitSpec, Scenario } from '../../model/scenario.ts';
import { SECOND_MS } from '../../model/time.ts';
import { type Answer, type Service, service } from '../../service/service.ts';
import { encodeReply } from '../../wire/encode.ts';
import type { PlainResponse } from '../plain.ts';
import { publisherModelNotFound } from '../platform-words.ts';
import { isProblem, problem } from '../problems.ts';
import { type Call, type Caller, errorAnswer, type Inside, jsonAnswer, problemAnswer, type Surface } from './call.ts';
import { type Fields, field, fieldsOf, listOf, parsed, textOf } from './fields.ts';

const PREDICT = /^\/(v1|v1beta|v1alpha|v1beta1)\/((?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/google\/)?models\/([^/:]+):predict$/;

/** Requests per minute by tier, of the Gemini API's last table: the only published ones. Source: ai.google.dev, copy of 2025-11. */
const IMAGEN_RPM: Readonly<Record<ModelId, Readonly<Record<Tier, number>>>> = {
  'imagen-4.0-fast-generate-001': { free: 0, '1': 10, '2': 15, '3': 20 },
  'imagen-4.0-generate-001': { free: 0, '1': 10, '2': 15, '3': 20 },
  'imagen-4.0-ultra-generate-001': { free: 0, '1': 5, '2': 10, '3': 15 },
};
/** Assumed: no measurement of 2026 has it. */
const IMAGEN_LATENCY = { kind: 'lognormal', p50Ms: 6 * SECOND_MS, p95Ms: 12 * SECOND_MS } as const;
const SAMPLES_MAX = 4;

export function platform(inside: Inside): Surface {
  const imagen = new Imagen(inside);
  return (call) => {
    const [found, version, prefix, model] = PREDICT.exec(call.path) ?? [];
    if (found === undefined || call.method !== 'POST') return null;
    const caller = inside.callerOf(call.request);
    if (isProblem(caller)) return problemAnswer(caller);
    if (prefix === undefined) return notOnGeminiApi(model!, version!);
    return IMAGEN_RPM[model!] ? imagen.predict(call, caller, model!) : problemAnswer(publisherModelNotFound(model!, call.path));
  };
}

function notOnGeminiApi(model: ModelId, version: string): PlainResponse {
  const message = `models/${model} is not found for API version ${version}, or is not supported for predict. Call ListModels to see the list of available models and their supported methods.`;
  return problemAnswer(problem('gemini-404-model-not-found', message));
}

class Imagen {
  private readonly inside: Inside;
  /** Beside each emulated service one for Imagen, with the same faults, overload and filters. */
  private readonly services = new WeakMap<Service, Service>();
  private asked = 0;

  constructor(inside: Inside) {
    this.inside = inside;
  }

  predict({ request }: Call, caller: Caller, model: ModelId): PlainResponse {
    const body = parsed(request.body);
    const prompt = textOf(field(fieldsOf(listOf(body && field(body, 'instances'))[0]), 'prompt'));
    const parameters = fieldsOf(body && field(body, 'parameters'));
    const samples = Number(field(parameters, 'sampleCount') ?? 1);
    if (prompt === null)
      return errorAnswer(400, 'INVALID_ARGUMENT', 'Request contains an invalid argument: instances[0].prompt is required.');
    if (!Number.isInteger(samples) || samples < 1 || samples > SAMPLES_MAX)
      return errorAnswer(400, 'INVALID_ARGUMENT', `Request contains an invalid argument: sampleCount must be 1 to ${SAMPLES_MAX}.`);
    const spec = specOf(model);
    const forced = this.inside.forced(caller, spec);
    const answer: Answer =
      forced === null
        ? this.serviceFor(caller).answer({ project: caller.project, spec }, { request: this.asked++, attempt: 1 }, this.inside.nowMs())
        : { reply: forced, afterMs: 0, truth: FORCED };
    this.inside.note(model, caller, answer);
    const { reply, afterMs } = answer;
    if (reply.kind === 'image') return { ...jsonAnswer({ predictions: this.predictions(parameters, samples) }), afterMs };
    if (reply.kind === 'blocked') return { ...jsonAnswer(filtered(parameters)), afterMs };
    if (reply.kind === 'refused' && reply.httpStatus === 429)
      return { ...errorAnswer(429, 'RESOURCE_EXHAUSTED', exceeded(model)), afterMs };
    const { status, headers, body: error } = encodeReply(reply, { model }, null);
    return { status, headers, body: typeof error === 'string' ? error : JSON.stringify(error), afterMs };
  }

  private predictions(parameters: Fields, samples: number): readonly object[] {
    const isJpeg = field(fieldsOf(field(parameters, 'outputOptions')), 'mimeType') === 'image/jpeg';
    const picture = this.inside.bodies.picture(isJpeg ? JPEG : PNG);
    const prediction = { mimeType: picture?.mimeType ?? 'image/png', bytesBase64Encoded: picture?.base64 ?? PIXEL };
    return Array.from({ length: samples }, () => prediction);
  }

  private serviceFor(caller: Caller): Service {
    let own = this.services.get(caller.service);
    if (!own) {
      own = service(imagenScenario(caller.service.scenario), caller.service.scenario.seed);
      this.services.set(caller.service, own);
    }
    return own;
  }
}

const FORCED: Answer['truth'] = { fate: 'faulted', refusal: null };

/** Models of the catalogue whose pictures stand in for Imagen's. */
const PNG = requestSpec('gemini-2.5-flash-image', '1K', 0, 0);
const JPEG = requestSpec('gemini-3.1-flash-lite-image', '1K', 0, 0);
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==';

function specOf(model: ModelId): RequestSpec {
  return { ...PNG, model, listMicroUsd: 0, batchMicroUsd: 0 };
}

/** The platform has no spend window and no cap of the Gemini API: requests per minute are all that Imagen has. */
function imagenScenario(scenario: Scenario): Scenario {
  const { quota, service: spec } = scenario;
  const source = { grade: 'documented', from: 'table of the Gemini API', asOf: '2025-11' } as const;
  const limits = Object.entries(IMAGEN_RPM).map(
    ([model, byTier]): LimitSpec => ({ bucket: 'rpm', model, state: 'known', limit: byTier[quota.tier], interval: null, source }),
  );
  const latency = Object.fromEntries(Object.keys(IMAGEN_RPM).map((model) => [model, IMAGEN_LATENCY]));
  return { ...scenario, quota: { ...quota, limits, usedToday: {} }, service: { ...spec, latency }, providers: {} };
}

/** Nothing at all where no reason was asked for. Source: the converters of @google/genai 3.1.0. */
function filtered(parameters: Fields): object {
  if (field(parameters, 'includeRaiReason') !== true) return {};
  return { predictions: [{ raiFilteredReason: 'The image was filtered out by the responsible-AI filter.' }] };
}

function exceeded(model: ModelId): string {
  const base = model.replace(/-\d{3}$/, '');
  return `Quota exceeded for aiplatform.googleapis.com/online_prediction_requests_per_base_model with base model: ${base}. Please submit a quota increase request. https://cloud.google.com/vertex-ai/docs/generative-ai/quotas-genai.`;
}
