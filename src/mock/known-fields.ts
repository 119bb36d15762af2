/**
 * Fields that the API has, by JSON name or proto name, and what it says about others: it looks before it does anything else.
 *
 * Source: converters and types of @google/genai 3.1.0, read 2026-11; the sentence and its details as captured 2026-09-02. What lies
 * in tools, schemas and media is taken as it comes. That several unknown names are told in one answer is assumed.
 */
import type { Problem } from './problems.ts';

/** null: anything. */
type Shape = ReadonlyMap<string, Shape | null>;

/** Every name also in its proto form. */
function shape(fields: Readonly<Record<string, Shape | null>>, ...unchecked: readonly string[]): Shape {
  const known = new Map<string, Shape | null>();
  const add = (name: string, inner: Shape | null): void => void known.set(name, inner).set(protoName(name), inner);
  for (const [name, inner] of Object.entries(fields)) add(name, inner);
  for (const name of unchecked) add(name, null);
  return known;
}

function protoName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const PART = shape(
  {},
  ...['text', 'inlineData', 'fileData', 'functionCall', 'functionResponse', 'executableCode', 'codeExecutionResult', 'thought'],
  ...['thoughtSignature', 'videoMetadata', 'mediaResolution', 'toolCall', 'toolResponse', 'partMetadata', 'audioTranscription'],
  ...['mediaProcessing', 'speechMetadata'],
);
const CONTENT = shape({ parts: PART }, 'role');
const THINKING = shape({}, 'includeThoughts', 'thinkingBudget', 'thinkingLevel');
const CONFIG = [
  ...['temperature', 'topP', 'topK', 'candidateCount', 'maxOutputTokens', 'stopSequences', 'responseLogprobs', 'logprobs', 'seed'],
  ...['presencePenalty', 'frequencyPenalty', 'responseMimeType', 'responseSchema', 'responseJsonSchema', 'responseFormat'],
  ...['_responseJsonSchema', 'responseModalities', 'mediaResolution', 'speechConfig', 'audioTranscriptionConfig'],
  ...['enableEnhancedCivicAnswers', 'enableAffectiveDialog', 'modelSelectionConfig', 'translationConfig'],
];
const REQUEST = ['model', 'tools', 'toolConfig', 'cachedContent', 'serviceTier', 'labels', 'store', 'continuationToken'];

const GEMINI = shape(
  {
    contents: CONTENT,
    systemInstruction: CONTENT,
    safetySettings: shape({}, 'category', 'threshold', 'method'),
    generationConfig: shape({ imageConfig: shape({}, 'aspectRatio', 'imageSize'), thinkingConfig: THINKING }, ...CONFIG),
  },
  ...REQUEST,
);
const PLATFORM = shape(
  {
    contents: CONTENT,
    systemInstruction: CONTENT,
    safetySettings: shape({}, 'category', 'threshold', 'method'),
    generationConfig: shape({ thinkingConfig: THINKING }, ...CONFIG, 'imageConfig', 'routingConfig', 'modelConfig', 'audioTimestamp'),
  },
  ...REQUEST,
  ...['modelArmorConfig', 'outputConfig'],
);

interface Unknown {
  readonly name: string;
  /** In proto names, `contents[0].parts[1]`; empty at the top. */
  readonly path: string;
}

/** The 400 about fields that a generate request cannot have; null when it knows them all. */
export function unknownFields(body: Readonly<Record<string, unknown>>, isPlatform: boolean): Problem | null {
  const unknown: Unknown[] = [];
  look(body, isPlatform ? PLATFORM : GEMINI, '', unknown);
  return unknown.length === 0 ? null : problemOf(unknown);
}

function look(value: unknown, known: Shape, path: string, unknown: Unknown[]): void {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) look(value[index], known, `${path}[${index}]`, unknown);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const name in value) {
    const inner = known.get(name);
    if (inner === undefined) unknown.push({ name, path });
    else if (inner !== null) {
      const below = protoName(name);
      look((value as Record<string, unknown>)[name], inner, path === '' ? below : `${path}.${below}`, unknown);
    }
  }
}

function problemOf(unknown: readonly Unknown[]): Problem {
  const fieldViolations = unknown.map(({ name, path }) => {
    const at = path === '' ? '' : ` at '${path}'`;
    const description = `Invalid JSON payload received. Unknown name "${name}"${at}: Cannot find field.`;
    return path === '' ? { description } : { field: path, description };
  });
  const message = fieldViolations.map(({ description }) => description).join('\n');
  const details = [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }];
  const body = JSON.stringify({ error: { code: 400, message, status: 'INVALID_ARGUMENT', details } });
  return { problem: true, status: 400, class: 'request.invalid', body };
}
