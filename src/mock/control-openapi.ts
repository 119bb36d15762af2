/** The control API described for tools: OpenAPI 3.1. */

import { RULE_FIELDS } from './fault-change.ts';

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
          ...operation(
            'journal',
            'Answers to calls for pictures and the course of batch jobs, the oldest first, a JSON object a line',
            LINE,
            'application/x-ndjson',
          ),
          parameters: [{ name: 'last', in: 'query', description: 'only so many of the latest', schema: { type: 'integer', minimum: 1 } }],
        },
      },
      '/metrics': { get: operation('metrics', 'Counts and levels for Prometheus', { type: 'string' }, 'text/plain') },
      '/config': {
        get: operation('config', 'Quota and service as they are in force, and the settings made so far', CONFIG),
        patch: {
          ...operation(
            'configure',
            'Merges into quota and service, in the words of a scenario file, and changes fault rules; levels and counts are kept',
            CONFIG,
          ),
          requestBody: body(PATCH, {
            quota: { limits: { 'gemini-3-pro-image': { rpm: 3 } } },
            service: { errorRate: 0.2 },
            faults: { add: [{ fault: 'capacity.overloaded', every: 5 }, 'latency,after=30s,ratio=0.1'] },
          }),
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

const BATCHES = object({
  jobs: COUNT,
  byState: { type: 'object', additionalProperties: COUNT },
  refused: COUNT,
  refusedBy: { type: 'object', additionalProperties: COUNT, description: 'by the limit that had no room, or by class' },
  rows: object({ asked: COUNT, delivered: COUNT, blocked: COUNT, failed: COUNT }),
  costMicroUsd: { ...COUNT, description: 'charged when jobs were handed in, at half price' },
  enqueuedTokens: { ...COUNT, description: 'prompt tokens of jobs that have not ended' },
});

const SUMMARY = object({
  attempts: COUNT,
  byStatus: { type: 'object', additionalProperties: COUNT },
  refusedBy: { type: 'object', additionalProperties: COUNT },
  firstRefusal: { type: ['object', 'null'] },
  serviceTiers: { type: 'object', additionalProperties: COUNT, description: 'calls that asked for another than standard' },
  batches: BATCHES,
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

const BATCH_ROW = object({
  kind: { const: 'batch' },
  at: INSTANT,
  atMs: COUNT,
  job: { ...orNull(TEXT), description: 'null: it was refused' },
  model: TEXT,
  project: TEXT,
  state: { enum: ['refused', 'pending', 'succeeded', 'failed', 'expired', 'cancelled'] },
  status: COUNT,
  class: orNull(TEXT),
  bucket: orNull(TEXT),
  rows: COUNT,
  delivered: { ...orNull(COUNT), description: 'null until it has ended' },
  failed: orNull(COUNT),
  promptTokens: COUNT,
  costMicroUsd: COUNT,
});
const LINE = { oneOf: [ROW, BATCH_ROW] };

const RULE_PROPERTIES = Object.fromEntries(Object.entries(RULE_FIELDS).map(([name, type]) => [name, { type: [...type] }]));
const RULE = {
  oneOf: [
    { type: 'object', properties: RULE_PROPERTIES, required: ['fault'], additionalProperties: false },
    { ...TEXT, description: 'as on the command line: capacity.overloaded,nth=3' },
  ],
};
const RULES = { type: 'array', items: RULE };
const STATED_RULE = {
  type: 'object',
  properties: { id: TEXT, calls: COUNT, met: COUNT, ...RULE_PROPERTIES },
  required: ['id', 'fault', 'calls', 'met'],
};
const RULE_CHANGE = {
  oneOf: [
    { ...RULES, description: 'all rules anew' },
    {
      type: 'object',
      properties: {
        add: RULES,
        replace: { type: 'object', additionalProperties: RULE, description: 'by id; its count begins anew' },
        remove: { type: 'array', items: TEXT, description: 'ids' },
      },
      additionalProperties: false,
      minProperties: 1,
    },
  ],
};
const CONFIG = object({
  settings: { type: 'array', items: object({ path: TEXT, value: {} }) },
  quota: { type: 'object' },
  service: { type: 'object' },
  faults: { type: 'array', items: STATED_RULE, description: 'in the order in which they are asked' },
});
const PATCH = {
  type: 'object',
  properties: { quota: { type: 'object' }, service: { type: 'object' }, faults: RULE_CHANGE },
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
