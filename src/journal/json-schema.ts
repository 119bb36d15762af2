/** The JSON Schema of one row of a journal. */
import { DROP_CAUSES, ERROR_CLASSES, SIZES } from '../model/names.ts';
import { STOP_CAUSES } from '../model/rows.ts';

type Schema = Record<string, unknown>;

const int: Schema = { type: 'integer' };
const text: Schema = { type: 'string' };
const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
const oneOf = (values: readonly string[]): Schema => ({ enum: [...values] });
const ms = (of: string): Schema => ({ type: 'integer', description: `${of}, ms from the start of the run` });
const microUsd = (of: string): Schema => ({ type: 'integer', minimum: 0, description: `${of}, micro-dollars` });

/** What says which request a row is about. */
const IDENTITY: Readonly<Record<string, Schema>> = {
  request: int,
  job: int,
  jobImages: int,
  traffic: text,
  project: text,
  model: text,
  lane: oneOf(['interactive', 'batch']),
  size: oneOf(SIZES),
  dueMs: ms('due'),
  inputTokens: int,
  listMicroUsd: microUsd('list price of what was asked for'),
};

const ROWS: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  header: {
    schemaVersion: int,
    runId: text,
    mode: oneOf(['sim', 'mock', 'live']),
    seed: int,
    startAt: { type: 'string', format: 'date-time' },
    tool: { type: 'object' },
    scenario: { type: 'object' },
    traces: { type: 'array' },
    resolved: { type: 'object', description: 'the resolved scenario whole, but for the columns of traces' },
  },
  due: {
    request: int,
    job: int,
    traffic: text,
    user: orNull({ type: 'integer', description: 'of its entry, from 0; null: its entry has none' }),
    nth: { type: 'integer', description: 'which job of that user, or of the entry, from 0' },
    dueMs: ms('due'),
  },
  sent: { seq: int, n: int, sentMs: ms('sent'), ...IDENTITY },
  attempt: {
    seq: { type: 'integer', description: 'order of sending' },
    n: { type: 'integer', minimum: 1, description: 'which attempt of its request' },
    ...IDENTITY,
    sentMs: ms('sent'),
    doneMs: orNull(ms('answered or given up; null: open at the end')),
    httpStatus: orNull(int),
    class: orNull(oneOf(ERROR_CLASSES)),
    buckets: { type: 'array', items: text, description: 'quotas that a refusal named, primary first' },
    quotaId: orNull(text),
    quotaValue: orNull({ type: 'number' }),
    retryAtMs: orNull(ms('the instant a refusal told')),
    usage: orNull({ type: 'object' }),
    costMicroUsd: microUsd('cost'),
    message: orNull({ type: 'string', description: 'redacted' }),
    outcome: orNull(oneOf(['delivered', 'blocked', 'failed'])),
  },
  drop: { ...IDENTITY, atMs: ms('dropped'), attempts: int, cause: oneOf([...DROP_CAUSES, 'pending']) },
  breaker: { atMs: ms('changed'), client: text, model: orNull(text), state: oneOf(['open', 'half-open', 'closed']) },
  batch: {
    atMs: ms('changed'),
    batch: int,
    traffic: text,
    project: text,
    model: text,
    rows: int,
    state: oneOf(['queued', 'running', 'succeeded', 'failed', 'expired', 'cancelled']),
  },
  job: {
    atMs: ms('created, or named'),
    number: { type: 'integer', description: 'in the order of creation, from 0' },
    firstSeq: { type: 'integer', description: 'seq of its first row, whom the others follow without a gap' },
    rows: int,
    displayName: { type: 'string', description: 'no other job of that key has it' },
    name: orNull({ type: 'string', description: 'as the service calls it; null: about to be created' }),
  },
  canary: {
    model: text,
    size: oneOf(SIZES),
    inputTokens: int,
    listMicroUsd: microUsd('list price of what was asked for'),
    doneMs: orNull({ type: 'integer', description: 'how long the answer took, real ms; null: announced, not answered' }),
    httpStatus: orNull(int),
    class: orNull(oneOf(ERROR_CLASSES)),
    usage: orNull({ type: 'object' }),
    costMicroUsd: microUsd('cost'),
    message: orNull({ type: 'string', description: 'redacted' }),
  },
  resume: { atMs: ms('went on'), at: { type: 'string', format: 'date-time' }, unanswered: int },
  end: {
    atMs: ms('ended'),
    reason: oneOf(['done', 'interrupted', 'terminated', 'stopped']),
    requests: int,
    attempts: int,
    lateness: orNull({ type: 'object', description: 'how late the generator was, real ms' }),
  },
};

/** Keys that a row may lack. */
const OPTIONAL: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  sent: { referenceImages: { type: 'integer', description: 'of recorded traffic' } },
  attempt: { referenceImages: { type: 'integer', description: 'of recorded traffic' } },
  batch: { firstSeq: { type: 'integer', description: 'once handed in: seq of its first row, whom the others follow without a gap' } },
  end: {
    stop: {
      type: 'object',
      description: 'why a run stopped itself',
      properties: { cause: oneOf(STOP_CAUSES), class: orNull(oneOf(ERROR_CLASSES)), text },
      required: ['cause', 'class', 'text'],
      additionalProperties: false,
    },
  },
};

/** Draft 2020-12; a journal is one such object a line, the header first. */
export function journalJsonSchema(): Schema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'A row of a rundry journal',
    oneOf: Object.entries(ROWS).map(([kind, properties]) => ({
      type: 'object',
      properties: { kind: { const: kind }, ...properties, ...OPTIONAL[kind] },
      required: ['kind', ...Object.keys(properties)],
      additionalProperties: false,
    })),
  };
}
