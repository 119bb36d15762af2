/** What a call asks for, or what is wrong with it. Takes proto names as well as JSON names, and objects where arrays are meant, as the API does. */
import type { ImageModel } from '../model/catalogue.ts';
import { type ModelId, SIZES, type Size } from '../model/names.ts';
import { countTokens } from '../model/prompt-tokens.ts';
import type { ServiceTier, Shown } from '../wire/encode.ts';
import { unknownFields } from './known-fields.ts';
import { type Problem, problem } from './problems.ts';

/** `model`: what a `models/{id}` path names, prefix and action taken off. */
export interface Route {
  readonly kind: 'generate' | 'stream' | 'countTokens' | 'getModel' | 'listModels';
  readonly version: string;
  readonly model: ModelId;
  readonly query: string;
  /** Called by way of a publisher, as on the Agent Platform. */
  readonly isPlatform: boolean;
}

/** What is asked about. */
export interface Input {
  readonly promptTokens: number;
  readonly referenceImages: number;
  /** Addresses of what is not sent along; null: there is none. */
  readonly fileUris: readonly string[] | null;
}

export interface Asked extends Input {
  readonly size: Size;
  readonly shown: Shown;
  readonly serviceTier: ServiceTier;
}

/** The Gemini API's own paths, and those of the Agent Platform and of app clients in front of the same methods. */
const PATH =
  /^\/(v1|v1beta|v1alpha|v1beta1)\/(?:projects\/[^/]+\/(?:locations\/[^/]+\/)?)?(publishers\/google\/)?models(?:\/([^/:]+)(?::(\w+))?)?\/?$/;
const METHODS: Readonly<Record<string, Route['kind']>> = {
  generateContent: 'generate',
  streamGenerateContent: 'stream',
  countTokens: 'countTokens',
};

/** null: no such route here. */
export function routeOf(method: string, path: string): Route | null {
  const mark = path.indexOf('?');
  const [, version, publisher, model = '', action = ''] = PATH.exec(mark === -1 ? path : path.slice(0, mark)) ?? [];
  if (version === undefined) return null;
  const query = mark === -1 ? '' : path.slice(mark + 1);
  const kind =
    method === 'POST' ? METHODS[action] : method === 'GET' && action === '' ? (model === '' ? 'listModels' : 'getModel') : undefined;
  return kind === undefined ? null : { kind, version, model: unescaped(model), query, isPlatform: publisher !== undefined };
}

/** The value of a query parameter, or null. What is the same in all of Google's APIs may have a `$` in front. */
export function queryValue(query: string, name: string): string | null {
  if (query === '') return null;
  const values = new URLSearchParams(query);
  return values.get(name) ?? values.get(`$${name}`);
}

function unescaped(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // an id with a stray percent sign is no model anyway
  }
}

type Fields = Readonly<Record<string, unknown>>;

/** The parsed body of a call, or the problem with it. */
export function readBody(text: string): Fields | Problem {
  try {
    const body: unknown = text === '' ? {} : JSON.parse(text);
    return isFields(body) ? body : INVALID_JSON;
  } catch {
    return INVALID_JSON;
  }
}

const INVALID_JSON = problem('gemini-400-generic', 'Invalid JSON payload received. Expected a value that is an object.');

/** What an image of `model` is asked to be. @param isPlatform whether it is asked of the Agent Platform, which has more fields */
export function readGenerate(body: Fields, model: ImageModel, isPlatform = false): Asked | Problem {
  const unknown = unknownFields(body, isPlatform);
  if (unknown) return unknown;
  const contents = listOf(field(body, 'contents'));
  if (contents.length === 0) return problem('gemini-400-contents-missing');
  const config = fieldsOf(field(body, 'generationConfig'));
  if (Number(field(config, 'candidateCount')) > 1) return problem('gemini-400-candidate-count');
  const image = fieldsOf(field(config, 'imageConfig'));
  const size = sizeOf(field(image, 'imageSize'), model);
  if (typeof size !== 'string') return size;
  const wrongRatio = ratioProblem(field(image, 'aspectRatio'), model);
  if (wrongRatio) return wrongRatio;
  const input = tally(contents, field(body, 'systemInstruction'));
  if (input === null) return problem('gemini-400-generic', "Invalid value at 'contents': a message is expected.");
  const { promptTokens, referenceImages, fileUris } = input;
  const serviceTier = tierOf(field(body, 'serviceTier'));
  if (serviceTier === null) return WRONG_TIER;
  return { size, shown: shownOf(config), serviceTier, promptTokens, referenceImages, fileUris };
}

const TIERS: Readonly<Record<string, ServiceTier>> = { unspecified: 'standard', standard: 'standard', flex: 'flex', priority: 'priority' };
/** The form of other values that are none of their kind; nobody has captured this one. */
const WRONG_TIER = problem('gemini-400-generic', "Invalid value at 'service_tier': expected one of flex, standard, priority.");

