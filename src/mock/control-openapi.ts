/** The control API described for tools: OpenAPI 3.1. */

type Json = Readonly<Record<string, unknown>>;

export function controlApi(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'rundry mock, control',
      version: '1.0.0',
      description: 'Buckets, answers, settings and time of an emulation that runs. For callers on its own machine only.',
    },
    servers: [{ url: '/__rundry' }],
    paths: {
      '/state': { get: operation('state', 'Every bucket now, and what was answered so far', STATE) },
      '/journal': {
        get: {
          ...operation('journal', 'Answers to generate calls, the oldest first, a JSON object a line', ROW, 'application/x-ndjson'),
          parameters: [{ name: 'last', in: 'query', description: 'only so many of the latest', schema: { type: 'integer', minimum: 1 } }],
        },
      },
      '/metrics': { get: operation('metrics', 'Counts and levels for Prometheus', { type: 'string' }, 'text/plain') },
      '/config': {
        get: operation('config', 'Quota and service as they are in force, and the settings made so far', CONFIG),
        patch: {
          ...operation('configure', 'Merges into quota and service, in the words of a scenario file; levels are kept', CONFIG),
          requestBody: body(PATCH, { quota: { limits: { 'gemini-3-pro-image': { rpm: 3 } } }, service: { errorRate: 0.2 } }),
        },
      },
      '/reset': {
        post: operation('reset', 'As it was started: full buckets, nothing tallied, the calendar at its start, no settings', STATE),
      },
      '/advance-time': {
        post: {
          ...operation('advanceTime', 'Jumps the calendar; answers under way keep their real time', ADVANCED),
          requestBody: body(ADVANCE, { byMs: 60_000 }),
        },
      },
      '/openapi.json': { get: operation('openapi', 'This document', { type: 'object' }) },
    },
    components: { schemas: { Wrong: WRONG } },
  };
}

function operation(operationId: string, summary: string, schema: Json, type = 'application/json'): Json {
  const wrong = { content: { 'application/json': { schema: { $ref: '#/components/schemas/Wrong' } } } };
  return {
    operationId,
    summary,
    responses: {
      200: { description: summary, content: { [type]: { schema } } },
      400: { description: 'What was sent is wrong; nothing was changed', ...wrong },
      403: { description: 'Not called by a name of this machine, or from a page of another site', ...wrong },
    },
  };
}

function body(schema: Json, example: Json): Json {
  return { required: true, content: { 'application/json': { schema, example } } };
}

const INSTANT = { type: 'string', format: 'date-time' };
const TEXT = { type: 'string' };
const NUMBER = { type: 'number' };
const COUNT = { type: 'integer', minimum: 0 };
const orNull = (schema: { readonly type: string }): Json => ({ ...schema, type: [schema.type, 'null'] });

function object(properties: Json): Json {
  return { type: 'object', properties, required: Object.keys(properties) };
}

const BUCKET = object({
  bucket: { enum: ['monthly', 'rpd', 'spend10m', 'ipm', 'tpm', 'rpm'] },
  unit: { enum: ['usd', 'requests', 'images', 'tokens'] },
  account: TEXT,
  project: { ...orNull(TEXT), description: 'null: the bucket of a billing account' },
  model: orNull(TEXT),
  limit: NUMBER,
  used: NUMBER,
  usedRatio: { ...orNull(NUMBER), description: 'null where the limit is 0' },
  windowMs: { ...orNull(NUMBER), description: 'null: a calendar day or month' },
  window: { ...orNull(TEXT), description: 'day or month, in Los Angeles' },
  isDry: { type: 'boolean', description: 'no room even for the smallest request' },
  retryAt: { ...orNull(INSTANT), description: 'when it has room for the smallest request again; null: now, or never' },
});

const SUMMARY = object({
  attempts: COUNT,
  byStatus: { type: 'object', additionalProperties: COUNT },
  refusedBy: { type: 'object', additionalProperties: COUNT },
  firstRefusal: { type: ['object', 'null'] },
  unrouted: COUNT,
  unroutedPaths: { type: 'array', items: object({ method: TEXT, path: TEXT, calls: COUNT }) },
});

const STATE = object({
  now: INSTANT,
  startAt: INSTANT,
  tier: TEXT,
  projects: {
    type: ['array', 'null'],
    items: object({ name: TEXT, account: TEXT, tier: TEXT }),
    description: 'null: any key, one project',
  },
  summary: SUMMARY,
  buckets: { type: 'array', items: BUCKET },
});

const ROW = object({
  at: INSTANT,
  seq: COUNT,
  atMs: COUNT,
  model: TEXT,
  project: TEXT,
  status: COUNT,
  class: orNull(TEXT),
  bucket: orNull(TEXT),
  draw: { ...TEXT, description: 'request.attempt' },
});

const CONFIG = object({
  settings: { type: 'array', items: object({ path: TEXT, value: {} }) },
  quota: { type: 'object' },
  service: { type: 'object' },
});
const PATCH = {
  type: 'object',
  properties: { quota: { type: 'object' }, service: { type: 'object' } },
  additionalProperties: false,
  minProperties: 1,
};
const ADVANCE = {
  oneOf: [
    { ...object({ byMs: { type: 'integer', minimum: 0, maximum: 31_622_400_000 } }), additionalProperties: false },
    { ...object({ to: INSTANT }), additionalProperties: false },
  ],
};
const ADVANCED = object({ now: INSTANT, advancedMs: COUNT });
const WRONG = object({ error: object({ code: COUNT, message: TEXT, problems: { type: 'array', items: TEXT } }) });
