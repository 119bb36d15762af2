/** Models as a gateway lists them. Fields: @openrouter/sdk 1.3.19, which refuses a list that lacks one; read 2026-11. */
import { IMAGE_MODELS, type ImageModel } from '../../model/catalogue.ts';
import { epochMs, SECOND_MS } from '../../model/time.ts';

export function gatewayModels(): object {
  return { data: IMAGE_MODELS.map(resource), links: { next: null }, total_count: IMAGE_MODELS.length };
}

/** What the endpoint for pictures knows. */
export function gatewayImageModels(): object {
  const data = IMAGE_MODELS.map((model) => ({
    ...common(model),
    architecture: { input_modalities: ['image', 'text'], output_modalities: ['image', 'text'] },
    supported_parameters: { resolution: { type: 'enum', values: Object.keys(model.imageTokens) } },
    supports_streaming: true,
    endpoints: `/api/v1/images/models/${idOf(model)}/endpoints`,
  }));
  return { data };
}

function resource(model: ImageModel): object {
  const id = idOf(model);
  const { input, text, image } = model.usdPerMillion;
  return {
    ...common(model),
    canonical_slug: id,
    context_length: CONTEXT_TOKENS,
    architecture: {
      modality: 'text+image->text+image',
      input_modalities: ['image', 'text'],
      output_modalities: ['image', 'text'],
      tokenizer: 'Gemini',
      instruct_type: null,
    },
    pricing: { prompt: aToken(input), completion: aToken(text), image_output: aToken(image) },
    top_provider: { context_length: CONTEXT_TOKENS, max_completion_tokens: OUTPUT_TOKENS_MAX, is_moderated: false },
    per_request_limits: null,
    supported_parameters: ['max_tokens', 'response_format', 'seed', 'temperature', 'top_p'],
    supported_voices: null,
    default_parameters: null,
    links: { details: `/api/v1/models/${id}/endpoints` },
  };
}

/** Of the API's own models. */
const CONTEXT_TOKENS = 65_536;
const OUTPUT_TOKENS_MAX = 32_768;

function idOf({ id }: ImageModel): string {
  return `google/${id}`;
}

/** `created`, which nobody wrote down, is when the price was read. */
function common(model: ImageModel): object {
  const { nickname, price } = model;
  return {
    id: idOf(model),
    name: `Google: ${nickname}`,
    description: `${nickname}, emulated by rundry`,
    created: epochMs(`${price.asOf}T00:00:00Z`) / SECOND_MS,
  };
}

/** US dollars for one token, as text without an exponent. */
function aToken(usdPerMillion: number): string {
  return (usdPerMillion / 1e6).toFixed(10).replace(/\.?0+$/, '');
}