function tierOf(asked: unknown): ServiceTier | null {
  if (asked === undefined || asked === null || asked === '') return 'standard';
  const name = String(asked)
    .toLowerCase()
    .replace(/^service_tier_/, '');
  return Object.hasOwn(TIERS, name) ? TIERS[name]! : null;
}

/** Modalities by name or by number, as generated clients send them. A call for text alone costs what a picture costs (assumed). */
function shownOf(config: Fields): Shown {
  const modalities = field(config, 'responseModalities');
  if (Array.isArray(modalities) && modalities.length > 0 && modalities.every((one) => one === 'TEXT' || one === 1)) return 'text';
  return field(fieldsOf(field(config, 'thinkingConfig')), 'includeThoughts') === true ? 'thoughts' : 'picture';
}

/** What `countTokens` is asked to count: contents, or a whole request. */
export function readCountTokens(body: Fields): Input | Problem {
  const request = field(body, 'generateContentRequest');
  const counted = isFields(request) ? request : body;
  const contents = listOf(field(counted, 'contents'));
  if (contents.length === 0) return problem('gemini-400-contents-missing');
  return (
    tally(contents, field(counted, 'systemInstruction')) ??
    problem('gemini-400-generic', "Invalid value at 'contents': a message is expected.")
  );
}

/** Sizes that mean another, as the API's own error lists them. Source: captured body, 2026-09-02. */
const SIZE_ALIASES: Readonly<Record<string, Size>> = { '512P': '512', '512PX': '512' };

function sizeOf(asked: unknown, model: ImageModel): Size | Problem {
  if (model.ignoresSize || asked === undefined || asked === null || asked === '') return model.defaultSize;
  const name = String(asked);
  const size = SIZE_ALIASES[name] ?? SIZES.find((known) => known === name);
  if (size === undefined)
    return problem('gemini-400-image-size-enum', `Unsupported image_size '${name}'. Supported values are: 1K, 2K, 4K, 512, 512P, 512PX.`);
  if (model.imageTokens[size] === undefined)
    return problem('gemini-400-image-size-model', `Image size ${name} is not supported for this model`);
  return size;
}

const RATIOS = new Set(['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9']);
/** Only Flash, Lite and 2.1 make these. Source: live tests of 2026-09-23. */
const LONG_RATIOS = new Set(['1:4', '4:1', '1:8', '8:1']);
const WITHOUT_LONG_RATIOS = new Set(['gemini-3-pro-image', 'gemini-2.5-flash-image']);

function ratioProblem(asked: unknown, model: ImageModel): Problem | null {
  if (asked === undefined || asked === null || asked === '') return null;
  const ratio = String(asked);
  if (RATIOS.has(ratio)) return null;
  if (!LONG_RATIOS.has(ratio)) return problem('gemini-400-aspect-ratio-enum');
  return WITHOUT_LONG_RATIOS.has(model.id)
    ? problem('gemini-400-aspect-ratio-model', `Aspect ratio ${ratio} is not supported for this model`)
    : null;
}

/** Tokens of all text and how many images come with it; null where a message is something else. */
function tally(contents: readonly unknown[], systemInstruction: unknown): Input | null {
  let promptTokens = 0;
  let referenceImages = 0;
  let fileUris: string[] | null = null;
  for (const content of systemInstruction === undefined ? contents : [...contents, systemInstruction]) {
    if (!isFields(content)) return null;
    for (const part of listOf(content['parts'])) {
      if (!isFields(part)) return null;
      if (typeof part['text'] === 'string') promptTokens += countTokens(part['text']);
      else if (field(part, 'inlineData') !== undefined) referenceImages += 1;
      else if (field(part, 'fileData') !== undefined) {
        referenceImages += 1;
        fileUris = [...(fileUris ?? []), String(field(fieldsOf(field(part, 'fileData')), 'fileUri'))];
      }
    }
  }
  return { promptTokens, referenceImages, fileUris };
}

/** By its JSON name or its proto name. */
function field(fields: Fields, name: string): unknown {
  const value = fields[name];
  return value === undefined ? fields[PROTO_NAMES[name] ?? name] : value;
}

const PROTO_NAMES: Readonly<Record<string, string>> = {
  generationConfig: 'generation_config',
  candidateCount: 'candidate_count',
  imageConfig: 'image_config',
  imageSize: 'image_size',
  aspectRatio: 'aspect_ratio',
  responseModalities: 'response_modalities',
  thinkingConfig: 'thinking_config',
  includeThoughts: 'include_thoughts',
  systemInstruction: 'system_instruction',
  serviceTier: 'service_tier',
  generateContentRequest: 'generate_content_request',
  inlineData: 'inline_data',
  fileData: 'file_data',
  fileUri: 'file_uri',
};

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
